package jobs

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/relance/relance/internal/store"
)

// sweepEvery is how often (wall time) crashed workers, deadlines and closed calls are looked for.
const sweepEvery = 5 * time.Second

// Scheduler asks Postgres at each tick what is due, and wakes workers for it. Any number may run: the one that holds
// the lock ticks, the others wait to take over. Stop may be called twice, or without Start.
type Scheduler struct {
	Config
	client *Client
	lease  *store.Lease // nil: another scheduler leads

	sweptAt time.Time // wall time of the last sweep that was asked for

	ctx  context.Context
	stop context.CancelFunc
	loop sync.WaitGroup
	once sync.Once
}

// NewScheduler makes a scheduler that does nothing before Start.
func NewScheduler(c Config) *Scheduler {
	s := &Scheduler{Config: c.withDefaults(), client: NewClient(c.Redis)}
	s.ctx, s.stop = context.WithCancel(context.Background())
	return s
}

// Start begins to tick. It never fails: what is missing now may be there at the next tick, and is logged.
func (s *Scheduler) Start() { s.loop.Go(s.run) }

// Stop ends the ticks and gives the leadership up.
func (s *Scheduler) Stop() {
	s.once.Do(func() {
		s.stop()
		s.loop.Wait()
		s.resign()
		if err := s.client.Close(); err != nil {
			s.Log.Warn("close redis", slog.Any("error", err))
		}
	})
}

func (s *Scheduler) run() {
	ticker := time.NewTicker(s.Tick)
	defer ticker.Stop()
	failing := false
	for {
		err := s.tick()
		if s.ctx.Err() != nil {
			return
		}
		// Said when it begins and when it ends, not each second.
		if (err != nil) != failing {
			failing = err != nil
			s.Log.Log(s.ctx, levelOf(failing), "tick", slog.Any("error", err))
		}
		select {
		case <-ticker.C:
		case <-s.ctx.Done():
			return
		}
	}
}

func levelOf(failing bool) slog.Level {
	if failing {
		return slog.LevelError
	}
	return slog.LevelInfo
}

// tick leads, or tries to, and wakes workers for everything that is due.
func (s *Scheduler) tick() error {
	ctx, cancel := context.WithTimeout(s.ctx, 10*time.Second)
	defer cancel()
	leading, err := s.lead(ctx)
	if err != nil || !leading {
		return err
	}
	now, err := s.Store.Now(ctx)
	if err != nil {
		return err
	}
	pending, err := s.Store.Pending(ctx, now)
	if err != nil {
		return err
	}
	slots, err := s.slots(ctx, pending, now)
	if err != nil {
		return err
	}
	s.Metrics.ticked()
	return errors.Join(s.wake(ctx, pending), s.wakeSlots(ctx, slots))
}

// lead says whether this scheduler holds the lock, and takes it when it is free.
func (s *Scheduler) lead(ctx context.Context) (bool, error) {
	if s.lease != nil {
		err := s.lease.Check(ctx)
		if err == nil {
			return true, nil
		}
		s.resign()
		return false, err
	}
	lease, err := s.Store.Lead(ctx)
	s.lease = lease
	return lease != nil, err
}

func (s *Scheduler) resign() {
	if s.lease == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := s.lease.Close(ctx); err != nil {
		s.Log.Debug("give up the scheduler's lock", slog.Any("error", err))
	}
	s.lease = nil
}

// wake asks for what the rows say is due.
func (s *Scheduler) wake(ctx context.Context, p store.Pending) error {
	var errs []error
	for _, d := range p.DueMessages {
		errs = append(errs, s.client.enqueue(ctx, deliverKind(d.Channel), payload{Campaign: d.CampaignID}))
	}
	if p.DueCalls {
		errs = append(errs, s.client.enqueue(ctx, KindOpenCalls, payload{}))
	}
	if p.Stale && s.Passes.Refresh != nil {
		errs = append(errs, s.client.enqueue(ctx, KindRefresh, payload{}))
	}
	if p.Imports && s.Passes.Import != nil {
		errs = append(errs, s.client.enqueue(ctx, KindImport, payload{}))
	}
	if s.Passes.FollowUp != nil {
		errs = append(errs, s.client.enqueue(ctx, KindFollowUp, payload{}))
	}
	if time.Since(s.sweptAt) >= sweepEvery {
		s.sweptAt = time.Now()
		errs = append(errs, s.client.enqueue(ctx, KindSweep, payload{}))
	}
	return errors.Join(errs...)
}

// slots are those due and not done, by kind.
func (s *Scheduler) slots(ctx context.Context, p store.Pending, now time.Time) (map[string]time.Time, error) {
	settings, err := s.Store.Settings(ctx)
	if err != nil {
		return nil, err
	}
	due := dueSlots(p.ImportedAt, now, settings.Zone())
	for name, slot := range due {
		done, err := s.Store.SlotDone(ctx, name, slot)
		if err != nil {
			return nil, err
		}
		if done || !s.wanted(name) {
			delete(due, name)
		}
	}
	return due, nil
}

// wanted: passes that were not given are not asked for.
func (s *Scheduler) wanted(name string) bool {
	switch name {
	case KindPlan:
		return s.Passes.Plan != nil
	case KindRefresh:
		return s.Passes.Refresh != nil
	case KindDigest:
		return s.Sender != nil
	}
	return true
}

func (s *Scheduler) wakeSlots(ctx context.Context, slots map[string]time.Time) error {
	var errs []error
	for name, slot := range slots {
		errs = append(errs, s.client.enqueue(ctx, name, payload{Slot: slot}))
	}
	return errors.Join(errs...)
}
