package web

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// browser is a visitor with cookies, who does not follow redirects.
type browser struct {
	t      testing.TB
	client *http.Client
	base   string
}

// page is an answer with its document.
type page struct {
	*http.Response
	Doc  *goquery.Document
	Body string
}

// visit starts the site and a browser on it; role "" is not logged in.
func (s *sample) visit(role string) *browser {
	s.t.Helper()
	server := httptest.NewServer(s.site)
	s.t.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	s.must(err)
	b := &browser{t: s.t, base: server.URL, client: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	if role != "" {
		token, err := s.store.MakeLoginLink(s.t.Context(), s.users[role].ID, linkLife, false)
		s.must(err)
		if p := b.post("/login", url.Values{"token": {token}}); p.StatusCode != http.StatusSeeOther {
			s.t.Fatalf("log in as %s: %d %s", role, p.StatusCode, p.Body)
		}
	}
	return b
}

func (b *browser) get(path string) page { return b.do(http.MethodGet, path, nil, nil) }

func (b *browser) post(path string, form url.Values) page {
	return b.do(http.MethodPost, path, form, map[string]string{"Origin": b.base, "Sec-Fetch-Site": "same-origin"})
}

func (b *browser) do(method, path string, form url.Values, header map[string]string) page {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for k, v := range header {
		r.Header.Set(k, v)
	}
	res, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(string(body)))
	if err != nil {
		b.t.Fatal(err)
	}
	return page{res, doc, string(body)}
}

// text is what a selector shows, with spaces as people see them.
func (p page) text(selector string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(p.Doc.Find(selector).Text(), "\u00a0", " ")), " ")
}
