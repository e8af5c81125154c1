// Package jobs makes what was decided happen: it wakes workers, sends what is due, opens and closes calls, runs the
// planning, and sweeps up after what crashed.
//
// The Postgres row is the truth. A task in Redis is a wake-up call: it names a campaign and channel, or a slot, and
// never what to send. The way of a mail:
//
//  1. The scheduler ticks about once a second. Any number of schedulers may run; the one that holds a lock in Postgres
//     asks what is due and enqueues a task for it. Losing all of Redis costs one tick.
//  2. A worker takes the task and asks the checks of "who may be contacted" (store.AdmitDue): skipped, moved, or admitted.
//  3. Up to ten lanes, each with a connection of its own, go round: one statement records the group before and claims
//     the next ten as sending (store.ClaimAndRecord), the group is rendered, then sent.
//  4. When a worker is killed, its heartbeat stops; after 30 seconds what it was sending is unsure, for a person to
//     settle. At most ten per connection can be. When Postgres fails, lanes hold their results until it is back.
//
// Slots (the daily planning, a digest) are unique in table slot and in business time, so that they follow a demo's
// clock, run once however many processes there are, and catch up once after a stop.
//
// The package decides nothing itself: who, when and what are the store's and the campaigns'.
package jobs

import (
	"context"
	"log/slog"
	"time"

	"github.com/hibiken/asynq"

	"github.com/relance/relance/internal/mail"
	"github.com/relance/relance/internal/store"
)

// Letters makes the mail of a claimed touch. It is safe for concurrent use.
type Letters interface {
	// Compose renders due as of now. closesAt is when a survey stops taking answers; zero: never, or not a survey.
	// An error means that the text is at fault: nothing is sent.
	Compose(ctx context.Context, due *store.Due, now time.Time) (m mail.Message, closesAt time.Time, err error)
}

// Passes are the decisions that stand elsewhere. A nil one is not scheduled.
type Passes struct {
	// Refresh makes the facts of the stale clients again, or of all when the day has changed.
	Refresh func(ctx context.Context, now time.Time, all bool) error
	// Plan runs one planning pass over the running campaigns, and levels the calls.
	Plan func(ctx context.Context, now time.Time) error
	// FollowUp makes what follows from ended touches.
	FollowUp func(ctx context.Context, now time.Time) error
	// Import does the imports that pages have asked for. It gives the one under way back when ctx ends.
	Import func(ctx context.Context) error
}

// Config is what workers and schedulers are made of.
type Config struct {
	Store   *store.Store
	Redis   asynq.RedisConnOpt
	Process store.Process // this process; its heartbeat is kept while a Worker runs
	Passes  Passes
	Metrics *Metrics     // nil: not counted
	Log     *slog.Logger // required

	// Sender and Letters deliver; without a Sender mails wait.
	Sender  *mail.Sender
	Letters Letters
	BaseURL string // of pages, for the digest

	Connections int           // lanes of one delivery; 0: 10, 1 at least
	Tick        time.Duration // between two looks at what is due; 0: one second
	Beat        time.Duration // between two heartbeats; 0: five seconds
}

func (c Config) withDefaults() Config {
	if c.Connections <= 0 {
		c.Connections = 10
	}
	if c.Tick <= 0 {
		c.Tick = time.Second
	}
	if c.Beat <= 0 {
		c.Beat = 5 * time.Second
	}
	if c.Metrics == nil {
		c.Metrics = NewMetrics(c.Store, c.Redis)
	}
	return c
}
