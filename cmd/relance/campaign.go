package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/relance/relance/internal/desk"
	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/templates"
)

// CampaignCmd is all that a marketer does with campaigns.
type CampaignCmd struct {
	List    CampaignListCmd    `cmd:"" reads:"" help:"List the campaigns."`
	Show    CampaignShowCmd    `cmd:"" reads:"" help:"Show a campaign's newest definition."`
	Check   CampaignCheckCmd   `cmd:"" reads:"" help:"Say every mistake in campaigns, or in a folder of them."`
	Count   CampaignCountCmd   `cmd:"" reads:"" help:"Count whom a campaign could reach today, and why not the others."`
	Explain CampaignExplainCmd `cmd:"" reads:"" help:"Say why a client is or is not contacted."`
	Preview CampaignPreviewCmd `cmd:"" reads:"" help:"Show a campaign's texts as a client would get them."`
	Push    CampaignPushCmd    `cmd:"" help:"Store the campaigns of a folder as drafts."`
	Pull    CampaignPullCmd    `cmd:"" reads:"" help:"Write the campaigns into a folder."`
	Approve CampaignApproveCmd `cmd:"" help:"Approve a campaign's draft; its author may not."`
	Start   CampaignStartCmd   `cmd:"" help:"Say what the first pass would plan, ask, and start."`
	Pause   CampaignPauseCmd   `cmd:"" help:"Let nothing leave; planning goes on."`
	Release CampaignReleaseCmd `cmd:"" help:"Let a held campaign run: its next pass is not held."`
	Stop    CampaignStopCmd    `cmd:"" help:"End a campaign: what it had planned is cancelled."`
}

// open gives a command what it needs.
func (a *App) open() (*store.Store, time.Time, error) {
	now, err := a.Now(a.Context())
	return a.store, now, err
}

// CampaignListCmd lists the campaigns.
type CampaignListCmd struct {
	JSON bool `help:"One object per line."`
}

type campaignLine struct {
	Name     string  `json:"name"`
	State    string  `json:"state"`
	Version  *int    `json:"version"` // approved
	Draft    *int    `json:"draft"`   // newer, waits for approval
	PassedOn *string `json:"passed_on"`
	Held     *string `json:"held"`
}

// Run prints them.
func (c *CampaignListCmd) Run(app *App) error {
	st, _, err := app.open()
	if err != nil {
		return err
	}
	list, err := st.Campaigns(app.Context())
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(app.Out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "CAMPAIGN\tSTATE\tVERSION\tDRAFT\tLAST PASS\tHELD")
	for _, g := range list {
		line := campaignLine{Name: g.Name, State: g.State, Version: orNil(g.Version), Draft: orNil(g.Draft), Held: orNil(g.HeldWhy)}
		if !g.PassedOn.IsZero() {
			line.PassedOn = orNil(g.PassedOn.Format(time.DateOnly))
		}
		if c.JSON {
			if err := app.JSON(line); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", line.Name, line.State, shown(line.Version), shown(line.Draft), shown(line.PassedOn), g.HeldWhy)
	}
	if c.JSON {
		return nil
	}
	return table.Flush()
}

// orNil is null for what is not there.
func orNil[T comparable](v T) *T {
	var none T
	if v == none {
		return nil
	}
	return &v
}

func shown[T any](v *T) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprint(*v)
}

// CampaignShowCmd shows a definition.
type CampaignShowCmd struct {
	Name string `arg:""`
	JSON bool   `help:"One object."`
}

// Run prints the draft's definition, else the approved one's.
func (c *CampaignShowCmd) Run(app *App) error {
	st, _, err := app.open()
	if err != nil {
		return err
	}
	g, err := st.Campaign(app.Context(), c.Name)
	if err != nil {
		return err
	}
	v, err := st.Version(app.Context(), g.Newest())
	if err != nil {
		return err
	}
	if c.JSON {
		return app.JSON(map[string]any{"name": g.Name, "state": g.State, "version": v.Number, "author": v.Author,
			"approved_by": orNil(v.ApprovedBy), "source": v.Source, "texts": v.Texts})
	}
	approved := "a draft by " + v.Author
	if v.ApprovedBy != "" {
		approved = fmt.Sprintf("by %s, approved by %s on %s", v.Author, v.ApprovedBy, v.ApprovedAt.Format(time.DateOnly))
	}
	fmt.Fprintf(app.Err, "%s, %s; version %d, %s\n", g.Name, g.State, v.Number, approved)
	fmt.Fprint(app.Out, v.Source)
	return nil
}

// CampaignCheckCmd looks for mistakes.
type CampaignCheckCmd struct {
	Names []string `arg:"" optional:"" name:"campaign or folder" help:"All campaigns when none is named."`
}

// Run prints a line per mistake and fails when there is one.
func (c *CampaignCheckCmd) Run(app *App) error {
	names := c.Names
	if len(names) == 0 {
		st, _, err := app.open()
		if err != nil {
			return err
		}
		all, err := st.Campaigns(app.Context())
		if err != nil {
			return err
		}
		for _, g := range all {
			names = append(names, g.Name)
		}
	}
	var problems []templates.Problem
	for _, name := range names {
		found, err := app.problems(name)
		if err != nil {
			return err
		}
		problems = append(problems, found...)
	}
	return app.mistakes(problems)
}

// problems are the mistakes of a folder, for which no database is needed, or of a campaign that is stored.
func (a *App) problems(name string) ([]templates.Problem, error) {
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir():
		return desk.CheckFolder(name)
	case err == nil && strings.ContainsAny(name, "./"): // as no campaign's name
		return nil, fmt.Errorf("%w: %s is a file; name the folder above its folder: definitions and texts are checked together", errUsage, name)
	}
	st, _, err := a.open()
	if err != nil {
		return nil, err
	}
	found, err := desk.New(st).Problems(a.Context(), name)
	if errors.Is(err, store.ErrNotFound) {
		return nil, fmt.Errorf("%s is neither a folder nor a campaign: %w", name, err)
	}
	return found, err
}

// mistakes prints them on stdout: they are the result.
func (a *App) mistakes(problems []templates.Problem) error {
	for _, p := range problems {
		fmt.Fprintln(a.Out, p)
	}
	if len(problems) > 0 {
		return countMistakes(len(problems))
	}
	fmt.Fprintln(a.Err, "No mistakes.")
	return nil
}

func countMistakes(n int) error {
	if n == 1 {
		return errors.New("1 mistake")
	}
	return fmt.Errorf("%d mistakes", n)
}

// CampaignCountCmd counts an audience.
type CampaignCountCmd struct {
	Name string `arg:""`
	JSON bool   `help:"One object."`
}

// Run counts the newest version's audience as of now.
func (c *CampaignCountCmd) Run(app *App) error {
	st, now, err := app.open()
	if err != nil {
		return err
	}
	definition, problems, err := desk.New(st).Definition(app.Context(), c.Name)
	if err != nil {
		return err
	}
	if definition == nil {
		return desk.Mistakes(problems)
	}
	count, err := st.CountAudience(app.Context(), definition, now)
	if err != nil {
		return err
	}
	if c.JSON {
		return app.JSON(struct {
			Campaign string `json:"campaign"`
			store.AudienceCount
		}{c.Name, count})
	}
	table := tabwriter.NewWriter(app.Out, 0, 4, 2, ' ', 0)
	fmt.Fprintf(table, "clients\t%d\naudience\t%d\ncontactable\t%d\n", count.Clients, count.Audience, count.Contactable)
	for _, key := range sortedKeys(count.Channels) {
		fmt.Fprintf(table, "  by %s\t%d\n", key, count.Channels[key])
	}
	for _, key := range sortedKeys(count.Excluded) {
		fmt.Fprintf(table, "  not: %s\t%d\n", key, count.Excluded[key])
	}
	return table.Flush()
}

// CampaignExplainCmd answers "why didn't X get it?".
type CampaignExplainCmd struct {
	Name     string `arg:""`
	Client   string `arg:"" help:"Its ref."`
	Language string `help:"fr or en; default: the company's." enum:"fr,en," default:""`
	JSON     bool   `help:"One object."`
}

// Run prints a sentence per touch and reason.
func (c *CampaignExplainCmd) Run(app *App) error {
	st, now, err := app.open()
	if err != nil {
		return err
	}
	settings, err := st.Settings(app.Context())
	if err != nil {
		return err
	}
	if c.Language == "" {
		c.Language = settings["language"]
	}
	sentences, err := desk.New(st).Explain(app.Context(), c.Name, c.Client, c.Language, now)
	if err != nil {
		return err
	}
	if c.JSON {
		return app.JSON(map[string]any{"campaign": c.Name, "client": c.Client, "reasons": sentences})
	}
	for _, s := range sentences {
		fmt.Fprintln(app.Out, s)
	}
	return nil
}

// CampaignStartCmd starts a campaign.
type CampaignStartCmd struct {
	Name string `arg:""`
	Yes  bool   `help:"Do not ask."`
	As   string `help:"Who starts it." default:"operator"`
}

// Run shows what the first planning pass would create, with ten examples, and asks before it starts.
func (c *CampaignStartCmd) Run(app *App) error {
	st, by, now, err := app.openAs(c.As)
	if err != nil {
		return err
	}
	g, err := st.Campaign(app.Context(), c.Name)
	if err != nil {
		return err
	}
	if g.VersionID == 0 {
		return fmt.Errorf("campaign %s was never approved; relance campaign approve %s", c.Name, c.Name)
	}
	if g.State == "running" {
		return fmt.Errorf("campaign %s is running already", c.Name)
	}
	report, err := st.FirstPass(app.Context(), c.Name, now)
	if err != nil {
		return err
	}
	if err := app.showFirstPass(st, report); err != nil {
		return err
	}
	if !c.Yes && !app.agreed(fmt.Sprintf("Start %s?", c.Name)) {
		return errors.New("not started")
	}
	if err := st.StartCampaign(app.Context(), c.Name, by, now); err != nil {
		return err
	}
	fmt.Fprintf(app.Err, "Started %s; the next planning pass plans for it; `relance plan` makes one now.\n", c.Name)
	return nil
}

func (a *App) showFirstPass(st *store.Store, r store.PassReport) error {
	fmt.Fprintf(a.Err, "The next pass would plan %d and hold out %d.\n", r.Planned, r.HeldOut)
	for _, reason := range sortedKeys(r.Skipped) {
		fmt.Fprintf(a.Err, "  %d would be skipped: %s\n", r.Skipped[reason], reason)
	}
	clients, err := st.ExampleClients(a.Context(), r.Examples)
	if err != nil {
		return err
	}
	for i, e := range r.Examples {
		fmt.Fprintf(a.Err, "  %s %s: %s, %s, due %s\n", clients[i].Ref, clients[i].Name, e.Touch.Step, e.Touch.Occasion, e.Touch.DueAt.Format("2006-01-02 15:04"))
	}
	return nil
}

// agreed asks on the terminal; anything but yes is no.
func (a *App) agreed(question string) bool {
	fmt.Fprintf(a.Err, "%s [y/N] ", question)
	answer, err := bufio.NewReader(a.In).ReadString('\n')
	if err != nil && answer == "" {
		fmt.Fprintln(a.Err)
		return false
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes", "o", "oui":
		return true
	}
	return false
}
