package store_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/store"
)

// sentSurvey is an invitation that left on Monday 2 March 2026 at 9 and closes at the end of its 21st day, the 23rd.
func (f field) sentSurvey(ref string) int64 {
	f.t.Helper()
	id := f.step(f.person(ref), asking, "questionnaire", "survey", "2026", "sent")
	f.exec(`UPDATE touch SET sent_at = $2, closes_at = $3, address = $4 WHERE id = $1`, id, paris(f.t, "2026-03-02 09:00"), paris(f.t, "2026-03-24 00:00").Add(-time.Second), ref+"@example.com")
	return id
}

// answer records a score (none below 0) and perhaps the wish to be called.
func (f field) answer(id int64, score int, callMe bool, now time.Time) error {
	f.t.Helper()
	said := map[string]any{}
	a := store.Answer{Questionnaire: "satisfaction", Language: "fr", CallMe: callMe}
	if score >= 0 {
		said["recommend"], a.Score = score, &score
	}
	if callMe {
		said["call_me"] = true
	}
	a.Answers, _ = json.Marshal(said) // a map of numbers and booleans
	return f.RecordAnswer(f.ctx, id, a, now)
}

func (f field) said(id int64, score int, callMe bool, now time.Time) {
	f.t.Helper()
	if err := f.answer(id, score, callMe, now); err != nil {
		f.t.Fatal(err)
	}
}

// from lists what was made from a touch: step, state, reason, occasion and due day in the company's zone.
func (f field) from(id int64) string {
	f.t.Helper()
	rows, err := f.pool.Query(f.ctx, `SELECT concat_ws(' ', step, state, reason, occasion, to_char(due_at AT TIME ZONE 'Europe/Paris', 'MM-DD HH24:MI')) FROM touch WHERE parent_id = $1 ORDER BY id`, id)
	if err != nil {
		f.t.Fatal(err)
	}
	made, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		f.t.Fatal(err)
	}
	return strings.Join(made, ", ")
}

func TestTheMailToTheUnreachableWaitsForUndo(t *testing.T) {
	f, _ := newCard(t, 1)
	for _, at := range []string{"2026-03-10 09:30", "2026-03-12 14:00", "2026-03-16 09:00"} {
		f.record(campaigns.NoAnswer, paris(t, at))
	}
	if got := f.reasonLine(welcome); got != "done unreachable 3" {
		t.Fatalf("after three attempts: %q", got)
	}
	f.follow(paris(t, "2026-03-16 09:10").Add(-time.Second))
	if got := f.from(1); got != "" {
		t.Errorf("before ten minutes have passed: %s", got)
	}
	f.follow(paris(t, "2026-03-16 09:10"))
	if got := f.from(1); got != "sorry-we-missed-you planned first-order 03-16 09:10" {
		t.Errorf("after ten minutes: %q", got)
	}
}

func TestAWrongNumberIsNoWrongAddress(t *testing.T) {
	f := newLoop(t, "lost-client-questionnaire")
	f.step(f.person("a"), "lost-client-questionnaire", "call", "call", "silent:2025-06-01", "planned")
	f.open(paris(t, "2026-03-10 09:00"))
	f.record(campaigns.WrongNumber, paris(t, "2026-03-10 09:30"))
	f.refresh(paris(t, "2026-03-10 09:35"))
	f.follow(paris(t, "2026-03-10 09:40"))
	if got := f.from(1); !strings.HasPrefix(got, "questionnaire planned silent:2025-06-01") {
		t.Fatalf("the questionnaire goes by mail: %q", got)
	}
	if _, err := f.AdmitDue(f.ctx, 1, campaigns.Survey, paris(t, "2026-03-10 10:00"), anyHour, store.AdmitAtOnce); err != nil {
		t.Fatal(err)
	}
	if got := f.state(2); got != "planned admitted" {
		t.Errorf("when due it is %q", got)
	}
}

func TestWhichAnswersOpenACall(t *testing.T) {
	for _, c := range []struct {
		name   string
		score  int
		callMe bool
		called bool
	}{
		{"the worst score", 0, false, true},
		{"six", 6, false, true},
		{"seven", 7, false, false},
		{"ten, and asks to be called", 10, true, true},
		{"no score", -1, false, false},
		{"no score, and asks to be called", -1, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newLoop(t, asking)
			id := f.sentSurvey("a")
			f.said(id, c.score, c.callMe, paris(t, "2026-03-05 10:00"))
			f.follow(paris(t, "2026-03-05 10:01"))
			want := ""
			if c.called {
				want = fmt.Sprintf("detractor planned answer:%d 03-05 10:01", id)
			}
			if got := f.from(id); got != want {
				t.Fatalf("got %q, want %q", got, want)
			}
			if !c.called {
				return
			}
			f.open(paris(t, "2026-03-05 10:01"))
			if got := query[string](f, `SELECT state || ' ' || rep_id || ' ' || priority FROM call`); got != "open 1 95" {
				t.Errorf("the card is %q", got)
			}
		})
	}
}

func TestRemindersGoToThoseWhoHaveNotAnswered(t *testing.T) {
	f := newLoop(t, asking)
	never, early, late := f.sentSurvey("never"), f.sentSurvey("early"), f.sentSurvey("late")
	f.said(early, 9, false, paris(t, "2026-03-05 10:00"))
	f.follow(paris(t, "2026-03-09 09:00").Add(-time.Second))
	if got := f.from(never) + f.from(early) + f.from(late); got != "" {
		t.Fatalf("before seven days have passed: %q", got)
	}
	f.follow(paris(t, "2026-03-09 09:00"))
	reminder := "questionnaire/reminder planned 2026 03-09 09:00"
	if f.from(never) != reminder || f.from(late) != reminder || f.from(early) != "" {
		t.Fatalf("after seven days: %q, %q, and %q for who has answered", f.from(never), f.from(late), f.from(early))
	}
	f.said(late, 8, false, paris(t, "2026-03-09 09:30")) // before the reminder has left
	f.follow(paris(t, "2026-03-09 09:31"))
	if got := f.from(late); got != "questionnaire/reminder cancelled answered 2026 03-09 09:00" {
		t.Errorf("an answer before the reminder leaves: %q", got)
	}
	f.exec(`UPDATE touch SET state = 'sent', sent_at = $1 WHERE parent_id = $2`, paris(t, "2026-03-09 09:32"), never)
	f.follow(paris(t, "2026-03-23 23:59"))
	if got := f.state(never); got != "sent" {
		t.Errorf("on the 21st day: %q", got)
	}
	f.follow(paris(t, "2026-03-24 00:00"))
	if got := f.state(never); got != "done not_answered" {
		t.Errorf("after 21 days: %q", got)
	}
	if got := f.from(never); got != "questionnaire/reminder sent 2026 03-09 09:00" {
		t.Errorf("one reminder, once: %q", got)
	}
	if err := f.answer(never, 9, false, paris(t, "2026-03-24 00:00")); err == nil {
		t.Error("an answer was taken after closing")
	}
}

func TestFollowingUpAgainChangesNothingMore(t *testing.T) {
	f := newLoop(t, asking)
	for i := range 30 {
		id := f.sentSurvey(fmt.Sprintf("c%02d", i))
		if i%2 == 0 {
			f.said(id, i%10, i%3 == 0, paris(t, "2026-03-05 10:00"))
		}
	}
	f.sentSurvey("never")
	var both sync.WaitGroup
	for range 3 {
		both.Go(func() {
			if _, err := f.FollowUp(f.ctx, paris(t, "2026-03-09 10:00")); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	once := f.picture()
	if n := query[int](f, `SELECT count(*) FROM touch WHERE step = 'questionnaire/reminder' AND state = 'planned'`); n != 16 {
		t.Errorf("%d reminders for 16 who have not answered", n)
	}
	// Of 0, 2, …, 28 those with a last digit up to 6 or a multiple of 3: all but 8, 28.
	if n := query[int](f, `SELECT count(*) FROM touch WHERE step = 'detractor'`); n != 13 {
		t.Errorf("%d calls after 15 answers", n)
	}
	f.follow(paris(t, "2026-03-09 10:00"))
	if f.picture() != once {
		t.Error("a second time changed something")
	}
}

func TestACorrectionMayAskForACall(t *testing.T) {
	f := newLoop(t, asking)
	id := f.sentSurvey("a")
	f.said(id, 9, false, paris(t, "2026-03-05 10:00"))
	f.follow(paris(t, "2026-03-05 10:01"))
	followed := f.picture()
	f.said(id, 9, false, paris(t, "2026-03-05 10:02")) // posted twice
	if f.picture() != followed {
		t.Error("the same answer again changed something")
	}
	f.said(id, 9, true, paris(t, "2026-03-06 10:00"))
	f.follow(paris(t, "2026-03-06 10:01"))
	if got := f.from(id); got != fmt.Sprintf("detractor planned answer:%d 03-06 10:01", id) {
		t.Errorf("after the correction: %q", got)
	}
	if got := query[string](f, `SELECT count(*) || ' ' || max(corrections) FROM response`); got != "1 1" {
		t.Errorf("answers and corrections: %s", got)
	}
	f.said(id, 8, true, paris(t, "2026-03-06 11:00"))
	f.follow(paris(t, "2026-03-06 11:01"))
	if n := query[int](f, `SELECT count(*) FROM touch WHERE step = 'detractor'`); n != 1 {
		t.Errorf("%d calls for one invitation", n)
	}
}

func TestAStoppedCampaignMakesNothingNew(t *testing.T) {
	f := newLoop(t, asking)
	answered, waiting := f.sentSurvey("a"), f.sentSurvey("b")
	if err := f.StopCampaign(f.ctx, asking, "operator", paris(t, "2026-03-04 10:00")); err != nil {
		t.Fatal(err)
	}
	f.follow(paris(t, "2026-03-09 10:00"))
	if got := f.from(waiting); got != "" {
		t.Errorf("a stopped campaign made %q", got)
	}
	f.said(answered, 9, false, paris(t, "2026-03-05 10:00"))
	f.follow(paris(t, "2026-03-09 10:00"))
	if n := query[int](f, `SELECT count(*) FROM touch WHERE state = 'answered' AND followed_at IS NOT NULL`); n != 1 {
		t.Error("the answer was not taken")
	}
	f.follow(paris(t, "2026-03-24 10:00"))
	if got := f.state(waiting); got != "done not_answered" {
		t.Errorf("it still closes: %q", got)
	}
}

func TestWhatAnAnswerWasPromisedIsKeptInAnyState(t *testing.T) {
	for _, state := range []string{"paused", "held", "stopped"} {
		for _, first := range []string{"answered before", "answered after"} {
			t.Run(state+", "+first, func(t *testing.T) {
				f := newLoop(t, asking)
				id := f.sentSurvey("a")
				turn := func() {
					if state != "stopped" {
						f.exec(`UPDATE campaign SET state = $1`, state)
					} else if err := f.StopCampaign(f.ctx, asking, "operator", paris(t, "2026-03-05 10:02")); err != nil {
						t.Fatal(err)
					}
				}
				if first == "answered after" {
					turn()
				}
				f.said(id, 2, true, paris(t, "2026-03-05 10:03"))
				f.follow(paris(t, "2026-03-05 10:04"))
				if first == "answered before" {
					turn()
				}
				if _, err := f.Sweep(f.ctx, paris(t, "2026-03-05 10:05")); err != nil {
					t.Fatal(err)
				}
				f.open(paris(t, "2026-03-05 10:05"))
				if got := f.from(id); !strings.HasPrefix(got, fmt.Sprintf("detractor open answer:%d", id)) {
					t.Errorf("the call is %q", got)
				}
			})
		}
	}
}

func TestWhatComesBackToAStoppedCampaignIsCancelled(t *testing.T) {
	f := newLoop(t, asking)
	id := f.sentSurvey("a")
	f.exec(`UPDATE touch SET state = 'sending', sent_at = NULL, closes_at = NULL`)
	if err := f.StopCampaign(f.ctx, asking, "operator", paris(t, "2026-03-05 10:00")); err != nil {
		t.Fatal(err)
	}
	f.exec(`UPDATE touch SET state = 'planned', reason = 'deferred'`) // as a refusal for now, or a claim given back, leaves it
	swept, err := f.Sweep(f.ctx, paris(t, "2026-03-05 10:05"))
	if err != nil || swept.Stopped != 1 || !swept.Any() {
		t.Errorf("swept %+v, %v", swept, err)
	}
	if got := query[string](f, `SELECT state || ' ' || reason FROM touch WHERE id = $1`, id); got != "cancelled campaign_stopped" {
		t.Errorf("it is %q", got)
	}
	if results, err := f.Results(f.ctx, asking); err != nil || !results.Finished() {
		t.Errorf("the campaign has not finished: %+v, %v", results, err)
	}
}

// promoters listens to the survey.
const promoters = `campaign: promoters
title: {fr: "Promoteurs", en: "Promoters"}
lever: development
trigger:
  answer: {to: satisfaction-survey, where: score >= 9}
audience: "true"
steps:
  - name: call
    call: check-in
    to: rep
    deadline: 5 working days
`

func TestACampaignListensToAnothersAnswers(t *testing.T) {
	f := newLoop(t, asking)
	launchSource(t, f.Store, "promoters", promoters, paris(t, "2026-02-02 09:00"))
	nine, eight := f.sentSurvey("nine"), f.sentSurvey("eight")
	f.said(nine, 9, false, paris(t, "2026-03-05 10:00"))
	f.said(eight, 8, false, paris(t, "2026-03-05 10:00"))
	for range 2 {
		f.follow(paris(t, "2026-03-05 10:01"))
	}
	got := query[string](f, `SELECT string_agg(concat_ws(' ', t.occasion, t.step, t.state), ', ') FROM touch t JOIN campaign g ON g.id = t.campaign_id WHERE g.name = 'promoters'`)
	if want := fmt.Sprintf("answer:%d call planned", nine); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWhoAnswersHasReceived(t *testing.T) {
	for _, c := range []struct{ state, atOnce, result, after string }{
		{"unsure", "answered", "", "answered"},
		{"sending", "sending", "sent", "answered"},
		{"sending", "sending", "unsure", "answered"},
		{"sending", "sending", "planned", "answered"},
		{"sending", "sending", "failed", "answered"},
	} {
		t.Run(c.state+" "+c.result, func(t *testing.T) {
			f := newLoop(t, asking)
			id := f.sentSurvey("a")
			f.exec(`UPDATE touch SET state = $1, closes_at = NULL`, c.state)
			f.said(id, 3, false, paris(t, "2026-03-02 09:05"))
			if got := f.state(id); got != c.atOnce {
				t.Errorf("at once: %q", got)
			}
			if c.result != "" {
				f.follow(paris(t, "2026-03-02 09:06")) // the worker has not written yet
				due := paris(t, "2026-03-02 09:11")
				f.claim(uuid.New(), 0, store.Settled{ID: id, State: campaigns.State(c.result), DueAt: due, At: paris(t, "2026-03-02 09:06"), Code: 451, Words: "later", Bounced: c.result == "failed"})
			}
			if got := f.suppressed(); got != "" {
				t.Errorf("a mailbox that answers does not exist? %s", got)
			}
			f.follow(paris(t, "2026-03-02 09:07"))
			if got := f.state(id); got != c.after {
				t.Errorf("then: %q", got)
			}
			if got := f.from(id); !strings.HasPrefix(got, "detractor planned") {
				t.Errorf("a bad score is called all the same: %q", got)
			}
		})
	}
}

func TestAnInvitationOfAGoneWorkerClosesAndIsRemindedOf(t *testing.T) {
	for _, c := range []struct {
		name   string
		settle func(f field, id int64)
		want   string
	}{
		{"a person knows that it arrived", func(f field, id int64) {
			if err := f.SettleSent(f.ctx, id, "anne", paris(f.t, "2026-03-03 09:00")); err != nil {
				f.t.Fatal(err)
			}
		}, "sent 03-23 23:59, questionnaire/reminder planned 2026 03-09 09:00"},
		{"its answer does", func(f field, id int64) { f.said(id, 9, false, paris(f.t, "2026-03-03 09:00")) }, "answered 03-23 23:59, "},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newLoop(t, asking)
			id := f.sentSurvey("a")
			f.exec(`UPDATE touch SET state = 'unsure', reason = 'worker_gone', closes_at = NULL`)
			c.settle(f, id)
			for _, at := range []string{"2026-03-03 09:01", "2026-03-09 09:00"} {
				f.follow(paris(t, at))
			}
			got := query[string](f, `SELECT concat_ws(' ', state, to_char(closes_at AT TIME ZONE 'Europe/Paris', 'MM-DD HH24:MI')) FROM touch WHERE id = $1`, id)
			if got += ", " + f.from(id); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if err := f.answer(id, 2, false, paris(t, "2026-03-24 00:00")); !errors.Is(err, store.ErrSurveyClosed) {
				t.Errorf("an answer after its last day: %v", err)
			}
		})
	}
}

func TestATouchThatCannotBeFollowedHoldsUpNobody(t *testing.T) {
	f := newLoop(t, "satisfaction-survey", "welcome-call")
	broken := f.step(f.person("a"), "satisfaction-survey", "questionnaire", "survey", "2026", "answered") // without a response
	f.exec(`UPDATE touch SET ended_at = '2026-03-02T09:00:00Z' WHERE id = $1`, broken)
	missed := f.step(f.person("b"), "welcome-call", "call", "call", "first-order", "done")
	f.exec(`UPDATE touch SET outcome = 'unreachable', ended_at = '2026-03-03T09:00:00Z' WHERE id = $1`, missed)
	_, err := f.FollowUp(f.ctx, paris(t, "2026-03-10 09:00"))
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("touch %d", broken)) {
		t.Errorf("the error does not name touch %d: %v", broken, err)
	}
	if got := f.from(missed); !strings.HasPrefix(got, "sorry-we-missed-you planned") {
		t.Errorf("from the other: %q", got)
	}
}
