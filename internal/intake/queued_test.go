package intake_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/relance/relance/internal/importer"
	"github.com/relance/relance/internal/store"
)

// queue stores files and asks for their import, as a page does.
func (f fixture) queue(t *testing.T, q store.Queued, files ...importer.Input) int64 {
	t.Helper()
	ctx := context.Background()
	for _, in := range files {
		text := make([]byte, in.Size)
		if _, err := in.In.ReadAt(text, 0); err != nil && len(text) > 0 {
			t.Fatal(err)
		}
		u, err := f.st.SaveUpload(ctx, in.Name, q.By, strings.NewReader(string(text)), 1<<20, importedAt)
		if err != nil {
			t.Fatal(err)
		}
		q.Uploads, q.Names = append(q.Uploads, u.ID), append(q.Names, in.Name)
	}
	run, err := f.st.QueueImport(ctx, q, importedAt)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func (f fixture) run(t *testing.T, id int64) store.RunDetail {
	t.Helper()
	d, err := f.st.Run(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestQueuedRunsAreDoneInTheirOrder(t *testing.T) {
	f := setUp(t)
	trial := f.queue(t, store.Queued{Kind: importer.Clients, By: "ann", DryRun: true}, importer.Text("clients.csv", threeClients))
	real := f.queue(t, store.Queued{Kind: importer.Clients, By: "ann", Source: "sage", SaveSource: true}, importer.Text("clients.csv", threeClients))
	broken := f.queue(t, store.Queued{Kind: importer.Orders, By: "ann"}, importer.Text("photo.csv", "a;b\n1;2\n"))
	gone, err := f.st.QueueImport(context.Background(), store.Queued{Kind: importer.Orders, By: "ann", Uploads: []int64{99}, Names: []string{"gone.csv"}}, importedAt)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.k.RunQueued(context.Background()); err != nil {
		t.Fatal(err)
	}
	if d := f.run(t, trial); d.State != store.RunDone || !d.DryRun || d.Report.Created != 2 || d.Report.Applied || !d.HasRejected {
		t.Errorf("the trial: %+v", d)
	}
	if d := f.run(t, real); d.State != store.RunDone || d.Report.Created != 2 || !d.Report.Applied || d.By != "ann" || d.Source != "sage" || !d.HasRejected {
		t.Errorf("the real run: %+v", d)
	}
	if _, err := f.st.Source(context.Background(), "sage"); err != nil {
		t.Errorf("its source: %v", err)
	}
	if d := f.run(t, broken); d.State != store.RunFailed || !strings.Contains(d.Error, "photo.csv") {
		t.Errorf("the file of nothing: %s, %q", d.State, d.Error)
	}
	if d := f.run(t, gone); d.State != store.RunFailed || !strings.Contains(d.Error, "bring it again") {
		t.Errorf("the purged file: %s, %q", d.State, d.Error)
	}
}

func TestAQueuedRunWaitsForTheOneUnderWay(t *testing.T) {
	f := setUp(t)
	var queued int64
	req := request(importer.Clients, importer.Text("a.csv", "ref,name\nC1,Dupont\n"))
	req.Began = func(int64) {
		queued = f.queue(t, store.Queued{Kind: importer.Clients, By: "bob"}, importer.Text("b.csv", "ref,name\nC2,Martin\n"))
		if err := f.k.RunQueued(context.Background()); err != nil {
			t.Errorf("while another works: %v", err)
		}
		if d := f.run(t, queued); d.State != store.RunQueued {
			t.Errorf("while another works it is %s", d.State)
		}
	}
	f.imports(t, req)
	if err := f.k.RunQueued(context.Background()); err != nil {
		t.Fatal(err)
	}
	if d := f.run(t, queued); d.State != store.RunDone {
		t.Errorf("afterwards it is %s: %s", d.State, d.Error)
	}
}

func TestSeveralWorkersDoAQueuedRunOnce(t *testing.T) {
	f := setUp(t)
	run := f.queue(t, store.Queued{Kind: importer.Clients, By: "ann"}, importer.Text("clients.csv", threeClients))
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			if err := f.k.RunQueued(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	workers.Wait()
	if d := f.run(t, run); d.State != store.RunDone || d.Report.Created != 2 {
		t.Errorf("%s: %s, %+v", d.State, d.Error, d.Report)
	}
	if n := f.count(t, `SELECT count(*) FROM client`); n != 2 {
		t.Errorf("%d clients", n)
	}
}
