package calendar

import (
	"fmt"
	"time"
)

// Date is a civil day, counted from 1 January of year 1 (day 1); the zero value means "no date".
// It carries no zone: it is a day as lived in the company's or a client's zone, whichever its origin says.
// Dates compare and subtract as integers; d+7 is a week later.
type Date int32

// epoch is 1970-01-01 as a Date.
const epoch Date = 719163

// NewDate returns the given civil day; out-of-range months and days are normalised as time.Date does.
func NewDate(year int, month time.Month, day int) Date {
	return DateOf(time.Date(year, month, day, 0, 0, 0, 0, time.UTC))
}

// DateOf returns the day that t shows in its own location.
func DateOf(t time.Time) Date {
	if t.IsZero() {
		return 0
	}
	_, offset := t.Zone()
	return Date(floorDiv(t.Unix()+int64(offset), 86400)) + epoch
}

// UnixDays returns the days since 1970-01-01, which is what Postgres and others store.
func (d Date) UnixDays() int32 { return int32(d - epoch) }

// ParseDate reads YYYY-MM-DD.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, fmt.Errorf("parse date %q: want YYYY-MM-DD", s)
	}
	return DateOf(t), nil
}

// IsZero reports whether there is no date.
func (d Date) IsZero() bool { return d == 0 }

// Time returns midnight of the day in UTC; the zero Date gives the zero time.
func (d Date) Time() time.Time { return d.In(time.UTC) }

// In returns the first instant of the day in loc; the zero Date gives the zero time.
func (d Date) In(loc *time.Location) time.Time {
	if d == 0 {
		return time.Time{}
	}
	y, m, day := d.Civil()
	return time.Date(y, m, day, 0, 0, 0, 0, loc)
}

// Civil returns year, month and day.
func (d Date) Civil() (year int, month time.Month, day int) {
	return time.Unix(int64(d-epoch)*86400, 0).UTC().Date()
}

// Weekday returns the day of the week.
func (d Date) Weekday() time.Weekday { return time.Weekday(int32(d) % 7) }

// AddMonths returns the same day n months later (earlier when n is negative), clamped to the month's end.
func (d Date) AddMonths(n int) Date {
	y, m, day := d.Civil()
	first := NewDate(y, m+time.Month(n), 1)
	fy, fm, _ := first.Civil()
	last := NewDate(fy, fm+1, 0)
	if at := first + Date(day-1); at < last {
		return at
	}
	return last
}

// String writes YYYY-MM-DD, or nothing for the zero Date.
func (d Date) String() string {
	if d == 0 {
		return ""
	}
	return d.Time().Format(time.DateOnly)
}

// MarshalText writes YYYY-MM-DD, so that JSON and figures show dates as people write them.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = 0
		return nil
	}
	v, err := ParseDate(string(text))
	if err != nil {
		return err
	}
	*d = v
	return nil
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
