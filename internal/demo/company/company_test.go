package company_test

import (
	"encoding/csv"
	"regexp"
	"sort"
	"strings"
	"testing"

	"github.com/relance/relance/internal/calendar"
	"github.com/relance/relance/internal/demo/company"
	"github.com/relance/relance/internal/importer"
)

var today = calendar.NewDate(2026, 11, 25)

// cells of every row of a kind, as maps by heading.
func cells(t *testing.T, files []company.File, kind importer.Kind) []map[string]string {
	t.Helper()
	for _, f := range files {
		if f.Kind != kind {
			continue
		}
		all, err := csv.NewReader(strings.NewReader(f.Text)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		var rows []map[string]string
		for _, r := range all[1:] {
			row := map[string]string{}
			for i, h := range all[0] {
				row[h] = r[i]
			}
			rows = append(rows, row)
		}
		return rows
	}
	return nil
}

func TestNothingInItCanBeReached(t *testing.T) {
	history := append(company.Generate(1, today).History(), company.Generate(1, today).Files(today-1, today+120)...)
	address := regexp.MustCompile(`^[a-z0-9.-]+@[a-z0-9-]+\.example$`)
	number := regexp.MustCompile(`^(01 99 00|02 61 91|03 53 01|04 65 71|05 36 49|06 39 98) \d\d \d\d$`)
	for _, f := range history {
		for _, row := range cells(t, []company.File{f}, f.Kind) {
			if v := row["email"]; v != "" && !address.MatchString(v) {
				t.Errorf("%s: address %s", f.Kind, v)
			}
			if v := row["phone"]; v != "" && !number.MatchString(v) {
				t.Errorf("%s: number %s", f.Kind, v)
			}
		}
	}
	if !strings.Contains(company.Name, "démonstration") {
		t.Error("the name does not say that it is a demonstration")
	}
}

func TestEveryRowPassesTheGate(t *testing.T) {
	for _, f := range company.Generate(1, today).History() {
		file, err := importer.Open(f.Kind, importer.Text(f.Name, f.Text), importer.Options{})
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		for err == nil {
			var row importer.Row
			if row, err = file.Next(); row.Reason != "" {
				t.Errorf("%s line %d, %s: %s", f.Name, row.Line, row.Column, row.Reason)
			}
		}
		if len(file.Ignored()) > 0 {
			t.Errorf("%s: headings %v are unknown", f.Name, file.Ignored())
		}
	}
}

func TestItHasAllKindsOfClients(t *testing.T) {
	history := company.Generate(1, today).History()
	clients := cells(t, history, importer.Clients)
	if len(clients) != 400 {
		t.Errorf("%d clients, want 400", len(clients))
	}
	count := map[string]int{}
	names := map[string]int{}
	for _, k := range clients {
		names[k["name"]]++
		count[k["country"]]++
		count[k["kind"]]++
		if k["blocked"] != "" {
			count["blocked"]++
		}
	}
	if len(names) != 400 {
		t.Errorf("only %d names for 400 clients", len(names))
	}
	first, last := map[string]string{}, map[string]string{}
	for _, o := range cells(t, history, importer.Orders) {
		if on := o["ordered_on"]; first[o["client"]] == "" || on < first[o["client"]] {
			first[o["client"]] = on
		}
		last[o["client"]] = max(last[o["client"]], o["ordered_on"])
		if o["ordered_on"] >= today.String() || o["delivered_on"] >= today.String() {
			t.Fatalf("order %s is of %s, delivered %s: after yesterday", o["order"], o["ordered_on"], o["delivered_on"])
		}
	}
	for ref := range first {
		if first[ref] >= (today - 20).String() {
			count["new"]++
		}
		if last[ref] < (today - 180).String() {
			count["silent"]++
		}
	}
	count["prospects"] = 400 - len(first)
	for _, a := range cells(t, history, importer.Activities) {
		if a["kind"] == "complaint" && a["closed_on"] == "" {
			count["open complaints"]++
		}
	}
	for what, least := range map[string]int{"FR": 300, "BE": 5, "CH": 3, "DE": 3, "consumer": 2, "sole_trader": 5, "blocked": 4, "new": 6, "silent": 20, "prospects": 20, "open complaints": 1} {
		if count[what] < least {
			t.Errorf("%d %s, want %d at least", count[what], what, least)
		}
	}
}

// However the days are cut, the last word on each order and activity is the same.
func TestDaysCanBeCutAnyhow(t *testing.T) {
	whole := last(t, company.Generate(7, today).Files(today-1, today+40))
	var cut []company.File
	for day := today - 1; day < today+40; day += 5 {
		cut = append(cut, company.Generate(7, today).Files(day, min(day+5, today+40))...)
	}
	pieces := last(t, cut)
	if len(whole) < 500 {
		t.Errorf("only %d rows in forty days", len(whole))
	}
	for key, row := range whole {
		if pieces[key] != row {
			t.Fatalf("%s: %q in pieces, %q as a whole", key, pieces[key], row)
		}
	}
	newcomers := cells(t, company.Generate(7, today).Files(today-1, today+40), importer.Clients)
	if len(newcomers) < 8 {
		t.Errorf("%d newcomers in forty days, want 8 at least", len(newcomers))
	}
}

// last gives the last row that files have for each key.
func last(t *testing.T, files []company.File) map[string]string {
	t.Helper()
	rows := map[string]string{}
	for _, f := range files {
		for _, row := range cells(t, []company.File{f}, f.Kind) {
			var parts []string
			for h, v := range row {
				parts = append(parts, h+"="+v)
			}
			sort.Strings(parts)
			rows[string(f.Kind)+" "+row["order"]+" "+row["ref"]+" "+row["line"]] = strings.Join(parts, " ")
		}
	}
	return rows
}

func TestNobodyOrdersBeforeHeIsExported(t *testing.T) {
	for seed := range uint64(3) {
		c := company.Generate(seed, today)
		known := map[string]bool{}
		day := func(files []company.File) {
			for _, row := range cells(t, files, importer.Clients) {
				known[row["ref"]] = true
			}
			for _, kind := range []importer.Kind{importer.Contacts, importer.Orders, importer.Activities, importer.Contracts} {
				for _, row := range cells(t, files, kind) {
					if !known[row["client"]] {
						t.Fatalf("seed %d: %s of %s, who was not exported", seed, kind, row["client"])
					}
				}
			}
		}
		day(c.History())
		for d := today; d < today+12; d++ {
			day(c.Files(d-1, d))
		}
	}
}
