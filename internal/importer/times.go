package importer

import (
	"bytes"
	"time"
)

// readMoment reads a date with or without a time (midnight without); a time without its own offset is in zone.
func readMoment(cell []byte, order DateOrder, zone *time.Location) (t time.Time, reason string) {
	d, reason := readDate(cell, order)
	if reason != "" {
		return t, reason
	}
	return d.moment(zone)
}

// moment is the date with its time.
func (d civil) moment(zone *time.Location) (t time.Time, reason string) {
	clock, offset, ok := readClock(d.rest)
	if !ok {
		return t, "not a time"
	}
	if offset != nil {
		zone = offset
	}
	return time.Date(d.year, time.Month(d.month), d.day, clock.hour, clock.minute, clock.second, 0, zone), ""
}

// clockTime is a time of day.
type clockTime struct{ hour, minute, second int }

// readClock reads what may follow a date: " 08:26", "T08:26:00.000Z", " à 14h30", ", 2:30 PM", "+02:00"; offset is nil
// when there is none.
func readClock(b []byte) (c clockTime, offset *time.Location, ok bool) {
	if b = bytes.TrimRight(b, " ."); len(b) == 0 {
		return c, nil, true
	}
	rest := bytes.TrimLeft(b, " ,\u00a0\u202f")
	for _, link := range [...]string{"T", "à ", "at ", "- "} {
		if after, found := bytes.CutPrefix(rest, []byte(link)); found {
			rest = bytes.TrimLeft(after, " ")
			break
		}
	}
	if len(rest) == len(b) || len(rest) == 0 || !isDigit(rest[0]) {
		return c, nil, false
	}
	if rest, ok = c.read(rest); !ok {
		return c, nil, false
	}
	if rest, ok = c.half(rest); !ok || c.hour > 23 || c.minute > 59 || c.second > 59 {
		return c, nil, false
	}
	offset, ok = readOffset(rest)
	return c, offset, ok
}

// read takes 8:26, 08:26:00.000, 14h30, 14 h 30 or 14h.
func (c *clockTime) read(b []byte) (rest []byte, ok bool) {
	c.hour, b, ok = digits(b, 2)
	if !ok {
		return b, false
	}
	if after, found := bytes.CutPrefix(bytes.TrimLeft(b, " "), []byte("h")); found {
		c.minute, rest, ok = digits(bytes.TrimLeft(after, " "), 2)
		if !ok {
			return after, true
		}
		return rest, true
	}
	if len(b) == 0 || b[0] != ':' {
		return b, isHalf(b) // 2 PM
	}
	if c.minute, rest, ok = digits(b[1:], 2); !ok || len(b)-1-len(rest) != 2 {
		return rest, false
	}
	if len(rest) == 0 || rest[0] != ':' {
		return rest, true
	}
	b = rest[1:]
	if c.second, rest, ok = digits(b, 2); !ok || len(b)-len(rest) != 2 {
		return rest, false
	}
	if len(rest) > 1 && (rest[0] == '.' || rest[0] == ',') && isDigit(rest[1]) {
		rest = bytes.TrimLeft(rest[1:], "0123456789")
	}
	return rest, true
}

func isHalf(b []byte) bool {
	b = bytes.ToUpper(bytes.TrimLeft(b, " \u00a0\u202f"))
	return bytes.HasPrefix(b, []byte("AM")) || bytes.HasPrefix(b, []byte("PM"))
}

// half takes AM or PM.
func (c *clockTime) half(b []byte) (rest []byte, ok bool) {
	if !isHalf(b) {
		return b, true
	}
	b = bytes.TrimLeft(b, " \u00a0\u202f")
	if c.hour < 1 || c.hour > 12 {
		return b, false
	}
	c.hour %= 12
	if b[0] == 'P' || b[0] == 'p' {
		c.hour += 12
	}
	return b[2:], true
}

// readOffset reads Z, UTC, +02:00, +0200 or +02; nil when there is nothing.
func readOffset(b []byte) (offset *time.Location, ok bool) {
	switch b = bytes.TrimLeft(b, " "); string(b) {
	case "":
		return nil, true
	case "Z", "z", "UTC", "GMT":
		return time.UTC, true
	}
	for _, layout := range [...]string{"-07:00", "-0700", "-07"} {
		if t, err := time.Parse(layout, string(b)); err == nil {
			return t.Location(), true
		}
	}
	return nil, false
}
