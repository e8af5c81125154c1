package web

import (
	"strings"
	"testing"
	"time"

	"github.com/relance/relance/internal/look"
	"github.com/relance/relance/internal/store"
)

// paris is a moment of November 2026 as a clock in Paris shows it; the sample's day is the 24th.
func paris(day, hour int) time.Time {
	return time.Date(2026, 11, day, hour-1, 0, 0, 0, time.UTC)
}

func TestHowMuchACallPresses(t *testing.T) {
	book, err := look.LoadBook(wordFiles, "words")
	if err != nil {
		t.Fatal(err)
	}
	r := &request{Now: sampleNow, Reader: look.Reader{Words: book.In("en"), Zone: time.FixedZone("Paris", 3600), Now: sampleNow}}
	until := func(day int) *time.Time { end := paris(day, 24); return &end }
	for name, c := range map[string]struct {
		call                store.CallCard
		group, tag, waiting string
	}{
		"its last day is today":               {store.CallCard{DueAt: paris(20, 9), DeadlineAt: until(24)}, "tonight", "Before tonight", "Planned for 20 November, 4 days ago."},
		"its last day has passed":             {store.CallCard{DueAt: paris(20, 9), DeadlineAt: until(23)}, "tonight", "Before tonight", "Planned for 20 November, 4 days ago."},
		"agreed for this afternoon":           {store.CallCard{DueAt: paris(24, 15), LastTry: "call_back", DeadlineAt: until(30)}, "agreed", "At 15:00", ""},
		"agreed for yesterday and not made":   {store.CallCard{DueAt: paris(23, 15), LastTry: "postponed"}, "agreed", "Agreed for 23 November", ""},
		"left over, with time until Friday":   {store.CallCard{DueAt: paris(23, 9), DeadlineAt: until(27)}, "earlier", "By Friday", "Planned for yesterday, 23 November."},
		"left over, without a last day":       {store.CallCard{DueAt: paris(10, 9)}, "earlier", "", "Planned for 10 November, 14 days ago."},
		"today's, after an attempt in vain":   {store.CallCard{DueAt: paris(24, 9), LastTry: "no_answer", DeadlineAt: until(30)}, "today", "By Monday", ""},
		"today’s, with time until next month": {store.CallCard{DueAt: paris(24, 9), DeadlineAt: until(60)}, "today", "By 30 December", ""},
	} {
		tag, _ := tagOf(r, c.call)
		tag, waiting := strings.ReplaceAll(tag, "\u00a0", " "), strings.ReplaceAll(waitingWords(r, c.call), "\u00a0", " ")
		if got := groupOf(r.Reader.Today(), r.Reader.Zone, c.call); got != c.group || tag != c.tag || waiting != c.waiting {
			t.Errorf("%s: %s, %q, %q; want %s, %q, %q", name, got, tag, waiting, c.group, c.tag, c.waiting)
		}
	}
}

func TestTheNextCallWaitsForItsHour(t *testing.T) {
	cards := []store.CallCard{{ID: 1, DueAt: paris(24, 9)}, {ID: 2, DueAt: paris(24, 15), LastTry: "call_back"}, {ID: 3, DueAt: paris(24, 9)}}
	for name, c := range map[string]struct{ made, want int64 }{
		"the one agreed for the afternoon comes after the others": {1, 3},
		"the first again, when the last was made":                 {3, 1},
		"nothing was made": {0, 1},
	} {
		if got := nextOf(cards, c.made, sampleNow); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
	if got := nextOf(cards[1:2], 1, sampleNow); got != 2 {
		t.Errorf("only the afternoon's is left: %d, want 2", got)
	}
	if got := nextOf(cards[:1], 1, sampleNow); got != 0 {
		t.Errorf("none is left: %d, want 0", got)
	}
}
