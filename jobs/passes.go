package jobs

import (
	"context"
	"log/slog"
	"time"

	"github.com/relance/relance/internal/store"
)

// openCalls puts due calls on the lists.
func (w *Worker) openCalls(ctx context.Context, _ payload) error {
	settings, err := w.Store.Settings(ctx)
	if err != nil {
		return err
	}
	hours, err := store.HoursOf(settings)
	if err != nil {
		return err
	}
	for ctx.Err() == nil {
		opened, err := w.Store.OpenCalls(ctx, w.clock.now(ctx), hours)
		if err != nil || opened.Looked == 0 {
			return err
		}
		w.Metrics.admitted(opened)
		w.Log.Info("calls opened", slog.Int("reasons", opened.Admitted), slog.Int("looked", opened.Looked))
	}
	return ctx.Err()
}

// followUp makes what follows from answers, outcomes and silence.
func (w *Worker) followUp(ctx context.Context, _ payload) error {
	if w.Passes.FollowUp == nil {
		return nil
	}
	return w.Passes.FollowUp(ctx, w.clock.now(ctx))
}

// sweep marks what crashed workers left, ends what is too late and closes the cards that have no reason left.
func (w *Worker) sweep(ctx context.Context, _ payload) error {
	now, err := w.Store.Now(ctx)
	if err != nil {
		return err
	}
	if _, err := w.sweepOnce(ctx, now); err != nil {
		return err
	}
	if dead, err := w.Store.SettleRuns(ctx, now); err != nil {
		return err
	} else if dead > 0 {
		w.Log.Warn("imports of a process that is gone failed; see `relance import list`", slog.Int64("runs", dead))
	}
	closed, err := w.Store.CloseCalls(ctx, now)
	if err == nil && closed != (store.ClosedCalls{}) {
		w.Log.Info("calls closed", slog.Int64("cards", closed.Cards), slog.Int64("reasons_too_late", closed.TooLate), slog.Int64("reasons_refused", closed.Refused))
	}
	return err
}

func (w *Worker) sweepOnce(ctx context.Context, now time.Time) (store.Swept, error) {
	swept, err := w.Store.Sweep(ctx, now)
	if err != nil {
		return swept, err
	}
	if swept.Unsure > 0 {
		w.Log.Warn("sends of a process that is gone are unsure; see `relance unsure`", slog.Int64("touches", swept.Unsure))
	}
	if swept.TooLate > 0 {
		w.Log.Info("touches of campaigns that do not run became too late", slog.Int64("touches", swept.TooLate))
	}
	if swept.Stopped > 0 {
		w.Log.Info("touches that came back to stopped campaigns are cancelled", slog.Int64("touches", swept.Stopped))
	}
	return swept, nil
}

// refresh makes facts again: of the stale clients, or of all for a slot.
func (w *Worker) refresh(ctx context.Context, p payload) error {
	if w.Passes.Refresh == nil {
		return nil
	}
	if p.Slot.IsZero() {
		return w.Passes.Refresh(ctx, w.clock.now(ctx), false)
	}
	return w.slot(ctx, KindRefresh, p.Slot, func(ctx context.Context, now time.Time) error {
		return w.Passes.Refresh(ctx, now, true)
	})
}

// plan runs the planning pass of a slot.
func (w *Worker) plan(ctx context.Context, p payload) error {
	if w.Passes.Plan == nil {
		return nil
	}
	return w.slot(ctx, KindPlan, p.Slot, w.Passes.Plan)
}

// purge removes what has served its time, and looks for clients that are there twice: both can wait for the night.
func (w *Worker) purge(ctx context.Context, p payload) error {
	return w.slot(ctx, KindPurge, p.Slot, func(ctx context.Context, now time.Time) error {
		purged, err := w.Store.Purge(ctx, now)
		if err == nil && purged != (store.Purged{}) {
			w.Log.Info("purged", slog.Int64("sessions", purged.Sessions), slog.Int64("links", purged.Links), slog.Int64("slots", purged.Slots), slog.Int64("mails", purged.Mails))
		}
		if err != nil {
			return err
		}
		_, err = w.Store.RefreshDuplicates(ctx, now)
		return err
	})
}

// slot does work once for a slot, however many processes are asked to.
func (w *Worker) slot(ctx context.Context, job string, slot time.Time, work func(context.Context, time.Time) error) error {
	now, err := w.Store.Now(ctx)
	if err != nil {
		return err
	}
	begun := time.Now()
	done, err := w.Store.DoSlot(ctx, job, slot, w.Process.ID, now, func(ctx context.Context) error { return work(ctx, now) })
	if done {
		w.Log.Info("slot done", slog.String("job", job), slog.Time("slot", slot), slog.Duration("took", time.Since(begun)))
	}
	return err
}
