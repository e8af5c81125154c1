package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

const issue = "/campaigns/newsletter/slots/2026-12-01"

func letterForm(body string) url.Values {
	return url.Values{"subject_fr": {"Décembre"}, "preheader_fr": {"Les congés"}, "body_fr": {body}, "subject_en": {"December"}, "preheader_en": {"Holidays"}, "body_en": {"Hello"}}
}

func TestAnIssueIsWrittenAndApprovedByAnother(t *testing.T) {
	s := newSample(t)
	lucie, helene := s.visit("marketer"), s.visit("manager")
	if got := lucie.get("/campaigns/newsletter").text(`a[href="` + issue + `"] + .tag`); got != "à écrire" {
		t.Errorf("on the campaign's page the next issue is %q", got)
	}
	if p := lucie.get(issue); p.StatusCode != http.StatusOK || p.Doc.Find("#subject_fr").AttrOr("value", "") != "Trois choses utiles" || p.Doc.Find("iframe").Length() != 0 {
		t.Fatalf("an issue that nobody wrote: %d", p.StatusCode)
	}
	if p := lucie.post(issue, letterForm("Nos horaires de Noël")); p.StatusCode != http.StatusSeeOther {
		t.Fatalf("saving: %d %s", p.StatusCode, p.text("main"))
	}
	own := lucie.get(issue)
	if own.Doc.Find(`form[action$="/approve"]`).Length() != 0 || !strings.Contains(own.text("main"), "une autre personne") {
		t.Error("its author is offered to approve it")
	}
	seen := helene.get(issue).Doc.Find(`input[name="seen"]`).AttrOr("value", "")
	if p := lucie.post(issue+"/approve", url.Values{"seen": {seen}}); p.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("its author approves it all the same: %d", p.StatusCode)
	}
	s.exec(`UPDATE slot_text SET created_at = created_at + interval '1 minute'`)
	if p := helene.post(issue+"/approve", url.Values{"seen": {seen}}); p.StatusCode != http.StatusConflict {
		t.Errorf("approving what has changed since: %d, want 409", p.StatusCode)
	}
	seen = helene.get(issue).Doc.Find(`input[name="seen"]`).AttrOr("value", "")
	if p := helene.post(issue+"/approve", url.Values{"seen": {seen}}); p.StatusCode != http.StatusSeeOther {
		t.Fatalf("another approves: %d %s", p.StatusCode, p.text("main"))
	}
	if got := lucie.get(issue).text("h1 + .tag"); got != "approuvé" {
		t.Errorf("then it is %q", got)
	}
	lucie.post(issue, letterForm("Nos horaires de Pâques"))
	if n := s.id(`SELECT count(*) FROM slot_text WHERE approved_at IS NULL AND approved_by IS NULL`); n != 1 {
		t.Error("an edit keeps the approval")
	}
}

func TestAnIssueWithMistakesComesBackAsTyped(t *testing.T) {
	s := newSample(t)
	p := s.visit("marketer").post(issue, letterForm("Bonjour {{ companie.name }}"))
	if p.StatusCode != http.StatusUnprocessableEntity || p.Doc.Find("#body_fr").Text() != "Bonjour {{ companie.name }}" || p.Doc.Find("#subject_en").AttrOr("value", "") != "December" {
		t.Errorf("%d, body %q", p.StatusCode, p.Doc.Find("#body_fr").Text())
	}
	if got := p.text(".field:has(#body_fr) .problem"); !strings.Contains(got, "3") || !strings.Contains(got, "companie") {
		t.Errorf("beside the body: %q", got)
	}
	if p.Doc.Find(".field:has(#subject_fr) .problem").Length() != 1 || p.Doc.Find(".field:has(#subject_en) .problem").Length() != 0 {
		t.Error("a mistake stands beside another field")
	}
	if n := s.id(`SELECT count(*) FROM slot_text`); n != 0 {
		t.Error("a text with mistakes was stored")
	}
}

func TestWhatIsNoIssueIsNotFound(t *testing.T) {
	s := newSample(t)
	b := s.visit("marketer")
	for _, path := range []string{"/campaigns/newsletter/slots/2026-12-02", "/campaigns/newsletter/slots/2026-11-03", "/campaigns/newsletter/slots/x", "/campaigns/welcome-call/slots/2026-12-01", "/campaigns/none/slots/2026-12-01", issue + "/letter/fr"} {
		if p := b.get(path); p.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, p.StatusCode)
		}
	}
	if n := b.get("/campaigns/welcome-call").Doc.Find(`a[href*="/slots/"]`).Length(); n != 0 {
		t.Errorf("a campaign without slots shows %d issues", n)
	}
}

func TestALetterIsShownInASandbox(t *testing.T) {
	s := newSample(t)
	b := s.visit("marketer")
	b.post(issue, letterForm("Nos horaires"))
	p := b.get(issue + "/letter/fr")
	if csp := p.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "sandbox") || strings.Contains(csp, "script-src") || !strings.Contains(csp, "default-src 'none'") {
		t.Errorf("policy %q", csp)
	}
	if !strings.Contains(p.text("body"), "Nos horaires") {
		t.Errorf("shows %q", p.text("body"))
	}
}

func TestWhatIsForeseenIsSaid(t *testing.T) {
	s := newSample(t)
	s.exec(`INSERT INTO outlook (campaign_id, day, channel, touches) SELECT id, d::date, 'survey', n FROM campaign, (VALUES ('2026-11-24', 900), ('2026-12-02', 46), ('2026-12-24', 3), ('2026-12-30', 700)) AS x(d, n) WHERE name = 'satisfaction-survey'`)
	s.exec(`UPDATE campaign SET outlook_at = '2026-11-24 06:00+01' WHERE state = 'running'`)
	b := s.visit("marketer")
	for _, path := range []string{"/campaigns", "/campaigns/satisfaction-survey"} {
		if got := b.get(path).text("main"); !strings.Contains(got, "49 questionnaires") || !strings.Contains(got, "prévision, ") || !strings.Contains(got, "24 décembre") {
			t.Errorf("%s says %q; want 46 + 3 questionnaires until 24 December, as a forecast", path, got)
		}
	}
}
