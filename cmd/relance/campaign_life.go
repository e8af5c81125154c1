package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/relance/relance/internal/calendar"
	"github.com/relance/relance/internal/desk"
	"github.com/relance/relance/internal/letters"
	"github.com/relance/relance/internal/links"
	"github.com/relance/relance/internal/store"
)

// CampaignPreviewCmd renders a campaign's texts.
type CampaignPreviewCmd struct {
	Name   string `arg:""`
	Client string `arg:"" optional:"" help:"Its ref; default: one of the campaign's clients."`
	HTML   bool   `help:"The HTML part instead of the text."`
	JSON   bool   `help:"One object per text."`
}

// Run prints every text of the newest version as the client would get it, footer included.
func (c *CampaignPreviewCmd) Run(app *App) error {
	st, now, err := app.open()
	if err != nil {
		return err
	}
	g, err := st.Campaign(app.Context(), c.Name)
	if err != nil {
		return err
	}
	secret, err := app.secret()
	if err != nil {
		return err
	}
	signer, err := links.New(secret)
	if err != nil {
		return err
	}
	writer := letters.New(st, signer, app.Config.baseURL())
	version, err := writer.Version(app.Context(), g.Newest())
	if err != nil {
		return err
	}
	previews, err := writer.Previews(app.Context(), version, c.Client, now)
	if c.Client == "" && errors.Is(err, store.ErrNotFound) {
		return errors.New("there is no client yet to show the texts for; `relance import clients` brings them in")
	}
	if err != nil {
		return err
	}
	for _, p := range previews {
		if c.JSON {
			if err := app.JSON(map[string]any{"step": p.Step.Name, "channel": p.Step.Channel, "client": p.Ref, "name": p.Client, "from": orNil(p.From), "subject": p.Subject,
				"html": p.HTML, "text": p.Text, "missing": p.Missing}); err != nil {
				return err
			}
			continue
		}
		app.showPreview(p, c.HTML)
	}
	return nil
}

func (a *App) showPreview(p letters.Preview, html bool) {
	fmt.Fprintf(a.Out, "── %s (%s), for %s\n", p.Step.Name, p.Step.Channel, p.Client)
	if p.From != "" {
		fmt.Fprintln(a.Out, "From:", p.From)
	}
	body := p.Text
	if html {
		body = p.HTML
	}
	fmt.Fprintf(a.Out, "%s\n\n%s\n\n", p.Subject, body)
	for _, name := range p.Missing {
		fmt.Fprintf(a.Err, "Not known for this client: %s\n", name)
	}
}

// CampaignPushCmd stores a folder's campaigns.
type CampaignPushCmd struct {
	Dir string `arg:"" type:"existingdir"`
	As  string `help:"Who wrote them." default:"operator"`
}

// Run stores every campaign without mistakes as a draft, and fails when one has some.
func (c *CampaignPushCmd) Run(app *App) error {
	st, by, now, err := app.openAs(c.As)
	if err != nil {
		return err
	}
	pushed, err := desk.New(st).Push(app.Context(), c.Dir, by, now)
	if err != nil {
		return err
	}
	slots, err := desk.New(st).PushSlots(app.Context(), c.Dir, by, now)
	if err != nil {
		return err
	}
	pushed = append(pushed, slots...)
	mistakes := 0
	for _, p := range pushed {
		mistakes += len(p.Problems)
		switch {
		case len(p.Problems) > 0:
			for _, problem := range p.Problems {
				fmt.Fprintln(app.Out, problem)
			}
			fmt.Fprintf(app.Err, "%s: not stored\n", p.Campaign)
		case p.Changed && p.Slot != "":
			fmt.Fprintf(app.Err, "%s: the text of %s waits for approval\n", p.Campaign, p.Slot)
		case p.Changed:
			fmt.Fprintf(app.Err, "%s: version %d is a draft\n", p.Campaign, p.Version)
		default:
			fmt.Fprintf(app.Err, "%s: unchanged\n", p.Campaign)
		}
	}
	if mistakes > 0 {
		return countMistakes(mistakes)
	}
	return nil
}

// CampaignPullCmd writes campaigns into a folder.
type CampaignPullCmd struct {
	Dir   string   `arg:"" type:"path"`
	Names []string `arg:"" optional:"" help:"All when none is named."`
}

// Run writes definitions and texts as push reads them.
func (c *CampaignPullCmd) Run(app *App) error {
	st, _, err := app.open()
	if err != nil {
		return err
	}
	written, err := desk.New(st).Pull(app.Context(), c.Dir, c.Names...)
	for _, name := range written {
		fmt.Fprintln(app.Out, name)
	}
	return err
}

// CampaignApproveCmd approves a draft.
type CampaignApproveCmd struct {
	Name string `arg:""`
	Slot string `help:"The text of this day instead, for a campaign on slots." placeholder:"DATE"`
	As   string `help:"Who approves." default:"operator"`
}

// Run checks the draft once more and approves it.
func (c *CampaignApproveCmd) Run(app *App) error {
	if _, err := calendar.ParseDate(c.Slot); c.Slot != "" && err != nil {
		return fmt.Errorf("%w: --slot: %w", errUsage, err)
	}
	st, by, now, err := app.openAs(c.As)
	if err != nil {
		return err
	}
	if c.Slot != "" {
		err = app.approveSlot(st, c.Name, c.Slot, by, now)
	} else {
		err = desk.New(st).Approve(app.Context(), c.Name, by, now)
	}
	var mistakes desk.Mistakes
	if errors.As(err, &mistakes) {
		return app.mistakes(mistakes)
	}
	if err != nil {
		return err
	}
	next := "`relance campaign start " + c.Name + "` starts it, unless it runs"
	if c.Slot != "" {
		next = "the text of " + c.Slot + " leaves on its day"
	}
	fmt.Fprintf(app.Err, "Approved %s; %s.\n", c.Name, next)
	return nil
}

func (a *App) approveSlot(st *store.Store, name, slot, by string, now time.Time) error {
	if _, err := st.Campaign(a.Context(), name); err != nil {
		return err
	}
	err := desk.New(st).ApproveSlot(a.Context(), name, slot, time.Time{}, by, now)
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("%w; write it on the campaign's page, or push a folder with slots/%s/%s", err, name, slot)
	}
	return err
}

// CampaignPauseCmd pauses a campaign.
type CampaignPauseCmd struct {
	Name string `arg:""`
	As   string `help:"Who pauses it." default:"operator"`
}

// Run lets nothing leave from now on.
func (c *CampaignPauseCmd) Run(app *App) error {
	return app.turn(c.Name, c.As, "Paused", (*store.Store).PauseCampaign)
}

// CampaignReleaseCmd releases a held campaign.
type CampaignReleaseCmd struct {
	Name string `arg:""`
	As   string `help:"Who has looked at it." default:"operator"`
}

// Run lets it run.
func (c *CampaignReleaseCmd) Run(app *App) error {
	return app.turn(c.Name, c.As, "Released", (*store.Store).ReleaseCampaign)
}

// CampaignStopCmd ends a campaign.
type CampaignStopCmd struct {
	Name string `arg:""`
	As   string `help:"Who stops it." default:"operator"`
}

// Run cancels what was planned.
func (c *CampaignStopCmd) Run(app *App) error {
	return app.turn(c.Name, c.As, "Stopped", (*store.Store).StopCampaign)
}

func (a *App) turn(name, as, done string, change func(*store.Store, context.Context, string, string, time.Time) error) error {
	st, by, now, err := a.openAs(as)
	if err != nil {
		return err
	}
	if err := change(st, a.Context(), name, by, now); err != nil {
		return err
	}
	fmt.Fprintf(a.Err, "%s %s.\n", done, name)
	return nil
}
