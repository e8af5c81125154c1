package campaigns

import (
	"github.com/relance/relance/internal/calendar"
)

// Trigger is what makes a campaign fire for a client. It is one of FirstOrder, ContactsPerYear, Yearly, On, Silent, and
// Answer.
type Trigger interface {
	// Kind is the trigger's name in a definition.
	Kind() string

	// look tells when the rule is true for a client. It makes nothing when nothing happens.
	look(p *Pass, f *Facts, history []Touch) firing
	// holds reports whether the cause of a planned touch is still there.
	holds(p *Pass, f *Facts, t *Touch, now firing) bool
	// figures are the values that decided, for cards and explain.
	figures(p *Pass, f *Facts, now firing) []Figure
}

// firing is what a trigger sees for one client: the occasion, and the days on which it may fire.
type firing struct {
	kind  occasionKind
	base  calendar.Date // the occasion's date or, for a year, its first day
	n     int           // the occasion's number; 0: none
	on    calendar.Date // the day on which the rule is true; zero: cannot be told
	until calendar.Date // the last day on which it may fire; zero: no end
	never Reason        // why it cannot fire as things stand; empty: it can
	blind bool          // infers from absence, so it waits while order data is stale
	dated bool          // follows from the client's dates alone: its day stays the rule's own, however late it is seen
	exact bool          // a day that a pass has seen is not caught up for those who were not in the audience then
}

// fires reports whether the rule is true today.
func (f firing) fires(today calendar.Date) bool {
	return f.never == "" && f.on != 0 && f.on <= today && (f.until == 0 || today <= f.until)
}

// FirstOrder fires once, some time after the first order ever or its delivery.
type FirstOrder struct {
	After         calendar.Period
	AfterDelivery calendar.Period // zero: After counts from the order whether delivered or not
	Within        calendar.Period // after the order; later than that it never fires
}

// ContactsPerYear fires when a client has heard from nobody for 365/Times days.
type ContactsPerYear struct{ Times int }

// Yearly fires once a calendar year.
type Yearly struct {
	Month, Day int // on this day; 0: on a day drawn from the client's ref
}

// On fires for the whole audience at each slot.
type On struct {
	Date   calendar.Date   // one slot; zero: Cron gives them
	Cron   *Cron           // nil: Date
	Window calendar.Period // a slot missed by more is skipped
}

// Silent fires when no order came for many times the client's own rhythm.
type Silent struct {
	Rhythms float64
	AtLeast calendar.Period
	AtMost  calendar.Period
}

// Answer fires when a touch of another campaign, or its own, is answered in a certain way. It is followed by FromAnswer.
type Answer struct {
	To    string // campaign
	Where *Expression
}
