package campaigns

import (
	"sync"
	"testing"
	"time"

	"github.com/relance/relance/internal/calendar"
)

// frenchHouse has the default settings of a French company; it is made once, since its tables cover a century.
var frenchHouse = sync.OnceValue(func() *calendar.House {
	quiet, err := calendar.ParseSpans("08-01..08-25 12-20..01-05")
	if err != nil {
		panic(err)
	}
	return calendar.New(calendar.Rules{Quiet: quiet})
})

func testHouse(t testing.TB) *calendar.House {
	t.Helper()
	return frenchHouse()
}

func day(t testing.TB, s string) calendar.Date {
	t.Helper()
	if s == "" {
		return 0
	}
	d, err := calendar.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// at is a moment of a pass at 6 in the morning of a day in Paris; since: the day of the pass before, or empty.
func at(t testing.TB, today, since string) Moment {
	t.Helper()
	h := testHouse(t)
	return Moment{
		Now: day(t, today).In(h.Zone()).Add(6 * time.Hour), House: h, Since: day(t, since), Begun: day(t, "2020-01-01").In(h.Zone()),
		Fresh: true, SmallTail: 0.1,
	}
}
