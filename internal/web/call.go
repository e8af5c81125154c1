package web

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/store"
)

// maxNote is the longest note, in bytes.
const maxNote = 2000

// callPage is one card: why now, what to say, and what came of it.
type callPage struct {
	Frame
	Card     callCard
	Client   store.ClientPage
	Plot     monthsPlot
	Scripts  []Script
	NoScript bool // the scripts could not be rendered; the rest of the card stands
	Outcomes []campaigns.Outcome
	Form     outcomeForm
	Settled  *doneLine
	Known    string // how far the orders are known; empty: none is
	Closed   string // what closed it, in words; empty: it is open
	CanUndo  bool
}

// outcomeForm is what was typed, and what is wrong with it.
type outcomeForm struct {
	Outcome       string
	Note          string
	OnDay, AtHour string // call_back
	LaterDay      string // postponed
	Problem       string // beside the field of Outcome
	NoteProblem   string
	Today         string // the least day that the fields take
}

// quick are the two ends of most calls: their buttons stay under the thumb while the card is read.
var quick = []campaigns.Outcome{campaigns.Reached, campaigns.NoAnswer}

// other outcomes need nothing but a tap either.
var other = []campaigns.Outcome{campaigns.OrderTaken, campaigns.Voicemail}

// rare are those that are seldom said, folded away.
var rare = []campaigns.Outcome{campaigns.OtherPerson, campaigns.AlreadySeen, campaigns.WrongNumber, campaigns.Refused}

func (s *Site) showCall(w http.ResponseWriter, r *request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	return s.renderCall(w, r, http.StatusOK, id, outcomeForm{})
}

func (s *Site) renderCall(w http.ResponseWriter, r *request, status int, id int64, form outcomeForm) error {
	card, err := s.Store.CallPage(r.Context(), r.Sight(), id)
	if err != nil {
		return err
	}
	page := callPage{Frame: s.frame(r, card.ClientName, "calls"), Card: s.card(r, card), Form: form}
	page.Narrow, page.Form.Today, page.Known = true, r.Reader.Today().String(), s.ordersKnown(r)
	// The card itself was in sight; its client is shown with it even when the call was given to another rep.
	if page.Client, err = s.Store.ClientPage(r.Context(), store.Sight{}, card.ClientRef, r.day()); err != nil {
		return err
	}
	page.Plot = plotMonths(r.Reader, page.Client.Months)
	if page.Scripts, err = s.Calls.Scripts(r.Context(), id, r.User.Language, r.Now); err != nil {
		s.Log.ErrorContext(r.Context(), "script not rendered", "call", id, "error", err)
		page.NoScript = true
	}
	switch {
	case card.Outcome != "":
		page.Closed = madeWords(r.Reader, card.Outcome)
	case card.State != "open":
		page.Closed = reasonWords(r.Reader, card.ClosedWhy)
	}
	page.CanUndo = card.State != "open" && card.LastTryAt != nil && r.Now.Sub(*card.LastTryAt) < undoFor
	if page.Settled, err = s.settled(r); err != nil {
		return err
	}
	return s.show(w, status, "call", page)
}

// settled is the call that was recorded just before this card was shown.
func (s *Site) settled(r *request) (*doneLine, error) {
	id, err := strconv.ParseInt(r.URL.Query().Get("done"), 10, 64)
	if err != nil {
		return nil, nil
	}
	k, err := s.Store.CallPage(r.Context(), r.Sight(), id)
	if err != nil || k.LastTryAt == nil || r.Now.Sub(*k.LastTryAt) >= undoFor {
		return nil, ignoreMissing(err)
	}
	return &doneLine{CallDone: store.CallDone{CallID: k.ID, ClientName: k.ClientName, Outcome: k.LastTry, At: *k.LastTryAt},
		Words: madeWords(r.Reader, k.LastTry), CanUndo: true}, nil
}

func ignoreMissing(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// Quick are the buttons under the thumb.
func (p callPage) Quick() []campaigns.Outcome { return quick }

// Other are the buttons below them.
func (p callPage) Other() []campaigns.Outcome { return other }

// Attempt is the one that the form records.
func (p callPage) Attempt() int { return p.Card.Attempts + 1 }

// Rare are the outcomes folded away.
func (p callPage) Rare() []campaigns.Outcome { return rare }

// recordOutcome takes what the rep said and goes on with the next card.
func (s *Site) recordOutcome(w http.ResponseWriter, r *request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	card, err := s.Store.CallPage(r.Context(), r.Sight(), id)
	if err != nil {
		return err
	}
	form := outcomeForm{Outcome: r.PostFormValue("outcome"), Note: strings.TrimSpace(r.PostFormValue("note")),
		OnDay: r.PostFormValue("on_day"), AtHour: r.PostFormValue("at_hour"), LaterDay: r.PostFormValue("later_day")}
	outcome, ok := readOutcome(r, &form)
	if !ok {
		return s.renderCall(w, r, http.StatusUnprocessableEntity, id, form)
	}
	outcome.Call, outcome.By = id, r.User.Name
	outcome.Attempt, _ = strconv.Atoi(r.PostFormValue("attempt")) // 0: whichever comes next
	if err := s.Calls.RecordOutcome(r.Context(), outcome, r.Now); err != nil {
		return err
	}
	s.wake(r.Context(), "followup")
	return s.nextCall(w, r, card)
}

// readOutcome checks the form; what is wrong stands in it afterwards.
func readOutcome(r *request, form *outcomeForm) (Outcome, bool) {
	o := Outcome{Outcome: campaigns.Outcome(form.Outcome), Note: form.Note}
	if len(form.Note) > maxNote {
		form.NoteProblem = r.Reader.T("call.note_long", "n", maxNote)
	}
	var err error
	switch o.Outcome {
	case campaigns.CallBack:
		o.At, err = readWhen(r, form.OnDay, form.AtHour)
	case campaigns.Postponed:
		o.At, err = readWhen(r, form.LaterDay, "09:00")
		if form.Note == "" {
			form.NoteProblem = r.Reader.T("call.why_postponed")
		}
	case campaigns.Reached, campaigns.OrderTaken, campaigns.NoAnswer, campaigns.Voicemail, campaigns.WrongNumber,
		campaigns.Refused, campaigns.OtherPerson, campaigns.AlreadySeen:
	default:
		form.Problem = r.Reader.T("call.unknown_outcome")
	}
	switch {
	case err != nil && o.Outcome == campaigns.Postponed:
		form.Problem = r.Reader.T("call.bad_day")
	case err != nil:
		form.Problem = r.Reader.T("call.bad_time")
	case !o.At.IsZero() && !o.At.After(r.Now):
		form.Problem = r.Reader.T("call.past_time")
	case o.At.After(r.Now.AddDate(1, 0, 0)):
		form.Problem = r.Reader.T("call.far_time")
	}
	return o, form.Problem == "" && form.NoteProblem == ""
}

func readWhen(r *request, day, hour string) (time.Time, error) {
	return time.ParseInLocation("2006-01-02 15:04", day+" "+hour, r.Reader.Zone)
}

// nextCall goes on with the most pressing card of the same list, or back to the list when there is none.
func (s *Site) nextCall(w http.ResponseWriter, r *request, made store.CallCard) error {
	rep, list := r.Sight().RepID, "/calls?done="+strconv.FormatInt(made.ID, 10)
	if r.User.Role == manager {
		return back(w, r, list)
	}
	today := r.today()
	cards, err := s.Store.CallList(r.Context(), rep, false, today, today.AddDate(0, 0, 1))
	if err != nil {
		return err
	}
	if next := nextOf(slices.Concat(inGroups(r, cards)...), made.ID, r.Now); next != 0 {
		return back(w, r, fmt.Sprintf("/calls/%d?done=%d", next, made.ID))
	}
	return back(w, r, list)
}

// nextOf is the call after the one that was made, in the order of the list; those agreed for later in the day wait until
// the others are made. 0: there is none.
func nextOf(cards []store.CallCard, made int64, now time.Time) (next int64) {
	for _, k := range cards {
		if k.ID != made && !(agreed(k) && k.DueAt.After(now)) {
			return k.ID
		}
		if k.ID != made && next == 0 {
			next = k.ID
		}
	}
	return next
}

func (s *Site) undoOutcome(w http.ResponseWriter, r *request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	if _, err := s.Store.CallPage(r.Context(), r.Sight(), id); err != nil {
		return err
	}
	if err := s.Calls.UndoOutcome(r.Context(), id, r.User.Name, r.Now); err != nil {
		return err
	}
	return back(w, r, fmt.Sprintf("/calls/%d", id))
}

// pathID reads the number in the address; anything else is no page of ours.
func pathID(r *request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id <= 0 {
		return 0, errNoPage
	}
	return id, nil
}
