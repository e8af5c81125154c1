package jobs

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/relance/relance/internal/store"
)

// ledger knows which touches this process holds: claimed, and not yet recorded. After a claim whose answer was lost
// (Postgres went away at the commit), the rows that say sending in our name but are not held were never sent, and are
// given back. One ledger serves all lanes of a process.
type ledger struct {
	store  *store.Store
	worker uuid.UUID

	gate sync.RWMutex // claims hold it shared; giving back, alone: no claim is then under way

	mu    sync.Mutex
	held  map[int64]struct{}
	doubt time.Time // wall time of the last claim without an answer; zero: none
}

func newLedger(s *store.Store, worker uuid.UUID) *ledger {
	return &ledger{store: s, worker: worker, held: map[int64]struct{}{}}
}

// claim records results and claims the next group. On error the results are still held: ask again with them.
func (l *ledger) claim(ctx context.Context, c store.Claim, results []store.Settled, now time.Time) ([]store.Due, error) {
	l.gate.RLock()
	defer l.gate.RUnlock()
	c.Worker = l.worker
	due, err := l.store.ClaimAndRecord(ctx, c, results, now)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.doubt = time.Now()
		return nil, err
	}
	for _, r := range results {
		delete(l.held, r.ID)
	}
	for i := range due {
		l.held[due[i].ID] = struct{}{}
	}
	return due, nil
}

// doubtLasts is how long after a lost answer the server may still be committing the claim.
const doubtLasts = time.Minute

// giveBack plans again what says sending in our name and is not held; quick when there was no doubt.
func (l *ledger) giveBack(ctx context.Context) (int64, error) {
	l.mu.Lock()
	doubt := l.doubt
	l.mu.Unlock()
	if doubt.IsZero() || time.Since(doubt) > doubtLasts {
		return 0, nil
	}
	l.gate.Lock()
	defer l.gate.Unlock()
	l.mu.Lock()
	held := make([]int64, 0, len(l.held))
	for id := range l.held {
		held = append(held, id)
	}
	l.mu.Unlock()
	return l.store.GiveBack(ctx, l.worker, held)
}

// empty says that nothing is held.
func (l *ledger) empty() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.held) == 0
}
