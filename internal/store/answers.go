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
	NoMoreSurvey bool // the address has said stop since

	Now      time.Time // the business clock
	Settings Settings  // whose page it is
}

// Open reports whether an answer would be taken.
func (i Invitation) Open() bool {
	return takesAnswers(i.State) && (i.ClosesAt.IsZero() || !i.Now.After(i.ClosesAt))
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

// invitationSQL asks the clock and the settings too: a page costs one round trip.
const invitationSQL = `
	SELECT t.id, t.version_id, t.step, t.state, t.closes_at, coalesce(p.language, c.language, ''),
	       c.name, coalesce(p.name, ''), r.answers, coalesce(r.corrected_at, r.answered_at),
	       EXISTS (SELECT FROM suppression s WHERE s.withdrawn_at IS NULL AND s.scope IN ('mail', 'everything')
	               AND s.address IN (coalesce(t.address, p.email_key), 'client:' || c.ref)),
	       (SELECT shift FROM clock), (SELECT coalesce(json_object_agg(key, value), '{}') FROM setting)
	FROM touch t JOIN client c ON c.id = t.client_id LEFT JOIN contact p ON p.id = t.contact_id LEFT JOIN response r ON r.touch_id = t.id
	WHERE t.id = $1 AND t.channel = 'survey'`

// Invitation returns the survey touch, or ErrNotFound.
func (s *Store) Invitation(ctx context.Context, touchID int64) (Invitation, error) {
	var i Invitation
	var closes, answered *time.Time
	var shift time.Duration
	var stored Settings
	err := s.pool.QueryRow(ctx, invitationSQL, touchID).Scan(&i.TouchID, &i.VersionID, &i.Step, &i.State, &closes, &i.Language,
		&i.ClientName, &i.ContactName, &i.Answers, &answered, &i.NoMoreSurvey, &shift, &stored)
	if err != nil {
		return i, fmt.Errorf("read invitation %d: %w", touchID, missing(err, "invitation", fmt.Sprint(touchID)))
	}
	i.ClosesAt, i.AnsweredAt, i.Now, i.Settings = timeOf(closes), timeOf(answered), time.Now().Add(shift), effective(stored)
	if i.Language == "" {
		i.Language = i.Settings["language"]
	}
	return i, nil
}

// OpenInvitation returns the oldest invitation that waits for its answer, and the ref of the rep who looks after its
// client (empty: nobody), or ErrNotFound.
func (s *Store) OpenInvitation(ctx context.Context) (touchID int64, rep string, err error) {
	err = s.pool.QueryRow(ctx, `SELECT t.id, coalesce(r.ref, '') FROM touch t JOIN client c ON c.id = t.client_id LEFT JOIN rep r ON r.id = c.rep_id
		WHERE t.channel = 'survey' AND t.state = 'sent' AND t.parent_id IS NULL ORDER BY t.id LIMIT 1`).Scan(&touchID, &rep)
	return touchID, rep, missing(err, "invitation", "that waits for an answer")
}

// recordAnswerSQL is one statement: the touch locked while it takes answers, the answer, and what it moves. A repeated
// answer writes nothing. The end is followed up again after a correction, which may ask for a call that the first answer
// did not. A row that a worker still holds as sending says that it was answered, so that the result, whatever it is, leaves it
// sent; FollowUp then settles it.
const recordAnswerSQL = `
	WITH invitation AS (
		SELECT id, client_id FROM touch WHERE id = $1 AND channel = 'survey' AND state IN ('sending', 'sent', 'unsure', 'answered')
			AND (closes_at IS NULL OR closes_at >= $7) FOR UPDATE),
	written AS (
		INSERT INTO response (touch_id, questionnaire, language, answers, score, call_me, answered_at) SELECT id, $2, $3, $4, $5, $6, $7 FROM invitation
		ON CONFLICT (touch_id) DO UPDATE SET language = $3, answers = $4, score = $5, call_me = $6, corrected_at = $7, corrections = response.corrections + 1
			WHERE response.answers IS DISTINCT FROM excluded.answers
		RETURNING touch_id),
	moved AS (
		UPDATE touch SET outcome = 'answered', reason = NULL, state = CASE state WHEN 'sending' THEN state ELSE 'answered' END,
			ended_at = CASE state WHEN 'sending' THEN ended_at ELSE coalesce(ended_at, $7) END, followed_at = NULL
		WHERE id IN (SELECT touch_id FROM written) AND state IN ('sending', 'sent', 'unsure', 'answered')),
	stale AS (
		INSERT INTO client_stale (client_id) SELECT client_id FROM invitation WHERE EXISTS (SELECT FROM written) ON CONFLICT DO NOTHING)
	SELECT EXISTS (SELECT FROM invitation)`

// RecordAnswer keeps a client's answer, or corrects the one given before: one invitation has one answer. It moves the
// touch to answered, and settles one that was unsure: who answers has received. ErrSurveyClosed when it comes too late.
func (s *Store) RecordAnswer(ctx context.Context, touchID int64, a Answer, now time.Time) error {
	var open bool
	err := again(func() error {
		return s.pool.QueryRow(ctx, recordAnswerSQL, touchID, a.Questionnaire, a.Language, a.Answers, a.Score, a.CallMe, now).Scan(&open)
	})
	if err != nil {
		return fmt.Errorf("record the answer to %d: %w", touchID, err)
	}
	if !open {
		return fmt.Errorf("record the answer to %d: %w", touchID, ErrSurveyClosed)
	}
	return nil
}

// Asked is a questionnaire that waits for its answer.
type Asked struct {
	TouchID   int64
	VersionID int
	Step      string
	Language  string
	SentAt    time.Time
}

// AskedSince lists the invitations sent since from, up to now, that nobody has answered yet, in the order of their touches.
func (s *Store) AskedSince(ctx context.Context, from, now time.Time) ([]Asked, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT t.id, t.version_id, t.step, coalesce(p.language, c.language, 'fr'), t.sent_at
		FROM touch t JOIN client c ON c.id = t.client_id LEFT JOIN contact p ON p.id = t.contact_id
		WHERE t.channel = 'survey' AND t.state = 'sent' AND t.parent_id IS NULL AND t.sent_at BETWEEN $1 AND $2 ORDER BY t.id`, from, now)
	if err != nil {
		return nil, fmt.Errorf("list the open invitations: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Asked])
}
