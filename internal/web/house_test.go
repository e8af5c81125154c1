package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/relance/relance/internal/store"
)

func TestSettingsSayWhatIsWrongBesideTheField(t *testing.T) {
	s := newSample(t)
	b := s.visit("manager")
	p := b.post("/settings", url.Values{"company": {"Brunel & Filles"}, "sending_hours": {"8 h"}, "brand_colour": {"green"}})
	if p.StatusCode != http.StatusUnprocessableEntity || p.Doc.Find(".field.bad").Length() != 2 || p.Doc.Find("#company").AttrOr("value", "") != "Brunel & Filles" || p.Doc.Find("#sending_hours").AttrOr("value", "") != "8 h" {
		t.Errorf("%d with %d problems", p.StatusCode, p.Doc.Find(".field.bad").Length())
	}
	if p := b.post("/settings", url.Values{"company": {"Brunel & Filles"}}); p.StatusCode != http.StatusSeeOther {
		t.Errorf("a good value: %d", p.StatusCode)
	}
	settings, err := s.store.Settings(t.Context())
	s.must(err)
	if settings["company"] != "Brunel & Filles" || settings["sending_hours"] != "08:00-18:00" {
		t.Errorf("stored %q, %q", settings["company"], settings["sending_hours"])
	}
}

func TestSettingsNameNoFileOfTheMachine(t *testing.T) {
	s := newSample(t)
	b := s.visit("manager")
	b.post("/settings", url.Values{"company": {"Brunel"}, "dkim_domain": {"x.example"}, "dkim_key_file": {"/dev/zero"}})
	settings, err := s.store.Settings(t.Context())
	s.must(err)
	if settings["company"] != "Brunel" || settings["dkim_domain"] != "" || settings["dkim_key_file"] != "" {
		t.Errorf("stored %q, %q, %q", settings["company"], settings["dkim_domain"], settings["dkim_key_file"])
	}
	if n := b.get("/settings").Doc.Find("input[name^=dkim]").Length(); n != 0 {
		t.Errorf("%d fields of the signature are shown", n)
	}
}

func TestAMailOfTheInbox(t *testing.T) {
	s := newSample(t)
	b := s.visit("rep")
	p := b.get("/inbox/1")
	if p.Doc.Find("iframe[sandbox]").Length() != 1 || !strings.Contains(p.text("pre"), "Bonjour M. Bellec") || !strings.Contains(p.text("table"), "Camille Perrin") {
		t.Errorf("the mail's page: %q", p.text("main"))
	}
	letter := b.get("/inbox/1/letter")
	if csp := letter.Header.Get("Content-Security-Policy"); strings.Contains(csp, "allow-scripts") || !strings.Contains(csp, "sandbox") {
		t.Errorf("the letter's policy: %q", csp)
	}
}

func TestTheDemosBar(t *testing.T) {
	s := newSample(t)
	b := s.visit("rep")
	if p := b.post("/demo/clock", url.Values{"forward": {"day"}, "back": {"/calls"}}); p.Header.Get("Location") != "/calls" {
		t.Fatalf("a day forward: %d", p.StatusCode)
	}
	if got := b.get("/calls").text("h1"); got != "Mercredi 25 novembre" {
		t.Errorf("the next day is %q", got)
	}
	b.post("/demo/user", url.Values{"user": {itoa(s.users["marketer"].ID)}})
	if p := b.get("/"); p.Header.Get("Location") != "/campaigns" {
		t.Errorf("as a marketer: %q", p.Header.Get("Location"))
	}
	if p := b.post("/demo/user", url.Values{"user": {itoa(s.users["operator"].ID)}}); p.StatusCode != http.StatusNotFound {
		t.Errorf("someone who is not of the demo: %d", p.StatusCode)
	}
}

func TestEveryGroupedSettingIsOnThePage(t *testing.T) {
	for _, g := range settingGroups {
		for _, key := range g.keys {
			if !slices.ContainsFunc(pageSettings(), func(t store.Setting) bool { return t.Key == key }) {
				t.Errorf("%s names %s, which is no setting of the page", g.name, key)
			}
		}
	}
}
