package templates

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

var (
	shippedMails   = []string{"welcome-missed", "satisfaction-invitation", "satisfaction-reminder", "newsletter", "lost-client-invitation", "lost-client-reminder"}
	shippedScripts = []string{"welcome", "check-in", "detractor", "lost-client"}
)

func TestShippedTextsHaveNoProblems(t *testing.T) {
	set, problems := NewSet(shippedFiles())
	for _, step := range []struct{ kind, name string }{
		{KindMail, "welcome-missed"}, {KindMail, "newsletter"}, {KindSurvey, "satisfaction"}, {KindSurvey, "lost-client"},
		{KindScript, "welcome"}, {KindScript, "check-in"}, {KindScript, "detractor"}, {KindScript, "lost-client"},
	} {
		problems = append(problems, set.Check(step.kind, step.name, nil)...)
	}
	for _, p := range problems {
		t.Error(p)
	}
}

func TestShippedMailsRenderAsTheGoldenFilesSay(t *testing.T) {
	set := Shipped()
	for _, name := range shippedMails {
		for _, language := range Languages {
			m, err := set.Mail(name, language)
			if err != nil {
				t.Fatal(err)
			}
			for sample, values := range map[string]Values{"": Sample(language), "-sparse": Sparse(language)} {
				r, err := m.Render(values)
				if err != nil {
					t.Fatal(err)
				}
				golden(t, name+"."+language+sample+".txt", "Subject: "+r.Subject+"\nFrom: "+r.FromName+"\n\n"+r.Text)
				if sample == "" {
					golden(t, name+"."+language+".html", r.HTML)
				}
			}
		}
	}
}

func TestShippedScriptsRenderAsTheGoldenFilesSay(t *testing.T) {
	set := Shipped()
	for _, name := range shippedScripts {
		for _, language := range Languages {
			s, err := set.Script(name, language)
			if err != nil {
				t.Fatal(err)
			}
			for sample, values := range map[string]Values{"": Sample(language), "-sparse": Sparse(language)} {
				spoken, err := s.Render(values)
				if err != nil {
					t.Fatal(err)
				}
				golden(t, "script-"+name+"."+language+sample+".txt", spoken.Title+"\n\n"+spoken.Text)
			}
		}
	}
}

// A text that calls a client lost would read as a reproach, or as a farewell.
func TestNoTextForClientsSpeaksOfLosingThem(t *testing.T) {
	for file, text := range shippedFiles() {
		if !strings.HasPrefix(file, "mails/") && !strings.HasPrefix(file, "questionnaires/") {
			continue
		}
		for _, line := range strings.Split(strings.ToLower(text), "\n") {
			if strings.HasPrefix(line, "questionnaire:") || strings.HasPrefix(line, "#") {
				continue
			}
			for _, word := range []string{"perdu", "lost"} {
				if strings.Contains(line, word) {
					t.Errorf("%s says %q: %s", file, word, line)
				}
			}
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (go test -update writes it anew after a wanted change); got:\n%s", file, got)
	}
}
