package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/relance/relance/internal/importer"
)

// ImportSpec says what an import is called, when it happens, and who is told of what while it does. Whoever is told before
// Import returns must bear that it fails in the end.
type ImportSpec struct {
	File   string   // its name, for the list of runs
	Names  []string // of several files, for their rejections; nil when there is one
	Source string   // the saved source that it comes from; "": none
	By     string   // who started it
	Now    time.Time
	Run    int64 // a queued run to do; 0: a new one

	DryRun         bool          // do everything, count it, and take it back
	AcceptRejected bool          // apply the good rows, however many were rejected
	Wait           time.Duration // for another import that is under way; 0: ErrImportUnderWay at once

	Progress   func(rows int64)                                 // called now and then with the rows read; nil: not at all
	Began      func(run int64)                                  // called once there is a run; nil: not at all
	PerLine    func(line int64, what string)                    // created, updated, unchanged or rejected, in the order of lines; nil: not at all
	Rejections func(iter.Seq2[importer.Rejection, error]) error // all of them, by file and line, in flat memory; nil: not at all
}

// ErrTooManyRejected is returned with a complete report when so many rows were rejected that nothing was applied.
var ErrTooManyRejected = errors.New("too many rows were rejected")

// ErrImportUnderWay is what UnderWay is.
var ErrImportUnderWay = errors.New("another import is under way")

// UnderWay says which import has to end before another can begin.
type UnderWay struct {
	Run      int64 // 0: not known, it may have ended just now
	File, By string
	Since    time.Time
}

func (u *UnderWay) Error() string {
	if u.Run == 0 {
		return ErrImportUnderWay.Error() + ": try again in a moment"
	}
	return fmt.Sprintf("%s: run %d of %s, started by %s at %s; try again when it has ended", ErrImportUnderWay, u.Run, u.File, u.By, u.Since.Format("2006-01-02 15:04"))
}

// Is makes it ErrImportUnderWay.
func (u *UnderWay) Is(target error) bool { return target == ErrImportUnderWay }

// ErrDatabaseGone is returned when Postgres went away in the middle.
var ErrDatabaseGone = errors.New("the database went away in the middle; nothing of the import is stored: see that Postgres runs, then import again")

// keptRejections is how many rejections a report holds, and a run keeps.
const keptRejections = 1000

// Import reads the files of one kind, in one transaction: COPY to a staging table while they are being parsed, then set-based
// statements that reject what does not fit, change only what differs, and note the touched clients as stale. Rows that were
// changed keep images, so that UndoImport can take all of it back. The returned report is complete also on a dry run and
// with ErrTooManyRejected; a line that is rejected does not stop the others. One import works at a time.
//
// There is one file, or orders in two: one that says when and for whom (importer.Heads), and one of their lines
// (importer.Lines). Lines may come alone for orders that are known.
//
// The run has a row from the beginning, which others see as running; whatever happens it says in the end what did. A dry run
// leaves none, unless a page had queued it.
//
// An import gives no basis to a contact that exists already, and takes no opposition away. Both belong to an address: when
// it changes that of a contact, the bases of the old one are withdrawn and its oppositions hold for the new one too.
func (s *Store) Import(ctx context.Context, spec ImportSpec, files ...*importer.File) (importer.Report, error) {
	r := &importRun{spec: spec, report: importer.Report{DryRun: spec.DryRun, Source: spec.Source, Rejections: []importer.Rejection{}, Notes: []string{}}}
	err := r.arrange(files)
	if err == nil {
		err = s.runImport(ctx, r)
	}
	if err != nil {
		err = fmt.Errorf("import %s: %w", spec.File, err)
	}
	return r.report, err
}

// importRun is one import under way.
type importRun struct {
	tx      pgx.Tx
	file    *importer.File // of rows; nil when only heads
	heads   *importer.File // of orders in two files; nil: there is one
	files   []*importer.File
	spec    ImportSpec
	country string // the company's
	today   string // of the company
	id      int64  // of import_run
	listed  bool   // its row stands, whatever becomes of the work
	report  importer.Report
	bad     []byte // rejected rows on their way to the staging table, in COPY's text format
}

// arrange finds out which file is what.
func (r *importRun) arrange(files []*importer.File) error {
	if len(files) == 0 {
		return fmt.Errorf("%w: no file", importer.ErrFile)
	}
	r.files = files
	r.report.Kind = files[0].Kind()
	for _, f := range files {
		into := &r.file
		if f.Part() == importer.Heads {
			into = &r.heads
		}
		if *into != nil || f.Kind() != r.report.Kind {
			return fmt.Errorf("%w: one import takes one file, or orders in two, of which one has the lines", importer.ErrFile)
		}
		*into = f
	}
	switch {
	case r.file == nil:
		return fmt.Errorf("%w: it holds orders without their lines; give the file of lines with it", importer.ErrFile)
	case r.heads != nil && r.file.Part() == importer.Flat:
		return fmt.Errorf("%w: one of the two holds orders with their lines already; import them one after the other", importer.ErrFile)
	}
	return nil
}

// runImport holds the lock, does the work in a savepoint, and says in the run's row what became of it.
func (s *Store) runImport(ctx context.Context, r *importRun) error {
	settings, err := s.Settings(ctx)
	if err != nil {
		return err
	}
	r.country, r.today = settings["country"], r.spec.Now.In(settings.Zone()).Format(time.DateOnly)
	outer, err := s.pool.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = outer.Rollback(context.WithoutCancel(ctx)) }() // after a commit it does nothing
	if err := s.lockImports(ctx, outer, r.spec.Wait); err != nil {
		return err
	}
	if err := s.list(ctx, r); err != nil {
		return err
	}
	if err := r.work(ctx, outer, settings.Int("import_max_rejected")); err != nil {
		return s.fail(ctx, r, outer, err)
	}
	if err := outer.Commit(ctx); err != nil {
		return s.fail(ctx, r, outer, err)
	}
	if r.report.Refused && !r.spec.DryRun {
		return fmt.Errorf("%w: %s", ErrTooManyRejected, r.refusal())
	}
	return nil
}

// work does all of it and takes it back where it must be; the run's row says which.
func (r *importRun) work(ctx context.Context, outer pgx.Tx, mostRejected int) error {
	var err error
	if r.tx, err = outer.Begin(ctx); err != nil {
		return err
	}
	if err := r.do(ctx); err != nil {
		return err
	}
	rep := &r.report
	rep.Refused = rep.Rejected*100 > int64(mostRejected)*rep.Read && !r.spec.AcceptRejected
	rep.Applied = !rep.Refused && !r.spec.DryRun
	if rep.Applied {
		return errors.Join(r.finish(ctx, RunDone), r.tx.Commit(ctx))
	}
	if err := r.tx.Rollback(ctx); err != nil {
		return err
	}
	r.tx = outer
	if !r.listed {
		rep.Run = 0
		return nil
	}
	state := RunDone
	if rep.Refused && !r.spec.DryRun {
		state = RunRefused
	}
	return r.finish(ctx, state)
}

func (r *importRun) do(ctx context.Context) error {
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
	if err := r.noteAliases(ctx); err != nil {
		return err
	}
	rep := &r.report
	for _, f := range r.files {
		rep.Read += f.Read()
		rep.Notes = append(rep.Notes, f.Shape().Notes...)
		if ignored := f.Ignored(); len(ignored) > 0 {
			rep.Notes = append(rep.Notes, fmt.Sprintf("columns that were not used, since only clients keep extra ones: %s", strings.Join(ignored, ", ")))
		}
	}
	rep.Run, rep.Created, rep.Updated = r.id, created, updated
	rep.Unchanged = rep.Read - rep.Rejected - created - updated
	if err := r.tell(ctx); err != nil {
		return err
	}
	return r.markStale(ctx)
}

// begin makes the tables that the run keeps its notes in. The settings live as long as the transaction: a million lines are
// sorted and joined in memory instead of files, and looked at just closely enough to plan for.
func (r *importRun) begin(ctx context.Context) error {
	if !r.listed {
		err := r.tx.QueryRow(ctx, `INSERT INTO import_run (kind, file, source, started_by, started_at) VALUES ($1, $2, nullif($3, ''), $4, $5) RETURNING id`,
			r.report.Kind, r.spec.File, r.spec.Source, r.spec.By, r.spec.Now).Scan(&r.id)
		if err != nil {
			return err
		}
	}
	_, err := r.tx.Exec(ctx, `
		SELECT set_config('work_mem', '128MB', true), set_config('default_statistics_target', '10', true);
		CREATE TEMPORARY TABLE rejected (file smallint, at_line bigint, col text, reason text) ON COMMIT DROP;
		CREATE TEMPORARY TABLE stale_now (client_id bigint) ON COMMIT DROP;
		CREATE TEMPORARY TABLE said (at_line bigint, what text) ON COMMIT DROP`)
	return err
}

// merge brings the staged rows into their tables.
func (r *importRun) merge(ctx context.Context) (created, updated int64, err error) {
	switch r.report.Kind {
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
	return 0, 0, fmt.Errorf("no way to import %s", r.report.Kind)
}

// markStale has the facts of the touched clients made again. It comes last, since whoever marks the same client waits until
// the import has ended, and in the order of ids, as everybody does.
func (r *importRun) markStale(ctx context.Context) error {
	_, err := r.tx.Exec(ctx, `INSERT INTO client_stale SELECT DISTINCT client_id FROM stale_now WHERE client_id IS NOT NULL ORDER BY 1 ON CONFLICT DO NOTHING`)
	return err
}

// has reports whether the rows have the column, of orders in two files also their heads: what none has keeps its value.
func (r *importRun) has(column string) bool {
	return r.file.Has(column) || r.heads != nil && slices.Contains(headColumns, column) && r.heads.Has(column)
}

// flat says that each row says everything.
func (r *importRun) flat() bool { return r.heads == nil && r.file.Part() != importer.Lines }

// columns names those that the files have together, as the run keeps them: attributes one by one.
func (r *importRun) columns() []string {
	var names []string
	for _, f := range r.files {
		names = append(names, f.Columns()...)
		for _, c := range f.Shape().Columns {
			if c.How == "attribute" {
				names = append(names, "attributes."+c.Column)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// refusal says why nothing was applied.
func (r *importRun) refusal() string {
	return fmt.Sprintf("%d of %d rows, so nothing was applied; correct them, or accept that they are left out", r.report.Rejected, r.report.Read)
}

// lockImports lets one import work at a time: two could otherwise wait for each other's rows.
func (s *Store) lockImports(ctx context.Context, tx pgx.Tx, wait time.Duration) error {
	var won bool
	err := tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock($1)`, importLock).Scan(&won)
	if err != nil || won {
		return err
	}
	if wait <= 0 {
		return s.underWay(ctx)
	}
	_, err = tx.Exec(ctx, fmt.Sprintf(`SET LOCAL lock_timeout = %d; SELECT pg_advisory_xact_lock(%d); SET LOCAL lock_timeout = 0`, max(wait.Milliseconds(), 1), importLock))
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "55P03" {
		return s.underWay(ctx)
	}
	return err
}

// importLock is held as long as an import, or the undoing of one, works.
const importLock = 7_205_114

// queueLock makes asking for an import twice the same as once.
const queueLock = 7_205_116

func (s *Store) underWay(ctx context.Context) error {
	u := &UnderWay{}
	err := s.pool.QueryRow(ctx, `SELECT id, file, started_by, started_at FROM import_run WHERE state = 'running' ORDER BY id DESC LIMIT 1`).Scan(&u.Run, &u.File, &u.By, &u.Since)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	return u
}

// list writes the run's row, for everybody to see. Who holds the lock and finds another run running knows that it died.
func (s *Store) list(ctx context.Context, r *importRun) error {
	if _, err := s.SettleRuns(ctx, r.spec.Now); err != nil {
		return err
	}
	if _, err := s.pool.Exec(ctx, `UPDATE import_run SET state = 'failed', error = $1, finished_at = $2 WHERE state = 'running'`, abandonedWords, r.spec.Now); err != nil {
		return err
	}
	switch {
	case r.spec.Run != 0:
		tag, err := s.pool.Exec(ctx, `UPDATE import_run SET state = 'running', started_at = $2 WHERE id = $1 AND state = 'queued'`, r.spec.Run, r.spec.Now)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return fmt.Errorf("run %d is not queued: %w", r.spec.Run, ErrConflict)
		}
		r.id, r.listed = r.spec.Run, true
	case !r.spec.DryRun:
		err := s.pool.QueryRow(ctx, `INSERT INTO import_run (kind, file, source, started_by, started_at, state) VALUES ($1, $2, nullif($3, ''), $4, $5, 'running') RETURNING id`,
			r.report.Kind, r.spec.File, r.spec.Source, r.spec.By, r.spec.Now).Scan(&r.id)
		if err != nil {
			return err
		}
		r.listed = true
	}
	if r.listed && r.spec.Began != nil {
		r.spec.Began(r.id)
	}
	r.report.Run = r.id
	return nil
}

// finish says in the run's row what became of it.
func (r *importRun) finish(ctx context.Context, state RunState) error {
	rep := r.report
	words := ""
	if state == RunRefused {
		words = r.refusal()
	}
	var shapes []importer.Shape
	for _, f := range r.files {
		shapes = append(shapes, f.Shape())
	}
	_, err := r.tx.Exec(ctx, `UPDATE import_run SET state = $2, error = nullif($3, ''), finished_at = $4, read = $5, created = $6, updated = $7, unchanged = $8,
		rejected = $9, columns = $10, shapes = $11, report = $12, imaged = true WHERE id = $1`,
		r.id, state, words, r.spec.Now, rep.Read, rep.Created, rep.Updated, rep.Unchanged, rep.Rejected, r.columns(), shapes, rep)
	return err
}

// fail lets go of what was done, and says in the run's row why, as far as the database can still be reached.
func (s *Store) fail(ctx context.Context, r *importRun, outer pgx.Tx, cause error) error {
	switch {
	case ctx.Err() == nil && outer.Conn().IsClosed():
		cause = fmt.Errorf("%w (%w)", ErrDatabaseGone, cause)
	case ctx.Err() != nil && !errors.Is(cause, ctx.Err()): // a copy that is broken off speaks of its closed connection
		cause = fmt.Errorf("%w (%w)", ctx.Err(), cause)
	}
	r.report.Applied, r.report.Run = false, r.id
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_ = outer.Rollback(last) // the server does it too
	if !r.listed {
		r.report.Run = 0
		return cause
	}
	words := strings.ToValidUTF8(strings.ReplaceAll(cause.Error(), "\x00", ""), "?")
	if ctx.Err() != nil {
		words = "it was broken off; nothing of it is stored"
	}
	// Without the database the row stays running, and the next look finds that nobody works at it.
	_, _ = s.pool.Exec(last, `UPDATE import_run SET state = 'failed', error = $2, finished_at = $3 WHERE id = $1`, r.id, words, r.spec.Now)
	return cause
}
