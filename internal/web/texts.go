package web

import (
	"io"
	"net/http"
	"sort"
	"strings"

	"github.com/relance/relance/internal/store"
)

// textsPage shows what a campaign says, as a real client would get it, and how it is defined.
type textsPage struct {
	Frame
	Name          string
	CampaignTitle string
	Client        string
	Previews      []Preview
	Problem       string
	Versions      []store.CampaignVersionLine
	Source        string
}

func (s *Site) showTexts(w http.ResponseWriter, r *request) error {
	name := r.PathValue("name")
	versions, err := s.Store.CampaignVersions(r.Context(), name)
	if err != nil {
		return err
	}
	if len(versions) == 0 {
		return errNoPage
	}
	page := textsPage{Name: name, Client: r.URL.Query().Get("client"), Versions: versions, Source: versions[0].Source}
	page.CampaignTitle = titleOf(page.Source, name, r.Reader.Language)
	page.Frame = s.frame(r, page.CampaignTitle, "campaigns")
	page.Previews, err = s.Campaigns.Previews(r.Context(), name, page.Client, r.Now)
	if err != nil && ignoreMissing(err) == nil {
		page.Problem, err = r.Reader.T("texts.nobody"), nil
		if page.Client != "" {
			page.Problem = r.Reader.T("explain.unknown", "client", page.Client)
		}
	}
	if err != nil {
		return err
	}
	return s.show(w, http.StatusOK, "texts", page)
}

// showLetter is one mail alone, for the frame on the page of texts.
func (s *Site) showLetter(w http.ResponseWriter, r *request) error {
	previews, err := s.Campaigns.Previews(r.Context(), r.PathValue("name"), r.URL.Query().Get("client"), r.Now)
	if err != nil {
		return err
	}
	for _, p := range previews {
		if p.Step == r.PathValue("step") && p.Kind == "mail" {
			return letter(w, p.HTML)
		}
	}
	return errNoPage
}

// letterPolicy is for a mail shown in a frame: its own styles and images in it, no script, no link that leads the page
// elsewhere, no way out of the sandbox, and only our pages around it.
const letterPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data: cid:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"

func letter(w http.ResponseWriter, markup string) error {
	h := w.Header()
	h.Set("Content-Security-Policy", letterPolicy)
	h.Set("X-Frame-Options", "SAMEORIGIN")
	h.Set("Content-Type", "text/html; charset=utf-8")
	_, err := io.WriteString(w, strings.Replace(markup, "<head>", `<head><base target="_blank">`, 1)) // links open beside the page
	return err
}

// TextFiles are the names of a version's texts, in order.
func (p textsPage) TextFiles() []string {
	var names []string
	for name := range p.Versions[0].Texts {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
