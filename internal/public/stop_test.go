package public_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/relance/relance/internal/links"
)

// stopped lists what is suppressed now.
func (s *site) stopped() string {
	return query[string](s, `SELECT coalesce(string_agg(scope || ' ' || address || ' ' || source, ', ' ORDER BY scope, address), '') FROM suppression WHERE withdrawn_at IS NULL`)
}

// opposed refreshes the facts of those whose facts changed and lists the clients that may not be mailed and called.
func (s *site) opposed() (mail, call string) {
	now, err := s.store.Now(s.t.Context())
	s.must(err)
	_, err = s.store.RefreshFacts(s.t.Context(), now, false)
	s.must(err)
	return query[string](s, `SELECT coalesce(string_agg(ref, ' ' ORDER BY ref), '') FROM client JOIN client_fact ON client_id = id WHERE mail_opposed`),
		query[string](s, `SELECT coalesce(string_agg(ref, ' ' ORDER BY ref), '') FROM client JOIN client_fact ON client_id = id WHERE call_opposed`)
}

func TestOneClickAndTheButtonsWorkTogether(t *testing.T) {
	s := newSite(t)
	server := httptest.NewServer(s)
	defer server.Close()
	jar, err := cookiejar.New(nil)
	s.must(err)
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	var parts bytes.Buffer
	m := multipart.NewWriter(&parts)
	s.must(m.WriteField("List-Unsubscribe", "One-Click"))
	s.must(m.Close())
	for encoding, body := range map[string]string{"application/x-www-form-urlencoded": "List-Unsubscribe=One-Click", m.FormDataContentType(): parts.String()} {
		s.exec(`DELETE FROM suppression`)
		for range 2 { // and a second time, as some programs do
			response, err := client.Post(server.URL+s.stopPath(), encoding, strings.NewReader(body))
			s.must(err)
			s.must(response.Body.Close())
			if response.StatusCode != 200 || len(response.Cookies()) != 0 || response.Header.Get("Location") != "" {
				t.Errorf("%s: status %d, cookies %v, location %q", encoding, response.StatusCode, response.Cookies(), response.Header.Get("Location"))
			}
		}
		if got := s.stopped(); got != "mail paule@example.com one-click" {
			t.Errorf("%s stopped %q", encoding, got)
		}
	}
	response, err := client.PostForm(server.URL+s.stopPath(), url.Values{"stop": {"call"}})
	s.must(err)
	s.must(response.Body.Close())
	if response.StatusCode != http.StatusSeeOther || response.Header.Get("Location") != s.stopPath()+"?done" {
		t.Errorf("the button: status %d, to %q", response.StatusCode, response.Header.Get("Location"))
	}
	if got := s.stopped(); got != "call +33199000002 stop page, mail paule@example.com one-click" {
		t.Errorf("both: %q", got)
	}
	if len(jar.Cookies(response.Request.URL)) != 0 {
		t.Error("a cookie was set")
	}
}

func TestWhatEachButtonStops(t *testing.T) {
	for _, c := range []struct{ button, mail, call, says string }{
		{"mail", "A B", "", "Les mails et les enquêtes sont arrêtés."},
		{"call", "", "A", "Les appels commerciaux sont arrêtés."},
		{"everything", "A B", "A B", "Tout est arrêté."}, // also calls to this person at the other client, on its switchboard
	} {
		t.Run(c.button, func(t *testing.T) {
			s := newSite(t)
			if status, _, _ := s.ask(http.MethodPost, s.stopPath(), url.Values{"stop": {c.button}}); status != http.StatusSeeOther {
				t.Fatalf("status %d", status)
			}
			if mail, call := s.opposed(); mail != c.mail || call != c.call {
				t.Errorf("no mail to %q, no call to %q; want %q and %q", mail, call, c.mail, c.call)
			}
			status, page, _ := s.ask(http.MethodGet, s.stopPath()+"?done", nil)
			s.want("afterwards", status, 200, page, c.says, "C’est enregistré.", "P…@example.com"[3:])
			once := s.stopped()
			s.ask(http.MethodPost, s.stopPath(), url.Values{"stop": {c.button}})
			if got := s.stopped(); got != once {
				t.Errorf("twice: %q", got)
			}
			s.ask(http.MethodPost, s.stopPath(), url.Values{"stop": {"undo"}})
			if mail, call := s.opposed(); mail+call != "" || s.stopped() != "" {
				t.Errorf("taken back: %q %q, %q", mail, call, s.stopped())
			}
			if n := query[int](s, `SELECT count(*) FROM suppression WHERE withdrawn_at IS NOT NULL`); n == 0 {
				t.Error("the proof of the stop was lost")
			}
		})
	}
}

func TestUndoLeavesWhatTheLinkDidNotSay(t *testing.T) {
	s := newSite(t)
	s.exec(`INSERT INTO suppression (scope, address, why, source, at) VALUES ('mail', 'paule@example.com', 'bounce', '550 no such user', '2026-03-01'), ('call', '+33199000002', 'opposition', 'call, attempt 3', '2026-03-01')`)
	before := s.stopped()
	s.ask(http.MethodPost, s.stopPath(), url.Values{"stop": {"everything"}})
	s.ask(http.MethodPost, s.stopPath(), url.Values{"stop": {"undo"}})
	if got := s.stopped(); got != before {
		t.Errorf("got %q, want %q", got, before)
	}
}

func TestAStopHoldsAtTheOtherClientsPage(t *testing.T) {
	s := newSite(t)
	s.ask(http.MethodPost, s.stopPath(), url.Values{"stop": {"mail"}})
	_, page, _ := s.ask(http.MethodGet, "/u/"+s.links.Token(links.Stop, s.other), nil)
	s.want("the other client's page", 200, 200, page, "Les mails et les enquêtes sont arrêtés.")
	_, page, _ = s.ask(http.MethodGet, s.surveyPath(), nil)
	if strings.Contains(page, "/u/") {
		t.Error("a questionnaire still offers to stop what is stopped")
	}
}

func TestAButtonThatIsNoneStopsNothing(t *testing.T) {
	s := newSite(t)
	before := s.everything()
	for _, form := range []url.Values{{}, {"stop": {"all"}}, {"List-Unsubscribe": {"one-click"}}, {"stop": {""}}} {
		status, page, _ := s.ask(http.MethodPost, s.stopPath(), form)
		s.want("", status, 400, page, "Ce formulaire")
	}
	if s.everything() != before {
		t.Error("something was stored")
	}
}
