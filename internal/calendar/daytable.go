package calendar

import "time"

// The tables cover these years; days outside are answered by counting from Monday to Friday, one by one.
const (
	firstYear = 1970
	lastYear  = 2069
)

var (
	firstDay = NewDate(firstYear, time.January, 1)
	lastDay  = NewDate(lastYear, time.December, 31)
)

// dayTable is a set of days with their running count: both "how many between" and "which is the nth after" are one look.
type dayTable struct {
	upTo []int32 // upTo[d-firstDay]: how many days of the set lie in [firstDay, d]
	days []Date  // the set, in order
}

func newDayTable(in func(Date) bool) *dayTable {
	t := &dayTable{upTo: make([]int32, lastDay-firstDay+1)}
	for d := firstDay; d <= lastDay; d++ {
		if in(d) {
			t.days = append(t.days, d)
		}
		t.upTo[d-firstDay] = int32(len(t.days))
	}
	return t
}

func covered(d Date) bool { return d >= firstDay && d <= lastDay }

func weekday(d Date) bool {
	w := d.Weekday()
	return w != time.Saturday && w != time.Sunday
}

func (t *dayTable) has(d Date) bool {
	if !covered(d) {
		return weekday(d)
	}
	n := t.upTo[d-firstDay]
	return n > 0 && t.days[n-1] == d
}

// after returns the nth day of the set strictly after d; n of 0 gives d.
func (t *dayTable) after(d Date, n int) Date {
	if n <= 0 {
		return d
	}
	if covered(d) {
		if i := int(t.upTo[d-firstDay]) + n - 1; i < len(t.days) {
			return t.days[i]
		}
	}
	for ; n > 0; n-- {
		for d++; !t.has(d); d++ {
		}
	}
	return d
}

// count returns how many days of the set lie after from, up to and including to; 0 when to is not after from.
func (t *dayTable) count(from, to Date) int {
	if to <= from {
		return 0
	}
	if covered(from) && covered(to) {
		return int(t.upTo[to-firstDay] - t.upTo[from-firstDay])
	}
	n := 0
	for d := from + 1; d <= to; d++ {
		if t.has(d) {
			n++
		}
	}
	return n
}
