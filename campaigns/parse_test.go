package campaigns

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files and docs anew")

// TestProblemsOfDefinitions reads each file of testdata/problems: a definition, dashes, and all that is wrong with it.
func TestProblemsOfDefinitions(t *testing.T) {
	files, err := filepath.Glob("testdata/problems/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			source, want, _ := strings.Cut(string(content), "----\n")
			d, problems := Parse("c.yaml", source)
			if d != nil || len(problems) == 0 {
				t.Error("the definition was accepted")
			}
			var got strings.Builder
			for _, p := range problems {
				got.WriteString(p.String() + "\n")
			}
			if *update {
				if err := os.WriteFile(file, []byte(source+"----\n"+got.String()), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got.String() != want {
				t.Errorf("got\n%swant\n%s", got.String(), want)
			}
		})
	}
}

func TestConditions(t *testing.T) {
	f := reachable()
	f.Kind, f.Country, f.Revenue12m, f.RevenueTail, f.LastOrderOn = "company", "BE", 1200.5, 0.08, day(t, "2026-05-10")
	f.Attributes = []byte(`{"colour": "green", "size": 12, "rate": "1 234,5 %"}`)
	m := at(t, "2026-11-10", "")
	for _, c := range []struct {
		condition string
		want      bool
	}{
		{`client.kind == "company" and not client.blocked`, true},
		{`client.country in ["FR", "BE"]`, true},
		{`client.country not in ["FR", "BE"]`, false},
		{`revenue_12m >= 1200 && revenue_12m - 1000 < 300 * 1`, true},
		{`within(last_order_on, "6 months")`, true}, // the last day, inclusive
		{`within(last_order_on, "183 days")`, false},
		{`days_since(last_order_on) == 184`, true},
		{`last_order_on < date("2026-05-11")`, true},
		{`small_client`, true},
		{`has_ordered`, false}, // no first order in these facts
		{`rhythm > 0 or rhythm <= 0`, false},
		{`rhythm == nil`, true},
		{`last_order_on != nil and first_order_on == nil`, true},
		{`first_order_on < date("2026-01-01") or days_since(first_order_on) > 0 or within(first_order_on, "1 year")`, false},
		{`client.attributes.colour == "green" and client.attributes.size == "12" and client.attributes.none == ""`, true},
		{`number(client.attributes.size) >= 12 and number(client.attributes.rate) == 1234.5 and not (number(client.attributes.colour) > 0) and not (number(client.attributes.none) <= 0)`, true},
		{`number(client.attributes.colour) == nil and number(client.attributes.size) != nil`, true},
		{`client.sector contains "food" or client.kind startsWith "comp"`, true},
		{`-revenue_12m < 0 and orders / 2 == 0`, true},
		{`orders in [0, 1]`, true},
		{`not (mail_basis and has_mail)`, false},
	} {
		e, problems := ParseAudience(c.condition)
		if len(problems) > 0 {
			t.Errorf("%s: %v", c.condition, problems)
			continue
		}
		if got := e.Holds(&m, &f); got != c.want {
			t.Errorf("%s is %v", c.condition, got)
		}
	}
}

func TestOnlyTheFactsThatAreAskedForAreRead(t *testing.T) {
	named := func(d *Definition) map[string]bool {
		set := map[string]bool{}
		for _, f := range FactsFor(d) {
			set[f.Name] = true
		}
		return set
	}
	small, news := named(library(t, "small-client-check-in")), named(library(t, "newsletter"))
	if !small["revenue_tail"] || news["revenue_tail"] || small["small_client"] || !news["id"] || news["client.attributes"] {
		t.Errorf("small-client-check-in reads %v, newsletter %v", small, news)
	}
	var f Facts
	for _, fact := range FactTable {
		if fact.SQL == "" {
			if fact.From == "" {
				t.Errorf("%s is read from nowhere", fact.Name)
			}
			continue
		}
		if fact.Target(&f) == nil || fact.Meaning == "" {
			t.Errorf("%s has no field or no meaning", fact.Name)
		}
	}
}
