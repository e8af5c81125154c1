package campaigns

import (
	"encoding/json"
	"time"

	"github.com/relance/relance/internal/calendar"
)

// touch makes the campaign's first touch for a client on the occasion that fires; false when no step is for it.
func (p *Pass) touch(f *Facts, now firing) (Touch, bool) {
	step, ok := p.start(f)
	if !ok {
		return Touch{}, false
	}
	t := p.blank(step, f)
	t.Occasion, t.TriggeredOn = now.occasion(), p.triggered(now)
	t.Figures = encode(p.Definition.Trigger.figures(p, f, now))
	p.schedule(&t, step, f, p.turn(f, now, t.TriggeredOn))
	t.State, t.Reason = p.admit(step, f, t)
	return t, true
}

// start is the step that a campaign begins with for a client: the first in the file whose `only` holds.
func (p *Pass) start(f *Facts) (Step, bool) {
	for _, s := range p.Definition.Steps {
		if p.holds(s.Only, f) {
			return s, true
		}
	}
	return Step{}, false
}

// blank fills in what the step and the client say: who, by whom, and how urgent.
func (p *Pass) blank(s Step, f *Facts) Touch {
	t := Touch{ClientID: f.ClientID, ContactID: f.MailContactID, Step: s.Name, Channel: s.Channel, Priority: s.Priority}
	if t.Priority == 0 {
		t.Priority = p.Definition.Priority
	}
	if s.Channel == Call {
		t.ContactID, t.RepID = f.CallContactID, p.assignee(s.To, f)
	}
	return t
}

// assignee is the rep who makes a call: 0 is the managers' list.
func (p *Pass) assignee(to Assignee, f *Facts) int64 {
	first, second := f.RepID, f.InsideRepID
	switch to {
	case ToManager:
		return 0
	case ToInside:
		first, second = second, first
	}
	if first != 0 {
		return first
	}
	if second != 0 {
		return second
	}
	return p.DefaultRep
}

// turn is the earliest moment of a touch: the slot's, the place in a spread first round, else the day it triggered on.
func (p *Pass) turn(f *Facts, now firing, triggered calendar.Date) time.Time {
	switch t := p.Definition.Trigger.(type) {
	case On:
		if t.Cron != nil {
			return t.Cron.at(now.on, p.House.Zone())
		}
	case ContactsPerYear:
		triggered = max(triggered, t.spread(p, f, now))
	}
	return triggered.In(p.location(f))
}

// schedule sets due_at, the first allowed moment from `from` on and never in the past, with the reason where quiet weeks
// moved it, and the deadline after its day.
// Deadlines count days on which clients may be contacted, so that quiet weeks do not eat them.
func (p *Pass) schedule(t *Touch, s Step, f *Facts, from time.Time) {
	loc := p.location(f)
	if from.Before(p.Now) {
		from = p.Now
	}
	t.DueAt = p.House.NextAllowed(use(s.Channel, f), from, f.Country, loc)
	if p.House.Quiet(calendar.DateOf(from.In(loc))) {
		t.Reason = ReasonQuietWeeks
	}
	t.DeadlineAt = time.Time{}
	if !s.Deadline.IsZero() {
		t.DeadlineAt = p.deadline(t.DueAt, s.Deadline, f, loc)
	}
	if on, ok := p.Definition.Trigger.(On); ok && t.DeadlineAt.IsZero() && t.ParentID == 0 {
		t.DeadlineAt = p.deadline(t.DueAt, on.Window, f, loc)
	}
}

func (p *Pass) deadline(due time.Time, after calendar.Period, f *Facts, loc *time.Location) time.Time {
	day := calendar.DateOf(due.In(loc))
	if after.Unit == calendar.InWorkingDays {
		return calendar.EndOfDay(p.House.OpenAfter(day, after.Int(), f.Country), loc)
	}
	return calendar.EndOfDay(p.House.Add(day, after, f.Country), loc)
}

// admit gives a new touch its state: planned, with the reason why it waits if it does; held out; or skipped with the
// first reason that applies.
func (p *Pass) admit(s Step, f *Facts, t Touch) (State, Reason) {
	switch reason := p.check(s, f, t.DeadlineAt); {
	case reason == ReasonHeldOut:
		return HeldOut, reason
	case reason.Ends():
		return Skipped, reason
	case reason != "":
		return Planned, reason
	}
	if _, ok := p.Definition.Trigger.(On); ok && !p.SlotTexts[t.Occasion] {
		return Planned, ReasonNoSlotText
	}
	return Planned, t.Reason
}

func (p *Pass) location(f *Facts) *time.Location {
	return p.House.Location(f.Zone, f.Country, f.Postcode)
}

// use is the kind of hours a channel keeps with a client.
func use(c Channel, f *Facts) calendar.Use {
	switch {
	case c != Call:
		return calendar.ToSend
	case f.Consumer:
		return calendar.ToCallConsumer
	}
	return calendar.ToCall
}

// encode writes figures as the JSON object that a touch keeps.
func encode(figures []Figure) json.RawMessage {
	b := []byte{'{'}
	for i, f := range figures {
		if i > 0 {
			b = append(b, ',')
		}
		value, err := json.Marshal(f.Value)
		if err != nil {
			value = []byte("null") // an infinite number; figures hold none
		}
		b = append(append(append(append(b, '"'), f.Name...), '"', ':'), value...)
	}
	return append(b, '}')
}
