package campaigns

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestTouchStatesAreDocumentedAsTheyAre(t *testing.T) {
	documented := map[State][]State{}
	row := regexp.MustCompile(`(?m)^\| (–|[a-z_]+) \| ([a-z_, ]+) \|$`)
	for _, m := range row.FindAllStringSubmatch(read(t, "../docs/touch-states.md"), -1) {
		if m[1] == "from" {
			continue
		}
		for _, to := range strings.Split(m[2], ", ") {
			from := State(strings.TrimPrefix(m[1], "–"))
			documented[from] = append(documented[from], State(to))
		}
	}
	for _, from := range append([]State{start}, States...) {
		if !slices.Equal(documented[from], moves[from]) {
			t.Errorf("from %q: documented %v, in code %v", from, documented[from], moves[from])
		}
	}
}

func TestTheDatabaseKnowsTheSameWords(t *testing.T) {
	schema := read(t, "../internal/store/migrations/00001_init.sql")
	table := schema[strings.Index(schema, "CREATE TABLE touch ("):]
	for column, want := range map[string][]string{
		"state":   plain(States),
		"channel": plain([]Channel{Call, Mail, Survey}),
	} {
		if got := checked(t, table, column); !slices.Equal(got, sorted(want)) {
			t.Errorf("%s: the database allows %v, the code %v", column, got, sorted(want))
		}
	}
	calls := schema[strings.Index(schema, "CREATE TABLE call ("):]
	if got := checked(t, calls, "outcome"); !slices.Equal(got, sorted(plain(Outcomes))) {
		t.Errorf("outcomes: the database allows %v, the code %v", got, Outcomes)
	}
}

// checked lists the words that a column's check allows.
func checked(t *testing.T, table, column string) []string {
	t.Helper()
	m := regexp.MustCompile(`CHECK \(` + column + ` IN \(([^)]*)\)\)`).FindStringSubmatch(table)
	if m == nil {
		t.Fatalf("no check on %s", column)
	}
	return sorted(strings.Split(strings.ReplaceAll(m[1], "'", ""), ", "))
}

func plain[T ~string](list []T) []string {
	var out []string
	for _, w := range list {
		out = append(out, string(w))
	}
	return out
}

func sorted(list []string) []string {
	slices.Sort(list)
	return list
}

// TestFactsAreColumns holds every fact's SQL against the schema's columns.
func TestFactsAreColumns(t *testing.T) {
	schema := read(t, "../internal/store/migrations/00001_init.sql")
	body := func(name string) string {
		rest := schema[strings.Index(schema, "CREATE TABLE "+name+" ("):]
		return rest[:strings.Index(rest, "\n);")]
	}
	tables := map[string]string{"c": body("client"), "f": body("client_fact")}
	column := regexp.MustCompile(`^([cf])\.([a-z0-9_]+)`)
	for _, f := range FactTable {
		m := column.FindStringSubmatch(f.SQL)
		if m == nil {
			continue // made from another fact, or a query of its own
		}
		if !regexp.MustCompile(`(?m)^ +` + m[2] + ` `).MatchString(tables[m[1]]) {
			t.Errorf("%s reads %s, which the table does not have", f.Name, f.SQL)
		}
	}
}

func TestDefinitionsAreDocumented(t *testing.T) {
	const path = "../docs/definitions.md"
	want := reference()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if read(t, path) != want {
		t.Error("docs/definitions.md is not what the code says; run: go test ./campaigns -run Documented -update")
	}
}

// reference writes the definitions reference from the tables that definitions are read with.
func reference() string {
	var b strings.Builder
	b.WriteString(`# Definitions

This page is written from the code: ` + "`go test ./campaigns -run Documented -update`" + `.

A campaign is one YAML file, named after it. It is read strictly: an unknown key or word is an error that names the line,
the column and the nearest right word, and all errors are told at once. A complete one:

` + "```yaml\n" + shippedSource("welcome-call") + "```\n")
	section(&b, "Keys of a campaign", CampaignKeys)
	section(&b, "Keys of a step", StepKeys)
	b.WriteString("\n## Triggers\n\nA campaign has one. Periods are written as `5 working days`, `30 days`, `2 weeks`, `6 months` or `1 year`.\n")
	for _, t := range TriggerKeys {
		later := ""
		if t.Later {
			later = " Not yet available: a definition with it is refused."
		}
		fmt.Fprintf(&b, "\n### %s\n\nFires %s.%s\n\n| key | written | meaning |\n| --- | --- | --- |\n", t.Name, strings.TrimSuffix(t.Meaning, "."), later)
		rows(&b, t.Keys)
	}
	fmt.Fprintf(&b, "\n## What `then` may name\n\nCalls: %s. Mails and surveys: %s.\n", strings.Join(followable(Call), ", "), strings.Join(followable(Mail), ", "))
	b.WriteString(`
## Conditions

` + "`audience` and `only`" + ` are conditions over the facts below, in the expr language: ` + "`and`, `or`, `not`, `==`, `!=`, `<`, `<=`, `>`, `>=`, `in [\"a\", \"b\"]`, `contains`, `startsWith`, `endsWith`, `+`, `-`, `*`, `/`" + `, and these functions:

`)
	for _, name := range []string{"within", "days_since", "date", "number"} {
		fmt.Fprintf(&b, "- `%s`\n", functions[name])
	}
	b.WriteString("\n`within` is true from the day itself to the last day of the period, inclusive. An unknown number or date compares false with\neverything; `== nil` asks whether it is unknown. The conditions of `answers` and of the trigger `answer` see `score` (0 to\n10), `call_me` and, for calls, `outcome`.\n\n## Facts\n\n| fact | type | unit | meaning |\n| --- | --- | --- | --- |\n")
	for _, f := range FactTable {
		switch {
		case f.Name == "client.attributes":
			fmt.Fprintf(&b, "| `client.attributes.NAME` | text | | one of the file's other columns; empty when absent; `number(…)` reads it as a number |\n")
		case f.Type != Hidden:
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", f.Name, f.Type, f.Unit, f.Meaning)
		}
	}
	b.WriteString("\n## Who may be contacted\n\nThe checks ask in this order, at planning and again when due; the first that applies is the reason stored.\n\n")
	for i, r := range CheckOrder {
		effect := "waits until it no longer applies, or is too late"
		if r.Ends() {
			effect = "ends the touch"
		}
		if r.Curable() {
			effect += "; planned again when cured"
		}
		fmt.Fprintf(&b, "%d. `%s`: %s\n", i+1, r, effect)
	}
	return b.String()
}

func shippedSource(name string) string {
	for _, f := range Library() {
		if f.Name == name {
			return f.Source
		}
	}
	return ""
}

func section(b *strings.Builder, title string, keys []Key) {
	fmt.Fprintf(b, "\n## %s\n\n| key | written | meaning |\n| --- | --- | --- |\n", title)
	rows(b, keys)
}

func rows(b *strings.Builder, keys []Key) {
	for _, k := range keys {
		fmt.Fprintf(b, "| `%s` | `%s` | %s |\n", k.Name, k.Form, k.Meaning)
	}
}

func TestEveryReasonIsListed(t *testing.T) {
	declared := regexp.MustCompile(`(Reason\w+) +Reason = "`).FindAllStringSubmatch(read(t, "touch.go"), -1)
	if len(declared) != len(Reasons) || len(declared) < 20 {
		t.Errorf("%d reasons are declared, %d are listed", len(declared), len(Reasons))
	}
}
