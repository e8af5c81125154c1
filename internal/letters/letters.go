// Package letters puts a client's own values into the texts that were approved: the mail of a due touch, the script of a
// call, the questionnaire of an invitation.
//
// A campaign version is frozen: its definition and texts never change once it is approved, so each is compiled once and
// kept. A slot of a campaign on slots (a newsletter's issue) brings its own approved texts, laid over the version's.
// Settings (who writes, in which colour, where replies go) are read anew every few seconds.
//
// The package sends nothing and decides nothing: whom and when are the store's, how is internal/mail's.
package letters

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/campaigns/survey"
	"github.com/relance/relance/internal/calendar"
	"github.com/relance/relance/internal/links"
	"github.com/relance/relance/internal/mail"
	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/templates"
)

// ErrText is returned when a version's texts cannot be used. Nothing may be sent then.
var ErrText = errors.New("the text cannot be used")

// settingsFor is how long settings are believed (wall time): a run of mails asks thousands of times a second.
const settingsFor = 5 * time.Second

// keptVersions bounds the cache; a company runs dozens of versions, not hundreds.
const keptVersions = 200

// Version is one frozen campaign version, compiled. It never changes.
type Version struct {
	store.Version
	Definition *campaigns.Definition
	Texts      *templates.Set
}

// Writer makes letters. It is safe for concurrent use.
type Writer struct {
	store   *store.Store
	links   *links.Signer
	baseURL string // without a slash at the end

	mu       sync.Mutex
	versions map[key]*Version
	house    house
	readAt   time.Time // wall time
}

// key is a version with the texts of one slot; slot is empty where there are none.
type key struct {
	version int
	slot    string
}

// house is what all letters of the company share.
type house struct {
	settings store.Settings
	calendar *calendar.House
	zone     *time.Location // read from a file of the machine: not for each mail
	company  templates.Company
}

// New makes a Writer; baseURL is what the links in letters start with.
func New(st *store.Store, signer *links.Signer, baseURL string) *Writer {
	return &Writer{store: st, links: signer, baseURL: strings.TrimRight(baseURL, "/"), versions: map[key]*Version{}}
}

// Version returns a campaign version, compiled.
func (w *Writer) Version(ctx context.Context, id int) (*Version, error) {
	return w.version(ctx, key{version: id})
}

// Questionnaire returns what a survey step asks.
func (w *Writer) Questionnaire(ctx context.Context, versionID int, step string) (*survey.Questionnaire, error) {
	v, err := w.Version(ctx, versionID)
	if err != nil {
		return nil, err
	}
	s, ok := v.Definition.Step(step)
	if !ok {
		return nil, fmt.Errorf("campaign %s, version %d: no step %q: %w", v.Campaign, v.Number, step, store.ErrNotFound)
	}
	return v.Texts.Questionnaire(s.Text)
}

// Compose renders the mail of a claimed touch as of now, and says when its survey closes (zero: never, or no survey).
func (w *Writer) Compose(ctx context.Context, due *store.Due, now time.Time) (mail.Message, time.Time, error) {
	h, err := w.settings(ctx)
	if err != nil {
		return mail.Message{}, time.Time{}, err
	}
	version, err := w.version(ctx, key{due.VersionID, slotOf(due)})
	if err != nil {
		return mail.Message{}, time.Time{}, err
	}
	return w.compose(h, version, due, now)
}

func (w *Writer) compose(h house, v *Version, due *store.Due, now time.Time) (m mail.Message, closesAt time.Time, err error) {
	step, ok := v.Definition.Step(due.Step)
	if !ok {
		return m, closesAt, fmt.Errorf("%w: campaign %s, version %d has no step %q", ErrText, v.Campaign, v.Number, due.Step)
	}
	if h.settings["company"] == "" || h.settings["sender_email"] == "" {
		return m, closesAt, fmt.Errorf("%w: the settings company and sender_email are needed before anything is sent", ErrText)
	}
	reminder := due.Step != step.Name
	shown := due.ClosesAt // a reminder names the day on which the invitation closes, and closes nothing itself
	if !reminder {
		closesAt = step.ClosesAt(now, h.calendar, due.Client.Country, h.zone)
		shown = closesAt
	}
	language := languageOf(due.Language, h.settings)
	text, err := v.Texts.Mail(mailName(step, due.Step), language)
	if err != nil {
		return m, closesAt, fmt.Errorf("%w: %w", ErrText, err)
	}
	values := w.values(h, v, due, language, now)
	w.link(&values, step, due)
	if !shown.IsZero() {
		values.ClosesOn = h.calendar.Today(shown)
	}
	rendered, err := text.Render(values)
	if err != nil {
		return m, closesAt, fmt.Errorf("%w: %w", ErrText, err)
	}
	return message(h.settings, due, rendered, values, now), closesAt, nil
}

// mailName is the mail's text: a survey has two, an invitation and a reminder.
func mailName(s campaigns.Step, stepName string) string {
	switch {
	case s.Channel != campaigns.Survey:
		return s.Text
	case stepName != s.Name:
		return s.Text + "-reminder"
	}
	return s.Text + "-invitation"
}

// link signs the addresses of the letter. A reminder carries the invitation's own token: one invitation, one answer.
func (w *Writer) link(v *templates.Values, s campaigns.Step, due *store.Due) {
	v.StopURL = w.baseURL + "/u/" + w.links.Token(links.Stop, due.ID)
	if s.Channel != campaigns.Survey {
		return
	}
	invitation := due.ID
	if due.Step != s.Name {
		invitation = due.ParentID
	}
	v.SurveyURL = w.baseURL + "/s/" + w.links.Token(links.Survey, invitation)
}

func message(s store.Settings, due *store.Due, r templates.Rendered, v templates.Values, now time.Time) mail.Message {
	_, domain, _ := strings.Cut(s["sender_email"], "@")
	from := mail.Address{Name: first(r.FromName, s["sender_name"], s["company"]), Email: s["sender_email"]}
	return mail.Message{
		ID: due.ID, MessageID: fmt.Sprintf("touch.%d@%s", due.ID, domain), Date: now,
		From: from, ReplyTo: replyTo(s, due), To: mail.Address{Name: due.Contact.Name, Email: due.Address},
		Subject: r.Subject, HTML: r.HTML, Text: r.Text,
		ListID: due.Campaign + "." + domain, UnsubscribeURL: v.StopURL,
	}
}

// replyTo brings an answer to a person: the address that is set for it, else the rep, else (empty) the
// sender.
func replyTo(s store.Settings, due *store.Due) mail.Address {
	if s["reply_to"] != "" {
		return mail.Address{Name: s["company"], Email: s["reply_to"]}
	}
	if due.Rep.Email == s["sender_email"] {
		return mail.Address{}
	}
	return mail.Address{Name: due.Rep.Name, Email: due.Rep.Email}
}

// slotOf is the slot whose own texts a touch carries; the store finds them by the occasion. What an answer has made carries
// the version's: an answer is no slot.
func slotOf(due *store.Due) string {
	if campaigns.IsAnswer(due.Occasion) {
		return ""
	}
	return due.Occasion
}

func languageOf(language string, s store.Settings) string { return first(language, s["language"]) }

func first(words ...string) string {
	for _, w := range words {
		if w != "" {
			return w
		}
	}
	return ""
}
