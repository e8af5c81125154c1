package templates

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// progressive are the properties that Outlook on Windows or Gmail do not know, and why the letter is fine without.
var progressive = map[string]string{
	"border-radius":   "the button has square corners",
	"max-height":      "the preheader is hidden by display: none as well",
	"overflow":        "the preheader is hidden by display: none as well",
	"mso-padding-alt": "for Outlook alone, which pads the button's cell instead of its link",
}

// untested are properties so old that the data set has no page for them (CSS 1, HTML mail since the 1990s).
var untested = map[string]bool{"color": true}

var (
	mediaBlock   = regexp.MustCompile(`(?s)@media[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}`)
	declarations = regexp.MustCompile(`([a-z-]+):\s[^;{}]+;`)
)

func TestTheLetterUsesOnlyCSSThatMailProgramsKnow(t *testing.T) {
	features := canIEmail(t)
	css := strings.ReplaceAll(embedded("layout/letter.css"), "{{ company.colour }}", "red")
	css = strings.ReplaceAll(css, "{{ company.colour_ink }}", "red")
	used := map[string]bool{}
	for _, m := range declarations.FindAllStringSubmatch(mediaBlock.ReplaceAllString(css, ""), -1) {
		used[m[1]] = true
	}
	if len(used) < 15 {
		t.Fatalf("only %d properties found: the test reads the style sheet wrongly", len(used))
	}
	for property := range used {
		unknown := notKnownTo(features, property)
		if _, ok := progressive[property]; ok != (len(unknown) > 0) {
			t.Errorf("%s is not known to %v; listed as progressive: %v", property, unknown, ok)
		}
	}
}

// canIEmail reads the support of each CSS feature by mail program; the test is skipped where the data set is not there.
func canIEmail(t *testing.T) map[string]map[string][]string {
	t.Helper()
	data, err := os.ReadFile(shared(t, "data/caniemail/caniemail_latest.json"))
	if err != nil {
		t.Skip("the caniemail data set is not here: ", err)
	}
	var file struct {
		Features []struct {
			Slug    string
			Support map[string][]string
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	features := map[string]map[string][]string{}
	for _, f := range file.Features {
		features[f.Slug] = f.Support
	}
	return features
}

// notKnownTo lists the programs that do not know a property at all. A side (border-top) counts as its whole (border).
func notKnownTo(features map[string]map[string][]string, property string) []string {
	if untested[property] {
		return nil
	}
	support, ok := features["css-"+property]
	if !ok {
		whole, _, _ := strings.Cut(property, "-")
		if support, ok = features["css-"+whole]; !ok {
			return []string{"anyone"}
		}
	}
	var unknown []string
	for _, program := range []string{"outlook/windows", "gmail/desktop-webmail", "gmail/ios", "gmail/android"} {
		if v := support[program]; len(v) == 2 && strings.HasPrefix(v[1], "n") {
			unknown = append(unknown, program)
		}
	}
	return unknown
}

// shared finds a file of the folder beside the repository.
func shared(t *testing.T, name string) string {
	t.Helper()
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return filepath.Join(folder, "../shared", name)
		}
		if folder == filepath.Dir(folder) {
			t.Fatal("no go.mod above the test")
		}
		folder = filepath.Dir(folder)
	}
}

func TestTheLetterCarriesItsStylesInItsElements(t *testing.T) {
	r := rendered(t, mailOf(t, "Bonjour.\n\n[Voir]({{ stop_url }})"), Sample("fr"))
	style := r.HTML[strings.Index(r.HTML, "<head>"):strings.Index(r.HTML, "</head>")]
	for _, c := range []struct{ name, in, want string }{
		{"the paragraph", r.HTML, `<p style="margin:0 0 18px">Bonjour.</p>`},
		{"the button's cell, for Outlook", r.HTML, `mso-padding-alt:14px 26px`},
		{"the colour, once", r.HTML, `background-color:` + ownColour},
		{"dark mode", style, "prefers-color-scheme: dark"},
		{"narrow screens", style, "max-width: 620px"},
	} {
		if !strings.Contains(c.in, c.want) {
			t.Errorf("%s: no %q in\n%s", c.name, c.want, c.in)
		}
	}
	if strings.Contains(style, ".sheet p {\nmargin") || strings.Count(r.HTML, ownColour) > 1 {
		t.Errorf("styles are left in the head, or the colour is used more than once:\n%s", r.HTML)
	}
}

// Gmail cuts a message at 102 kB; a letter is far from it.
func TestShippedMailsAreSmall(t *testing.T) {
	set := Shipped()
	for _, name := range shippedMails {
		m, err := set.Mail(name, "fr")
		if err != nil {
			t.Fatal(err)
		}
		if size := len(rendered(t, m, Sample("fr")).HTML); size > 12_000 {
			t.Errorf("%s has %d bytes of HTML", name, size)
		}
	}
}
