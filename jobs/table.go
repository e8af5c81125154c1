package jobs

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/hibiken/asynq"

	"github.com/relance/relance/campaigns"
)

// The queues and their weights. Calls and stops are felt by people at once; planning may wait for a mail.
const (
	queueCritical = "critical"
	queueCalls    = "calls"
	queueMail     = "mail"
	queuePlan     = "plan"
	queueLow      = "low"
)

func queues() map[string]int {
	return map[string]int{queueCritical: 6, queueCalls: 4, queueMail: 4, queuePlan: 2, queueLow: 1}
}

// The kinds of tasks.
const (
	KindDeliverMail   = "deliver:mail"
	KindDeliverSurvey = "deliver:survey"
	KindOpenCalls     = "opencalls"
	KindFollowUp      = "followup"
	KindSweep         = "sweep"
	KindRefresh       = "refresh"
	KindPlan          = "plan"
	KindDigest        = "digest"
	KindPurge         = "purge"
	KindImport        = "import"
)

// payload is all that any task carries: whose turn it is, never what to send.
type payload struct {
	Campaign int       `json:"campaign,omitempty"` // deliver
	Slot     time.Time `json:"slot,omitzero"`      // plan, refresh, digest, purge: business time; zero: not a slot
}

// kind is a row of the table of tasks.
type kind struct {
	queue   string
	timeout time.Duration // after which asynq gives the task up; the work itself ends sooner
	// unique is how long a second task of the same kind and payload is refused. It is short: after a kill -9 nothing
	// else frees the lock, and a second task does no harm.
	unique time.Duration
	retry  int // times that asynq asks again soon; the ticks ask again anyway
	run    func(*Worker) handler
}

// table is every task there is. Types are compared whole: asynq's own mux matches by prefix.
func table() map[string]kind {
	return map[string]kind{
		KindDeliverMail:   {queueMail, 3 * time.Minute, 10 * time.Second, 1, func(w *Worker) handler { return w.deliver(campaigns.Mail) }},
		KindDeliverSurvey: {queueMail, 3 * time.Minute, 10 * time.Second, 1, func(w *Worker) handler { return w.deliver(campaigns.Survey) }},
		KindOpenCalls:     {queueCalls, time.Minute, 10 * time.Second, 1, func(w *Worker) handler { return w.openCalls }},
		KindFollowUp:      {queueCritical, time.Minute, 10 * time.Second, 1, func(w *Worker) handler { return w.followUp }},
		KindSweep:         {queueCritical, time.Minute, 10 * time.Second, 1, func(w *Worker) handler { return w.sweep }},
		KindRefresh:       {queuePlan, 30 * time.Minute, 30 * time.Second, 1, func(w *Worker) handler { return w.refresh }},
		KindPlan:          {queuePlan, 30 * time.Minute, 30 * time.Second, 1, func(w *Worker) handler { return w.plan }},
		KindDigest:        {queueLow, 10 * time.Minute, 30 * time.Second, 1, func(w *Worker) handler { return w.digest }},
		KindImport:        {queuePlan, 6 * time.Hour, 10 * time.Second, 1, func(w *Worker) handler { return w.imports }},
		KindPurge:         {queueLow, 10 * time.Minute, 30 * time.Second, 1, func(w *Worker) handler { return w.purge }},
	}
}

// newTask makes the wake-up call; kinds outside of the table are a mistake of the program.
func newTask(name string, k kind, p payload) (*asynq.Task, error) {
	body, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("write task %s: %w", name, err)
	}
	return asynq.NewTask(name, body, asynq.Queue(k.queue), asynq.Timeout(k.timeout), asynq.Unique(k.unique), asynq.MaxRetry(k.retry)), nil
}

func readPayload(t *asynq.Task) (p payload, err error) {
	if err := json.Unmarshal(t.Payload(), &p); err != nil {
		// No retry can mend it.
		return p, fmt.Errorf("read task %s: %w: %w", t.Type(), err, asynq.SkipRetry)
	}
	return p, nil
}

// deliverKind names the task that delivers a channel.
func deliverKind(channel string) string { return "deliver:" + channel }
