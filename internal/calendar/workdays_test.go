package calendar

import (
	"testing"
	"time"
)

func house(t testing.TB) *House {
	t.Helper()
	quiet, err := ParseSpans("08-01..08-25 12-20..01-05")
	if err != nil {
		t.Fatal(err)
	}
	return New(Rules{Quiet: quiet})
}

func date(t testing.TB, s string) Date {
	t.Helper()
	d, err := ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestNthWorkingDayIsStrictlyAfter(t *testing.T) {
	h := house(t)
	for _, c := range []struct {
		name, from string
		n          int
		country    string
		want       string
	}{
		{"from a Monday within a week", "2026-11-23", 4, "FR", "2026-11-27"},
		{"over a week-end", "2026-11-27", 1, "FR", "2026-11-30"},
		{"from a Saturday", "2026-11-28", 1, "FR", "2026-11-30"},
		{"no day at all", "2026-11-28", 0, "FR", "2026-11-28"},
		{"over Christmas 1997, a Thursday", "1997-12-23", 5, "FR", "1997-12-31"},
		{"over 1 May 1998, a Friday", "1998-04-30", 1, "FR", "1998-05-04"},
		{"over 8 May 1998, a Friday", "1998-05-06", 5, "FR", "1998-05-14"},
		{"over Ascension 1998", "1998-05-20", 1, "FR", "1998-05-22"},
		{"the same days where Ascension is no holiday", "1998-05-20", 1, "GB", "1998-05-21"},
		{"over Boxing Day 1997", "1997-12-24", 1, "GB", "1997-12-29"},
		{"Christmas 2027 is a Saturday, observed on Monday, Boxing Day on Tuesday", "2027-12-24", 1, "GB", "2027-12-29"},
		{"over Good Friday 2027 in Argentina", "2027-03-25", 1, "AR", "2027-03-29"},
		{"a country without a table", "2026-12-24", 1, "VE", "2026-12-25"},
		{"no country is the company's", "2026-12-24", 1, "", "2026-12-28"},
		{"a year before the tables, Monday to Friday", "1950-01-06", 2, "FR", "1950-01-10"},
		{"a year after the tables", "2080-01-05", 1, "FR", "2080-01-08"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := h.After(date(t, c.from), c.n, c.country)
			if got != date(t, c.want) {
				t.Errorf("%d working days after %s are %s, want %s", c.n, c.from, got, c.want)
			}
			if back := h.WorkingDays(date(t, c.from), got, c.country); back != c.n {
				t.Errorf("%d working days lie from %s to %s, want %d", back, c.from, got, c.n)
			}
		})
	}
	if !h.HasHolidays("DE") || h.HasHolidays("VE") {
		t.Error("HasHolidays: want a table for DE and none for VE")
	}
}

// easter is the anonymous Gregorian computation (Meeus), which shares nothing with the tables.
func easter(year int) Date {
	a, b, c := year%19, year/100, year%100
	d, e, f := b/4, b%4, (b+8)/25
	g := (b - f + 1) / 3
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 22*l) / 451
	return NewDate(year, time.Month((h+l-7*m+114)/31), (h+l-7*m+114)%31+1)
}

func TestFrenchHolidaysAreThoseOfTheLaw(t *testing.T) {
	h := house(t)
	for year := 1982; year <= 2069; year++ {
		e := easter(year)
		holidays := map[Date]bool{e + 1: true, e + 39: true, e + 50: true}
		for _, md := range [][2]int{{1, 1}, {5, 1}, {5, 8}, {7, 14}, {8, 15}, {11, 1}, {11, 11}, {12, 25}} {
			holidays[NewDate(year, time.Month(md[0]), md[1])] = true
		}
		for d := NewDate(year, time.January, 1); d <= NewDate(year, time.December, 31); d++ {
			w := d.Time().Weekday()
			want := w != time.Saturday && w != time.Sunday && !holidays[d]
			if h.Working(d, "FR") != want {
				t.Fatalf("%s %s: working day %v, want %v", w, d, !want, want)
			}
		}
	}
}

func TestQuietWeeksAreNoSilence(t *testing.T) {
	h := house(t)
	for _, c := range []struct {
		name, from, to string
		want           int
	}{
		{"outside the quiet weeks", "2026-03-01", "2026-03-31", 30},
		{"over August", "2026-07-31", "2026-08-31", 6},
		{"over the new year", "2026-12-19", "2027-01-06", 1},
		{"a whole year loses 25 and 17 days", "2026-02-01", "2027-02-01", 365 - 25 - 17},
		{"backwards is nothing", "2026-03-31", "2026-03-01", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := h.SilentDays(date(t, c.from), date(t, c.to)); got != c.want {
				t.Errorf("%d silent days, want %d", got, c.want)
			}
		})
	}
	if got := h.SilentUntil(date(t, "2026-07-31"), 1); got != date(t, "2026-08-26") {
		t.Errorf("one day of silence after 31 July is over on %s, want 26 August", got)
	}
}

func TestDrawnDaysAreOpenAndEven(t *testing.T) {
	h := house(t)
	seen := map[Date]int{}
	for k := range uint64(20_000) {
		d := h.DrawOpenDay(date(t, "2026-01-01"), date(t, "2026-12-31"), k*7919, "FR")
		if y, _, _ := d.Civil(); y != 2026 || !h.Working(d, "FR") || h.Quiet(d) {
			t.Fatalf("%s was drawn", d)
		}
		seen[d]++
	}
	for d, n := range seen {
		if n > 2*20_000/len(seen) {
			t.Errorf("%s was drawn %d times among %d days", d, n, len(seen))
		}
	}
}
