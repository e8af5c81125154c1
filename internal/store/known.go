package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/relance/relance/internal/calendar"
)

// Known is how much of the present the order data knows. Rules that infer from an order's absence wait while it is stale.
type Known struct {
	OrdersTo   calendar.Date // the newest order that the clock has reached; 0: none
	LastImport time.Time     // start of the newest import of orders that counts; zero: none
	Source     string        // of that import; "": none was named
	Stale      bool
	Age        int // working days since the newest order or import, whichever is newer
	Allowed    int // working days it may be old
}

// Freshness asks how old the order data is at now: what the planner's guard decides by.
func (s *Store) Freshness(ctx context.Context, now time.Time) (Known, error) {
	var k Known
	settings, err := s.Settings(ctx)
	if err != nil {
		return k, err
	}
	house, err := HouseOf(settings)
	if err != nil {
		return k, err
	}
	err = s.tx(ctx, "ask how old the order data is", func(tx pgx.Tx) error {
		fresh, newest, err := freshness(ctx, tx, house, settings, house.Today(now))
		if err != nil {
			return err
		}
		k = Known{OrdersTo: newest, Stale: !fresh.Fresh, Age: fresh.Age, Allowed: fresh.Allowed}
		rows, err := tx.Query(ctx, `SELECT started_at, coalesce(source, '') FROM import_run
			WHERE kind = 'orders' AND state = 'done' AND NOT dry_run AND started_at <= $1 ORDER BY started_at DESC, id DESC LIMIT 1`, now)
		if err != nil {
			return err
		}
		_, err = pgx.ForEachRow(rows, []any{&k.LastImport, &k.Source}, func() error { return nil })
		return err
	})
	return k, err
}
