package campaigns

import (
	"time"

	"github.com/relance/relance/internal/calendar"
)

// Kind implements Trigger.
func (Yearly) Kind() string { return "yearly" }

// look draws the day from the ref alone, so that it is the same day in all campaigns' previews and from year to year
// (but for holidays). A year whose day lies before the campaign's start is left out, and so is a client who was not in
// the audience on its day: it is asked next year.
func (t Yearly) look(p *Pass, f *Facts, _ []Touch) firing {
	fi := firing{kind: onYear, base: p.today, exact: true}
	fi.on, fi.until = t.day(p, f, p.year), p.yearEnd
	if fi.on < p.begun {
		fi.never = ReasonBeforeStart
	}
	return fi
}

func (t Yearly) day(p *Pass, f *Facts, year int) calendar.Date {
	if t.Month == 0 {
		first := calendar.NewDate(year, time.January, 1)
		return p.House.DrawOpenDay(first, calendar.NewDate(year, time.December, 31), draw("", "yearly", f.Ref), f.Country)
	}
	first := calendar.NewDate(year, time.Month(t.Month), 1)
	return min(first+calendar.Date(t.Day-1), first.AddMonths(1)-1) // 29 February is the 28th in most years
}

func (Yearly) holds(*Pass, *Facts, *Touch, firing) bool { return true }

func (Yearly) figures(_ *Pass, _ *Facts, now firing) []Figure {
	return []Figure{{"day", now.on}}
}

// Kind implements Trigger.
func (On) Kind() string { return "on" }

func (t On) look(p *Pass, _ *Facts, _ []Touch) firing {
	fi := firing{kind: onSlot, base: p.slot, on: p.slot, exact: true}
	if p.slot == 0 {
		fi.never = ReasonSlotMissed
		return fi
	}
	fi.until = p.House.Add(p.slot, t.Window, "")
	return fi
}

func (On) holds(*Pass, *Facts, *Touch, firing) bool { return true }

func (On) figures(_ *Pass, _ *Facts, now firing) []Figure {
	return []Figure{{"slot", now.on}}
}

// current is the newest slot while its window lasts, else the next one; zero: none will come.
func (t On) current(h *calendar.House, today calendar.Date) calendar.Date {
	if slot := t.last(today); slot != 0 && today <= h.Add(slot, t.Window, "") {
		return slot
	}
	return t.Next(today)
}

// last returns the newest slot up to a day; zero: none.
func (t On) last(today calendar.Date) calendar.Date {
	if t.Cron != nil {
		return t.Cron.last(today)
	}
	if t.Date <= today {
		return t.Date
	}
	return 0
}

// Next returns the first slot after a day; zero: none.
func (t On) Next(day calendar.Date) calendar.Date {
	if t.Cron != nil {
		return t.Cron.next(day)
	}
	if t.Date > day {
		return t.Date
	}
	return 0
}

// Missed lists the slots since the last pass that nothing was planned for, because their window had passed: who runs a
// pass says so. The newest slot is listed only once its own window has passed.
func (t On) Missed(m *Moment) []calendar.Date {
	if m.Begun.IsZero() {
		return nil
	}
	today, begun := m.House.Today(m.Now), m.House.Today(m.Begun)
	var missed []calendar.Date
	for slot := t.Next(max(m.Since, begun-1)); slot != 0 && slot <= today; slot = t.Next(slot) {
		next := t.Next(slot)
		if m.House.Add(slot, t.Window, "") < today || next != 0 && next <= today {
			missed = append(missed, slot)
		}
	}
	return missed
}

// Kind implements Trigger.
func (Answer) Kind() string { return "answer" }

// look: an answer campaign is never planned from facts; FromAnswer makes its touches.
func (Answer) look(*Pass, *Facts, []Touch) firing {
	return firing{kind: onAnswer, never: ReasonNotYet}
}

func (Answer) holds(*Pass, *Facts, *Touch, firing) bool { return true }

func (Answer) figures(*Pass, *Facts, firing) []Figure { return nil }
