package campaigns

import (
	"slices"
	"strings"
	"time"

	"github.com/relance/relance/internal/calendar"
)

// Ending is what came of a touch: a call's outcome, or an answer.
type Ending struct {
	Outcome Outcome   // of a call; empty: an answer, or nothing
	Until   time.Time // call_back and postponed: when to call; zero: the next working day
	Scored  bool      // a recommendation was given
	Score   int       // from 0 to 10
	CallMe  bool      // the client asks to be called
}

// Followup is what follows from the end of a touch.
type Followup struct {
	Moves []Decision // of touches that exist: the survey closes, its reminder is no longer needed
	New   []Touch    // planned, or skipped with the reason
}

// reminderSuffix marks the step of a survey's second mail.
const reminderSuffix = "/reminder"

// reminded splits the name of a reminder's step; false when it is none.
func reminded(step string) (string, bool) { return strings.CutSuffix(step, reminderSuffix) }

// IsReminder reports whether the touch is a survey's second mail. Its link is that of its parent.
func (t *Touch) IsReminder() bool {
	_, ok := reminded(t.Step)
	return ok
}

// IsAnswer reports whether an occasion is an answer that a client gave, and no day or slot.
func IsAnswer(occasion string) bool { return strings.HasPrefix(occasion, "answer:") }

// fromAnswer reports whether the touch was promised by a client's own answer.
func fromAnswer(t *Touch) bool { return IsAnswer(t.Occasion) }

// Promised reports whether the touch is the call that a client's own answer to a survey has made: it is due to the client
// whatever becomes of the campaign. The set-based twin in the store is promisedCall.
func (t *Touch) Promised() bool {
	return t.Channel == Call && t.ParentID != 0 && t.Occasion == answerOccasion(t.ParentID)
}

// Settle says what an outcome does at once to an open call's touch: another attempt at another half of the day, a call
// at the time that was agreed, or its end. After the last attempt, or when the next would be past the deadline, the
// outcome is unreachable. wrong reports that the contact's number is to be flagged.
func (p *Pass) Settle(f *Facts, t Touch, e Ending) (settled Touch, wrong bool) {
	step, _ := p.Definition.Step(t.Step)
	loc := p.location(f)
	switch e.Outcome {
	case NoAnswer, Voicemail:
		t.Attempt++
		next := p.nextAttempt(step, f, loc)
		if t.Attempt < step.Times && (t.DeadlineAt.IsZero() || !next.After(t.DeadlineAt)) {
			t.DueAt, t.Outcome = next, e.Outcome
			return t, false
		}
		e.Outcome = Unreachable
	case CallBack, Postponed:
		t.DueAt, t.Outcome = e.Until, e.Outcome
		if e.Until.IsZero() {
			t.DueAt = p.House.NextAllowed(use(Call, f), (calendar.DateOf(p.Now.In(loc)) + 1).In(loc), f.Country, loc)
		}
		if day := calendar.EndOfDay(calendar.DateOf(t.DueAt.In(loc)), loc); !t.DeadlineAt.IsZero() && t.DeadlineAt.Before(day) {
			t.DeadlineAt = day // what was agreed with the client outlasts the deadline
		}
		return t, false
	}
	t.State, t.Outcome, t.EndedAt = Done, e.Outcome, p.Now
	return t, e.Outcome == WrongNumber
}

// nextAttempt lies a while after now, in the half of the day that was not tried. Hours count within the day.
func (p *Pass) nextAttempt(s Step, f *Facts, loc *time.Location) time.Time {
	if s.Apart.Unit == calendar.InHours {
		return p.House.NextAllowed(use(Call, f), p.Now.Add(s.Apart.Length()), f.Country, loc)
	}
	day := p.House.Add(calendar.DateOf(p.Now.In(loc)), s.Apart, f.Country)
	return p.House.OtherHalf(use(Call, f), day.In(loc), p.Now, f.Country, loc)
}

// Next says what follows once a touch has ended, or while a survey waits for its answer. history holds the campaign's
// touches of the client; calling again with what Next made in it changes nothing.
func (p *Pass) Next(f *Facts, t Touch, e Ending, history []Touch) Followup {
	step, ok := p.Definition.Step(t.Step)
	if !ok || t.IsReminder() {
		return Followup{}
	}
	switch t.State {
	case Sent:
		if t.Channel == Survey {
			return p.await(step, f, t, history)
		}
	case Answered:
		return p.answered(step, f, t, e, history)
	case Done:
		return Followup{New: p.then(step, f, t, string(t.Outcome), history)}
	case Skipped:
		return Followup{New: p.then(step, f, t, string(t.Reason), history)}
	case Failed:
		return Followup{New: p.then(step, f, t, string(Failed), history)}
	}
	return Followup{}
}

// await reminds those who have not answered, once, and closes the survey when its time is over.
func (p *Pass) await(s Step, f *Facts, t Touch, history []Touch) Followup {
	loc := p.location(f)
	closes := p.ClosesAt(f, t)
	if !closes.IsZero() && p.Now.After(closes) {
		return Followup{Moves: append([]Decision{ended(&t, Done, ReasonNoAnswer, p)}, p.dropReminders(t, history)...)}
	}
	if s.Reminder.IsZero() || p.Now.Before(p.remindAt(s, f, t, loc)) {
		return Followup{}
	}
	reminder := p.child(s, f, t)
	reminder.Step += reminderSuffix
	reminder.DeadlineAt = closes
	return Followup{New: fresh(reminder, history)}
}

// AskAgain is when Next should look again at a sent survey in whose place nothing follows yet: at its reminder, else at
// its closing. The zero time: never.
func (p *Pass) AskAgain(f *Facts, t Touch, history []Touch) time.Time {
	step, ok := p.Definition.Step(t.Step)
	if !ok || t.IsReminder() {
		return time.Time{}
	}
	loc := p.location(f)
	reminded := slices.ContainsFunc(history, func(h Touch) bool { return h.ParentID == t.ID && h.IsReminder() })
	if !step.Reminder.IsZero() && !reminded {
		return p.remindAt(step, f, t, loc)
	}
	return p.ClosesAt(f, t)
}

// ClosesAt is when a sent survey takes no answer any more, also where its worker was gone before it could write that down.
// The zero time: never.
func (p *Pass) ClosesAt(f *Facts, t Touch) time.Time {
	step, ok := p.Definition.Step(t.Step)
	if !t.ClosesAt.IsZero() || !ok || t.Channel != Survey || t.IsReminder() {
		return t.ClosesAt
	}
	return step.ClosesAt(t.SentAt, p.House, f.Country, p.location(f))
}

// remindAt is the same time of day as the first mail, the period later.
func (p *Pass) remindAt(s Step, f *Facts, t Touch, loc *time.Location) time.Time {
	sent := t.SentAt.In(loc)
	day := calendar.DateOf(sent)
	return sent.AddDate(0, 0, int(p.House.Add(day, s.Reminder, f.Country)-day))
}

// answered follows the first rule that matches the answer, and drops a reminder that has not left.
func (p *Pass) answered(s Step, f *Facts, t Touch, e Ending, history []Touch) Followup {
	next := Followup{Moves: p.dropReminders(t, history)}
	for _, rule := range s.Answers {
		if !rule.Where.Matches(e) {
			continue
		}
		if step, ok := p.Definition.Step(rule.Then); ok {
			call := p.child(step, f, t)
			call.Occasion, call.Figures = answerOccasion(t.ID), encode(e.figures())
			next.New = fresh(call, history)
		}
		break
	}
	return next
}

// figures are what a call that follows an answer shows.
func (e Ending) figures() []Figure {
	figures := []Figure{{"call_me", e.CallMe}}
	if e.Scored {
		figures = append(figures, Figure{"score", e.Score})
	}
	return figures
}

func (p *Pass) dropReminders(t Touch, history []Touch) []Decision {
	var moves []Decision
	for i := range history {
		if h := &history[i]; h.ParentID == t.ID && h.IsReminder() && h.State == Planned {
			moves = append(moves, ended(h, Cancelled, ReasonAnswered, p))
		}
	}
	return moves
}

// then makes the touch of the step that an outcome, or the reason of a skip, leads to.
func (p *Pass) then(s Step, f *Facts, t Touch, end string, history []Touch) []Touch {
	step, ok := p.Definition.Step(s.Then[end])
	if !ok { // nothing follows, or stop
		return nil
	}
	return fresh(p.child(step, f, t), history)
}

// child makes a follow-up of a touch, on the same occasion and for the same cause, from now on.
func (p *Pass) child(s Step, f *Facts, parent Touch) Touch {
	t := p.blank(s, f)
	t.Occasion, t.ParentID, t.TriggeredOn, t.Figures = parent.Occasion, parent.ID, p.today, parent.Figures
	p.schedule(&t, s, f, p.Now)
	t.State, t.Reason = p.admitFollowup(s, f, t)
	return t
}

// admitFollowup asks the checks without the slot's text, which was approved for the touch that it follows.
func (p *Pass) admitFollowup(s Step, f *Facts, t Touch) (State, Reason) {
	state, reason := p.admit(s, f, t)
	if reason == ReasonNoSlotText {
		reason = ""
	}
	return state, reason
}

// fresh leaves out a touch that exists already.
func fresh(t Touch, history []Touch) []Touch {
	exists := func(h Touch) bool { return h.Step == t.Step && h.Occasion == t.Occasion }
	if slices.ContainsFunc(history, exists) {
		return nil
	}
	return []Touch{t}
}

// FromAnswer makes the touch of a campaign with an `answer` trigger, when a touch of the campaign it listens to ended in
// the way that it waits for. history holds this campaign's touches of the client.
func (p *Pass) FromAnswer(f *Facts, campaign string, t Touch, e Ending, history []Touch) (Touch, bool) {
	trigger, ok := p.Definition.Trigger.(Answer)
	if !ok || trigger.To != campaign || !trigger.Where.Matches(e) || !p.holds(p.Definition.Audience, f) {
		return Touch{}, false
	}
	step, ok := p.start(f)
	if !ok {
		return Touch{}, false
	}
	made := p.child(step, f, t)
	made.Occasion, made.ParentID, made.Figures = answerOccasion(t.ID), 0, encode(e.figures())
	return made, len(fresh(made, history)) == 1
}
