package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/relance/relance/internal/store"
)

func TestAddingSomebody(t *testing.T) {
	s := newSample(t)
	links := make(chan string, 9)
	s.site.SendLogin = func(_ context.Context, to store.User, link string) error { links <- to.Email + " " + link; return nil }
	b := s.visit("manager")
	good := url.Values{"name": {"Nina Roy"}, "email": {" Nina@Brunel.example"}, "role": {"rep"}, "rep": {"R2"}, "language": {"en"}}
	for name, c := range map[string]struct{ field, value, problem string }{
		"no name":                  {"name", " ", "#name-problem"},
		"no address":               {"email", "nina", "#email-problem"},
		"somebody who is there":    {"email", "ANA@brunel.example", "#email-problem"},
		"a rep of nobody":          {"rep", "", "#rep-problem"},
		"a rep who does not exist": {"rep", "R9", "#rep-problem"},
		"an unknown role":          {"role", "king", "#role-problem"},
		"an operator by a manager": {"role", "operator", "#role-problem"},
	} {
		form := url.Values{}
		for field := range good {
			form.Set(field, good.Get(field))
		}
		form.Set(c.field, c.value)
		p := b.post("/users", form)
		if p.StatusCode != http.StatusUnprocessableEntity || p.text(c.problem) == "" || c.field != "name" && p.Doc.Find("#name").AttrOr("value", "") != "Nina Roy" {
			t.Errorf("%s: %d, %q", name, p.StatusCode, p.text(c.problem))
		}
	}
	if n := s.id(`SELECT count(*) FROM app_user WHERE name = 'Nina Roy' OR role = 'operator'`); n != 1 {
		t.Fatalf("%d users were made or raised", n-1)
	}
	if p := b.post("/users", good); p.StatusCode != http.StatusSeeOther {
		t.Fatalf("a good form: %d %s", p.StatusCode, p.text("main"))
	}
	if n := s.id(`SELECT count(*) FROM app_user u JOIN rep r ON r.id = u.rep_id WHERE u.email = 'nina@brunel.example' AND u.role = 'rep' AND r.ref = 'R2' AND u.language = 'en'`); n != 1 {
		t.Error("nobody was added as asked")
	}
	if sent := <-links; !strings.HasPrefix(sent, "nina@brunel.example http://127.0.0.1:8080/login?token=") {
		t.Errorf("sent %q", sent)
	}
}

func TestWhoIsSwitchedOffIsOutAtOnce(t *testing.T) {
	s := newSample(t)
	julie, boss := s.visit("rep"), s.visit("manager")
	spare, err := s.store.MakeLoginLink(t.Context(), s.users["rep"].ID, linkLife, false)
	s.must(err)
	path := "/users/" + itoa(s.users["rep"].ID)
	if p := boss.post(path+"/off", nil); p.StatusCode != http.StatusSeeOther {
		t.Fatalf("off: %d %s", p.StatusCode, p.text("main"))
	}
	if p := julie.get("/calls"); p.StatusCode != http.StatusSeeOther || !strings.HasPrefix(p.Header.Get("Location"), "/login") {
		t.Errorf("her next page: %d to %q", p.StatusCode, p.Header.Get("Location"))
	}
	if p := s.visit("").post("/login", url.Values{"token": {spare}}); p.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("an unspent link: %d, want 422", p.StatusCode)
	}
	if p := boss.post(path+"/off", nil); p.StatusCode != http.StatusConflict {
		t.Errorf("off twice: %d, want 409", p.StatusCode)
	}
	if p := boss.post(path+"/link", nil); p.StatusCode != http.StatusNotFound {
		t.Errorf("a link for somebody who is off: %d, want 404", p.StatusCode)
	}
	if p := boss.post(path+"/on", nil); p.StatusCode != http.StatusSeeOther || julie.get("/calls").StatusCode != http.StatusOK {
		t.Errorf("on again: %d", p.StatusCode)
	}
}

func TestWhomNobodyMaySwitch(t *testing.T) {
	s := newSample(t)
	for name, c := range map[string]struct {
		as, whom string
		want     int
	}{
		"a manager an operator":  {"manager", "operator", http.StatusForbidden},
		"a manager herself":      {"manager", "manager", http.StatusForbidden},
		"a marketer a rep":       {"marketer", "rep", http.StatusForbidden},
		"an operator a manager":  {"operator", "manager", http.StatusSeeOther},
		"an operator a marketer": {"operator", "marketer", http.StatusSeeOther},
	} {
		t.Run(name, func(t *testing.T) {
			s.exec(`UPDATE app_user SET active = true`)
			if p := s.visit(c.as).post("/users/"+itoa(s.users[c.whom].ID)+"/off", nil); p.StatusCode != c.want {
				t.Errorf("%d, want %d", p.StatusCode, c.want)
			}
		})
	}
	if p := s.visit("operator").post("/users/"+itoa(s.users["rep"].ID)+"/crown", nil); p.StatusCode != http.StatusNotFound {
		t.Errorf("an action that does not exist: %d", p.StatusCode)
	}
}
