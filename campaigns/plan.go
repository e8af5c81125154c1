package campaigns

import (
	"time"

	"github.com/relance/relance/internal/calendar"
)

// Moment is when and under which rules of the house a pass decides. It is the same for all clients of a pass.
type Moment struct {
	Now        time.Time       // the business clock
	House      *calendar.House // the company's zone, country, hours and quiet weeks, and the calendars of other countries
	Since      calendar.Date   // day of the campaign's last pass that was not held; zero: this is the first
	Begun      time.Time       // when the campaign was first started; zero: not yet (count, preview)
	Fresh      bool            // order data is fresh enough to infer from absence
	Known      calendar.Date   // orders are known up to this day, for the sentence that says why a rule waits
	SmallTail  float64         // setting small_client_tail as a share: 0.1
	DefaultRep int64           // rep of clients without one; 0: the managers' list
	Paused     bool            // the campaign is paused
	SlotTexts  map[string]bool // campaigns on slots: occasions whose own text is approved
}

// Pass is one campaign at one moment, made by At. It never changes, and may plan for clients in several goroutines.
type Pass struct {
	Moment
	Definition *Definition

	today, begun, yearEnd calendar.Date
	year                  int
	slot                  calendar.Date // of a campaign on slots: the one that fires, or the next; zero: none
}

// At readies a campaign to plan at a moment.
func (d *Definition) At(m Moment) *Pass {
	p := &Pass{Moment: m, Definition: d, today: m.House.Today(m.Now)}
	p.begun = p.today
	if !m.Begun.IsZero() {
		p.begun = min(m.House.Today(m.Begun), p.today) // started on the wall clock, replayed in the past
	}
	p.year, _, _ = p.today.Civil()
	p.yearEnd = calendar.NewDate(p.year, time.December, 31)
	if on, ok := d.Trigger.(On); ok {
		p.slot = on.current(p.House, p.today)
	}
	return p
}

// Decision is one change that a pass makes for a client: a new touch (its ID is 0, its state Planned, HeldOut or
// Skipped), or a move of one that exists (ID set; State, Reason, TriggeredOn, DueAt and DeadlineAt are the new ones).
type Decision struct {
	Touch
	From State // the state it leaves; empty for a new touch
}

// Verdict is why a client is or is not contacted, with the figures that decided: one line of `explain`.
type Verdict struct {
	Reason  Reason // empty: it is, or will be, contacted
	Figures []Figure
	On      calendar.Date // when the rule becomes true, as far as it can be told; zero: unknown
	Touch   Touch         // the touch that the line is about; ID 0 and no step: none
}

// Figure is a named value that decided, ready to be put into words: a date, an amount, a count, a threshold.
type Figure struct {
	Name  string
	Value any // calendar.Date, float64 (amount or share), int, string
}

// Plan appends to out what the pass changes for one client: at most one new touch, and moves of planned, open, skipped
// and cancelled ones. history holds every touch of the campaign for the client, in any order. Planning again with the
// touches that Plan made in the history changes nothing. Nothing is allocated for a client where nothing happens.
func (p *Pass) Plan(f *Facts, history []Touch, out []Decision) []Decision {
	now := p.Definition.Trigger.look(p, f, history)
	planned := false
	for i := range history {
		h := &history[i]
		planned = planned || h.ParentID == 0 && now.is(h.Occasion)
		if move, ok := p.move(f, h, history, now); ok {
			out = append(out, move)
		}
	}
	if planned || !p.ready(now) || !p.holds(p.Definition.Audience, f) {
		return out
	}
	if t, ok := p.touch(f, now); ok {
		out = append(out, Decision{Touch: t})
	}
	return out
}

// ready reports whether the rule is true today and the pass may act on it.
func (p *Pass) ready(now firing) bool {
	return now.fires(p.today) && (p.Fresh || !now.blind) && !p.seen(now)
}

// seen reports that a day of an exact rule has been looked at by an earlier pass, or lies before the campaign's start.
func (p *Pass) seen(now firing) bool {
	return now.exact && (now.on < p.begun || now.on <= p.Since && now.on < p.today)
}

// holds asks a condition of one client.
func (p *Pass) holds(e *Expression, f *Facts) bool {
	if e == nil {
		return true
	}
	f.scope = scope{facts: f, house: p.House, today: p.today, smallTail: p.SmallTail}
	return e.test(&f.scope)
}

// triggered is the day on which the rule became true: its own. Only where it does not follow from the client's dates alone,
// and an earlier pass had already looked at that day and planned nothing, has something else become true since (it has
// become a small client, say), at the earliest on the day after that pass.
func (p *Pass) triggered(now firing) calendar.Date {
	if p.Since == 0 || now.dated {
		return now.on
	}
	return max(now.on, min(p.Since+1, p.today))
}
