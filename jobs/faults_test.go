package jobs_test

import (
	"context"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"github.com/relance/relance/internal/services"
	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/internal/testkit/smtpsink"
)

// world is a Postgres and a Redis of the test's own, which it may stop, and a mail server that misbehaves.
type world struct {
	t     *testing.T
	ctx   context.Context
	dir   string
	own   *services.Services
	store *store.Store
	redis *redis.Client
	sink  *smtpsink.Sink
	place place
}

func newWorld(t *testing.T, latency time.Duration, fault func(rcpt string, seq int) smtpsink.Fault) *world {
	t.Helper()
	dir, err := os.MkdirTemp("", "relance-faults-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil { // Postgres may run as another user
		t.Fatal(err)
	}
	w := &world{t: t, ctx: t.Context(), dir: filepath.Join(dir, "data")}
	w.own = w.open()
	t.Cleanup(func() {
		if err := w.own.Close(); err != nil {
			t.Error(err)
		}
		_ = os.RemoveAll(dir)
	})
	if w.sink, err = smtpsink.Start(smtpsink.Options{Fault: fault, Latency: latency}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.sink.Close)
	opt, ok := w.own.Redis.(asynq.RedisClientOpt)
	if !ok {
		t.Skipf("no Redis to flush: %T", w.own.Redis)
	}
	w.redis = opt.MakeRedisClient().(*redis.Client)
	t.Cleanup(func() { _ = w.redis.Close() })
	if _, err := store.Migrate(w.ctx, w.own.DatabaseURL); err != nil {
		t.Fatal(err)
	}
	if w.store, err = store.Open(w.ctx, w.own.DatabaseURL); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.store.Close)
	w.place = place{Database: w.own.DatabaseURL, Network: opt.Network, Addr: opt.Addr, Password: opt.Password, SMTP: w.sink.URL(), Worker: true}
	return w
}

// open starts the services, or what of them was stopped. They are as durable as in real use: with what tests trade for
// speed, a crash of Postgres forgets claims, and mails are sent twice.
func (w *world) open() *services.Services {
	w.t.Helper()
	own, err := services.Open(w.ctx, services.Options{DataDir: w.dir, NeedRedis: true})
	if err != nil {
		if os.Getenv("REQUIRE_SERVICES") == "1" {
			w.t.Fatal(err)
		}
		w.t.Skip(err)
	}
	return own
}

// stopPostgres stops the server as pg_ctl stop -m immediate would: as if its machine had failed.
func (w *world) stopPostgres() {
	w.t.Helper()
	found, err := filepath.Glob(filepath.Join(w.dir, "*", "postmaster.pid"))
	if err != nil || len(found) != 1 {
		w.t.Fatalf("postmaster.pid: %v %v", found, err)
	}
	text, err := os.ReadFile(found[0])
	if err != nil {
		w.t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.SplitN(string(text), "\n", 2)[0])
	if err != nil {
		w.t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGQUIT); err != nil {
		w.t.Fatal(err)
	}
	w.until("Postgres is gone", func() bool { return syscall.Kill(pid, 0) != nil })
}

// until waits for a condition by asking for it.
func (w *world) until(what string, met func() bool) {
	w.t.Helper()
	deadline := time.After(100 * time.Second)
	for !met() {
		select {
		case <-time.After(50 * time.Millisecond):
		case <-deadline:
			w.t.Fatalf("waited in vain until %s; the rows are\n%s", what, w.rows())
		}
	}
}

// rows counts the touches, for a test that has failed.
func (w *world) rows() (text string) {
	rows, err := w.store.Pool().Query(w.ctx, `SELECT format('%s %s %s until %s', count(*), state, reason, max(due_at)) FROM touch GROUP BY state, reason`)
	if err != nil {
		return err.Error()
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return strings.Join(append(lines, fmt.Sprint(err)), "\n")
}

func (w *world) accepted(n int) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, 2*time.Minute)
	defer cancel()
	if !w.sink.Wait(ctx.Done(), n) {
		w.t.Fatalf("%d accepted of %d waited for", w.sink.Accepted(), n)
	}
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	if _, err := w.store.Pool().Exec(w.ctx, sql, args...); err != nil {
		w.t.Fatal(err)
	}
}

// plan makes n touches, each for a client of its own, all due on a Tuesday morning, and sets the clock there.
func (w *world) plan(n int) {
	w.t.Helper()
	due := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	w.exec(`INSERT INTO setting (key, value, changed_by, changed_at) VALUES ('sending_per_minute', '0', 'test', now()), ('company', 'Test', 'test', now()), ('sender_email', 'news@example.com', 'test', now())`)
	w.exec(`CREATE TABLE test_ran (at timestamptz)`)
	w.exec(`INSERT INTO campaign (name, state, created_at) VALUES ('newsletter', 'running', $1)`, due)
	w.exec(`INSERT INTO campaign_version (campaign_id, number, source, author, created_at) VALUES (1, 1, '', 'test', $1)`, due)
	w.exec(`INSERT INTO client (ref, name, kind, country, imported_on) SELECT 'C' || i, 'Client ' || i, 'company', 'FR', '2020-01-01' FROM generate_series(1, $1) i`, n)
	w.exec(`INSERT INTO contact (client_id, key, name, email, email_key, main) SELECT id, 'k', 'Somebody', 'c' || id || '@example.com', 'c' || id || '@example.com', true FROM client`)
	w.exec(`INSERT INTO basis (contact_id, channel, kind, source, held_on) SELECT id, 'mail', 'information', 'test', '2020-01-01' FROM contact`)
	w.exec(`INSERT INTO suppression (scope, address, why, source, at) SELECT 'mail', email_key, 'opposition', 'test', '2026-01-01' FROM contact WHERE id % 50 = 7`)
	w.exec(`INSERT INTO touch (client_id, contact_id, campaign_id, version_id, step, channel, occasion, triggered_on, due_at, state, created_at)
		SELECT client_id, id, 1, 1, 'mail', 'mail', 'march', '2026-03-10', $1, 'planned', $1 FROM contact`, due)
	w.exec(`ANALYZE`)
	if err := w.store.SetClock(w.ctx, due.Add(time.Minute)); err != nil {
		w.t.Fatal(err)
	}
}

// settle waits until nothing is under way, moving the clock past back-offs.
func (w *world) settle() {
	w.t.Helper()
	w.until("every touch has its end", func() bool {
		now, err := w.store.Now(w.ctx)
		if err != nil {
			return false
		}
		var sending, due, planned int
		err = w.store.Pool().QueryRow(w.ctx, `SELECT count(*) FILTER (WHERE state = 'sending'), count(*) FILTER (WHERE state = 'planned' AND due_at <= $1), count(*) FILTER (WHERE state = 'planned') FROM touch`, now).
			Scan(&sending, &due, &planned)
		if err != nil || sending > 0 || due > 0 {
			return false
		}
		if planned > 0 {
			if _, err := w.store.AdvanceClock(w.ctx, 6*time.Minute); err != nil {
				w.t.Fatal(err)
			}
		}
		return planned == 0
	})
}

// end is one touch's state and what the server knows of its recipient.
type end struct {
	Address, State, Reason string
	Code                   int
}

func (w *world) ends() []end {
	w.t.Helper()
	rows, err := w.store.Pool().Query(w.ctx, `SELECT p.email_key, t.state, coalesce(t.reason, ''), coalesce(t.answer_code, 0) FROM touch t JOIN contact p ON p.id = t.contact_id`)
	if err != nil {
		w.t.Fatal(err)
	}
	ends, err := pgx.CollectRows(rows, pgx.RowToStructByPos[end])
	if err != nil {
		w.t.Fatal(err)
	}
	return ends
}

// judge holds each row against what the server counted, and returns the sum by state and reason.
func (w *world) judge(n int) map[string]int {
	w.t.Helper()
	got, sum := w.sink.ByRecipient(), map[string]int{}
	ends := w.ends()
	for _, e := range ends {
		sum[e.State]++
		if e.Reason != "" {
			sum[e.State+" "+e.Reason]++
		}
		accepted := got[e.Address]
		delete(got, e.Address)
		wrong := ""
		switch {
		case accepted > 1:
			wrong = fmt.Sprintf("accepted %d times", accepted)
		case e.State == "sent" && accepted != 1:
			wrong = "sent, and never accepted"
		case e.State == "failed" && (accepted != 0 || e.Code < 400):
			wrong = fmt.Sprintf("failed with code %d, accepted %d times", e.Code, accepted)
		case e.State == "skipped" && (accepted != 0 || e.Reason == ""):
			wrong = fmt.Sprintf("skipped for %q, accepted %d times", e.Reason, accepted)
		case e.State != "sent" && e.State != "failed" && e.State != "skipped" && e.State != "unsure":
			wrong = "has no end: " + e.State
		}
		if wrong != "" {
			w.t.Errorf("%s: %s", e.Address, wrong)
		}
	}
	if len(ends) != n || len(got) != 0 {
		w.t.Errorf("%d rows of %d, %d recipients without a row", len(ends), n, len(got))
	}
	if total := sum["sent"] + sum["failed"] + sum["skipped"] + sum["unsure"]; total != n {
		w.t.Errorf("%v is %d, planned were %d", sum, total, n)
	}
	return sum
}

// misfortune is drawn from the recipient: a tenth is refused for now, a twentieth for good, and for a hundredth the
// connection is cut after the content, half of them although the mail was taken.
func misfortune(rcpt string, seq int) smtpsink.Fault {
	h := fnv.New32a()
	h.Write([]byte(rcpt))
	switch n := h.Sum32() % 200; {
	case n < 20 && seq == 0:
		return smtpsink.Fault{At: smtpsink.AtRcpt, Action: smtpsink.Answer, Code: 451, Words: "4.7.1 greylisted"}
	case n >= 20 && n < 25:
		return smtpsink.Fault{At: smtpsink.AtRcpt, Action: smtpsink.Answer, Code: 550, Words: "5.1.1 no such user"}
	case n >= 25 && n < 30:
		return smtpsink.Fault{At: smtpsink.AtEnd, Action: smtpsink.Answer, Code: 554, Words: "5.6.0 refused content"}
	case n == 30:
		return smtpsink.Fault{At: smtpsink.AtEnd, Action: smtpsink.CutLate}
	case n == 31:
		return smtpsink.Fault{At: smtpsink.AtEnd, Action: smtpsink.Cut}
	}
	return smtpsink.Fault{}
}

// TestFaultsSendNothingTwiceAndLoseNothing runs two schedulers and three workers through everything at once: kill -9 of
// a worker twice, one of them the scheduler that leads, a Redis wiped, a Postgres crashed and away for five seconds, and a
// mail server that misbehaves. RELANCE_FAULTS=full sends 20,000 mails instead of 2,000.
func TestFaultsSendNothingTwiceAndLoseNothing(t *testing.T) {
	n, latency := 2000, 20*time.Millisecond
	if os.Getenv("RELANCE_FAULTS") == "full" {
		n, latency = 20000, 5*time.Millisecond
	} else if testing.Short() {
		t.Skip("takes a minute")
	}
	w := newWorld(t, latency, misfortune)
	w.plan(n)
	both := w.place
	both.Scheduler = true
	running := []*child{start(t, both), start(t, both), start(t, w.place)}
	w.accepted(n / 5)
	running = append(w.killBusy(running), start(t, both))

	w.accepted(2 * n / 5)
	if err := w.redis.FlushAll(w.ctx).Err(); err != nil {
		t.Fatal(err)
	}

	w.accepted(3 * n / 5)
	w.stopPostgres()
	<-time.After(5 * time.Second) // the fault itself
	again := w.open()
	defer func() { _ = again.Close() }()

	w.accepted(7 * n / 10)
	running = append(w.killBusy(running), start(t, w.place))

	w.settle()
	for _, c := range running {
		c.stop()
	}
	sum := w.judge(n)
	t.Logf("planned %d = %v; %d connections", n, sum, w.sink.Connections())
	if most := 2 * 10 * 10; sum["unsure worker_gone"] > most || sum["unsure worker_gone"] == 0 {
		t.Errorf("%d unsure after two kills, want some and at most %d", sum["unsure worker_gone"], most)
	}
	if sum["unsure"] == 0 || sum["failed"] == 0 || sum["skipped opposed"] == 0 {
		t.Errorf("the misfortunes did not happen: %v", sum)
	}
	w.onceEach()
}

// killBusy kills the process that is sending most, in the middle of it, and returns the others.
func (w *world) killBusy(running []*child) (others []*child) {
	w.t.Helper()
	var pid int
	w.until("somebody is sending", func() bool {
		return w.store.Pool().QueryRow(w.ctx, `SELECT p.pid FROM touch t JOIN process p ON p.id = t.worker WHERE t.state = 'sending' AND p.pid = ANY ($1)
			GROUP BY p.pid ORDER BY count(*) DESC LIMIT 1`, pids(running)).Scan(&pid) == nil
	})
	for _, c := range running {
		if c.cmd.Process.Pid == pid {
			c.kill()
			continue
		}
		others = append(others, c)
	}
	return others
}

func pids(running []*child) (ids []int) {
	for _, c := range running {
		ids = append(ids, c.cmd.Process.Pid)
	}
	return ids
}

// onceEach compares how often the planning ran with the slots that were done.
func (w *world) onceEach() {
	w.t.Helper()
	var ran, slots int
	if err := w.store.Pool().QueryRow(w.ctx, `SELECT (SELECT count(*) FROM test_ran), (SELECT count(*) FROM slot WHERE job = 'plan')`).Scan(&ran, &slots); err != nil {
		w.t.Fatal(err)
	}
	if ran != 1 || slots != 1 {
		w.t.Errorf("planned %d times for %d slots, want once", ran, slots)
	}
}

// TestADomainThatRefusesTheSenderKeepsItsMails sends to a domain that wants DMARC, and to one that takes everything.
func TestADomainThatRefusesTheSenderKeepsItsMails(t *testing.T) {
	const n = 400
	var refused atomic.Int64
	w := newWorld(t, time.Millisecond, func(rcpt string, _ int) smtpsink.Fault {
		if !strings.HasSuffix(rcpt, "@big.example") {
			return smtpsink.Fault{}
		}
		refused.Add(1)
		return smtpsink.Fault{At: smtpsink.AtEnd, Action: smtpsink.Answer, Code: 550, Words: "5.7.515 this domain wants DMARC"}
	})
	w.plan(n)
	w.exec(`DELETE FROM suppression; UPDATE contact SET email = 'c' || id || '@Big.example', email_key = 'c' || id || '@big.example' WHERE id % 2 = 0`)
	one := w.place
	one.Scheduler = true
	running := start(t, one)
	w.accepted(n / 2)
	w.until("the others wait", func() bool {
		var busy int
		err := w.store.Pool().QueryRow(w.ctx, `SELECT count(*) FROM touch WHERE state = 'sending' OR state = 'planned' AND due_at <= '2026-03-10T09:30:00Z'`).Scan(&busy)
		return err == nil && busy == 0
	})
	running.stop()
	var sent, tried, held int
	err := w.store.Pool().QueryRow(w.ctx, `SELECT count(*) FILTER (WHERE state = 'sent'), count(*) FILTER (WHERE state = 'planned' AND figures->>'deferrals' = '1'),
		count(*) FILTER (WHERE state = 'planned' AND reason = 'deferred' AND NOT figures ? 'deferrals' AND answer_words LIKE 'not sent: big.example %') FROM touch`).Scan(&sent, &tried, &held)
	if err != nil {
		t.Fatal(err)
	}
	// Ten connections hold ten mails each when the third refusal comes.
	if sent != n/2 || tried != int(refused.Load()) || tried > 100 || held != n/2-tried {
		t.Errorf("%d sent, %d tried (the server refused %d), %d held back", sent, tried, refused.Load(), held)
	}
	t.Logf("%d tried, %d held back", tried, held)
}
