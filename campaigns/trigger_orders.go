package campaigns

import (
	"bytes"
	"math"

	"github.com/relance/relance/internal/calendar"
)

// oldClientDays is how long a client may have existed before its first order in the data. One who is older has ordered
// before, in data that was not loaded.
const oldClientDays = 90

// silenceWithoutRhythm is the silence, in months, that counts for a client with too few orders to have a rhythm.
const silenceWithoutRhythm = 12

// Kind implements Trigger.
func (FirstOrder) Kind() string { return "first_order" }

func (t FirstOrder) look(p *Pass, f *Facts, _ []Touch) firing {
	fi := firing{kind: onFirstOrder, base: f.FirstOrderOn, dated: true}
	if f.FirstOrderOn == 0 {
		fi.never = ReasonNoOrder
		return fi
	}
	fi.until = p.House.Add(f.FirstOrderOn, t.Within, f.Country)
	if f.CreatedOn != 0 && f.CreatedOn+oldClientDays < f.FirstOrderOn {
		fi.never = ReasonOldClient
	}
	if fi.until < p.today { // most clients: spare them the calendar
		fi.on = fi.until
		return fi
	}
	if f.FirstDeliveredOn != 0 && !t.AfterDelivery.IsZero() {
		fi.on = max(p.House.Add(f.FirstDeliveredOn, t.AfterDelivery, f.Country), f.FirstOrderOn) // entered after its delivery
	} else {
		fi.on = p.House.Add(f.FirstOrderOn, t.After, f.Country)
	}
	return fi
}

// holds: the order that the touch was planned for is still the first. Once planned, the window no longer matters.
func (t FirstOrder) holds(p *Pass, f *Facts, touch *Touch, now firing) bool {
	if now.never != "" {
		return false
	}
	return figureDay(touch.Figures, `"first_order_on"`) == f.FirstOrderOn || now.fires(p.today)
}

// figureDay reads a date out of stored figures, in whatever way the database has spaced them; zero: not there.
func figureDay(figures []byte, name string) calendar.Date {
	_, rest, found := bytes.Cut(figures, []byte(name))
	rest = bytes.TrimLeft(rest, ": \"")
	if !found || len(rest) < len("2006-01-02") {
		return 0
	}
	day, err := calendar.ParseDate(string(rest[:len("2006-01-02")]))
	if err != nil {
		return 0
	}
	return day
}

func (t FirstOrder) figures(_ *Pass, f *Facts, now firing) []Figure {
	figures := []Figure{{"first_order_on", f.FirstOrderOn}}
	if f.FirstDeliveredOn != 0 {
		figures = append(figures, Figure{"first_delivered_on", f.FirstDeliveredOn})
	}
	if now.never == ReasonOldClient {
		figures = append(figures, Figure{"created_on", f.CreatedOn})
	}
	return append(figures, Figure{"until", now.until})
}

// Kind implements Trigger.
func (Silent) Kind() string { return "silent" }

func (t Silent) look(p *Pass, f *Facts, _ []Touch) firing {
	fi := firing{kind: onSilence, base: f.LastOrderOn, blind: true, dated: true}
	if f.LastOrderOn == 0 {
		fi.never = ReasonNoOrder
		return fi
	}
	fi.until = p.House.Add(f.LastOrderOn, t.AtMost, f.Country)
	fi.on = max(t.longEnough(p, f), p.House.Add(f.LastOrderOn, t.AtLeast, f.Country))
	if fi.on > fi.until {
		fi.never = ReasonNeverSilent
	}
	return fi
}

// longEnough is the day on which the silence has lasted the given number of rhythms, quiet weeks left out.
func (t Silent) longEnough(p *Pass, f *Facts) calendar.Date {
	if f.Rhythm <= 0 {
		return f.LastOrderOn.AddMonths(silenceWithoutRhythm)
	}
	return p.House.SilentUntil(f.LastOrderOn, int(math.Ceil(t.Rhythms*f.Rhythm)))
}

// holds: no order has come since.
func (Silent) holds(_ *Pass, _ *Facts, touch *Touch, now firing) bool { return now.is(touch.Occasion) }

func (t Silent) figures(p *Pass, f *Facts, now firing) []Figure {
	figures := []Figure{{"last_order_on", f.LastOrderOn}, {"silent_days", p.House.SilentDays(f.LastOrderOn, p.today)}}
	if f.Rhythm > 0 {
		figures = append(figures, Figure{"rhythm", f.Rhythm}, Figure{"rhythms", t.Rhythms})
	}
	return append(figures, Figure{"until", now.until})
}
