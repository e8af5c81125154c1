package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/relance/relance/internal/calendar"
)

// factsLock lets one refresh run at a time, so that places in the portfolio are counted over settled figures.
const factsLock int64 = 0x6661637473 // "facts"

// portfolioAtOnce is the largest base whose places in the portfolio are counted again at every refresh. In a larger one
// places move with the daily roll only, so that a touched client costs no pass over all the others.
const portfolioAtOnce = 50_000

// bulkScope is from how many clients on a refresh is planned for whole tables: with room to hash, and never row by row,
// whatever Postgres believes of tables that have just been filled.
const bulkScope = 10_000

// Refreshed is what RefreshFacts did.
type Refreshed struct {
	All     bool  // every client: the daily roll
	Clients int64 // looked at
	Changed int64 // whose figures changed
}

// RefreshFacts makes the facts again as of now's day in the company's zone: of the clients that were touched since, or
// of all when asked or when the day has changed, since windows such as "the last 12 months" move daily. Orders,
// activities and answers after now do not exist yet. Nothing to do is cheap.
func (s *Store) RefreshFacts(ctx context.Context, now time.Time, all bool) (Refreshed, error) {
	done := Refreshed{All: all}
	settings, err := s.Settings(ctx)
	if err != nil {
		return done, err
	}
	r := refresh{now: now, zone: settings["zone"], today: calendar.DateOf(now.In(settings.Zone()))}
	err = s.tx(ctx, "refresh the facts", func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, factsLock); err != nil {
			return err
		}
		done.All, err = r.rolls(ctx, tx, all)
		if err != nil {
			return err
		}
		if done.Clients, err = r.takeScope(ctx, tx, done.All); err != nil || done.Clients == 0 {
			return err
		}
		if done.Clients >= bulkScope {
			if _, err := tx.Exec(ctx, `SET LOCAL work_mem = '96MB'; SET LOCAL enable_nestloop = off; SET LOCAL jit = off`); err != nil {
				return err
			}
		}
		done.Changed, err = r.run(ctx, tx, done.All)
		return err
	})
	return done, err
}

// refresh is one making of facts.
type refresh struct {
	now    time.Time
	today  calendar.Date
	zone   string
	before *time.Time // the day of the last roll; nil: never
}

// rolls says whether every client is due.
func (r *refresh) rolls(ctx context.Context, tx pgx.Tx, asked bool) (bool, error) {
	if err := tx.QueryRow(ctx, `SELECT facts_on FROM clock`).Scan(&r.before); err != nil {
		return false, err
	}
	return asked || r.before == nil || calendar.DateOf(*r.before) != r.today, nil
}

// takeScope lists the clients whose facts are made. A client that is touched while this runs stands in client_stale
// again afterwards, since its row here is gone for good only with the commit.
func (r *refresh) takeScope(ctx context.Context, tx pgx.Tx, all bool) (int64, error) {
	_, err := tx.Exec(ctx, `CREATE TEMP TABLE fact_stale (client_id bigint PRIMARY KEY) ON COMMIT DROP`)
	if err != nil {
		return 0, err
	}
	tag, err := tx.Exec(ctx, `WITH gone AS (DELETE FROM client_stale RETURNING client_id) INSERT INTO fact_stale SELECT client_id FROM gone`)
	if err != nil || !all {
		if err == nil && tag.RowsAffected() > 0 {
			_, err = tx.Exec(ctx, `CREATE TEMP TABLE fact_scope ON COMMIT DROP AS SELECT client_id FROM fact_stale`)
		}
		return tag.RowsAffected(), err
	}
	// Orders that the clock has reached since the last roll change the months of their clients too.
	_, err = tx.Exec(ctx, `INSERT INTO fact_stale
		SELECT DISTINCT client_id FROM orders WHERE ordered_on <= $1 AND ($2::date IS NULL OR ordered_on > $2) ON CONFLICT DO NOTHING`, r.today.Time(), r.before)
	if err != nil {
		return 0, err
	}
	tag, err = tx.Exec(ctx, `CREATE TEMP TABLE fact_scope ON COMMIT DROP AS SELECT id AS client_id FROM client`)
	return tag.RowsAffected(), err
}

// run makes figures, places and months of the scope, in this order.
func (r *refresh) run(ctx context.Context, tx pgx.Tx, all bool) (changed int64, err error) {
	args := pgx.NamedArgs{
		"now": r.now, "zone": r.zone, "today": r.today.Time(), "all": all,
		"y1": r.today.AddMonths(-12).Time(), "y2": r.today.AddMonths(-24).Time(), "y3": r.today.AddMonths(-36).Time(),
	}
	for _, sql := range []string{factTablesSQL, `ANALYZE fact_scope, fact_stale`} {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return 0, err
		}
	}
	if _, err := tx.Exec(ctx, factBaseSQL, args); err != nil {
		return 0, err
	}
	if err := place(ctx, tx, all, args); err != nil {
		return 0, err
	}
	if _, err := tx.Exec(ctx, `ANALYZE fact_base, fact_place`); err != nil {
		return 0, err
	}
	tag, err := tx.Exec(ctx, factWriteSQL, args)
	if err != nil {
		return 0, err
	}
	changed = tag.RowsAffected()
	if tag, err = tx.Exec(ctx, factOthersSQL, args); err != nil {
		return 0, err
	}
	changed += tag.RowsAffected()
	if _, err := tx.Exec(ctx, factMonthsSQL, args); err != nil {
		return 0, err
	}
	if all {
		_, err = tx.Exec(ctx, `UPDATE clock SET facts_on = $1 WHERE facts_on IS DISTINCT FROM $1`, r.today.Time())
	}
	return changed, err
}

// place counts places in the portfolio, or keeps those of the last roll where the base is large.
func place(ctx context.Context, tx pgx.Tx, all bool, args pgx.NamedArgs) error {
	var clients int
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM client_fact`).Scan(&clients); err != nil {
		return err
	}
	if !all && clients > portfolioAtOnce {
		_, err := tx.Exec(ctx, factPlaceKeptSQL)
		return err
	}
	_, err := tx.Exec(ctx, factPlaceSQL, args)
	return err
}
