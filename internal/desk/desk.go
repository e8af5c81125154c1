// Package desk is where a marketer's campaign passes on its way to clients: the one place where a definition and its
// texts are looked at together.
//
//  1. Push reads a folder: campaigns/*.yaml, and the texts that they name under mails, scripts, questionnaires and layout.
//     A text that the folder does not have is the campaign's own of before, else the shipped one. With a single mistake in
//     a campaign nothing of that campaign is stored; every mistake is told with its file, line and what was probably meant.
//  2. A draft is frozen with its texts as a version. Count, Explain and FirstPass (store) show what it would do.
//  3. Approve checks once more, and lets another person than the author approve.
//  4. Start plans from the next pass on; what was approved never changes under a client.
//
// It decides nothing about clients (campaigns does) and sends nothing.
package desk

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/templates"
)

// ErrMistakes is wrapped by the refusal of a definition or text with mistakes; Mistakes are its list.
var ErrMistakes = errors.New("there are mistakes")

// Mistakes is an error that lists every mistake.
type Mistakes []templates.Problem

// Error writes a line per mistake, as file:line:column: what is wrong.
func (m Mistakes) Error() string {
	lines := make([]string, len(m))
	for i, p := range m {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Is makes Mistakes recognisable as ErrMistakes.
func (Mistakes) Is(target error) bool { return target == ErrMistakes }

// shippedAuthor is who wrote the campaigns that come with the program, so that any user may approve them.
const shippedAuthor = "relance"

// Desk works on the campaigns of one store. It is safe for concurrent use.
type Desk struct {
	store *store.Store
}

// New returns the desk of a store.
func New(st *store.Store) *Desk { return &Desk{store: st} }

// InstallShipped stores the shipped campaigns as drafts where there is no campaign of that name; a campaign that is there
// stays as it is.
func (d *Desk) InstallShipped(ctx context.Context, now time.Time) error {
	there, err := d.store.Campaigns(ctx)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, c := range there {
		known[c.Name] = true
	}
	set := templates.Shipped()
	for _, f := range campaigns.Library() {
		if known[f.Name] {
			continue
		}
		definition, problems := Check(f.Path, f.Source, set)
		if len(problems) > 0 {
			return fmt.Errorf("shipped campaign %s: %w", f.Name, Mistakes(problems))
		}
		draft := store.Draft{Name: f.Name, Source: f.Source, Texts: textsOf(definition, set), Author: shippedAuthor}
		if _, _, err := d.store.PushDraft(ctx, draft, now); err != nil {
			return err
		}
	}
	return nil
}

// Check reads a definition and every text that it names, in both languages, and returns all mistakes. The definition is nil
// when it cannot be read itself.
func Check(file, source string, set *templates.Set) (*campaigns.Definition, []templates.Problem) {
	definition, found := campaigns.Parse(file, source)
	problems := make([]templates.Problem, 0, len(found))
	for _, p := range found {
		problems = append(problems, templates.Problem(p))
	}
	if definition == nil {
		return nil, problems
	}
	for _, step := range definition.Steps {
		problems = append(problems, set.Check(kindOf(step), step.Text, nil)...)
	}
	return definition, unique(problems)
}

// unique leaves out what was told already: two steps may use one text.
func unique(problems []templates.Problem) []templates.Problem {
	seen := map[templates.Problem]bool{}
	kept := problems[:0]
	for _, p := range problems {
		if !seen[p] {
			seen[p] = true
			kept = append(kept, p)
		}
	}
	return kept
}

// kindOf is the kind of text that a step needs.
func kindOf(s campaigns.Step) string {
	switch s.Channel {
	case campaigns.Call:
		return templates.KindScript
	case campaigns.Survey:
		return templates.KindSurvey
	}
	return templates.KindMail
}

// textsOf gathers the texts that a version freezes.
func textsOf(d *campaigns.Definition, set *templates.Set) map[string]string {
	texts := map[string]string{}
	for _, step := range d.Steps {
		maps.Copy(texts, set.FilesOf(kindOf(step), step.Text))
	}
	return texts
}

// Problems lists the mistakes of a campaign's draft, or of its approved version when there is no newer draft.
func (d *Desk) Problems(ctx context.Context, name string) ([]templates.Problem, error) {
	_, problems, err := d.Definition(ctx, name)
	return problems, err
}

// Definition reads a campaign's newest version with its texts; nil with problems.
func (d *Desk) Definition(ctx context.Context, name string) (*campaigns.Definition, []templates.Problem, error) {
	c, err := d.store.Campaign(ctx, name)
	if err != nil {
		return nil, nil, err
	}
	return d.version(ctx, c.Newest())
}

func (d *Desk) version(ctx context.Context, id int) (*campaigns.Definition, []templates.Problem, error) {
	v, err := d.store.Version(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	set, _ := templates.NewSet(v.Texts) // mistakes of a text come up where a step uses it
	definition, problems := Check(v.Campaign+".yaml", v.Source, set)
	return definition, problems, nil
}

// Approve lets a campaign's draft plan from now on, when it has no mistake and by is not its author. It returns Mistakes,
// store.ErrOwnWork, or store.ErrCampaignState when there is no draft.
func (d *Desk) Approve(ctx context.Context, name, by string, now time.Time) error {
	c, err := d.store.Campaign(ctx, name)
	if err != nil {
		return err
	}
	if c.DraftID == 0 {
		return fmt.Errorf("campaign %s has no draft to approve; version %d is approved: %w", name, c.Version, store.ErrCampaignState)
	}
	return d.ApproveDraft(ctx, name, c.DraftID, by, now)
}

// ApproveDraft is Approve for somebody who has read the draft with this id: store.ErrConflict when there is a newer one.
func (d *Desk) ApproveDraft(ctx context.Context, name string, draftID int, by string, now time.Time) error {
	_, problems, err := d.version(ctx, draftID)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return Mistakes(problems)
	}
	return d.store.ApproveDraft(ctx, name, draftID, by, now)
}
