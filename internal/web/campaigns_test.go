package web

import (
	"bytes"
	"encoding/csv"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/relance/relance/internal/store"
)

func TestTheSumLeadsToItsRows(t *testing.T) {
	s := newSample(t)
	b := s.visit("marketer")
	p := b.get("/campaigns/lost-client-questionnaire")
	if got := p.text(".sumline"); got != "63 = 10 à venir + 1 à appeler + 31 envoyés + 10 répondus + 1 incertain + 10 écartés" {
		t.Errorf("sum %q", got)
	}
	sum := 0
	p.Doc.Find(".sumline a").Each(func(_ int, a *goquery.Selection) {
		rows := b.get(a.AttrOr("href", "")).Doc.Find("tbody tr").Length()
		if !strings.HasPrefix(a.Text(), itoa(int64(rows))+" ") && !strings.HasPrefix(a.Text(), itoa(int64(rows))+"\u00a0") {
			t.Errorf("%q leads to %d rows", a.Text(), rows)
		}
		sum += rows
	})
	if sum != 63 {
		t.Errorf("the rows add up to %d, want 63", sum)
	}
	if got := b.get("/campaigns/lost-client-questionnaire/touches?state=skipped&reason=opposed").Doc.Find("tbody tr").Length(); got != 3 {
		t.Errorf("%d rows for the opposed, want 3", got)
	}
	if p := b.get("/campaigns/lost-client-questionnaire/touches?state=nonsense"); p.StatusCode != http.StatusNotFound {
		t.Errorf("a state that does not exist: %d", p.StatusCode)
	}
}

func TestTheExportHoldsEveryRowAndNoFormula(t *testing.T) {
	s := newSample(t)
	s.exec(`UPDATE client SET name = '=HYPERLINK("http://evil.example")' WHERE ref = 'C6'`)
	p := s.visit("marketer").get("/campaigns/lost-client-questionnaire/touches.csv")
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix([]byte(p.Body), []byte("\ufeff")))).ReadAll()
	s.must(err)
	if len(rows) != 64 {
		t.Errorf("%d rows, want a head and 63", len(rows))
	}
	for _, row := range rows {
		if slices.ContainsFunc(row, func(cell string) bool { return strings.HasPrefix(cell, "=") }) {
			t.Errorf("a formula: %q", row)
		}
	}
}

func TestCampaignButtonsDoWhatTheySay(t *testing.T) {
	s := newSample(t)
	b := s.visit("marketer")
	state := func() (state string) {
		s.must(s.store.Pool().QueryRow(t.Context(), `SELECT state FROM campaign WHERE name = 'lost-client-questionnaire'`).Scan(&state))
		return state
	}
	for _, step := range []struct{ action, want, said string }{
		{"pause", "paused", "La campagne est suspendue : rien ne part plus."}, {"start", "running", "La campagne est lancée."},
	} {
		p := b.post("/campaigns/lost-client-questionnaire/"+step.action, nil)
		if p.StatusCode != http.StatusSeeOther || state() != step.want {
			t.Fatalf("%s: %d, state %s", step.action, p.StatusCode, state())
		}
		if got := b.get(p.Header.Get("Location")).text(".note.good"); got != step.said {
			t.Errorf("%s: said %q", step.action, got)
		}
	}
	if p := b.get("/campaigns/newsletter/start"); p.text("main strong") == "" || state() != "running" {
		t.Error("the page before a start says nothing, or has started")
	}
	if p := b.post("/campaigns/lost-client-questionnaire/nonsense", nil); p.StatusCode != http.StatusNotFound {
		t.Errorf("an action that does not exist: %d", p.StatusCode)
	}
}

func TestOnlyTheDraftThatWasReadIsApproved(t *testing.T) {
	s := newSample(t)
	source, err := os.ReadFile("../../campaigns/library/welcome-call.yaml")
	s.must(err)
	push := func(author string) {
		t.Helper()
		_, changed, err := s.store.PushDraft(t.Context(), store.Draft{Name: "welcome-call", Source: string(source) + "# " + author + "\n", Author: author}, sampleNow)
		if err != nil || !changed {
			t.Fatalf("push: %v, %v", changed, err)
		}
	}
	b := s.visit("manager")
	read := func() string {
		return b.get("/campaigns/welcome-call").Doc.Find("form[action$='/approve'] input[name=draft]").AttrOr("value", "none")
	}
	push("Anne")
	seen := read()
	push("Mallory")
	if p := b.post("/campaigns/welcome-call/approve", url.Values{"draft": {seen}}); p.StatusCode != http.StatusConflict {
		t.Errorf("a draft that came meanwhile: %d, want 409", p.StatusCode)
	}
	if n := s.id(`SELECT count(*) FROM campaign_version WHERE author = 'Mallory' AND approved_at IS NOT NULL`); n != 0 {
		t.Error("approved what nobody read")
	}
	if p := b.post("/campaigns/welcome-call/approve", url.Values{"draft": {read()}}); p.StatusCode != http.StatusSeeOther {
		t.Errorf("the draft that was read: %d %s", p.StatusCode, p.text("main"))
	}
}

func TestNoCellIsAFormula(t *testing.T) {
	for cell, want := range map[string]string{
		"=1+1":                  "'=1+1",
		"@SUM(A1)":              "'@SUM(A1)",
		"\t=1":                  "\t'=1",
		"x;=cmd|' /C calc'!A0;": "x;'=cmd|' /C calc'!A0;", // a spreadsheet that expects semicolons cuts here
		"x; \"+1":               "x; \"'+1",
		"two\n-3 lines":         "two\n'-3 lines",
		"＝1":                    "'＝1",
		"Dupont-Martin = fils":  "Dupont-Martin = fils",
		"bruno@lanoe.example":   "bruno@lanoe.example",
	} {
		if got := plain(cell); got != want {
			t.Errorf("plain(%q) = %q, want %q", cell, got, want)
		}
	}
}
