package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// clientJoin finds the client that a staged row names; rejectUnknown has seen to it that there is one.
const clientJoin = "JOIN client c ON c.ref = i.client"

// target says how staged rows (i) become rows of a table (t).
type target struct {
	table  string
	joins  string   // what the values need besides i
	match  string   // the condition under which t is the row that i is about
	values []value  // the file's columns
	always []string // for new rows only: column = SQL, beside run_id
	client string   // the id of the client whose facts are touched; "": none
}

// value is one column of the table: its SQL over i and the joins, and, when it is not the same, over t as well.
type value struct{ column, sql, merged string }

// final is what the column becomes in a row that exists.
func (v value) final() string {
	if v.merged != "" {
		return v.merged
	}
	return v.sql
}

// put changes the rows that differ, then adds those that are missing, and says how many of each.
func (r *importRun) put(ctx context.Context, t target) (created, updated int64, err error) {
	if updated, err = r.change(ctx, t); err != nil {
		return 0, 0, fmt.Errorf("change rows of %s: %w", t.table, err)
	}
	if created, err = r.add(ctx, t); err != nil {
		return 0, 0, fmt.Errorf("add rows to %s: %w", t.table, err)
	}
	return created, updated, nil
}

// change finds the rows that differ with what they were and become, keeps that as images, and writes them. Clients are
// locked in the order of ids first, as everybody locks them.
func (r *importRun) change(ctx context.Context, t target) (int64, error) {
	var set, old, fresh []string
	for _, v := range t.values {
		column := pgx.Identifier{v.column}.Sanitize()
		set = append(set, fmt.Sprintf("%s = %s", column, v.final()))
		old = append(old, "t."+column)
		fresh = append(fresh, v.final())
	}
	before, after := images(t.values)
	tag, err := r.tx.Exec(ctx, fmt.Sprintf(`CREATE TEMPORARY TABLE changing ON COMMIT DROP AS
		SELECT t.id, i.at_line, %s AS before, %s AS after FROM %s t, incoming i %s WHERE %s AND (%s) IS DISTINCT FROM (%s)`,
		before, after, t.table, t.joins, t.match, strings.Join(old, ", "), strings.Join(fresh, ", ")))
	if err != nil || tag.RowsAffected() == 0 {
		return 0, err
	}
	steps := []string{`ANALYZE changing`}
	switch t.table {
	case "client":
		steps = append(steps, `SELECT FROM client WHERE id IN (SELECT id FROM changing) ORDER BY id FOR NO KEY UPDATE`)
	case "contact": // who records an outcome holds the client before the contact
		steps = append(steps, `SELECT FROM client WHERE id IN (SELECT p.client_id FROM changing n JOIN contact p USING (id)) ORDER BY id FOR NO KEY UPDATE`)
	}
	steps = append(steps,
		fmt.Sprintf(`INSERT INTO import_image (run_id, noun, row_id, line, before, after) SELECT %d, '%s', id, at_line, before, after FROM changing ORDER BY id`, r.id, t.table),
		fmt.Sprintf(`UPDATE %s t SET %s FROM changing n JOIN incoming i ON i.at_line = n.at_line %s WHERE t.id = n.id`, t.table, strings.Join(set, ", "), t.joins),
		`INSERT INTO said SELECT at_line, 'updated' FROM changing`)
	switch {
	case t.table == "client":
		steps = append(steps, `INSERT INTO stale_now SELECT id FROM changing`)
	case t.client != "":
		steps = append(steps, fmt.Sprintf(`INSERT INTO stale_now SELECT unnest(ARRAY[t.client_id, (n.before ->> 'client_id')::bigint]) FROM changing n JOIN %s t USING (id)`, t.table))
	}
	for _, sql := range steps {
		if _, err := r.tx.Exec(ctx, sql); err != nil {
			return 0, err
		}
	}
	return tag.RowsAffected(), nil
}

func (r *importRun) add(ctx context.Context, t target) (int64, error) {
	columns, values := []string{"run_id"}, []string{"$1"}
	for _, v := range t.values {
		columns = append(columns, pgx.Identifier{v.column}.Sanitize())
		values = append(values, v.sql)
	}
	for _, a := range t.always {
		column, sql, _ := strings.Cut(a, " = ")
		columns = append(columns, column)
		values = append(values, sql)
	}
	missing := fmt.Sprintf(`FROM incoming i %s WHERE NOT EXISTS (SELECT FROM %s t WHERE %s)`, t.joins, t.table, t.match)
	if r.spec.PerLine != nil {
		if _, err := r.tx.Exec(ctx, `INSERT INTO said SELECT i.at_line, 'created' `+missing); err != nil {
			return 0, err
		}
	}
	sql := fmt.Sprintf(`INSERT INTO %s AS t (%s) SELECT %s %s ORDER BY i.at_line`, t.table, strings.Join(columns, ", "), strings.Join(values, ", "), missing)
	client := t.client
	if client != "" && t.table != "client" {
		client = "t.client_id"
	}
	return r.count(ctx, sql, client)
}

// count runs an insert and says how many rows it made; their clients' facts become stale.
func (r *importRun) count(ctx context.Context, sql, client string) (n int64, err error) {
	if client == "" {
		tag, err := r.tx.Exec(ctx, sql, r.id)
		return tag.RowsAffected(), err
	}
	err = r.tx.QueryRow(ctx, fmt.Sprintf(`
		WITH put AS (%s RETURNING %s AS client_id),
		     stale AS (INSERT INTO stale_now SELECT DISTINCT client_id FROM put)
		SELECT count(*) FROM put`, sql, client), r.id).Scan(&n)
	return n, err
}

// present are the values of those columns that the file has, stored under their own names.
func (r *importRun) present(columns ...string) []value {
	var out []value
	for _, c := range columns {
		if r.has(c) {
			out = append(out, value{column: c, sql: "i." + pgx.Identifier{c}.Sanitize()})
		}
	}
	return out
}

// derived is the value of a column that the table calls otherwise, or makes of the file's; nothing without it.
func (r *importRun) derived(staged, column, sql string) []value {
	if !r.has(staged) {
		return nil
	}
	return []value{{column: column, sql: sql}}
}

func (r *importRun) mergeReps(ctx context.Context) (created, updated int64, err error) {
	if err := r.rejectRepeated(ctx, "ref", "ref"); err != nil {
		return 0, 0, err
	}
	values := append(r.present("ref", "name", "email", "phone", "capacity"), r.derived("inside", "inside", "coalesce(i.inside, false)")...)
	return r.put(ctx, target{table: "rep", match: "t.ref = i.ref", values: values})
}

func (r *importRun) mergeProducts(ctx context.Context) (created, updated int64, err error) {
	if err := r.rejectRepeated(ctx, "ref", "ref"); err != nil {
		return 0, 0, err
	}
	return r.put(ctx, target{table: "product", match: "t.ref = i.ref", values: r.present("ref", "name", "range", "list_price", "cost")})
}

func (r *importRun) mergeClients(ctx context.Context) (created, updated int64, err error) {
	for _, rep := range []string{"rep", "inside_rep"} {
		if err := r.rejectUnknown(ctx, rep, "rep", "reps"); err != nil {
			return 0, 0, err
		}
	}
	if err := r.rejectRepeated(ctx, "ref", "ref"); err != nil {
		return 0, 0, err
	}
	if err := r.dialFromAbroad(ctx, "ref"); err != nil {
		return 0, 0, err
	}
	if err := r.carrySwitchboards(ctx); err != nil {
		return 0, 0, err
	}
	values := r.present("ref", "name", "kind", "siren", "vat", "sector", "address", "postcode", "city", "country", "language", "zone",
		"phone", "phone_e164", "potential", "loss_risk", "visits_per_year", "blocked", "created_on", "closed_on")
	values = append(values, r.derived("group", "group_ref", `i."group"`)...)
	values = append(values, r.derived("rep", "rep_id", "(SELECT id FROM rep WHERE ref = i.rep)")...)
	values = append(values, r.derived("inside_rep", "inside_rep_id", "(SELECT id FROM rep WHERE ref = i.inside_rep)")...)
	if r.has("attributes") {
		values = append(values, value{"attributes", "jsonb_strip_nulls(i.attributes)", "jsonb_strip_nulls(t.attributes || i.attributes)"})
	}
	return r.put(ctx, target{table: "client", match: "t.ref = i.ref", values: values, client: "t.id",
		always: []string{"imported_on = '" + r.today + "'::date"}})
}

func (r *importRun) mergeContracts(ctx context.Context) (created, updated int64, err error) {
	if err := r.rejectUnknown(ctx, "client", "client", "clients"); err != nil {
		return 0, 0, err
	}
	if err := r.rejectRepeated(ctx, "ref", "ref"); err != nil {
		return 0, 0, err
	}
	values := append(r.present("ref", "ends_on", "kind", "starts_on", "reopens_on", "notice_days", "amount"), value{column: "client_id", sql: "c.id"})
	return r.put(ctx, target{table: "contract", joins: clientJoin, match: "t.ref = i.ref", values: values, client: "c.id"})
}
