package jobs

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/calendar"
	"github.com/relance/relance/internal/links"
	"github.com/relance/relance/internal/mail"
	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/templates"
)

// Version gives what was approved: a campaign version's definition and the texts frozen with it. It is asked for every
// mail, so it must keep what it has compiled.
type Version func(ctx context.Context, id int) (*campaigns.Definition, *templates.Set, error)

// Writer is the Letters of real use: the texts of the approved version, or of the newsletter's slot, rendered for the
// client, with its links.
type Writer struct {
	Store   *store.Store
	Version Version
	Links   *links.Signer
	BaseURL string // what links start with, without a slash at its end

	mu      sync.Mutex
	house   *house // kept for a few seconds
	slots   map[string]*templates.Set
	dropped time.Time // wall time at which slots was last emptied
}

// house is the company as settings describe it.
type house struct {
	*calendar.House
	settings store.Settings
	readAt   time.Time // wall time
}

// keepSettings is how long a change of settings, or of a slot's text, may take to be seen.
const keepSettings = 5 * time.Second

// Compose implements Letters.
func (w *Writer) Compose(ctx context.Context, due *store.Due, now time.Time) (mail.Message, time.Time, error) {
	h, err := w.company(ctx)
	if err != nil {
		return mail.Message{}, time.Time{}, err
	}
	definition, texts, err := w.Version(ctx, due.VersionID)
	if err != nil {
		return mail.Message{}, time.Time{}, fmt.Errorf("version %d: %w", due.VersionID, err)
	}
	step, ok := definition.Step(due.Step)
	if !ok {
		return mail.Message{}, time.Time{}, fmt.Errorf("version %d of %s has no step %q", due.VersionID, due.Campaign, due.Step)
	}
	if texts, err = w.withSlot(ctx, texts, due, now); err != nil {
		return mail.Message{}, time.Time{}, err
	}
	language := due.Language
	if language == "" {
		language = h.settings["language"]
	}
	text, err := texts.Mail(mailName(step, due.Step), language)
	if err != nil {
		return mail.Message{}, time.Time{}, err
	}
	closesAt := w.closesAt(step, due, now, h)
	rendered, err := text.Render(w.values(due, definition.Title.In(language), closesAt, now, h))
	if err != nil {
		return mail.Message{}, time.Time{}, err
	}
	if isReminder(due.Step) {
		closesAt = time.Time{} // the questionnaire that it reminds of closes, not the reminder
	}
	return w.message(due, rendered, now, h), closesAt, nil
}

func isReminder(step string) bool { return strings.HasSuffix(step, "/reminder") }

// mailName is the text of a step: a survey has one to invite and one to remind.
func mailName(step campaigns.Step, name string) string {
	switch {
	case step.Channel != campaigns.Survey:
		return step.Text
	case isReminder(name):
		return step.Text + "-reminder"
	}
	return step.Text + "-invitation"
}

func (w *Writer) closesAt(step campaigns.Step, due *store.Due, now time.Time, h *house) time.Time {
	if step.Channel != campaigns.Survey {
		return time.Time{}
	}
	if isReminder(due.Step) {
		return due.ClosesAt
	}
	return step.ClosesAt(now, h.House, due.Client.Country, h.Zone())
}

// company reads the settings, or keeps those read lately.
func (w *Writer) company(ctx context.Context) (*house, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.house != nil && time.Since(w.house.readAt) < keepSettings {
		return w.house, nil
	}
	settings, err := w.Store.Settings(ctx)
	if err != nil {
		return nil, err
	}
	if settings["sender_email"] == "" || settings["company"] == "" {
		return nil, fmt.Errorf("settings company and sender_email are needed before anything is sent")
	}
	h, err := store.HouseOf(settings)
	if err != nil {
		return nil, err
	}
	w.house = &house{h, settings, time.Now()}
	return w.house, nil
}

// withSlot lays a slot's own approved texts over the frozen ones. Only occasions that are days can be slots.
func (w *Writer) withSlot(ctx context.Context, texts *templates.Set, due *store.Due, now time.Time) (*templates.Set, error) {
	if _, err := calendar.ParseDate(due.Occasion); err != nil {
		return texts, nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if time.Since(w.dropped) > keepSettings {
		w.slots, w.dropped = map[string]*templates.Set{}, time.Now()
	}
	key := strconv.Itoa(due.VersionID) + " " + due.Occasion
	if set, ok := w.slots[key]; ok {
		return set, nil
	}
	files, err := w.Store.SlotTexts(ctx, due.Campaign, due.Occasion)
	if err != nil {
		return nil, err
	}
	if len(files) > 0 {
		set, problems := texts.With(files)
		if len(problems) > 0 {
			return nil, fmt.Errorf("slot %s of %s: %s", due.Occasion, due.Campaign, problems[0])
		}
		texts = set
	}
	w.slots[key] = texts
	return texts, nil
}

func (w *Writer) values(due *store.Due, title string, closesAt, now time.Time, h *house) templates.Values {
	s := h.settings
	v := templates.Values{
		Company: templates.Company{Name: s["company"], Address: s["company_address"], Email: replyTo(due, s), Colour: s["brand_colour"], Currency: s["currency"]},
		Client:  templates.Client(due.Client),
		Contact: templates.Contact{Name: due.Contact.Name, Role: due.Contact.Role, Email: due.Address, Phone: due.Contact.Phone},
		Rep:     templates.Rep{Name: due.Rep.Name, Phone: due.Rep.Phone, Email: due.Rep.Email},
		Order:   templates.Order{Ref: due.Order.Ref, On: dayOf(due.Order.On), DeliveredOn: dayOf(due.Order.DeliveredOn), Amount: due.Order.Amount},
		Facts: templates.Facts{FirstOrderOn: dayOf(due.Facts.FirstOrderOn), LastOrderOn: dayOf(due.Facts.LastOrderOn),
			LastContactWith: dayOf(due.Facts.LastContactWith), LastContactFrom: dayOf(due.Facts.LastContactFrom),
			Orders: due.Facts.Orders, Orders12m: due.Facts.Orders12m, Revenue12m: due.Facts.Revenue12m, Revenue12mBefore: due.Facts.Revenue12mBefore, Rhythm: due.Facts.Rhythm},
		Basis:    templates.Basis{Kind: due.Basis.Kind, Source: due.Basis.Source, On: dayOf(due.Basis.On)},
		Campaign: title,
		StopURL:  w.stopURL(due),
		Today:    h.Today(now),
	}
	if due.Channel == campaigns.Survey {
		v.SurveyURL = w.surveyURL(due)
	}
	if !closesAt.IsZero() {
		v.ClosesOn = h.Today(closesAt)
	}
	return v
}

// dayOf keeps a date as Postgres gives it, at midnight UTC; a zero time is no date.
func dayOf(t time.Time) calendar.Date {
	if t.IsZero() {
		return 0
	}
	return calendar.DateOf(t)
}

func (w *Writer) stopURL(due *store.Due) string {
	return w.BaseURL + "/u/" + w.Links.Token(links.Stop, due.ID)
}

// surveyURL of a reminder is its parent's: one invitation has one answer.
func (w *Writer) surveyURL(due *store.Due) string {
	id := due.ID
	if isReminder(due.Step) && due.ParentID != 0 {
		id = due.ParentID
	}
	return w.BaseURL + "/s/" + w.Links.Token(links.Survey, id)
}

// replyTo is where an answer reaches a person: the setting, else the rep, else the sender.
func replyTo(due *store.Due, s store.Settings) string {
	for _, address := range []string{s["reply_to"], due.Rep.Email} {
		if address != "" {
			return address
		}
	}
	return s["sender_email"]
}

func (w *Writer) message(due *store.Due, r templates.Rendered, now time.Time, h *house) mail.Message {
	s := h.settings
	domain := domainOf(s["sender_email"])
	m := mail.Message{
		ID:        due.ID,
		MessageID: "touch." + strconv.FormatInt(due.ID, 10) + "@" + domain,
		From:      mail.Address{Name: r.FromName, Email: s["sender_email"]},
		To:        mail.Address{Name: due.Contact.Name, Email: due.Address},
		Subject:   r.Subject, Text: r.Text, HTML: r.HTML, Date: now,
		ListID: due.Campaign + "." + domain, UnsubscribeURL: w.stopURL(due),
	}
	if m.From.Name == "" {
		m.From.Name = senderName(s)
	}
	if reply := replyTo(due, s); reply != s["sender_email"] {
		m.ReplyTo = mail.Address{Email: reply}
		if reply == due.Rep.Email {
			m.ReplyTo.Name = due.Rep.Name
		}
	}
	return m
}
