// Package public serves the pages that clients reach from a mail: /s/{token}, the questionnaire, and /u/{token}, the stop.
//
// Its visitors are strangers, and half of them are mail scanners: there is no session and no cookie, a GET changes
// nothing, a POST acts on the one touch that its signed token names, and every answer is a page that a person
// understands, in the client's language, on any browser, without JavaScript. It has a mux of its own, so that it can
// stand alone on the network, and never shows more than the client already knows.
//
// A token that was cut or changed, an answer that comes late, a form that is too large: each gets a page that says so,
// and nothing is stored.
package public

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/relance/relance/campaigns/survey"
	"github.com/relance/relance/internal/links"
	"github.com/relance/relance/internal/look"
	"github.com/relance/relance/internal/store"
)

// maxForm holds the largest honest answer: every text of a full questionnaire at its longest, in UTF-8, URL-encoded.
const maxForm = 1 << 20

// maxDropped is how much of a larger form is read only so that its sender sees why it was refused.
const maxDropped = 32 << 20

//go:embed pages/*.html words/*.yaml
var files embed.FS

// Questionnaires finds the questionnaire of a step as it was frozen with a version.
type Questionnaires interface {
	Questionnaire(ctx context.Context, versionID int, step string) (*survey.Questionnaire, error)
}

// Waker says that there is work; nothing is lost when it fails, the next tick finds the rows.
type Waker interface {
	Wake(ctx context.Context, what string) error
}

// Config is what the pages stand on. All fields but Wake are needed.
type Config struct {
	Store          *store.Store
	Questionnaires Questionnaires
	Links          *links.Signer
	Wake           Waker // nil: the next tick does the work
	Log            *slog.Logger
}

// Site serves the public pages. It is safe for concurrent use.
type Site struct {
	Config
	pages *template.Template
	book  *look.Book
	mux   *http.ServeMux

	blanks struct {
		sync.Mutex
		forms map[blankForm]template.HTML
	}
}

// New parses the pages; a mistake in one of them is an error here, not later.
func New(c Config) (*Site, error) {
	pages, err := template.New("").Funcs(template.FuncMap{"css": look.StylePath}).ParseFS(files, "pages/*.html")
	if err != nil {
		return nil, err
	}
	book, err := look.LoadBook(files, "words")
	if err != nil {
		return nil, err
	}
	s := &Site{Config: c, pages: pages, book: book, mux: http.NewServeMux()}
	s.blanks.forms = map[blankForm]template.HTML{}
	s.routes()
	return s, nil
}

// routes lists every address, each with who comes by it.
func (s *Site) routes() {
	// clients, from the link in an invitation
	s.handle("GET /s/{token}", s.showSurvey)
	s.handle("POST /s/{token}", s.answerSurvey)
	// clients, from the foot of a mail
	s.handle("GET /u/{token}", s.showStop)
	s.handle("POST /u/{token}", s.stop) // also mail programs (RFC 8058 one-click)
	// browsers
	s.mux.Handle("GET /look/", look.Handler())
	s.handle("GET /brand.css", s.brand)
	s.handle("/", func(http.ResponseWriter, *http.Request) error { return errNoPage })
}

// ServeHTTP answers with headers that let the page do nothing but show itself and post its form.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer") // the address is the key
	h.Set("X-Robots-Tag", "noindex, nofollow")
	h.Set("Cache-Control", "no-store")
	body := r.Body
	r.Body = http.MaxBytesReader(w, body, maxForm)
	s.mux.ServeHTTP(w, r)
	// A browser shows no page while it still sends: what is too large is read to its end, and dropped.
	_, _ = io.CopyN(io.Discard, body, maxDropped)
}

// errNoPage is an address that is not ours.
var errNoPage = errors.New("no such page")

type handler func(http.ResponseWriter, *http.Request) error

func (s *Site) handle(pattern string, h handler) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			s.fail(w, r, err)
		}
	})
}

// fail shows what went wrong to the visitor, and tells the operator when it is ours to mend.
func (s *Site) fail(w http.ResponseWriter, r *http.Request, err error) {
	status, message := http.StatusInternalServerError, "broken"
	var tooLarge *http.MaxBytesError
	switch {
	case errors.Is(err, links.ErrToken), errors.Is(err, store.ErrNotFound):
		status, message = http.StatusNotFound, "bad_link"
	case errors.Is(err, errNoPage):
		status, message = http.StatusNotFound, "no_page"
	case errors.As(err, &tooLarge):
		status, message = http.StatusRequestEntityTooLarge, "too_large"
	case errors.Is(err, errForm):
		status, message = http.StatusBadRequest, "bad_form"
	case errors.Is(err, context.Canceled):
		return // the visitor has gone
	default:
		s.Log.ErrorContext(r.Context(), "public page failed", "route", r.Pattern, "error", err)
	}
	words := s.book.In(acceptLanguage(r))
	page := messagePage{frame{Reader: look.Reader{Words: words}, Title: words.T(message + ".title")}, words.T(message + ".text")}
	if err := s.show(w, status, "message", page); err != nil {
		s.Log.ErrorContext(r.Context(), "public page failed", "route", r.Pattern, "error", err)
		http.Error(w, words.T(message+".text"), status)
	}
}

// show renders before it answers, so that a broken page is an error and not half a page.
func (s *Site) show(w http.ResponseWriter, status int, name string, page any) error {
	var body bytes.Buffer
	if err := s.pages.ExecuteTemplate(&body, name, page); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, err := body.WriteTo(w)
	return err
}

func (s *Site) wake(ctx context.Context, what string) {
	if s.Wake == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := s.Wake.Wake(ctx, what); err != nil {
		s.Log.WarnContext(ctx, "wake failed, the next tick does the work", "what", what, "error", err)
	}
}
