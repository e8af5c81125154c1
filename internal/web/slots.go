package web

import (
	"net/http"
	"strconv"
	"time"

	"github.com/relance/relance/internal/calendar"
	"github.com/relance/relance/internal/store"
)

// SlotLetter is what a slot's mail says in one language.
type SlotLetter struct {
	Language, Subject, Preheader, Body string // Body is Markdown
}

// SlotProblem is a mistake of a slot's letter, beside the field that holds it.
type SlotProblem struct {
	Language string
	Field    string // subject, preheader or body; empty: of the letter as a whole
	Line     int    // of the body; 0: not a line of it
	Message  string // in English, as the command line tells it
	Nearest  string // the word that was probably meant; empty: none comes near
}

// slotsShown is how many issues the page of a campaign names; slotsWritten how far ahead one can be written.
const (
	slotsShown   = 3
	slotsWritten = 24
)

// slotLine is one coming issue.
type slotLine struct {
	Slot  string    // YYYY-MM-DD
	Day   time.Time // midnight UTC of its day
	State string    // none, draft, approved: a word of the page
	Class string
	Text  *store.SlotText // nil: not written yet
}

func lineOf(slot store.Slot) slotLine {
	l := slotLine{Slot: slot.On.String(), Day: slot.On.Time(), Text: slot.Text, State: "none", Class: "late"}
	if slot.Text != nil {
		l.State, l.Class = "draft", "soon"
		if slot.Text.ApprovedAt != nil {
			l.State, l.Class = "approved", "on"
		}
	}
	return l
}

// slotLines are the next issues of a campaign on slots; none for another.
func (s *Site) slotLines(r *request, name string) (lines []slotLine, err error) {
	slots, err := s.Store.Slots(r.Context(), name, slotsShown, r.Now)
	for _, slot := range slots {
		lines = append(lines, lineOf(slot))
	}
	return lines, err
}

// slotPage is where one issue is written, read and approved.
type slotPage struct {
	Frame
	slotLine
	Name          string
	CampaignTitle string
	Client        string // whose letters are shown
	Letters       []slotForm
	Problems      []SlotProblem // of the whole
	MayApprove    bool          // written by somebody else, and not approved yet
	Own           bool          // the reader wrote it: somebody else approves
	Seen          string        // when the text on the page was written
}

// slotForm is one language of the form.
type slotForm struct {
	SlotLetter
	Subjects, Preheaders, Bodies []SlotProblem
	Rows                         int
}

func (s *Site) showSlot(w http.ResponseWriter, r *request) error {
	page, err := s.slotPage(r)
	if err != nil {
		return err
	}
	letters, err := s.Campaigns.SlotLetters(r.Context(), page.Name, page.Slot)
	if err != nil {
		return err
	}
	page.fill(letters, nil)
	return s.show(w, http.StatusOK, "slot", page)
}

// slotPage finds the issue; what is no issue to come is not found.
func (s *Site) slotPage(r *request) (page slotPage, err error) {
	page.Name, page.Client = r.PathValue("name"), r.URL.Query().Get("client")
	day, err := calendar.ParseDate(r.PathValue("slot"))
	if err != nil {
		return page, errNoPage
	}
	slots, err := s.Store.Slots(r.Context(), page.Name, slotsWritten, r.Now)
	if err != nil {
		return page, err
	}
	for _, slot := range slots {
		if slot.On == day {
			page.slotLine = lineOf(slot)
		}
	}
	if page.Slot == "" {
		return page, errNoPage
	}
	versions, err := s.Store.CampaignVersions(r.Context(), page.Name)
	if err != nil {
		return page, err
	}
	page.CampaignTitle = titleOf(versions[0].Source, page.Name, r.Reader.Language)
	page.Frame = s.frame(r, r.Reader.T("slot.title", "day", r.Reader.DayOf(page.Day)), "campaigns")
	if t := page.Text; t != nil {
		page.Own = t.ApprovedAt == nil && t.WrittenBy(r.User) && !r.Settings.Yes("self_approval")
		page.MayApprove = t.ApprovedAt == nil && !page.Own
		page.Seen = strconv.FormatInt(t.CreatedAt.UnixMicro(), 10)
	}
	return page, nil
}

// fill puts each mistake beside its field.
func (p *slotPage) fill(letters []SlotLetter, problems []SlotProblem) {
	for _, l := range letters {
		f := slotForm{SlotLetter: l, Rows: 18}
		for _, problem := range problems {
			if problem.Language != l.Language {
				continue
			}
			switch problem.Field {
			case "subject":
				f.Subjects = append(f.Subjects, problem)
			case "preheader":
				f.Preheaders = append(f.Preheaders, problem)
			case "body":
				f.Bodies = append(f.Bodies, problem)
			}
		}
		p.Letters = append(p.Letters, f)
	}
	for _, problem := range problems {
		if problem.Field == "" {
			p.Problems = append(p.Problems, problem)
		}
	}
}

// saveSlot stores what was typed, or shows it again with its mistakes.
func (s *Site) saveSlot(w http.ResponseWriter, r *request) error {
	page, err := s.slotPage(r)
	if err != nil {
		return err
	}
	letters, err := s.Campaigns.SlotLetters(r.Context(), page.Name, page.Slot)
	if err != nil {
		return err
	}
	for i, l := range letters {
		at := func(field string) string { return r.PostFormValue(field + "_" + l.Language) }
		letters[i] = SlotLetter{Language: l.Language, Subject: at("subject"), Preheader: at("preheader"), Body: at("body")}
	}
	problems, err := s.Campaigns.PushSlot(r.Context(), page.Name, page.Slot, letters, r.User.Email, r.Now)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		page.fill(letters, problems)
		return s.show(w, http.StatusUnprocessableEntity, "slot", page)
	}
	s.later(r, "did.slot")
	return back(w, r, "/campaigns/"+page.Name+"/slots/"+page.Slot)
}

// approveSlot approves the text that was on the page, and no other.
func (s *Site) approveSlot(w http.ResponseWriter, r *request) error {
	micros, err := strconv.ParseInt(r.PostFormValue("seen"), 10, 64)
	if err != nil {
		return refuse(http.StatusBadRequest, "error.bad_form")
	}
	name, slot := r.PathValue("name"), r.PathValue("slot")
	if err := s.Campaigns.ApproveSlot(r.Context(), name, slot, time.UnixMicro(micros), r.User.Email, r.Now); err != nil {
		return err
	}
	s.wake(r.Context(), "plan")
	s.later(r, "did.slot_approve")
	return back(w, r, "/campaigns/"+name+"/slots/"+slot)
}

// showSlotLetter is the issue alone as a client would get it, for the frame on its page.
func (s *Site) showSlotLetter(w http.ResponseWriter, r *request) error {
	p, err := s.Campaigns.PreviewSlot(r.Context(), r.PathValue("name"), r.PathValue("slot"), r.PathValue("language"), r.URL.Query().Get("client"), r.Now)
	if err != nil {
		return err
	}
	return letter(w, p.HTML)
}
