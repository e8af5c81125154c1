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

// ErrSurveyClosed is returned for an answer after the invitation closed, or to one that was never sent.
var ErrSurveyClosed = errors.New("this questionnaire is closed")

// Invitation is a survey touch as its page sees it.
type Invitation struct {
	TouchID      int64
	VersionID    int
	Step         string
	State        campaigns.State
	ClosesAt     time.Time // zero: does not close
	Language     string
	ClientName   string
	ContactName  string          // empty: not known
	Answers      json.RawMessage // nil: none yet
	AnsweredAt   time.Time
	Company      string
	BrandColour  string
	NoMoreSurvey bool // the address has said stop since
}

// Open reports whether an answer would be taken at now.
func (i Invitation) Open(now time.Time) bool {
	return takesAnswers(i.State) && (i.ClosesAt.IsZero() || !now.After(i.ClosesAt))
}

// takesAnswers: sending and unsure are included because an answer proves that the mail arrived, whatever the worker
// has been able to write down so far.
func takesAnswers(state campaigns.State) bool {
	switch state {
	case campaigns.Sending, campaigns.Sent, campaigns.Unsure, campaigns.Answered:
		return true
	}
	return false
}

// Answer is what a client said, already checked against the questionnaire.
type Answer struct {
	Questionnaire string
	Language      string
	Answers       json.RawMessage
	Score         *int // 0 to 10; nil: not asked or not given
	CallMe        bool
}

const invitationSQL = `
	SELECT t.id, t.version_id, t.step, t.state, coalesce(t.closes_at, '0001-01-01'::timestamptz),
	       coalesce(p.language, c.language, (SELECT value FROM setting WHERE key = 'language'), 'fr'),
	       c.name, coalesce(p.name, ''), r.answers, coalesce(r.corrected_at, r.answered_at, '0001-01-01'::timestamptz),
	       coalesce((SELECT value FROM setting WHERE key = 'company'), ''),
	       coalesce((SELECT value FROM setting WHERE key = 'brand_colour'), '#0b5f4c'),
	       EXISTS (SELECT FROM suppression s WHERE s.withdrawn_at IS NULL AND s.scope IN ('mail', 'everything') AND s.address = coalesce(t.address, p.email_key))
	FROM touch t JOIN client c ON c.id = t.client_id LEFT JOIN contact p ON p.id = t.contact_id LEFT JOIN response r ON r.touch_id = t.id
	WHERE t.id = $1 AND t.channel = 'survey'`

// Invitation returns the survey touch, or ErrNotFound.
func (s *Store) Invitation(ctx context.Context, touchID int64) (Invitation, error) {
	var i Invitation
	err := s.pool.QueryRow(ctx, invitationSQL, touchID).Scan(&i.TouchID, &i.VersionID, &i.Step, &i.State, &i.ClosesAt, &i.Language,
		&i.ClientName, &i.ContactName, &i.Answers, &i.AnsweredAt, &i.Company, &i.BrandColour, &i.NoMoreSurvey)
	if i.ClosesAt.Year() == 1 {
		i.ClosesAt = time.Time{}
	}
	if err != nil {
		return i, fmt.Errorf("read invitation %d: %w", touchID, missing(err, "invitation", fmt.Sprint(touchID)))
	}
	return i, nil
}

// OpenInvitation returns the oldest invitation that waits for its answer, or ErrNotFound.
func (s *Store) OpenInvitation(ctx context.Context) (touchID int64, err error) {
	err = s.pool.QueryRow(ctx, `SELECT id FROM touch WHERE channel = 'survey' AND state = 'sent' AND parent_id IS NULL ORDER BY id LIMIT 1`).Scan(&touchID)
	return touchID, missing(err, "invitation", "that waits for an answer")
}

// RecordAnswer keeps a client's answer, or corrects the one given before: one invitation has one answer. It moves the
// touch to answered, and settles one that was unsure: who answers has received. ErrSurveyClosed when it comes too late.
func (s *Store) RecordAnswer(ctx context.Context, touchID int64, a Answer, now time.Time) error {
	return s.tx(ctx, fmt.Sprintf("record the answer to %d", touchID), func(tx pgx.Tx) error {
		var i Invitation
		var closes *time.Time
		var client int64
		err := tx.QueryRow(ctx, `SELECT state, closes_at, client_id FROM touch WHERE id = $1 AND channel = 'survey' FOR UPDATE`, touchID).Scan(&i.State, &closes, &client)
		if err != nil {
			return missing(err, "invitation", fmt.Sprint(touchID))
		}
		if closes != nil {
			i.ClosesAt = *closes
		}
		if !i.Open(now) {
			return ErrSurveyClosed
		}
		if err := writeResponse(ctx, tx, touchID, a, now); err != nil {
			return err
		}
		return settleAnswered(ctx, tx, touchID, client, now)
	})
}

// writeResponse leaves a repeated answer as it is: a form posted twice is one answer, not a correction.
func writeResponse(ctx context.Context, tx pgx.Tx, touchID int64, a Answer, now time.Time) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO response (touch_id, questionnaire, language, answers, score, call_me, answered_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (touch_id) DO UPDATE SET language = $3, answers = $4, score = $5, call_me = $6, corrected_at = $7, corrections = response.corrections + 1
		WHERE response.answers IS DISTINCT FROM excluded.answers`,
		touchID, a.Questionnaire, a.Language, a.Answers, a.Score, a.CallMe, now)
	return err
}

// settleAnswered marks the touch and has its end followed up again, since a correction may ask for a call that the
// first answer did not. A row that a worker still holds as sending is settled by FollowUp once the result is written.
func settleAnswered(ctx context.Context, tx pgx.Tx, touchID, client int64, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE touch SET state = 'answered', outcome = 'answered', reason = NULL, ended_at = coalesce(ended_at, $2), followed_at = NULL
		WHERE id = $1 AND state IN ('sent', 'unsure', 'answered')`, touchID, now)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO client_stale (client_id) VALUES ($1) ON CONFLICT DO NOTHING`, client)
	return err
}
