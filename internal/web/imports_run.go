package web

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/relance/relance/internal/intake"
	"github.com/relance/relance/internal/store"
)

// runPage tells what became of an import, or how far it is.
type runPage struct {
	Frame
	store.RunDetail
	State   runState
	Reasons []saidGroup
	Failed  *saidReason // why it came to nothing
	Notes   []*saidReason
	Change  string // the page of its settings; "": the file is gone, or a command brought it
	MayDo   bool   // a trial whose file is still there
	Accept  bool   // it needs to be accepted that rows are left out
	Gone    []part // what undoing took away, or would
	Back    []part
	Kept    []keptLine
}

// saidGroup is why rows were rejected, for readers.
type saidGroup struct {
	intake.Reason
	Said *saidReason
}

// part is a count of things.
type part struct {
	Noun string
	N    int
}

// keptLine is what stays when an import is undone.
type keptLine struct {
	store.Kept
	What string
}

// undoTime is how long a look at an undoing, or the undoing, may take (wall time).
const undoTime = 10 * time.Minute

// Whole writes a count of lines.
func (p runPage) Whole(n int64) string { return p.Count(int(n)) }

// Percent is how much of the files has been read.
func (p runPage) Percent() int64 {
	if p.Total == 0 {
		return 0
	}
	return min(100, p.Done*100/p.Total)
}

// Ended reports whether the page is the last word.
func (p runPage) Ended() bool { return ended(p.Run) }

// Lines are the first lines with the same problem.
func (g saidGroup) LineList() string {
	var lines []string
	for _, n := range g.Lines {
		lines = append(lines, fmt.Sprint(n))
	}
	text := strings.Join(lines, ", ")
	if int64(len(g.Lines)) < g.Rows {
		text += " …"
	}
	return text
}

func (s *Site) runDetail(r *request) (store.RunDetail, error) {
	id, err := pathID(r)
	if err != nil {
		return store.RunDetail{}, err
	}
	return s.Store.Run(r.Context(), id)
}

func (s *Site) showRun(w http.ResponseWriter, r *request) error {
	run, err := s.runDetail(r)
	if err != nil {
		return err
	}
	return s.renderRun(w, r, http.StatusOK, run)
}

func (s *Site) renderRun(w http.ResponseWriter, r *request, status int, run store.RunDetail) error {
	page := runPage{RunDetail: run, State: stateOf(run.Run), Accept: run.Report.Refused || run.State == store.RunRefused}
	var reasons intake.Reasons
	for _, rejected := range run.Report.Rejections {
		reasons.Add(rejected)
	}
	for _, group := range reasons.List() {
		page.Reasons = append(page.Reasons, saidGroup{group, s.reason(r, group.Example)})
	}
	for _, note := range run.Report.Notes {
		page.Notes = append(page.Notes, s.reason(r, note))
	}
	if run.State == store.RunFailed {
		page.Failed = s.fileProblem(r, errors.New(run.Error))
	}
	if run.Undone != nil {
		page.tellUndone(run.Undone)
	}
	if err := s.offer(r, &page); err != nil {
		return err
	}
	page.Frame = s.frame(r, run.File, "imports")
	if !ended(run.Run) {
		again(w, r, 2*time.Second)
	}
	return s.show(w, status, "import-run", page)
}

// offer finds out what may still be done with the run's files.
func (s *Site) offer(r *request, page *runPage) error {
	asked := page.Asked
	if asked == nil || !ended(page.Run) {
		return nil
	}
	for _, id := range asked.Uploads {
		if _, err := s.Store.Upload(r.Context(), id); errors.Is(err, store.ErrNotFound) {
			return nil
		} else if err != nil {
			return err
		}
	}
	page.Change = draft{Uploads: asked.Uploads, Kind: asked.Kind, Source: asked.Source, Save: asked.SaveSource, Options: asked.Options}.path()
	page.MayDo = page.DryRun && page.Run.State == store.RunDone || page.Run.State == store.RunRefused
	return nil
}

func (p *runPage) tellUndone(u *store.Undone) {
	p.Gone, p.Back = parts(u.Removed), parts(u.Restored)
	for _, k := range u.List {
		line := keptLine{Kept: k, What: k.Noun}
		p.Kept = append(p.Kept, line)
	}
}

func parts(counts map[string]int64) (list []part) {
	for _, noun := range slices.Sorted(maps.Keys(counts)) {
		if n := counts[noun]; n > 0 {
			list = append(list, part{noun, int(n)})
		}
	}
	return list
}

// applyRun imports with the settings that a trial has tried, or once more with the rejected rows left out.
func (s *Site) applyRun(w http.ResponseWriter, r *request) error {
	run, err := s.runDetail(r)
	if err != nil {
		return err
	}
	page := runPage{RunDetail: run}
	if err := s.offer(r, &page); err != nil {
		return err
	}
	if !page.MayDo {
		return store.ErrConflict
	}
	accept := r.PostForm.Get("accept") == "yes"
	if (run.Report.Refused || run.State == store.RunRefused) && !accept {
		return refuse(http.StatusUnprocessableEntity, "error.accept_first")
	}
	a := run.Asked
	return s.queue(w, r, draft{Uploads: a.Uploads, Kind: a.Kind, Source: a.Source, Save: a.SaveSource, Options: a.Options}, false, accept)
}

// rejectedRows gives the rows that were put aside, as a file to correct and bring again.
func (s *Site) rejectedRows(w http.ResponseWriter, r *request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	name, err := s.Store.RejectedName(r.Context(), id)
	if err != nil {
		return err
	}
	kind := "text/csv; charset=utf-8"
	if strings.HasSuffix(name, ".zip") {
		kind = "application/zip"
	}
	lazy := &lateHeaders{ResponseWriter: w, set: func(h http.Header) {
		h.Set("Content-Type", kind)
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	}}
	return s.Store.RejectedFile(r.Context(), id, lazy)
}

// lateHeaders sets the headers of a file with its first byte, so that an error before it can still be a page.
type lateHeaders struct {
	http.ResponseWriter
	set func(http.Header)
}

func (l *lateHeaders) Write(b []byte) (int, error) {
	if l.set != nil {
		l.set(l.Header())
		l.set = nil
	}
	return l.ResponseWriter.Write(b)
}

var _ io.Writer = (*lateHeaders)(nil)

// undoPage says what undoing an import would do.
type undoPage struct {
	runPage
	Later []int64
}

func (s *Site) showUndo(w http.ResponseWriter, r *request) error {
	run, err := s.runDetail(r)
	if err != nil {
		return err
	}
	patience(w)
	would, err := s.Store.PreviewUndo(r.Context(), run.ID, r.Now)
	if err != nil {
		return err
	}
	page := undoPage{runPage: runPage{RunDetail: run, State: stateOf(run.Run)}, Later: would.Later}
	page.RunDetail.Undone = &would
	page.tellUndone(&would)
	page.Frame = s.frame(r, r.Reader.T("imports.undo.title", "file", run.File), "imports")
	return s.show(w, http.StatusOK, "import-undo", page)
}

func (s *Site) undoRun(w http.ResponseWriter, r *request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	patience(w)
	if _, err := s.Store.UndoImport(r.Context(), id, r.User.Name, r.Now); err != nil {
		return err
	}
	s.later(r, "imports.undone")
	return back(w, r, fmt.Sprintf("/imports/%d", id))
}

// patience lets an answer take longer than pages usually do.
func patience(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(undoTime)) // a writer without deadlines needs none
}
