package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestNamesAreNeverMarkup(t *testing.T) {
	s := newSample(t)
	b := s.visit("manager")
	call := s.id(`SELECT k.id FROM call k JOIN client c ON c.id = k.client_id WHERE c.ref = 'C5'`)
	for _, path := range []string{"/clients", "/clients/C5", "/clients?q=%3Cscript%3E", "/calls", "/calls/" + itoa(call), "/campaigns/lost-client-questionnaire/touches",
		"/campaigns/lost-client-questionnaire?client=%3Cscript%3Ealert(1)%3C/script%3E", "/campaigns/lost-client-questionnaire/texts?client=%22%3E%3Cscript%3E", "/inbox?q=%3Cscript%3E", "/login?next=%22%3E%3Cscript%3E"} {
		p := b.get(path)
		if p.StatusCode != http.StatusOK && path != "/login?next=%22%3E%3Cscript%3E" {
			t.Errorf("%s: %d", path, p.StatusCode)
		}
		if p.Doc.Find("script, img").Length() > 0 {
			t.Errorf("%s: a name became markup", path)
		}
	}
}

func TestNotesOnAClient(t *testing.T) {
	s := newSample(t)
	b := s.visit("colleague")
	if p := b.post("/clients/C2/log", url.Values{"kind": {"complaint"}}); p.StatusCode != http.StatusUnprocessableEntity || p.text("#log-problem") == "" {
		t.Errorf("a complaint without words: %d", p.StatusCode)
	}
	if p := b.post("/clients/C2/log", url.Values{"kind": {"complaint"}, "note": {"Palette abîmée"}}); p.StatusCode != http.StatusSeeOther {
		t.Fatalf("a complaint: %d", p.StatusCode)
	}
	p := b.get("/clients/C2")
	if !strings.Contains(p.Body, "Palette abîmée") || p.text(".note.good") != "C’est noté." {
		t.Error("the complaint is not shown")
	}
	id := s.id(`SELECT id FROM activity WHERE note = 'Palette abîmée' AND by = 'Paul Atelier'`)
	b.post("/clients/C2/complaints/"+itoa(id)+"/close", nil)
	if n := s.id(`SELECT count(*) FROM activity WHERE id = $1 AND closed_on = '2026-11-24'`, id); n != 1 {
		t.Error("the complaint is not closed today")
	}
}

func TestEmptyPagesSayWhatToDo(t *testing.T) {
	s := newSample(t)
	s.exec(`TRUNCATE campaign, client CASCADE`)
	s.exec(`TRUNCATE inbox_mail`)
	s.exec(`DELETE FROM import_run`)
	b := s.visit("manager")
	for _, path := range []string{"/calls", "/campaigns", "/clients", "/clients?q=zzz", "/imports", "/inbox"} {
		if p := b.get(path); p.StatusCode != http.StatusOK || len(p.text(".empty")) < 40 {
			t.Errorf("%s: %d %q", path, p.StatusCode, p.text(".empty"))
		}
	}
}
