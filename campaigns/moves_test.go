package campaigns

import (
	"testing"
	"time"

	"github.com/relance/relance/internal/calendar"
)

// firstOrderClient has ordered on Monday 2 November 2026: its welcome call is due on the 9th.
func firstOrderClient(t *testing.T) Facts {
	f := reachable()
	f.FirstOrderOn, f.LastOrderOn, f.CreatedOn = day(t, "2026-11-02"), day(t, "2026-11-02"), day(t, "2026-11-02")
	return f
}

// stored plans the client's touch on a day and gives it an id, as the store would.
func stored(t *testing.T, d *Definition, today string, f Facts) Touch {
	t.Helper()
	touch := planned(t, d, at(t, today, ""), f)
	if touch == nil {
		t.Fatal("nothing was planned")
	}
	touch.ID = 100
	return *touch
}

func TestWhatBecomesOfATouchThatExists(t *testing.T) {
	welcome, lost := library(t, "welcome-call"), library(t, "lost-client-questionnaire")
	for _, c := range []struct {
		name   string
		d      *Definition
		today  string
		change func(*Facts, *Touch)
		from   State
		to     State // empty: nothing changes
		reason Reason
	}{
		{"planned stays planned", welcome, "2026-11-10", func(*Facts, *Touch) {}, "", "", ""},
		{"still the first order when the window has passed", welcome, "2026-12-20", func(_ *Facts, t *Touch) { t.DeadlineAt = time.Time{} }, "", "", ""},
		{"an older order shows that it was not the first", welcome, "2026-11-10", func(f *Facts, _ *Touch) { f.FirstOrderOn -= 300 }, Planned, Cancelled, ReasonCauseGone},
		{"the order is cancelled", welcome, "2026-11-10", func(f *Facts, _ *Touch) { f.FirstOrderOn = 0 }, Planned, Cancelled, ReasonCauseGone},
		{"an open call closes when its cause has gone", welcome, "2026-11-10", func(f *Facts, t *Touch) { f.FirstOrderOn, t.State = 0, Open }, Open, Skipped, ReasonCauseGone},
		{"what was sent stays", welcome, "2026-11-10", func(f *Facts, t *Touch) { f.FirstOrderOn, t.State = 0, Sent }, "", "", ""},
		{"it has left the audience, which is asked once", welcome, "2026-11-10", func(f *Facts, _ *Touch) { f.Consumer = true }, "", "", ""},
		{"a follow-up does not ask for the audience", welcome, "2026-11-10", func(f *Facts, t *Touch) { f.Consumer, t.ParentID = true, 99 }, "", "", ""},
		{"its deadline has passed", welcome, "2026-12-01", func(*Facts, *Touch) {}, Planned, Skipped, ReasonTooLate},
		{"the cause is back", welcome, "2026-11-10", func(_ *Facts, t *Touch) { t.State, t.Reason = Cancelled, ReasonCauseGone }, Cancelled, Planned, ""},
		{"the number is known now", welcome, "2026-11-10", func(_ *Facts, t *Touch) { t.State, t.Reason = Skipped, ReasonNoNumber }, Skipped, Planned, ""},
		{"the number is still missing", welcome, "2026-11-10", func(f *Facts, t *Touch) { f.HasPhone, t.State, t.Reason = false, Skipped, ReasonNoNumber }, "", "", ""},
		{"cured after the window", welcome, "2026-12-10", func(_ *Facts, t *Touch) { t.State, t.Reason = Skipped, ReasonNoNumber }, "", "", ""},
		{"too late cannot be cured", welcome, "2026-11-10", func(_ *Facts, t *Touch) { t.State, t.Reason = Skipped, ReasonTooLate }, "", "", ""},
		{"an opposition cannot be cured", welcome, "2026-11-10", func(_ *Facts, t *Touch) { t.State, t.Reason = Skipped, ReasonOpposed }, "", "", ""},
		{"what was delivered is not sent again", welcome, "2026-11-10", func(f *Facts, t *Touch) { t.State, t.Reason, t.SentAt = Skipped, ReasonNoNumber, t.DueAt }, "", "", ""},
		{"an order ends a silence", lost, "2026-11-10", func(f *Facts, _ *Touch) { f.LastOrderOn = day(t, "2026-11-09") }, Planned, Cancelled, ReasonCauseGone},
		{"a promised call stays when an order comes", lost, "2026-11-10", func(f *Facts, t *Touch) {
			f.LastOrderOn, t.Occasion, t.ParentID = f.LastOrderOn+200, "answer:5", 5
		}, "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := firstOrderClient(t)
			today := "2026-11-09"
			if c.d == lost {
				f.LastOrderOn = day(t, "2025-11-09")
			}
			touch := stored(t, c.d, today, f)
			c.change(&f, &touch)
			var moves []Decision
			for _, made := range c.d.At(at(t, c.today, "2026-11-09")).Plan(&f, []Touch{touch}, nil) {
				if made.ID == touch.ID {
					moves = append(moves, made)
				}
			}
			switch {
			case c.to == "" && len(moves) > 0:
				t.Errorf("moved to %s (%s), want nothing", moves[0].State, moves[0].Reason)
			case c.to != "" && len(moves) != 1:
				t.Errorf("%d moves, want one to %s", len(moves), c.to)
			case c.to != "" && (moves[0].From != c.from || moves[0].State != c.to || moves[0].Reason != c.reason):
				t.Errorf("moved from %s to %s (%s), want %s to %s (%s)", moves[0].From, moves[0].State, moves[0].Reason, c.from, c.to, c.reason)
			case c.to != "" && !CanMove(c.from, c.to):
				t.Errorf("the table of moves does not allow %s to %s", c.from, c.to)
			}
		})
	}
}

func TestWhatIsInferredFromAbsenceIsNotArmedAgainOnStaleData(t *testing.T) {
	d := library(t, "lost-client-questionnaire")
	f := reachable()
	f.FirstOrderOn, f.LastOrderOn = day(t, "2025-06-01"), day(t, "2025-06-01")
	touch := stored(t, d, "2026-06-08", f)
	touch.State, touch.Reason = Cancelled, ReasonCauseGone
	m := at(t, "2026-06-10", "2026-06-09")
	if out := d.At(m).Plan(&f, []Touch{touch}, nil); len(out) != 1 || out[0].TriggeredOn != day(t, "2026-06-01") || calendar.DateOf(out[0].DueAt) != day(t, "2026-06-10") {
		t.Errorf("on fresh data: %+v, want it armed again, triggered on the silence's own day and due today", out)
	}
	m.Fresh = false
	if out := d.At(m).Plan(&f, []Touch{touch}, nil); len(out) != 0 {
		t.Errorf("on stale data: %+v", out)
	}
}

func TestAStartDoesNotGoBackToDaysThatAPassHasSeen(t *testing.T) {
	d := definition(t, campaign(`yearly: {on: 03-15}`))
	f := reachable()
	f.LastOrderOn = day(t, "2026-01-15")
	touch := stored(t, d, "2026-03-15", f)
	touch.State, touch.Reason = Cancelled, ReasonStopped
	if out := d.At(at(t, "2026-09-01", "2026-03-20")).Plan(&f, []Touch{touch}, nil); len(out) != 0 {
		t.Errorf("stopped in March, started in September: %+v", out)
	}
	if out := d.At(at(t, "2026-03-15", "2026-03-15")).Plan(&f, []Touch{touch}, nil); len(out) != 1 || out[0].State != Planned {
		t.Errorf("stopped and started on its day: %+v, want it armed again", out)
	}
	touch.State, touch.Reason = Skipped, ReasonNoBasis
	if out := d.At(at(t, "2026-09-01", "2026-08-31")).Plan(&f, []Touch{touch}, nil); len(out) != 1 || out[0].State != Planned {
		t.Errorf("cured: %+v, want it armed again", out)
	}
}

func TestOnlyTheCallThatAnAnswerMadeIsPromised(t *testing.T) {
	for _, c := range []struct {
		name  string
		touch Touch
		want  bool
	}{
		{"the call of an answer", Touch{Channel: Call, ParentID: 5, Occasion: "answer:5"}, true},
		{"the mail of an answer", Touch{Channel: Mail, ParentID: 5, Occasion: "answer:5"}, false},
		{"what follows that call", Touch{Channel: Call, ParentID: 9, Occasion: "answer:5"}, false},
		{"a campaign that listens to answers", Touch{Channel: Call, Occasion: "answer:5"}, false},
	} {
		if got := c.touch.Promised(); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestChecksAnswerWithTheFirstReason(t *testing.T) {
	call, mail := Step{Name: "a", Channel: Call}, Step{Name: "b", Channel: Mail}
	d := definition(t, campaign("contacts_per_year: {times: 2}"))
	everything := func(f *Facts) {
		*f = Facts{Ref: "C1", ClosedOn: day(t, "2026-01-01"), Blocked: "unpaid", CallOpposed: true, MailOpposed: true, Consumer: true, HasMail: true, OpenComplaints: 1}
	}
	for _, c := range []struct {
		name   string
		step   Step
		change func(*Facts)
		want   Reason
	}{
		{"nothing against it", call, func(*Facts) {}, ""},
		{"nothing against a mail", mail, func(*Facts) {}, ""},
		{"closed before all else", call, everything, ReasonClosed},
		{"closing tomorrow is open today", call, func(f *Facts) { f.ClosedOn = day(t, "2026-11-11") }, ""},
		{"blocked", mail, func(f *Facts) { everything(f); f.ClosedOn = 0 }, ReasonBlocked},
		{"opposed to mail", mail, func(f *Facts) { everything(f); f.ClosedOn, f.Blocked = 0, "" }, ReasonOpposed},
		{"opposed to mail may be called", call, func(f *Facts) { f.MailOpposed = true }, ""},
		{"no basis before a complaint", mail, func(f *Facts) { f.MailBasis, f.OpenComplaints = false, 1 }, ReasonNoBasis},
		{"no address rather than no basis for one", mail, func(f *Facts) { f.MailBasis, f.HasMail = false, false }, ReasonNoAddress},
		{"a consumer without consent", call, func(f *Facts) { f.Consumer, f.OpenComplaints = true, 1 }, ReasonConsumer},
		{"a consumer who consented", call, func(f *Facts) { f.Consumer, f.CallBasis = true, true }, ""},
		{"a consumer under contract", call, func(f *Facts) { f.Consumer, f.UnderContract = true, true }, ""},
		{"an open complaint stops a check-in", call, func(f *Facts) { f.OpenComplaints, f.HasPhone = 1, false }, ReasonComplaint},
		{"no number", call, func(f *Facts) { f.HasPhone = false }, ReasonNoNumber},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := reachable()
			c.change(&f)
			if got := d.At(at(t, "2026-11-10", "")).Check(c.step, &f, time.Time{}); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	f := reachable()
	m := at(t, "2026-11-10", "")
	if got := d.At(m).Check(call, &f, m.Now.Add(-time.Second)); got != ReasonTooLate {
		t.Errorf("past its deadline: %q", got)
	}
	m.Paused = true
	if got := d.At(m).Check(call, &f, time.Time{}); got != ReasonPaused {
		t.Errorf("paused: %q", got)
	}
	f.OpenComplaints = 1
	if got := library(t, "welcome-call").At(at(t, "2026-11-10", "")).Check(call, &f, time.Time{}); got != "" {
		t.Errorf("a complaint does not stop other calls: %q", got)
	}
}

func TestHoldOutTakesItsPartAndStays(t *testing.T) {
	d := definition(t, "campaign: test\ntitle: {fr: a, en: b}\nlever: retention\nhold_out: 20\ntrigger: {yearly: {on: 03-15}}\nsteps:\n  - {name: mail, mail: hello}\n")
	held := 0
	for i := range 5000 {
		f := reachable()
		f.Ref = string(rune('A'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/676))
		first, next := planned(t, d, at(t, "2026-03-15", ""), f), planned(t, d, at(t, "2027-03-15", ""), f)
		if first.State != next.State {
			t.Fatalf("%s is %s one year and %s the next", f.Ref, first.State, next.State)
		}
		if first.State == HeldOut {
			held++
		}
	}
	if held < 900 || held > 1100 { // 20 % of 5,000, more than three standard deviations either way
		t.Errorf("%d of 5000 are held out, want about 1000", held)
	}
}

func TestDueAndDeadline(t *testing.T) {
	d := library(t, "welcome-call")
	for _, c := range []struct{ name, ordered, today, country, zone, due, deadline string }{
		{"the first hour of the day it triggers", "2026-11-02", "2026-11-09", "", "", "2026-11-09T08:30:00+01:00", "2026-11-24T23:59:59+01:00"}, // 11 November is a holiday
		{"in the client's own morning", "2026-11-02", "2026-11-09", "RE", "", "2026-11-09T08:30:00+04:00", "2026-11-24T23:59:59+04:00"},
		{"quiet weeks in between do not count", "2026-07-20", "2026-07-27", "", "", "2026-07-27T08:30:00+02:00", "2026-09-02T23:59:59+02:00"},
		{"quiet weeks move it and do not eat the deadline", "2026-07-28", "2026-08-05", "", "", "2026-08-26T08:30:00+02:00", "2026-09-09T23:59:59+02:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := reachable()
			f.FirstOrderOn, f.Country = day(t, c.ordered), c.country
			got := planned(t, d, at(t, c.today, ""), f)
			if quiet := got.Reason == ReasonQuietWeeks; quiet != (c.today == "2026-08-05") {
				t.Errorf("reason %q", got.Reason)
			}
			if due, deadline := got.DueAt.Format(time.RFC3339), got.DeadlineAt.Format(time.RFC3339); due != c.due && c.country == "" || deadline != c.deadline {
				t.Errorf("due %s by %s, want %s by %s", due, deadline, c.due, c.deadline)
			}
		})
	}
}

func TestWhoCalls(t *testing.T) {
	for _, c := range []struct {
		name                       string
		to                         Assignee
		rep, inside, defaults, got int64
	}{
		{"its rep", ToRep, 3, 4, 9, 3},
		{"the rep inside", ToInside, 3, 4, 9, 4},
		{"the other when it has no such rep", ToInside, 3, 0, 9, 3},
		{"the default rep", ToRep, 0, 0, 9, 9},
		{"the managers' list", ToManager, 3, 4, 9, 0},
		{"nobody is the managers' list", ToRep, 0, 0, 0, 0},
	} {
		m := at(t, "2026-11-10", "")
		m.DefaultRep = c.defaults
		if got := library(t, "welcome-call").At(m).assignee(c.to, &Facts{RepID: c.rep, InsideRepID: c.inside}); got != c.got {
			t.Errorf("%s: rep %d, want %d", c.name, got, c.got)
		}
	}
}
