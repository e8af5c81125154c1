package web

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"github.com/relance/relance/internal/importer"
	"github.com/relance/relance/internal/store"
)

// changeFile takes the settings, and shows them again, tries them, or imports with them.
func (s *Site) changeFile(w http.ResponseWriter, r *request) error {
	d, err := s.typedDraft(r)
	if err != nil {
		return err
	}
	switch {
	case d.Save && (d.Source == "" || !fitSource(d.Source)):
		return s.renderFile(w, r, http.StatusUnprocessableEntity, d, r.Reader.T("imports.bad_source"))
	case !fitSource(d.Source):
		return s.renderFile(w, r, http.StatusUnprocessableEntity, draft{Uploads: d.Uploads, Kind: d.Kind, Options: d.Options}, r.Reader.T("imports.bad_source"))
	}
	switch r.PostForm.Get("do") {
	case "try":
		return s.queue(w, r, d, true, false)
	case "apply":
		if r.PostForm.Get("confirm") != "yes" {
			return s.renderFile(w, r, http.StatusUnprocessableEntity, d, r.Reader.T("imports.confirm_first"))
		}
		return s.queue(w, r, d, false, false)
	}
	return back(w, r, d.path())
}

// fitSource reports whether a source can be called so.
func fitSource(name string) bool {
	return len(name) <= 100 && !strings.ContainsAny(name, "/\\\r\n\t")
}

// typedDraft reads the form. The headings come with it as they were shown, so that nothing has to be looked at again.
func (s *Site) typedDraft(r *request) (draft, error) {
	f := r.PostForm
	d := draft{Kind: importer.Kind(f.Get("kind")), Source: strings.TrimSpace(f.Get("source")), Save: f.Get("save") == "yes"}
	var err error
	if d.Uploads, err = parseUploads(r.PathValue("files")); err != nil || importer.ColumnsOf(d.Kind) == nil {
		return d, errNoPage
	}
	if text := f.Get("options"); text != "" && d.Options.UnmarshalJSON([]byte(text)) != nil {
		return d, errNoPage
	}
	o := &d.Options
	if o.Decimal, err = importer.ParseSign(f.Get("decimal")); err != nil {
		return d, errNoPage
	}
	if o.Delimiter, err = importer.ParseSign(f.Get("delimiter")); err != nil {
		return d, errNoPage
	}
	if o.Quote, err = importer.ParseSign(f.Get("quote")); err != nil {
		return d, errNoPage
	}
	o.Dates, o.Encoding, o.Sheet, o.Member = importer.DateOrder(f.Get("dates")), f.Get("encoding"), f.Get("sheet"), strings.TrimSpace(f.Get("member"))
	o.Header, err = strconv.ParseInt("0"+strings.TrimSpace(f.Get("header")), 10, 64)
	if err != nil {
		return d, errNoPage
	}
	if f.Get("was_kind") != string(d.Kind) {
		o.Map = nil // the headings mean something else now
		return d, nil
	}
	o.Map = remapped(o.Map, f["heading"], f["was"], f["column"])
	return d, nil
}

// remapped gives the map in which the columns that were changed by hand have the headings that were chosen: none, one, or
// several that are put together.
func remapped(base map[string]string, headings, was, now []string) map[string]string {
	if len(headings) != len(was) || len(headings) != len(now) {
		return base
	}
	changed := map[string]bool{}
	for i := range headings {
		if was[i] != now[i] {
			changed[was[i]], changed[now[i]] = true, true
		}
	}
	delete(changed, "")
	told := maps.Clone(base)
	if told == nil {
		told = map[string]string{}
	}
	for column := range changed {
		var chosen []string
		for i, name := range headings {
			if now[i] == column {
				chosen = append(chosen, name)
			}
		}
		told[column] = strings.Join(chosen, " + ")
	}
	return told
}

// queue has a worker do it, and leads to the page that tells how far it is.
func (s *Site) queue(w http.ResponseWriter, r *request, d draft, dry, accept bool) error {
	q := store.Queued{Kind: d.Kind, Uploads: d.Uploads, Source: d.Source, SaveSource: d.Save, Options: d.Options, DryRun: dry, AcceptRejected: accept, By: r.User.Name}
	for _, id := range d.Uploads {
		u, err := s.Store.Upload(r.Context(), id)
		if errors.Is(err, store.ErrNotFound) {
			return refuse(http.StatusNotFound, "error.file_gone")
		}
		if err != nil {
			return err
		}
		q.Names = append(q.Names, u.Name)
	}
	run, err := s.Store.QueueImport(r.Context(), q, r.Now)
	if err != nil {
		return err
	}
	s.wake(r.Context(), "import")
	return back(w, r, fmt.Sprintf("/imports/%d", run))
}
