package store

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
)

// returnTouches gives back the touches that were moved, those that followed from them, and those for its own persons.
func (u *unmerging) returnTouches(ctx context.Context) error {
	tag, err := u.tx.Exec(ctx, `
		WITH RECURSIVE back AS (
			SELECT id FROM touch WHERE client_id = @kept AND (id = ANY (@touches) OR contact_id IN (SELECT id FROM contact WHERE client_id = @dropped))
			UNION SELECT t.id FROM touch t JOIN back ON t.parent_id = back.id WHERE t.client_id = @kept)
		UPDATE touch t SET client_id = @dropped FROM back WHERE t.id = back.id`, u.args)
	u.moved["touch"] = tag.RowsAffected()
	return err
}

// returnDoubles plans again what was cancelled as double and is still so, and gives occasions back where they are free.
func (u *unmerging) returnDoubles(ctx context.Context) error {
	for _, d := range u.image.Doubles {
		_, err := u.tx.Exec(ctx, `
			UPDATE touch t SET occasion = $2 WHERE id = $1 AND NOT EXISTS (
				SELECT FROM touch o WHERE (o.client_id, o.campaign_id, o.step, o.occasion) = (t.client_id, t.campaign_id, t.step, $2) AND o.contact_id IS NOT DISTINCT FROM t.contact_id)`,
			d.ID, d.Occasion)
		if err != nil {
			return err
		}
		if d.State != "planned" {
			continue
		}
		_, err = u.tx.Exec(ctx, `
			UPDATE touch SET state = 'planned', reason = $3, ended_at = ($4::jsonb #>> '{}')::timestamptz, admitted_at = ($5::jsonb #>> '{}')::timestamptz
			WHERE id = $1 AND occasion = $2 AND state = 'cancelled' AND reason = 'merged'`, d.ID, d.Occasion, d.Reason, d.EndedAt, d.AdmittedAt)
		if err != nil {
			return err
		}
	}
	return nil
}

// returnCards gives back the calls that were moved. An open card goes with its reasons; where it holds reasons of both, the
// one that goes gets its own card again, or a new one.
func (u *unmerging) returnCards(ctx context.Context) error {
	tag, err := u.tx.Exec(ctx, `UPDATE call SET client_id = @dropped WHERE id = ANY (@calls) AND client_id = @kept AND state <> 'open'`, u.args)
	if err != nil {
		return err
	}
	u.moved["call"] = tag.RowsAffected()
	var card int64
	var theirs, mine int
	err = u.tx.QueryRow(ctx, `
		SELECT k.id, count(t.id) FILTER (WHERE t.client_id = @dropped), count(t.id) FILTER (WHERE t.client_id = @kept)
		FROM call k LEFT JOIN touch t ON t.call_id = k.id AND t.state = 'open' WHERE k.client_id = @kept AND k.state = 'open' GROUP BY k.id`, u.args).Scan(&card, &theirs, &mine)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	u.args["card"] = card
	switch {
	case theirs == 0:
		return u.restoreCard(ctx, 0)
	case mine == 0 && len(u.image.Cards) == 0:
		_, err := u.tx.Exec(ctx, `UPDATE call SET client_id = @dropped, contact_id = CASE WHEN contact_id IN (SELECT id FROM contact WHERE client_id = @dropped) THEN contact_id END WHERE id = @card`, u.args)
		u.moved["call"]++
		return err
	}
	return u.partCard(ctx)
}

// partCard takes the reasons that go off the common card.
func (u *unmerging) partCard(ctx context.Context) error {
	own, err := u.ownCard(ctx)
	if err != nil {
		return err
	}
	u.args["own"] = own
	if _, err := u.tx.Exec(ctx, `UPDATE touch SET call_id = @own WHERE call_id = @card AND state = 'open' AND client_id = @dropped`, u.args); err != nil {
		return err
	}
	_, err = u.tx.Exec(ctx, `UPDATE call SET contact_id = NULL WHERE id = @card AND contact_id IN (SELECT id FROM contact WHERE client_id = @dropped)`, u.args)
	if err != nil {
		return err
	}
	return u.restoreCard(ctx, own)
}

// ownCard opens the card again that merging closed, else a new one like the common card.
func (u *unmerging) ownCard(ctx context.Context) (own int64, err error) {
	if len(u.image.Cards) == 2 {
		err = u.tx.QueryRow(ctx, `UPDATE call SET state = 'open', closed_at = NULL, closed_why = NULL WHERE id = $1 AND state = 'skipped' AND closed_why = 'merged' RETURNING id`,
			u.image.Cards[1].ID).Scan(&own)
		if !errors.Is(err, pgx.ErrNoRows) {
			return own, err
		}
	}
	err = u.tx.QueryRow(ctx, `
		INSERT INTO call (client_id, contact_id, rep_id, state, due_at, deadline_at, priority, attempts, opened_at)
		SELECT @dropped, CASE WHEN p.client_id = @dropped THEN p.id END, k.rep_id, 'open', k.due_at, k.deadline_at, k.priority, k.attempts, k.opened_at
		FROM call k LEFT JOIN contact p ON p.id = k.contact_id WHERE k.id = @card RETURNING id`, u.args).Scan(&own)
	return own, err
}

// restoreCard gives the kept card its own times and priority back, where nobody has moved them since. own is the other's.
func (u *unmerging) restoreCard(ctx context.Context, own int64) error {
	if len(u.image.Cards) < 2 || own == 0 {
		return nil
	}
	mine, other := u.image.Cards[0], u.image.Cards[1]
	_, err := u.tx.Exec(ctx, `
		UPDATE call k SET due_at = $2::timestamptz, deadline_at = nullif($3, '')::timestamptz, priority = $4::smallint
		WHERE k.id = $1 AND k.due_at = least($2::timestamptz, $5::timestamptz) AND k.priority = greatest($4::smallint, $7::smallint)
		  AND k.deadline_at IS NOT DISTINCT FROM least(nullif($3, '')::timestamptz, nullif($6, '')::timestamptz)`,
		mine.ID, mine.DueAt, mine.DeadlineAt, mine.Priority, other.DueAt, other.DeadlineAt, other.Priority)
	return err
}
