package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"github.com/redis/go-redis/v9"
)

// limitKey is the one budget that all processes share.
const limitKey = "relance:sending"

// limit is the speed of sending, shared by every process through Redis. Wall time.
type limit struct{ limiter *redis_rate.Limiter }

func newLimit(client redis.UniversalClient) *limit {
	return &limit{limiter: redis_rate.NewLimiter(client)}
}

// take asks for up to n mails of the budget; 0 granted comes with how long to wait. perMinute of 0 is no limit.
// Redis being away is an error: nothing leaves faster than allowed because a counter is lost.
//
// The limiter's own "at most" charges fractions that it does not grant, so fewer are asked for until some are granted.
func (l *limit) take(ctx context.Context, perMinute, n int) (granted int, wait time.Duration, err error) {
	if perMinute <= 0 {
		return n, 0, nil
	}
	for ask := min(n, rate(perMinute).Burst); ask > 0; ask /= 3 {
		r, err := l.limiter.AllowN(ctx, limitKey, rate(perMinute), ask)
		if err != nil {
			return 0, 0, fmt.Errorf("ask for the sending budget: %w", err)
		}
		if r.Allowed > 0 {
			return r.Allowed, 0, nil
		}
		wait = r.RetryAfter
	}
	return 0, wait, nil
}

// giveBack returns what was granted and not used.
func (l *limit) giveBack(ctx context.Context, perMinute, n int) error {
	if perMinute <= 0 || n <= 0 {
		return nil
	}
	if _, err := l.limiter.AllowN(ctx, limitKey, rate(perMinute), -n); err != nil {
		return fmt.Errorf("give back sending budget: %w", err)
	}
	return nil
}

// rate lets a group of ten leave at once, and no more: what a mail server minds is a burst.
func rate(perMinute int) redis_rate.Limit {
	return redis_rate.Limit{Rate: perMinute, Period: time.Minute, Burst: min(perMinute, groupSize)}
}
