package public_test

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/relance/relance/internal/look/barriers"
)

// everyPage asks for a page of each kind, in the language.
func everyPage(s *site, language string) map[string]string {
	s.exec(`UPDATE contact SET language = $1`, language)
	pages := map[string]string{}
	get := func(name, path string) { pages[name] = second(s.ask(http.MethodGet, path, nil)) }
	get("survey", s.surveyPath())
	pages["survey with a problem"] = second(s.ask(http.MethodPost, s.surveyPath(), url.Values{"comment": {"x"}}))
	get("stop", s.stopPath())
	s.ask(http.MethodPost, s.stopPath(), url.Values{"stop": {"mail"}})
	get("stopped", s.stopPath()+"?done")
	s.ask(http.MethodPost, s.stopPath(), url.Values{"stop": {"everything"}})
	get("all stopped", s.stopPath()+"?done")
	s.ask(http.MethodPost, s.surveyPath(), good())
	get("thanks", s.surveyPath())
	get("correction", s.surveyPath()+"?edit")
	s.exec(`UPDATE touch SET closes_at = '2026-03-04'`)
	get("closed", s.surveyPath())
	get("bad link", "/s/x")
	get("no page", "/x")
	return pages
}

func TestEveryPageInBothLanguagesWithoutScript(t *testing.T) {
	active := regexp.MustCompile(`(?i)<script|\son[a-z]+=|javascript:|style=`)
	unworded := regexp.MustCompile(`>[^<]*\b[a-z_]+\.[a-z_]+\b[^<]*<`) // an id that has no words is shown as itself
	for _, language := range []string{"fr", "en"} {
		for name, page := range everyPage(newSite(t), language) {
			if name != "bad link" && name != "no page" && !strings.Contains(page, `<html lang="`+language+`">`) {
				t.Errorf("%s, %s: not in its language", name, language)
			}
			if found := active.FindString(page); found != "" {
				t.Errorf("%s: %s", name, found)
			}
			for _, found := range unworded.FindAllString(page, -1) {
				if !strings.Contains(found, "example.com") {
					t.Errorf("%s, %s: %s", name, language, found)
				}
			}
			found, err := barriers.Find(page)
			if err != nil {
				t.Fatal(err)
			}
			for _, wrong := range found {
				t.Errorf("%s, %s: %s", name, language, wrong)
			}
		}
	}
}

func TestAFrenchPageHasItsSpaces(t *testing.T) {
	bare := regexp.MustCompile(`[^\x{00a0}\x{202f}] ?[:;!?»][ <]|« [^\x{00a0}]|'`)
	for name, page := range everyPage(newSite(t), "fr") {
		_, body, _ := strings.Cut(page, "<main")
		text := regexp.MustCompile(`<[^>]*>`).ReplaceAllString(body, " ")
		for _, line := range strings.Split(text, "\n") {
			if found := bare.FindString(line); found != "" && !strings.Contains(line, "\u00a0"+strings.TrimSpace(found)) {
				t.Errorf("%s: %q in %q", name, found, strings.TrimSpace(line))
			}
		}
	}
}

func TestEveryAnswerCarriesTheHeaders(t *testing.T) {
	s := newSite(t)
	for _, c := range []struct{ method, path string }{
		{"GET", s.surveyPath()}, {"POST", s.surveyPath()}, {"GET", s.stopPath()}, {"POST", s.stopPath()}, {"GET", "/s/x"}, {"GET", "/"}, {"GET", "/brand.css"}, {"GET", "/look/nothing.css"},
	} {
		_, _, h := s.ask(c.method, c.path, url.Values{})
		csp := h.Get("Content-Security-Policy")
		if !strings.HasPrefix(csp, "default-src 'none'") || strings.Contains(csp, "script-src") || strings.Contains(csp, "unsafe") || !strings.Contains(csp, "frame-ancestors 'none'") ||
			!strings.Contains(csp, "form-action 'self'") || !strings.Contains(csp, "base-uri 'none'") {
			t.Errorf("%s %s: policy %q", c.method, c.path, csp)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" || h.Get("Set-Cookie") != "" || h.Get("X-Robots-Tag") == "" {
			t.Errorf("%s %s: headers %v", c.method, c.path, h)
		}
	}
}

func TestEveryMessageHasWordsInBothLanguagesAndIsUsed(t *testing.T) {
	ids := map[string][]string{}
	for _, language := range []string{"fr", "en"} {
		text, err := os.ReadFile("words/" + language + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		words := map[string]any{}
		if err := yaml.Unmarshal(text, &words); err != nil {
			t.Fatal(err)
		}
		for id := range words {
			ids[language] = append(ids[language], id)
		}
		slices.Sort(ids[language])
	}
	if !slices.Equal(ids["fr"], ids["en"]) {
		t.Errorf("fr has %v\nen has %v", ids["fr"], ids["en"])
	}
	used := usedIDs(t)
	for _, id := range used {
		if !slices.Contains(ids["fr"], id) {
			t.Errorf("%s has no words", id)
		}
	}
	for _, id := range ids["fr"] {
		if !slices.Contains(used, id) {
			t.Errorf("%s is used nowhere", id)
		}
	}
}

// usedIDs finds the messages that pages and code ask for.
func usedIDs(t *testing.T) (used []string) {
	t.Helper()
	asked := regexp.MustCompile(`\bT(?: |\()"([a-z_.]+)"`)
	failed := regexp.MustCompile(`status, message(?: :?)= http\.\w+, "(\w+)"`)
	for _, pattern := range []string{"*.go", "pages/*.html"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range asked.FindAllStringSubmatch(string(text), -1) {
				used = append(used, m[1])
			}
			for _, m := range failed.FindAllStringSubmatch(string(text), -1) {
				used = append(used, m[1]+".title", m[1]+".text")
			}
		}
	}
	return used
}

func TestTheCompanysColourCanBeReadOn(t *testing.T) {
	for colour, ink := range map[string]string{"#7a1f3d": "#ffffff", "#ffe08a": "#1c2320", "#000000": "#ffffff", "#FFFFFF": "#1c2320"} {
		s := newSite(t)
		s.exec(`UPDATE setting SET value = $1 WHERE key = 'brand_colour'`, colour)
		status, css, header := s.ask(http.MethodGet, "/brand.css", nil)
		s.want(colour, status, 200, css, "--accent: "+colour, "--accent-ink: "+ink)
		if !strings.HasPrefix(header.Get("Content-Type"), "text/css") {
			t.Errorf("type %q", header.Get("Content-Type"))
		}
		if pale := strings.Contains(css, "a { color: var(--ink); }"); pale != (ink != "#ffffff") {
			t.Errorf("%s: links in ink: %v", colour, pale)
		}
	}
}
