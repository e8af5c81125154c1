package web

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/relance/relance/internal/look"
	"github.com/relance/relance/internal/store"
)

//go:embed pages/*.html
var pageFiles embed.FS

//go:embed words/*.yaml
var wordFiles embed.FS

// request is a request with who is there and what the house is, read once.
type request struct {
	*http.Request
	User     store.User // ID 0: nobody is logged in
	Settings store.Settings
	Now      time.Time // the business clock
	Reader   look.Reader
}

// Sight is whose clients the user may see.
func (r *request) Sight() store.Sight {
	switch {
	case r.User.Role != rep:
		return store.Sight{}
	case r.User.RepID == 0:
		return store.Sight{RepID: -1} // a rep who is nobody's rep sees nobody
	}
	return store.Sight{RepID: r.User.RepID}
}

// today is the first instant of the business day, in the company's zone.
func (r *request) today() time.Time { return r.Reader.Today().In(r.Reader.Zone) }

// day is the same day as Postgres writes a date: midnight in UTC.
func (r *request) day() time.Time { return r.Reader.Today().Time() }

// open reads what every page needs. Without a database it still gives a reader, so that the error can be shown.
func (s *Site) open(httpRequest *http.Request) (*request, error) {
	r := &request{Request: httpRequest, Now: time.Now()}
	r.Reader = look.Reader{Words: s.book.In(acceptLanguage(httpRequest)), Currency: "EUR", Zone: time.UTC, Now: r.Now}
	var err error
	if r.Settings, err = s.Store.Settings(r.Context()); err != nil {
		return r, err
	}
	if r.Now, err = s.Store.Now(r.Context()); err != nil {
		return r, err
	}
	r.Reader.Currency, r.Reader.Zone, r.Reader.Now = r.Settings["currency"], r.Settings.Zone(), r.Now
	if r.User, err = s.user(r); err != nil {
		return r, err
	}
	if r.User.ID != 0 {
		r.Reader.Words = s.book.In(r.User.Language)
	}
	return r, nil
}

// Frame is what stands around every page. Pages embed it.
type Frame struct {
	look.Reader
	Title   string
	Section string // which entry of the navigation is the current one
	Narrow  bool   // one column, for a phone
	Path    string // where a change of language comes back to
	User    store.User
	Company string
	Nav     []NavEntry
	Demo    *Demo
	Flash   string // said once, after something was done
}

// NavEntry is one word of the navigation.
type NavEntry struct {
	Href, Name string
	Current    bool
}

// frame makes the frame of a page.
func (s *Site) frame(r *request, title, section string) Frame {
	f := Frame{Reader: r.Reader, Title: title, Section: section, Path: r.URL.RequestURI(), User: r.User, Company: r.Settings["company"]}
	if r.User.ID == 0 {
		return f
	}
	f.Demo = s.Demo
	if key := s.sessions.PopString(r.Context(), "flash"); key != "" {
		f.Flash = r.Reader.T(key)
	}
	f.Nav = s.navigation(r, section)
	return f
}

func (s *Site) navigation(r *request, section string) (entries []NavEntry) {
	add := func(name string, roles []string) {
		for _, role := range roles {
			if role == r.User.Role {
				entries = append(entries, NavEntry{"/" + name, r.Reader.T("nav." + name), name == section})
			}
		}
	}
	add("calls", callers)
	add("campaigns", writers)
	add("clients", staff)
	add("imports", writers)
	if s.Inbox {
		add("inbox", s.inboxReaders())
	}
	add("settings", keepers)
	return entries
}

// Person is who did something, as the reader says it: the command line and the program itself sign with a word of theirs.
func (f Frame) Person(name string) string {
	if id := "person." + name; f.Has(id) {
		return f.T(id)
	}
	return name
}

// later says something on the next page, after a redirect.
func (s *Site) later(r *request, key string) { s.sessions.Put(r.Context(), "flash", key) }

// parsePages parses all pages at once. Helpers are few: what a page needs is a field or a method of its struct.
func parsePages() (*template.Template, error) {
	return template.New("").Funcs(template.FuncMap{
		"css":  look.StylePath,
		"dial": dial,
		"cap":  look.Capital,
		"part": url.PathEscape, // a ref as one part of a path

		// what a part of a page needs beside the frame
		"settled": func(f Frame, line *doneLine) any { return settledPart{f, line} },
		"months":  func(f Frame, p monthsPlot) any { return monthsPart{f, p} },
		"numbers": func(f Frame, c store.ClientPage) any { return numbersPart{f, c} },
		"sum":     func(f Frame, name string, planned int, sum []term) any { return sumPart{f, name, planned, sum} },
		"soon": func(f Frame, c store.CampaignLine) any {
			return soonPart{f, c.Soon["call"], c.Soon["mail"], c.Soon["survey"], f.Now.AddDate(0, 0, store.OutlookDays), c.OutlookAt}
		},
		"within":   func(f Frame, list []SlotProblem) any { return problemsPart{f, list} },
		"orders":   func(f Frame, list []store.OrderLine) any { return ordersPart{f, list} },
		"made":     func(f Frame, outcome string) string { return madeWords(f.Reader, outcome) },
		"join":     func(words []string) string { return strings.Join(words, ", ") },
		"activity": func(f Frame, a store.ActivityLine) any { return activityPart{f, a} },
	}).ParseFS(pageFiles, "pages/*.html")
}

// Parts of pages that stand on several of them.
type (
	settledPart struct {
		Frame Frame
		Line  *doneLine
	}
	monthsPart struct {
		Frame Frame
		Plot  monthsPlot
	}
	numbersPart struct {
		Frame  Frame
		Client store.ClientPage
	}
	sumPart struct {
		Frame   Frame
		Name    string // the campaign's
		Planned int
		Sum     []term
	}
	soonPart struct {
		Frame              Frame
		Call, Mail, Survey int        // planned or foreseen for the next thirty days
		Until              time.Time  // their last day
		ForeseenAt         *time.Time // nil: only what is planned already counts
	}
	ordersPart struct {
		Frame  Frame
		Orders []store.OrderLine
	}
	problemsPart struct {
		Frame    Frame
		Problems []SlotProblem
	}
	activityPart struct {
		Frame Frame
		A     store.ActivityLine
	}
)

// saidProblem is a mistake as the reader reads it.
type saidProblem struct {
	Line  int
	Words string
	Own   bool // in the reader's language; else in English
}

// Said are the mistakes in words.
func (p problemsPart) Said() (list []saidProblem) {
	for _, found := range p.Problems {
		words, own := mistakeWords(p.Frame.Reader, found.Message, found.Nearest)
		list = append(list, saidProblem{found.Line, words, own})
	}
	return list
}

// Any reports whether anything is planned.
func (p soonPart) Any() bool { return p.Call+p.Mail+p.Survey > 0 }

// dial is what a telephone understands of a number as people write it.
func dial(number string) template.URL {
	var b strings.Builder
	for i, c := range number {
		if c >= '0' && c <= '9' || c == '+' && i == 0 {
			b.WriteRune(c)
		}
	}
	return template.URL("tel:" + b.String())
}

// show renders a page into memory, then answers, so that a broken page is an error and not half a page.
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

// back redirects after a form was taken.
func back(w http.ResponseWriter, r *request, path string) error {
	http.Redirect(w, r.Request, path, http.StatusSeeOther)
	return nil
}

// acceptLanguage is the language of a visitor who is not logged in.
func acceptLanguage(r *http.Request) string {
	for _, part := range strings.Split(r.Header.Get("Accept-Language"), ",") {
		tag, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		base, _, _ := strings.Cut(tag, "-")
		if base == "fr" || base == "en" {
			return base
		}
	}
	return "fr"
}

func isHTTPS(url string) bool { return strings.HasPrefix(url, "https://") }
