package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/store"
)

// sharedNumber is a field of clients who carry one number, each with a card of two reasons, one of them past its deadline.
func sharedNumber(t *testing.T, clients int) field {
	f := newLoop(t, welcome, asking)
	for i := range clients {
		contact := f.contact(fmt.Sprintf("C%02d", i), fmt.Sprintf("c%02d@example.com", i))
		f.step(contact, welcome, "call", "call", "first-order", "planned")
		f.step(contact, asking, "detractor", "call", "answer:77", "planned")
	}
	f.exec(`UPDATE client SET rep_id = 1`)
	f.refresh(paris(t, "2026-03-01 06:00"))
	f.open(paris(t, "2026-03-10 09:00"))
	f.exec(`UPDATE touch SET deadline_at = '2026-03-05T00:00:00Z' WHERE occasion = 'first-order'`)
	return f
}

// reopen puts the field back to where sharedNumber left it.
func (f field) reopen() {
	f.t.Helper()
	f.exec(`UPDATE suppression SET withdrawn_at = at WHERE withdrawn_at IS NULL; DELETE FROM activity; DELETE FROM touch WHERE parent_id IS NOT NULL;
		UPDATE call SET state = 'open', attempts = 0, outcome = NULL, closed_at = NULL, closed_why = NULL;
		UPDATE touch SET call_id = (SELECT id FROM call k WHERE k.client_id = touch.client_id), state = 'open', outcome = NULL, reason = NULL, attempt = 0, ended_at = NULL, followed_at = NULL`)
}

// busy returns the store over a pool of its own, whose waits find a deadlock at once, and how many there were once the
// pool was closed: a lost one that was done again shows in no result.
func (f field) busy() (st *store.Store, deadlocks func() int64) {
	f.t.Helper()
	config := f.pool.Config()
	config.ConnConfig.RuntimeParams["deadlock_timeout"], config.ConnConfig.RuntimeParams["application_name"] = "10ms", "busy"
	config.MaxConns = 8
	pool, err := pgxpool.NewWithConfig(f.ctx, config)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(pool.Close)
	return store.New(pool), func() int64 {
		pool.Close() // a session tells its numbers when it ends
		f.until(`SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'busy' AND datname = current_database())`)
		return query[int64](f, `SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()`)
	}
}

// until asks Postgres until it says yes.
func (f field) until(sql string) {
	f.t.Helper()
	for end := time.Now().Add(10 * time.Second); !query[bool](f, sql); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			f.t.Fatalf("never true: %s", sql)
		}
	}
}

// together runs all of work at the same moment and returns what failed otherwise than by being too late.
func together(work ...func() error) error {
	var running sync.WaitGroup
	failed := make([]error, len(work))
	for i, do := range work {
		running.Go(func() {
			if err := do(); !errors.Is(err, store.ErrConflict) {
				failed[i] = err
			}
		})
	}
	running.Wait()
	return errors.Join(failed...)
}

func TestPeopleAndPassesDoNotWaitForEachOther(t *testing.T) {
	const clients, rounds = 6, 40
	f := sharedNumber(t, clients)
	st, deadlocks := f.busy()
	ctx, now := context.Background(), paris(t, "2026-03-10 09:30")
	outcome := func(call int64, o campaigns.Outcome) func() error {
		return func() error { return st.RecordOutcome(ctx, store.Outcome{Call: call, Outcome: o, By: "x"}, now) }
	}
	closing := func() error { _, err := st.CloseCalls(ctx, now); return err }
	for name, work := range map[string][]func() error{
		"outcomes while cards are closed":                     {closing, outcome(1, "reached"), outcome(2, "no_answer"), outcome(3, "reached"), outcome(5, "voicemail"), closing},
		"two refusals of one number":                          {outcome(1, "refused"), outcome(6, "refused"), outcome(3, "refused"), closing},
		"a stop, a refusal and an undo":                       {func() error { return st.Stop(ctx, 2, store.StopEverything, "stop page", now) }, outcome(4, "refused"), func() error { return st.UndoStop(ctx, 7, now) }, func() error { return st.UndoOutcome(ctx, 4, "x", now) }},
		"a campaign stops while its outcomes are followed up": {func() error { return st.StopCampaign(ctx, asking, "x", now) }, func() error { _, err := st.FollowUp(ctx, now.Add(time.Hour)); return err }, func() error { _, err := st.Sweep(ctx, now); return err }, closing, outcome(1, "reached")},
	} {
		t.Run(name, func(t *testing.T) {
			for range rounds {
				f.reopen()
				f.exec(`UPDATE campaign SET state = 'running'`)
				if err := together(work...); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	if n := deadlocks(); n != 0 {
		t.Errorf("%d deadlocks", n)
	}
}

func TestWhatLosesADeadlockIsDoneAgain(t *testing.T) {
	f := sharedNumber(t, 2)
	st, deadlocks := f.busy()
	// Somebody outside of the order: holds the reason, and wants the client once the outcome waits for the reason.
	other, err := f.pool.Begin(f.ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Rollback(f.ctx)
	if _, err := other.Exec(f.ctx, `SET LOCAL deadlock_timeout = '1min'; SELECT FROM touch WHERE call_id = 1 FOR UPDATE`); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		done <- st.RecordOutcome(f.ctx, store.Outcome{Call: 1, Outcome: "reached", By: "x"}, paris(t, "2026-03-10 09:30"))
	}()
	f.until(`SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'busy' AND datname = current_database() AND wait_event_type = 'Lock')`)
	if _, err := other.Exec(f.ctx, `SELECT FROM client WHERE id = (SELECT client_id FROM call WHERE id = 1) FOR UPDATE`); err != nil {
		t.Fatal(err)
	}
	if err := other.Commit(f.ctx); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got := f.cardLine(); got != "done 1 reached" {
		t.Errorf("the card is %q", got)
	}
	if n := query[int](f, `SELECT count(*) FROM activity`); n != 1 {
		t.Errorf("%d attempts were logged", n)
	}
	if n := deadlocks(); n != 1 {
		t.Errorf("%d deadlocks, want the one", n)
	}
}
