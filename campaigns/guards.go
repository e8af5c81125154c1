package campaigns

import (
	"slices"

	"github.com/relance/relance/internal/calendar"
)

// surgeMemory is how many earlier passes the surge guard remembers.
const surgeMemory = 20

// SurgeLimit is how many touches a later pass may plan, or plan again, before the campaign is held until a person looks.
// least are always fine, and so is `times` the median of earlier passes, newest first in last; twenty count. The first pass has a guard of its own, and slots need
// none: their text was approved for the whole audience.
func SurgeLimit(last []int, least, times int) int {
	last = slices.Clone(last[:min(len(last), surgeMemory)])
	slices.Sort(last)
	return max(least, int(float64(times)*median(last)))
}

// median of sorted numbers; 0 of none.
func median(sorted []int) float64 {
	n := len(sorted)
	switch {
	case n == 0:
		return 0
	case n%2 == 1:
		return float64(sorted[n/2])
	}
	return float64(sorted[n/2-1]+sorted[n/2]) / 2
}

// Freshness says whether order data is new enough to infer something from an order's absence.
type Freshness struct {
	Fresh   bool
	Age     int // working days since the newest order import or order, whichever is newer
	Allowed int // working days
}

// Fresh compares the newest order date and the newest order import (zero: none) with today: they may be twice the usual
// gap between imports old, but at least `least` and at most `most` working days. gaps are the working days between
// successive order imports; without any, `most` is allowed.
func Fresh(newestOrder, newestImport calendar.Date, gaps []int, today calendar.Date, h *calendar.House, least, most int) Freshness {
	allowed := most
	if len(gaps) > 0 {
		gaps = slices.Clone(gaps)
		slices.Sort(gaps)
		allowed = min(max(int(2*median(gaps)), least), most)
	}
	newest := max(newestOrder, newestImport)
	if newest == 0 {
		return Freshness{Allowed: allowed}
	}
	age := h.WorkingDays(newest, today, "")
	return Freshness{Fresh: age <= allowed, Age: age, Allowed: allowed}
}
