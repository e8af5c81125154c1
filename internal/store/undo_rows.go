package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// passRows gives rows that this run made, and a later run changed, to that run: without this one, it would have made them.
func (u *undoing) passRows(ctx context.Context) error {
	for _, table := range importedTables {
		later := fmt.Sprintf(`SELECT t.id, min(j.run_id) AS by_run FROM %s t JOIN import_image j ON j.noun = '%[1]s' AND j.row_id = t.id AND j.run_id > %[2]d WHERE t.run_id = %[2]d GROUP BY 1`, table, u.run)
		if table == "orders" {
			later = `SELECT id, by_run FROM seen`
		}
		err := u.all(ctx,
			fmt.Sprintf(`CREATE TEMPORARY TABLE passing ON COMMIT DROP AS SELECT x.id, x.by_run FROM (%s) x JOIN %s t ON t.id = x.id AND t.run_id = %d`, later, table, u.run),
			fmt.Sprintf(`INSERT INTO kept SELECT '%s', id, '', '', 'later_run', by_run FROM passing`, table),
			fmt.Sprintf(`UPDATE %s t SET run_id = p.by_run FROM passing p WHERE p.id = t.id`, table),
			fmt.Sprintf(`DELETE FROM import_image j USING passing p WHERE j.noun = '%s' AND j.row_id = p.id AND j.run_id = p.by_run`, table),
			`DROP TABLE passing`)
		if err != nil {
			return fmt.Errorf("%s: %w", table, err)
		}
	}
	return nil
}

// removeRows takes away the rows that this run made, and those of runs undone earlier that stayed only because something hung
// on them, if nothing does any more.
func (u *undoing) removeRows(ctx context.Context) error {
	for _, table := range importedTables {
		err := u.all(ctx, fmt.Sprintf(`CREATE TEMPORARY TABLE going ON COMMIT DROP AS SELECT id, run_id = %%[1]d AS own FROM %s
			WHERE run_id = %%[1]d OR run_id IN (SELECT id FROM import_run WHERE state = 'undone')`, table), `ALTER TABLE going ADD PRIMARY KEY (id)`, `ANALYZE going`)
		if err == nil {
			err = u.keepUsed(ctx, table)
		}
		if err == nil {
			err = u.remove(ctx, table)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", table, err)
		}
	}
	return nil
}

// reference is a column of a table that points to another.
type reference struct{ Table, Column string }

// references asks Postgres what points to a table, so that a table that comes later is not forgotten. What goes with the row
// by itself keeps none; lines are an order, and do.
func (u *undoing) references(ctx context.Context, table string) ([]reference, error) {
	rows, err := u.tx.Query(ctx, `SELECT k.conrelid::regclass::text, quote_ident(a.attname) FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
		WHERE k.contype = 'f' AND k.confrelid = $1::text::regclass AND (k.confdeltype <> 'c' OR k.conrelid = 'order_line'::regclass) ORDER BY 1, 2`, table)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[reference])
}

// caches are made of what is there; they go with it.
var caches = map[string]bool{"client_fact": true, "client_month": true, "client_stale": true}

// stays says which rows (x) of a referring table keep the row they point to; "": none does. What was only planned goes along.
func stays(table string, by reference) string {
	switch {
	case caches[by.Table], table == "contact" && by.Table == "basis":
		return ""
	case table == "client" && by.Table == "touch":
		return `AND (x.state NOT IN ('planned', 'held_out', 'open', 'skipped', 'cancelled') OR x.sent_at IS NOT NULL)`
	case table == "client" && by.Table == "call":
		return `AND (x.attempts > 0 OR x.state = 'done' OR EXISTS (SELECT FROM activity a WHERE a.call_id = x.id))`
	case table == "contact" && by.Table == "touch":
		return `AND (x.state NOT IN ('planned', 'held_out', 'skipped', 'cancelled') OR x.sent_at IS NOT NULL OR x.call_id IS NOT NULL)`
	}
	return "AND true"
}

// keepUsed takes the rows out of going that something else hangs on, or that a person has changed.
func (u *undoing) keepUsed(ctx context.Context, table string) error {
	keep := func(why, by, sql string) error {
		return u.all(ctx, fmt.Sprintf(`WITH stay AS (DELETE FROM going g WHERE %s RETURNING id, own)
			INSERT INTO kept SELECT '%s', id, '', '', '%s', NULL, '%s' FROM stay WHERE own`, sql, table, why, by))
	}
	list, err := u.references(ctx, table)
	if err != nil {
		return err
	}
	for _, by := range list {
		which := stays(table, by)
		if which == "" {
			continue
		}
		if err := keep(KeptUsed, by.Table, fmt.Sprintf(`EXISTS (SELECT FROM %s x WHERE x.%s = g.id %s)`, by.Table, by.Column, which)); err != nil {
			return err
		}
	}
	for column, to := range map[string]string{"client_id": "client", "product_id": "product", "rep_id": "rep", "inside_rep_id": "rep"} {
		if to != table {
			continue
		}
		if err := keep(KeptUsed, "import_image", fmt.Sprintf(`g.id IN (SELECT (before ->> '%s')::bigint FROM import_image WHERE run_id <> %d AND before ? '%[1]s')`, column, u.run)); err != nil {
			return err
		}
	}
	switch table {
	case "contact":
		return keep(KeptChanged, "", `EXISTS (SELECT FROM contact t WHERE t.id = g.id AND t.wrong IS NOT NULL)`)
	case "activity":
		return keep(KeptChanged, "", `EXISTS (SELECT FROM event e WHERE e.noun = 'activity' AND e.ref = g.id::text)`)
	}
	return nil
}

// remove deletes what is going, with what goes along; clients in the order of their ids, as everybody locks them.
func (u *undoing) remove(ctx context.Context, table string) error {
	var first []string
	switch table {
	case "client":
		first = []string{`SELECT FROM client WHERE id IN (SELECT id FROM going) ORDER BY id FOR UPDATE`,
			`DELETE FROM touch WHERE client_id IN (SELECT id FROM going)`, `DELETE FROM call WHERE client_id IN (SELECT id FROM going)`,
			`DELETE FROM client_stale WHERE client_id IN (SELECT id FROM going)`, `DELETE FROM client_month WHERE client_id IN (SELECT id FROM going)`,
			`DELETE FROM client_fact WHERE client_id IN (SELECT id FROM going)`}
	case "contact":
		first = []string{`DELETE FROM touch WHERE contact_id IN (SELECT id FROM going)`, `DELETE FROM basis WHERE contact_id IN (SELECT id FROM going)`}
	}
	if table != "client" && table != "product" && table != "rep" {
		first = append(first, fmt.Sprintf(`INSERT INTO stale_now SELECT client_id FROM %s WHERE id IN (SELECT id FROM going)`, table))
	}
	if err := u.all(ctx, first...); err != nil {
		return err
	}
	n, err := u.exec(ctx, fmt.Sprintf(`DELETE FROM %s WHERE id IN (SELECT id FROM going)`, table))
	if err != nil {
		return err
	}
	u.count(u.done.Removed, table, n)
	return u.all(ctx, `DROP TABLE going`)
}
