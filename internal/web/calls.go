package web

import (
	"net/http"
	"strconv"
	"time"

	"github.com/relance/relance/internal/calendar"
	"github.com/relance/relance/internal/look"
	"github.com/relance/relance/internal/store"
)

// undoFor is how long an outcome can be taken back; its follow-ups wait that long.
const undoFor = 10 * time.Minute

// callsPage is the list of a day: whom to call, the most pressing first.
type callsPage struct {
	Frame
	Cards     []callCard
	Later     []callCard // of the next seven days
	Done      []doneLine
	Late      int
	Reps      []store.RepName // managers choose whose list they see
	Chosen    string          // all, none, or a rep's id
	Settled   *doneLine       // just recorded
	NobodyYet bool            // no call at all, ever so far: say how calls come about
}

// Total is what the meter counts: made and to be made today.
func (p callsPage) Total() int { return len(p.Cards) + len(p.Done) }

// Reasons announces several: small numbers as words.
func (p callsPage) Reasons(n int) string {
	if id := "calls.reasons." + strconv.Itoa(n); p.Has(id) {
		return p.T(id)
	}
	return p.T("calls.reasons", "n", n)
}

// madeWords is an outcome once it is recorded: the button says "call back at…", the list "to be called back".
func madeWords(r look.Reader, outcome string) string {
	if id := "made." + outcome; r.Has(id) {
		return r.T(id)
	}
	return r.T("outcome." + outcome)
}

// callCard is a card, with its words.
type callCard struct {
	store.CallCard
	Tag, TagClass string
	Phrases       []phrase
	LastTryWords  string
	ShowRep       bool
}

// doneLine is an attempt made today.
type doneLine struct {
	store.CallDone
	Words    string
	CanUndo  bool
	NextWhen string
}

func (s *Site) showCalls(w http.ResponseWriter, r *request) error {
	page := callsPage{Frame: s.frame(r, r.Reader.T("calls.title"), "calls")}
	page.Narrow = r.User.Role == rep // a manager overlooks many at a desk
	chosen, everyone, err := s.whoseCalls(r, &page)
	if err != nil {
		return err
	}
	today := r.today()
	tomorrow := today.AddDate(0, 0, 1)
	cards, err := s.Store.CallList(r.Context(), chosen, everyone, today, today.AddDate(0, 0, 8))
	if err != nil {
		return err
	}
	for _, k := range cards {
		card := s.card(r, k)
		card.ShowRep = everyone
		if k.DueAt.Before(tomorrow) {
			page.Cards = append(page.Cards, card)
		} else {
			page.Later = append(page.Later, card)
		}
		if k.DueAt.Before(today) {
			page.Late++
		}
	}
	return s.withDone(w, r, chosen, page)
}

func (s *Site) withDone(w http.ResponseWriter, r *request, rep int64, page callsPage) error {
	made, err := s.Store.CallsDone(r.Context(), rep, r.today())
	if err != nil {
		return err
	}
	settled := r.URL.Query().Get("done")
	for _, d := range made {
		line := doneLine{CallDone: d, Words: madeWords(r.Reader, d.Outcome), CanUndo: r.Now.Sub(d.At) < undoFor}
		if d.NextAt != nil {
			line.NextWhen = r.Reader.When(*d.NextAt)
		}
		page.Done = append(page.Done, line)
		if strconv.FormatInt(d.CallID, 10) == settled {
			page.Settled = &line
		}
	}
	return s.show(w, http.StatusOK, "calls", page)
}

// whoseCalls reads whose list is shown: a rep has his own; a manager chooses, and starts with everyone's.
func (s *Site) whoseCalls(r *request, page *callsPage) (rep int64, everyone bool, err error) {
	if r.User.Role != manager {
		return r.Sight().RepID, false, nil
	}
	page.Chosen = "all"
	if page.Reps, err = s.Store.RepNames(r.Context(), r.today().AddDate(0, 0, 1)); err != nil {
		return 0, false, err
	}
	switch chosen := r.URL.Query().Get("rep"); chosen {
	case "", "all":
	case "none":
		page.Chosen = "none"
		return 0, false, nil
	default:
		for _, known := range page.Reps {
			if chosen == strconv.FormatInt(known.ID, 10) {
				page.Chosen = chosen
				return known.ID, false, nil
			}
		}
		return 0, false, store.ErrNotFound
	}
	return 0, true, nil
}

// card puts a call into words.
func (s *Site) card(r *request, k store.CallCard) callCard {
	card := callCard{CallCard: k}
	card.Tag, card.TagClass = tagOf(r, k)
	for _, why := range k.Reasons {
		card.Phrases = append(card.Phrases, reasonPhrase(r.Reader, why))
	}
	if k.LastTry != "" && k.LastTryAt != nil {
		card.LastTryWords = r.Reader.T("calls.last_try", "n", k.Attempts, "outcome", madeWords(r.Reader, k.LastTry), "day", r.Reader.DayOf(*k.LastTryAt))
	}
	return card
}

// tagOf says how much a call presses: its last day, how late it is, or until when there is time.
func tagOf(r *request, k store.CallCard) (words, class string) {
	today, due := r.Reader.Today(), calendar.DateOf(k.DueAt.In(r.Reader.Zone))
	var last calendar.Date
	if k.DeadlineAt != nil {
		last = calendar.DateOf(k.DeadlineAt.Add(-time.Nanosecond).In(r.Reader.Zone))
	}
	switch {
	case last != 0 && last <= today:
		return r.Reader.T("tag.tonight"), "soon"
	case due < today:
		return r.Reader.T("tag.late", "n", int(today-due)), "late"
	case due > today && due-today < 7:
		return r.Reader.Weekday(k.DueAt), ""
	case due > today:
		return r.Reader.DayOf(k.DueAt), ""
	case k.LastTry == "call_back" || k.LastTry == "postponed":
		return r.Reader.T("tag.at", "hour", r.Reader.Hour(k.DueAt)), "on"
	case last != 0 && last-today < 7:
		return r.Reader.T("tag.until", "day", r.Reader.Weekday(*k.DeadlineAt)), ""
	case last != 0:
		return r.Reader.T("tag.until_date", "day", r.Reader.DayOf(*k.DeadlineAt)), ""
	}
	return "", ""
}
