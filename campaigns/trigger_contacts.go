package campaigns

import (
	"strings"

	"github.com/relance/relance/internal/calendar"
)

// Kind implements Trigger.
func (ContactsPerYear) Kind() string { return "contacts_per_year" }

// period is the number of days between two contacts.
func (t ContactsPerYear) period() calendar.Date { return calendar.Date(365 / t.Times) }

func (t ContactsPerYear) base(f *Facts) calendar.Date {
	if f.LastContactWith != 0 {
		return f.LastContactWith
	}
	return f.CreatedOn
}

func (t ContactsPerYear) look(p *Pass, f *Facts, history []Touch) firing {
	fi := firing{kind: onSince, base: t.base(f)}
	if fi.base == 0 {
		fi.never = ReasonNotYet
		return fi
	}
	fi.on = fi.base + t.period()
	if len(history) == 0 || fi.on > p.today {
		return fi
	}
	return t.again(p, history, fi)
}

// again moves on to the next try of the same base: half a period after the last one that reached nobody.
func (t ContactsPerYear) again(p *Pass, history []Touch, first firing) firing {
	last := first
	for _, h := range history {
		if h.ParentID != 0 || !reachedNobody(&h) || !first.sameBase(h.Occasion) {
			continue
		}
		n := 1
		if !first.is(h.Occasion) {
			n = tryNumber(h.Occasion) + 1
		}
		if n > last.n {
			last.n = n
			last.on = calendar.DateOf(h.EndedAt.In(p.House.Zone())) + calendar.Date(365/t.Times/2)
		}
	}
	return last
}

// sameBase reports whether an occasion is a try, the first or a later one, of the same last contact.
func (f firing) sameBase(occasion string) bool {
	f.n = 0
	var room [longestOccasion]byte
	base := f.append(room[:0])
	return len(occasion) >= len(base) && occasion[:len(base)] == string(base)
}

// tryNumber reads the n of since:<date>:<n>.
func tryNumber(occasion string) int {
	n := 0
	for _, r := range occasion[strings.LastIndexByte(occasion, ':')+1:] {
		if r < '0' || r > '9' {
			return 0
		}
		n = n*10 + int(r-'0')
	}
	return n
}

// reachedNobody reports whether a touch ended without a word with the client.
func reachedNobody(t *Touch) bool {
	switch t.State {
	case Done:
		return t.Outcome == Unreachable || t.Outcome == NoAnswer || t.Outcome == Voicemail || t.Outcome == WrongNumber
	case Skipped:
		return t.Reason == ReasonTooLate
	}
	return false
}

// holds: nobody has spoken with it since.
func (ContactsPerYear) holds(_ *Pass, _ *Facts, touch *Touch, now firing) bool {
	return now.sameBase(touch.Occasion)
}

func (t ContactsPerYear) figures(_ *Pass, f *Facts, now firing) []Figure {
	name := "last_contact_with"
	if f.LastContactWith == 0 {
		name = "created_on"
	}
	return []Figure{{name, now.base}, {"times", t.Times}, {"days", int(t.period())}}
}

// spread is the day on which a client who was due before the campaign's start has its turn: a day when it may be contacted
// somewhere in a full period from the start on, so that a campaign that starts on an old base does not put everyone on one
// day. Who falls due later is contacted on the rule's own day.
func (t ContactsPerYear) spread(p *Pass, f *Facts, now firing) calendar.Date {
	if now.on >= p.begun || now.n > 0 {
		return now.on
	}
	return p.House.DrawOpenDay(p.begun, p.begun+t.period()-1, draw(p.Definition.Name, "first round", f.Ref), f.Country)
}
