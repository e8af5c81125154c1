package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/relance/relance/campaigns"
)

// cardImage is a card before an attempt, kept with it for undo.
type cardImage struct {
	DueAt      time.Time     `json:"due_at"`
	DeadlineAt *time.Time    `json:"deadline_at"`
	Attempts   int           `json:"attempts"`
	Note       string        `json:"note"`
	Reasons    []reasonImage `json:"reasons"`
}

type reasonImage struct {
	ID         int64             `json:"id"`
	Outcome    campaigns.Outcome `json:"outcome"`
	Attempt    int               `json:"attempt"`
	DueAt      time.Time         `json:"due_at"`
	DeadlineAt time.Time         `json:"deadline_at"`
}

func (c *card) image() ([]byte, error) {
	image := cardImage{DueAt: c.dueAt, DeadlineAt: c.deadlineAt, Attempts: c.attempts, Note: c.note}
	for _, t := range c.reasons {
		image.Reasons = append(image.Reasons, reasonImage{t.ID, t.Outcome, t.Attempt, t.DueAt, t.DeadlineAt})
	}
	return json.Marshal(image)
}

// UndoOutcome takes the last attempt on a call back, within UndoFor of it: the card is as it was, and so are a flagged
// number and a refusal that came with it. The attempt stays in the history as undone. ErrConflict: it is too late, there
// is nothing to undo, or another card has been opened for the client since.
func (s *Store) UndoOutcome(ctx context.Context, call int64, by string, now time.Time) error {
	return s.tx(ctx, fmt.Sprintf("undo the outcome of call %d", call), func(tx pgx.Tx) error {
		if err := lockCardsOf(ctx, tx, call, true); err != nil {
			return err
		}
		var client, contact int64
		err := tx.QueryRow(ctx, `SELECT client_id, coalesce(contact_id, 0) FROM call WHERE id = $1 FOR NO KEY UPDATE`, call).Scan(&client, &contact)
		if err != nil {
			return err
		}
		attempt, image, err := lastAttempt(ctx, tx, call, now)
		if err != nil {
			return err
		}
		if err := restoreCard(ctx, tx, call, image); isUnique(err, "call_one_open") {
			return fmt.Errorf("another call is open for client %d: %w", client, ErrConflict)
		} else if err != nil {
			return err
		}
		return undoConsequences(ctx, tx, client, contact, attempt, by, now)
	})
}

func lastAttempt(ctx context.Context, tx pgx.Tx, call int64, now time.Time) (attempt int64, image cardImage, err error) {
	var raw []byte
	var at time.Time
	err = tx.QueryRow(ctx, `SELECT id, at, before FROM activity WHERE call_id = $1 AND undone_at IS NULL ORDER BY id DESC LIMIT 1`, call).Scan(&attempt, &at, &raw)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, image, fmt.Errorf("nothing was recorded on it: %w", ErrConflict)
	}
	if err != nil {
		return 0, image, err
	}
	if now.Sub(at) > UndoFor {
		return 0, image, fmt.Errorf("it was recorded more than %s ago: %w", UndoFor, ErrConflict)
	}
	return attempt, image, json.Unmarshal(raw, &image)
}

func restoreCard(ctx context.Context, tx pgx.Tx, call int64, image cardImage) error {
	for _, r := range image.Reasons {
		tag, err := tx.Exec(ctx, `UPDATE touch SET state = 'open', outcome = nullif($2, ''), attempt = $3, due_at = $4, deadline_at = $5, ended_at = NULL
			WHERE id = $1 AND state IN ('open', 'done') AND followed_at IS NULL`, r.ID, r.Outcome, r.Attempt, r.DueAt, orNull(r.DeadlineAt))
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return fmt.Errorf("touch %d has been followed up: %w", r.ID, ErrConflict)
		}
	}
	_, err := tx.Exec(ctx, `UPDATE call SET state = 'open', outcome = NULL, closed_at = NULL, attempts = $2, due_at = $3, deadline_at = $4, note = nullif($5, '') WHERE id = $1`,
		call, image.Attempts, image.DueAt, image.DeadlineAt, image.Note)
	return err
}

func undoConsequences(ctx context.Context, tx pgx.Tx, client, contact, attempt int64, by string, now time.Time) error {
	for _, step := range []struct {
		sql  string
		args []any
	}{
		{`UPDATE activity SET undone_at = $2 WHERE id = $1`, []any{attempt, now}},
		{`UPDATE contact SET wrong = NULL WHERE id = $1 AND wrong = 'wrong_number' AND EXISTS (SELECT FROM activity WHERE id = $2 AND outcome = 'wrong_number')`, []any{contact, attempt}},
	} {
		if _, err := tx.Exec(ctx, step.sql, step.args...); err != nil {
			return err
		}
	}
	if err := undoRefusal(ctx, tx, client, attempt, now); err != nil {
		return err
	}
	if err := markStale(ctx, tx, client); err != nil {
		return err
	}
	return logEvent(ctx, tx, Event{At: now, By: by, What: "call.undone", Noun: "activity", Ref: fmt.Sprint(attempt)})
}

// undoRefusal takes back what was said against calls during an attempt, and has the calls that it closed at other clients
// with that number made all the same.
func undoRefusal(ctx context.Context, tx pgx.Tx, client, attempt int64, now time.Time) error {
	freed, err := readStrings(ctx, tx, `UPDATE suppression SET withdrawn_at = $2 WHERE source = $1 AND withdrawn_at IS NULL RETURNING address`, attemptSource(attempt), now)
	if err != nil || len(freed) == 0 {
		return err
	}
	var said time.Time
	if err := tx.QueryRow(ctx, `SELECT at FROM activity WHERE id = $1`, attempt).Scan(&said); err != nil {
		return err
	}
	if err := planOpposed(ctx, tx, client, freed, []time.Time{said}, now); err != nil {
		return err
	}
	return markCarriers(ctx, tx, client, freed)
}
