package web

import (
	"slices"
	"time"

	"github.com/relance/relance/internal/calendar"
	"github.com/relance/relance/internal/store"
)

// callGroup is a part of the day's list: the calls that press in the same way.
type callGroup struct {
	Title string
	Cards []callCard
}

// groups are the parts of the list, in the order in which a rep takes them: what ends today, what was agreed with the
// client, what waits since an earlier day and still has time, what today adds.
var groups = []string{"tonight", "agreed", "earlier", "today"}

// groupOf says to which part of today's list a call belongs.
func groupOf(today calendar.Date, zone *time.Location, k store.CallCard) string {
	last, limited := lastDay(zone, k)
	switch {
	case limited && last <= today:
		return "tonight"
	case agreed(k):
		return "agreed"
	case calendar.DateOf(k.DueAt.In(zone)) < today:
		return "earlier"
	}
	return "today"
}

// agreed reports whether the client, or the rep, named the moment.
func agreed(k store.CallCard) bool { return k.LastTry == "call_back" || k.LastTry == "postponed" }

// lastDay is the last day on which a call may be made.
func lastDay(zone *time.Location, k store.CallCard) (day calendar.Date, limited bool) {
	if k.DeadlineAt == nil {
		return 0, false
	}
	return calendar.DateOf(k.DeadlineAt.Add(-time.Nanosecond).In(zone)), true
}

// inGroups puts today's calls in the order of the list; within a part the store's order stands, which is by weight.
func inGroups(r *request, cards []store.CallCard) [][]store.CallCard {
	parts := make([][]store.CallCard, len(groups))
	for _, k := range cards {
		at := slices.Index(groups, groupOf(r.Reader.Today(), r.Reader.Zone, k))
		parts[at] = append(parts[at], k)
	}
	return parts
}

// nearEnd is how many days before its last one a call is marked.
const nearEnd = 3

// tagOf says how much a call presses: until when there is time, or for when it was agreed.
func tagOf(r *request, k store.CallCard) (words, class string) {
	today, due := r.Reader.Today(), calendar.DateOf(k.DueAt.In(r.Reader.Zone))
	last, limited := lastDay(r.Reader.Zone, k)
	switch {
	case limited && last <= today:
		return r.Reader.T("tag.tonight"), "late"
	case due > today && due-today < 7:
		return r.Reader.Weekday(k.DueAt), ""
	case due > today:
		return r.Reader.DayOf(k.DueAt), ""
	case agreed(k) && due < today:
		return r.Reader.T("tag.agreed", "day", r.Reader.DayOf(k.DueAt)), "late"
	case agreed(k):
		return r.Reader.T("tag.at", "hour", r.Reader.Hour(k.DueAt)), "on"
	case limited && last-today < 7:
		class = map[bool]string{true: "soon"}[last-today <= nearEnd]
		return r.Reader.T("tag.until", "day", r.Reader.Weekday(last.In(r.Reader.Zone))), class
	case limited:
		return r.Reader.T("tag.until_date", "day", r.Reader.DayOf(last.In(r.Reader.Zone))), ""
	}
	return "", ""
}

// waitingWords says since when a call waits; empty for one that was planned for today or later.
func waitingWords(r *request, k store.CallCard) string {
	today, due := r.Reader.Today(), calendar.DateOf(k.DueAt.In(r.Reader.Zone))
	if due >= today || agreed(k) {
		return ""
	}
	return r.Reader.T("calls.waiting", "n", int(today-due), "day", r.Reader.DayOf(k.DueAt))
}
