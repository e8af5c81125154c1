package web

import (
	"html/template"
	"net/http"
	"strconv"

	"github.com/relance/relance/internal/store"
)

// campaignsPage is the list.
type campaignsPage struct {
	Frame
	Campaigns []campaignLine
}

// campaignLine is one campaign with its sum.
type campaignLine struct {
	store.CampaignLine
	Heading    string // the campaign's title
	Trigger    string // when it makes contact, in a sentence
	Sum        []term
	Bar        template.HTML
	StateClass string
}

func (s *Site) showCampaigns(w http.ResponseWriter, r *request) error {
	lines, err := s.Store.CampaignLines(r.Context(), r.Now)
	if err != nil {
		return err
	}
	page := campaignsPage{Frame: s.frame(r, r.Reader.T("campaigns.title"), "campaigns")}
	for _, line := range lines {
		page.Campaigns = append(page.Campaigns, s.campaignLine(r, line))
	}
	return s.show(w, http.StatusOK, "campaigns", page)
}

func (s *Site) campaignLine(r *request, line store.CampaignLine) campaignLine {
	l := campaignLine{CampaignLine: line, Heading: titleOf(line.Source, line.Name, r.Reader.Language), Trigger: triggerWords(r.Reader, line.Source)}
	l.Sum = sumOf(r.Reader, line.States)
	if total := line.Planned(); total > 0 {
		l.Bar = drawSum(l.Sum, total, sumWords(l.Sum))
	}
	l.StateClass = map[string]string{"running": "on", "held": "late", "paused": "soon"}[line.State]
	return l
}

// sumWords is the bar for those who do not see it.
func sumWords(terms []term) string {
	text := ""
	for i, t := range terms {
		if i > 0 {
			text += ", "
		}
		text += t.Words
	}
	return text
}

// campaignPage answers the marketer's questions: who gets it, who does not and why, and what came of it.
type campaignPage struct {
	Frame
	campaignLine
	Page     store.CampaignPage
	Who      string       // the audience as written; empty: every client
	WhoWords []string     // the same in words, a sentence each; none where there are no words for it
	Excluded []reasonLine // skipped, by reason
	Waiting  []reasonLine // planned later than they were due, by reason
	Days     daysPlot
	Slots    []slotLine // the next issues of a campaign on slots
	Results  *results   // nil: nothing to tell yet
	Actions  []action
	Problems []string // of the draft
	Explain  explainBox
	IsDraft  bool // what is shown is the draft: nothing was approved yet
}

// reasonLine is how many for a reason, with the list behind it.
type reasonLine struct {
	Words, Code, State string
	Count              int
}

// action is a button that changes the campaign.
type action struct {
	Name, Words string
	Main        bool
	Ask         bool // leads to a page that shows what would happen first
	Draft       int  // id of the draft on the page, for what concerns it alone; else 0
}

// explainBox answers why a client got something or not.
type explainBox struct {
	Client  string
	Lines   []string
	Problem string
}

func (s *Site) showCampaign(w http.ResponseWriter, r *request) error {
	name := r.PathValue("name")
	found, err := s.Store.CampaignPage(r.Context(), name, r.Settings["zone"], r.Now)
	if err != nil {
		return err
	}
	page := campaignPage{campaignLine: s.campaignLine(r, found.CampaignLine), Page: found, IsDraft: found.VersionID == 0}
	page.Frame = s.frame(r, page.Heading, "campaigns")
	page.Who = outlineOf(found.Source).Audience
	if words, ok := audienceWords(r.Reader, page.Who); ok {
		page.WhoWords = words
	}
	page.Excluded, page.Waiting = reasonLines(r, found.Reasons)
	page.Days = plotDays(r.Reader, found.Days, r.day())
	if page.Results, err = s.results(r, found); err != nil {
		return err
	}
	if found.DraftID != 0 {
		if page.Problems, err = s.Campaigns.Problems(r.Context(), name); err != nil {
			return err
		}
	}
	if page.Slots, err = s.slotLines(r, name); err != nil {
		return err
	}
	page.Actions = actionsOf(r, found, len(page.Problems) > 0)
	if err := s.explain(r, name, &page.Explain); err != nil {
		return err
	}
	return s.show(w, http.StatusOK, "campaign", page)
}

func reasonLines(r *request, counts []store.ReasonCount) (excluded, waiting []reasonLine) {
	for _, c := range counts {
		line := reasonLine{reasonWords(r.Reader, c.Reason), c.Reason, c.State, c.Count}
		if c.State == "planned" {
			waiting = append(waiting, line)
		} else {
			excluded = append(excluded, line)
		}
	}
	return excluded, waiting
}

// actionsOf are the buttons that make sense in a state. The store has the last word.
func actionsOf(r *request, c store.CampaignPage, wrong bool) (list []action) {
	add := func(name string, main, ask bool) {
		list = append(list, action{Name: name, Words: r.Reader.T("action." + name), Main: main, Ask: ask})
	}
	if c.DraftID != 0 && !wrong {
		list = append(list, action{Name: "approve", Words: r.Reader.T("action.approve"), Main: true, Draft: c.DraftID})
	}
	switch c.State {
	case "approved":
		add("start", c.DraftID == 0, true)
	case "running":
		add("pause", false, false)
	case "paused":
		add("start", true, true)
		add("stop", false, false)
	case "held":
		add("release", true, false)
		add("pause", false, false)
	}
	return list
}

// explain answers the box when a client was asked for.
func (s *Site) explain(r *request, name string, box *explainBox) (err error) {
	if box.Client = r.URL.Query().Get("client"); box.Client == "" {
		return nil
	}
	box.Lines, err = s.Campaigns.Explain(r.Context(), name, box.Client, r.Reader.Language, r.Now)
	if ignoreMissing(err) == nil && err != nil {
		box.Problem = r.Reader.T("explain.unknown", "client", box.Client)
		return nil
	}
	return err
}

// changeCampaign does what a button says.
func (s *Site) changeCampaign(w http.ResponseWriter, r *request) error {
	name, do := r.PathValue("name"), s.Campaigns
	actions := map[string]func() error{
		"approve": func() error { return s.approveDraft(r, name) },
		"start":   func() error { return do.Start(r.Context(), name, r.User.Name, r.Now) },
		"pause":   func() error { return do.Pause(r.Context(), name, r.User.Name, r.Now) },
		"release": func() error { return do.Release(r.Context(), name, r.User.Name, r.Now) },
		"stop":    func() error { return do.Stop(r.Context(), name, r.User.Name, r.Now) },
	}
	act, known := actions[r.PathValue("action")]
	if !known {
		return errNoPage
	}
	if err := act(); err != nil {
		return err
	}
	s.wake(r.Context(), "plan")
	s.later(r, "did."+r.PathValue("action"))
	return back(w, r, "/campaigns/"+name)
}

// approveDraft approves the draft that was on the page, and no other.
func (s *Site) approveDraft(r *request, name string) error {
	draft, err := strconv.Atoi(r.PostFormValue("draft"))
	if err != nil {
		return refuse(http.StatusBadRequest, "error.bad_form")
	}
	return s.Campaigns.Approve(r.Context(), name, draft, r.User.Email, r.Now)
}

// startPage shows what starting would do, and asks.
type startPage struct {
	Frame
	Name    string
	Pass    FirstPass
	Skipped []reasonLine
}

func (s *Site) showStart(w http.ResponseWriter, r *request) error {
	name := r.PathValue("name")
	pass, err := s.Campaigns.FirstPass(r.Context(), name, r.Reader.Language, r.Now)
	if err != nil {
		return err
	}
	page := startPage{Frame: s.frame(r, r.Reader.T("start.title"), "campaigns"), Name: name, Pass: pass}
	page.Narrow = true
	for code, n := range pass.Skipped {
		page.Skipped = append(page.Skipped, reasonLine{Words: reasonWords(r.Reader, code), Code: code, Count: n})
	}
	sortReasons(page.Skipped)
	return s.show(w, http.StatusOK, "start", page)
}
