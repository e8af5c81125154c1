package look

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/relance/relance/internal/calendar"
	"github.com/relance/relance/templates"
)

// nbsp keeps a figure and what it counts on one line.
const nbsp = "\u00a0"

// Reader is the person in front of a page. Pages embed it, and their templates call its methods.
//
// Days are civil and pass as the midnight in UTC that Postgres gives for a date; instants are shown in Zone.
type Reader struct {
	Words
	Currency string         // ISO 4217
	Zone     *time.Location // the company's
	Now      time.Time      // the business clock
}

// Today is the day the business clock shows in the company's zone.
func (r Reader) Today() calendar.Date { return calendar.DateOf(r.Now.In(r.Zone)) }

// Money writes an amount in whole units: 1 240 €. What decides nothing needs no cents.
func (r Reader) Money(v float64) string {
	return templates.FormatMoney(math.Round(v), r.Currency, r.Language)
}

// Amount writes an amount to the cent where it has cents: 12,50 €.
func (r Reader) Amount(v float64) string { return templates.FormatMoney(v, r.Currency, r.Language) }

// Count writes a whole number with its thousands apart.
func (r Reader) Count(n int) string { return number(float64(n), 0, r.Language) }

// Decimal writes a number with one decimal, or none when it is whole.
func (r Reader) Decimal(v float64) string {
	if v == math.Trunc(v) {
		return number(v, 0, r.Language)
	}
	return number(v, 1, r.Language)
}

// Percent writes a share (0.385) without decimals from 10 % on: 39 %, 1,8 %.
func (r Reader) Percent(share float64) string {
	if math.Abs(share) >= 0.0995 {
		share = math.Round(share*100) / 100
	}
	return templates.FormatPercent(share, r.Language)
}

// Change writes how much now differs from before, with its sign: −38 %, +12 %. Empty when there was nothing before.
func (r Reader) Change(now, before float64) string {
	if before == 0 {
		return ""
	}
	change := math.Round((now-before)/before*100) / 100
	if change > 0 {
		return "+" + templates.FormatPercent(change, r.Language)
	}
	return templates.FormatPercent(change, r.Language)
}

// Day writes a civil day: 24 novembre, with the year when it is not this one.
func (r Reader) Day(t time.Time) string {
	d := calendar.DateOf(t.UTC())
	text := templates.FormatDate(d, "", r.Language)
	y, _, _ := d.Civil()
	if this, _, _ := r.Today().Civil(); y == this && !t.IsZero() {
		text = strings.TrimSuffix(text, fmt.Sprintf(" %d", y))
	}
	return text
}

// ShortDay writes a civil day in figures, for tables: 24/11/2026.
func (r Reader) ShortDay(t time.Time) string {
	return templates.FormatDate(calendar.DateOf(t.UTC()), "short", r.Language)
}

// DayOf writes the day of an instant, in the company's zone.
func (r Reader) DayOf(t time.Time) string { return r.Day(civil(t.In(r.Zone))) }

// ShortDayOf writes the day of an instant in figures.
func (r Reader) ShortDayOf(t time.Time) string { return r.ShortDay(civil(t.In(r.Zone))) }

// LongDay writes the day of an instant with its weekday, as a heading: Mardi 24 novembre.
func (r Reader) LongDay(t time.Time) string {
	at := t.In(r.Zone)
	text := templates.FormatDate(calendar.DateOf(at), "long", r.Language)
	if at.Year() == r.Now.In(r.Zone).Year() {
		text = strings.TrimSuffix(text, fmt.Sprintf(" %d", at.Year()))
	}
	return Capital(text)
}

// Weekday writes the weekday of an instant: jeudi, Thursday.
func (r Reader) Weekday(t time.Time) string {
	word, _, _ := strings.Cut(templates.FormatDate(calendar.DateOf(t.In(r.Zone)), "long", r.Language), " ")
	return word
}

// Month writes the month and year of a civil day: novembre 2026.
func (r Reader) Month(t time.Time) string {
	_, rest, _ := strings.Cut(templates.FormatDate(calendar.DateOf(t.UTC()), "", r.Language), nbsp)
	return rest
}

// Hour writes the time of day: 14 h 30 in French, 14:30 in English.
func (r Reader) Hour(t time.Time) string {
	at := t.In(r.Zone)
	if r.Language != "fr" {
		return at.Format("15:04")
	}
	if at.Minute() == 0 {
		return fmt.Sprintf("%d%sh", at.Hour(), nbsp)
	}
	return fmt.Sprintf("%d%sh%s%02d", at.Hour(), nbsp, nbsp, at.Minute())
}

// When writes day and hour of an instant: 24 novembre, 14 h 30.
func (r Reader) When(t time.Time) string { return r.DayOf(t) + ", " + r.Hour(t) }

// DaysSince counts the days from a civil day to today; negative when it is to come.
func (r Reader) DaysSince(t time.Time) int { return int(r.Today() - calendar.DateOf(t.UTC())) }

// Phone writes a number as people read it: a French one in pairs, others as they are.
func (r Reader) Phone(number string) string {
	national, french := strings.CutPrefix(number, "+33")
	if !french || len(national) != 9 {
		return number
	}
	parts := []string{"0" + national[:1]}
	for i := 1; i < 9; i += 2 {
		parts = append(parts, national[i:i+2])
	}
	return strings.Join(parts, nbsp)
}

// Capital makes the first letter a capital, as at the start of a line.
func Capital(s string) string {
	for i, c := range s {
		return strings.ToUpper(string(c)) + s[i+len(string(c)):]
	}
	return s
}

func civil(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

func number(v float64, decimals int, language string) string {
	return templates.FormatNumber(v, decimals, language)
}
