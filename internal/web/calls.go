package web

import (
	"net/http"
	"strconv"
	"time"

	"github.com/relance/relance/internal/look"
	"github.com/relance/relance/internal/store"
)

// undoFor is how long an outcome can be taken back; its follow-ups wait that long.
const undoFor = 10 * time.Minute

// callsPage is the list of a day: whom to call, the most pressing first.
type callsPage struct {
	Frame
	Groups    []callGroup // of today; none is empty
	Open      int         // how many stand in them
	Earlier   int         // of these, how many were planned for an earlier day
	Later     []callCard  // of the next seven days
	Done      []doneLine
	Reps      []store.RepName // managers choose whose list they see
	Chosen    string          // all, none, or a rep's id
	Settled   *doneLine       // just recorded
	Known     string          // how far the orders are known; empty: none is
	NobodyYet bool            // no call at all, ever so far: say how calls come about
}

// Total is what the meter counts: made and to be made today.
func (p callsPage) Total() int { return p.Open + len(p.Done) }

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
	Waiting       string // since when, for one that an earlier day left over
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
	page.Known = s.ordersKnown(r)
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
	now, later := apart(cards, tomorrow)
	for i, part := range inGroups(r, now) {
		if len(part) > 0 {
			page.Groups = append(page.Groups, callGroup{r.Reader.T("calls.group."+groups[i], "n", len(part)), s.cards(r, part, everyone)})
		}
	}
	page.Later, page.Open = s.cards(r, later, everyone), len(now)
	for _, k := range now {
		if k.DueAt.Before(today) {
			page.Earlier++
		}
	}
	return s.withDone(w, r, chosen, page)
}

// apart separates the calls of today from those of the days after.
func apart(cards []store.CallCard, tomorrow time.Time) (now, later []store.CallCard) {
	for _, k := range cards {
		if k.DueAt.Before(tomorrow) {
			now = append(now, k)
		} else {
			later = append(later, k)
		}
	}
	return now, later
}

func (s *Site) cards(r *request, list []store.CallCard, showRep bool) []callCard {
	var cards []callCard
	for _, k := range list {
		card := s.card(r, k)
		card.ShowRep = showRep
		cards = append(cards, card)
	}
	return cards
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
	card := callCard{CallCard: k, Waiting: waitingWords(r, k)}
	card.Tag, card.TagClass = tagOf(r, k)
	for _, why := range k.Reasons {
		card.Phrases = append(card.Phrases, reasonPhrase(r.Reader, why))
	}
	if k.LastTry != "" && k.LastTryAt != nil {
		card.LastTryWords = r.Reader.T("calls.last_try", "n", k.Attempts, "outcome", madeWords(r.Reader, k.LastTry), "day", r.Reader.DayOf(*k.LastTryAt))
	}
	return card
}
