package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/relance/relance/internal/store"
)

// linkLife is how long a log-in link asked for by mail works.
const linkLife = 15 * time.Minute

// sendingLink is how long the mail server may take for one.
const sendingLink = 30 * time.Second

// loginPage is the page of a link (Token set: a button), or the page to ask for one.
type loginPage struct {
	Frame
	Token, Next string
	Email       string
	Problem     string
	Sent        bool // the same whether the address is known or not
	ByMail      bool // links can be asked for
}

func (s *Site) home(w http.ResponseWriter, r *request) error {
	switch r.User.Role {
	case rep, manager:
		return back(w, r, "/calls")
	case colleague:
		return back(w, r, "/clients")
	}
	return back(w, r, "/campaigns")
}

func (s *Site) loginFrame(r *request) Frame {
	f := s.frame(r, r.Reader.T("login.title"), "")
	f.Narrow, f.Nav = true, nil
	return f
}

func (s *Site) showLogin(w http.ResponseWriter, r *request) error {
	if r.User.ID != 0 && !r.URL.Query().Has("token") {
		return s.home(w, r)
	}
	page := loginPage{Frame: s.loginFrame(r), Token: r.URL.Query().Get("token"), Next: r.URL.Query().Get("next"), ByMail: s.SendLogin != nil, Sent: r.URL.Query().Has("sent")}
	return s.show(w, http.StatusOK, "login", page)
}

// login spends a link. The session gets a new token, so that one planted before is worth nothing.
func (s *Site) login(w http.ResponseWriter, r *request) error {
	user, err := s.Store.UseLoginLink(r.Context(), r.PostFormValue("token"))
	if errors.Is(err, store.ErrLink) || errors.Is(err, store.ErrNotFound) {
		page := loginPage{Frame: s.loginFrame(r), Problem: r.Reader.T("login.spent"), ByMail: s.SendLogin != nil}
		return s.show(w, http.StatusUnprocessableEntity, "login", page)
	}
	if err != nil {
		return err
	}
	if err := s.enter(r, user.ID); err != nil {
		return err
	}
	return back(w, r, localPath(r.PostFormValue("next")))
}

func (s *Site) enter(r *request, user int64) error {
	if err := s.sessions.RenewToken(r.Context()); err != nil {
		return fmt.Errorf("renew the session: %w", err)
	}
	s.sessions.Put(r.Context(), "user", user)
	return nil
}

// user reads who is logged in; a user who has been switched off is nobody.
func (s *Site) user(r *request) (store.User, error) {
	id := s.sessions.GetInt64(r.Context(), "user")
	if id == 0 {
		return store.User{}, nil
	}
	user, err := s.Store.User(r.Context(), id)
	if errors.Is(err, store.ErrNotFound) {
		return store.User{}, nil
	}
	return user, err
}

// askLink has a log-in link sent. Neither the answer nor the time it takes tells whether the address is known, or
// whether links were asked for too often: then the last ones are on their way, and no other leaves.
func (s *Site) askLink(w http.ResponseWriter, r *request) error {
	address := strings.TrimSpace(r.PostFormValue("email"))
	if s.SendLogin == nil {
		return errNoPage
	}
	if !strings.Contains(address, "@") || len(address) > 254 {
		page := loginPage{Frame: s.loginFrame(r), Email: address, Problem: r.Reader.T("login.bad_email"), ByMail: true}
		return s.show(w, http.StatusUnprocessableEntity, "login", page)
	}
	user, err := s.Store.UserByEmail(r.Context(), address)
	switch {
	case errors.Is(err, store.ErrNotFound):
	case err != nil:
		return err
	case s.asked.allow(user.ID):
		s.sending.Go(func() { s.sendLink(context.WithoutCancel(r.Context()), user) })
	}
	return back(w, r, "/login?sent")
}

// sendLink runs after the answer; how many do so at once is bounded by s.asked.
func (s *Site) sendLink(ctx context.Context, user store.User) {
	ctx, cancel := context.WithTimeout(ctx, sendingLink)
	defer cancel()
	token, err := s.Store.MakeLoginLink(ctx, user.ID, linkLife, false)
	if err == nil {
		err = s.SendLogin(ctx, user, strings.TrimRight(s.BaseURL, "/")+"/login?token="+url.QueryEscape(token))
	}
	if err != nil {
		s.Log.ErrorContext(ctx, "log-in link not sent", "user", user.ID, "error", err)
	}
}

func (s *Site) logout(w http.ResponseWriter, r *request) error {
	if err := s.sessions.Destroy(r.Context()); err != nil {
		return fmt.Errorf("end the session: %w", err)
	}
	return back(w, r, "/login")
}

func (s *Site) setLanguage(w http.ResponseWriter, r *request) error {
	if err := s.Store.SetLanguage(r.Context(), r.User.ID, r.PostFormValue("language")); err != nil {
		return fmt.Errorf("%w: %w", err, ErrRefused)
	}
	return back(w, r, localPath(r.PostFormValue("back")))
}

// localPath keeps a redirect on this site.
func localPath(path string) string {
	u, err := url.Parse(path)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsRune(path, '\\') {
		return "/"
	}
	return path
}

// asked limits how often links are sent: three at once and one every five minutes for a user. Addresses of nobody are
// not counted, so that strangers can neither fill it nor keep others out. Wall time; forgotten with the process.
type asked struct {
	mu    sync.Mutex
	known map[int64]*rate.Limiter // by user
}

func newAsked() *asked { return &asked{known: map[int64]*rate.Limiter{}} }

func (a *asked) allow(user int64) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.known[user] == nil {
		a.known[user] = rate.NewLimiter(rate.Every(5*time.Minute), 3)
	}
	return a.known[user].Allow()
}
