package calendar

import (
	"fmt"
	"strings"
	"time"
)

// Span is a part of every year, such as 1 to 25 August; it may run over the new year. Days are month × 100 + day.
type Span struct{ from, to int }

// Quiet reports whether d lies in the quiet weeks: nobody is contacted, and the day does not count as silence.
func (h *House) Quiet(d Date) bool {
	_, month, day := d.Civil()
	at := int(month)*100 + day
	for _, s := range h.rules.Quiet {
		if s.from <= s.to && s.from <= at && at <= s.to || s.from > s.to && (at >= s.from || at <= s.to) {
			return true
		}
	}
	return false
}

// ParseSpans reads the setting: "08-01..08-25 12-20..01-05". An empty text is no span.
func ParseSpans(s string) ([]Span, error) {
	var spans []Span
	for _, field := range strings.Fields(s) {
		from, to, ok := strings.Cut(field, "..")
		a, errA := time.Parse("2006-01-02", "2000-"+from) // a leap year: 29 February is a day like others
		b, errB := time.Parse("2006-01-02", "2000-"+to)
		if !ok || errA != nil || errB != nil {
			return nil, fmt.Errorf("%q is no part of a year: want month-day..month-day such as 08-01..08-25", field)
		}
		spans = append(spans, Span{int(a.Month())*100 + a.Day(), int(b.Month())*100 + b.Day()})
	}
	return spans, nil
}
