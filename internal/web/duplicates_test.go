package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// doubled is the sample with a client that came in twice, and a firm with a branch.
func doubled(t *testing.T) *sample {
	s := newSample(t)
	s.exec(`INSERT INTO client (ref, name, city, postcode, phone_e164, imported_on) SELECT 'C2B', upper(name) || ' SARL', city, postcode, phone_e164, imported_on FROM client WHERE ref = 'C2'`)
	s.exec(`UPDATE client SET siren = CASE ref WHEN 'C1' THEN '732829320' END`)
	s.exec(`INSERT INTO client (ref, name, city, postcode, siren, imported_on) VALUES ('C1B', 'Morel Sud', 'Marseille', '13001', '732829320', '2026-01-01')`)
	return s
}

func TestAMarketerMergesAndPartsAgain(t *testing.T) {
	s := doubled(t)
	b := s.visit("marketer")
	if p := b.get("/clients/duplicates"); p.Doc.Find("article").Length() != 0 || p.text(".empty strong") == "" {
		t.Errorf("before anybody looked: %s", p.text("main"))
	}
	b.post("/clients/duplicates/search", nil)
	p := b.get("/clients/duplicates")
	if n := p.Doc.Find("article").Length(); n != 1 {
		t.Fatalf("%d pairs, want 1: %s", n, p.text("main"))
	}
	reasons := p.text("article ul")
	for _, want := range []string{"même nom", "même ville"} {
		if !strings.Contains(reasons, want) {
			t.Errorf("reasons %q, want %q among them", reasons, want)
		}
	}
	differing := p.Doc.Find("tr.differs th").Map(func(_ int, s *goquery.Selection) string { return s.Text() })
	if !strings.Contains(strings.Join(differing, " "), "Commercial") || strings.Contains(strings.Join(differing, " "), "Ville") {
		t.Errorf("marked as differing: %q", differing)
	}

	if p := b.post("/clients/duplicates/merge", url.Values{"keep": {"C2"}, "drop": {"C2B"}}); p.StatusCode != http.StatusSeeOther {
		t.Fatalf("merge: %d", p.StatusCode)
	}
	p = b.get("/clients/duplicates")
	if p.Doc.Find("article").Length() != 0 || p.Doc.Find("#merges li").Length() != 1 || !strings.Contains(p.text("main, [role=status]"), "Défaire") {
		t.Errorf("after the merge: %s", p.text("main"))
	}
	if p := b.get("/clients/C2B"); p.Header.Get("Location") != "/clients/C2" {
		t.Errorf("the old address leads to %q", p.Header.Get("Location"))
	}
	if p := b.get("/clients/C2"); !strings.Contains(p.text("main"), "Aussi connu sous") {
		t.Error("the client's page does not say what was merged into it")
	}
	merge := p.Doc.Find("#merges input[name=merge]").AttrOr("value", "")
	b.post("/clients/duplicates/undo", url.Values{"merge": {merge}})
	if p := b.get("/clients/C2B"); p.StatusCode != http.StatusOK {
		t.Errorf("parted again: %d", p.StatusCode)
	}
	b.post("/clients/duplicates/undo", url.Values{"merge": {merge}})
	if p := b.get("/clients/duplicates"); !strings.Contains(p.text("body"), "n’est plus possible") {
		t.Errorf("undone twice: %s", p.text("body"))
	}
	b.post("/clients/duplicates/search", nil)
	b.post("/clients/duplicates/distinct", url.Values{"a": {"C2"}, "b": {"C2B"}})
	b.post("/clients/duplicates/search", nil)
	if n := b.get("/clients/duplicates").Doc.Find("article").Length(); n != 0 {
		t.Errorf("%d pairs after they were told apart", n)
	}
}

func TestAManagerMakesAGroup(t *testing.T) {
	s := doubled(t)
	b := s.visit("manager")
	b.post("/clients/duplicates/search", nil)
	if n := b.get("/clients/duplicates?kind=branches").Doc.Find("article").Length(); n != 1 {
		t.Fatalf("%d firms with branches, want 1", n)
	}
	b.post("/clients/duplicates/group", url.Values{"kind": {"branches"}, "client": {"C1B"}, "parent": {"C1"}})
	if n := b.get("/clients/duplicates?kind=branches").Doc.Find("article").Length(); n != 0 {
		t.Errorf("%d are still proposed", n)
	}
	if p := b.get("/clients/C1"); !strings.Contains(p.text("main"), "Tête d’un groupe de 2") || !strings.Contains(p.text("main"), "Morel Sud") {
		t.Errorf("the parent's page: %s", p.text("main"))
	}
	if p := b.get("/clients/C1B"); p.Doc.Find("a[href='/clients/C1']").Length() == 0 {
		t.Errorf("the member's page does not lead to its parent")
	}
}
