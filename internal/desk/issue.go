package desk

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/templates"
)

// Letter is a slot's mail in one language, as a form has it.
type Letter struct {
	Language  string
	Subject   string
	Preheader string
	Body      string // Markdown
}

// LetterProblem is a mistake beside the field that holds it.
type LetterProblem struct {
	Language string
	Field    string // subject, preheader, body; empty: of the texts as a whole
	Line     int    // of the body, from 1; 0: not a line of it
	Message  string
	Nearest  string // the word that was probably meant; empty: none comes near
}

// Letters returns a slot's letters as they stand, else as the campaign's version says them, in the order of the languages.
// store.ErrNotFound for a campaign that sends no mail: its slots are pushed as a folder.
func (d *Desk) Letters(ctx context.Context, campaign, slot string) ([]Letter, error) {
	texts, name, err := d.slotTexts(ctx, campaign, slot)
	if err != nil {
		return nil, err
	}
	letters := make([]Letter, len(templates.Languages))
	for i, language := range templates.Languages {
		letters[i] = openLetter(language, texts[mailFile(name, language)])
	}
	return letters, nil
}

// PushLetters stores a slot's letters when they have no mistake; what a form does not show, such as the sender's name,
// stays as it is.
func (d *Desk) PushLetters(ctx context.Context, campaign, slot string, letters []Letter, by string, now time.Time) ([]LetterProblem, error) {
	before, name, err := d.slotTexts(ctx, campaign, slot)
	if err != nil {
		return nil, err
	}
	t := store.SlotText{Campaign: campaign, Slot: slot, Texts: map[string]string{}, Author: by}
	for _, l := range letters {
		file := mailFile(name, l.Language)
		t.Texts[file] = l.source(before[file])
	}
	p, err := d.PushSlot(ctx, t, now)
	if err != nil {
		return nil, err
	}
	var problems []LetterProblem
	for _, found := range p.Problems {
		problems = append(problems, besideField(found, t.Texts[found.File]))
	}
	return problems, nil
}

// slotTexts returns the texts that a slot would say now, and the name of its mail.
func (d *Desk) slotTexts(ctx context.Context, campaign, slot string) (texts map[string]string, mail string, err error) {
	definition, _, err := d.Definition(ctx, campaign)
	if err != nil {
		return nil, "", err
	}
	step := -1
	if definition != nil {
		step = slices.IndexFunc(definition.Steps, func(s campaigns.Step) bool { return s.Channel == campaigns.Mail })
	}
	if step < 0 {
		return nil, "", fmt.Errorf("a mail of campaign %s: %w", campaign, store.ErrNotFound)
	}
	c, err := d.store.Campaign(ctx, campaign)
	if err != nil {
		return nil, "", err
	}
	v, err := d.store.Version(ctx, c.Newest())
	if err != nil {
		return nil, "", err
	}
	texts = v.Texts
	own, err := d.store.SlotText(ctx, campaign, slot)
	if errors.Is(err, store.ErrNotFound) {
		return texts, definition.Steps[step].Text, nil
	}
	maps.Copy(texts, own.Texts)
	return texts, definition.Steps[step].Text, err
}

func mailFile(name, language string) string { return fmt.Sprintf("mails/%s.%s.md", name, language) }

// heading is what stands above a mail's text.
type heading struct {
	Subject   string `yaml:"subject"`
	Preheader string `yaml:"preheader"`
	FromName  string `yaml:"from_name"`
}

// fence stands above and below a heading.
const fence = "---\n"

// openLetter takes a text apart. A heading that cannot be read leaves its fields empty.
func openLetter(language, source string) Letter {
	head, body := cutHeading(source)
	return Letter{Language: language, Subject: head.Subject, Preheader: head.Preheader, Body: strings.TrimSpace(body)}
}

func cutHeading(source string) (h heading, body string) {
	source = strings.ReplaceAll(source, "\r\n", "\n")
	inside, ok := strings.CutPrefix(source, fence)
	if !ok {
		return h, source
	}
	above, body, ok := strings.Cut(inside, "\n"+fence)
	if !ok || yaml.Unmarshal([]byte(above), &h) != nil {
		return heading{}, source
	}
	return h, body
}

// source writes the letter as a text, with the sender's name of the text before.
func (l Letter) source(before string) string {
	head, _ := cutHeading(before)
	var b strings.Builder
	b.WriteString(fence)
	fmt.Fprintf(&b, "subject: %s\npreheader: %s\n", strconv.Quote(oneLine(l.Subject)), strconv.Quote(oneLine(l.Preheader)))
	if head.FromName != "" {
		fmt.Fprintf(&b, "from_name: %s\n", strconv.Quote(head.FromName))
	}
	b.WriteString(fence)
	b.WriteString(strings.TrimSpace(strings.ReplaceAll(l.Body, "\r\n", "\n")) + "\n")
	return b.String()
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// besideField finds the field of a mistake: source writes the subject on line 2 and the preheader on line 3.
func besideField(p templates.Problem, source string) LetterProblem {
	_, language, _ := strings.Cut(strings.TrimSuffix(p.File, ".md"), ".")
	found := LetterProblem{Language: language, Message: p.Message, Nearest: p.Nearest}
	above, _, _ := strings.Cut(source, "\n"+fence)
	head := strings.Count(above, "\n") + 2
	switch {
	case source == "":
		found.Message, found.Nearest = p.String(), ""
	case p.Line == 2:
		found.Field = "subject"
	case p.Line == 3:
		found.Field = "preheader"
	default:
		found.Field, found.Line = "body", max(p.Line-head, 0)
	}
	return found
}
