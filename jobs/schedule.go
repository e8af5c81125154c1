package jobs

import (
	"time"

	"github.com/relance/relance/internal/calendar"
)

// The hours of the daily slots, in the company's zone. The planning comes before the digest that tells its calls.
const (
	planHour   = 5
	digestHour = 7
	purgeHour  = 3
)

// dueSlots gives the latest slot of each kind at or before now: whatever was missed before it is caught up by it alone.
// A finished import is a slot of the planning of its own.
func dueSlots(imported *time.Time, now time.Time, zone *time.Location) map[string]time.Time {
	plan := daily(now, zone, planHour)
	if imported != nil && imported.After(plan) {
		plan = *imported
	}
	return map[string]time.Time{
		KindRefresh: daily(now, zone, 0),
		KindPlan:    plan,
		KindDigest:  daily(now, zone, digestHour),
		KindPurge:   daily(now, zone, purgeHour),
	}
}

// daily is the latest moment at or before now at which the wall clock in zone showed the full hour.
func daily(now time.Time, zone *time.Location, hour int) time.Time {
	local := now.In(zone)
	at := atHour(calendar.DateOf(local), zone, hour)
	if at.After(now) {
		at = atHour(calendar.DateOf(local)-1, zone, hour)
	}
	return at
}

func atHour(d calendar.Date, zone *time.Location, hour int) time.Time {
	y, m, day := d.Civil()
	return time.Date(y, m, day, hour, 0, 0, 0, zone)
}
