package main

import (
	"flag"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/relance/relance/internal/store"
)

var update = flag.Bool("update", false, "write the parts of docs that are made from code")

const operationsPage = "../../docs/operations.md"

// TestBusinessSettingsAreDocumented keeps the table between the two marks of docs/operations.md as the store has it.
func TestBusinessSettingsAreDocumented(t *testing.T) {
	const begin, end = "<!-- made by: go test ./cmd/relance -run Documented -update -->\n", "<!-- end -->\n"
	page := readPage(t, operationsPage)
	before, rest, found := strings.Cut(page, begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s has lost its marks", operationsPage)
	}
	want := before + begin + settingsTable() + end + after
	if *update {
		if err := os.WriteFile(operationsPage, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if page != want {
		t.Errorf("%s is not what the code says; run: go test ./cmd/relance -run Documented -update", operationsPage)
	}
}

func settingsTable() string {
	var b strings.Builder
	b.WriteString("| setting | default | meaning |\n| --- | --- | --- |\n")
	for _, s := range store.SettingTable {
		shown := ""
		if s.Default != "" {
			shown = "`" + s.Default + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", s.Key, shown, s.Meaning)
	}
	return b.String()
}

func TestEveryEnvironmentVariableIsDocumented(t *testing.T) {
	row := regexp.MustCompile("(?m)^\\| `(RELANCE_[A-Z_]+)` \\|")
	var documented, read []string
	for _, m := range row.FindAllStringSubmatch(readPage(t, operationsPage), -1) {
		documented = append(documented, m[1])
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Config]()) {
		read = append(read, f.Tag.Get("env"))
	}
	if !slices.Equal(documented, read) {
		t.Errorf("docs/operations.md has %v, Config reads %v", documented, read)
	}
}

// TestEveryCommandInTheDocsParses takes each line that begins with `relance` and gives it to the parser of the command line.
func TestEveryCommandInTheDocsParses(t *testing.T) {
	line := regexp.MustCompile("(?m)(?:^ *|`)relance ((?:campaign|plan|forecast|touches|calls|results|unsure|basis|user|settings|serve|migrate|doctor|import|source)[^`\n]*)")
	for _, page := range []string{"../../README.md", operationsPage, "../../docs/campaigns.md", "../../docs/import.md"} {
		lines := line.FindAllStringSubmatch(readPage(t, page), -1)
		if len(lines) < 2 {
			t.Errorf("%s shows %d commands", page, len(lines))
		}
		for _, m := range lines {
			command, _, _ := strings.Cut(m[1], " #")
			if problem := parses(t, command); problem != "" {
				t.Errorf("%s: relance %s: %s", page, command, problem)
			}
		}
	}
}

func readPage(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// parses says what is wrong with a command line; a file or folder that the reader is meant to have may be missing.
func parses(t *testing.T, command string) string {
	t.Helper()
	var cli CLI
	parser, err := kong.New(&cli, kong.Name("relance"))
	if err != nil {
		t.Fatal(err)
	}
	var args []string
	for _, word := range regexp.MustCompile(`(?:'[^']*'|[^\s'])+`).FindAllString(command, -1) {
		if word == "ID" || word == "RUN" {
			word = "1"
		}
		args = append(args, strings.ReplaceAll(word, "'", ""))
	}
	if _, err := parser.Parse(args); err != nil && !strings.Contains(err.Error(), "no such file") {
		return err.Error()
	}
	return ""
}

func TestEveryPackageHasItsLineInTheArchitecture(t *testing.T) {
	page := readPage(t, "../../docs/architecture.md")
	for _, p := range ours(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		if name != "internal/testkit/smtpsink" && !strings.Contains(page, "`"+name+"`") {
			t.Errorf("docs/architecture.md does not name %s", name)
		}
	}
}
