package campaigns

import (
	"testing"
	"time"
)

func openCall(t *testing.T, attempts int) (Facts, Touch) {
	t.Helper()
	f := firstOrderClient(t)
	touch := stored(t, library(t, "welcome-call"), "2026-11-09", f)
	touch.State, touch.Attempt = Open, attempts
	return f, touch
}

func TestWhatAnOutcomeDoesToACall(t *testing.T) {
	for _, c := range []struct {
		name     string
		attempts int
		outcome  Outcome
		until    string
		state    State
		result   Outcome
		due      string
		wrong    bool
	}{
		{"nobody answers in the morning", 0, NoAnswer, "", Open, NoAnswer, "2026-11-13 13:30", false}, // 11 November is a holiday
		{"the second time too", 1, Voicemail, "", Open, Voicemail, "2026-11-13 13:30", false},
		{"the third time it is unreachable", 2, NoAnswer, "", Done, Unreachable, "", false},
		{"reached", 0, Reached, "", Done, Reached, "", false},
		{"refused", 0, Refused, "", Done, Refused, "", false},
		{"a wrong number is flagged", 0, WrongNumber, "", Done, WrongNumber, "", true},
		{"call back when agreed", 0, CallBack, "2026-11-17 16:45", Open, CallBack, "2026-11-17 16:45", false},
		{"call back some time is the next working day", 0, CallBack, "", Open, CallBack, "2026-11-12 08:30", false},
		{"postponed beyond the deadline", 0, Postponed, "2026-12-14 10:00", Open, Postponed, "2026-12-14 10:00", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, touch := openCall(t, c.attempts)
			m := at(t, "2026-11-10", "2026-11-10")
			m.Now = m.Now.Add(4 * time.Hour) // ten in the morning
			end := Ending{Outcome: c.outcome}
			if c.until != "" {
				end.Until, _ = time.ParseInLocation("2006-01-02 15:04", c.until, m.House.Zone())
			}
			got, wrong := library(t, "welcome-call").At(m).Settle(&f, touch, end)
			if got.State != c.state || got.Outcome != c.result || wrong != c.wrong {
				t.Errorf("%s, %s, flagged %v; want %s, %s, %v", got.State, got.Outcome, wrong, c.state, c.result, c.wrong)
			}
			if c.due != "" && got.DueAt.Format("2006-01-02 15:04") != c.due {
				t.Errorf("due %s, want %s", got.DueAt, c.due)
			}
			if got.State == Open && got.DeadlineAt.Before(got.DueAt) {
				t.Errorf("due %s after its deadline %s", got.DueAt, got.DeadlineAt)
			}
			if !CanMove(Open, got.State) {
				t.Errorf("the table of moves does not allow open to %s", got.State)
			}
		})
	}
}

func TestAnUnreachableClientGetsTheMailOnce(t *testing.T) {
	f, touch := openCall(t, 3)
	p := library(t, "welcome-call").At(at(t, "2026-11-10", "2026-11-10"))
	for _, c := range []struct {
		outcome Outcome
		step    string
	}{{Unreachable, "sorry-we-missed-you"}, {WrongNumber, ""}, {Reached, ""}} {
		touch.State, touch.Outcome = Done, c.outcome
		next := p.Next(&f, touch, Ending{Outcome: c.outcome}, []Touch{touch})
		if c.step == "" {
			if len(next.New) != 0 {
				t.Errorf("%s: %+v follows, want nothing", c.outcome, next.New)
			}
			continue
		}
		if len(next.New) != 1 || next.New[0].Step != c.step || next.New[0].Occasion != "first-order" || next.New[0].ParentID != touch.ID || next.New[0].Channel != Mail {
			t.Fatalf("%s: %+v, want %s", c.outcome, next.New, c.step)
		}
		if again := p.Next(&f, touch, Ending{Outcome: c.outcome}, []Touch{touch, next.New[0]}); len(again.New) != 0 {
			t.Errorf("a second time: %+v", again.New)
		}
	}
}

// sentSurvey left on Monday 2 November 2026 at 9.
func sentSurvey(t *testing.T) (Facts, Touch) {
	f := reachable()
	sent := day(t, "2026-11-02").In(testHouse(t).Zone()).Add(9 * time.Hour)
	return f, Touch{ID: 50, ClientID: 7, ContactID: 11, Step: "questionnaire", Channel: Survey, Occasion: "2026", State: Sent, SentAt: sent}
}

func TestASurveyIsRemindedOnceAndCloses(t *testing.T) {
	d := library(t, "satisfaction-survey")
	f, touch := sentSurvey(t)
	pass := func(s string, hours int) *Pass {
		m := at(t, s, "")
		m.Now = day(t, s).In(m.House.Zone()).Add(time.Duration(hours) * time.Hour)
		return d.At(m)
	}
	if next := pass("2026-11-09", 8).Next(&f, touch, Ending{}, []Touch{touch}); len(next.New)+len(next.Moves) != 0 {
		t.Errorf("before seven days are over: %+v", next)
	}
	next := pass("2026-11-09", 9).Next(&f, touch, Ending{}, []Touch{touch})
	if len(next.New) != 1 || next.New[0].Step != "questionnaire/reminder" || next.New[0].Occasion != "2026" || !next.New[0].IsReminder() || next.New[0].State != Planned {
		t.Fatalf("after seven days: %+v, want the reminder", next)
	}
	reminder := next.New[0]
	reminder.ID = 51
	if again := pass("2026-11-12", 9).Next(&f, touch, Ending{}, []Touch{touch, reminder}); len(again.New)+len(again.Moves) != 0 {
		t.Errorf("a second reminder: %+v", again)
	}
	if own := pass("2026-11-20", 9).Next(&f, reminder, Ending{}, []Touch{touch, reminder}); len(own.New)+len(own.Moves) != 0 {
		t.Errorf("a reminder is followed by %+v", own)
	}
	if open := pass("2026-11-23", 23).Next(&f, touch, Ending{}, []Touch{touch, reminder}); len(open.Moves) != 0 {
		t.Errorf("the 21st day is the last on which an answer is taken: %+v", open)
	}
	closed := pass("2026-11-24", 0).Next(&f, touch, Ending{}, []Touch{touch, reminder})
	if len(closed.Moves) != 2 || closed.Moves[0].State != Done || closed.Moves[1].State != Cancelled {
		t.Errorf("after 21 days: %+v, want it done and the reminder that has not left cancelled", closed.Moves)
	}
}

func TestWhatFollowsAnAnswer(t *testing.T) {
	d := library(t, "satisfaction-survey")
	for _, c := range []struct {
		name string
		end  Ending
		step string
	}{
		{"a detractor is called", Ending{Scored: true, Score: 6}, "detractor"},
		{"the worst score is a score", Ending{Scored: true, Score: 0}, "detractor"},
		{"a passive client is not", Ending{Scored: true, Score: 7}, ""},
		{"who asks is called whatever the score", Ending{Scored: true, Score: 10, CallMe: true}, "detractor"},
		{"no score is no bad score", Ending{}, ""},
		{"no score and a call asked for", Ending{CallMe: true}, "detractor"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, touch := sentSurvey(t)
			touch.State = Answered
			reminder := Touch{ID: 51, ParentID: 50, Step: "questionnaire/reminder", Occasion: "2026", State: Planned, Channel: Survey}
			next := d.At(at(t, "2026-11-05", "")).Next(&f, touch, c.end, []Touch{touch, reminder})
			if len(next.Moves) != 1 || next.Moves[0].ID != 51 || next.Moves[0].State != Cancelled {
				t.Errorf("moves %+v, want the reminder cancelled", next.Moves)
			}
			if c.step == "" {
				if len(next.New) != 0 {
					t.Errorf("%+v follows, want nothing", next.New)
				}
				return
			}
			if len(next.New) != 1 || next.New[0].Step != c.step || next.New[0].Occasion != "answer:50" || next.New[0].RepID != 3 || next.New[0].Priority != 95 {
				t.Fatalf("%+v, want the step %s", next.New, c.step)
			}
			if due := next.New[0].DueAt.Format("2006-01-02 15:04"); due != "2026-11-05 08:30" {
				t.Errorf("due %s, want the same morning", due)
			}
		})
	}
}

func TestACallWithoutNumberLeadsToTheQuestionnaire(t *testing.T) {
	d := library(t, "lost-client-questionnaire")
	f := reachable()
	f.FirstOrderOn, f.LastOrderOn, f.WeightTop, f.HasPhone = day(t, "2025-06-01"), day(t, "2025-06-01"), 0.1, false
	touch := stored(t, d, "2026-06-08", f)
	if touch.State != Skipped || touch.Reason != ReasonNoNumber {
		t.Fatalf("the call is %s (%s), want skipped without a number", touch.State, touch.Reason)
	}
	p := d.At(at(t, "2026-06-08", "2026-06-08"))
	next := p.Next(&f, touch, Ending{}, []Touch{touch})
	if len(next.New) != 1 || next.New[0].Step != "questionnaire" || next.New[0].State != Planned {
		t.Fatalf("%+v follows, want the questionnaire", next.New)
	}
	f.HasPhone = true
	if again := p.Plan(&f, []Touch{touch, next.New[0]}, nil); len(again) != 0 {
		t.Errorf("a number that comes later arms %+v, although the questionnaire took its place", again)
	}
}

func TestACampaignListensToAnswers(t *testing.T) {
	d := definition(t, campaign(`answer: {to: satisfaction-survey, where: score >= 9}`))
	f, touch := sentSurvey(t)
	p := d.At(at(t, "2026-11-05", ""))
	made, ok := p.FromAnswer(&f, "satisfaction-survey", touch, Ending{Scored: true, Score: 9}, nil)
	if !ok || made.Occasion != "answer:50" || made.ParentID != 0 || made.Step != "mail" {
		t.Errorf("%+v %v, want a touch for the answer", made, ok)
	}
	if _, again := p.FromAnswer(&f, "satisfaction-survey", touch, Ending{Scored: true, Score: 9}, []Touch{made}); again {
		t.Error("the same answer counted twice")
	}
	if _, ok := p.FromAnswer(&f, "satisfaction-survey", touch, Ending{Scored: true, Score: 8}, nil); ok {
		t.Error("a score of 8 matched >= 9")
	}
	if _, ok := p.FromAnswer(&f, "another", touch, Ending{Scored: true, Score: 9}, nil); ok {
		t.Error("it listened to another campaign")
	}
}
