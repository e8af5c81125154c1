package importer

import (
	"time"
)

// DateOrder says which of a date's parts comes first where it is written without the year in front.
type DateOrder string

// Dates with the year in front are read whatever the order.
const (
	DayFirst   DateOrder = "dmy"
	MonthFirst DateOrder = "mdy"
	YearFirst  DateOrder = "iso" // only dates with the year in front
	// ExcelSerial are days counted as spreadsheets do: 45291 is 2023-12-31.
	ExcelSerial DateOrder = "excel"
)

// civil is a date as written; order is what it proves: DayFirst, MonthFirst, YearFirst, or "" when it could be either.
type civil struct {
	year, month, day int
	order            DateOrder
	rest             []byte // what follows: a time, or nothing
}

// readDate reads a date under the given order ("": only what proves its own). reason says what is wrong.
func readDate(cell []byte, order DateOrder) (d civil, reason string) {
	a, cell1, ok := digits(cell, 4)
	if !ok {
		return d, "not a date"
	}
	switch len(cell) - len(cell1) {
	case 4:
		d, reason = yearFirst(a, cell1)
	case 1, 2:
		d, reason = yearLast(a, cell1, order)
	default:
		return d, "not a date"
	}
	if reason == "" && (d.month < 1 || d.month > 12 || d.day < 1 || d.day > daysIn(d.year, d.month)) {
		reason = "no such day"
	}
	if reason == "" && (d.year < 1900 || d.year > 2200) {
		reason = "the year is not between 1900 and 2200"
	}
	return d, reason
}

// yearFirst reads the month and day after a year: 2026-03-14, 2026/3/14, 20260314.
func yearFirst(year int, rest []byte) (d civil, reason string) {
	d = civil{year: year, order: YearFirst}
	if len(rest) >= 4 && isDigit(rest[0]) {
		d.month, rest, _ = digits(rest, 2)
		var ok bool
		if d.day, d.rest, ok = digits(rest, 2); !ok || (len(d.rest) > 0 && isDigit(d.rest[0])) {
			return d, "not a date"
		}
		return d, ""
	}
	separator, rest, ok := separated(rest)
	if !ok {
		return d, "not a date"
	}
	d.month, rest, ok = digits(rest, 2)
	if !ok || len(rest) == 0 || rest[0] != separator {
		return d, "not a date"
	}
	if d.day, d.rest, ok = digits(rest[1:], 2); !ok {
		return d, "not a date"
	}
	return d, ""
}

// yearLast reads 14/03/2026 and the like.
func yearLast(a int, rest []byte, order DateOrder) (d civil, reason string) {
	separator, rest, ok := separated(rest)
	if !ok {
		return d, "not a date"
	}
	b, rest, ok := digits(rest, 2)
	if !ok || len(rest) == 0 || rest[0] != separator {
		return d, "not a date"
	}
	year, after, ok := digits(rest[1:], 4)
	if !ok || len(rest[1:])-len(after) != 4 {
		return d, "write the year with four digits"
	}
	d = civil{year: year, rest: after}
	switch {
	case a > 12:
		d.order = DayFirst
	case b > 12:
		d.order = MonthFirst
	}
	return d.in(a, b, order)
}

// in places the two parts a and b as the order says, or as they prove by themselves.
func (d civil) in(a, b int, order DateOrder) (civil, string) {
	switch {
	case order == YearFirst:
		return d, "write the year first, as in 2026-03-14"
	case order == DayFirst, order == "" && (d.order == DayFirst || a == b):
		d.day, d.month = a, b
	case order == MonthFirst, order == "" && d.order == MonthFirst:
		d.month, d.day = a, b
	default:
		return d, "day or month first? give --dates dmy or --dates mdy"
	}
	return d, ""
}

// readMoment reads a date with or without a time (midnight without); a time without its own offset is in zone.
func readMoment(cell []byte, order DateOrder, zone *time.Location) (t time.Time, reason string) {
	d, reason := readDate(cell, order)
	if reason != "" {
		return t, reason
	}
	clock, offset, ok := readClock(d.rest)
	if !ok {
		return t, "not a time"
	}
	if offset != nil {
		zone = offset
	}
	return time.Date(d.year, time.Month(d.month), d.day, 0, 0, 0, 0, zone).Add(clock), ""
}

// readClock reads " 08:26", "T08:26:00.000Z", "+02:00"; offset is nil when there is none.
func readClock(b []byte) (clock time.Duration, offset *time.Location, ok bool) {
	if len(b) == 0 {
		return 0, nil, true
	}
	if b[0] != ' ' && b[0] != 'T' {
		return 0, nil, false
	}
	s := string(b[1:])
	for _, layout := range [...]string{"15:04:05", "15:04", "15:04:05Z07:00", "15:04Z07:00", "15:04:05Z0700"} {
		t, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		clock = time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute + time.Duration(t.Second())*time.Second
		if len(layout) > len("15:04:05") || layout == "15:04Z07:00" {
			offset = t.Location()
		}
		return clock, offset, true
	}
	return 0, nil, false
}

// digits reads up to most digits.
func digits(b []byte, most int) (n int, rest []byte, ok bool) {
	i := 0
	for i < len(b) && i < most && isDigit(b[i]) {
		n = n*10 + int(b[i]-'0')
		i++
	}
	return n, b[i:], i > 0
}

// separated takes the separator between two parts of a date.
func separated(b []byte) (separator byte, rest []byte, ok bool) {
	if len(b) == 0 || (b[0] != '/' && b[0] != '-' && b[0] != '.') {
		return 0, nil, false
	}
	return b[0], b[1:], true
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// appendDate writes 2026-03-14.
func (d civil) appendDate(dst []byte) []byte {
	return append(dst,
		byte('0'+d.year/1000), byte('0'+d.year/100%10), byte('0'+d.year/10%10), byte('0'+d.year%10), '-',
		byte('0'+d.month/10), byte('0'+d.month%10), '-', byte('0'+d.day/10), byte('0'+d.day%10))
}
