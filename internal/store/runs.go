package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/relance/relance/internal/importer"
)

// RunState is what became of an import.
type RunState string

// The states of a run.
const (
	RunQueued  RunState = "queued"  // asked for by a page, waits for a worker
	RunRunning RunState = "running" // under way; nothing of it is seen yet
	RunDone    RunState = "done"
	RunRefused RunState = "refused" // too many rows were rejected, so that nothing was applied
	RunFailed  RunState = "failed"  // broken off, nothing was applied
	RunUndone  RunState = "undone"
)

// Run is an import in the history.
type Run struct {
	ID                                          int64
	Kind                                        importer.Kind
	File                                        string // several are joined by ", "
	Source                                      string // its saved source; "": none
	By                                          string
	StartedAt                                   time.Time
	FinishedAt                                  time.Time // zero: not yet
	State                                       RunState
	DryRun                                      bool   // a trial that a page asked for: nothing of it is stored
	Error                                       string // refused or failed: why
	NewestOrderOn                               time.Time
	Read, Created, Updated, Unchanged, Rejected int64
	Done, Total                                 int64 // bytes read and to be read, while it runs; Total 0: not known
	Undoable                                    bool  // done, and its changes have images
	UndoneAt                                    time.Time
	UndoneBy                                    string
	HasRejected                                 bool // its rejected rows are kept as a file: see RejectedFile
}

// RunDetail is one run with all that is known about it.
type RunDetail struct {
	Run
	Asked  *Queued          // what a page asked for; nil: no page did
	Shapes []importer.Shape // of each file
	Report importer.Report  // with the first rejections; zero until it is finished
	Undone *Undone          // nil: it was not undone
}

// RunFilter narrows Runs. The zero value is the newest 100.
type RunFilter struct {
	Source string        // "": all
	Kind   importer.Kind // "": all
	Before int64         // only runs with smaller ids; 0: all
	Limit  int           // 0: 100
}

// abandoned is a run whose process has died: nobody holds the lock that it holds as long as it works. Of import_run.
var abandoned = fmt.Sprintf(`(state = 'running' AND NOT EXISTS (SELECT FROM pg_locks k WHERE k.locktype = 'advisory' AND k.granted
	AND k.database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND k.objsubid = 1 AND (k.classid::bigint << 32 | k.objid::bigint) = %d))`, importLock)

// abandonedWords is what an abandoned run says.
const abandonedWords = "its process ended in the middle; nothing of it is stored: import it again"

var runColumns = fmt.Sprintf(`id, kind, file, coalesce(source, ''), started_by, started_at, coalesce(finished_at, '0001-01-01'),
	CASE WHEN %[1]s THEN 'failed' ELSE state END, dry_run, CASE WHEN %[1]s THEN '%[2]s' ELSE coalesce(error, '') END,
	coalesce(newest_order_on, '0001-01-01'), read, created, updated, unchanged, rejected, done_bytes, total_bytes,
	state = 'done' AND imaged AND NOT dry_run, coalesce(undone_at, '0001-01-01'), coalesce(undone_by, ''),
	EXISTS (SELECT FROM upload u WHERE u.run_id = import_run.id)`, abandoned, abandonedWords)

func (r *Run) targets() []any {
	return []any{&r.ID, &r.Kind, &r.File, &r.Source, &r.By, &r.StartedAt, &r.FinishedAt, &r.State, &r.DryRun, &r.Error, &r.NewestOrderOn,
		&r.Read, &r.Created, &r.Updated, &r.Unchanged, &r.Rejected, &r.Done, &r.Total, &r.Undoable, &r.UndoneAt, &r.UndoneBy, &r.HasRejected}
}

// Runs lists imports, the newest first. A run whose process has died is shown as failed.
func (s *Store) Runs(ctx context.Context, f RunFilter) ([]Run, error) {
	if f.Limit == 0 {
		f.Limit = 100
	}
	rows, err := s.pool.Query(ctx, `SELECT `+runColumns+` FROM import_run
		WHERE ($1 = '' OR source = $1) AND ($2 = '' OR kind = $2) AND ($3 = 0 OR id < $3) ORDER BY id DESC LIMIT $4`, f.Source, string(f.Kind), f.Before, f.Limit)
	if err != nil {
		return nil, fmt.Errorf("list the imports: %w", err)
	}
	runs, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r Run, err error) {
		return r, row.Scan(r.targets()...)
	})
	if err != nil {
		return nil, fmt.Errorf("list the imports: %w", err)
	}
	return runs, nil
}

// Run reads one import, or ErrNotFound.
func (s *Store) Run(ctx context.Context, id int64) (RunDetail, error) {
	var d RunDetail
	var asked, report, undone []byte
	targets := append(d.targets(), &asked, &d.Shapes, &report, &undone)
	err := s.pool.QueryRow(ctx, `SELECT `+runColumns+`, request, shapes, report, undone FROM import_run WHERE id = $1`, id).Scan(targets...)
	if err != nil {
		return d, fmt.Errorf("read import %d: %w", id, missing(err, "import", fmt.Sprint(id)))
	}
	for _, part := range []struct {
		raw []byte
		to  any
	}{{asked, &d.Asked}, {report, &d.Report}, {undone, &d.Undone}} {
		if part.raw == nil {
			continue
		}
		if err := json.Unmarshal(part.raw, part.to); err != nil {
			return d, fmt.Errorf("read import %d: %w", id, err)
		}
	}
	return d, nil
}

// Queued is an import that a page asks for, and a worker does.
type Queued struct {
	Kind           importer.Kind    `json:"kind"`
	Uploads        []int64          `json:"uploads"` // the files, in this order
	Names          []string         `json:"names"`   // what they are called
	Source         string           `json:"source,omitempty"`
	SaveSource     bool             `json:"save_source,omitempty"` // the options become the source's, once it is done
	Options        importer.Options `json:"options"`
	DryRun         bool             `json:"dry_run,omitempty"`
	AcceptRejected bool             `json:"accept_rejected,omitempty"`
	By             string           `json:"by"`
}

// QueueImport notes an import for a worker and returns its run. Asked twice, as by a double click, while the first still waits
// or works, it returns the same run.
func (s *Store) QueueImport(ctx context.Context, q Queued, now time.Time) (run int64, err error) {
	err = s.tx(ctx, fmt.Sprintf("queue an import of %s", q.Kind), func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, queueLock); err != nil {
			return err
		}
		err := tx.QueryRow(ctx, `SELECT id FROM import_run WHERE state IN ('queued', 'running') AND request = $1`, q).Scan(&run)
		if !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		return tx.QueryRow(ctx, `INSERT INTO import_run (kind, file, source, started_by, started_at, state, dry_run, request)
			VALUES ($1, array_to_string($2::text[], ', '), nullif($3, ''), $4, $5, 'queued', $6, $7) RETURNING id`,
			q.Kind, q.Names, q.Source, q.By, now, q.DryRun, q).Scan(&run)
	})
	return run, err
}

// NextQueued gives the run that waits longest; ErrNotFound: none does. Two who get the same one: Import does it once.
func (s *Store) NextQueued(ctx context.Context) (run int64, q Queued, err error) {
	err = s.pool.QueryRow(ctx, `SELECT id, request FROM import_run WHERE state = 'queued' ORDER BY id LIMIT 1`).Scan(&run, &q)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, q, fmt.Errorf("next import: %w", ErrNotFound)
	}
	if err != nil {
		return 0, q, fmt.Errorf("next import: %w", err)
	}
	return run, q, nil
}

// FailQueued notes why a queued run could not even begin, such as a file that cannot be read. ErrConflict: it is not queued.
func (s *Store) FailQueued(ctx context.Context, run int64, why string, now time.Time) error {
	tag, err := s.pool.Exec(ctx, `UPDATE import_run SET state = 'failed', error = $2, finished_at = $3 WHERE id = $1 AND state = 'queued'`, run, why, now)
	if err == nil && tag.RowsAffected() == 0 {
		err = ErrConflict
	}
	if err != nil {
		return fmt.Errorf("fail import %d: %w", run, err)
	}
	return nil
}

// Requeue has a run that was broken off wait for a worker again. ErrConflict: it did not fail, or no page had asked for it.
func (s *Store) Requeue(ctx context.Context, run int64) error {
	tag, err := s.pool.Exec(ctx, `UPDATE import_run SET state = 'queued', error = NULL, finished_at = NULL, done_bytes = 0 WHERE id = $1 AND request IS NOT NULL AND (state = 'failed' OR `+abandoned+`)`, run)
	if err == nil && tag.RowsAffected() == 0 {
		err = ErrConflict
	}
	if err != nil {
		return fmt.Errorf("queue import %d again: %w", run, err)
	}
	return nil
}

// NoteProgress tells the pages how far a run is: bytes read, and to be read.
func (s *Store) NoteProgress(ctx context.Context, run, done, total int64) error {
	_, err := s.pool.Exec(ctx, `UPDATE import_run SET done_bytes = $2, total_bytes = $3 WHERE id = $1 AND state = 'running'`, run, done, total)
	if err != nil {
		return fmt.Errorf("note the progress of import %d: %w", run, err)
	}
	return nil
}

// SettleRuns marks runs whose process has died as failed, and says how many.
func (s *Store) SettleRuns(ctx context.Context, now time.Time) (int64, error) {
	tag, err := s.pool.Exec(ctx, `UPDATE import_run SET state = 'failed', error = $1, finished_at = $2 WHERE `+abandoned, abandonedWords, now)
	if err != nil {
		return 0, fmt.Errorf("settle the imports: %w", err)
	}
	return tag.RowsAffected(), nil
}
