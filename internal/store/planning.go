package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/relance/relance/campaigns"
)

// planner is the advisory lock of the one planning pass at a time; others wait for it.
const planner int64 = 0x706c616e // "plan"

// planReaders is how many goroutines read and decide; the writer is one more.
const planReaders = 2

// PlanOptions narrow a planning pass.
type PlanOptions struct {
	DryRun    bool     // count only: facts are brought up to date, nothing else changes
	Campaigns []string // names; empty: all that are running or paused

	trial string // a campaign planned whatever its state; only with DryRun
}

// PassReport is what a pass did, or would do, for one campaign. Its JSON is a stable output.
type PassReport struct {
	Campaign  string                   `json:"campaign"`
	Planned   int                      `json:"planned"`
	Rearmed   int                      `json:"rearmed"`
	Cancelled int                      `json:"cancelled"`
	Skipped   map[campaigns.Reason]int `json:"skipped"` // touches; slots for slot_missed
	HeldOut   int                      `json:"held_out"`
	Held      *string                  `json:"held"` // why nothing was written; null: it was
	Examples  []PassExample            `json:"-"`    // the first ten that would be planned, of a dry run
}

// PassExample is one touch that a dry run would plan.
type PassExample struct {
	ClientID int64
	Touch    campaigns.Touch
}

// Plan makes one planning pass: facts are brought up to now's day, every client is shown to every running campaign, and
// the decisions are written in one transaction. One pass runs at a time. Planning twice changes nothing. A campaign whose
// pass exceeds the surge limit is held and nothing of its pass is written. Afterwards the planned calls are levelled
// over the reps' days. A campaign that is named but is not running comes back as ErrCampaignState, an unknown one as ErrNotFound.
func (s *Store) Plan(ctx context.Context, now time.Time, o PlanOptions) ([]PassReport, error) {
	if _, err := s.RefreshFacts(ctx, now, false); err != nil {
		return nil, err
	}
	reports, err := s.plan(ctx, now, o, false)
	if isUnique(err, touchOnce) { // a follow-up was made meanwhile: the second try leaves it alone
		reports, err = s.plan(ctx, now, o, true)
	}
	if err != nil || o.DryRun {
		return reports, err
	}
	return reports, s.Decided(ctx, now)
}

// touchOnce is the name that Postgres gave to the constraint by which a touch happens once.
const touchOnce = "touch_client_id_contact_id_campaign_id_step_occasion_key"

func (s *Store) plan(ctx context.Context, now time.Time, o PlanOptions, staged bool) (reports []PassReport, err error) {
	settings, err := s.Settings(ctx)
	if err != nil {
		return nil, err
	}
	err = s.tx(ctx, "plan", func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, planner); err != nil {
			return err
		}
		m, err := moment(ctx, tx, settings, now)
		if err != nil {
			return err
		}
		list, err := loadPlanned(ctx, tx, settings, m, o.Campaigns, o.trial)
		if err != nil {
			return err
		}
		w := newPlanWriter(tx, list, now, o.DryRun, staged)
		if err := s.decide(ctx, w); err != nil {
			return err
		}
		if err := w.finish(ctx, m.House.Today(now)); err != nil {
			return err
		}
		if !o.DryRun {
			if err := levelCalls(ctx, tx, settings, m.House, now); err != nil {
				return err
			}
		}
		reports, err = w.reports(ctx, o.Campaigns)
		return err
	})
	return reports, err
}

// decide shows all clients to the campaigns: two readers decide, and one COPY writes what is new as it comes.
func (s *Store) decide(ctx context.Context, w *planWriter) error {
	if len(w.list) == 0 {
		return nil
	}
	var least, most int64
	if err := s.pool.QueryRow(ctx, `SELECT coalesce(min(id), 1), coalesce(max(id), 0) FROM client`).Scan(&least, &most); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	reader, pipe := io.Pipe()
	group.Go(func() error {
		err := w.copy(ctx, reader)
		reader.CloseWithError(errCopyEnded) // a reader that still writes must not wait for ever
		return err
	})
	group.Go(func() error {
		err := s.readAll(ctx, w, pipe, least, most)
		pipe.CloseWithError(err)
		return err
	})
	return group.Wait()
}

var errCopyEnded = errors.New("the copy has ended")

// readAll shares the clients among the readers and closes the rows that COPY takes with their trailer.
func (s *Store) readAll(ctx context.Context, w *planWriter, out io.Writer, least, most int64) error {
	if _, err := out.Write(copyHeader); err != nil {
		return err
	}
	starts := make(chan int64)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(starts)
		for from := least; from <= most; from += clientsAtOnce {
			select {
			case starts <- from:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	for range planReaders {
		group.Go(func() error {
			reader, err := newPlanReader(w.list)
			if err != nil {
				return err
			}
			share := newPlanShare(w)
			for from := range starts {
				err := reader.each(ctx, s.pool, from, from+clientsAtOnce, share.see)
				if err != nil {
					return fmt.Errorf("plan clients from %d: %w", from, err)
				}
				if err := w.take(share, out); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return w.release(out)
}
