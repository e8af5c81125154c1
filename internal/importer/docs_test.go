package importer

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the parts of docs that are made from code")

// TestColumnsAreDocumented keeps the tables between the two marks of docs/import.md as the importer has them.
func TestColumnsAreDocumented(t *testing.T) {
	const path = "../../docs/import.md"
	const begin, end = "<!-- made by: go test ./internal/importer -run Documented -update -->\n", "<!-- end -->\n"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s has lost its marks", path)
	}
	want := before + begin + columnTables() + end + after
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(text) != want {
		t.Errorf("%s is not what the code says; run: go test ./internal/importer -run Documented -update", path)
	}
}

// shownHeadings is how many of the usual headings a table shows.
const shownHeadings = 6

// formWords say in a table how a cell is read.
var formWords = map[form]string{
	text: "text", key: "text", cancelled: "yes or no, or the date of it", hold: "text; no is nothing", status: "a word; cancelled ones count, the others say nothing", vat: "VAT number", document: "order, invoice, delivery, credit note, return; a quote is rejected",
	number: "number", whole: "whole number", fraction: "0.05 or 5 %", date: "date", moment: "date, with or without a time",
	yes: "yes or no", country: "code or name of a country", tongue: "code of a language", zone: "time zone, such as Europe/Paris",
	phone: "telephone number, kept as it is", email: "e-mail address", siren: "SIREN or SIRET", clientKind: "company, sole_trader, consumer",
	activityKind: "visit, call, complaint, maintenance, note", contractKind: "tender, framework", basisKind: "consent, information, generic", risk: "low, medium, high",
}

func columnTables() string {
	var b strings.Builder
	for _, kind := range Kinds() {
		fmt.Fprintf(&b, "\n### %s\n\n| column | needed | read as | also found under |\n| --- | --- | --- | --- |\n", kind)
		for _, c := range columns(kind) {
			needed := ""
			if c.needed {
				needed = "yes"
			}
			usual := slices.DeleteFunc(slices.Clone(c.usual), func(u string) bool { return u == together })
			headings := slices.Clone(usual[:min(len(usual), shownHeadings)])
			if len(usual) > shownHeadings {
				headings = append(headings, "…")
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", c.name, needed, formWords[c.form], strings.Join(headings, ", "))
		}
	}
	b.WriteString("\n")
	return b.String()
}

func TestEveryFormHasWords(t *testing.T) {
	for _, kind := range Kinds() {
		for _, c := range columns(kind) {
			if formWords[c.form] == "" {
				t.Errorf("%s.%s is read in a form without words", kind, c.name)
			}
		}
	}
}
