package public_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/relance/relance/internal/desk"
	"github.com/relance/relance/internal/letters"
	"github.com/relance/relance/internal/links"
	"github.com/relance/relance/internal/public"
	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/internal/testkit"
)

// site is the public pages over a database in which the satisfaction survey runs and has invited two persons of two
// clients, who share the address of the first.
type site struct {
	t  *testing.T
	db *pgxpool.Pool
	*public.Site
	store  *store.Store
	links  *links.Signer
	survey int64 // the invitation
	other  int64 // the same person's invitation at another client
	woken  *woken
}

// woken counts what was woken.
type woken struct {
	mu   sync.Mutex
	what []string
}

func (w *woken) Wake(_ context.Context, what string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.what = append(w.what, what)
	return nil
}

func newSite(t *testing.T) *site {
	t.Helper()
	db := testkit.DB(t)
	s := &site{t: t, db: db, store: store.New(db), woken: &woken{}}
	now := time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC)
	s.must(s.store.SetClock(t.Context(), now))
	s.must(s.store.ChangeSettings(t.Context(), map[string]string{"company": "Maison Brunel", "sender_email": "contact@example.com", "brand_colour": "#7a1f3d"}, "test", now))
	s.launch("satisfaction-survey", now)
	s.exec(`INSERT INTO client (ref, name, phone_e164, imported_on) VALUES ('A', 'Atelier A', '+33199000001', '2020-01-01'), ('B', 'Boutique B', '+33199000009', '2020-01-01')`)
	s.exec(`INSERT INTO contact (client_id, key, name, email, email_key, phone_e164, main)
		VALUES (1, 'p', 'Paule Petit', 'Paule@example.com', 'paule@example.com', '+33199000002', true), (2, 'p', 'Paule Petit', 'paule@example.com', 'paule@example.com', NULL, true)`)
	s.survey, s.other = s.invite(1), s.invite(2)
	_, err := s.store.RefreshFacts(t.Context(), now, true)
	s.must(err)
	s.links, err = links.New([]byte("0123456789abcdef0123456789abcdef"))
	s.must(err)
	s.Site, err = public.New(public.Config{Store: s.store, Questionnaires: letters.New(s.store, s.links, "https://relance.example"), Links: s.links,
		Wake: s.woken, Log: slog.New(slog.NewTextHandler(failOnLog{t}, &slog.HandlerOptions{Level: slog.LevelError}))})
	s.must(err)
	return s
}

// failOnLog makes an error in the log a failed test.
type failOnLog struct{ t *testing.T }

func (f failOnLog) Write(line []byte) (int, error) {
	f.t.Errorf("logged: %s", line)
	return len(line), nil
}

func (s *site) launch(name string, now time.Time) {
	s.t.Helper()
	d := desk.New(s.store)
	s.must(d.InstallShipped(s.t.Context(), now))
	s.must(d.Approve(s.t.Context(), name, "operator", now))
	s.must(s.store.StartCampaign(s.t.Context(), name, "operator", now))
}

// invite puts an invitation in place that left on 2 March 2026 and closes on the 23rd.
func (s *site) invite(contact int64) int64 {
	s.t.Helper()
	return query[int64](s, `INSERT INTO touch (client_id, contact_id, campaign_id, version_id, step, channel, occasion, triggered_on, due_at, state, address, sent_at, closes_at, created_at)
		SELECT p.client_id, p.id, g.id, g.version_id, 'questionnaire', 'survey', '2026', '2026-03-02', '2026-03-02', 'sent', p.email_key, '2026-03-02T08:00:00Z', '2026-03-23T22:59:59Z', '2026-03-02'
		FROM contact p, campaign g WHERE p.id = $1 AND g.name = 'satisfaction-survey' RETURNING id`, contact)
}

func (s *site) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) exec(sql string, args ...any) {
	s.t.Helper()
	_, err := s.db.Exec(s.t.Context(), sql, args...)
	s.must(err)
}

func query[T any](s *site, sql string, args ...any) (v T) {
	s.t.Helper()
	if err := s.db.QueryRow(s.t.Context(), sql, args...).Scan(&v); err != nil {
		s.t.Fatalf("%s: %v", sql, err)
	}
	return v
}

// everything is the content of every table, so that whoever changes nothing changes nothing.
func (s *site) everything() string {
	s.t.Helper()
	rows, err := s.db.Query(s.t.Context(), `SELECT quote_ident(table_name) FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY 1`)
	s.must(err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	s.must(err)
	var all strings.Builder
	for _, table := range tables {
		all.WriteString(table + " " + query[string](s, `SELECT coalesce(string_agg(x::text, ' ' ORDER BY x::text), '') FROM `+table+` x`) + "\n")
	}
	return all.String()
}

func (s *site) surveyPath() string { return "/s/" + s.links.Token(links.Survey, s.survey) }
func (s *site) stopPath() string   { return "/u/" + s.links.Token(links.Stop, s.survey) }

// ask makes one request without a server; a nil form has no body.
func (s *site) ask(method, path string, form url.Values) (status int, page string, header http.Header) {
	s.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequestWithContext(s.t.Context(), method, path, body)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Code, w.Body.String(), w.Header()
}

// want is a page that must hold these words.
func (s *site) want(what string, status, wantStatus int, page string, words ...string) {
	s.t.Helper()
	if status != wantStatus {
		s.t.Errorf("%s: status %d, want %d", what, status, wantStatus)
	}
	for _, w := range words {
		if !strings.Contains(page, w) {
			s.t.Errorf("%s: the page does not say %q, but: %s", what, w, heading(page))
		}
	}
}

// heading is what a page says first.
func heading(page string) string {
	_, page, _ = strings.Cut(page, "<h1>")
	page, _, _ = strings.Cut(page, "</h1>")
	return page
}
