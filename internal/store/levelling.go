package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/calendar"
)

// levelAhead is how far ahead planned calls are levelled. Later ones are levelled when they come nearer.
const levelAhead = 30 * 24 * time.Hour

// levelCalls spreads the planned calls over the reps' days. Cards that are on a list already count for the day on which they
// are to be called, those that are late for today.
func levelCalls(ctx context.Context, tx pgx.Tx, settings Settings, house *calendar.House, now time.Time) error {
	capacity, err := repCapacity(ctx, tx, settings)
	if err != nil {
		return err
	}
	calls, err := readCalls(ctx, tx, house, dueCallsToLevel, now.Add(levelAhead))
	if err != nil || len(calls) == 0 {
		return err
	}
	open, err := readCalls(ctx, tx, house, openCards)
	if err != nil {
		return err
	}
	moved := campaigns.Level(append(calls, open...), func(rep int64) int { return capacity[rep] }, house, now)
	ids, due := make([]int64, len(moved)), make([]time.Time, len(moved))
	for i, m := range moved {
		ids[i], due[i] = m.TouchID, m.DueAt
	}
	_, err = tx.Exec(ctx, `UPDATE touch t SET due_at = m.due_at, reason = 'levelled'
		FROM unnest($1::bigint[], $2::timestamptz[]) AS m(id, due_at)
		WHERE t.id = m.id AND t.id IN (SELECT id FROM touch WHERE id = ANY ($1) AND state = 'planned' FOR UPDATE SKIP LOCKED)`, ids, due)
	return err
}

func repCapacity(ctx context.Context, tx pgx.Tx, settings Settings) (map[int64]int, error) {
	rows, err := tx.Query(ctx, `SELECT id, coalesce(capacity, CASE WHEN inside THEN $1::int ELSE $2::int END) FROM rep`, settings.Int("capacity_inside"), settings.Int("capacity_road"))
	if err != nil {
		return nil, err
	}
	capacity := map[int64]int{}
	var id int64
	var n int
	_, err = pgx.ForEachRow(rows, []any{&id, &n}, func() error {
		capacity[id] = n
		return nil
	})
	return capacity, err
}

const dueCallsToLevel = `
	SELECT t.id, t.client_id, t.rep_id, t.priority::int, t.due_at, t.deadline_at, coalesce(c.country, ''), coalesce(c.zone, ''), coalesce(c.postcode, ''), coalesce(f.consumer, false), false
	FROM campaign m JOIN touch t ON t.campaign_id = m.id AND t.channel = 'call' AND t.state = 'planned' AND t.due_at <= $1
	JOIN client c ON c.id = t.client_id LEFT JOIN client_fact f ON f.client_id = c.id
	WHERE m.state = 'running' AND t.rep_id IS NOT NULL`

const openCards = `
	SELECT 0::bigint, k.client_id, k.rep_id, k.priority::int, k.due_at, k.deadline_at, coalesce(c.country, ''), coalesce(c.zone, ''), coalesce(c.postcode, ''), coalesce(f.consumer, false), true
	FROM call k JOIN client c ON c.id = k.client_id LEFT JOIN client_fact f ON f.client_id = c.id
	WHERE k.state = 'open' AND k.rep_id IS NOT NULL`

// readCalls reads calls as levelling sees them.
func readCalls(ctx context.Context, tx pgx.Tx, house *calendar.House, sql string, args ...any) ([]campaigns.DueCall, error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (campaigns.DueCall, error) {
		var c campaigns.DueCall
		var deadline *time.Time
		var zone, postcode string
		err := row.Scan(&c.TouchID, &c.ClientID, &c.RepID, &c.Priority, &c.DueAt, &deadline, &c.Country, &zone, &postcode, &c.Consumer, &c.Open)
		c.DeadlineAt, c.Location = timeOf(deadline), house.Location(zone, c.Country, postcode)
		return c, err
	})
}
