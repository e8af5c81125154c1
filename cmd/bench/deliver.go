package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/relance/relance/internal/letters"
	"github.com/relance/relance/internal/links"
	"github.com/relance/relance/internal/mail"
	"github.com/relance/relance/internal/services"
	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/internal/testkit/smtpsink"
)

const (
	connections = 10
	htmlSize    = 9000 // bytes of the body of each mail, about
	trickle     = 200  // mails a second, for the time from due to accepted
	trickleFor  = 10 * time.Second
)

// deliver sends mails that have a row each to a server on this machine that swallows them. What is beside it is the
// best that go-mail does alone with the same message and connections: nothing claimed, recorded or rendered.
func deliver(ctx context.Context, o options) ([]figure, error) {
	n := o.size(20_000)
	b, err := newDelivery(ctx, n+trickle*int(trickleFor/time.Second))
	if err != nil {
		return nil, err
	}
	defer b.close()
	fmt.Fprintln(o.log, "deliver: go-mail alone")
	begun := own()
	alone, size, err := b.alone(ctx, n)
	if err != nil {
		return nil, err
	}
	aloneSpent := own() - begun
	w, err := startWorker(b, o.profile)
	if err != nil {
		return nil, err
	}
	defer w.stop()
	idle, err := w.memory("VmRSS")
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(o.log, "deliver: %d mails\n", n)
	rate, first, spent, err := b.throughput(ctx, w, n)
	if err != nil {
		return nil, err
	}
	busy, err := w.memory("VmHWM")
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(o.log, "deliver: %d mails a second\n", trickle)
	half, most, err := b.latency(ctx, n)
	if err != nil {
		return nil, err
	}
	return []figure{
		beside("relance", rate, "mails/s", "go-mail alone", alone, 0.6).
			noted("%d mails of %d bytes of HTML, %d connections, from due to the last accepted; go-mail alone claims, records and renders nothing", n, size, connections),
		beside("relance, once begun", float64(n)/(float64(n)/rate-first.Seconds()), "mails/s", "go-mail alone", alone, 0).noted("from the first accepted"),
		{Name: "due to the first accepted", Value: first.Seconds() * 1000, Unit: "ms", Note: "part of the time above: the scheduler looks once a second"},
		{Name: "processor time of the worker", Value: spent.worker.Seconds() * 1e6 / float64(n), Unit: "µs/mail"},
		{Name: "processor time of Postgres", Value: spent.postgres.Seconds() * 1e6 / float64(n), Unit: "µs/mail"},
		{Name: "processor time of the sink", Value: spent.sink.Seconds() * 1e6 / float64(n), Unit: "µs/mail", Note: fmt.Sprintf("and of go-mail alone, sink included: %.0f", float64(aloneSpent)/1e3/float64(n))},
		{Name: "due to accepted, median", Value: half.Seconds() * 1000, Unit: "ms", Note: fmt.Sprintf("at %d mails/s", trickle)},
		atMost("due to accepted, p99", most.Seconds()*1000, "ms", 1000).noted("at %d mails/s", trickle),
		atMost("worker idle", float64(idle)/1024, "MB", 150).noted("resident, scheduler included"),
		atMost("worker busy", float64(busy)/1024, "MB", 150).noted("highest resident"),
	}, nil
}

// delivery is the world of one measurement.
type delivery struct {
	dir      string
	services *services.Services
	store    *store.Store
	sink     *smtpsink.Sink
}

func newDelivery(ctx context.Context, clients int) (b *delivery, err error) {
	b = &delivery{}
	defer func() {
		if err != nil {
			b.close()
		}
	}()
	if b.dir, err = os.MkdirTemp("", "relance-bench-"); err != nil {
		return b, err
	}
	if err = os.Chmod(b.dir, 0o755); err != nil { // Postgres may run as another user
		return b, err
	}
	if b.services, err = services.Open(ctx, services.Options{DataDir: b.dir + "/data", NeedRedis: true}); err != nil {
		return b, err
	}
	if _, err = store.Migrate(ctx, b.services.DatabaseURL); err != nil {
		return b, err
	}
	if b.store, err = store.Open(ctx, b.services.DatabaseURL); err != nil {
		return b, err
	}
	if b.sink, err = smtpsink.Start(smtpsink.Options{}); err != nil {
		return b, err
	}
	return b, b.fill(ctx, clients)
}

func (b *delivery) close() {
	if b.sink != nil {
		b.sink.Close()
	}
	if b.store != nil {
		b.store.Close()
	}
	if b.services != nil {
		_ = b.services.Close()
	}
	_ = os.RemoveAll(b.dir)
}

const definition = `campaign: bench
title: {fr: "Banc d’essai", en: "Bench"}
lever: retention
trigger:
  yearly: {spread: true}
steps:
  - name: letter
    mail: bench
`

// text makes a letter whose HTML is about htmlSize bytes.
func text() string {
	const paragraph = "Bonjour {{ contact.name }}, voici quelques lignes utiles à {{ client.name }}, {{ client.city }} : un prix, un délai, une référence introuvable, demandez directement à {{ rep.name | default: company.name }}.\n\n"
	return "---\nsubject: \"Des nouvelles pour {{ client.name }}\"\n---\n" + strings.Repeat(paragraph, 26)
}

// fill makes the clients, and a running campaign whose texts are frozen. The clock shows a Tuesday morning.
func (b *delivery) fill(ctx context.Context, clients int) error {
	now := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	texts := map[string]string{"mails/bench.fr.md": text()}
	for _, q := range []struct {
		sql  string
		args []any
	}{
		{`INSERT INTO setting (key, value, changed_by, changed_at) VALUES ('sending_per_minute', '0', 'bench', now()), ('company', 'Banc', 'bench', now()), ('company_address', '1 rue du Banc, Paris', 'bench', now()), ('sender_email', 'news@example.com', 'bench', now())`, nil},
		{`INSERT INTO campaign (name, state, created_at) VALUES ('bench', 'running', $1)`, []any{now}},
		{`INSERT INTO campaign_version (campaign_id, number, source, texts, author, created_at) VALUES (1, 1, $2, $3, 'bench', $1)`, []any{now, definition, texts}},
		{`INSERT INTO client (ref, name, kind, country, city, language, imported_on) SELECT 'C' || i, 'Client ' || i, 'company', 'FR', 'Lyon', 'fr', '2020-01-01' FROM generate_series(1, $1) i`, []any{clients}},
		{`INSERT INTO contact (client_id, key, name, email, email_key, main) SELECT id, 'k', 'Camille Martin', 'c' || id || '@example.com', 'c' || id || '@example.com', true FROM client`, nil},
		{`INSERT INTO basis (contact_id, channel, kind, source, held_on) SELECT id, 'mail', 'information', 'CGV', '2020-01-01' FROM contact`, nil},
		{`ANALYZE`, nil},
	} {
		if _, err := b.store.Pool().Exec(ctx, q.sql, q.args...); err != nil {
			return fmt.Errorf("fill the database: %w", err)
		}
	}
	return b.store.SetClock(ctx, now)
}

// plan makes touches of clients from one id up to, but not including, another, due now.
func (b *delivery) plan(ctx context.Context, from, to int) error {
	now, err := b.store.Now(ctx)
	if err != nil {
		return err
	}
	_, err = b.store.Pool().Exec(ctx, `INSERT INTO touch (client_id, contact_id, campaign_id, version_id, step, channel, occasion, triggered_on, due_at, state, created_at)
		SELECT client_id, id, 1, 1, 'letter', 'mail', '2026', '2026-03-10', $1, 'planned', $1 FROM contact WHERE client_id >= $2 AND client_id < $3`, now, from, to)
	return err
}

// writer renders as a real worker does.
func writer(st *store.Store) (*letters.Writer, error) {
	signer, err := links.New([]byte("a secret of the bench, 32 bytes or more"))
	if err != nil {
		return nil, err
	}
	return letters.New(st, signer, "http://127.0.0.1:8080"), nil
}

// alone measures go-mail with one rendered message, composed anew for each recipient, and returns its rate and the size
// of the HTML.
func (b *delivery) alone(ctx context.Context, n int) (rate float64, size int, err error) {
	w, err := writer(b.store)
	if err != nil {
		return 0, 0, err
	}
	due := store.Due{ID: 1, VersionID: 1, Campaign: "bench", Step: "letter", Channel: "mail", Occasion: "2026", Address: "c1@example.com", Language: "fr",
		Client: store.DueClient{Ref: "C1", Name: "Client 1", City: "Lyon"}, Contact: store.DueContact{Name: "Camille Martin"}}
	m, _, err := w.Compose(ctx, &due, time.Now())
	if err != nil {
		return 0, 0, err
	}
	before, begun := b.sink.Accepted(), time.Now()
	errs := make([]error, connections)
	var all sync.WaitGroup
	for i := range connections {
		all.Go(func() { errs[i] = b.lane(ctx, m, n/connections) })
	}
	all.Wait()
	took := time.Since(begun)
	if err := errors.Join(errs...); err != nil {
		return 0, 0, err
	}
	return float64(b.sink.Accepted()-before) / took.Seconds(), len(m.HTML), nil
}

// lane sends n mails over one kept connection with go-mail.
func (b *delivery) lane(ctx context.Context, m mail.Message, n int) error {
	host, port, _ := strings.Cut(b.sink.Addr(), ":")
	number, err := strconv.Atoi(port)
	if err != nil {
		return err
	}
	client, err := gomail.NewClient(host, gomail.WithPort(number), gomail.WithTLSPolicy(gomail.NoTLS), gomail.WithoutNoop())
	if err != nil {
		return err
	}
	conn, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	for i := range n {
		msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
		if err := errors.Join(msg.From(m.From.Email), msg.To(m.To.Email)); err != nil {
			return err
		}
		msg.Subject(m.Subject)
		msg.SetMessageIDWithValue(fmt.Sprintf("%p.%d@example.com", conn, i))
		msg.SetDate()
		msg.SetBodyString(gomail.TypeTextPlain, m.Text)
		msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
		if err := client.SendWithSMTPClient(conn, msg); err != nil {
			return err
		}
	}
	return nil
}

// throughput plans n mails at once and waits for the last; first is when the first was accepted.
func (b *delivery) throughput(ctx context.Context, w *worker, n int) (rate float64, first time.Duration, used spent, err error) {
	accepted := b.sink.Accepted()
	if err := b.plan(ctx, 1, n+1); err != nil {
		return 0, 0, used, err
	}
	before, begun := b.spent(w), time.Now()
	if b.sink.Wait(ctx.Done(), accepted+1) {
		first = time.Since(begun)
	}
	if !b.sink.Wait(ctx.Done(), accepted+n) {
		return 0, 0, used, ctx.Err()
	}
	return float64(n) / time.Since(begun).Seconds(), first, b.spent(w).since(before), nil
}

// latency plans a few mails ten times a second, and reads from the rows how long each took. n clients are used up.
func (b *delivery) latency(ctx context.Context, n int) (half, most time.Duration, err error) {
	before, next := b.sink.Accepted(), n+1
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for range int(trickleFor / (100 * time.Millisecond)) {
		<-tick.C
		if err := b.plan(ctx, next, next+trickle/10); err != nil {
			return 0, 0, err
		}
		next += trickle / 10
	}
	if !b.sink.Wait(ctx.Done(), before+next-n-1) {
		return 0, 0, ctx.Err()
	}
	for settled := false; !settled; { // the last group is recorded just after it was accepted
		if err := b.store.Pool().QueryRow(ctx, `SELECT NOT EXISTS (SELECT FROM touch WHERE state <> 'sent')`).Scan(&settled); err != nil {
			return 0, 0, err
		}
	}
	err = b.store.Pool().QueryRow(ctx, `SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY sent_at - due_at), percentile_cont(0.99) WITHIN GROUP (ORDER BY sent_at - due_at)
		FROM touch WHERE client_id > $1`, n).Scan(&half, &most)
	return half, most, err
}

// worker is a process of its own, so that its memory is its own.
type worker struct{ cmd *exec.Cmd }

func startWorker(b *delivery, profile string) (*worker, error) {
	if profile != "" {
		profile = filepath.Join(profile, fmt.Sprintf("deliver-%d.pprof", time.Now().Unix()))
	}
	spec, err := workerSpec(b, profile)
	if err != nil {
		return nil, err
	}
	w := &worker{cmd: exec.Command(os.Args[0])}
	w.cmd.Env = append(os.Environ(), workerVariable+"="+spec)
	w.cmd.Stderr = os.Stderr
	out, err := w.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := w.cmd.Start(); err != nil {
		return nil, err
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "ready\n" {
		w.stop()
		return nil, fmt.Errorf("the worker did not start: %q %w", line, err)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return w, nil
}

func (w *worker) stop() {
	_ = w.cmd.Process.Signal(os.Interrupt)
	_ = w.cmd.Wait()
}

// memory reads a line of /proc/<pid>/status, in kB; 0 where there is no /proc.
func (w *worker) memory(line string) (int, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", w.cmd.Process.Pid))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	_, rest, found := bytes.Cut(text, []byte(line+":"))
	if !found {
		return 0, nil
	}
	return strconv.Atoi(strings.Fields(string(rest))[0])
}
