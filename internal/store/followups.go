package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/relance/relance/campaigns"
)

// followAtOnce bounds one transaction of FollowUp.
const followAtOnce = 500

// UndoFor is how long a call's outcome may be taken back; its follow-ups wait that long.
const UndoFor = 10 * time.Minute

// FollowUp gives every touch that has ended, and every sent survey whose reminder or closing is due, to campaigns.Next,
// and writes what follows in the same transaction: it may be called at any time, by anyone, and again. A touch that
// cannot be followed is left for the next call and does not hold up the others; the error names it. It returns how many
// touches were followed.
func (s *Store) FollowUp(ctx context.Context, now time.Time) (int, error) {
	if err := s.settleLateAnswers(ctx, now); err != nil {
		return 0, err
	}
	total := 0
	for {
		n := 0
		var failed, err error
		err = s.tx(ctx, "follow up", func(tx pgx.Tx) (err error) {
			n, failed, err = followUp(ctx, tx, now)
			return err
		})
		total += n
		if err := errors.Join(err, failed); err != nil || n == 0 {
			return total, err
		}
	}
}

// endedToFollow and askedToFollow are the touches t that FollowUp looks at; a client whose facts have not been made yet
// waits for them.
const (
	endedToFollow = `FROM touch t WHERE followed_at IS NULL AND state IN ('answered', 'done', 'failed', 'skipped')
		AND (state <> 'done' OR channel <> 'call' OR ended_at <= $1::timestamptz - $2::interval)
		AND EXISTS (SELECT FROM client_fact f WHERE f.client_id = t.client_id)`
	askedToFollow = `FROM touch t WHERE state = 'sent' AND channel = 'survey' AND (ask_at IS NULL OR ask_at <= $1)
		AND EXISTS (SELECT FROM client_fact f WHERE f.client_id = t.client_id)`
)

// clientsToFollow are their clients, and dueToFollow the touches of those that were taken.
const (
	clientsToFollow = `(SELECT client_id ` + endedToFollow + ` ORDER BY ended_at LIMIT $3) UNION (SELECT client_id ` + askedToFollow + ` ORDER BY ask_at NULLS FIRST LIMIT $3)`
	dueToFollow     = `id IN (
	WITH ended AS MATERIALIZED (SELECT id ` + endedToFollow + ` AND t.client_id = ANY ($4) ORDER BY ended_at LIMIT $3 FOR UPDATE OF t SKIP LOCKED),
	asked AS MATERIALIZED (SELECT id ` + askedToFollow + ` AND t.client_id = ANY ($4) ORDER BY ask_at NULLS FIRST LIMIT $3 FOR UPDATE OF t SKIP LOCKED)
	SELECT id FROM ended UNION ALL SELECT id FROM asked)`
)

// followUp follows one batch, each touch in a savepoint of its own; failed joins what went wrong with single touches.
func followUp(ctx context.Context, tx pgx.Tx, now time.Time) (followed int, failed, err error) {
	clients, err := takeClients(ctx, tx, clientsToFollow, now, UndoFor, followAtOnce/2)
	if err != nil || len(clients) == 0 {
		return 0, nil, err
	}
	d, err := newDecided(ctx, tx, now) // reads more than a tick without work should cost
	if err != nil {
		return 0, nil, err
	}
	due, err := d.touches(ctx, dueToFollow, now, UndoFor, followAtOnce/2, clients)
	if err != nil || len(due) == 0 {
		return 0, nil, err
	}
	known, histories, err := d.around(ctx, due)
	if err != nil {
		return 0, nil, err
	}
	for _, t := range due {
		err := pgx.BeginFunc(ctx, tx, func(savepoint pgx.Tx) error {
			d.tx = savepoint
			return d.follow(ctx, known[t.ClientID], t, histories)
		})
		if lostLock(err) {
			return 0, nil, err
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("touch %d: %w", t.ID, err))
			continue
		}
		followed++
	}
	return followed, failed, nil
}

// settleLateAnswers moves touches whose answer came while a worker still held them as sending.
func (s *Store) settleLateAnswers(ctx context.Context, now time.Time) error {
	_, err := s.pool.Exec(ctx, `UPDATE touch t SET state = 'answered', outcome = 'answered', reason = NULL, ended_at = $1
		FROM response r WHERE r.touch_id = t.id AND t.channel = 'survey' AND t.state IN ('sent', 'unsure')`, now)
	if err != nil {
		return fmt.Errorf("settle late answers: %w", err)
	}
	return nil
}

// history is the touches of one campaign for one client.
type history struct {
	campaign int
	client   int64
}

// around reads the facts of the touches' clients and all their touches.
func (d *decided) around(ctx context.Context, due []storedTouch) (map[int64]*campaigns.Facts, map[history][]campaigns.Touch, error) {
	clients := make([]int64, len(due))
	for i, t := range due {
		clients[i] = t.ClientID
	}
	known, err := d.facts(ctx, clients)
	if err != nil {
		return nil, nil, err
	}
	all, err := d.touches(ctx, `client_id = ANY ($1)`, clients)
	histories := map[history][]campaigns.Touch{}
	for _, t := range all {
		key := history{t.campaignID, t.ClientID}
		histories[key] = append(histories[key], t.Touch)
	}
	return known, histories, err
}

// promisedCall is Touch.Promised in SQL, of touch t.
const promisedCall = `(t.channel = 'call' AND t.parent_id IS NOT NULL AND t.occasion = 'answer:' || t.parent_id)`

// follow does what follows from one touch. A stopped campaign makes nothing new but the calls that its clients' own answers
// have been promised.
func (d *decided) follow(ctx context.Context, f *campaigns.Facts, t storedTouch, histories map[history][]campaigns.Touch) error {
	v, err := d.version(ctx, t.versionID)
	if err != nil {
		return err
	}
	if err := d.closing(ctx, v, f, t.Touch); err != nil {
		return err
	}
	ending, err := d.ending(ctx, t.Touch)
	if err != nil {
		return err
	}
	past := histories[history{t.campaignID, t.ClientID}]
	next := v.pass.Next(f, t.Touch, ending, past)
	if err := d.move(ctx, next.Moves); err != nil {
		return err
	}
	made := next.New
	if v.state == "stopped" {
		made = slices.DeleteFunc(slices.Clone(made), func(t campaigns.Touch) bool { return !t.Promised() })
	}
	if err := d.insert(ctx, v, made); err != nil {
		return err
	}
	if t.State == campaigns.Sent {
		return d.askAgain(ctx, v, f, t.Touch, append(past, next.New...))
	}
	if err := d.listen(ctx, v.campaign, f, t.Touch, ending, histories); err != nil {
		return err
	}
	_, err = d.tx.Exec(ctx, `UPDATE touch SET followed_at = $2 WHERE id = $1`, t.ID, d.moment.Now)
	return err
}

// closing writes down when a questionnaire closes whose worker was gone before it could: for its page, and for its reminder.
func (d *decided) closing(ctx context.Context, v *version, f *campaigns.Facts, t campaigns.Touch) error {
	closes := v.pass.ClosesAt(f, t)
	if closes.IsZero() || closes.Equal(t.ClosesAt) {
		return nil
	}
	_, err := d.tx.Exec(ctx, `UPDATE touch SET closes_at = $2 WHERE id = $1 AND closes_at IS NULL`, t.ID, closes)
	return err
}

// askAgain notes when the sent survey is looked at again; infinity: it never closes.
func (d *decided) askAgain(ctx context.Context, v *version, f *campaigns.Facts, t campaigns.Touch, past []campaigns.Touch) error {
	_, err := d.tx.Exec(ctx, `UPDATE touch SET ask_at = coalesce($2::timestamptz, 'infinity') WHERE id = $1 AND state = 'sent'`, t.ID, orNull(v.pass.AskAgain(f, t, past)))
	return err
}

// ending reads what came of a touch.
func (d *decided) ending(ctx context.Context, t campaigns.Touch) (campaigns.Ending, error) {
	e := campaigns.Ending{Outcome: t.Outcome}
	if t.State != campaigns.Answered {
		return e, nil
	}
	var score *int
	err := d.tx.QueryRow(ctx, `SELECT score, call_me FROM response WHERE touch_id = $1`, t.ID).Scan(&score, &e.CallMe)
	if score != nil {
		e.Scored, e.Score = true, *score
	}
	e.Outcome = ""
	return e, missing(err, "response to touch", fmt.Sprint(t.ID))
}

// listen tells the running campaigns that wait for this one's answers.
func (d *decided) listen(ctx context.Context, campaign string, f *campaigns.Facts, t campaigns.Touch, e campaigns.Ending, histories map[history][]campaigns.Touch) error {
	listeners, err := d.listeners(ctx)
	if err != nil {
		return err
	}
	for _, v := range listeners {
		made, ok := v.pass.FromAnswer(f, campaign, t, e, histories[history{v.campaignID, t.ClientID}])
		if !ok {
			continue
		}
		if err := d.insert(ctx, v, []campaigns.Touch{made}); err != nil {
			return err
		}
	}
	return nil
}

// listeners are the running campaigns with an answer trigger, read once per transaction.
func (d *decided) listeners(ctx context.Context) ([]*version, error) {
	if d.heard {
		return d.listening, nil
	}
	rows, err := d.tx.Query(ctx, `SELECT version_id FROM campaign WHERE state IN ('running', 'paused') ORDER BY id`)
	if err != nil {
		return nil, err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		v, err := d.version(ctx, id)
		if err != nil {
			return nil, err
		}
		if _, ok := v.pass.Definition.Trigger.(campaigns.Answer); ok {
			d.listening = append(d.listening, v)
		}
	}
	d.heard = true
	return d.listening, nil
}
