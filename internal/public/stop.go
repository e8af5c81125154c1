package public

import (
	"io"
	"net/http"
	"time"

	"github.com/relance/relance/internal/links"
	"github.com/relance/relance/internal/store"
)

// stopPage offers what can be stopped, and says what already is.
type stopPage struct {
	frame
	Address                 string
	Mail, Calls, Everything bool // stopped already
	Done                    bool // just now
	Undoable                bool // from this link
}

func (s *Site) showStop(w http.ResponseWriter, r *http.Request) error {
	touch, err := s.Links.Open(links.Stop, r.PathValue("token"))
	if err != nil {
		return err
	}
	page, err := s.stopPage(r, touch)
	if err != nil {
		return err
	}
	page.Done = r.URL.Query().Has("done")
	return s.show(w, http.StatusOK, "stop", page)
}

// stop acts. A mail program's one-click post (RFC 8058 §3.2) has no cookie and is answered without a redirect; the
// page's own buttons are answered with one, so that going back does not post again.
func (s *Site) stop(w http.ResponseWriter, r *http.Request) error {
	touch, err := s.Links.Open(links.Stop, r.PathValue("token"))
	if err != nil {
		return err
	}
	if err := parseForm(r); err != nil {
		return err
	}
	now, err := s.Store.Now(r.Context())
	if err != nil {
		return err
	}
	if r.PostForm.Get("List-Unsubscribe") == "One-Click" {
		if err := s.Store.Stop(r.Context(), touch, store.StopMail, "one-click", now); err != nil {
			return err
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, err := io.WriteString(w, "OK\n")
		return err
	}
	switch scope := store.StopScope(r.PostFormValue("stop")); scope {
	case store.StopMail, store.StopCalls, store.StopEverything:
		err = s.Store.Stop(r.Context(), touch, scope, "stop page", now)
	case "undo":
		err = s.Store.UndoStop(r.Context(), touch, now)
	default:
		return errForm
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, r.URL.Path+"?done", http.StatusSeeOther)
	return nil
}

func (s *Site) stopPage(r *http.Request, touch int64) (stopPage, error) {
	known, err := s.Store.StopPage(r.Context(), touch)
	if err != nil {
		return stopPage{}, err
	}
	settings, err := s.Store.Settings(r.Context())
	if err != nil {
		return stopPage{}, err
	}
	page := stopPage{frame: s.frame(known.Language, settings, time.Time{}), Address: known.Address, Everything: known.Stopped[store.StopEverything], Undoable: known.Undoable}
	page.Title = page.T("stop.title")
	page.Mail = page.Everything || known.Stopped[store.StopMail]
	page.Calls = page.Everything || known.Stopped[store.StopCalls]
	return page, nil
}
