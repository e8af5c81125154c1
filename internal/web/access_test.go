package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/relance/relance/internal/store"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// fill makes an address of a pattern, of things that exist in the sample.
var fill = strings.NewReplacer("{$}", "", "{ref}", "C2", "{name}", "lost-client-questionnaire", "{step}", "questionnaire", "{action}", "pause", "{slot}", "2026-12-01", "{language}", "fr", "complaints/{id}", "complaints/3", "inbox/{id}", "inbox/1", "{id}", "2")

// allowed is who may call what, written down apart from the code: the first letters of marketer, rep, manager (g),
// colleague, operator, and a for anyone.
var allowed = map[string]string{
	"GET /{$}": "mrgco", "GET /login": "a", "POST /login": "a", "POST /login/link": "a", "POST /logout": "mrgco", "POST /language": "mrgco",
	"GET /calls": "rg", "GET /calls/{id}": "rg", "POST /calls/{id}": "rg", "POST /calls/{id}/undo": "rg",
	"GET /clients": "mrgco", "GET /clients/{ref}": "mrgco", "POST /clients/{ref}/log": "mrgco", "POST /clients/{ref}/complaints/{id}/close": "mrgco",
	"GET /clients/duplicates": "mgo", "POST /clients/duplicates/search": "mgo", "POST /clients/duplicates/merge": "mgo", "POST /clients/duplicates/undo": "mgo", "POST /clients/duplicates/distinct": "mgo", "POST /clients/duplicates/group": "mgo",
	"GET /campaigns": "mgo", "GET /campaigns/{name}": "mgo", "GET /campaigns/{name}/touches": "mgo", "GET /campaigns/{name}/touches.csv": "mgo",
	"GET /campaigns/{name}/texts": "mgo", "GET /campaigns/{name}/texts/{step}": "mgo", "GET /campaigns/{name}/start": "mgo", "POST /campaigns/{name}/{action}": "mgo",
	"GET /campaigns/{name}/slots/{slot}": "mgo", "POST /campaigns/{name}/slots/{slot}": "mgo", "POST /campaigns/{name}/slots/{slot}/approve": "mgo", "GET /campaigns/{name}/slots/{slot}/letter/{language}": "mgo",
	"GET /imports": "mgo", "POST /uploads": "mgo", "GET /uploads/{files}": "mgo", "POST /uploads/{files}": "mgo", "POST /imports/sources/delete": "mgo", "GET /imports/{id}": "mgo", "POST /imports/{id}/apply": "mgo", "GET /imports/{id}/rejected": "mgo", "GET /imports/{id}/undo": "mgo", "POST /imports/{id}/undo": "mgo", "GET /settings": "go", "POST /settings": "go", "GET /users": "go", "POST /users": "go", "POST /users/{id}/{action}": "go",
	"GET /inbox": "mrgco", "GET /inbox/{id}": "mrgco", "GET /inbox/{id}/letter": "mrgco", "POST /demo/clock": "mrgco", "POST /demo/user": "mrgco",
}

func TestEveryRouteAdmitsWhoItShould(t *testing.T) {
	s := newSample(t)
	visitors := map[byte]*browser{'-': s.visit(""), 'm': s.visit("marketer"), 'r': s.visit("rep"), 'g': s.visit("manager"), 'c': s.visit("colleague"), 'o': s.visit("operator")}
	for _, route := range s.site.routes() {
		who, known := allowed[route.pattern]
		if !known {
			t.Errorf("%s: not in the table of this test", route.pattern)
			continue
		}
		if route.pattern == "POST /logout" {
			continue // would end the visit
		}
		method, path, _ := strings.Cut(fill.Replace(route.pattern), " ")
		for key, b := range visitors {
			p := b.do(method, path, url.Values{}, map[string]string{"Sec-Fetch-Site": "same-origin"})
			in := p.StatusCode != http.StatusForbidden && p.Header.Get("Location") != "/login" && !strings.HasPrefix(p.Header.Get("Location"), "/login?next")
			want := who == "a" || strings.IndexByte(who, key) >= 0
			if in != want {
				t.Errorf("%s as %c: answered %d %s, want let in: %v", route.pattern, key, p.StatusCode, p.Header.Get("Location"), want)
			}
			if p.StatusCode >= 500 {
				t.Errorf("%s as %c: %d %s", route.pattern, key, p.StatusCode, p.text("main"))
			}
		}
	}
}

func TestEveryPageForbidsScriptsAndFrames(t *testing.T) {
	s := newSample(t)
	b := s.visit("operator")
	for _, route := range s.site.routes() {
		method, path, _ := strings.Cut(fill.Replace(route.pattern), " ")
		if method != http.MethodGet {
			continue
		}
		p := b.get(path)
		csp := p.Header.Get("Content-Security-Policy")
		letter := strings.HasSuffix(path, "/letter") || strings.Contains(path, "/texts/")
		switch {
		case !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "script-src"):
			t.Errorf("%s: policy %q", path, csp)
		case letter && !strings.Contains(csp, "sandbox"):
			t.Errorf("%s: a letter outside the sandbox: %q", path, csp)
		case !letter && !strings.Contains(csp, "frame-ancestors 'none'"):
			t.Errorf("%s: may be framed: %q", path, csp)
		case p.Header.Get("X-Content-Type-Options") != "nosniff" || p.Header.Get("Referrer-Policy") == "":
			t.Errorf("%s: headers %v", path, p.Header)
		}
		if !letter && !strings.HasSuffix(path, ".csv") && (p.Doc.Find("script, [style], style, [onclick]").Length() > 0) {
			t.Errorf("%s: holds a script or an inline style, which the policy blocks", path)
		}
	}
}

func TestAFormFromAnotherSiteIsRefused(t *testing.T) {
	s := newSample(t)
	b := s.visit("marketer")
	for name, header := range map[string]map[string]string{
		"as browsers say it":       {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
		"as older ones say it":     {"Origin": "https://evil.example"},
		"from a sibling subdomain": {"Sec-Fetch-Site": "same-site"},
	} {
		p := b.do(http.MethodPost, "/campaigns/lost-client-questionnaire/pause", url.Values{}, header)
		if p.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %d, want 403", name, p.StatusCode)
		}
	}
	if got := s.id(`SELECT count(*) FROM campaign WHERE state = 'paused'`); got != 0 {
		t.Errorf("%d campaigns were paused from outside", got)
	}
}

func TestRepsSeeOnlyTheirOwnClients(t *testing.T) {
	s := newSample(t)
	julie, marc := s.visit("rep"), s.visit("rep2")
	other := s.id(`SELECT k.id FROM call k JOIN client c ON c.id = k.client_id WHERE c.ref = 'C4'`)
	for _, path := range []string{"/clients/C4", "/calls/" + itoa(other)} {
		if p := julie.get(path); p.StatusCode != http.StatusNotFound {
			t.Errorf("%s as another rep: %d, want 404", path, p.StatusCode)
		}
		if p := marc.get(path); p.StatusCode != http.StatusOK {
			t.Errorf("%s as its rep: %d", path, p.StatusCode)
		}
	}
	if p := julie.get("/clients?q=Brasserie"); p.Doc.Find("td.lead").Length() != 0 {
		t.Error("the search shows another rep's client")
	}
	if p := julie.post("/calls/"+itoa(other), url.Values{"outcome": {"reached"}}); p.StatusCode != http.StatusNotFound {
		t.Errorf("an outcome on another rep's call: %d, want 404", p.StatusCode)
	}
	if p := julie.post("/clients/C4/log", url.Values{"kind": {"note"}, "note": {"x"}}); p.StatusCode != http.StatusNotFound {
		t.Errorf("a note on another rep's client: %d, want 404", p.StatusCode)
	}
	names := func(p page) (list []string) {
		p.Doc.Find("article h3").Each(func(_ int, h *goquery.Selection) { list = append(list, h.Text()) })
		return list
	}
	if got := names(marc.get("/calls")); !slices.Equal(got, []string{"Brasserie des Halles"}) {
		t.Errorf("Marc's list: %q", got)
	}
}

func TestARepWhoIsNobodysRepSeesNothing(t *testing.T) {
	s := newSample(t)
	s.exec(`UPDATE app_user SET rep_id = NULL WHERE id = $1`, s.users["rep"].ID)
	s.exec(`UPDATE call SET rep_id = NULL WHERE client_id = (SELECT id FROM client WHERE ref = 'C4')`)
	b := s.visit("rep")
	if n := b.get("/calls").Doc.Find("article").Length() + b.get("/clients").Doc.Find("td.lead").Length(); n != 0 {
		t.Errorf("%d cards and clients are shown", n)
	}
}

func TestALinkLogsInOnceAndOnlyByItsButton(t *testing.T) {
	s := newSample(t)
	token, err := s.store.MakeLoginLink(t.Context(), s.users["rep"].ID, linkLife, false)
	s.must(err)
	b := s.visit("")
	for range 2 { // a scanner looks, twice
		if p := b.get("/login?token=" + token); p.StatusCode != http.StatusOK || p.Doc.Find("form[action='/login'] button").Length() != 1 {
			t.Fatalf("the page of a link: %d", p.StatusCode)
		}
	}
	if p := b.post("/login", url.Values{"token": {token}, "next": {"//evil.example/x"}}); p.Header.Get("Location") != "/" {
		t.Errorf("after the log-in: %d to %q, want /", p.StatusCode, p.Header.Get("Location"))
	}
	if p := b.get("/"); p.Header.Get("Location") != "/calls" {
		t.Errorf("a rep's home: %q", p.Header.Get("Location"))
	}
	if p := s.visit("").post("/login", url.Values{"token": {token}}); p.StatusCode != http.StatusUnprocessableEntity || p.text(".problem") == "" {
		t.Errorf("a spent link: %d %q", p.StatusCode, p.text(".problem"))
	}
	b.post("/logout", nil)
	if p := b.get("/calls"); p.Header.Get("Location") != "/login?next=%2Fcalls" {
		t.Errorf("after the log-out: %q", p.Header.Get("Location"))
	}
}

func TestAskingForALinkTellsNothing(t *testing.T) {
	s := newSample(t)
	b := s.visit("")
	known, unknown := b.post("/login/link", url.Values{"email": {"julie@brunel.example"}}), b.post("/login/link", url.Values{"email": {"nobody@brunel.example"}})
	if known.StatusCode != unknown.StatusCode || known.Header.Get("Location") != unknown.Header.Get("Location") {
		t.Errorf("known %d %s, unknown %d %s", known.StatusCode, known.Header.Get("Location"), unknown.StatusCode, unknown.Header.Get("Location"))
	}
	s.site.Close()
	if n := s.id(`SELECT count(*) FROM login_link`); n != 1 {
		t.Errorf("%d links were made, want 1", n)
	}
	for range 4 {
		if p := b.post("/login/link", url.Values{"email": {"julie@brunel.example"}}); p.Header.Get("Location") != known.Header.Get("Location") {
			t.Errorf("asked often: %d %s", p.StatusCode, p.Header.Get("Location"))
		}
	}
	s.site.Close()
	if n := s.id(`SELECT count(*) FROM login_link`); n != 3 {
		t.Errorf("%d links were made, want 3", n)
	}
	if p := b.post("/login/link", url.Values{"email": {"julie"}}); p.StatusCode != http.StatusUnprocessableEntity || p.Doc.Find("input[name=email]").AttrOr("value", "") != "julie" {
		t.Errorf("half an address: %d", p.StatusCode)
	}
}

func TestStrangersKeepNobodyFromALink(t *testing.T) {
	s := newSample(t)
	b := s.visit("")
	for i := range 40 {
		b.post("/login/link", url.Values{"email": {"nobody" + itoa(int64(i)) + "@brunel.example"}})
	}
	p := b.post("/login/link", url.Values{"email": {"Julie@brunel.example"}})
	s.site.Close()
	if n := s.id(`SELECT count(*) FROM login_link`); p.StatusCode != http.StatusSeeOther || n != 1 {
		t.Errorf("answered %d, %d links were made, want 1", p.StatusCode, n)
	}
}

func TestTheAnswerDoesNotWaitForTheMail(t *testing.T) {
	s := newSample(t)
	answered := make(chan struct{})
	s.site.SendLogin = func(context.Context, store.User, string) error {
		select {
		case <-answered:
		case <-time.After(5 * time.Second):
			t.Error("the answer waited for the mail server")
		}
		return nil
	}
	s.visit("").post("/login/link", url.Values{"email": {"julie@brunel.example"}})
	close(answered)
}

func TestASessionIsNotInTheDatabaseAsItIsInTheCookie(t *testing.T) {
	s := newSample(t)
	b := s.visit("rep")
	home, err := url.Parse(b.base)
	s.must(err)
	cookies := b.client.Jar.Cookies(home)
	if len(cookies) != 1 || b.get("/calls").StatusCode != http.StatusOK {
		t.Fatalf("not logged in: %v", cookies)
	}
	if n := s.id(`SELECT count(*) FROM sessions WHERE token = $1`, cookies[0].Value); n != 0 {
		t.Error("the table holds what logs in")
	}
}

func TestTheInboxIsForTheHouseOutsideADemo(t *testing.T) {
	s := newSample(t)
	s.site.Demo = nil
	s.site.handler = s.site.guard(s.site.mux())
	for role, want := range map[string]int{"rep": http.StatusForbidden, "colleague": http.StatusForbidden, "marketer": http.StatusForbidden, "manager": http.StatusOK, "operator": http.StatusOK} {
		b := s.visit(role)
		for _, path := range []string{"/inbox", "/inbox/1", "/inbox/1/letter"} {
			if p := b.get(path); p.StatusCode != want {
				t.Errorf("%s as %s: %d, want %d", path, role, p.StatusCode, want)
			}
		}
		if n := b.get("/clients").Doc.Find("nav a[href='/inbox']").Length(); (n > 0) != (want == http.StatusOK) {
			t.Errorf("as %s the navigation names the inbox %d times", role, n)
		}
	}
}

func TestBytesThatNoTextHoldsAreRefused(t *testing.T) {
	s := newSample(t)
	b := s.visit("operator")
	for _, path := range []string{"/clients?q=%00", "/clients?q=%ff", "/clients/%00", "/inbox?q=%00", "/campaigns/lost-client-questionnaire?client=%00", "/campaigns/lost-client-questionnaire/touches?reason=%00"} {
		if p := b.get(path); p.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d, want 400", path, p.StatusCode)
		}
	}
	for path, form := range map[string]url.Values{"/clients/C2/log": {"kind": {"note"}, "note": {"a\x00b"}}, "/settings": {"company": {"a\xff"}}, "/login/link": {"email": {"a\x00@b"}}} {
		if p := b.post(path, form); p.StatusCode != http.StatusBadRequest {
			t.Errorf("%s with %q: %d, want 400", path, form, p.StatusCode)
		}
	}
}

func TestHugeFormIsRefused(t *testing.T) {
	s := newSample(t)
	p := s.visit("rep").post("/clients/C2/log", url.Values{"kind": {"note"}, "note": {strings.Repeat("x", 10<<20)}})
	if p.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("10 MB: %d, want 413", p.StatusCode)
	}
	if n := s.id(`SELECT count(*) FROM activity WHERE kind = 'note'`); n != 0 {
		t.Error("something was stored")
	}
}

func TestRedirectsStayHere(t *testing.T) {
	for path, want := range map[string]string{"/calls?x=1": "/calls?x=1", "": "/", "//evil.example": "/", `/\evil.example`: "/", "https://evil.example/": "/", "calls": "/"} {
		if got := localPath(path); got != want {
			t.Errorf("localPath(%q) = %q, want %q", path, got, want)
		}
	}
}
