package store

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/relance/relance/internal/importer"
)

// reject puts aside the staged rows that a DELETE … RETURNING at_line, reason found. They are of the file of rows, or of
// that of heads.
func (r *importRun) reject(ctx context.Context, of *importer.File, column, sql string, args ...any) error {
	tag, err := r.tx.Exec(ctx, fmt.Sprintf(`WITH gone (at_line, reason) AS (%s) INSERT INTO rejected SELECT %d, at_line, '%s', reason FROM gone`,
		sql, slices.Index(r.files, of), column), args...)
	r.report.Rejected += tag.RowsAffected()
	return err
}

// rejectUnknown puts aside rows whose column names a row that the table has not.
func (r *importRun) rejectUnknown(ctx context.Context, column, table, kind string) error {
	if !r.has(column) {
		return nil
	}
	return r.reject(ctx, r.file, column, fmt.Sprintf(`
		DELETE FROM incoming i WHERE i.%[1]s IS NOT NULL AND NOT EXISTS (SELECT FROM %[2]s t WHERE t.ref = i.%[1]s)
		RETURNING at_line, format('no %[2]s %%s; import %[3]s first', to_json(%[1]s))`, column, table, kind))
}

// rejectRepeated puts aside rows whose key an earlier row has, unless they say the same throughout: a file with a row per
// order names each client many times. A row without the key's first part has none; the other parts are never empty.
func (r *importRun) rejectRepeated(ctx context.Context, column string, key ...string) error {
	if err := r.dropEqual(ctx, key); err != nil {
		return err
	}
	return r.reject(ctx, r.file, column, repeated(key)+`DELETE FROM incoming i USING f WHERE `+sameKey(key)+`
		RETURNING i.at_line, format('the same as on line %s', f.first)`)
}

// repeated finds the keys that come more than once, and where first.
func repeated(key []string) string {
	keys := strings.Join(key, ", ")
	return fmt.Sprintf(`WITH f AS (SELECT %[1]s, min(at_line) AS first FROM incoming WHERE %[2]s IS NOT NULL GROUP BY %[1]s HAVING count(*) > 1) `, keys, key[0])
}

func sameKey(key []string) string {
	var same []string
	for _, k := range key {
		same = append(same, fmt.Sprintf("i.%[1]s = f.%[1]s", k))
	}
	return strings.Join(append(same, "i.at_line > f.first"), " AND ")
}

// dropEqual takes out the rows that repeat an earlier one cell by cell; they count as unchanged.
func (r *importRun) dropEqual(ctx context.Context, key []string) error {
	columns := make([]string, 0, len(r.file.Columns()))
	for _, c := range r.file.Columns() {
		columns = append(columns, pgx.Identifier{c}.Sanitize())
	}
	_, err := r.tx.Exec(ctx, fmt.Sprintf(`%s, gone AS (DELETE FROM incoming i USING f JOIN incoming o ON o.at_line = f.first WHERE %s AND (i.%s) IS NOT DISTINCT FROM (o.%s) RETURNING i.at_line)
		INSERT INTO said SELECT at_line, 'unchanged' FROM gone`, strings.TrimSuffix(repeated(key), " "), sameKey(key), strings.Join(columns, ", i."), strings.Join(columns, ", o.")))
	return err
}

// tell hands on what was rejected, and what became of each line, before the staging tables are gone.
func (r *importRun) tell(ctx context.Context) error {
	for rejection, err := range r.rejections(ctx, keptRejections) {
		if err != nil {
			return err
		}
		r.report.Rejections = append(r.report.Rejections, rejection)
	}
	r.report.More = r.report.Rejected > keptRejections
	if r.spec.Rejections != nil {
		if err := r.spec.Rejections(r.rejections(ctx, 0)); err != nil {
			return fmt.Errorf("write the rejected rows: %w", err)
		}
	}
	if r.spec.PerLine == nil {
		return nil
	}
	return r.tellLines(ctx)
}

// rejections gives the rejected rows by file and line, as they come from the database. most 0: all.
func (r *importRun) rejections(ctx context.Context, most int) iter.Seq2[importer.Rejection, error] {
	return func(yield func(importer.Rejection, error) bool) {
		rows, err := r.tx.Query(ctx, `SELECT file, at_line, col, reason FROM rejected ORDER BY file, at_line, ctid LIMIT nullif($1, 0)`, most)
		if err != nil {
			yield(importer.Rejection{}, err)
			return
		}
		defer rows.Close()
		var file int
		var j importer.Rejection
		for rows.Next() {
			if err := rows.Scan(&file, &j.Line, &j.Column, &j.Reason); err != nil {
				yield(j, err)
				return
			}
			if file < len(r.spec.Names) && len(r.files) > 1 {
				j.File = r.spec.Names[file]
			}
			if !yield(j, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(importer.Rejection{}, err)
		}
	}
}

// tellLines says of each row of the file what became of it.
func (r *importRun) tellLines(ctx context.Context) error {
	rows, err := r.tx.Query(ctx, `SELECT at_line, what FROM said UNION ALL SELECT at_line, 'rejected' FROM rejected
		UNION ALL SELECT at_line, 'unchanged' FROM incoming i WHERE NOT EXISTS (SELECT FROM said s WHERE s.at_line = i.at_line) ORDER BY 1`)
	if err != nil {
		return err
	}
	var line int64
	var what string
	_, err = pgx.ForEachRow(rows, []any{&line, &what}, func() error {
		r.spec.PerLine(line, what)
		return nil
	})
	return err
}
