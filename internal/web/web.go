// Package web serves the pages of the staff: reps their calls, marketers their campaigns, everyone the clients.
//
// A request goes through, in this order: headers that let a page do nothing but show itself and post its forms (no
// script at all), the refusal of posts from other origins, a limit on the body, then the one list of routes, which says
// for each address who may call it. Static files, health and log-in need no session; everything else asks who is there.
//
// Handlers return errors, and one function makes a page of them. A page is a struct that embeds Frame; it is rendered
// into memory before the status is written. A rejected form comes back with 422, what was typed and the reason beside
// the field; success redirects. A GET changes nothing: a log-in link shows a button, and the button acts.
//
// Reps see only their own clients: the store's queries take a Sight, and what is out of sight is not found. The package
// writes through narrow interfaces (Calls, Campaigns) that cmd connects to the store, and never sends anything itself.
package web

import (
	"context"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/alexedwards/scs/pgxstore"
	"github.com/alexedwards/scs/v2"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/intake"
	"github.com/relance/relance/internal/look"
	"github.com/relance/relance/internal/store"
)

// maxForm is more than the longest form of ours.
const maxForm = 256 << 10

// sessionLife is how long one stays logged in without coming back.
const sessionLife = 30 * 24 * time.Hour

// Config is what the pages stand on. Store, Calls, Campaigns and Log are needed.
type Config struct {
	Store     *store.Store
	Calls     Calls
	Campaigns Campaigns
	Log       *slog.Logger
	BaseURL   string // what links in mails start with; https:// makes cookies secure

	SendLogin func(ctx context.Context, to store.User, link string) error // nil: links are made with `relance user link`
	Wake      Waker                                                       // nil: the next tick does the work
	Ready     map[string]func(context.Context) error                      // what /readyz asks, by name
	Metrics   http.Handler                                                // nil: no /metrics
	Inbox     bool                                                        // mail stays in the built-in inbox, which is shown
	Demo      *Demo                                                       // nil: not a demo
}

// Demo is what the bar of a demo can do.
type Demo struct {
	// Forward moves the business clock and lets the day's work happen; it returns once the clock shows the new time.
	Forward func(ctx context.Context, days, months int) error
	// Users may be changed to without a link.
	Users []store.User
}

// Waker says that there is work; nothing is lost when it fails, the next tick finds the rows.
type Waker interface {
	Wake(ctx context.Context, what string) error
}

// Calls writes what came of calls, and gives their scripts.
type Calls interface {
	// RecordOutcome writes an attempt on an open call; store.ErrConflict when it is no longer open.
	RecordOutcome(ctx context.Context, o Outcome, now time.Time) error
	// UndoOutcome takes an attempt back within ten minutes; store.ErrConflict when it is too late.
	UndoOutcome(ctx context.Context, call int64, by string, now time.Time) error
	// Scripts renders what to say, one text for each reason of the call that has one.
	Scripts(ctx context.Context, call int64, language string, now time.Time) ([]Script, error)
}

// Outcome is what a rep said of a call.
type Outcome struct {
	Call    int64
	Outcome campaigns.Outcome
	Attempt int // which attempt on this card, from 1, so that a double tap counts once
	Note    string
	At      time.Time // call_back, postponed: when; else zero
	By      string    // the user's name
}

// Script is a text to say.
type Script struct {
	Title string
	HTML  template.HTML // values are escaped
}

// Campaigns changes campaigns and answers questions about them. Refusals that a person can act on wrap ErrRefused.
type Campaigns interface {
	// Approve lets the draft with this id, which by has read, plan from now on; store.ErrConflict when there is a newer one.
	Approve(ctx context.Context, name string, draftID int, by string, now time.Time) error
	Start(ctx context.Context, name, by string, now time.Time) error
	Pause(ctx context.Context, name, by string, now time.Time) error
	Release(ctx context.Context, name, by string, now time.Time) error
	Stop(ctx context.Context, name, by string, now time.Time) error
	// FirstPass tells what starting would plan, without planning it.
	FirstPass(ctx context.Context, name, language string, now time.Time) (FirstPass, error)
	// Explain says in sentences why a client is or is not contacted; store.ErrNotFound without such a client.
	Explain(ctx context.Context, name, client, language string, now time.Time) ([]string, error)
	// Previews renders the campaign's texts for a client (empty: one of its audience).
	Previews(ctx context.Context, name, client string, now time.Time) ([]Preview, error)
	// SlotLetters returns what a slot's mail says, or would: one letter for each language. store.ErrNotFound when it has none.
	SlotLetters(ctx context.Context, name, slot string) ([]SlotLetter, error)
	// PushSlot stores a slot's letters, to be approved; with a problem nothing is stored. store.ErrConflict once it leaves.
	PushSlot(ctx context.Context, name, slot string, letters []SlotLetter, by string, now time.Time) ([]SlotProblem, error)
	// ApproveSlot lets the letters that were written at seen leave; store.ErrConflict when there are newer ones.
	ApproveSlot(ctx context.Context, name, slot string, seen time.Time, by string, now time.Time) error
	// PreviewSlot renders a slot's stored letter for a client (empty: one of the audience).
	PreviewSlot(ctx context.Context, name, slot, language, client string, now time.Time) (Preview, error)
	// Problems lists the mistakes of the draft, one sentence each; none: it may be approved.
	Problems(ctx context.Context, name string) ([]string, error)
}

// FirstPass is what starting a campaign would do.
type FirstPass struct {
	Planned  int
	Skipped  map[string]int // by reason
	Examples []Example
}

// Example is one client of a first pass.
type Example struct {
	Ref, Name string
	Why       string // in words
	DueAt     time.Time
}

// Preview is one text as one client would get it.
type Preview struct {
	Step, Kind string // kind: mail or script
	Client     string
	From       string
	Subject    string
	HTML       string // a whole document for a mail
	Text       string
	Missing    []string // variables without a value for this client
}

// Fragment is a script as markup. Mails are shown in a frame of their own, never as a part of a page.
func (p Preview) Fragment() template.HTML {
	if p.Kind != "script" {
		return ""
	}
	return template.HTML(p.HTML)
}

// Site serves the pages. It is safe for concurrent use, and closed once nothing is asked of it any more.
type Site struct {
	Config
	pages    *template.Template
	book     *look.Book
	sessions *scs.SessionManager
	asked    *asked
	intake   *intake.Intake
	known    known
	sending  sync.WaitGroup // log-in links that are being mailed
	handler  http.Handler
}

// New parses every page and message; a mistake in one of them is an error here, not later.
func New(c Config) (*Site, error) {
	s := &Site{Config: c, asked: newAsked(), intake: intake.New(c.Store, c.Log)}
	var err error
	if s.book, err = look.LoadBook(wordFiles, "words"); err != nil {
		return nil, err
	}
	if s.pages, err = parsePages(); err != nil {
		return nil, fmt.Errorf("parse the pages: %w", err)
	}
	s.sessions = newSessions(c)
	s.handler = s.guard(s.mux())
	return s, nil
}

func newSessions(c Config) *scs.SessionManager {
	m := scs.New()
	m.Store = pgxstore.NewWithCleanupInterval(c.Store.Pool(), 0) // old ones go with the daily purge
	m.HashTokenInStore = true                                    // who reads the table is not logged in
	m.Lifetime = sessionLife
	m.IdleTimeout = 0
	m.Cookie.Name = "relance"
	m.Cookie.SameSite = http.SameSiteLaxMode // links in the morning mail lead to the list
	m.Cookie.Secure = isHTTPS(c.BaseURL)
	m.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) {
		c.Log.ErrorContext(r.Context(), "session failed", "error", err)
		http.Error(w, "The session could not be read. Please try again.", http.StatusInternalServerError)
	}
	return m
}

// Close waits for the log-in links that are on their way, half a minute at most.
func (s *Site) Close() { s.sending.Wait() }

// ServeHTTP answers one request.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// policy lets pages load our style sheet and post our forms, and nothing else. The letter's frame is ours too.
const policy = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-src 'self'; base-uri 'none'; frame-ancestors 'none'"

// guard wraps everything: headers, the refusal of foreign posts, the limit on bodies.
func (s *Site) guard(next http.Handler) http.Handler {
	crossOrigin := http.NewCrossOriginProtection()
	crossOrigin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, refuse(http.StatusForbidden, "error.cross_origin"))
	}))
	next = crossOrigin.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
		h.Set("Cache-Control", "no-store")
		if s.sessions.Cookie.Secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if r.URL.Path != uploadPath {
			r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		}
		next.ServeHTTP(w, r)
	})
}

// wake tells the workers, if it can; the next tick finds the rows anyway.
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
