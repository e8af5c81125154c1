package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/hibiken/asynq"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/mail"
	"github.com/relance/relance/internal/store"
)

// groupSize is how many mails one connection holds between two statements: what one crash can leave unsure.
const groupSize = 10

// turn is how long one task delivers before it gives way and reads the settings anew; the next tick goes on. A task
// whose Redis was wiped loses its lease within half a minute, and ends as a turn does.
const turn = 2 * time.Minute

// linger is how long a turn that has nothing more to do looks again, every glance, so that mails that become due in a
// steady flow do not wait for the next tick.
const (
	linger = 2 * time.Second
	glance = 100 * time.Millisecond
)

// patience is the longest time (wall) between a claim and its sending. Beyond it the process may be taken for dead and
// a person may have sent the touch again, so the group is not sent.
const patience = 20 * time.Second

// errNobody: mails wait until it is known who writes.
var errNobody = fmt.Errorf("mails wait: the settings company and sender_email are empty; see `relance settings`: %w", asynq.SkipRetry)

// delivery is what one task names.
type delivery struct {
	campaign int
	channel  campaigns.Channel
}

// deliver sends what is due of one campaign on one channel.
func (w *Worker) deliver(channel campaigns.Channel) handler {
	return func(ctx context.Context, p payload) error {
		d := delivery{p.Campaign, channel}
		if w.Sender == nil || w.Letters == nil || !w.begin(d) {
			return nil
		}
		defer w.end(d)
		settings, err := w.Store.Settings(ctx)
		if err != nil {
			return err
		}
		if settings["sender_email"] == "" || settings["company"] == "" {
			return errNobody
		}
		hours, err := store.HoursOf(settings)
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(ctx, turn)
		defer cancel()
		defer context.AfterFunc(w.stopping, cancel)()
		r := &run{Worker: w, delivery: d, hours: hours, perMinute: settings.Int("sending_per_minute"), domain: domainOf(settings["sender_email"])}
		r.claims.ask = r.ask
		return r.run(ctx)
	}
}

// run is one turn of a delivery: an admitter that asks the checks, and lanes that send what it admitted.
type run struct {
	*Worker
	delivery
	hours     store.Hours
	perMinute int
	domain    string
	claims    claims

	mu      sync.Mutex
	news    chan struct{} // closed and replaced after each pass of the admitter
	drained bool          // the admitter found nothing more

	lanes  sync.WaitGroup
	opened int
	errs   []error
}

// run ends when nothing is due, when the turn is over, or when the mail server or Postgres fails.
func (r *run) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r.news = make(chan struct{})
	r.lanes.Go(func() { r.admit(ctx, cancel) })
	r.openLane(ctx, cancel)
	r.lanes.Wait()
	return errors.Join(r.errs...)
}

// firstAdmission is how many touches the first pass asks: the lanes have work while the next, each four times larger,
// asks for more.
const firstAdmission = 200

// admit asks the checks ahead of the lanes, until nothing has been due for a while.
func (r *run) admit(ctx context.Context, cancel context.CancelFunc) {
	defer r.tell(true)
	most := firstAdmission
	for quiet := time.Duration(0); quiet < linger && ctx.Err() == nil; {
		begun := time.Now()
		admitted, err := r.Store.AdmitDue(ctx, r.campaign, r.channel, r.clock.now(ctx), r.hours, most)
		if err != nil {
			r.fail(ctx, cancel, err)
			return
		}
		r.Metrics.admitted(admitted)
		if admitted.Looked > 0 {
			quiet, most = 0, min(4*most, store.AdmitAtOnce)
			r.tell(false)
			continue
		}
		// A look passes over all that waits for a lane; of a long queue, that may not take Postgres from the lanes.
		pause := max(glance, min(10*time.Since(begun), linger/8))
		quiet += pause
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
}

// tell wakes the lanes that wait: there is more, or there will be no more.
func (r *run) tell(drained bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drained = drained
	close(r.news)
	r.news = make(chan struct{})
}

// fail notes the first cause of an early end; a cancelled turn is none.
func (r *run) fail(ctx context.Context, cancel context.CancelFunc, err error) {
	if ctx.Err() != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errs = append(r.errs, err)
	cancel()
}

// openLane adds a lane, up to the number of connections. A lane that finds its group full opens the next: three mails
// need one connection, and a slow limit too.
func (r *run) openLane(ctx context.Context, cancel context.CancelFunc) {
	most := r.Connections
	if r.perMinute > 0 {
		most = min(most, 1+r.perMinute/300)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.opened >= most {
		return
	}
	r.opened++
	r.lanes.Go(func() {
		if err := r.lane(ctx, cancel); err != nil {
			r.fail(ctx, cancel, err)
		}
	})
}

// lane holds one connection and goes round: record and claim, render, send.
func (r *run) lane(ctx context.Context, cancel context.CancelFunc) error {
	conn, err := r.Sender.Conn(ctx)
	if err != nil {
		return r.withoutConnection(err)
	}
	defer conn.Release()
	var results []store.Settled
	for {
		more, drained := r.state()
		n, waiting, err := r.budget(ctx, results)
		if results = waiting; err != nil || n == 0 {
			return errors.Join(err, r.record(results))
		}
		g, err := r.next(ctx, n, results)
		if err != nil {
			return errors.Join(err, r.record(results))
		}
		results = nil
		switch {
		case len(g.due) == groupSize:
			r.openLane(ctx, cancel)
		case len(g.due) == 0 && drained:
			return nil
		case len(g.due) == 0:
			select {
			case <-more:
			case <-ctx.Done():
			}
			continue
		}
		if results, err = r.send(conn, g); err != nil {
			return errors.Join(err, r.record(results))
		}
	}
}

// withoutConnection is the end of a lane that claimed nothing. A server that takes fewer connections than we would
// open is no failure while others are open.
func (r *run) withoutConnection(err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.opened > 1 {
		r.Log.Debug("one connection fewer", slog.Any("error", err))
		return nil
	}
	return err
}

// state is read before a claim: an empty claim after the admitter was done means that nothing is left.
func (r *run) state() (more <-chan struct{}, drained bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.news, r.drained
}

// group is what one statement claimed.
type group struct {
	due []store.Due
	at  time.Time // wall time before the claim was asked for
}

// next records results and claims a group, in one round trip that other lanes may share. On error the results are still to be recorded.
func (r *run) next(ctx context.Context, n int, results []store.Settled) (group, error) {
	g := group{at: time.Now()}
	due, err := r.claims.claim(n, results)
	if err != nil {
		return g, err
	}
	g.due = due
	if err := r.limit.giveBack(ctx, r.perMinute, n-len(due)); err != nil && ctx.Err() == nil {
		r.Log.Warn("sending budget", slog.Any("error", err))
	}
	return g, nil
}

// ask is one statement for one lane or more. It is not cut short at the end of the turn: a claim whose answer is lost has
// to be given back.
func (r *run) ask(n int, results []store.Settled) ([]store.Due, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return r.ledger.claim(ctx, r.claim(n), results, r.clock.now(ctx))
}

// budget waits until the shared limit grants something; 0 at the end of the turn. Results do not wait with it: they are
// recorded first, and what comes back is still to be recorded.
func (r *run) budget(ctx context.Context, results []store.Settled) (int, []store.Settled, error) {
	for ctx.Err() == nil {
		n, wait, err := r.limit.take(ctx, r.perMinute, groupSize)
		if err != nil || n > 0 {
			return n, results, ignoreCancelled(ctx, err)
		}
		if err := r.record(results); err != nil {
			return 0, nil, err
		}
		results = nil
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
	return 0, results, nil
}

func ignoreCancelled(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (r *run) claim(n int) store.Claim {
	return store.Claim{CampaignID: r.campaign, Channel: r.channel, Domain: r.domain, N: n}
}

// holdOn is how long a lane asks Postgres to take its results before it leaves the rows to become unsure.
const holdOn = 25 * time.Second

// record writes results without claiming, and insists: nobody else knows them.
func (r *run) record(results []store.Settled) error {
	if len(results) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), holdOn)
	defer cancel()
	for {
		_, err := r.ledger.claim(ctx, r.claim(0), results, r.clock.now(ctx))
		if err == nil {
			return nil
		}
		select {
		case <-time.After(250 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("%d results could not be recorded: %w", len(results), err)
		}
	}
}

// errServer: the mail server took nothing of a group.
var errServer = errors.New("the mail server took nothing")

// send renders a group and sends it. Each touch has a result, whatever happens; the error says that going on at once is
// no use. What was begun is finished even when the turn ends.
func (r *run) send(conn *mail.Conn, g group) ([]store.Settled, error) {
	ctx := context.Background()
	messages, letters, results := r.compose(ctx, g.due)
	if time.Since(g.at) > patience {
		for _, l := range letters {
			results = append(results, settle(l.due, mail.Result{}, l.closesAt, r.clock.now(ctx)))
		}
		return results, nil
	}
	nothing := len(messages) > 0
	for i, res := range conn.Send(ctx, messages) {
		now := r.clock.now(ctx)
		r.Metrics.sent(r.channel, res.Verdict)
		nothing = nothing && res.Verdict == mail.NotSent
		results = append(results, settle(letters[i].due, res, letters[i].closesAt, now))
		if domain := receiver(letters[i].due); r.domains.heard(domain, res, now) {
			r.Log.Warn("a domain refuses this sender; mails to it wait", slog.String("domain", domain), slog.Int("code", res.Code), slog.String("status", res.Enhanced), slog.Duration("for", aboutUs))
		}
	}
	if nothing {
		return results, errServer
	}
	return results, nil
}

// compose renders a group. What cannot be rendered, or goes to a domain that refuses us, has its result at once.
func (r *run) compose(ctx context.Context, due []store.Due) (messages []mail.Message, letters []letter, results []store.Settled) {
	now := r.clock.now(ctx)
	results = make([]store.Settled, 0, len(due))
	for i := range due {
		if until := r.domains.until(receiver(&due[i]), now); !until.IsZero() {
			results = append(results, heldBack(&due[i], until, now))
			continue
		}
		m, closesAt, err := r.Letters.Compose(ctx, &due[i], now)
		if err != nil {
			r.Log.Error("compose", slog.Int64("touch", due[i].ID), slog.Any("error", err))
			results = append(results, uncomposed(&due[i], now, err))
			continue
		}
		messages, letters = append(messages, m), append(letters, letter{&due[i], closesAt})
	}
	return messages, letters, results
}

// letter is a composed touch that waits for its result.
type letter struct {
	due      *store.Due
	closesAt time.Time
}

// uncomposed plans a touch again whose text is at fault: someone must mend it, and nothing has left. It is no try.
func uncomposed(due *store.Due, now time.Time, err error) store.Settled {
	return store.Settled{ID: due.ID, Attempt: due.Attempt, State: campaigns.Planned, Reason: campaigns.ReasonText,
		DueAt: now.Add(time.Hour), At: now, Words: "not composed: " + err.Error()}
}

// domainOf is what stands after the @ of the sender, for Message-IDs.
func domainOf(address string) string {
	_, domain, ok := strings.Cut(address, "@")
	if !ok {
		return "localhost"
	}
	return domain
}
