package letters

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/campaigns/survey"
	"github.com/relance/relance/internal/calendar"
	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/templates"
)

// Script is what to say for one reason of a call.
type Script struct {
	Campaign string // name
	templates.Spoken
}

// Scripts renders what to say on a call, in the language that the client speaks, one text for each open reason that has
// one. After an answer, what was answered is in it.
func (w *Writer) Scripts(ctx context.Context, call int64, now time.Time) ([]Script, error) {
	h, err := w.settings(ctx)
	if err != nil {
		return nil, err
	}
	reasons, err := w.store.CallLetters(ctx, call)
	if err != nil {
		return nil, err
	}
	var scripts []Script
	for _, due := range reasons {
		spoken, err := w.script(ctx, h, &due, now)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(scripts, func(s Script) bool { return s.Text == spoken.Text }) {
			scripts = append(scripts, Script{due.Campaign, spoken})
		}
	}
	return scripts, nil
}

func (w *Writer) script(ctx context.Context, h house, due *store.Due, now time.Time) (templates.Spoken, error) {
	v, err := w.version(ctx, key{due.VersionID, slotOf(due)})
	if err != nil {
		return templates.Spoken{}, err
	}
	step, ok := v.Definition.Step(due.Step)
	if !ok {
		return templates.Spoken{}, fmt.Errorf("%w: campaign %s, version %d has no step %q", ErrText, v.Campaign, v.Number, due.Step)
	}
	language := languageOf(due.Language, h.settings)
	text, err := v.Texts.Script(step.Text, language)
	if err != nil {
		return templates.Spoken{}, fmt.Errorf("%w: %w", ErrText, err)
	}
	values := w.values(h, v, due, language, now)
	if values.Answer, err = w.answer(ctx, v, due, language); err != nil {
		return templates.Spoken{}, err
	}
	return text.Render(values)
}

// answer puts what the client answered to the touch's invitation into words.
func (w *Writer) answer(ctx context.Context, v *Version, due *store.Due, language string) (a templates.Answer, err error) {
	if due.ParentID == 0 {
		return a, nil
	}
	r, ok, err := w.store.Response(ctx, due.ParentID)
	if err != nil || !ok {
		return a, err
	}
	q, err := v.Texts.Questionnaire(r.Questionnaire)
	if err != nil {
		return a, fmt.Errorf("%w: %w", ErrText, err)
	}
	var given survey.Answers
	if err := json.Unmarshal(r.Answers, &given); err != nil {
		return a, fmt.Errorf("read the response to touch %d: %w", due.ParentID, err)
	}
	a = templates.AnswerOf(q, given, language)
	a.On = calendar.DateOf(r.AnsweredAt)
	return a, nil
}

// Preview is one text of a campaign as a client would get it.
type Preview struct {
	Step    campaigns.Step
	Ref     string // the client's
	Client  string // name
	Subject string // mails; the title of a script
	From    string // mails
	HTML    string // a document for a mail, a fragment for a script
	Text    string
	Missing []string // variables without a value for this client
}

// Previews renders every text of a version for one client, footers included, as of now.
func (w *Writer) Previews(ctx context.Context, v *Version, clientRef string, now time.Time) ([]Preview, error) {
	h, err := w.settings(ctx)
	if err != nil {
		return nil, err
	}
	var previews []Preview
	for _, step := range v.Definition.Steps {
		due, err := w.store.SampleLetter(ctx, v.CampaignID, v.ID, step.Name, string(step.Channel), clientRef)
		if err != nil {
			return nil, err
		}
		p, err := w.preview(ctx, h, v, step, &due, now)
		if err != nil {
			return nil, err
		}
		previews = append(previews, p)
	}
	return previews, nil
}

func (w *Writer) preview(ctx context.Context, h house, v *Version, step campaigns.Step, due *store.Due, now time.Time) (Preview, error) {
	p := Preview{Step: step, Ref: due.Client.Ref, Client: due.Client.Name}
	language := languageOf(due.Language, h.settings)
	values := w.values(h, v, due, language, now)
	if step.Channel == campaigns.Call {
		spoken, err := w.script(ctx, h, due, now)
		if err != nil {
			return p, err
		}
		p.Subject, p.HTML, p.Text = spoken.Title, string(spoken.HTML), spoken.Text
		script, err := v.Texts.Script(step.Text, language)
		if err != nil {
			return p, err
		}
		p.Missing = script.Missing(values)
		return p, nil
	}
	m, _, err := w.compose(h, v, due, now)
	if err != nil {
		return p, err
	}
	p.Subject, p.From, p.HTML, p.Text = m.Subject, m.From.Name+" <"+m.From.Email+">", m.HTML, m.Text
	text, err := v.Texts.Mail(mailName(step, step.Name), language)
	if err != nil {
		return p, err
	}
	w.link(&values, step, due)
	p.Missing = text.Missing(values)
	return p, nil
}

// PreviewSlot renders the mail of a slot's texts, approved or not, laid over a version, for one client, in a language.
func (w *Writer) PreviewSlot(ctx context.Context, v *Version, texts map[string]string, language, clientRef string, now time.Time) (Preview, error) {
	h, err := w.settings(ctx)
	if err != nil {
		return Preview{}, err
	}
	i := slices.IndexFunc(v.Definition.Steps, func(s campaigns.Step) bool { return s.Channel == campaigns.Mail })
	if i < 0 {
		return Preview{}, fmt.Errorf("a mail of campaign %s: %w", v.Campaign, store.ErrNotFound)
	}
	step := v.Definition.Steps[i]
	set, mistakes := v.Texts.With(texts)
	if len(mistakes) > 0 {
		return Preview{}, fmt.Errorf("%w: %s", ErrText, mistakes[0])
	}
	own := *v
	own.Texts = set
	due, err := w.store.SampleLetter(ctx, v.CampaignID, v.ID, step.Name, string(step.Channel), clientRef)
	if err != nil {
		return Preview{}, err
	}
	due.Language = language
	return w.preview(ctx, h, &own, step, &due, now)
}
