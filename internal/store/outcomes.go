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

// ErrOutcome is returned for an outcome that a person cannot give, or that lacks its time.
var ErrOutcome = errors.New("this outcome cannot be recorded")

// Outcome is what a rep says of an attempt to call.
type Outcome struct {
	Call    int64
	Attempt int // which attempt on the card it is, from 1, so that a form posted twice counts once; 0: whichever comes next
	Outcome campaigns.Outcome
	Note    string
	Until   time.Time // call_back and postponed: when to call; zero: the next working day
	By      string    // the user's name
}

// maxNote bounds what a rep may write about one attempt, in bytes.
const maxNote = 4000

// outcomes are what a person may say; unreachable follows by itself.
var outcomes = []campaigns.Outcome{campaigns.Reached, campaigns.OrderTaken, campaigns.NoAnswer, campaigns.Voicemail, campaigns.CallBack,
	campaigns.WrongNumber, campaigns.Refused, campaigns.OtherPerson, campaigns.AlreadySeen, campaigns.Postponed}

// card is an open call while an outcome is recorded.
type card struct {
	id, clientID int64
	contactID    int64 // 0: none
	repID        int64 // 0: the managers' list
	dueAt        time.Time
	deadlineAt   *time.Time
	attempts     int
	note         string        // the last one written; empty: none
	reasons      []storedTouch // those still open
}

// RecordOutcome writes an attempt on an open call. One outcome serves every reason of the card: each reason's campaign
// says whether it ends, or is tried again and when; the card stays open while a reason does. What follows from an end
// waits until the outcome can no longer be undone (UndoFor). ErrConflict: the call is no longer open, or somebody has
// recorded this attempt already.
func (s *Store) RecordOutcome(ctx context.Context, o Outcome, now time.Time) error {
	if err := o.check(now); err != nil {
		return err
	}
	return s.tx(ctx, fmt.Sprintf("record the outcome of call %d", o.Call), func(tx pgx.Tx) error {
		d, err := newDecided(ctx, tx, now)
		if err != nil {
			return err
		}
		if err := lockCardsOf(ctx, tx, o.Call, o.Outcome == campaigns.Refused); err != nil {
			return err
		}
		c, err := d.openCard(ctx, o)
		if err != nil {
			return err
		}
		before, err := c.image()
		if err != nil {
			return err
		}
		attempt, err := d.logAttempt(ctx, c, o, before)
		if err != nil {
			return err
		}
		wrong, err := d.settleReasons(ctx, c, o)
		if err != nil {
			return err
		}
		if err := d.consequences(ctx, c, o, wrong, attempt); err != nil {
			return err
		}
		return d.settleCard(ctx, c, o)
	})
}

func (o Outcome) check(now time.Time) error {
	switch {
	case !slices.Contains(outcomes, o.Outcome):
		return fmt.Errorf("%w: %q is none of %v", ErrOutcome, o.Outcome, outcomes)
	case len(o.Note) > maxNote:
		return fmt.Errorf("%w: the note is longer than %d bytes", ErrOutcome, maxNote)
	case !o.Until.IsZero() && o.Until.Before(now):
		return fmt.Errorf("%w: the time to call again has passed", ErrOutcome)
	case o.Until.Sub(now) > 2*366*24*time.Hour:
		return fmt.Errorf("%w: the time to call again is more than two years away", ErrOutcome)
	}
	return nil
}

// lockCardsOf locks the client of a call; with those who carry the same addresses and numbers when their cards change too.
func lockCardsOf(ctx context.Context, tx pgx.Tx, call int64, carriers bool) error {
	var client, touch int64
	err := tx.QueryRow(ctx, `SELECT client_id, coalesce((SELECT min(id) FROM touch WHERE call_id = k.id), 0) FROM call k WHERE id = $1`, call).Scan(&client, &touch)
	if err != nil {
		return missing(err, "call", fmt.Sprint(call))
	}
	if !carriers || touch == 0 {
		return lockClients(ctx, tx, `SELECT $1::bigint`, client)
	}
	keys, err := readStopKeys(ctx, tx, touch)
	if err != nil {
		return err
	}
	return lockClients(ctx, tx, carriersSQL, keys.clientID, keys.all())
}

// openCard locks the call and reads its open reasons.
func (d *decided) openCard(ctx context.Context, o Outcome) (*card, error) {
	c := &card{id: o.Call}
	var state string
	err := d.tx.QueryRow(ctx, `SELECT client_id, coalesce(contact_id, 0), coalesce(rep_id, 0), state, due_at, deadline_at, attempts, coalesce(note, '') FROM call WHERE id = $1 FOR NO KEY UPDATE`, o.Call).
		Scan(&c.clientID, &c.contactID, &c.repID, &state, &c.dueAt, &c.deadlineAt, &c.attempts, &c.note)
	if err != nil {
		return nil, missing(err, "call", fmt.Sprint(o.Call))
	}
	if state != "open" {
		return nil, fmt.Errorf("it is %s: %w", state, ErrConflict)
	}
	if o.Attempt != 0 && o.Attempt != c.attempts+1 {
		return nil, fmt.Errorf("attempt %d has been recorded: %w", c.attempts, ErrConflict)
	}
	c.reasons, err = d.touches(ctx, `call_id = $1 AND state = 'open'`, o.Call)
	return c, err
}

// logAttempt writes the activity that the client's history shows, with what an undo needs.
func (d *decided) logAttempt(ctx context.Context, c *card, o Outcome, before []byte) (id int64, err error) {
	err = d.tx.QueryRow(ctx, `
		INSERT INTO activity (client_id, contact_id, rep_id, kind, at, note, call_id, outcome, next_at, before, by)
		VALUES ($1, nullif($2::bigint, 0), nullif($3::bigint, 0), 'call', $4, nullif($5, ''), $6, $7, $8, $9, $10) RETURNING id`,
		c.clientID, c.contactID, c.repID, d.moment.Now, o.Note, c.id, o.Outcome, orNull(o.Until), string(before), o.By).Scan(&id)
	if err != nil {
		return 0, err
	}
	return id, markStale(ctx, d.tx, c.clientID)
}

// settleReasons asks each reason's campaign what the outcome does to it. wrong: the number is to be flagged.
func (d *decided) settleReasons(ctx context.Context, c *card, o Outcome) (wrong bool, err error) {
	known, err := d.facts(ctx, []int64{c.clientID})
	if err != nil {
		return false, err
	}
	f, ok := known[c.clientID]
	if !ok {
		return false, fmt.Errorf("client %d has no facts yet: %w", c.clientID, ErrConflict)
	}
	for i, t := range c.reasons {
		v, err := d.version(ctx, t.versionID)
		if err != nil {
			return false, err
		}
		settled, bad := v.pass.Settle(f, t.Touch, campaigns.Ending{Outcome: o.Outcome, Until: o.Until})
		wrong = wrong || bad
		c.reasons[i].Touch = settled
		_, err = d.tx.Exec(ctx, `UPDATE touch SET state = $2, outcome = $3, attempt = $4, due_at = $5, deadline_at = $6, ended_at = $7 WHERE id = $1 AND state = 'open'`,
			t.ID, settled.State, settled.Outcome, settled.Attempt, settled.DueAt, orNull(settled.DeadlineAt), orNull(settled.EndedAt))
		if err != nil {
			return false, fmt.Errorf("settle touch %d: %w", t.ID, err)
		}
	}
	return wrong, nil
}

// consequences are what an outcome means beyond the card: a number that is wrong, a person who wants no more calls.
func (d *decided) consequences(ctx context.Context, c *card, o Outcome, wrong bool, attempt int64) error {
	if wrong && c.contactID != 0 {
		if _, err := d.tx.Exec(ctx, `UPDATE contact SET wrong = 'wrong_number' WHERE id = $1 AND wrong IS NULL`, c.contactID); err != nil {
			return err
		}
	}
	if o.Outcome != campaigns.Refused || len(c.reasons) == 0 {
		return nil
	}
	keys, err := readStopKeys(ctx, d.tx, c.reasons[0].ID)
	if err != nil {
		return err
	}
	return writeStop(ctx, d.tx, keys, stop{scope: StopCalls, source: attemptSource(attempt), touchID: c.reasons[0].ID, at: d.moment.Now, during: c.id})
}

// attemptSource marks a refusal said on the phone, so that undoing the attempt takes it back.
func attemptSource(attempt int64) string { return fmt.Sprintf("call, attempt %d", attempt) }

// settleCard closes the card when no reason is left open, else moves it to its next attempt.
func (d *decided) settleCard(ctx context.Context, c *card, o Outcome) error {
	due, deadline, ended := c.next()
	if !ended {
		_, err := d.tx.Exec(ctx, `UPDATE call SET attempts = attempts + 1, due_at = $2, deadline_at = $3, note = coalesce(nullif($4, ''), note) WHERE id = $1`,
			c.id, due, orNull(deadline), o.Note)
		return err
	}
	final := o.Outcome
	if len(c.reasons) > 0 {
		final = c.reasons[0].Outcome
	}
	_, err := d.tx.Exec(ctx, `UPDATE call SET state = 'done', attempts = attempts + 1, outcome = $2, closed_at = $3, note = coalesce(nullif($4, ''), note) WHERE id = $1`,
		c.id, final, d.moment.Now, o.Note)
	return err
}

// next is when the card is due again and its earliest deadline; ended: no reason is open.
func (c *card) next() (due, deadline time.Time, ended bool) {
	ended = true
	for _, t := range c.reasons {
		if t.State != campaigns.Open {
			continue
		}
		if ended || t.DueAt.Before(due) {
			due = t.DueAt
		}
		if !t.DeadlineAt.IsZero() && (deadline.IsZero() || t.DeadlineAt.Before(deadline)) {
			deadline = t.DeadlineAt
		}
		ended = false
	}
	return due, deadline, ended
}
