package store_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/store"
)

const (
	welcome = "welcome-call"
	asking  = "satisfaction-survey"
)

// newCard is an open card of one person: a welcome call (3 attempts, 2 working days apart), and with two reasons also a
// call after a bad score (4 attempts, 3 hours apart).
func newCard(t *testing.T, reasons int) (f field, contact int64) {
	f = newLoop(t, welcome, asking)
	contact = f.person("a")
	f.step(contact, welcome, "call", "call", "first-order", "planned")
	if reasons == 2 {
		f.step(contact, asking, "detractor", "call", "answer:77", "planned")
	}
	f.exec(`UPDATE touch SET deadline_at = $1`, paris(t, "2026-03-20 18:00"))
	f.open(paris(t, "2026-03-10 09:00"))
	if n := query[int](f, `SELECT count(*) FROM touch WHERE state = 'open' AND call_id = 1`); n != reasons {
		t.Fatalf("%d reasons are open on the card, want %d", n, reasons)
	}
	return f, contact
}

func (f field) record(outcome campaigns.Outcome, now time.Time) {
	f.t.Helper()
	if err := f.RecordOutcome(f.ctx, store.Outcome{Call: 1, Outcome: outcome, By: "Claire Martin"}, now); err != nil {
		f.t.Fatal(err)
	}
}

// cardLine and reasonLine tell where the card and a campaign's reason stand, with times of the company's zone.
func (f field) cardLine() string {
	return query[string](f, `SELECT concat_ws(' ', state, attempts, CASE state WHEN 'open' THEN to_char(due_at AT TIME ZONE 'Europe/Paris', 'MM-DD HH24:MI') ELSE outcome END) FROM call WHERE id = 1`)
}

func (f field) reasonLine(campaign string) string {
	return query[string](f, `SELECT concat_ws(' ', t.state, t.outcome, t.attempt, CASE t.state WHEN 'open' THEN to_char(t.due_at AT TIME ZONE 'Europe/Paris', 'MM-DD HH24:MI') END)
		FROM touch t JOIN campaign g ON g.id = t.campaign_id WHERE g.name = $1 AND call_id = 1`, campaign)
}

func TestEachOutcomeOnACardWithOneReason(t *testing.T) {
	for _, c := range []struct {
		outcome             campaigns.Outcome
		until, card, reason string
		flagged, suppressed bool
	}{
		{"reached", "", "done 1 reached", "done reached 0", false, false},
		{"order_taken", "", "done 1 order_taken", "done order_taken 0", false, false},
		{"already_seen", "", "done 1 already_seen", "done already_seen 0", false, false},
		{"other_person", "", "done 1 other_person", "done other_person 0", false, false},
		{"refused", "", "done 1 refused", "done refused 0", false, true},
		{"wrong_number", "", "done 1 wrong_number", "done wrong_number 0", true, false},
		// Tuesday morning: two working days later is Thursday, and the other half is the afternoon.
		{"no_answer", "", "open 1 03-12 13:30", "open no_answer 1 03-12 13:30", false, false},
		{"voicemail", "", "open 1 03-12 13:30", "open voicemail 1 03-12 13:30", false, false},
		{"call_back", "", "open 1 03-11 08:30", "open call_back 0 03-11 08:30", false, false},
		{"call_back", "2026-03-11 16:45", "open 1 03-11 16:45", "open call_back 0 03-11 16:45", false, false},
		{"postponed", "2026-03-27 10:00", "open 1 03-27 10:00", "open postponed 0 03-27 10:00", false, false},
	} {
		t.Run(string(c.outcome)+" "+c.until, func(t *testing.T) {
			f, contact := newCard(t, 1)
			o := store.Outcome{Call: 1, Outcome: c.outcome, Note: "a note", By: "Claire Martin"}
			if c.until != "" {
				o.Until = paris(t, c.until)
			}
			if err := f.RecordOutcome(f.ctx, o, paris(t, "2026-03-10 09:30")); err != nil {
				t.Fatal(err)
			}
			if got := f.cardLine(); got != c.card {
				t.Errorf("the card is %q, want %q", got, c.card)
			}
			if got := f.reasonLine(welcome); got != c.reason {
				t.Errorf("the reason is %q, want %q", got, c.reason)
			}
			if got := query[bool](f, `SELECT coalesce(wrong = 'wrong_number', false) FROM contact WHERE id = $1`, contact); got != c.flagged {
				t.Errorf("flagged: %v", got)
			}
			// A refusal is about the number that was dialled: the contact's own.
			if got := query[int](f, `SELECT count(*) FROM suppression WHERE scope = 'call' AND address = '+33199000002' AND withdrawn_at IS NULL`); got == 1 != c.suppressed {
				t.Errorf("%d suppressions of the number", got)
			}
			if got := query[string](f, `SELECT outcome || ', ' || note || ', ' || by FROM activity WHERE call_id = 1`); got != string(c.outcome)+", a note, Claire Martin" {
				t.Errorf("history: %q", got)
			}
		})
	}
}

func TestWhatWasAgreedOutlastsTheDeadline(t *testing.T) {
	f, _ := newCard(t, 1)
	until := paris(t, "2026-03-27 16:45") // a week after the deadline
	if err := f.RecordOutcome(f.ctx, store.Outcome{Call: 1, Outcome: campaigns.CallBack, Until: until, By: "x"}, paris(t, "2026-03-10 09:30")); err != nil {
		t.Fatal(err)
	}
	f.close(paris(t, "2026-03-27 18:00"))
	if got := f.cardLine(); got != "open 1 03-27 16:45" {
		t.Errorf("on the evening of the day that was agreed: %q", got)
	}
	f.close(paris(t, "2026-03-28 16:46"))
	if got := query[string](f, `SELECT state || ' ' || closed_why FROM call`); got != "skipped too_late" {
		t.Errorf("a day after: %q", got)
	}
}

func TestOneOutcomeServesTwoReasonsEachByItsOwnRule(t *testing.T) {
	f, _ := newCard(t, 2)
	for _, c := range []struct{ at, card, welcome, detractor string }{
		// 3 hours after 9:30 is lunch time: 13:30. The welcome call's next is Thursday, in the afternoon.
		{"2026-03-10 09:30", "open 1 03-10 13:30", "open no_answer 1 03-12 13:30", "open no_answer 1 03-10 13:30"},
		{"2026-03-10 14:00", "open 2 03-10 17:00", "open no_answer 2 03-12 08:30", "open no_answer 2 03-10 17:00"},
		// The welcome call was tried three times. 20:05 is too late in the day: Wednesday morning.
		{"2026-03-10 17:05", "open 3 03-11 08:30", "done unreachable 3", "open no_answer 3 03-11 08:30"},
		{"2026-03-11 09:00", "done 4 unreachable", "done unreachable 3", "done unreachable 4"},
	} {
		f.record(campaigns.NoAnswer, paris(t, c.at))
		if got := f.cardLine(); got != c.card {
			t.Errorf("%s: the card is %q, want %q", c.at, got, c.card)
		}
		if got := f.reasonLine(welcome); got != c.welcome {
			t.Errorf("%s: the welcome call is %q, want %q", c.at, got, c.welcome)
		}
		if got := f.reasonLine(asking); got != c.detractor {
			t.Errorf("%s: the call after the answer is %q, want %q", c.at, got, c.detractor)
		}
	}
	f, _ = newCard(t, 2)
	f.record(campaigns.Reached, paris(t, "2026-03-10 09:30"))
	if got := f.reasonLine(welcome) + ", " + f.reasonLine(asking); got != "done reached 0, done reached 0" {
		t.Errorf("reached: %q", got)
	}
}

func TestAnAttemptPastTheDeadlineWouldBeTooLate(t *testing.T) {
	f, _ := newCard(t, 1)
	f.exec(`UPDATE touch SET deadline_at = $1`, paris(t, "2026-03-12 12:00")) // the next would be at 13:30
	f.record(campaigns.NoAnswer, paris(t, "2026-03-10 09:30"))
	if got := f.reasonLine(welcome); got != "done unreachable 1" {
		t.Errorf("got %q", got)
	}
}

func TestAnUndoneOutcomeLeavesNothingBehind(t *testing.T) {
	for _, outcome := range []campaigns.Outcome{"reached", "no_answer", "call_back", "postponed", "wrong_number", "refused"} {
		t.Run(string(outcome), func(t *testing.T) {
			f, _ := newCard(t, 2)
			f.exec(`UPDATE call SET note = 'as it was'`)
			before, now := f.picture(), paris(t, "2026-03-10 09:30")
			if err := f.RecordOutcome(f.ctx, store.Outcome{Call: 1, Outcome: outcome, Note: "a slip", By: "x"}, now); err != nil {
				t.Fatal(err)
			}
			if f.picture() == before {
				t.Fatal("the outcome changed nothing: the test proves nothing")
			}
			f.exec(`DELETE FROM client_stale`)
			f.follow(now.Add(9 * time.Minute)) // it waits
			if err := f.UndoOutcome(f.ctx, 1, "x", now.Add(10*time.Minute)); err != nil {
				t.Fatal(err)
			}
			if after := f.picture(); after != before {
				t.Errorf("before:\n%s\nafter:\n%s", before, after)
			}
			if got := query[int](f, `SELECT count(*) FROM activity WHERE undone_at IS NOT NULL`); got != 1 {
				t.Errorf("%d attempts stand as undone", got)
			}
			if got := query[int](f, `SELECT count(*) FROM client_stale`); got != 1 {
				t.Errorf("the facts of %d clients are made again", got)
			}
			if err := f.UndoOutcome(f.ctx, 1, "x", now.Add(10*time.Minute)); !errors.Is(err, store.ErrConflict) {
				t.Errorf("a second time: %v", err)
			}
		})
	}
}

func TestUndoComesTooLate(t *testing.T) {
	now := paris(t, "2026-03-10 09:30")
	for _, c := range []struct {
		name   string
		happen func(field, int64)
		at     time.Time
	}{
		{"ten minutes have passed", func(field, int64) {}, now.Add(10*time.Minute + time.Second)},
		{"it was followed up", func(f field, _ int64) { f.follow(now.Add(10 * time.Minute)) }, now.Add(10 * time.Minute)},
		{"another card was opened", func(f field, contact int64) {
			f.step(contact, welcome, "call", "call", "another", "planned")
			f.open(now.Add(time.Minute))
		}, now.Add(2 * time.Minute)},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, contact := newCard(t, 1)
			f.record(campaigns.Reached, now)
			c.happen(f, contact)
			before := f.picture()
			if err := f.UndoOutcome(f.ctx, 1, "x", c.at); !errors.Is(err, store.ErrConflict) {
				t.Errorf("got %v, want a conflict", err)
			}
			if f.picture() != before {
				t.Error("what was refused changed something")
			}
		})
	}
}

func TestTwoRepsAtOnce(t *testing.T) {
	for _, c := range []struct {
		name          string
		first, second store.Outcome
	}{
		{"both close it", store.Outcome{Outcome: campaigns.Reached}, store.Outcome{Outcome: campaigns.Refused}},
		{"both say that nobody answered to the same attempt", store.Outcome{Outcome: campaigns.NoAnswer, Attempt: 1}, store.Outcome{Outcome: campaigns.NoAnswer, Attempt: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, _ := newCard(t, 2)
			errs := make([]error, 2)
			var both sync.WaitGroup
			for i, o := range []store.Outcome{c.first, c.second} {
				o.Call, o.By = 1, fmt.Sprint(i)
				both.Go(func() { errs[i] = f.RecordOutcome(f.ctx, o, paris(t, "2026-03-10 09:30")) })
			}
			both.Wait()
			won, lost := errs[0], errs[1]
			if won != nil {
				won, lost = lost, won
			}
			if won != nil || !errors.Is(lost, store.ErrConflict) {
				t.Errorf("one must win and one conflict: %v; %v", errs[0], errs[1])
			}
			if n := query[int](f, `SELECT attempts FROM call`); n != 1 {
				t.Errorf("%d attempts", n)
			}
		})
	}
}

func TestOutcomesThatNobodyCanGive(t *testing.T) {
	f, _ := newCard(t, 1)
	now := paris(t, "2026-03-10 09:30")
	before := f.picture()
	for name, o := range map[string]store.Outcome{
		"unknown":             {Call: 1, Outcome: "happy"},
		"unreachable":         {Call: 1, Outcome: campaigns.Unreachable},
		"in the past":         {Call: 1, Outcome: campaigns.CallBack, Until: now.Add(-time.Minute)},
		"in a far future":     {Call: 1, Outcome: campaigns.Postponed, Until: now.AddDate(3, 0, 0)},
		"a note without end":  {Call: 1, Outcome: campaigns.Reached, Note: string(make([]byte, 4001))},
		"nothing at all":      {Call: 1},
		"of an earlier card":  {Call: 1, Outcome: campaigns.NoAnswer, Attempt: 2},
		"a call that is none": {Call: 99, Outcome: campaigns.Reached},
	} {
		if err := f.RecordOutcome(f.ctx, o, now); err == nil {
			t.Errorf("%s: it was recorded", name)
		}
	}
	if f.picture() != before {
		t.Error("a refused outcome changed something")
	}
}
