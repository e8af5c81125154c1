package campaigns

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/relance/relance/internal/calendar"
)

// anyFacts draws a client whose dates lie before a day, with holes where companies have them.
func anyFacts(today calendar.Date) *rapid.Generator[Facts] {
	return rapid.Custom(func(t *rapid.T) Facts {
		ago := func(name string, most int) calendar.Date {
			n := rapid.IntRange(-1, most).Draw(t, name)
			if n < 0 {
				return 0
			}
			return today - calendar.Date(n)
		}
		yes := func(name string) bool { return rapid.IntRange(0, 9).Draw(t, name) > 0 }
		last := ago("last order", 700)
		f := Facts{
			ClientID: 1, Ref: fmt.Sprint("C", rapid.IntRange(0, 9999).Draw(t, "ref")), Country: rapid.SampledFrom([]string{"", "DE", "VE", "RE"}).Draw(t, "country"),
			LastOrderOn: last, FirstOrderOn: last, CreatedOn: today - calendar.Date(rapid.IntRange(0, 800).Draw(t, "created")),
			LastContactWith: ago("contact", 500), Rhythm: float64(rapid.IntRange(0, 200).Draw(t, "rhythm")), RevenueTail: 0.05,
			WeightTop: rapid.SampledFrom([]float64{0, 0.1, 0.9}).Draw(t, "weight"), HasMail: yes("mail"), HasPhone: yes("phone"), MailBasis: yes("basis"),
			MailOpposed: !yes("not opposed"), Consumer: !yes("company"), MailContactID: 1, CallContactID: 2,
		}
		if last != 0 && rapid.Bool().Draw(t, "older") {
			f.FirstOrderOn = last - calendar.Date(rapid.IntRange(0, 400).Draw(t, "first order"))
		}
		if rapid.IntRange(0, 9).Draw(t, "complaint") == 0 {
			f.OpenComplaints = 1
		}
		return f
	})
}

// apply does with decisions what the store does.
func apply(history []Touch, decisions []Decision) []Touch {
	history = slices.Clone(history)
	for _, d := range decisions {
		if d.ID == 0 {
			d.ID = int64(len(history) + 1)
			history = append(history, d.Touch)
			continue
		}
		for i := range history {
			if history[i].ID == d.ID {
				history[i] = d.Touch
			}
		}
	}
	return history
}

func TestPlanningTwiceChangesNothing(t *testing.T) {
	start := day(t, "2026-01-05")
	for _, file := range Library() {
		d := library(t, file.Name)
		t.Run(file.Name, func(t *testing.T) {
			rapid.Check(t, func(r *rapid.T) {
				m := at(t, "2026-01-05", "")
				var history []Touch
				today := start
				for range rapid.IntRange(1, 6).Draw(r, "passes") {
					today += calendar.Date(rapid.IntRange(0, 40).Draw(r, "days"))
					f := anyFacts(today).Draw(r, "facts")
					f.Ref = "C1"
					m.Now = today.In(m.House.Zone()).Add(6 * time.Hour)
					first := d.At(m).Plan(&f, history, nil)
					checkDecisions(r, history, first)
					history = apply(history, first)
					m.Since = today
					if again := d.At(m).Plan(&f, history, nil); len(again) > 0 {
						r.Fatalf("a second pass decided %s → %s (%s) %s", again[0].From, again[0].State, again[0].Reason, again[0].Occasion)
					}
				}
			})
		})
	}
}

// checkDecisions holds the laws of every pass: allowed moves only, one touch per step and occasion, allowed hours.
func checkDecisions(r *rapid.T, history []Touch, decisions []Decision) {
	for _, d := range decisions {
		if !CanMove(d.From, d.State) {
			r.Fatalf("%s to %s is not in the table of moves", d.From, d.State)
		}
		if d.State == Skipped && d.Reason == "" || d.State == Cancelled && d.Reason == "" {
			r.Fatalf("%s without a reason", d.State)
		}
		if d.State == Planned && (d.DueAt.IsZero() || !d.DeadlineAt.IsZero() && d.DeadlineAt.Before(d.DueAt)) {
			r.Fatalf("due %s, deadline %s", d.DueAt, d.DeadlineAt)
		}
		for _, h := range history {
			if d.ID == 0 && h.Step == d.Step && h.Occasion == d.Occasion {
				r.Fatalf("%s %s was planned twice", d.Step, d.Occasion)
			}
		}
	}
}

func TestTheOrderOfClientsAndHistoryChangesNothing(t *testing.T) {
	for _, file := range Library() {
		d := library(t, file.Name)
		t.Run(file.Name, func(t *testing.T) {
			rapid.Check(t, func(r *rapid.T) {
				m := at(t, "2026-12-01", "2026-11-30")
				p := d.At(m)
				clients := rapid.SliceOfN(anyFacts(p.today), 2, 6).Draw(r, "clients")
				made := map[int][]Decision{}
				var used Facts // filled again for each client, as the store does
				for i := range clients {
					used = clients[i]
					made[i] = p.Plan(&used, nil, nil)
				}
				for i := len(clients) - 1; i >= 0; i-- {
					used = clients[i]
					if again := p.Plan(&used, nil, nil); !reflect.DeepEqual(again, made[i]) {
						r.Fatalf("client %d: %+v, then %+v", i, made[i], again)
					}
				}
			})
		})
	}
}

func TestExplainAgreesWithPlan(t *testing.T) {
	for _, file := range Library() {
		d := library(t, file.Name)
		t.Run(file.Name, func(t *testing.T) {
			rapid.Check(t, func(r *rapid.T) {
				m := at(t, "2026-12-01", rapid.SampledFrom([]string{"", "2026-11-30"}).Draw(r, "since"))
				p := d.At(m)
				f := anyFacts(p.today).Draw(r, "facts")
				plan, lines := p.Plan(&f, nil, nil), p.Explain(&f, nil)
				if len(lines) == 0 {
					r.Fatal("nothing was explained")
				}
				clear := len(lines) == 1 && lines[0].Reason == ""
				if planned := len(plan) == 1 && plan[0].State == Planned; planned != clear {
					r.Fatalf("planned %+v, explained %+v", plan, lines)
				}
				if len(plan) == 1 && plan[0].State == Skipped && plan[0].Reason != lines[0].Reason {
					r.Fatalf("skipped for %s, explained by %s", plan[0].Reason, lines[0].Reason)
				}
			})
		})
	}
}
