package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// CallLetters returns the open reasons of a call with all that their scripts need, the most urgent first.
func (s *Store) CallLetters(ctx context.Context, call int64) ([]Due, error) {
	rows, err := s.pool.Query(ctx, dueColumns+` FROM touch t`+dueJoins+` WHERE t.call_id = $1 AND t.state = 'open' ORDER BY t.priority DESC, t.id`, call)
	if err != nil {
		return nil, fmt.Errorf("read the reasons of call %d: %w", call, err)
	}
	return pgx.CollectRows(rows, scanDue)
}

// sampleTouch stands for the touch that a step would be for a client.
const sampleTouch = ` FROM (
	SELECT 0::bigint AS id, c.id AS client_id, NULL::bigint AS contact_id, $1::int AS campaign_id, $2::int AS version_id, $3::text AS step, $4::text AS channel,
		NULL::bigint AS rep_id, ''::text AS occasion, NULL::bigint AS parent_id, '{}'::jsonb AS figures, NULL::timestamptz AS deadline_at, 0 AS attempt,
		'nobody@example.com'::text AS address
	FROM client c WHERE CASE WHEN $5 <> '' THEN c.ref = $5 ELSE c.id = coalesce((SELECT min(client_id) FROM touch WHERE campaign_id = $1),
		(SELECT client_id FROM client_fact ORDER BY last_order_on DESC NULLS LAST, client_id LIMIT 1)) END) t`

// SampleLetter returns what a step's text would be filled with for a client (empty ref: one of the
// campaign's clients, else the one who ordered last), for previews. ErrNotFound: no such client.
func (s *Store) SampleLetter(ctx context.Context, campaignID, versionID int, step, channel, client string) (Due, error) {
	rows, err := s.pool.Query(ctx, dueColumns+sampleTouch+dueJoins, campaignID, versionID, step, channel, client)
	if err != nil {
		return Due{}, fmt.Errorf("read a sample of %s: %w", step, err)
	}
	due, err := pgx.CollectExactlyOneRow(rows, scanDue)
	return due, missing(err, "client", client)
}

// Response is what a client answered.
type Response struct {
	Questionnaire string
	Answers       json.RawMessage
	Score         *int // nil: not given
	CallMe        bool
	AnsweredAt    time.Time
}

// Response returns the answer to an invitation; false: there is none.
func (s *Store) Response(ctx context.Context, touchID int64) (r Response, ok bool, err error) {
	rows, err := s.pool.Query(ctx, `SELECT questionnaire, answers, score, call_me, answered_at FROM response WHERE touch_id = $1`, touchID)
	if err != nil {
		return r, false, fmt.Errorf("read the response to touch %d: %w", touchID, err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Response])
	if err != nil || len(found) == 0 {
		return r, false, err
	}
	return found[0], true, nil
}
