package calendar

import (
	"sync"
	"time"
)

// Rules are the company's own settings. The zero value of a field takes the default named there.
type Rules struct {
	Zone            *time.Location // the company's; default Europe/Paris
	Country         string         // the company's, ISO 3166 alpha-2; default FR
	Calling         Hours          // of companies; default 08:30-12:00 13:30-18:00
	ConsumerCalling Hours          // of consumers; default 10:00-13:00 14:00-20:00
	Sending         Hours          // of mails; default 08:00-18:00
	Quiet           []Span         // days of the year when nobody is contacted; nil: none
}

// House is the calendar of one company. It is made by New, never changes, and may be shared by goroutines.
type House struct {
	rules     Rules
	silent    *dayTable // every day outside the quiet weeks
	countries sync.Map  // ISO code → *country, made when first asked for
	zones     sync.Map  // IANA name → *time.Location
}

// country holds the tables of one country for one house.
type country struct {
	working  *dayTable // Monday to Friday but for holidays
	open     *dayTable // working days outside the quiet weeks
	holidays bool      // whether a table of holidays exists
}

// New returns the house with these rules.
func New(r Rules) *House {
	if r.Zone == nil {
		r.Zone = location("Europe/Paris")
	}
	if r.Country == "" {
		r.Country = "FR"
	}
	r.Calling = r.Calling.or("08:30-12:00 13:30-18:00")
	r.ConsumerCalling = r.ConsumerCalling.or("10:00-13:00 14:00-20:00")
	r.Sending = r.Sending.or("08:00-18:00")
	h := &House{rules: r}
	h.silent = newDayTable(func(d Date) bool { return !h.Quiet(d) })
	return h
}

// Zone returns the company's zone, in which business dates are lived.
func (h *House) Zone() *time.Location { return h.rules.Zone }

// Country returns the company's country.
func (h *House) Country() string { return h.rules.Country }

// Today returns the day that now shows in the company's zone.
func (h *House) Today(now time.Time) Date { return DateOf(now.In(h.rules.Zone)) }

// HasHolidays reports whether holidays of the country are known; without them its working days are Monday to Friday.
func (h *House) HasHolidays(code string) bool { return h.country(code).holidays }

// Working reports whether d is a working day in the country. Quiet weeks do have working days.
func (h *House) Working(d Date, code string) bool { return h.country(code).working.has(d) }

// Open reports whether clients in the country may be contacted on d: a working day outside the quiet weeks.
func (h *House) Open(d Date, code string) bool { return h.country(code).open.has(d) }

// After returns the nth working day strictly after d; for n of 0, d itself.
func (h *House) After(d Date, n int, code string) Date { return h.country(code).working.after(d, n) }

// OpenAfter returns the nth day strictly after d on which clients in the country may be contacted.
func (h *House) OpenAfter(d Date, n int, code string) Date { return h.country(code).open.after(d, n) }

// WorkingDays counts the working days after from, up to and including to.
func (h *House) WorkingDays(from, to Date, code string) int {
	return h.country(code).working.count(from, to)
}

// DrawOpenDay returns the day at place k (any number; it wraps around) among those from first to last on which clients in
// the country may be contacted, so that a draw never falls on a holiday or in quiet weeks, nor piles up after them. Where
// there is no such day it is the last.
func (h *House) DrawOpenDay(first, last Date, k uint64, code string) Date {
	open := h.country(code).open
	n := open.count(first-1, last)
	if n == 0 {
		return last
	}
	return open.after(first-1, 1+int(k%uint64(n)))
}

// SilentDays counts the days after from, up to and including to, that are outside the quiet weeks.
func (h *House) SilentDays(from, to Date) int { return h.silent.count(from, to) }

// SilentUntil returns the first day on which the silence since from has lasted n days, quiet weeks left out.
func (h *House) SilentUntil(from Date, n int) Date { return h.silent.after(from, n) }

func (h *House) country(code string) *country {
	if code == "" {
		code = h.rules.Country
	}
	if c, ok := h.countries.Load(code); ok {
		return c.(*country)
	}
	holidays, known := holidaysOf(code)
	working := newDayTable(func(d Date) bool { return weekday(d) && !holidays[d] })
	open := newDayTable(func(d Date) bool { return working.has(d) && !h.Quiet(d) })
	c, _ := h.countries.LoadOrStore(code, &country{working: working, open: open, holidays: known})
	return c.(*country)
}
