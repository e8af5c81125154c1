package calendar

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/relance/relance/internal/nearest"
)

// Unit is what a Period counts.
type Unit string

// The units, as definitions write them.
const (
	InHours       Unit = "hours"
	InDays        Unit = "days"
	InWorkingDays Unit = "working days"
	InWeeks       Unit = "weeks"
	InMonths      Unit = "months"
	InYears       Unit = "years"
	InRhythms     Unit = "rhythms" // times the client's own median gap between orders
)

// Units lists every unit, in the order in which messages name them.
var Units = []Unit{InHours, InDays, InWorkingDays, InWeeks, InMonths, InYears, InRhythms}

// Period is a length of time as people say it: "5 working days". The zero Period is none.
type Period struct {
	N    float64 // a whole number, except for rhythms
	Unit Unit
}

// IsZero reports whether no period was given.
func (p Period) IsZero() bool { return p.Unit == "" }

// Int returns N as a whole number.
func (p Period) Int() int { return int(p.N) }

// String writes the period as a definition would: "1 working day", "6 months".
func (p Period) String() string {
	if p.IsZero() {
		return ""
	}
	unit := string(p.Unit)
	if p.N == 1 {
		unit = strings.TrimSuffix(unit, "s")
	}
	return strconv.FormatFloat(p.N, 'f', -1, 64) + " " + unit
}

// ParsePeriod reads "5 working days", "1 month", "2.5 rhythms"; one of the allowed units, or any when none is given.
// The error says what to write instead.
func ParsePeriod(s string, allowed ...Unit) (Period, error) {
	if len(allowed) == 0 {
		allowed = Units
	}
	number, word, _ := strings.Cut(strings.TrimSpace(s), " ")
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || n < 0 || n > 100_000 {
		return Period{}, fmt.Errorf("%q is no period: write a number and a unit, such as %q", s, "10 "+string(allowed[0]))
	}
	unit, err := parseUnit(strings.TrimSpace(word), allowed)
	if err != nil {
		return Period{}, fmt.Errorf("%q is no period here: %w", s, err)
	}
	if n != float64(int(n)) && unit != InRhythms {
		return Period{}, fmt.Errorf("%q is no period: %s come in whole numbers", s, unit)
	}
	return Period{N: n, Unit: unit}, nil
}

func parseUnit(word string, allowed []Unit) (Unit, error) {
	names := make([]string, len(allowed))
	for i, u := range allowed {
		names[i] = string(u)
		if word == string(u) || word+"s" == string(u) {
			return u, nil
		}
	}
	hint := ""
	if near := nearest.Word(word, names); near != "" {
		hint = fmt.Sprintf(" (%s?)", near)
	}
	return "", fmt.Errorf("the unit %q is not known%s; known here: %s", word, hint, strings.Join(names, ", "))
}

// Add returns the day that lies p after d in the calendar of a country. Working days are counted strictly after d,
// months and years are clamped to the month's end. Hours and rhythms are no number of days and leave d as it is.
func (h *House) Add(d Date, p Period, country string) Date {
	switch p.Unit {
	case InDays:
		return d + Date(p.N)
	case InWeeks:
		return d + 7*Date(p.N)
	case InMonths:
		return d.AddMonths(int(p.N))
	case InYears:
		return d.AddMonths(12 * int(p.N))
	case InWorkingDays:
		return h.After(d, int(p.N), country)
	}
	return d
}

// Length returns how long the period lasts as a duration, for hours; other units have no fixed one and give 0.
func (p Period) Length() time.Duration {
	if p.Unit == InHours {
		return time.Duration(p.N * float64(time.Hour))
	}
	return 0
}
