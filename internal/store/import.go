package store

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/relance/relance/internal/importer"
)

// ImportSpec says what an import is called and when it happens.
type ImportSpec struct {
	File     string // its name, for the list of runs
	By       string // who started it
	Now      time.Time
	DryRun   bool             // do everything, count it, and take it back
	Progress func(rows int64) // called now and then with the rows read; nil: not at all
}

// importLock lets one import work at a time: two could otherwise wait for each other's rows.
const importLock = 7_205_114

// errDryRun takes back what a dry run did.
var errDryRun = errors.New("dry run")

// Import reads the whole file in one transaction: COPY to a staging table while it is being parsed, then set-based
// statements that reject what does not fit, change only what differs, and note the touched clients as stale. The
// returned report is complete also on a dry run; a line that is rejected does not stop the others.
//
// An import gives no basis to a contact that exists already, and takes no opposition away. Both belong to an address: when
// it changes that of a contact, the bases of the old one are withdrawn and its oppositions hold for the new one too.
func (s *Store) Import(ctx context.Context, spec ImportSpec, file *importer.File) (importer.Report, error) {
	report := importer.Report{Kind: file.Kind(), DryRun: spec.DryRun}
	settings, err := s.Settings(ctx)
	if err != nil {
		return report, err
	}
	rejections := []importer.Rejection{}
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error { // once: the file has been read then
		run := importRun{rejections: &rejections, tx: tx, file: file, spec: spec, country: settings["country"], today: spec.Now.In(settings.Zone()).Format(time.DateOnly)}
		if err := run.do(ctx, &report); err != nil {
			return err
		}
		if spec.DryRun {
			return errDryRun
		}
		return nil
	})
	if errors.Is(err, errDryRun) {
		report.Run, err = 0, nil
	}
	if err != nil {
		err = fmt.Errorf("import %s: %w", spec.File, err)
	}
	sort.SliceStable(rejections, func(i, j int) bool { return rejections[i].Line < rejections[j].Line })
	report.Rejections = rejections
	return report, err
}

// importRun is one import under way.
type importRun struct {
	tx      pgx.Tx
	file    *importer.File
	spec    ImportSpec
	country string // the company's
	today   string // of the company
	id      int64  // of import_run

	rejections *[]importer.Rejection
}

func (r *importRun) do(ctx context.Context, report *importer.Report) error {
	if err := r.begin(ctx); err != nil {
		return err
	}
	if err := r.stage(ctx); err != nil {
		return err
	}
	created, updated, err := r.merge(ctx)
	if err != nil {
		return err
	}
	report.Run, report.Read, report.Created, report.Updated = r.id, r.file.Read(), created, updated
	report.Rejected = int64(len(*r.rejections))
	report.Unchanged = report.Read - report.Rejected - created - updated
	return r.finish(ctx, *report)
}

func (r *importRun) begin(ctx context.Context) error {
	// The settings live as long as the transaction. A million lines are sorted and joined in memory instead of files.
	if _, err := r.tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1), set_config('work_mem', '128MB', true)`, importLock); err != nil {
		return err
	}
	return r.tx.QueryRow(ctx, `INSERT INTO import_run (kind, file, started_by, started_at) VALUES ($1, $2, $3, $4) RETURNING id`,
		r.file.Kind(), r.spec.File, r.spec.By, r.spec.Now).Scan(&r.id)
}

// merge brings the staged rows into their tables.
func (r *importRun) merge(ctx context.Context) (created, updated int64, err error) {
	switch r.file.Kind() {
	case importer.Clients:
		return r.mergeClients(ctx)
	case importer.Contacts:
		return r.mergeContacts(ctx)
	case importer.Reps:
		return r.mergeReps(ctx)
	case importer.Products:
		return r.mergeProducts(ctx)
	case importer.Orders:
		return r.mergeOrders(ctx)
	case importer.Activities:
		return r.mergeActivities(ctx)
	case importer.Contracts:
		return r.mergeContracts(ctx)
	}
	return 0, 0, fmt.Errorf("no way to import %s", r.file.Kind())
}

func (r *importRun) finish(ctx context.Context, report importer.Report) error {
	_, err := r.tx.Exec(ctx, `UPDATE import_run SET finished_at = $2, read = $3, created = $4, updated = $5, unchanged = $6, rejected = $7 WHERE id = $1`,
		r.id, r.spec.Now, report.Read, report.Created, report.Updated, report.Unchanged, report.Rejected)
	return err
}

// reject puts aside the staged rows that a DELETE … RETURNING at_line, reason found.
func (r *importRun) reject(ctx context.Context, column, sql string, args ...any) error {
	rows, err := r.tx.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	var line int64
	var reason string
	_, err = pgx.ForEachRow(rows, []any{&line, &reason}, func() error {
		*r.rejections = append(*r.rejections, importer.Rejection{Line: line, Column: column, Reason: reason})
		return nil
	})
	return err
}

// rejectUnknown puts aside rows whose column names a row that the table has not.
func (r *importRun) rejectUnknown(ctx context.Context, column, table, kind string) error {
	if !r.file.Has(column) {
		return nil
	}
	return r.reject(ctx, column, fmt.Sprintf(`
		DELETE FROM incoming i WHERE i.%[1]s IS NOT NULL AND NOT EXISTS (SELECT FROM %[2]s t WHERE t.ref = i.%[1]s)
		RETURNING at_line, format('no %[2]s %%s; import %[3]s first', to_json(%[1]s))`, column, table, kind))
}

// rejectRepeated puts aside rows whose key an earlier row has. A row without the key's first part has none; the
// other parts are never empty.
func (r *importRun) rejectRepeated(ctx context.Context, column string, key ...string) error {
	var same []string
	for _, k := range key {
		same = append(same, fmt.Sprintf("i.%[1]s = f.%[1]s", k))
	}
	keys := strings.Join(key, ", ")
	return r.reject(ctx, column, fmt.Sprintf(`
		DELETE FROM incoming i USING (SELECT %s, min(at_line) AS first FROM incoming WHERE %s IS NOT NULL GROUP BY %s HAVING count(*) > 1) f
		WHERE %s AND i.at_line > f.first
		RETURNING i.at_line, format('the same as on line %%s', f.first)`, keys, key[0], keys, strings.Join(same, " AND ")))
}
