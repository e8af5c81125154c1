package web

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/internal/unify"
)

// shownPairs is how many proposals a page has.
const shownPairs = 20

// duplicatesPage is who is probably there twice, and what was merged.
type duplicatesPage struct {
	Frame
	Kind   unify.Kind
	Search store.DuplicateSearch
	Pairs  []shownPair
	Start  int // of the next page; 0: there is none
	Merges []store.MergeLine
}

// shownPair is a proposal in words.
type shownPair struct {
	store.DuplicatePair
	For, Against []string
	Rows         []pairRow
}

// pairRow is one thing that both have, or not, or otherwise.
type pairRow struct {
	Label, A, B string
	Differs     bool
}

// Refs are the two clients of a pair, the one to keep by default first.
func (p shownPair) Refs() []string { return []string{p.A.Ref, p.B.Ref} }

// Never reports whether nobody has looked for duplicates yet.
func (p duplicatesPage) Never() bool { return p.Search.At.IsZero() }

func (s *Site) showDuplicates(w http.ResponseWriter, r *request) error {
	page := duplicatesPage{Frame: s.frame(r, r.Reader.T("unify.title"), "clients"), Kind: unify.Same}
	if r.URL.Query().Get("kind") == string(unify.Branches) {
		page.Kind = unify.Branches
	}
	start, err := strconv.Atoi(r.URL.Query().Get("start"))
	if err != nil || start < 0 {
		start = 0
	}
	if page.Search, err = s.Store.LastDuplicateSearch(r.Context()); err != nil {
		return err
	}
	pairs, err := s.Store.Duplicates(r.Context(), page.Kind, shownPairs+1, start)
	if err != nil {
		return err
	}
	if len(pairs) > shownPairs {
		pairs, page.Start = pairs[:shownPairs], start+shownPairs
	}
	for _, p := range pairs {
		page.Pairs = append(page.Pairs, pairInWords(r, p))
	}
	if page.Merges, err = s.Store.Merges(r.Context(), "", 10); err != nil {
		return err
	}
	return s.show(w, http.StatusOK, "duplicates", page)
}

func pairInWords(r *request, p store.DuplicatePair) shownPair {
	shown := shownPair{DuplicatePair: p}
	for _, reason := range p.Reasons {
		value := reason.Value
		if reason.Code == unify.SamePhone {
			value = r.Reader.Phone(value)
		}
		words := r.Reader.T("unify."+string(reason.Code), "value", value, "percent", r.Reader.Percent(float64(reason.Percent)/100))
		if strings.HasPrefix(string(reason.Code), "other_") {
			shown.Against = append(shown.Against, words)
			continue
		}
		shown.For = append(shown.For, words)
	}
	shown.Rows = pairRows(r, p.A, p.B)
	return shown
}

// pairRows are what one compares; what neither has is left out.
func pairRows(r *request, a, b store.DuplicateSide) (rows []pairRow) {
	whole := func(n int) string { return r.Reader.Count(n) }
	lastOrder := func(d store.DuplicateSide) string {
		if d.LastOrderOn == nil {
			return ""
		}
		return r.Reader.ShortDay(*d.LastOrderOn)
	}
	for _, row := range []pairRow{
		{"unify.ref", a.Ref, b.Ref, false},
		{"unify.address", a.Address, b.Address, false},
		{"unify.place", strings.TrimSpace(a.Postcode + " " + a.City), strings.TrimSpace(b.Postcode + " " + b.City), false},
		{"unify.phone", r.Reader.Phone(a.Phone), r.Reader.Phone(b.Phone), false},
		{"unify.mails", a.Mails, b.Mails, false},
		{"unify.siren", a.SIREN, b.SIREN, false},
		{"unify.vat", a.VAT, b.VAT, false},
		{"client.rep", a.Rep, b.Rep, false},
		{"unify.group", a.Group, b.Group, false},
		{"unify.contacts", whole(a.Contacts), whole(b.Contacts), false},
		{"unify.orders", whole(a.Orders), whole(b.Orders), false},
		{"client.last_order", lastOrder(a), lastOrder(b), false},
		{"client.revenue", r.Reader.Money(a.Revenue12m), r.Reader.Money(b.Revenue12m), false},
	} {
		if row.A == "" && row.B == "" {
			continue
		}
		row.Differs = row.Label != "unify.ref" && !strings.EqualFold(row.A, row.B)
		row.Label = r.Reader.T(row.Label)
		rows = append(rows, row)
	}
	return rows
}

// toDuplicates goes back to the list, with what came of it; what cannot be done as things stand is said there too.
func (s *Site) toDuplicates(w http.ResponseWriter, r *request, done string, err error) error {
	switch {
	case errors.Is(err, store.ErrBusy):
		done = "unify.busy"
	case errors.Is(err, store.ErrMerge), errors.Is(err, store.ErrConflict), errors.Is(err, store.ErrNotFound):
		done = "unify.not_possible"
	case err != nil:
		return err
	}
	s.later(r, done)
	to := "/clients/duplicates"
	if r.PostFormValue("kind") == string(unify.Branches) {
		to += "?kind=" + string(unify.Branches)
	}
	return back(w, r, to)
}

func (s *Site) searchDuplicates(w http.ResponseWriter, r *request) error {
	_, err := s.Store.RefreshDuplicates(r.Context(), r.Now)
	return s.toDuplicates(w, r, "unify.searched", err)
}

func (s *Site) mergeClients(w http.ResponseWriter, r *request) error {
	_, err := s.Store.MergeClients(r.Context(), r.PostFormValue("keep"), r.PostFormValue("drop"), r.User.Name, r.Now)
	return s.toDuplicates(w, r, "unify.merged", err)
}

func (s *Site) undoMerge(w http.ResponseWriter, r *request) error {
	id, err := strconv.ParseInt(r.PostFormValue("merge"), 10, 64)
	if err != nil {
		return s.toDuplicates(w, r, "", store.ErrNotFound)
	}
	done, err := s.Store.UndoMerge(r.Context(), id, r.User.Name, r.Now)
	if err == nil && len(done.Stays) > 0 {
		return s.toDuplicates(w, r, "unify.parted_but", nil)
	}
	return s.toDuplicates(w, r, "unify.parted", err)
}

func (s *Site) tellApart(w http.ResponseWriter, r *request) error {
	err := s.Store.MarkDistinct(r.Context(), r.PostFormValue("a"), r.PostFormValue("b"), r.User.Name, r.Now)
	return s.toDuplicates(w, r, "unify.told_apart", err)
}

func (s *Site) groupClients(w http.ResponseWriter, r *request) error {
	_, err := s.Store.SetGroup(r.Context(), r.PostFormValue("client"), r.PostFormValue("parent"), false, r.User.Name, r.Now)
	return s.toDuplicates(w, r, "unify.grouped", err)
}

// unity is what a client's page says of its group and of what was merged into it.
type unity struct {
	Group     store.Group
	Merges    []store.MergeLine
	Proposals int  // that concern it
	May       bool // the reader decides about them
}

func (s *Site) unityOf(r *request, ref string, may bool) (u unity, err error) {
	u.May = may
	if u.Group, err = s.Store.ClientGroup(r.Context(), ref); err != nil {
		return u, err
	}
	if r.Sight() != (store.Sight{}) {
		u.Group.Members = nil // a rep sees his own clients
	}
	if u.Merges, err = s.Store.Merges(r.Context(), ref, 20); err != nil || !may {
		return u, err
	}
	u.Proposals, err = s.Store.ProposalsOf(r.Context(), ref)
	return u, err
}

// toMerged sends whoever asks for a ref that was merged to the client that is left, where that is in sight.
func (s *Site) toMerged(w http.ResponseWriter, r *request, notFound error) error {
	own, err := s.Store.ClientRef(r.Context(), r.PathValue("ref"))
	if err != nil || own == r.PathValue("ref") {
		return notFound
	}
	if _, err := s.Store.ClientPage(r.Context(), r.Sight(), own, r.day()); err != nil {
		return notFound
	}
	http.Redirect(w, r.Request, "/clients/"+url.PathEscape(own), http.StatusSeeOther)
	return nil
}
