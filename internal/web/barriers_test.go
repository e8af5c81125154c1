package web

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/relance/relance/internal/look/barriers"
)

// Every page, for each role that has one of its own, in both languages, also empty and with mistakes.
func TestNoPageKeepsAnybodyOut(t *testing.T) {
	s := newSample(t)
	closed := itoa(s.id(`SELECT k.id FROM call k JOIN client c ON c.id = k.client_id WHERE c.ref = 'C3'`))
	pages := map[string][]string{
		"":        {"/login", "/login?token=x", "/login?sent", "/nowhere"},
		"rep":     {"/calls", "/calls/1", "/calls/2", "/calls/" + closed, "/clients", "/clients?q=zzz", "/clients/C1", "/clients/C2", "/campaigns", "/inbox", "/inbox/1"},
		"manager": {"/calls", "/calls?rep=none", "/settings", "/users", "/imports"},
		"marketer": {"/campaigns", "/campaigns/lost-client-questionnaire?client=C3", "/campaigns/lost-client-questionnaire?client=C99", "/campaigns/satisfaction-survey", "/campaigns/newsletter", "/campaigns/newsletter/start",
			"/campaigns/lost-client-questionnaire/touches", "/campaigns/lost-client-questionnaire/touches?state=skipped&reason=opposed", "/campaigns/lost-client-questionnaire/texts", "/campaigns/newsletter/slots/2026-12-01"},
	}
	for role, paths := range pages {
		b := s.visit(role)
		for _, language := range []string{"fr", "en"} {
			if role != "" {
				b.post("/language", url.Values{"language": {language}, "back": {"/"}})
			}
			if role == "rep" && language == "en" {
				b.post("/calls/"+closed, url.Values{"outcome": {"reached"}})
			}
			for _, path := range paths {
				b.passes(path+" in "+language, b.get(path))
			}
		}
		switch role {
		case "rep":
			b.passes("a call-back without its hour", b.post("/calls/1", url.Values{"outcome": {"call_back"}}))
			b.passes("a postponed call without a note", b.post("/calls/1", url.Values{"outcome": {"postponed"}}))
			b.passes("a note without words", b.post("/clients/C1/log", url.Values{"kind": {"note"}}))
		case "manager":
			b.passes("wrong settings", b.post("/settings", url.Values{"sending_hours": {"8 h"}}))
			b.passes("a wrong user", b.post("/users", url.Values{"role": {"king"}}))
		}
	}
}

func (b *browser) passes(name string, p page) {
	b.t.Helper()
	if p.StatusCode == http.StatusSeeOther || p.StatusCode >= http.StatusInternalServerError {
		b.t.Errorf("%s: %d", name, p.StatusCode)
		return
	}
	found, err := barriers.Find(p.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, wrong := range found {
		b.t.Errorf("%s: %s", name, wrong)
	}
}
