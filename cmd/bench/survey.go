package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/letters"
	"github.com/relance/relance/internal/links"
	"github.com/relance/relance/internal/public"
	"github.com/relance/relance/templates"
)

// surveyVisitors ask at the same time, each on a kept connection.
const surveyVisitors = 50

// surveyForm is an honest answer to the shipped questionnaire.
const surveyForm = "recommend=9&strengths=quality&strengths=advice&weaknesses=price&comment=Tout+va+bien%2C+merci+%21"

// surveys has clients open their questionnaire and answer it, on a real server over Postgres. What is beside it is asked
// of the same server by the same visitors: the same page as constant bytes, and a bare SELECT 1. Visitors and server
// share this machine's processors.
func surveys(ctx context.Context, o options) ([]figure, error) {
	n := o.size(20_000)
	p, err := newPlace(ctx, o.log)
	if err != nil {
		return nil, err
	}
	defer p.close()
	signer, err := links.New([]byte("a secret that only this benchmark knows"))
	if err != nil {
		return nil, err
	}
	if err := p.invite(ctx, n); err != nil {
		return nil, err
	}
	site, err := public.New(public.Config{Store: p.store, Links: signer, Log: slog.New(slog.NewTextHandler(o.log, nil)),
		Questionnaires: letters.New(p.store, signer, "http://bench.test")})
	if err != nil {
		return nil, err
	}
	url, stop, err := p.serve(ctx, site)
	if err != nil {
		return nil, err
	}
	defer stop()
	page := func(i int) string { return url + "/s/" + signer.Token(links.Survey, int64(i+1)) }
	return p.visit(ctx, n, url, page)
}

// visit makes the rounds one after the other. Each invitation is opened once and answered once.
func (p *place) visit(ctx context.Context, n int, url string, page func(int) string) ([]figure, error) {
	var rounds [4]round
	for i, r := range []struct {
		name, method, form string
		status             int
		url                func(int) string
	}{
		{"a constant page", http.MethodGet, "", http.StatusOK, func(int) string { return url + "/constant" }},
		{"SELECT 1", http.MethodGet, "", http.StatusOK, func(int) string { return url + "/select" }},
		{"open the questionnaire", http.MethodGet, "", http.StatusOK, page},
		{"answer it", http.MethodPost, surveyForm, http.StatusSeeOther, page},
	} {
		p.say("survey: %s, %d times", r.name, n)
		if err := p.settle(ctx); err != nil {
			return nil, err
		}
		var err error
		rounds[i], err = visitAll(ctx, n, func(ctx context.Context, client *http.Client, i int) error {
			return request(ctx, client, r.method, r.url(i), r.form, r.status)
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.name, err)
		}
	}
	var answers int
	if err := p.store.Pool().QueryRow(ctx, `SELECT count(*) FROM response`).Scan(&answers); err != nil || answers != n {
		return nil, fmt.Errorf("%d answers are stored of %d: %w", answers, n, err)
	}
	constant, bare, get, post := rounds[0], rounds[1], rounds[2], rounds[3]
	note := fmt.Sprintf("%d visitors at once; a constant page %.2f ms, SELECT 1 %.2f ms at p99", surveyVisitors, ms(constant.p99), ms(bare.p99))
	return []figure{
		beside("GET", get.rate, "requests/s", "constant page", constant.rate, 0),
		{Name: "GET, median", Value: ms(get.p50), Unit: "ms"},
		atMost("GET, p99", ms(get.p99), "ms", 50).noted("%s", note),
		beside("POST", post.rate, "requests/s", "SELECT 1", bare.rate, 0),
		{Name: "POST, median", Value: ms(post.p50), Unit: "ms"},
		atMost("POST, p99", ms(post.p99), "ms", 50).noted("%s", note),
	}, nil
}

func ms(d time.Duration) float64 { return d.Seconds() * 1000 }

// invite makes n sent invitations of the shipped satisfaction survey.
func (p *place) invite(ctx context.Context, n int) error {
	library := campaigns.Library()
	i := slices.IndexFunc(library, func(f campaigns.File) bool { return f.Name == "satisfaction-survey" })
	_, err := p.store.Pool().Exec(ctx, `WITH c AS (INSERT INTO campaign (name, state, created_at) VALUES ('satisfaction-survey', 'running', now()) RETURNING id)
		INSERT INTO campaign_version (campaign_id, number, source, texts, author, created_at) SELECT id, 1, $1, $2, 'bench', now() FROM c`, library[i].Source, templates.Shipped().Files())
	if err != nil {
		return fmt.Errorf("freeze the survey: %w", err)
	}
	return p.do(ctx,
		`INSERT INTO setting (key, value, changed_by, changed_at) VALUES ('company', 'Banc', 'bench', now())`,
		fmt.Sprintf(`INSERT INTO client (ref, name, language, imported_on) SELECT 'C' || i, 'Client ' || i, 'fr', '2020-01-01' FROM generate_series(1, %d) i`, n),
		`INSERT INTO contact (client_id, key, name, email, email_key, main) SELECT id, 'k', 'Camille Martin', 'c' || id || '@example.com', 'c' || id || '@example.com', true FROM client`,
		`INSERT INTO touch (client_id, contact_id, campaign_id, version_id, step, channel, occasion, triggered_on, due_at, state, address, sent_at, closes_at, created_at)
			SELECT client_id, id, 1, 1, 'questionnaire', 'survey', '2026', current_date, now(), 'sent', email_key, now(), now() + interval '21 days', now() FROM contact ORDER BY id`,
		`ANALYZE client, contact, touch, campaign, campaign_version, setting`) // not the empty tables: they would be planned for as such while they fill
}

// serve answers on this machine: the site, and beside it the floors.
func (p *place) serve(ctx context.Context, site http.Handler) (url string, stop func(), err error) {
	constant := bytes.Repeat([]byte("<p>Une page de la taille d’un questionnaire.</p>\n"), 120)
	mux := http.NewServeMux()
	mux.Handle("/", site)
	mux.HandleFunc("/constant", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(constant) })
	mux.HandleFunc("/select", func(w http.ResponseWriter, r *http.Request) {
		var one int
		if err := p.store.Pool().QueryRow(r.Context(), `SELECT 1`).Scan(&one); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprintln(w, one)
	})
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }() // ends with stop
	return "http://" + listener.Addr().String(), func() { _ = server.Close() }, nil
}

// round is what the visitors saw.
type round struct {
	rate     float64 // requests a second
	p50, p99 time.Duration
}

// visitAll makes n requests, by all visitors at once, each waiting for its answer before the next.
func visitAll(ctx context.Context, n int, ask func(ctx context.Context, client *http.Client, i int) error) (round, error) {
	client := &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: surveyVisitors, MaxConnsPerHost: surveyVisitors},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	defer client.CloseIdleConnections()
	took := make([]time.Duration, n)
	var next atomic.Int64
	visitors, ctx := errgroup.WithContext(ctx)
	begun := time.Now()
	for range surveyVisitors {
		visitors.Go(func() error {
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return nil
				}
				asked := time.Now()
				if err := ask(ctx, client, i); err != nil {
					return err
				}
				took[i] = time.Since(asked)
			}
		})
	}
	err := visitors.Wait()
	all := time.Since(begun)
	slices.Sort(took)
	return round{float64(n) / all.Seconds(), took[n/2], took[n*99/100]}, err
}

func request(ctx context.Context, client *http.Client, method, url, form string, want int) error {
	r, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(form))
	if err != nil {
		return err
	}
	if form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := client.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	if response.StatusCode != want {
		return fmt.Errorf("%s %s: status %d, want %d", method, url, response.StatusCode, want)
	}
	return nil
}
