package campaigns

import (
	"math"

	"github.com/relance/relance/internal/calendar"
)

// Explain says for any client why the campaign contacts it or does not: a line per touch that exists, newest occasion
// last, then the reasons that stand in the way of a new one, the deciding one first; an empty reason means that the next
// pass will plan it.
func (p *Pass) Explain(f *Facts, history []Touch) []Verdict {
	now := p.Definition.Trigger.look(p, f, history)
	figures := p.Definition.Trigger.figures(p, f, now)
	var lines []Verdict
	already := false
	for _, h := range history {
		already = already || h.ParentID == 0 && now.is(h.Occasion)
		lines = append(lines, Verdict{Reason: h.Reason, Touch: h, On: h.TriggeredOn})
	}
	reasons := p.standing(f, now)
	if already {
		reasons = []Reason{ReasonAlready}
	}
	for _, reason := range reasons {
		line := Verdict{Reason: reason, Figures: figures, On: now.on}
		if reason == ReasonAudience {
			line.Figures, line.On = p.factFigures(f), 0
		}
		lines = append(lines, line)
	}
	return lines
}

// standing lists every reason why no new touch would be planned now; one empty reason when it would.
func (p *Pass) standing(f *Facts, now firing) []Reason {
	var reasons []Reason
	if reason := p.notFired(now); reason != "" {
		reasons = append(reasons, reason)
	}
	if !p.holds(p.Definition.Audience, f) {
		reasons = append(reasons, ReasonAudience)
	}
	step, ok := p.start(f)
	if !ok {
		return append(reasons, ReasonNoStep)
	}
	if reason := p.check(step, f, p.Now); reason != "" {
		reasons = append(reasons, reason)
	}
	if _, ok := p.Definition.Trigger.(On); ok && len(reasons) > 0 && now.never == "" && !p.SlotTexts[now.occasion()] {
		reasons = append(reasons, ReasonNoSlotText)
	}
	if len(reasons) == 0 {
		reasons = []Reason{""}
	}
	return reasons
}

// notFired is why the trigger does not fire today; empty: it does.
func (p *Pass) notFired(now firing) Reason {
	switch {
	case now.never != "":
		return now.never
	case now.on == 0 || now.on > p.today:
		return ReasonNotYet
	case now.until != 0 && p.today > now.until:
		return ReasonTooOld
	case now.blind && !p.Fresh:
		return ReasonStaleData
	case p.seen(now):
		return ReasonSeen
	}
	return ""
}

// factFigures are the values of the facts that the audience asks for.
func (p *Pass) factFigures(f *Facts) []Figure {
	var figures []Figure
	for _, name := range p.Definition.Audience.Facts() {
		if fact, ok := factNamed(name); ok {
			figures = append(figures, Figure{Name: name, Value: fact.value(&scope{facts: f, house: p.House, today: p.today, smallTail: p.SmallTail})})
		}
	}
	return figures
}

func factNamed(name string) (Fact, bool) {
	for _, f := range FactTable {
		if f.Name == name && f.Type != Hidden {
			return f, true
		}
	}
	return Fact{}, false
}

// value reads the fact as an audience sees it; nil: unknown.
func (f Fact) value(s *scope) any {
	o := f.operand()
	switch o.typ {
	case Text:
		return o.text(s)
	case YesNo:
		return o.yes(s)
	case Day:
		if d := o.day(s); d != calendar.Date(0) {
			return d
		}
		return nil
	}
	if v := o.number(s); !math.IsNaN(v) {
		return v
	}
	return nil
}
