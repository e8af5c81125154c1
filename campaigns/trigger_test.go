package campaigns

import (
	"testing"
	"time"

	"github.com/relance/relance/internal/calendar"
)

// reachable is a client whom nothing keeps from being contacted.
func reachable() Facts {
	return Facts{ClientID: 7, Ref: "C7", RepID: 3, InsideRepID: 4, MailContactID: 11, CallContactID: 12, HasMail: true, HasPhone: true, MailBasis: true}
}

func definition(t testing.TB, source string) *Definition {
	t.Helper()
	d, problems := Parse("test.yaml", source)
	for _, p := range problems {
		t.Error(p)
	}
	if d == nil {
		t.FailNow()
	}
	return d
}

// planned is what a pass makes for a client without history: the one touch, or none.
func planned(t testing.TB, d *Definition, m Moment, f Facts, history ...Touch) *Touch {
	t.Helper()
	out := d.At(m).Plan(&f, history, nil)
	switch len(out) {
	case 0:
		return nil
	case 1:
		return &out[0].Touch
	}
	t.Fatalf("%d decisions, want one: %+v", len(out), out)
	return nil
}

func TestFirstOrder(t *testing.T) {
	d := library(t, "welcome-call")
	for _, c := range []struct {
		name                        string
		ordered, delivered, created string
		today, since                string
		want                        string // triggered_on; empty: nothing
	}{
		{"5 working days after the order, over a week-end", "2026-11-02", "", "", "2026-11-09", "2026-11-08", "2026-11-09"},
		{"a day earlier it is too early", "2026-11-02", "", "", "2026-11-08", "2026-11-07", ""},
		{"armistice is no working day", "2026-11-06", "", "", "2026-11-16", "2026-11-15", "2026-11-16"},
		{"2 working days after delivery", "2026-11-02", "2026-11-12", "", "2026-11-16", "2026-11-15", "2026-11-16"},
		{"delivered before the order was entered", "2026-11-12", "2026-11-10", "", "2026-11-13", "2026-11-12", "2026-11-13"},
		{"delivery to come is waited for", "2026-11-02", "2026-11-20", "", "2026-11-23", "2026-11-22", ""},
		{"the last day of the window", "2026-11-02", "", "", "2026-12-02", "", "2026-11-09"},
		{"the window has passed", "2026-11-02", "", "", "2026-12-03", "", ""},
		{"the first pass keeps the rule's own day", "2026-11-02", "", "", "2026-11-13", "", "2026-11-09"},
		{"an order that was imported late keeps the rule's own day", "2026-11-02", "", "", "2026-11-18", "2026-11-17", "2026-11-09"},
		{"entered long after its delivery: true from the order on", "2026-11-12", "2026-11-03", "", "2026-11-12", "2026-11-11", "2026-11-12"},
		{"a pass missed is caught up with the rule's day", "2026-11-02", "", "", "2026-11-13", "2026-11-06", "2026-11-09"},
		{"created 90 days before", "2026-11-02", "", "2026-08-04", "2026-11-09", "", "2026-11-09"},
		{"created 91 days before", "2026-11-02", "", "2026-08-03", "2026-11-09", "", ""},
		{"no order", "", "", "2026-11-01", "2026-11-09", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := reachable()
			f.FirstOrderOn, f.FirstDeliveredOn, f.CreatedOn = day(t, c.ordered), day(t, c.delivered), day(t, c.created)
			got := planned(t, d, at(t, c.today, c.since), f)
			checkTriggered(t, got, c.want, "first-order")
		})
	}
}

func checkTriggered(t *testing.T, got *Touch, want, occasion string) {
	t.Helper()
	if want == "" {
		if got != nil {
			t.Errorf("planned %s triggered on %s, want nothing", got.Occasion, got.TriggeredOn)
		}
		return
	}
	if got == nil {
		t.Fatalf("nothing was planned, want %s triggered on %s", occasion, want)
	}
	if got.TriggeredOn != day(t, want) || got.Occasion != occasion || got.State != Planned {
		t.Errorf("%s %s triggered on %s, want planned %s on %s", got.State, got.Occasion, got.TriggeredOn, occasion, want)
	}
}

func TestSilent(t *testing.T) {
	d := library(t, "lost-client-questionnaire")
	for _, c := range []struct {
		name     string
		ordered  string
		rhythm   float64
		today    string
		want     string
		occasion string
	}{
		// 3 × 30 = 90 days are over long before six months: 2026-01-15 + 6 months is 07-15.
		{"a quick rhythm waits for the lower bound", "2026-01-15", 30, "2026-07-15", "2026-07-15", "silent:2026-01-15"},
		{"one day earlier", "2026-01-15", 30, "2026-07-14", "", ""},
		// 3 × 60.5 = 181.5, so 182 silent days after 2026-03-01: to 07-31 are 152, August adds 6 to 08-31, 24 more make 09-24.
		{"half days are rounded up and August does not count", "2026-03-01", 60.5, "2026-09-24", "2026-09-24", "silent:2026-03-01"},
		{"the day before", "2026-03-01", 60.5, "2026-09-23", "", ""},
		{"without a rhythm it takes 12 months", "2025-03-31", 0, "2026-03-31", "2026-03-31", "silent:2025-03-31"},
		{"the last day of 18 months", "2025-01-15", 0, "2026-07-15", "2026-01-15", "silent:2025-01-15"},
		{"after 18 months never", "2025-01-15", 0, "2026-07-16", "", ""},
		{"a rhythm of a year would fire after the upper bound", "2025-01-15", 365, "2026-07-15", "", ""},
		{"no order, no silence", "", 0, "2026-07-15", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := reachable()
			f.FirstOrderOn, f.LastOrderOn, f.Rhythm, f.WeightTop = day(t, c.ordered), day(t, c.ordered), c.rhythm, 0.5
			checkTriggered(t, planned(t, d, at(t, c.today, ""), f), c.want, c.occasion)
			stale := at(t, c.today, "")
			stale.Fresh = false
			if got := planned(t, d, stale, f); got != nil {
				t.Errorf("planned %s although order data is stale", got.Occasion)
			}
			fresh := at(t, c.today, c.today) // the rule has waited through earlier passes
			checkTriggered(t, planned(t, d, fresh, f), c.want, c.occasion)
		})
	}
}

func TestClosedClientsAreNotAskedWhy(t *testing.T) {
	d := library(t, "lost-client-questionnaire")
	for _, c := range []struct {
		name, closed, want string
	}{
		{"closed yesterday", "2026-07-14", ""},
		{"closes today", "2026-07-15", ""},
		{"will close: it is open today", "2026-07-16", "2026-07-15"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := reachable()
			f.FirstOrderOn, f.LastOrderOn, f.Rhythm, f.WeightTop = day(t, "2026-01-15"), day(t, "2026-01-15"), 30, 0.5
			f.ClosedOn = day(t, c.closed)
			checkTriggered(t, planned(t, d, at(t, "2026-07-15", ""), f), c.want, "silent:2026-01-15")
		})
	}
}

func TestLargeSilentClientsAreCalledFirst(t *testing.T) {
	d := library(t, "lost-client-questionnaire")
	for _, c := range []struct {
		weight float64
		want   string
	}{{0.2, "call"}, {0.21, "questionnaire"}, {0, "questionnaire"}} {
		f := reachable()
		f.FirstOrderOn, f.LastOrderOn, f.WeightTop = day(t, "2025-06-01"), day(t, "2025-06-01"), c.weight
		if got := planned(t, d, at(t, "2026-06-01", ""), f); got == nil || got.Step != c.want {
			t.Errorf("weight %v: %+v, want step %s", c.weight, got, c.want)
		}
	}
}

func TestContactsPerYear(t *testing.T) {
	d := library(t, "small-client-check-in")
	f := reachable()
	f.CreatedOn, f.LastOrderOn, f.RevenueTail = day(t, "2025-01-10"), day(t, "2026-05-01"), 0.05
	f.LastContactWith = day(t, "2026-03-02")
	unreachable := Touch{ID: 1, Step: "call", Channel: Call, Occasion: "since:2026-03-02", State: Done, Outcome: Unreachable, EndedAt: day(t, "2026-09-10").Time().Add(9 * time.Hour)}
	again := unreachable
	again.ID, again.Occasion, again.EndedAt = 2, "since:2026-03-02:1", day(t, "2026-12-10").Time().Add(9*time.Hour)
	late := unreachable
	late.State, late.Outcome, late.Reason = Skipped, "", ReasonTooLate
	reached := unreachable
	reached.Outcome = Reached
	older := unreachable
	older.Occasion = "since:2025-08-01"
	for _, c := range []struct {
		name     string
		today    string
		history  []Touch
		want     string
		occasion string
	}{
		{"182 days after the last contact", "2026-08-31", nil, "2026-08-31", "since:2026-03-02"},
		{"the day before", "2026-08-30", nil, "", ""},
		{"a try of an older base changes nothing", "2026-08-31", []Touch{older}, "2026-08-31", "since:2026-03-02"},
		{"91 days after a try that reached nobody", "2026-12-10", []Touch{unreachable}, "2026-12-10", "since:2026-03-02:1"},
		{"90 days after it", "2026-12-09", []Touch{unreachable}, "", ""},
		{"what came too late counts as nobody reached", "2026-12-10", []Touch{late}, "2026-12-10", "since:2026-03-02:1"},
		{"91 days after the second", "2027-03-11", []Touch{unreachable, again}, "2027-03-11", "since:2026-03-02:2"},
		{"in any order of the history", "2027-03-11", []Touch{again, unreachable}, "2027-03-11", "since:2026-03-02:2"},
		{"who was reached is left alone until the contact is known", "2026-12-20", []Touch{reached}, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			checkTriggered(t, planned(t, d, at(t, c.today, ""), f, c.history...), c.want, c.occasion)
		})
	}
}

// TestBecomingSmallLater: the rule of one who was not small on the day of the contact is true from the day on which it is,
// of which no more is known than that the last pass did not see it.
func TestBecomingSmallLater(t *testing.T) {
	d := library(t, "small-client-check-in")
	f := reachable()
	f.CreatedOn, f.LastOrderOn, f.LastContactWith = day(t, "2025-01-10"), day(t, "2026-05-01"), day(t, "2026-03-02") // 08-31
	for _, c := range []struct {
		name         string
		tail         float64
		today, since string
		want         string
	}{
		{"not small", 0.5, "2026-10-05", "2026-10-04", ""},
		{"small since yesterday's pass", 0.05, "2026-10-05", "2026-10-04", "2026-10-05"},
		{"small at some time since the pass of Friday", 0.05, "2026-10-05", "2026-10-02", "2026-10-03"},
		{"small since an import after today's pass", 0.05, "2026-10-05", "2026-10-05", "2026-10-05"},
		{"the first pass cannot know", 0.05, "2026-10-05", "", "2026-08-31"},
	} {
		f.RevenueTail = c.tail
		t.Run(c.name, func(t *testing.T) {
			checkTriggered(t, planned(t, d, at(t, c.today, c.since), f), c.want, "since:2026-03-02")
		})
	}
}

func TestFirstRoundIsSpreadOverAPeriod(t *testing.T) {
	d := library(t, "small-client-check-in")
	m := at(t, "2026-03-02", "")
	m.Begun = m.Now
	months := map[time.Month]int{}
	for i := range 600 {
		f := reachable()
		f.Ref = string(rune('A'+i%26)) + string(rune('a'+i/26))
		f.CreatedOn, f.LastOrderOn, f.RevenueTail = day(t, "2020-01-01"), day(t, "2026-01-15"), 0.01
		if i%2 == 0 { // an old contact is no reason to be called on the first day
			f.LastContactWith = f.CreatedOn
		}
		got := planned(t, d, m, f)
		if got == nil || got.TriggeredOn != day(t, "2020-01-01")+182 {
			t.Fatalf("%s: %+v, want a touch triggered 182 days after its creation", f.Ref, got)
		}
		if last := day(t, "2026-03-02") + 181; calendar.DateOf(got.DueAt) > last {
			t.Errorf("%s is due on %s, after the full period", f.Ref, got.DueAt)
		}
		months[got.DueAt.Month()]++
	}
	for _, c := range []struct{ name, created, contacted string }{
		{"created after the start", "2026-06-01", ""},
		{"contacted after the start", "2020-01-01", "2026-06-01"},
	} {
		f := reachable()
		f.CreatedOn, f.LastContactWith, f.LastOrderOn, f.RevenueTail = day(t, c.created), day(t, c.contacted), day(t, "2026-06-01"), 0.01
		m := at(t, "2026-11-30", "2026-11-29")
		m.Begun = day(t, "2026-03-02").In(testHouse(t).Zone())
		if got := planned(t, d, m, f); got == nil || calendar.DateOf(got.DueAt) != day(t, "2026-06-01")+182 {
			t.Errorf("%s: %+v, want it due 182 days later", c.name, got)
		}
	}
	m.Begun = day(t, "2026-11-01").Time() // started on the wall clock, then the clock was set back
	f := reachable()
	f.CreatedOn, f.LastOrderOn, f.RevenueTail = day(t, "2026-03-02")-182, day(t, "2026-01-15"), 0.01
	if got := planned(t, d, m, f); got == nil || calendar.DateOf(got.DueAt) != day(t, "2026-03-02") {
		t.Errorf("before the campaign's start by the wall clock: %+v, want it due on its day", got)
	}
	for month := time.March; month <= time.July; month++ {
		if months[month] < 80 || months[month] > 160 { // 600 over five months and three days of August
			t.Errorf("%s has %d of 600", month, months[month])
		}
	}
}

func TestYearly(t *testing.T) {
	drawn := definition(t, campaign(`yearly: {spread: true}`))
	fixed := definition(t, campaign(`yearly: {on: 03-15}`))
	f := reachable()
	f.LastOrderOn = day(t, "2026-01-15")
	on := testHouse(t).DrawOpenDay(day(t, "2026-01-01"), day(t, "2026-12-31"), draw("", "yearly", f.Ref), "")
	if got := planned(t, drawn, at(t, on.String(), (on-1).String()), f); got == nil || got.TriggeredOn != on || got.Occasion != "2026" {
		t.Errorf("on its day %s: %+v", on, got)
	}
	if got := planned(t, drawn, at(t, (on-1).String(), ""), f); got != nil {
		t.Errorf("a day early: %+v", got)
	}
	checkTriggered(t, planned(t, fixed, at(t, "2026-03-18", "2026-03-13"), f), "2026-03-15", "2026")
	checkTriggered(t, planned(t, fixed, at(t, "2026-03-18", "2026-03-15"), f), "", "")
	started := at(t, "2026-03-18", "")
	started.Begun = day(t, "2026-03-16").Time()
	checkTriggered(t, planned(t, fixed, started, f), "", "")
}

func TestSlots(t *testing.T) {
	d := library(t, "newsletter")
	f := reachable()
	for _, c := range []struct{ name, today, since, want string }{
		{"the first Tuesday of December", "2026-12-01", "2026-11-30", "2026-12-01"},
		{"the day before", "2026-11-30", "2026-11-29", ""},
		{"missed by two working days", "2026-12-03", "2026-11-30", "2026-12-01"},
		{"missed by more than its window", "2026-12-07", "2026-11-30", ""},
		{"seen by an earlier pass", "2026-12-02", "2026-12-01", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			checkTriggered(t, planned(t, d, at(t, c.today, c.since), f), c.want, "2026-12-01")
		})
	}
	lines := d.At(at(t, "2026-12-07", "2026-12-06")).Explain(&f, nil)
	if len(lines) != 2 || lines[0].Reason != ReasonNotYet || lines[0].On != day(t, "2027-01-05") || lines[1].Reason != ReasonNoSlotText {
		t.Errorf("between two slots: %+v, want the day of the next one, and that its text is missing", lines)
	}
	once := definition(t, campaign(`on: {date: 2026-12-01, window: 3 working days}`))
	for today, want := range map[string]Reason{"2026-11-30": ReasonNotYet, "2026-12-01": "", "2026-12-07": ReasonSlotMissed} {
		if got := once.At(at(t, today, "")).Explain(&f, nil)[0].Reason; got != want {
			t.Errorf("the only slot, on %s: %q, want %q", today, got, want)
		}
	}
	m := at(t, "2026-12-01", "2026-11-30")
	if got := planned(t, d, m, f); got.Reason != ReasonNoSlotText || got.DueAt.Format("15:04") != "09:00" {
		t.Errorf("without its text: reason %q, due %s; want %s at 09:00", got.Reason, got.DueAt, ReasonNoSlotText)
	}
	m.SlotTexts = map[string]bool{"2026-12-01": true}
	if got := planned(t, d, m, f); got.Reason != "" {
		t.Errorf("with its text: reason %q", got.Reason)
	}
	late := at(t, "2026-12-09", "2026-10-15")
	if missed := d.Trigger.(On).Missed(&late); len(missed) != 2 || missed[0] != day(t, "2026-11-03") || missed[1] != day(t, "2026-12-01") {
		t.Errorf("missed slots: %v, want 3 November and 1 December", missed)
	}
}

// campaign is a small definition around a trigger.
func campaign(trigger string) string {
	return "campaign: test\ntitle: {fr: a, en: b}\nlever: retention\ntrigger:\n  " + trigger + "\nsteps:\n  - {name: mail, mail: hello, deadline: 10 working days}\n"
}
