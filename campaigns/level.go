package campaigns

import (
	"cmp"
	"slices"
	"time"

	"github.com/relance/relance/internal/calendar"
)

// DueCall is a planned call as levelling sees it.
type DueCall struct {
	TouchID    int64
	ClientID   int64
	RepID      int64
	Priority   int
	DueAt      time.Time
	DeadlineAt time.Time // zero: none
	Country    string
	Location   *time.Location // the client's
	Consumer   bool
	Open       bool // on the rep's list already: it takes its place and is never moved. TouchID is of no use then
}

// Levelled is a call that moves to another day.
type Levelled struct {
	TouchID int64
	DueAt   time.Time
}

// levelDays bounds how far ahead a call without a deadline may be moved, in working days.
const levelDays = 60

// repDay is one day of one rep.
type repDay struct {
	rep int64
	day calendar.Date
}

// Level spreads the reps' due calls over the days so that no day holds more than the rep's capacity (calls a day; 0 or
// less: not limited), by priority and never past a deadline: what fits nowhere stays on its own day, and is seen there.
// Calls due in the past, and open ones that nobody has made yet, count for today. Several reasons to call one client on one day are one call. The order of the
// calls does not matter, and levelling what was levelled changes nothing. Calls on the managers' list (rep 0) stay.
func Level(calls []DueCall, capacity func(rep int64) int, h *calendar.House, now time.Time) []Levelled {
	calls = slices.Clone(calls)
	slices.SortFunc(calls, func(a, b DueCall) int {
		return cmp.Or(openFirst(a, b), cmp.Compare(b.Priority, a.Priority), compareDeadlines(a.DeadlineAt, b.DeadlineAt), cmp.Compare(a.TouchID, b.TouchID))
	})
	taken := map[repDay]int{}
	booked := map[repDay]map[int64]bool{}
	var moved []Levelled
	for _, c := range calls {
		due := calendar.DateOf(maxTime(c.DueAt, now).In(c.Location))
		day := firstFree(c, due, capacity(c.RepID), taken, booked, h)
		at := repDay{c.RepID, day}
		if booked[at] == nil {
			booked[at] = map[int64]bool{}
		}
		if !booked[at][c.ClientID] {
			booked[at][c.ClientID] = true
			taken[at]++
		}
		if day != due {
			moved = append(moved, Levelled{c.TouchID, h.NextAllowed(callUse(c.Consumer), day.In(c.Location), c.Country, c.Location)})
		}
	}
	return moved
}

// firstFree is the first day from due on that has room for the call, or already holds a call to the same client.
func firstFree(c DueCall, due calendar.Date, room int, taken map[repDay]int, booked map[repDay]map[int64]bool, h *calendar.House) calendar.Date {
	if room <= 0 || c.RepID == 0 || c.Open {
		return due
	}
	day := due
	for range levelDays {
		if !c.DeadlineAt.IsZero() && day > calendar.DateOf(c.DeadlineAt.In(c.Location)) {
			break
		}
		at := repDay{c.RepID, day}
		if taken[at] < room || booked[at][c.ClientID] {
			return day
		}
		day = h.OpenAfter(day, 1, c.Country)
	}
	return due
}

func openFirst(a, b DueCall) int {
	switch {
	case a.Open && !b.Open:
		return -1
	case b.Open && !a.Open:
		return 1
	}
	return 0
}

func callUse(consumer bool) calendar.Use {
	if consumer {
		return calendar.ToCallConsumer
	}
	return calendar.ToCall
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// compareDeadlines puts the nearer first, and those without one last.
func compareDeadlines(a, b time.Time) int {
	switch {
	case a.IsZero() && b.IsZero():
		return 0
	case a.IsZero():
		return 1
	case b.IsZero():
		return -1
	}
	return a.Compare(b)
}
