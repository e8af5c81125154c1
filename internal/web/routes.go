package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/relance/relance/internal/look"
)

// Roles, as table app_user has them.
const (
	marketer  = "marketer"
	rep       = "rep"
	manager   = "manager"
	colleague = "colleague"
	operator  = "operator"
)

// Who may call a route. Nobody named: it needs no session.
var (
	anyone  = []string(nil)
	staff   = []string{marketer, rep, manager, colleague, operator}
	callers = []string{rep, manager}
	writers = []string{marketer, manager, operator}
	keepers = []string{manager, operator}
)

// route is one address and who may call it.
type route struct {
	pattern string
	who     []string
	handle  func(http.ResponseWriter, *request) error
}

// routes is every page.
func (s *Site) routes() []route {
	list := []route{
		// everyone, to come in and go out
		{"GET /{$}", staff, s.home},
		{"GET /login", anyone, s.showLogin},
		{"POST /login", anyone, s.login},
		{"POST /login/link", anyone, s.askLink},
		{"POST /logout", staff, s.logout},
		{"POST /language", staff, s.setLanguage},

		// reps on the road and inside; managers look on and help
		{"GET /calls", callers, s.showCalls},
		{"GET /calls/{id}", callers, s.showCall},
		{"POST /calls/{id}", callers, s.recordOutcome},
		{"POST /calls/{id}/undo", callers, s.undoOutcome},

		// everyone who knows something about a client
		{"GET /clients", staff, s.showClients},
		{"GET /clients/{ref}", staff, s.showClient},
		{"POST /clients/{ref}/log", staff, s.logActivity},
		{"POST /clients/{ref}/complaints/{id}/close", staff, s.closeComplaint},

		// those who see to it that a client is there once
		{"GET /clients/duplicates", writers, s.showDuplicates},
		{"POST /clients/duplicates/search", writers, s.searchDuplicates},
		{"POST /clients/duplicates/merge", writers, s.mergeClients},
		{"POST /clients/duplicates/undo", writers, s.undoMerge},
		{"POST /clients/duplicates/distinct", writers, s.tellApart},
		{"POST /clients/duplicates/group", writers, s.groupClients},

		// marketers, and the managers and operators who approve
		{"GET /campaigns", writers, s.showCampaigns},
		{"GET /campaigns/{name}", writers, s.showCampaign},
		{"GET /campaigns/{name}/touches", writers, s.showTouches},
		{"GET /campaigns/{name}/touches.csv", writers, s.exportTouches},
		{"GET /campaigns/{name}/texts", writers, s.showTexts},
		{"GET /campaigns/{name}/texts/{step}", writers, s.showLetter},
		{"GET /campaigns/{name}/slots/{slot}", writers, s.showSlot},
		{"POST /campaigns/{name}/slots/{slot}", writers, s.saveSlot},
		{"POST /campaigns/{name}/slots/{slot}/approve", writers, s.approveSlot},
		{"GET /campaigns/{name}/slots/{slot}/letter/{language}", writers, s.showSlotLetter},
		{"GET /campaigns/{name}/start", writers, s.showStart},
		{"POST /campaigns/{name}/{action}", writers, s.changeCampaign},

		// the same, to bring files
		{"GET /imports", writers, s.showImports},
		{"POST " + uploadPath, writers, s.takeFiles},
		{"GET /uploads/{files}", writers, s.showFile},
		{"POST /uploads/{files}", writers, s.changeFile},
		{"POST /imports/sources/delete", writers, s.deleteSource},
		{"GET /imports/{id}", writers, s.showRun},
		{"POST /imports/{id}/apply", writers, s.applyRun},
		{"GET /imports/{id}/rejected", writers, s.rejectedRows},
		{"GET /imports/{id}/undo", writers, s.showUndo},
		{"POST /imports/{id}/undo", writers, s.undoRun},

		// those who keep the house
		{"GET /settings", keepers, s.showSettings},
		{"POST /settings", keepers, s.changeSettings},
		{"GET /users", keepers, s.showUsers},
		{"POST /users", keepers, s.addUser},
		{"POST /users/{id}/{action}", keepers, s.changeAccess},
	}
	if s.Inbox {
		list = append(list, // a trial's own mails
			route{"GET /inbox", s.inboxReaders(), s.showInbox},
			route{"GET /inbox/{id}", s.inboxReaders(), s.showMail},
			route{"GET /inbox/{id}/letter", s.inboxReaders(), s.showMailLetter})
	}
	if s.Demo != nil {
		list = append(list, // the demo's bar
			route{"POST /demo/clock", staff, s.moveClock},
			route{"POST /demo/user", staff, s.changeUser})
	}
	return list
}

// inboxReaders may read every mail, with the links of its client: everybody plays everybody in a demo, elsewhere those
// who keep the house.
func (s *Site) inboxReaders() []string {
	if s.Demo != nil {
		return staff
	}
	return keepers
}

// mux puts the pages behind the session, and the machines' addresses beside it.
func (s *Site) mux() http.Handler {
	pages := http.NewServeMux()
	for _, r := range s.routes() {
		pages.Handle(r.pattern, s.page(r))
	}
	pages.Handle("/", s.page(route{"/", anyone, func(http.ResponseWriter, *request) error { return errNoPage }}))

	mux := http.NewServeMux()
	mux.Handle("GET /look/", look.Handler())
	mux.HandleFunc("GET /healthz", healthy)
	mux.HandleFunc("GET /readyz", s.ready)
	if s.Metrics != nil {
		mux.Handle("GET /metrics", s.Metrics)
	}
	mux.Handle("/", s.sessions.LoadAndSave(pages))
	return mux
}

// page asks who is there before it calls the handler, and makes a page of its error.
func (s *Site) page(route route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, httpRequest *http.Request) {
		r, err := s.open(httpRequest)
		if err == nil {
			err = checkAddress(r)
		}
		if err == nil {
			err = s.admit(route, r)
		}
		if err == nil {
			err = parseForm(r)
		}
		if err == nil {
			err = route.handle(w, r)
		}
		if err != nil {
			s.failPage(w, r, err)
		}
	})
}

// parseForm reads a posted form whole before a handler asks for its fields, so that one too large is refused and not
// taken for an empty one.
func parseForm(r *request) error {
	if r.Method != http.MethodPost {
		return nil
	}
	err := r.ParseForm()
	var tooLarge *http.MaxBytesError
	if err != nil && !errors.As(err, &tooLarge) {
		return refuse(http.StatusBadRequest, "error.bad_form")
	}
	if err == nil && !storable(r.PostForm) {
		return refuse(http.StatusBadRequest, "error.bad_form")
	}
	return err
}

// checkAddress refuses what Postgres would refuse as text, which no page of ours links to.
func checkAddress(r *request) error {
	if !storable(r.URL.Query(), r.URL.Path) {
		return refuse(http.StatusBadRequest, "error.bad_address")
	}
	return nil
}

// storable reports whether every value can be text in Postgres: UTF-8 without zero bytes.
func storable(values url.Values, words ...string) bool {
	for _, list := range values {
		words = append(words, list...)
	}
	return !slices.ContainsFunc(words, func(s string) bool { return strings.ContainsRune(s, 0) || !utf8.ValidString(s) })
}

// admit says whether the request may go on. Who is not logged in is sent to the log-in page, and back after it.
func (s *Site) admit(route route, r *request) error {
	switch {
	case route.who == nil || slices.Contains(route.who, r.User.Role):
		return nil
	case r.User.ID == 0:
		return errLogin
	}
	return refuse(http.StatusForbidden, "error.role")
}

func healthy(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("ok\n")) }

// ready asks each check; the first that fails answers 503 with its name.
func (s *Site) ready(w http.ResponseWriter, r *http.Request) {
	for name, check := range s.Ready {
		if err := check(r.Context()); err != nil {
			s.Log.WarnContext(r.Context(), "not ready", "check", name, "error", err)
			http.Error(w, "not ready: "+name, http.StatusServiceUnavailable)
			return
		}
	}
	w.Write([]byte("ready\n"))
}
