package importer

import (
	"bytes"
	"strconv"
	"time"
)

// DateOrder says which of a date's parts comes first where it is written without the year in front.
type DateOrder string

// Dates with the year in front, or with the month in letters, are read whatever the order.
const (
	DayFirst   DateOrder = "dmy"
	MonthFirst DateOrder = "mdy"
	YearFirst  DateOrder = "iso" // only dates with the year in front
	// ExcelSerial are days counted as spreadsheets do: 45291 is 2023-12-31.
	ExcelSerial DateOrder = "excel"
)

// civil is a date as written; order is what it proves: DayFirst, MonthFirst, YearFirst (it needs no order), ExcelSerial,
// or "" when it could be either.
type civil struct {
	year, month, day int
	order            DateOrder
	rest             []byte // what follows: a time, or nothing
	short            bool   // the year had two digits
}

const (
	notADate = "not a date"
	// pivot is the last year of two digits that belongs to this century: 69 is 2069, 70 is 1970.
	pivot = 69
)

// readDate reads a date under the given order ("": only what proves its own). reason says what is wrong.
func readDate(cell []byte, order DateOrder) (d civil, reason string) {
	if len(cell) == 0 || !isDigit(cell[0]) || hasLetterSoon(cell) {
		d, reason = readNamedDate(cell)
	} else {
		d, reason = readFigures(cell, order)
	}
	if reason == "" && (d.month < 1 || d.month > 12 || d.day < 1 || d.day > daysIn(d.year, d.month)) {
		reason = "no such day"
	}
	if reason == "" && (d.year < 1900 || d.year > 2200) {
		reason = "the year is not between 1900 and 2200"
	}
	return d, reason
}

// readFigures reads a date that is written in digits only.
func readFigures(cell []byte, order DateOrder) (d civil, reason string) {
	a, rest, _ := digits(cell, 4)
	switch n := len(cell) - len(rest); {
	case n == 4 && len(rest) > 0 && isDigit(rest[0]) && isSerial(bytes.Replace(cell, []byte{','}, []byte{'.'}, 1)):
		if order != ExcelSerial {
			return d, "not a date; is it a spreadsheet's count of days? give --dates excel"
		}
		return serialDate(cell)
	case n == 4:
		return yearFirst(a, rest)
	case n <= 2:
		return yearLast(a, rest, order)
	}
	return d, notADate
}

// serialDate reads days since the spreadsheets' year 1900, which has a 29 February; a part of a day is a time.
func serialDate(cell []byte) (d civil, reason string) {
	text := string(bytes.Replace(cell, []byte{','}, []byte{'.'}, 1))
	days, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return d, notADate
	}
	seconds := int64(days*86400 + 0.5)
	t := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).Add(time.Duration(seconds) * time.Second)
	d = civil{year: t.Year(), month: int(t.Month()), day: t.Day(), order: ExcelSerial}
	if seconds%86400 != 0 {
		d.rest = t.AppendFormat(nil, " 15:04:05")
	}
	return d, ""
}

// yearFirst reads the month and day after a year: 2026-03-14, 2026/3/14, 20260314, 20260314093000.
func yearFirst(year int, rest []byte) (d civil, reason string) {
	d = civil{year: year, order: YearFirst}
	if len(rest) >= 4 && isDigit(rest[0]) {
		d.month, rest, _ = digits(rest, 2)
		var ok bool
		if d.day, d.rest, ok = digits(rest, 2); !ok {
			return d, notADate
		}
		if len(d.rest) == 6 && allDigits(d.rest) {
			d.rest = []byte(" " + string(d.rest[:2]) + ":" + string(d.rest[2:4]) + ":" + string(d.rest[4:]))
		}
		if len(d.rest) > 0 && isDigit(d.rest[0]) {
			return d, notADate
		}
		return d, ""
	}
	separator, rest, ok := separated(rest)
	if !ok {
		return d, notADate
	}
	d.month, rest, ok = digits(rest, 2)
	if !ok || len(rest) == 0 || rest[0] != separator {
		return d, notADate
	}
	if d.day, d.rest, ok = digits(rest[1:], 2); !ok {
		return d, notADate
	}
	return d, ""
}

// yearLast reads 14/03/2026, 14.03.26 and the like.
func yearLast(a int, rest []byte, order DateOrder) (d civil, reason string) {
	separator, rest, ok := separated(rest)
	if !ok {
		return d, notADate
	}
	b, rest, ok := digits(rest, 2)
	if !ok || len(rest) == 0 || rest[0] != separator {
		return d, notADate
	}
	year, after, ok := digits(rest[1:], 4)
	if n := len(rest[1:]) - len(after); !ok || n != 2 && n != 4 {
		return d, "write the year with four digits"
	} else if n == 2 {
		d.short = true
		year = century(year)
	}
	d = civil{year: year, rest: after, short: d.short}
	switch {
	case a > 12:
		d.order = DayFirst
	case b > 12:
		d.order = MonthFirst
	}
	return d.in(a, b, order)
}

// century places a year of two digits.
func century(year int) int {
	if year <= pivot {
		return 2000 + year
	}
	return 1900 + year
}

// in places the two parts a and b as the order says, or as they prove by themselves.
func (d civil) in(a, b int, order DateOrder) (civil, string) {
	switch {
	case order == YearFirst:
		return d, "write the year first, as in 2026-03-14"
	case order == DayFirst, order != MonthFirst && (d.order == DayFirst || a == b):
		d.day, d.month = a, b
	case order == MonthFirst, d.order == MonthFirst:
		d.month, d.day = a, b
	default:
		return d, "day or month first? give --dates dmy or --dates mdy"
	}
	return d, ""
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
