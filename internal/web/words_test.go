package web

import (
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/relance/relance/campaigns"
)

func TestTheOtherLanguage(t *testing.T) {
	s := newSample(t)
	b := s.visit("rep")
	if p := b.post("/language", url.Values{"language": {"en"}, "back": {"/calls"}}); p.Header.Get("Location") != "/calls" {
		t.Fatalf("%d to %q", p.StatusCode, p.Header.Get("Location"))
	}
	p := b.get("/calls")
	if p.Doc.Find("html").AttrOr("lang", "") != "en" || p.text("h1") != "Tuesday 24 November" || p.text("h1 + p") != "4 calls today, 1 of them planned for an earlier day" {
		t.Errorf("%q, %q", p.text("h1"), p.text("h1 + p"))
	}
	if !strings.Contains(p.text("article"), "€14,594 over twelve months.") {
		t.Errorf("amounts: %q", p.text("article"))
	}
}

// Every message that a page or the code asks for is there, in both languages; and no page shows an id.
func TestEveryWordIsThereInBothLanguages(t *testing.T) {
	keys := map[string]map[string]any{}
	for _, l := range []string{"fr", "en"} {
		text, err := os.ReadFile("words/" + l + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		words := map[string]any{}
		if err := yaml.Unmarshal(text, &words); err != nil {
			t.Fatal(err)
		}
		keys[l] = words
	}
	for id := range keys["fr"] {
		if _, ok := keys["en"][id]; !ok {
			t.Errorf("%s: not in English", id)
		}
	}
	for id := range keys["en"] {
		if _, ok := keys["fr"][id]; !ok {
			t.Errorf("%s: not in French", id)
		}
	}
	for _, code := range campaigns.Reasons {
		if keys["fr"]["reason."+string(code)] == nil {
			t.Errorf("reason %s has no words", code)
		}
	}
	for _, state := range campaigns.States {
		for _, id := range []string{"state.", "sum.", "touches."} {
			if keys["fr"][id+string(state)] == nil {
				t.Errorf("state %s has no words %s…", state, id)
			}
		}
	}
	for _, setting := range pageSettings() {
		if keys["fr"]["setting."+setting.Key] == nil {
			t.Errorf("setting %s has no words", setting.Key)
		}
	}
	asked := regexp.MustCompile(`\bT "([a-z_.]+)"|\bT\("([a-z_.]+)"[,)]`)
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := fs.Glob(pageFiles, "pages/*.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, pages...) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range asked.FindAllStringSubmatch(string(text), -1) {
			if id := m[1] + m[2]; keys["fr"][id] == nil && !strings.HasSuffix(file, "_test.go") {
				t.Errorf("%s asks for %s, which is nowhere", file, id)
			}
		}
	}
}

func TestNoPageShowsAnIdOfAMessage(t *testing.T) {
	s := newSample(t)
	id := regexp.MustCompile(`\b(state|sum|reason|outcome|made|channel|campaign|client|call|calls|why|role|import|setting|activity|trigger|period|touches|basis|stopped)\.[a-z_]{3,}\b`)
	for _, role := range []string{"manager", "rep"} {
		b := s.visit(role)
		for _, path := range []string{"/calls", "/calls/1", "/calls/2", "/clients", "/clients/C2", "/clients/C3", "/campaigns", "/campaigns/satisfaction-survey", "/campaigns/welcome-call", "/campaigns/lost-client-questionnaire/touches", "/imports", "/settings", "/users", "/inbox"} {
			p := b.get(path)
			p.Doc.Find("pre, code").Remove()
			if found := id.FindString(strings.ReplaceAll(p.Doc.Find("body").Text(), "@client.example", "")); found != "" {
				t.Errorf("%s shows %s", path, found)
			}
		}
	}
}
