package campaigns

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// dueCalls are calls of one rep, all due on Monday 23 November 2026 at 8:30.
func dueCalls(t *testing.T, n int) ([]DueCall, time.Time) {
	loc := testHouse(t).Zone()
	now := day(t, "2026-11-23").In(loc).Add(6 * time.Hour)
	calls := make([]DueCall, n)
	for i := range calls {
		calls[i] = DueCall{TouchID: int64(i + 1), ClientID: int64(i + 1), RepID: 1, Priority: 50, DueAt: now.Add(150 * time.Minute), Location: loc}
	}
	return calls, now
}

// days is where each call ends up.
func days(calls []DueCall, moved []Levelled) []string {
	at := make([]string, len(calls))
	for i, c := range calls {
		at[i] = c.DueAt.Format("01-02")
		for _, m := range moved {
			if m.TouchID == c.TouchID {
				at[i] = m.DueAt.Format("01-02 15:04")
			}
		}
	}
	return at
}

func TestCallsAreSpreadOverTheRepsDays(t *testing.T) {
	two := func(int64) int { return 2 }
	for _, c := range []struct {
		name   string
		n      int
		change func([]DueCall)
		want   []string
	}{
		{"what fits stays", 2, func([]DueCall) {}, []string{"11-23", "11-23"}},
		{"the rest goes to the next days", 5, func([]DueCall) {}, []string{"11-23", "11-23", "11-24 08:30", "11-24 08:30", "11-25 08:30"}},
		{"priority stays first", 3, func(c []DueCall) { c[2].Priority = 90 }, []string{"11-23", "11-24 08:30", "11-23"}},
		{"then the nearer deadline", 3, func(c []DueCall) { c[2].DeadlineAt = c[2].DueAt.AddDate(0, 0, 3) }, []string{"11-23", "11-24 08:30", "11-23"}},
		{"what fits nowhere before its deadline stays and is seen", 3, func(c []DueCall) {
			for i := range c {
				c[i].DeadlineAt = c[i].DueAt
			}
		}, []string{"11-23", "11-23", "11-23"}},
		{"two reasons for one client are one call", 3, func(c []DueCall) { c[1].ClientID = 1 }, []string{"11-23", "11-23", "11-23"}},
		{"another rep has a day of his own", 3, func(c []DueCall) { c[0].RepID = 2 }, []string{"11-23", "11-23", "11-23"}},
		{"the managers' list is not levelled", 3, func(c []DueCall) { c[0].RepID, c[1].RepID, c[2].RepID = 0, 0, 0 }, []string{"11-23", "11-23", "11-23"}},
		{"open calls take their place and stay", 5, func(c []DueCall) { c[3].Open, c[4].Open, c[4].ClientID = true, true, 1 }, []string{"11-23", "11-24 08:30", "11-24 08:30", "11-23", "11-23"}},
		{"open calls above the capacity stay", 4, func(c []DueCall) { c[0].Open, c[1].Open, c[2].Open = true, true, true }, []string{"11-23", "11-23", "11-23", "11-24 08:30"}},
		{"what is late counts for today", 3, func(c []DueCall) { c[0].DueAt = c[0].DueAt.AddDate(0, 0, -7) }, []string{"11-16", "11-23", "11-24 08:30"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			calls, now := dueCalls(t, c.n)
			c.change(calls)
			got := days(calls, Level(calls, two, testHouse(t), now))
			if !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestLevellingTwiceChangesNothingAndNoDayIsTooFull(t *testing.T) {
	house := testHouse(t)
	base, now := dueCalls(t, 1)
	rapid.Check(t, func(r *rapid.T) {
		room := rapid.IntRange(1, 4).Draw(r, "room")
		calls := make([]DueCall, rapid.IntRange(1, 30).Draw(r, "calls"))
		for i := range calls {
			calls[i] = base[0]
			calls[i].TouchID, calls[i].ClientID, calls[i].RepID = int64(i+1), int64(rapid.IntRange(1, 20).Draw(r, "client")), int64(rapid.IntRange(1, 2).Draw(r, "rep"))
			calls[i].Priority = rapid.SampledFrom([]int{20, 50, 80}).Draw(r, "priority")
			calls[i].DueAt = calls[i].DueAt.AddDate(0, 0, rapid.IntRange(0, 4).Draw(r, "due"))
		}
		capacity := func(int64) int { return room }
		moved := Level(calls, capacity, house, now)
		perDay := map[string]map[int64]bool{}
		for i := range calls {
			for _, m := range moved {
				if m.TouchID == calls[i].TouchID {
					calls[i].DueAt = m.DueAt
				}
			}
			key := fmt.Sprint(calls[i].RepID, calls[i].DueAt.Format(time.DateOnly))
			if perDay[key] == nil {
				perDay[key] = map[int64]bool{}
			}
			perDay[key][calls[i].ClientID] = true
		}
		for key, clients := range perDay {
			if len(clients) > room {
				r.Fatalf("%d calls on %s, room for %d", len(clients), key, room)
			}
		}
		slices.Reverse(calls)
		if again := Level(calls, capacity, house, now); len(again) > 0 {
			r.Fatalf("a second time moved %+v", again)
		}
	})
}

func TestSurge(t *testing.T) {
	for _, c := range []struct {
		name  string
		last  []int
		limit int
	}{
		{"twenty are always fine", nil, 20},
		{"after passes that planned nothing, too", []int{0, 0, 0}, 20},
		{"three times the median", []int{10, 20, 4000}, 60},
		{"in any order", []int{4000, 20, 10}, 60},
		{"an even number of passes", []int{10, 11}, 31},
		{"only twenty passes count", append(slices.Repeat([]int{20}, 20), slices.Repeat([]int{900}, 40)...), 60},
	} {
		if limit := SurgeLimit(c.last, 20, 3); limit != c.limit {
			t.Errorf("%s: %d, want %d", c.name, limit, c.limit)
		}
	}
}

func TestFresh(t *testing.T) {
	h, today := testHouse(t), day(t, "2026-11-23") // a Monday
	for _, c := range []struct {
		name           string
		order, imports string
		gaps           []int
		want           Freshness
	}{
		{"imported every working day, last on Thursday", "2026-11-18", "2026-11-19", []int{1, 1, 1}, Freshness{true, 2, 2}},
		{"last on Wednesday", "2026-11-17", "2026-11-18", []int{1, 1, 1}, Freshness{false, 3, 2}},
		{"every week", "", "2026-11-09", []int{5, 5, 4}, Freshness{false, 9, 8}},
		{"every three days, a day late", "", "2026-11-13", []int{3, 3}, Freshness{true, 6, 6}},
		{"a new order is as good as an import", "2026-11-20", "2026-10-01", []int{1}, Freshness{true, 1, 2}},
		{"no import yet", "", "", nil, Freshness{false, 0, 8}},
	} {
		if got := Fresh(day(t, c.order), day(t, c.imports), c.gaps, today, h, 2, 8); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestForecast(t *testing.T) {
	d := library(t, "welcome-call")
	facts := []Facts{firstOrderClient(t), firstOrderClient(t), firstOrderClient(t)}
	facts[1].FirstOrderOn, facts[1].CreatedOn = day(t, "2026-11-03"), day(t, "2026-11-03")
	facts[2].HasPhone = false
	got := d.At(at(t, "2026-11-08", "2026-11-07")).Forecast(facts, nil, 4)
	want := []struct {
		day     string
		planned int
		skipped int
	}{{"2026-11-08", 0, 0}, {"2026-11-09", 1, 1}, {"2026-11-10", 1, 0}, {"2026-11-11", 0, 0}}
	for i, w := range want {
		if got[i].Day != day(t, w.day) || got[i].Planned != w.planned || got[i].Skipped[ReasonNoNumber] != w.skipped {
			t.Errorf("%+v, want %+v", got[i], w)
		}
	}
}
