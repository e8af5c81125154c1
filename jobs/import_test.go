package jobs_test

import (
	"context"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"github.com/relance/relance/internal/importer"
	"github.com/relance/relance/internal/intake"
	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/internal/testkit"
	"github.com/relance/relance/jobs"
)

// importing is a scheduler and a worker that does what pages ask for.
func importing(t *testing.T, st *store.Store, opt asynq.RedisConnOpt) (stop func()) {
	t.Helper()
	config := jobs.Config{
		Store: st, Redis: opt, Process: store.Process{ID: uuid.New(), Host: "test", PID: os.Getpid(), Roles: "worker", Mail: "none"},
		Tick: 50 * time.Millisecond, Beat: time.Second, Log: slog.New(slog.DiscardHandler),
		Passes: jobs.Passes{Import: intake.New(st, slog.New(slog.DiscardHandler)).RunQueued},
	}
	w, err := jobs.NewWorker(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := jobs.NewScheduler(config)
	s.Start()
	stop = func() { s.Stop(); w.Stop() }
	t.Cleanup(stop)
	return stop
}

// asked stores a file of one client and asks for its import, as a page does.
func asked(t *testing.T, st *store.Store) int64 {
	t.Helper()
	ctx := context.Background()
	u, err := st.SaveUpload(ctx, "clients.csv", "ann", strings.NewReader("ref,name\nC1,Dupont\n"), 1<<20, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	run, err := st.QueueImport(ctx, store.Queued{Kind: importer.Clients, Uploads: []int64{u.ID}, Names: []string{"clients.csv"}, By: "ann"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// becomes waits until the run is in the state.
func becomes(t *testing.T, st *store.Store, run int64, want store.RunState) {
	t.Helper()
	var d store.RunDetail
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		var err error
		if d, err = st.Run(context.Background(), run); err != nil {
			t.Fatal(err)
		}
		if d.State == want {
			return
		}
	}
	t.Fatalf("run %d is %s (%s), want %s", run, d.State, d.Error, want)
}

func TestAnImportThatAPageAskedForIsDoneByAWorker(t *testing.T) {
	st, opt := store.New(testkit.DB(t)), testkit.Redis(t)
	importing(t, st, opt)
	becomes(t, st, asked(t, st), store.RunDone)
	if err := opt.MakeRedisClient().(redis.UniversalClient).FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	becomes(t, st, asked(t, st), store.RunDone)
}

func TestAWorkerThatStopsGivesItsImportBack(t *testing.T) {
	db := testkit.DB(t)
	st, opt := store.New(db), testkit.Redis(t)
	blocker, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := blocker.Exec(t.Context(), `LOCK TABLE client IN SHARE MODE`); err != nil {
		t.Fatal(err)
	}
	stop := importing(t, st, opt)
	run := asked(t, st)
	becomes(t, st, run, store.RunRunning)
	begun := time.Now()
	stop()
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("the stop took %s", took)
	}
	becomes(t, st, run, store.RunQueued)
	if err := blocker.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	importing(t, st, opt)
	becomes(t, st, run, store.RunDone)
}

func TestAnImportOfAGoneProcessIsSweptUp(t *testing.T) {
	db := testkit.DB(t)
	st := store.New(db)
	run := asked(t, st)
	if _, err := db.Exec(t.Context(), `UPDATE import_run SET state = 'running' WHERE id = $1`, run); err != nil {
		t.Fatal(err)
	}
	importing(t, st, testkit.Redis(t))
	becomes(t, st, run, store.RunFailed)
	if err := st.Requeue(t.Context(), run); err != nil { // as somebody asks on the page
		t.Fatal(err)
	}
	becomes(t, st, run, store.RunDone)
}
