package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/relance/relance/internal/store"
)

// ErrRefused is wrapped by what a person asked for and may not have as things stand; its text is shown to him.
var ErrRefused = errors.New("refused")

var (
	errNoPage = errors.New("no such page")
	errLogin  = errors.New("not logged in")
)

// refusal is an error with the status and the message to show.
type refusal struct {
	status int
	key    string
}

func (e *refusal) Error() string { return fmt.Sprintf("%d: %s", e.status, e.key) }

func refuse(status int, key string) error { return &refusal{status, key} }

// errorPage says what happened and the next step.
type errorPage struct {
	Frame
	Status    int
	Text      string
	Detail    string
	Back      string
	BackLabel string
}

// fail answers a request that was refused before anyone asked who is there.
func (s *Site) fail(w http.ResponseWriter, httpRequest *http.Request, err error) {
	r := &request{Request: httpRequest}
	r.Reader.Words = s.book.In(acceptLanguage(httpRequest))
	s.failPage(w, r, err)
}

// failPage makes a page of an error: one place decides what is shown to the user and what is told to the operator.
func (s *Site) failPage(w http.ResponseWriter, r *request, err error) {
	if errors.Is(err, context.Canceled) {
		return // the visitor has gone
	}
	if errors.Is(err, errLogin) {
		s.toLogin(w, r)
		return
	}
	status, key, detail := classify(err)
	if status == http.StatusInternalServerError {
		s.Log.ErrorContext(r.Context(), "page failed", "route", r.Pattern, "user", r.User.ID, "error", err)
	}
	page := errorPage{Frame: s.errorFrame(r, key), Status: status, Text: r.Reader.T(key), Detail: detail, Back: "/", BackLabel: r.Reader.T("error.home")}
	if err := s.show(w, status, "error", page); err != nil {
		s.Log.ErrorContext(r.Context(), "page failed", "route", r.Pattern, "error", err)
		http.Error(w, page.Text, status)
	}
}

// errorFrame needs no session, which may be what is broken.
func (s *Site) errorFrame(r *request, key string) Frame {
	f := Frame{Reader: r.Reader, Title: r.Reader.T(key + ".title"), Narrow: true, User: r.User, Path: "/"}
	if r.User.ID != 0 {
		f.Nav = s.navigation(r, "")
	}
	return f
}

func classify(err error) (status int, key, detail string) {
	var refused *refusal
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &refused):
		return refused.status, refused.key, ""
	case errors.Is(err, errNoPage), errors.Is(err, store.ErrNotFound):
		return http.StatusNotFound, "error.not_found", ""
	case errors.Is(err, store.ErrConflict), errors.Is(err, store.ErrCampaignState):
		return http.StatusConflict, "error.conflict", ""
	case errors.Is(err, store.ErrOwnWork):
		return http.StatusUnprocessableEntity, "error.own_work", ""
	case errors.Is(err, store.ErrOutcome):
		return http.StatusUnprocessableEntity, "error.outcome", ""
	case errors.Is(err, store.ErrUndo):
		return http.StatusUnprocessableEntity, "error.undo", ""
	case errors.Is(err, store.ErrImportUnderWay):
		return http.StatusConflict, "error.under_way", ""
	case errors.Is(err, ErrRefused):
		return http.StatusUnprocessableEntity, "error.refused", strings.TrimSuffix(err.Error(), ": "+ErrRefused.Error())
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge, "error.too_large", ""
	}
	return http.StatusInternalServerError, "error.broken", ""
}

// toLogin sends a reader to the log-in page and remembers where he wanted to go; a form that comes too late is refused.
func (s *Site) toLogin(w http.ResponseWriter, r *request) {
	to := "/login"
	if r.Method == http.MethodGet && r.URL.Path != "/" {
		to += "?next=" + url.QueryEscape(r.URL.RequestURI())
	}
	http.Redirect(w, r.Request, to, http.StatusSeeOther)
}
