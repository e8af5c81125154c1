package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/relance/relance/internal/importer"
)

// ErrUndo is wrapped by every refusal to undo an import.
var ErrUndo = errors.New("it cannot be undone")

// Undone is what undoing an import did, or would do. Its JSON is a stable output.
type Undone struct {
	Run      int64            `json:"run"`
	Kind     importer.Kind    `json:"kind"`
	Removed  map[string]int64 `json:"removed"`    // rows that the run had made, by table
	Restored map[string]int64 `json:"restored"`   // rows that are as before again, in whole or in part, by table
	Kept     int64            `json:"kept"`       // rows and columns that stay, because of what came later
	List     []Kept           `json:"kept_rows"`  // the first 1,000 of them
	Later    []int64          `json:"later_runs"` // of the same kind, that found rows unchanged: what this run made is gone all the same, until they are imported again
}

// Why something stays when a run is undone.
const (
	KeptLaterRun = "later_run" // another run wrote it since, or read the same
	KeptChanged  = "changed"   // a person changed it since, or it is gone
	KeptUsed     = "used"      // something else hangs on it
)

// Kept is a row, or one column of it, that stays as it is.
type Kept struct {
	Noun   string `json:"noun"`              // its table
	Ref    string `json:"ref"`               // what the company calls it
	Column string `json:"column"`            // "": the row
	Why    string `json:"why"`               // later_run, changed or used
	Run    int64  `json:"run,omitempty"`     // the later run
	By     string `json:"used_by,omitempty"` // the table that hangs on it
}

// UndoImport takes back what a run did, as one transaction under the imports' lock. Rows that it made go, with what was only
// planned for them; columns that it changed get their values from before, and rows that it took away come back; bases that
// it withdrew hold again and oppositions that it carried over go. What somebody wrote since stays and is listed, and so does
// a row on which something else hangs: an answer, a sent mail, a call, an order of another run.
//
// Runs may be undone in any order. Where a later run started from what this one wrote, that run's images are mended to start
// from what was before both; where it only found the same, it takes over as the one that wrote it.
//
// It is refused with ErrUndo for runs that were not applied, were undone already, or were made before runs kept images.
func (s *Store) UndoImport(ctx context.Context, run int64, by string, now time.Time) (Undone, error) {
	return s.undoImport(ctx, run, by, now, false)
}

// PreviewUndo says what UndoImport would do, and does nothing.
func (s *Store) PreviewUndo(ctx context.Context, run int64, now time.Time) (Undone, error) {
	return s.undoImport(ctx, run, "", now, true)
}

func (s *Store) undoImport(ctx context.Context, run int64, by string, now time.Time, preview bool) (Undone, error) {
	var done Undone
	err := s.tx(ctx, fmt.Sprintf("undo import %d", run), func(tx pgx.Tx) error {
		if err := s.lockImports(ctx, tx, 0); err != nil {
			return err
		}
		u := undoing{tx: tx, run: run, done: Undone{Run: run, Removed: map[string]int64{}, Restored: map[string]int64{}, List: []Kept{}, Later: []int64{}}}
		err := u.do(ctx, by, now)
		done = u.done
		if err == nil && preview {
			return errDryRun
		}
		return err
	})
	if preview && errors.Is(err, errDryRun) {
		err = nil
	}
	return done, err
}

// errDryRun takes back what was only tried.
var errDryRun = errors.New("dry run")

// undoing is the undoing of one run.
type undoing struct {
	tx   pgx.Tx
	run  int64
	done Undone
}

func (u *undoing) do(ctx context.Context, by string, now time.Time) error {
	if err := u.check(ctx); err != nil {
		return err
	}
	for _, step := range []struct {
		what string
		do   func(context.Context) error
	}{
		{"get ready", u.begin},
		{"give lines to later runs", u.passLines},
		{"put lines back", u.restoreLines},
		{"give columns to later runs", u.passColumns},
		{"put columns back", u.restoreColumns},
		{"give rows to later runs", u.passRows},
		{"put consent back", u.restoreConsent},
		{"take rows away", u.removeRows},
		{"add up orders", u.addUpOrders},
		{"list what stays", u.listKept},
	} {
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.what, err)
		}
	}
	return u.finish(ctx, by, now)
}

// check refuses runs that left nothing to undo, in words.
func (u *undoing) check(ctx context.Context) error {
	var state RunState
	var imaged, dry bool
	var who string
	var when *time.Time
	err := u.tx.QueryRow(ctx, `SELECT kind, state, imaged, dry_run, coalesce(undone_by, ''), undone_at FROM import_run WHERE id = $1 FOR UPDATE`, u.run).
		Scan(&u.done.Kind, &state, &imaged, &dry, &who, &when)
	switch {
	case err != nil:
		return missing(err, "import", fmt.Sprint(u.run))
	case state == RunUndone:
		return fmt.Errorf("%w: it was undone on %s by %s already; to have it again, import its file again", ErrUndo, timeOf(when).Format(time.DateOnly), who)
	case dry:
		return fmt.Errorf("%w: it was a trial, nothing of it is stored", ErrUndo)
	case state != RunDone:
		return fmt.Errorf("%w: it was not applied (%s), nothing of it is stored", ErrUndo, state)
	case !imaged:
		return fmt.Errorf("%w: it was made before imports kept how rows were", ErrUndo)
	}
	return nil
}

// begin waits for the planner and the refresh of facts, which insert rows that hang on clients, and makes the tables that the
// undoing keeps its notes in. seen are the orders in which this run wrote, and that a later run mentions.
func (u *undoing) begin(ctx context.Context) error {
	for _, lock := range []int64{planner, factsLock} {
		if _, err := u.tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, lock); err != nil {
			return err
		}
	}
	for _, sql := range []string{
		`CREATE TEMPORARY TABLE kept (noun text, row_id bigint, key text, col text, why text, run bigint, used_by text) ON COMMIT DROP`,
		`CREATE TEMPORARY TABLE stale_now (client_id bigint) ON COMMIT DROP`,
		fmt.Sprintf(`CREATE TEMPORARY TABLE mine ON COMMIT DROP AS
			SELECT row_id AS id FROM import_image WHERE run_id = %[1]d AND noun IN ('orders', 'order_line') UNION SELECT order_id FROM order_line WHERE run_id = %[1]d
			UNION SELECT id FROM orders WHERE run_id = %[1]d`, u.run),
		`ANALYZE mine`,
		fmt.Sprintf(`CREATE TEMPORARY TABLE seen ON COMMIT DROP AS
			SELECT id, min(run_id) AS by_run FROM (
				SELECT m.id, i.run_id FROM mine m JOIN import_image i ON i.row_id = m.id AND i.noun IN ('orders', 'order_line') WHERE i.run_id > %[1]d
				UNION SELECT m.id, l.run_id FROM mine m JOIN order_line l ON l.order_id = m.id WHERE l.run_id > %[1]d) x GROUP BY id`, u.run),
		`ANALYZE seen`,
	} {
		if _, err := u.tx.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// exec does one statement of the undoing; %[1]d in it is the run.
func (u *undoing) exec(ctx context.Context, sql string) (int64, error) {
	tag, err := u.tx.Exec(ctx, strings.ReplaceAll(sql, "%[1]d", strconv.FormatInt(u.run, 10)))
	return tag.RowsAffected(), err
}

// all does statements in their order.
func (u *undoing) all(ctx context.Context, statements ...string) error {
	for _, sql := range statements {
		if _, err := u.exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// refs says what the company calls a kept row (k).
const refs = `CASE k.noun
	WHEN 'client' THEN (SELECT ref FROM client WHERE id = k.row_id) WHEN 'rep' THEN (SELECT ref FROM rep WHERE id = k.row_id)
	WHEN 'product' THEN (SELECT ref FROM product WHERE id = k.row_id) WHEN 'contract' THEN (SELECT ref FROM contract WHERE id = k.row_id)
	WHEN 'orders' THEN (SELECT ref FROM orders WHERE id = k.row_id) WHEN 'order_line' THEN (SELECT ref || ' ' || k.key FROM orders WHERE id = k.row_id)
	WHEN 'contact' THEN (SELECT c.ref || ' ' || coalesce(p.ref, p.name) FROM contact p JOIN client c ON c.id = p.client_id WHERE p.id = k.row_id)
	WHEN 'activity' THEN (SELECT coalesce(a.ref, c.ref || ' ' || a.at::date) FROM activity a JOIN client c ON c.id = a.client_id WHERE a.id = k.row_id) END`

// listKept fills the list, and finds the later runs that may have counted on what is gone.
func (u *undoing) listKept(ctx context.Context) error {
	if err := u.tx.QueryRow(ctx, `SELECT count(*) FROM kept`).Scan(&u.done.Kept); err != nil {
		return err
	}
	rows, err := u.tx.Query(ctx, `SELECT noun, coalesce(`+refs+`, row_id::text), coalesce(col, ''), why, coalesce(run, 0), coalesce(used_by, '') FROM kept k ORDER BY noun, row_id, key, col LIMIT $1`, keptRejections)
	if err != nil {
		return err
	}
	if u.done.List, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Kept]); err != nil {
		return err
	}
	rows, err = u.tx.Query(ctx, `SELECT id FROM import_run WHERE id > $1 AND kind = $2 AND state = 'done' AND NOT dry_run AND unchanged > 0 ORDER BY id LIMIT 100`, u.run, u.done.Kind)
	if err != nil {
		return err
	}
	u.done.Later, err = pgx.CollectRows(rows, pgx.RowTo[int64])
	return err
}

// finish marks the clients whose facts have to be made again, and the run as undone.
func (u *undoing) finish(ctx context.Context, by string, now time.Time) error {
	err := u.all(ctx, `DELETE FROM import_image WHERE run_id = %[1]d`,
		`INSERT INTO client_stale SELECT DISTINCT client_id FROM stale_now JOIN client ON client.id = client_id ORDER BY 1 ON CONFLICT DO NOTHING`)
	if err != nil {
		return err
	}
	_, err = u.tx.Exec(ctx, `UPDATE import_run SET state = 'undone', undone_at = $2, undone_by = $3, undone = $4 WHERE id = $1`, u.run, now, by, u.done)
	if err != nil {
		return err
	}
	return logEvent(ctx, u.tx, Event{At: now, By: by, What: "import.undone", Noun: "import", Ref: fmt.Sprint(u.run),
		Detail: map[string]any{"kind": u.done.Kind, "removed": u.done.Removed, "restored": u.done.Restored, "kept": u.done.Kept}})
}
