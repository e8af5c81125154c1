package public

import (
	"net/http"
	"strings"
	"time"

	"github.com/relance/relance/internal/look"
	"github.com/relance/relance/internal/store"
)

// frame is what every page needs: its reader, its title, and whose page it is.
type frame struct {
	look.Reader
	Title   string
	Company string // empty: not known (a link that opens nothing)
}

// messagePage says one thing.
type messagePage struct {
	frame
	Text string
}

// frame is for the client of an invitation or a mail, in the client's language and the company's zone.
func (s *Site) frame(language string, settings store.Settings, now time.Time) frame {
	return frame{
		Reader:  look.Reader{Words: s.book.In(language), Currency: settings["currency"], Zone: settings.Zone(), Now: now},
		Company: settings["company"],
	}
}

// acceptLanguage is for pages that belong to no client: the first language that the browser asks for and we have.
func acceptLanguage(r *http.Request) string {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		tag, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.HasPrefix(tag, "fr") || strings.HasPrefix(tag, "en") {
			return tag
		}
	}
	return look.Languages[0]
}
