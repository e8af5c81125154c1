package store_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/relance/relance/internal/importer"
	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/internal/testkit"
)

func TestAFileComesBackAsItCame(t *testing.T) {
	db := testkit.DB(t)
	st := store.New(db)
	ctx := context.Background()
	random := rand.NewChaCha8([32]byte{1})
	for _, size := range []int{0, 1, 1 << 20, 2<<20 + 17} {
		want := make([]byte, size)
		_, _ = random.Read(want)
		u, err := st.SaveUpload(ctx, "café.csv", "ann", bytes.NewReader(want), 1<<30, importedAt)
		if err != nil {
			t.Fatal(err)
		}
		f, err := st.OpenUpload(ctx, u.ID)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(io.NewSectionReader(f, 0, f.Size))
		if err != nil || !bytes.Equal(got, want) || f.Upload.Name != "café.csv" || f.SHA256 != u.SHA256 || len(u.SHA256) != 64 {
			t.Errorf("%d bytes: got %d, %+v, %v", size, len(got), f.Upload, err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(f.File.Name()); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("its temporary file is left: %v", err)
		}
	}
	if _, err := st.SaveUpload(ctx, "big.csv", "ann", strings.NewReader(strings.Repeat("x", 11)), 10, importedAt); !errors.Is(err, store.ErrTooLarge) {
		t.Errorf("11 bytes where 10 are allowed: %v", err)
	}
	if n := ask[int64](t, db, `SELECT count(*) FROM upload WHERE name = 'big.csv'`); n != 0 {
		t.Error("the file that was too large is there")
	}
}

func TestRejectedRowsAreKeptForTheirTime(t *testing.T) {
	db := testkit.DB(t)
	st := store.New(db)
	ctx := context.Background()
	r := importText(t, st, importer.Clients, threeOfFour, store.ImportSpec{}, importer.Options{})
	for _, text := range []string{"first", strings.Repeat("a line\n", 500000)} {
		err := st.KeepRejected(ctx, r.Run, "clients.rejected.csv", "ann", func(w io.Writer) error {
			_, err := io.WriteString(w, text)
			return err
		}, importedAt)
		if err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		if err := st.RejectedFile(ctx, r.Run, &got); err != nil || got.String() != text {
			t.Errorf("%d bytes came back of %d, %v", got.Len(), len(text), err)
		}
	}
	broken := errors.New("broken")
	if err := st.KeepRejected(ctx, r.Run, "x", "ann", func(io.Writer) error { return broken }, importedAt); !errors.Is(err, broken) {
		t.Errorf("a file that cannot be written: %v", err)
	}
	if !runOf(t, st, r.Run).HasRejected {
		t.Error("the run does not say that its rejected rows are kept")
	}
	waiting, err := st.SaveUpload(ctx, "waiting.csv", "ann", strings.NewReader("x"), 10, importedAt)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := st.QueueImport(ctx, store.Queued{Kind: importer.Clients, Uploads: []int64{waiting.ID}, Names: []string{"waiting.csv"}, By: "ann"}, importedAt); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		days int
		want string
	}{{29, "clients.rejected.csv waiting.csv"}, {31, "waiting.csv"}} {
		if _, err := st.Purge(ctx, importedAt.AddDate(0, 0, c.days)); err != nil {
			t.Fatal(err)
		}
		if got := ask[string](t, db, `SELECT coalesce(string_agg(name, ' ' ORDER BY name), '') FROM upload`); got != c.want {
			t.Errorf("after %d days %q is kept, want %q", c.days, got, c.want)
		}
	}
	if err := st.RejectedFile(ctx, r.Run, io.Discard); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a purged file: %v", err)
	}
}

func TestAQueuedRunIsDoneOnce(t *testing.T) {
	st := store.New(testkit.DB(t))
	ctx := context.Background()
	if _, _, err := st.NextQueued(ctx); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an empty queue: %v", err)
	}
	asked := store.Queued{Kind: importer.Clients, Uploads: []int64{4}, Names: []string{"a.csv"}, Source: "sage", SaveSource: true, By: "ann",
		Options: importer.Options{Map: map[string]string{"ref": "Code"}, Decimal: ',', Delimiter: ';'}}
	run, err := st.QueueImport(ctx, asked, importedAt)
	if err != nil {
		t.Fatal(err)
	}
	next, q, err := st.NextQueued(ctx)
	if err != nil || next != run || !reflect.DeepEqual(q, asked) {
		t.Fatalf("next is %d, %+v, %v", next, q, err)
	}
	spec := store.ImportSpec{File: "a.csv", Source: "sage", By: "ann", Now: importedAt, Run: run}
	r, err := st.Import(ctx, spec, opened(t, importer.Clients, manyClients(3)))
	if err != nil || r.Run != run || r.Source != "sage" {
		t.Fatalf("%+v, %v", r, err)
	}
	if _, err := st.Import(ctx, spec, opened(t, importer.Clients, manyClients(3))); !errors.Is(err, store.ErrConflict) {
		t.Errorf("once more: %v", err)
	}
	d := runOf(t, st, run)
	if d.State != store.RunDone || d.Asked == nil || !reflect.DeepEqual(*d.Asked, asked) || d.Report.Created != 3 || !d.Undoable || d.Source != "sage" {
		t.Errorf("the run: %+v", d)
	}
	trial := asked
	trial.DryRun = true
	if run, err = st.QueueImport(ctx, trial, importedAt); err != nil {
		t.Fatal(err)
	}
	r, err = st.Import(ctx, store.ImportSpec{File: "a.csv", By: "ann", Now: importedAt, Run: run, DryRun: true}, opened(t, importer.Clients, manyClients(5)))
	if err != nil || r.Applied || r.Created != 2 {
		t.Errorf("a trial: %+v, %v", r, err)
	}
	if d := runOf(t, st, run); d.State != store.RunDone || !d.DryRun || d.Undoable || d.Report.Created != 2 {
		t.Errorf("the trial's run: %+v", d)
	}
	if _, err := st.UndoImport(ctx, run, "ann", importedAt); !errors.Is(err, store.ErrUndo) || !strings.Contains(err.Error(), "it was a trial") {
		t.Errorf("undoing a trial: %v", err)
	}
}

func TestASourceKeepsItsOptionsAndTellsItsLastSuccess(t *testing.T) {
	db := testkit.DB(t)
	st := store.New(db)
	ctx := context.Background()
	put(t, st, importer.Clients, "ref,name\nA,Alpha\n")
	o := importer.Options{Map: map[string]string{"order": "N° pièce", "note": ""}, Dates: "dmy", Delimiter: ';', Header: 3}
	for _, name := range []string{"", "a/b", "a\nb", strings.Repeat("x", 101)} {
		if err := st.SaveSource(ctx, store.Source{Name: name, Kind: importer.Orders}, "ann", importedAt); !errors.Is(err, store.ErrSource) {
			t.Errorf("name %q: %v", name, err)
		}
	}
	if err := st.SaveSource(ctx, store.Source{Name: "sage", Kind: importer.Orders, Options: o}, "ann", importedAt); err != nil {
		t.Fatal(err)
	}
	const orders = "order,client,ordered_on,amount\n1,A,2026-02-20,5\n"
	importText(t, st, importer.Orders, orders, store.ImportSpec{Source: "sage"}, importer.Options{})
	if _, err := st.Import(ctx, store.ImportSpec{File: "b", Source: "sage", By: "x", Now: importedAt.AddDate(0, 0, 1)}, opened(t, importer.Orders, "order,client,ordered_on,amount\n1,Z,2026-02-21,5\n")); !errors.Is(err, store.ErrTooManyRejected) {
		t.Fatal(err)
	}
	got, err := st.Source(ctx, "sage")
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got.Options, o) || got.ChangedBy != "ann" || got.LastState != store.RunRefused || !got.LastSuccess.Equal(importedAt) || got.NewestOrderOn.Format(time.DateOnly) != "2026-02-20" {
		t.Errorf("%+v", got)
	}
	if err := st.DeleteSource(ctx, "sage", "ann", importedAt); err != nil {
		t.Error(err)
	}
	if _, err := st.Source(ctx, "sage"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("once deleted: %v", err)
	}
	list, err := st.Sources(ctx)
	if err != nil || len(list) != 1 || !list[0].ChangedAt.IsZero() || list[0].LastRun == 0 {
		t.Errorf("its runs still name it: %+v, %v", list, err)
	}
}

// Freshness is what the planner's guard sees; refused and undone imports bring nothing.
func TestFreshnessFollowsTheImportsThatCount(t *testing.T) {
	db := testkit.DB(t)
	st := store.New(db)
	ctx := context.Background()
	put(t, st, importer.Clients, "ref,name\nA,Alpha\n")
	look := func(at time.Time) store.Known {
		t.Helper()
		if _, err := st.RefreshFacts(ctx, at, false); err != nil {
			t.Fatal(err)
		}
		k, err := st.Freshness(ctx, at)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	if k := look(importedAt); !k.Stale || k.OrdersTo != 0 || !k.LastImport.IsZero() {
		t.Errorf("without orders: %+v", k)
	}
	r := importText(t, st, importer.Orders, "order,client,ordered_on,amount\n1,A,2026-02-20,5\n", store.ImportSpec{Source: "sage"}, importer.Options{})
	if k, err := st.Freshness(ctx, importedAt); err != nil || k.OrdersTo.String() != "2026-02-20" {
		t.Errorf("before the facts are made again: %+v, %v", k, err)
	}
	if k := look(importedAt); k.Stale || k.OrdersTo.String() != "2026-02-20" || !k.LastImport.Equal(importedAt) || k.Source != "sage" {
		t.Errorf("after an import: %+v", k)
	}
	// Eight working days after Monday 2 March are allowed: Thursday the 12th is fresh, Friday the 13th is not.
	if k := look(importedAt.AddDate(0, 0, 10)); k.Stale || k.Age != 8 || k.Allowed != 8 {
		t.Errorf("on Thursday: %+v", k)
	}
	if k := look(importedAt.AddDate(0, 0, 11)); !k.Stale {
		t.Errorf("on Friday: %+v", k)
	}
	undo(t, st, r.Run)
	if k := look(importedAt); !k.Stale || k.OrdersTo != 0 {
		t.Errorf("undone: %+v", k)
	}
}
