package jobs

import (
	"testing"
	"time"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/mail"
	"github.com/relance/relance/internal/store"
)

func TestATextAtFaultIsNoWordOfTheMailServer(t *testing.T) {
	now := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	s := uncomposed(&store.Due{ID: 7, Attempt: 2}, now, errNobody)
	if s.State != campaigns.Planned || s.Reason != campaigns.ReasonText || s.Deferred || s.DueAt != now.Add(time.Hour) || s.Attempt != 2 {
		t.Errorf("%+v", s)
	}
}

func TestAResultMeansOneEnd(t *testing.T) {
	now := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name      string
		result    mail.Result
		deferrals int
		state     campaigns.State
		wait      time.Duration // until the next try; 0: none is set
		bounced   bool
	}{
		{"accepted", mail.Result{Verdict: mail.Accepted}, 0, campaigns.Sent, 0, false},
		{"no answer to the final dot", mail.Result{Verdict: mail.Unknown}, 0, campaigns.Unsure, 0, false},
		{"not begun", mail.Result{}, 0, campaigns.Planned, 0, false},
		{"broken off in the content", mail.Result{Phase: mail.PhaseContent}, 0, campaigns.Planned, 5 * time.Minute, false},
		{"first refusal for now", mail.Result{Verdict: mail.Deferred, Code: 451}, 0, campaigns.Planned, 5 * time.Minute, false},
		{"second", mail.Result{Verdict: mail.Deferred, Code: 451}, 1, campaigns.Planned, 15 * time.Minute, false},
		{"third", mail.Result{Verdict: mail.Deferred, Code: 451}, 2, campaigns.Planned, time.Hour, false},
		{"fourth", mail.Result{Verdict: mail.Deferred, Code: 451}, 3, campaigns.Planned, 4 * time.Hour, false},
		{"the fifth is the last", mail.Result{Verdict: mail.Deferred, Code: 451}, 4, campaigns.Failed, 0, false},
		{"no such mailbox", mail.Result{Verdict: mail.Refused, Phase: mail.PhaseRcpt, Code: 550, Enhanced: "5.1.1"}, 0, campaigns.Failed, 0, true},
		{"refused content", mail.Result{Verdict: mail.Refused, Phase: mail.PhaseFinal, Code: 554, Enhanced: "5.6.0"}, 0, campaigns.Failed, 0, false},
		{"our domain's policy", mail.Result{Verdict: mail.Refused, Phase: mail.PhaseFinal, Code: 550, Enhanced: "5.7.515"}, 0, campaigns.Planned, time.Hour, false},
		{"our domain's policy, again", mail.Result{Verdict: mail.Refused, Phase: mail.PhaseFinal, Code: 550, Enhanced: "5.7.515"}, 3, campaigns.Planned, 4 * time.Hour, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := settle(&store.Due{ID: 7, Attempt: 2, Deferrals: c.deferrals}, c.result, time.Time{}, now)
			wait := time.Duration(0)
			if !s.DueAt.IsZero() {
				wait = s.DueAt.Sub(now)
			}
			if s.State != c.state || wait != c.wait || s.Bounced != c.bounced || s.ID != 7 || s.Attempt != 2 {
				t.Errorf("got %+v", s)
			}
			if !campaigns.CanMove(campaigns.Sending, s.State) {
				t.Errorf("sending → %s is not in the table of moves", s.State)
			}
		})
	}
}

func TestARetryNeverWaitsPastTheDeadline(t *testing.T) {
	now := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	deadline := now.Add(time.Minute)
	s := settle(&store.Due{DeadlineAt: deadline}, mail.Result{Verdict: mail.Deferred}, time.Time{}, now)
	if got := s.DueAt.Sub(deadline); got != time.Microsecond {
		t.Errorf("due %s after the deadline, want just past it, where the checks end it", got)
	}
}

func TestTheLatestSlotCatchesUpForAll(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	at := func(s string) time.Time {
		v, err := time.ParseInLocation("2006-01-02 15:04", s, paris)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	imported := at("2026-03-12 09:30")
	for _, c := range []struct {
		name     string
		imported *time.Time
		now      time.Time
		want     time.Time
	}{
		{"before today's hour it is yesterday's", nil, at("2026-03-12 04:59"), at("2026-03-11 05:00")},
		{"at the hour it is today's", nil, at("2026-03-12 05:00"), at("2026-03-12 05:00")},
		{"after a month it is one", nil, at("2026-04-12 23:00"), at("2026-04-12 05:00")},
		{"an import since then is a slot", &imported, at("2026-03-12 10:00"), imported},
		{"an import before it is not", &imported, at("2026-03-13 10:00"), at("2026-03-13 05:00")},
		{"the night in which the hour is skipped", nil, at("2026-03-29 06:00"), at("2026-03-29 05:00")},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := dueSlots(c.imported, c.now, paris)[KindPlan]; !got.Equal(c.want) {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestEveryTaskIsInTheTableAndItsQueueIsServed(t *testing.T) {
	for name, k := range table() {
		if queues()[k.queue] == 0 {
			t.Errorf("task %s is put in queue %q, which nobody serves", name, k.queue)
		}
		if k.unique >= k.timeout {
			t.Errorf("task %s: after a kill its lock lasts %s", name, k.unique)
		}
	}
}
