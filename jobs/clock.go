package jobs

import (
	"context"
	"sync"
	"time"

	"github.com/relance/relance/internal/store"
)

// clock is the business clock without a round trip each time: it reads the shift at most once a second.
type clock struct {
	store *store.Store

	mu     sync.Mutex
	shift  time.Duration
	readAt time.Time // wall time; zero: never
}

// now is the business time. When Postgres does not answer, the shift known last serves on.
func (c *clock) now(ctx context.Context) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.readAt) > time.Second {
		shift, err := c.store.ClockShift(ctx)
		if err == nil {
			c.shift, c.readAt = shift, time.Now()
		}
	}
	return time.Now().Add(c.shift)
}
