package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/relance/relance/internal/store"
)

// clientsPage is the search.
type clientsPage struct {
	Frame
	Question string
	Clients  []store.ClientLine
	MayUnify bool // the reader sees to it that a client is there once
}

func (s *Site) showClients(w http.ResponseWriter, r *request) error {
	question := strings.TrimSpace(r.URL.Query().Get("q"))
	if len(question) > 100 {
		question = strings.ToValidUTF8(question[:100], "")
	}
	clients, err := s.Store.FindClients(r.Context(), r.Sight(), question)
	if err != nil {
		return err
	}
	return s.show(w, http.StatusOK, "clients", clientsPage{Frame: s.frame(r, r.Reader.T("clients.title"), "clients"), Question: question, Clients: clients,
		MayUnify: slices.Contains(writers, r.User.Role)})
}

// clientPage is a client: what it weighs, who is there, and everything that was done.
type clientPage struct {
	Frame
	Client  store.ClientPage
	Plot    monthsPlot
	Touches []touchRow
	Form    logForm
	MayCall bool // the reader makes calls, so the open card is a link
	Unity   unity
}

// logForm is what was typed about a client.
type logForm struct {
	Kind, Note, Problem string
}

// logKinds are what can be noted, in the order of the buttons.
var logKinds = []string{"note", "visit", "complaint"}

// Kinds are the buttons of the form.
func (p clientPage) Kinds() []string { return logKinds }

// shownOrders is how many orders stand in the open.
const shownOrders = 8

// Newest are the orders in the open.
func (p clientPage) Newest() []store.OrderLine {
	return p.Client.Orders[:min(shownOrders, len(p.Client.Orders))]
}

// Older are the orders folded away.
func (p clientPage) Older() []store.OrderLine {
	return p.Client.Orders[min(shownOrders, len(p.Client.Orders)):]
}

func (s *Site) showClient(w http.ResponseWriter, r *request) error {
	return s.renderClient(w, r, http.StatusOK, logForm{})
}

func (s *Site) renderClient(w http.ResponseWriter, r *request, status int, form logForm) error {
	client, err := s.Store.ClientPage(r.Context(), r.Sight(), r.PathValue("ref"), r.day())
	if errors.Is(err, store.ErrNotFound) && r.Method == http.MethodGet {
		return s.toMerged(w, r, err)
	}
	if err != nil {
		return err
	}
	unity, err := s.unityOf(r, client.Ref, slices.Contains(writers, r.User.Role))
	if err != nil {
		return err
	}
	page := clientPage{Unity: unity, Frame: s.frame(r, client.Name, "clients"), Client: client, Plot: plotMonths(r.Reader, client.Months), Form: form,
		MayCall: slices.Contains(callers, r.User.Role)}
	for _, t := range client.Touches {
		page.Touches = append(page.Touches, row(r, t))
	}
	return s.show(w, status, "client", page)
}

// logActivity notes a visit, a complaint or a note. A complaint and a note need words; that one was there is enough.
func (s *Site) logActivity(w http.ResponseWriter, r *request) error {
	form := logForm{Kind: r.PostFormValue("kind"), Note: strings.TrimSpace(r.PostFormValue("note"))}
	switch {
	case !slices.Contains(logKinds, form.Kind):
		form.Problem = r.Reader.T("client.log.kind")
	case form.Note == "" && form.Kind != "visit":
		form.Problem = r.Reader.T("client.log.words")
	case len(form.Note) > maxNote:
		form.Problem = r.Reader.T("call.note_long", "n", maxNote)
	}
	if form.Problem != "" {
		return s.renderClient(w, r, http.StatusUnprocessableEntity, form)
	}
	ref := r.PathValue("ref")
	logged := store.Logged{ClientRef: ref, Kind: form.Kind, Note: form.Note, By: r.User.Name, RepID: r.User.RepID}
	if err := s.Store.LogActivity(r.Context(), r.Sight(), logged, r.Now); err != nil {
		return err
	}
	s.later(r, "client.logged")
	return back(w, r, "/clients/"+url.PathEscape(ref))
}

func (s *Site) closeComplaint(w http.ResponseWriter, r *request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	if err := s.Store.CloseComplaint(r.Context(), r.Sight(), id, r.day(), r.User.Name, r.Now); err != nil {
		return err
	}
	s.later(r, "client.complaint_closed")
	return back(w, r, "/clients/"+url.PathEscape(r.PathValue("ref")))
}

// touchRow is a touch in a list, in words.
type touchRow struct {
	store.TouchLine
	Title string // the campaign's
	Why   string
}

// ServerWords are the mail server's, when they tell more than that it took the message.
func (t touchRow) ServerWords() string {
	if t.State == "failed" || t.State == "unsure" || t.State == "planned" {
		return t.AnswerWords
	}
	return ""
}

func row(r *request, t store.TouchLine) touchRow {
	return touchRow{TouchLine: t, Title: titleOf(t.Source, t.Campaign, r.Reader.Language), Why: touchSentence(r.Reader, t)}
}
