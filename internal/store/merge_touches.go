package store

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// callImage is an open card before two became one.
type callImage struct {
	ID         int64  `json:"id"`
	DueAt      string `json:"due_at"`
	DeadlineAt string `json:"deadline_at"` // empty: none
	Priority   int    `json:"priority"`
}

// joinCards puts the reasons of the dropped client's open card on that of the kept one, where both have one: a client has
// one. The card that is left takes the earlier of both times and the higher priority.
func (m *merging) joinCards(ctx context.Context) (err error) {
	rows, _ := m.tx.Query(ctx, `SELECT id, due_at::text, coalesce(deadline_at::text, ''), priority FROM call
		WHERE client_id IN (@kept, @dropped) AND state = 'open' ORDER BY client_id = @dropped, id FOR NO KEY UPDATE`, m.args)
	cards, err := pgx.CollectRows(rows, pgx.RowToStructByPos[callImage])
	if err != nil || len(cards) < 2 {
		return err
	}
	m.image.Cards = cards
	m.args["card"], m.args["other"] = cards[0].ID, cards[1].ID
	for _, sql := range []string{
		`UPDATE touch SET call_id = @card WHERE call_id = @other AND state = 'open'`,
		`UPDATE call k SET due_at = least(k.due_at, o.due_at), deadline_at = least(k.deadline_at, o.deadline_at), priority = greatest(k.priority, o.priority)
			FROM call o WHERE k.id = @card AND o.id = @other`,
		`UPDATE call SET state = 'skipped', closed_at = @now, closed_why = 'merged' WHERE id = @other`,
	} {
		if _, err := m.tx.Exec(ctx, sql, m.args); err != nil {
			return err
		}
	}
	return nil
}

// doublesSQL are the touches that are there twice once both clients are one: planned ones of the dropped client for what
// the other gets or got, planned ones of the kept one for what the other got, and rows that would break the rule that a
// touch happens once. Only what is planned is cancelled; all change their occasion, so that no rule takes them for its own.
const doublesSQL = `
	WITH mine AS (SELECT * FROM touch WHERE client_id = @kept), theirs AS (SELECT * FROM touch WHERE client_id = @dropped),
	double AS (
		SELECT d.id FROM theirs d WHERE d.state = 'planned' AND EXISTS (
			SELECT FROM mine k WHERE k.campaign_id = d.campaign_id AND k.step = d.step AND (k.state IN ('planned', 'sending', 'open') OR k.occasion = d.occasion AND k.state <> 'cancelled'))
		UNION SELECT k.id FROM mine k WHERE k.state = 'planned' AND EXISTS (
			SELECT FROM theirs d WHERE d.campaign_id = k.campaign_id AND d.step = k.step AND d.occasion = k.occasion AND d.state NOT IN ('planned', 'cancelled', 'skipped', 'held_out'))
		UNION SELECT d.id FROM theirs d JOIN mine k ON (k.campaign_id, k.step, k.occasion) = (d.campaign_id, d.step, d.occasion) AND k.contact_id IS NOT DISTINCT FROM d.contact_id)
	SELECT t.id, t.occasion, t.state, t.reason, to_jsonb(t.ended_at), to_jsonb(t.admitted_at) FROM touch t JOIN double USING (id) ORDER BY t.id FOR NO KEY UPDATE OF t`

// cancelDoubles ends what would reach one client twice.
func (m *merging) cancelDoubles(ctx context.Context) error {
	rows, _ := m.tx.Query(ctx, doublesSQL, m.args)
	doubles, err := pgx.CollectRows(rows, pgx.RowToStructByPos[touchImage])
	if err != nil || len(doubles) == 0 {
		return err
	}
	m.image.Doubles = doubles
	var ids []int64
	for _, t := range doubles {
		ids = append(ids, t.ID)
		if t.State == "planned" {
			m.done.Cancelled++
		}
	}
	m.args["ids"] = ids
	_, err = m.tx.Exec(ctx, `
		UPDATE touch t SET occasion = 'merged:' || c.ref || ':' || t.occasion,
			state = CASE t.state WHEN 'planned' THEN 'cancelled' ELSE t.state END, reason = CASE t.state WHEN 'planned' THEN 'merged' ELSE t.reason END,
			ended_at = CASE t.state WHEN 'planned' THEN @now ELSE t.ended_at END, admitted_at = CASE t.state WHEN 'planned' THEN NULL ELSE t.admitted_at END
		FROM client c WHERE c.id = t.client_id AND t.id = ANY (@ids)`, m.args)
	return err
}

// moveTouches moves touches and cards, which keep no alias: the image lists them.
func (m *merging) moveTouches(ctx context.Context) (err error) {
	if m.image.Calls, err = m.ids(ctx, `UPDATE call SET client_id = @kept WHERE client_id = @dropped RETURNING id`); err != nil {
		return err
	}
	if m.image.Touches, err = m.ids(ctx, `UPDATE touch SET client_id = @kept WHERE client_id = @dropped RETURNING id`); err != nil {
		return err
	}
	m.done.Moved["call"], m.done.Moved["touch"] = int64(len(m.image.Calls)), int64(len(m.image.Touches))
	return nil
}
