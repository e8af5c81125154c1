package main

import (
	"fmt"
	"slices"
	"text/tabwriter"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/store"
)

// TouchesCmd lists touches.
type TouchesCmd struct {
	Campaign string `help:"Of this campaign." placeholder:"NAME"`
	State    string `help:"In this state: planned, sent, skipped …"`
	Client   string `help:"Of this client." placeholder:"REF"`
	JSON     bool   `help:"One object per line."`
}

// Run prints them by due time.
func (c *TouchesCmd) Run(app *App) error {
	if c.State != "" && !slices.Contains(campaigns.States, campaigns.State(c.State)) {
		return fmt.Errorf("%w: --state %s", errUsage, oneOf(c.State, campaigns.States))
	}
	st, _, err := app.open()
	if err != nil {
		return err
	}
	filter := store.TouchFilter{Campaign: c.Campaign, State: campaigns.State(c.State), Client: c.Client}
	if c.JSON {
		return st.EachTouch(app.Context(), filter, func(t store.ListedTouch) error { return app.JSON(t) })
	}
	table := tabwriter.NewWriter(app.Out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tCLIENT\tCAMPAIGN\tSTEP\tOCCASION\tTRIGGERED\tDUE\tSTATE\tREASON\tOUTCOME")
	err = st.EachTouch(app.Context(), filter, func(t store.ListedTouch) error {
		_, err := fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", t.ID, t.Client, t.Campaign, t.Step, t.Occasion, t.TriggeredOn,
			t.DueAt.Format("2006-01-02 15:04"), t.State, shown(t.Reason), shown(t.Outcome))
		return err
	})
	if err != nil {
		return err
	}
	return table.Flush()
}

// ResultsCmd tells what became of a campaign's touches.
type ResultsCmd struct {
	Campaign string `arg:""`
	JSON     bool   `help:"One object."`
}

// Run prints the sum, written out.
func (c *ResultsCmd) Run(app *App) error {
	st, _, err := app.open()
	if err != nil {
		return err
	}
	r, err := st.Results(app.Context(), c.Campaign)
	if err != nil {
		return err
	}
	if c.JSON {
		return app.JSON(r)
	}
	fmt.Fprintf(app.Out, "planned %d", r.Planned())
	sign := "="
	for _, s := range campaigns.States {
		if n := r.States[s]; n > 0 {
			fmt.Fprintf(app.Out, " %s %s %d", sign, r.Key(s), n)
			sign = "+"
		}
	}
	fmt.Fprintln(app.Out)
	if r.Finished() {
		fmt.Fprintln(app.Out, "finished")
	}
	return nil
}
