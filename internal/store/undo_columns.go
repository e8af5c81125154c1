package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// importedTables are those whose rows imports make and change by their id, in an order in which they can go: what hangs on
// another row first.
var importedTables = []string{"orders", "activity", "contract", "contact", "client", "product", "rep"}

// fileColumn is the canonical column that a table's column (c.col) comes from.
const fileColumn = `CASE c.col WHEN 'client_id' THEN 'client' WHEN 'rep_id' THEN 'rep' WHEN 'inside_rep_id' THEN 'inside_rep' WHEN 'group_ref' THEN 'group'
	WHEN 'email_was' THEN 'email_key' WHEN 'phone_was' THEN 'phone_e164' ELSE c.col END`

// passColumns lists every column that this run changed, with the next run that wrote the row and had the column in its
// file: that run's image now starts from what was before both.
func (u *undoing) passColumns(ctx context.Context) error {
	return u.all(ctx, `
		CREATE TEMPORARY TABLE changed ON COMMIT DROP AS
		SELECT a.noun, a.row_id, c.col, a.before -> c.col AS was, a.after -> c.col AS wrote, j.run_id AS by_run, false AS back
		FROM import_image a CROSS JOIN LATERAL jsonb_object_keys(a.before) c(col)
		LEFT JOIN LATERAL (
			SELECT j.run_id FROM (
				SELECT i.run_id, i.before FROM import_image i WHERE i.noun = a.noun AND i.row_id = a.row_id AND i.run_id > a.run_id
				UNION ALL SELECT s.by_run, '{}' FROM seen s WHERE a.noun = 'orders' AND s.id = a.row_id) j JOIN import_run r ON r.id = j.run_id
			WHERE j.before ? c.col OR `+fileColumn+` = ANY (r.columns) ORDER BY j.run_id LIMIT 1) j ON true
		WHERE a.run_id = %[1]d AND a.noun <> 'order_line' AND a.after IS NOT NULL`,
		`ANALYZE changed`,
		`INSERT INTO import_image (run_id, noun, row_id, before, after) SELECT DISTINCT by_run, noun, row_id, '{}'::jsonb, '{}'::jsonb FROM changed c
			WHERE by_run IS NOT NULL AND NOT EXISTS (SELECT FROM import_image j WHERE j.run_id = c.by_run AND j.noun = c.noun AND j.row_id = c.row_id AND j.key = '')`,
		`UPDATE import_image j SET before = j.before || x.was, after = x.wrote || j.after
			FROM (SELECT c.by_run, c.noun, c.row_id, jsonb_object_agg(c.col, c.was) AS was, jsonb_object_agg(c.col, c.wrote) AS wrote
				FROM changed c JOIN import_image j ON j.run_id = c.by_run AND j.noun = c.noun AND j.row_id = c.row_id
				WHERE NOT j.before ? c.col OR j.before -> c.col = c.wrote GROUP BY 1, 2, 3) x
			WHERE j.run_id = x.by_run AND j.noun = x.noun AND j.row_id = x.row_id`,
		`INSERT INTO kept SELECT noun, row_id, '', col, 'later_run', by_run FROM changed WHERE by_run IS NOT NULL`,
		tidyImages)
}

// restoreColumns gives the columns that nobody wrote since their values from before. Clients are locked first, as everybody
// locks them.
func (u *undoing) restoreColumns(ctx context.Context) error {
	_, err := u.exec(ctx, `SELECT FROM client WHERE id IN (SELECT row_id FROM changed WHERE noun = 'client'
		UNION SELECT p.client_id FROM changed x JOIN contact p ON p.id = x.row_id WHERE x.noun = 'contact') ORDER BY id FOR NO KEY UPDATE`)
	if err != nil {
		return err
	}
	for _, table := range importedTables {
		if err := u.restoreTable(ctx, table); err != nil {
			return fmt.Errorf("%s: %w", table, err)
		}
	}
	return nil
}

func (u *undoing) restoreTable(ctx context.Context, table string) error {
	value := "to_jsonb(t) -> c.col"
	attributes := ""
	if table == "client" {
		value = "CASE WHEN starts_with(c.col, 'attributes.') THEN t.attributes -> substr(c.col, 12) ELSE to_jsonb(t) -> c.col END"
		attributes = ", attributes = jsonb_strip_nulls(t.attributes || coalesce(x.attributes, '{}'))"
	}
	columns, err := u.columnsOf(ctx, table)
	if err != nil {
		return err
	}
	if table != "rep" && table != "product" {
		client := "client_id"
		if table == "client" {
			client = "id"
		}
		if err := u.all(ctx, fmt.Sprintf(`INSERT INTO stale_now SELECT t.%s FROM %s t JOIN changed c ON c.row_id = t.id AND c.noun = '%[2]s'`, client, table)); err != nil {
			return err
		}
		if client == "client_id" { // and that of whom it goes back to
			if err := u.all(ctx, fmt.Sprintf(`INSERT INTO stale_now SELECT (was #>> '{}')::bigint FROM changed WHERE noun = '%s' AND col = 'client_id'`, table)); err != nil {
				return err
			}
		}
	}
	if err := u.all(ctx, fmt.Sprintf(`UPDATE changed c SET back = true FROM %s t WHERE c.noun = '%[1]s' AND c.by_run IS NULL AND t.id = c.row_id AND coalesce(%[2]s, 'null') = coalesce(c.wrote, 'null')`, table, value),
		fmt.Sprintf(`INSERT INTO kept SELECT noun, row_id, '', col, 'changed' FROM changed WHERE noun = '%s' AND by_run IS NULL AND NOT back`, table)); err != nil {
		return err
	}
	list := strings.Join(columns, ", ")
	n, err := u.exec(ctx, fmt.Sprintf(`UPDATE %[1]s t SET (%[2]s) = (SELECT %[2]s FROM jsonb_populate_record(t, coalesce(x.was, '{}')))%[3]s
		FROM (SELECT row_id, jsonb_object_agg(col, was) FILTER (WHERE NOT starts_with(col, 'attributes.')) AS was,
			jsonb_object_agg(substr(col, 12), was) FILTER (WHERE starts_with(col, 'attributes.')) AS attributes FROM changed WHERE noun = '%[1]s' AND back GROUP BY 1) x
		WHERE t.id = x.row_id`, table, list, attributes))
	u.count(u.done.Restored, table, n)
	return err
}

// columnsOf are the columns of a table that an import may write.
func (u *undoing) columnsOf(ctx context.Context, table string) ([]string, error) {
	rows, err := u.tx.Query(ctx, `SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped
		AND attname <> ALL ('{id,run_id,attributes}') ORDER BY attnum`, table)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// restoreConsent makes bases hold again that the run withdrew from addresses which are back, and takes oppositions away that
// it carried over to others. Where a later run keeps the new address, both are from then on that run's doing.
func (u *undoing) restoreConsent(ctx context.Context) error {
	for _, m := range movings {
		back := fmt.Sprintf(`b.channel = '%s' AND c.noun = 'contact' AND c.col = '%s' AND c.row_id = b.contact_id AND b.withdrawn_run = %d`, m.channel, m.key, u.run)
		err := u.all(ctx,
			fmt.Sprintf(`UPDATE basis b SET withdrawn_at = NULL, withdrawn_run = NULL FROM changed c JOIN contact t ON t.id = c.row_id
				WHERE %s AND coalesce(to_jsonb(t.%s), 'null') = c.was`, back, m.key),
			fmt.Sprintf(`UPDATE basis b SET withdrawn_run = c.by_run FROM changed c WHERE c.by_run IS NOT NULL AND %s`, back),
			fmt.Sprintf(`UPDATE suppression s SET run_id = c.by_run
				FROM changed c LEFT JOIN contact p ON p.id = c.row_id AND c.noun = 'contact' LEFT JOIN client o ON o.id = coalesce(p.client_id, c.row_id)
				WHERE s.run_id = %d AND c.noun IN ('contact', 'client') AND c.col = '%s' AND c.by_run IS NOT NULL
				  AND coalesce(to_jsonb(CASE c.noun WHEN 'contact' THEN p.%[2]s ELSE %[3]s END), 'null') <> c.was AND s.address = coalesce(c.wrote #>> '{}', 'client:' || o.ref)`,
				u.run, m.key, clientKey(m)))
		if err != nil {
			return err
		}
	}
	return u.all(ctx, `WITH gone AS (DELETE FROM suppression WHERE run_id = %[1]d RETURNING address)
		INSERT INTO stale_now SELECT p.client_id FROM contact p JOIN gone g ON g.address IN (p.email_key, p.phone_e164)
		UNION SELECT c.id FROM client c JOIN gone g ON g.address IN (c.phone_e164, 'client:' || c.ref)`)
}

// clientKey is a client's own address on the channel (o): it has only a number.
func clientKey(m moving) string {
	if m.channel == "call" {
		return "o.phone_e164"
	}
	return "NULL::text"
}
