package calendar

import (
	"fmt"
	"sort"
	"strings"
	"time"
)

// Hours are the spans of a day in which something may happen, in order. Nil: not set.
type Hours []hourSpan

// hourSpan runs from one minute of the day up to, but not including, another.
type hourSpan struct{ from, to int }

// Use is what the hours are for.
type Use uint8

// The uses of hours.
const (
	ToCall         Use = iota // calls to companies
	ToCallConsumer            // calls to consumers, whose hours the law sets
	ToSend                    // mails and surveys
)

// ParseHours reads the setting: "08:30-12:00 13:30-18:00".
func ParseHours(s string) (Hours, error) {
	var hours Hours
	for _, field := range strings.Fields(s) {
		from, to, ok := strings.Cut(field, "-")
		a, errA := minuteOfDay(from)
		b, errB := minuteOfDay(to)
		if !ok || errA != nil || errB != nil || a >= b {
			return nil, fmt.Errorf("%q are no hours: want hh:mm-hh:mm such as 08:30-12:00", field)
		}
		hours = append(hours, hourSpan{a, b})
	}
	if len(hours) == 0 {
		return nil, fmt.Errorf("no hours given: want spans such as 08:30-12:00 13:30-18:00")
	}
	sort.Slice(hours, func(i, j int) bool { return hours[i].from < hours[j].from })
	return hours, nil
}

func minuteOfDay(s string) (int, error) {
	if s == "24:00" {
		return 24 * 60, nil
	}
	t, err := time.Parse("15:04", s)
	return t.Hour()*60 + t.Minute(), err
}

// or returns the hours, or those of a text known to be right where none are set.
func (h Hours) or(text string) Hours {
	if h != nil {
		return h
	}
	h, _ = ParseHours(text) // one of the defaults of New, which a test reads
	return h
}

func (h *House) hours(u Use) Hours {
	switch u {
	case ToCallConsumer:
		return h.rules.ConsumerCalling
	case ToSend:
		return h.rules.Sending
	}
	return h.rules.Calling
}

// NextAllowed returns the first moment from t on that lies in the hours of a working day outside the quiet weeks of the
// country, as lived in loc; t itself (in loc) when it is one.
func (h *House) NextAllowed(u Use, t time.Time, code string, loc *time.Location) time.Time {
	t = t.In(loc)
	day, open := DateOf(t), h.country(code).open
	minute := t.Hour()*60 + t.Minute()
	if open.has(day) {
		for _, s := range h.hours(u) {
			if minute >= s.from && minute < s.to {
				return t
			}
			if minute < s.from {
				return onTheWall(day, s.from, loc)
			}
		}
	}
	return onTheWall(open.after(day, 1), h.hours(u)[0].from, loc)
}

// OtherHalf returns the first allowed moment on the day of t, or later, in the half of the day in which last was not:
// someone who did not answer in the morning is tried in the afternoon. Where the hours have one half only, any will do.
func (h *House) OtherHalf(u Use, t, last time.Time, code string, loc *time.Location) time.Time {
	day := DateOf(h.NextAllowed(u, onTheWall(DateOf(t.In(loc)), 0, loc), code, loc))
	morning := last.In(loc).Hour() < 13
	for _, s := range h.hours(u) {
		if (s.from < 13*60) != morning {
			return onTheWall(day, s.from, loc)
		}
	}
	return onTheWall(day, h.hours(u)[0].from, loc)
}

// EndOfDay returns the last second of the day in loc: what is due by then is in time.
func EndOfDay(d Date, loc *time.Location) time.Time { return (d + 1).In(loc).Add(-time.Second) }

// onTheWall returns the minute of the day in loc, as a clock on the wall shows it.
func onTheWall(d Date, minute int, loc *time.Location) time.Time {
	y, m, day := d.Civil()
	return time.Date(y, m, day, minute/60, minute%60, 0, 0, loc)
}
