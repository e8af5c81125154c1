package store_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/relance/relance/internal/importer"
	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/internal/testkit"
)

// opened opens a text as a file of the kind.
func opened(t *testing.T, kind importer.Kind, text string) *importer.File {
	t.Helper()
	f, err := importer.Open(kind, importer.Text(string(kind)+".csv", text), importer.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// manyClients is a file of n clients.
func manyClients(n int) string {
	var out strings.Builder
	out.WriteString("ref,name\n")
	for i := range n {
		fmt.Fprintf(&out, "C%d,Client %d\n", i, i)
	}
	return out.String()
}

func runOf(t *testing.T, st *store.Store, id int64) store.RunDetail {
	t.Helper()
	d, err := st.Run(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestOneImportWorksAtATime(t *testing.T) {
	db := testkit.DB(t)
	st := store.New(db)
	ctx := context.Background()
	second := store.ImportSpec{File: "b.csv", By: "bob", Now: importedAt}
	waited := make(chan error, 1)
	spec := store.ImportSpec{File: "a.csv", By: "ann", Now: importedAt, Began: func(run int64) {
		_, err := st.Import(ctx, second, opened(t, importer.Clients, manyClients(2)))
		if !errors.Is(err, store.ErrImportUnderWay) || !strings.Contains(err.Error(), fmt.Sprintf("run %d of a.csv, started by ann at 2026-03-02 09:00", run)) {
			t.Errorf("the second import: %v", err)
		}
		if d := runOf(t, st, run); d.State != store.RunRunning {
			t.Errorf("the first one is %s", d.State)
		}
		short := second
		short.Wait = 20 * time.Millisecond
		if _, err := st.Import(ctx, short, opened(t, importer.Clients, manyClients(2))); !errors.Is(err, store.ErrImportUnderWay) {
			t.Errorf("after a short wait: %v", err)
		}
		if _, err := st.UndoImport(ctx, run, "bob", importedAt); !errors.Is(err, store.ErrImportUnderWay) {
			t.Errorf("undoing meanwhile: %v", err)
		}
		go func() {
			patient := second
			patient.Wait = time.Minute
			_, err := st.Import(ctx, patient, opened(t, importer.Clients, manyClients(2)))
			waited <- err
		}()
	}}
	if _, err := st.Import(ctx, spec, opened(t, importer.Clients, manyClients(2))); err != nil {
		t.Fatal(err)
	}
	if err := <-waited; err != nil {
		t.Errorf("the one that waits: %v", err)
	}
	if got := ask[string](t, db, `SELECT string_agg(file || ' ' || state, ', ' ORDER BY id) FROM import_run`); got != "a.csv done, b.csv done" {
		t.Errorf("runs: %s", got)
	}
}

func TestABrokenImportLeavesNothingAndSaysSo(t *testing.T) {
	for _, c := range []struct {
		name   string
		during func(db *pgxpool.Pool, cancel func())
		want   error
		words  string
	}{
		{"the database goes away", func(db *pgxpool.Pool, _ func()) {
			_, _ = db.Exec(context.Background(), `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
		}, store.ErrDatabaseGone, "see that Postgres runs, then import again"},
		{"somebody breaks it off", func(_ *pgxpool.Pool, cancel func()) { cancel() }, context.Canceled, "it was broken off; nothing of it is stored"},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := testkit.DB(t)
			st := store.New(db)
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			var run int64
			spec := store.ImportSpec{File: "a.csv", By: "ann", Now: importedAt, Began: func(id int64) { run = id }, Progress: func(int64) { c.during(db, cancel) }}
			r, err := st.Import(ctx, spec, opened(t, importer.Clients, manyClients(50000)))
			if !errors.Is(err, c.want) || r.Applied {
				t.Errorf("applied %v, error %v", r.Applied, err)
			}
			if d := runOf(t, st, run); d.State != store.RunFailed || !strings.Contains(d.Error, c.words) {
				t.Errorf("the run is %s: %s", d.State, d.Error)
			}
			if n := ask[int64](t, db, `SELECT (SELECT count(*) FROM client) + (SELECT count(*) FROM client_stale)`); n != 0 {
				t.Errorf("%d rows are left", n)
			}
			again := importText(t, st, importer.Clients, manyClients(3), store.ImportSpec{Wait: 10 * time.Second}, importer.Options{}) // the server notices a moment later that nobody is there
			if !again.Applied || again.Created != 3 {
				t.Errorf("imported again: %+v", again)
			}
		})
	}
}

func TestARunWhoseProcessDiedIsFailedAtTheNextLook(t *testing.T) {
	db := testkit.DB(t)
	st := store.New(db)
	mustExec(t, db, `INSERT INTO import_run (kind, file, started_by, started_at, state) VALUES ('orders', 'night.csv', 'folder', '2026-03-02', 'running')`)
	runs, err := st.Runs(context.Background(), store.RunFilter{})
	if err != nil || len(runs) != 1 || runs[0].State != store.RunFailed || !strings.Contains(runs[0].Error, "its process ended in the middle") {
		t.Errorf("a look: %+v, %v", runs, err)
	}
	if n, err := st.SettleRuns(context.Background(), importedAt); n != 1 || err != nil {
		t.Errorf("settled %d, %v", n, err)
	}
	if got := ask[string](t, db, `SELECT state FROM import_run`); got != "failed" {
		t.Errorf("its row is %s", got)
	}
}

const threeOfFour = "ref,name\nC1,One\nC2,\nC3,\nC4,\n"

func TestAFileThatIsMostlyWrongIsNotApplied(t *testing.T) {
	db := testkit.DB(t)
	st := store.New(db)
	ctx := context.Background()
	spec := store.ImportSpec{File: "a.csv", By: "ann", Now: importedAt, DryRun: true}
	dry, err := st.Import(ctx, spec, opened(t, importer.Clients, threeOfFour))
	if err != nil || !dry.Refused || dry.Applied || dry.Rejected != 3 || dry.Run != 0 {
		t.Errorf("a dry run: %+v, %v", dry, err)
	}
	if n := ask[int64](t, db, `SELECT count(*) FROM import_run`); n != 0 {
		t.Errorf("a dry run leaves %d runs", n)
	}
	spec.DryRun = false
	r, err := st.Import(ctx, spec, opened(t, importer.Clients, threeOfFour))
	if !errors.Is(err, store.ErrTooManyRejected) || !r.Refused || r.Applied || len(r.Rejections) != 3 || r.Created != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	d := runOf(t, st, r.Run)
	if d.State != store.RunRefused || !strings.HasPrefix(d.Error, "3 of 4 rows") || d.Report.Rejected != 3 || d.Undoable || len(d.Shapes) != 1 {
		t.Errorf("its run: %+v", d)
	}
	if n := ask[int64](t, db, `SELECT count(*) FROM client`); n != 0 {
		t.Errorf("%d clients came in", n)
	}
	spec.AcceptRejected = true
	r, err = st.Import(ctx, spec, opened(t, importer.Clients, threeOfFour))
	if err != nil || !r.Applied || r.Refused {
		t.Errorf("accepted: %+v, %v", r, err)
	}
	if got := ask[string](t, db, `SELECT string_agg(ref, ' ') FROM client`); got != "C1" {
		t.Errorf("clients %s", got)
	}
}

func TestEveryRejectionIsToldThoughFewAreKept(t *testing.T) {
	st := store.New(testkit.DB(t))
	var text strings.Builder
	text.WriteString("ref,name\n")
	for i := range 40000 { // more than the buffer holds, so that copying pauses
		fmt.Fprintf(&text, "C%d,%s\n", i, []string{"Name", ""}[i%2])
	}
	var last, count int64
	spec := store.ImportSpec{File: "a.csv", By: "ann", Now: importedAt, Rejections: func(all iter.Seq2[importer.Rejection, error]) error {
		for j, err := range all {
			if err != nil || j.Line <= last || j.Reason != "empty, but needed" || j.Column != "name" {
				t.Fatalf("%+v after line %d, %v", j, last, err)
			}
			last, count = j.Line, count+1
		}
		return nil
	}}
	r, err := st.Import(context.Background(), spec, opened(t, importer.Clients, text.String()))
	if err != nil {
		t.Fatal(err)
	}
	if count != 20000 || last != 40001 || len(r.Rejections) != 1000 || !r.More || r.Rejected != 20000 || r.Created != 20000 {
		t.Errorf("told %d up to line %d, kept %d, more %v; %v", count, last, len(r.Rejections), r.More, counts(r))
	}
}

func TestEachLineIsToldWhatBecameOfIt(t *testing.T) {
	db := testkit.DB(t)
	st := store.New(db)
	put(t, st, importer.Clients, "ref,name\nC1,One\nC2,Two\n")
	put(t, st, importer.Orders, "order,client,ordered_on,amount\nO1,C1,2026-01-05,1\nO1,C1,2026-01-05,2\nO2,C1,2026-01-05,3\n")
	for _, c := range []struct {
		name string
		kind importer.Kind
		text string
		want string
	}{
		{"clients", importer.Clients, "ref,name\nC1,One\nC2,Deux\nC3,Three\nC4,\nC1,Other\nC1,One\n", "2 unchanged, 3 updated, 4 created, 5 rejected, 6 rejected, 7 unchanged"},
		{"orders", importer.Orders, "order,client,ordered_on,amount\nO1,C1,2026-01-05,1\nO1,C1,2026-01-05,2\nO2,C1,2026-01-05,4\nO3,C1,2026-01-05,5\nO4,C9,2026-01-05,5\n", "2 unchanged, 3 unchanged, 4 updated, 5 created, 6 rejected"},
		{"orders of which a line is gone", importer.Orders, "order,client,ordered_on,amount\nO1,C1,2026-01-05,1\nO2,C1,2026-01-05,4\n", "2 updated, 3 unchanged"},
	} {
		var got []string
		spec := store.ImportSpec{PerLine: func(line int64, what string) { got = append(got, fmt.Sprintf("%d %s", line, what)) }}
		r := importText(t, st, c.kind, c.text, spec, importer.Options{})
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%s: %v, want %s", c.name, got, c.want)
		}
		told := map[string]int64{}
		for _, g := range got {
			told[g[strings.Index(g, " ")+1:]]++
		}
		if want := counts(r); want != [4]int64{told["created"], told["updated"], told["unchanged"], told["rejected"]} {
			t.Errorf("%s: told %v, counted %v", c.name, told, want)
		}
	}
}

// wholeDatabase is every row of every table.
func wholeDatabase(t *testing.T, db *pgxpool.Pool) map[string]string {
	t.Helper()
	rows, err := db.Query(context.Background(), `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`)
	if err != nil {
		t.Fatal(err)
	}
	var tables []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, name)
	}
	all := map[string]string{}
	for _, name := range tables {
		all[name] = ask[string](t, db, `SELECT coalesce(string_agg(ctid::text || xmin::text || x::text, E'\n' ORDER BY ctid), '') FROM "`+name+`" x`)
	}
	return all
}

// spoil makes some cells of a file wrong, doubles rows, and cuts cells off.
func (h *history) spoil(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i := 1; i < len(lines); i++ {
		cells := strings.Split(lines[i], ",")
		switch h.IntN(8) {
		case 0:
			cells[h.IntN(len(cells))] = h.pick("C77", "", "31/31/2026", "n/a", `"`, "1e400", "99999999999999999999", "'=1+1", "\u00a0", "Ω", "O0")
		case 1:
			cells = cells[:len(cells)-1]
		case 2:
			lines = append(lines, lines[i])
		}
		lines[i] = strings.Join(cells, ",")
	}
	return strings.Join(lines, "\n") + "\n"
}

// Whatever the file holds, a dry run leaves not a trace, and tells what the real one then does.
func TestADryRunTellsWhatTheRealOneDoes(t *testing.T) {
	rejected := int64(0)
	for seed := range seeds(3) {
		db, st := beginning(t)
		h := newHistory(3000 + seed)
		for range 12 {
			kind, text := h.file()
			text = h.spoil(text)
			f, err := importer.Open(kind, importer.Text("f.csv", text), importer.Options{})
			if err != nil { // a file that is refused as a whole stores nothing
				continue
			}
			before := wholeDatabase(t, db)
			spec := store.ImportSpec{File: "f.csv", By: "test", Now: importedAt, DryRun: true}
			dry, err := st.Import(context.Background(), spec, f)
			if err != nil {
				t.Fatalf("seed %d, %s\n%s: %v", seed, kind, text, err)
			}
			wantSame(t, "after a dry run", wholeDatabase(t, db), before)
			spec.DryRun = false
			real, err := st.Import(context.Background(), spec, opened(t, kind, text))
			if errors.Is(err, store.ErrTooManyRejected) != real.Refused || err != nil && !real.Refused {
				t.Fatalf("seed %d, %s\n%s: %v", seed, kind, text, err)
			}
			rejected += real.Rejected
			real.Run, real.DryRun, real.Applied = dry.Run, dry.DryRun, dry.Applied
			if !reflect.DeepEqual(dry, real) {
				t.Errorf("seed %d, %s\n%s: the dry run says %+v, the real one %+v", seed, kind, text, dry, real)
			}
			if real.Read != real.Created+real.Updated+real.Unchanged+real.Rejected {
				t.Errorf("seed %d, %s\n%s: %d read, %v", seed, kind, text, real.Read, counts(real))
			}
		}
	}
	if rejected == 0 {
		t.Error("nothing was ever rejected")
	}
}
