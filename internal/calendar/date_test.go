package calendar

import (
	"testing"
	"time"
)

func TestDate(t *testing.T) {
	for day := time.Date(1899, 12, 25, 0, 0, 0, 0, time.UTC); day.Year() < 2101; day = day.AddDate(0, 0, 1) {
		d := DateOf(day)
		if !d.Time().Equal(day) || d.Weekday() != day.Weekday() || d.String() != day.Format(time.DateOnly) {
			t.Fatalf("%s became %s, %s", day, d, d.Weekday())
		}
	}
	if got := DateOf(time.Date(1, 1, 1, 12, 0, 0, 0, time.UTC)); got != 1 {
		t.Errorf("1 January of year 1 is day %d", got)
	}
}

func TestAddMonthsClampsToTheMonthsEnd(t *testing.T) {
	for _, c := range []struct {
		from string
		n    int
		want string
	}{
		{"2024-01-31", 1, "2024-02-29"}, {"2023-01-31", 1, "2023-02-28"}, {"2024-02-29", 12, "2025-02-28"},
		{"2024-03-31", -1, "2024-02-29"}, {"2024-12-15", 1, "2025-01-15"}, {"1998-05-06", -12, "1997-05-06"}, {"2024-05-31", -6, "2023-11-30"},
	} {
		d, _ := ParseDate(c.from)
		if got := d.AddMonths(c.n).String(); got != c.want {
			t.Errorf("%s + %d months = %s, want %s", c.from, c.n, got, c.want)
		}
	}
}
