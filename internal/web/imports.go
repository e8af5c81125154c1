package web

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/relance/relance/internal/importer"
	"github.com/relance/relance/internal/store"
)

// importsPage is where files come in, and the history of those that did.
type importsPage struct {
	Frame
	Runs    []store.Run
	Older   int64 // the run before which the next page of the history ends; 0: there is none
	Sources []store.Source
	Known   store.Known
	Kinds   []importer.Kind
	Kind    importer.Kind // as chosen
	Source  string        // as typed
	MaxMB   int
	Problem string // of the upload
	Working bool   // a run waits or works, so that the page asks again
}

// importsShown is how many runs a page of the history has.
const importsShown = 50

// Whole writes a count of lines.
func (p importsPage) Whole(n int64) string { return p.Count(int(n)) }

// OrdersTo is the newest day of which orders are known.
func (p importsPage) OrdersTo() string { return p.Day(p.Known.OrdersTo.Time()) }

// State is how a run's state looks: what asks for a person stands out.
func (p importsPage) State(r store.Run) runState { return stateOf(r) }

// runState is the word and the colour of a run's state.
type runState struct{ ID, Class string }

func stateOf(r store.Run) runState {
	switch {
	case r.DryRun && r.State == store.RunDone:
		return runState{"trial", ""}
	case r.State == store.RunRefused, r.State == store.RunFailed:
		return runState{string(r.State), "late"}
	case r.State == store.RunQueued, r.State == store.RunRunning:
		return runState{string(r.State), "soon"}
	case r.State == store.RunDone:
		return runState{string(r.State), "on"}
	}
	return runState{string(r.State), ""}
}

// ended reports whether nothing more will happen to a run by itself.
func ended(r store.Run) bool { return r.State != store.RunQueued && r.State != store.RunRunning }

func (s *Site) showImports(w http.ResponseWriter, r *request) error {
	return s.renderImports(w, r, http.StatusOK, importsPage{Kind: importer.Kind(r.URL.Query().Get("kind")), Source: r.URL.Query().Get("source")})
}

func (s *Site) renderImports(w http.ResponseWriter, r *request, status int, page importsPage) error {
	before, _ := strconv.ParseInt(r.URL.Query().Get("before"), 10, 64) // 0: from the newest
	var err error
	if page.Runs, err = s.Store.Runs(r.Context(), store.RunFilter{Before: before, Limit: importsShown + 1}); err != nil {
		return err
	}
	if len(page.Runs) > importsShown {
		page.Runs = page.Runs[:importsShown]
		page.Older = page.Runs[importsShown-1].ID
	}
	if page.Sources, err = s.Store.Sources(r.Context()); err != nil {
		return err
	}
	if page.Known, err = s.Store.Freshness(r.Context(), r.Now); err != nil {
		return err
	}
	for _, run := range page.Runs {
		page.Working = page.Working || !ended(run)
	}
	page.Kinds, page.MaxMB = importer.Kinds(), r.Settings.Int("import_max_mb")
	page.Frame = s.frame(r, r.Reader.T("imports.title"), "imports")
	if page.Working && r.Method == http.MethodGet {
		again(w, r, 5*time.Second)
	}
	return s.show(w, status, "imports", page)
}

// again has the browser ask for the same page after a while, without a script.
func again(w http.ResponseWriter, r *request, after time.Duration) {
	w.Header().Set("Refresh", strconv.Itoa(int(after.Seconds()))+"; url="+r.URL.RequestURI())
}

// deleteSource forgets how a source writes its files; the history stays.
func (s *Site) deleteSource(w http.ResponseWriter, r *request) error {
	if err := s.Store.DeleteSource(r.Context(), r.PostFormValue("name"), r.User.Name, r.Now); err != nil {
		return err
	}
	s.later(r, "imports.source_deleted")
	return back(w, r, "/imports")
}

// draft is a file on its way in, or orders in two: everything about it stands in its address, so that two people, or two
// tabs, never share one.
type draft struct {
	Uploads []int64
	Kind    importer.Kind
	Source  string
	Save    bool
	Options importer.Options
}

// errUploads are ids that are none.
var errUploads = errors.New("not a list of files")

func parseUploads(text string) (ids []int64, err error) {
	for part := range strings.SplitSeq(text, ",") {
		id, err := strconv.ParseInt(part, 10, 64)
		if err != nil || id <= 0 || len(ids) == mostFiles {
			return nil, errUploads
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// mostFiles are those of one import: orders may come in two.
const mostFiles = 2

// path is the address of the draft's page.
func (d draft) path() string {
	var ids []string
	for _, id := range d.Uploads {
		ids = append(ids, strconv.FormatInt(id, 10))
	}
	q := url.Values{"kind": {string(d.Kind)}}
	if d.Source != "" {
		q.Set("source", d.Source)
	}
	if d.Save {
		q.Set("save", "yes")
	}
	if options, err := d.Options.MarshalJSON(); err == nil && string(options) != "{}" {
		q.Set("options", string(options))
	}
	return "/uploads/" + strings.Join(ids, ",") + "?" + q.Encode()
}

// readDraft reads the draft of an address; what is no draft is not found.
func readDraft(r *request) (draft, error) {
	q := r.URL.Query()
	d := draft{Kind: importer.Kind(q.Get("kind")), Source: q.Get("source"), Save: q.Get("save") == "yes"}
	var err error
	if d.Uploads, err = parseUploads(r.PathValue("files")); err != nil {
		return d, errNoPage
	}
	if importer.ColumnsOf(d.Kind) == nil {
		return d, errNoPage
	}
	if text := q.Get("options"); text != "" && d.Options.UnmarshalJSON([]byte(text)) != nil {
		return d, errNoPage
	}
	return d, nil
}
