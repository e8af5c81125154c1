package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/store"
)

// PlanCmd makes one planning pass.
type PlanCmd struct {
	Campaign []string `help:"Only these; default: all that are running." placeholder:"NAME"`
	DryRun   bool     `help:"Count the same and change nothing."`
	JSON     bool     `help:"One object per campaign."`
}

// Run plans, and prints a line per campaign.
func (c *PlanCmd) Run(app *App) error {
	st, now, err := app.open()
	if err != nil {
		return err
	}
	reports, err := st.Plan(app.Context(), now, store.PlanOptions{DryRun: c.DryRun, Campaigns: c.Campaign})
	if err != nil {
		return err
	}
	if c.JSON {
		for _, r := range reports {
			if err := app.JSON(r); err != nil {
				return err
			}
		}
		return nil
	}
	if len(reports) == 0 {
		fmt.Fprintln(app.Err, "No campaign is running.")
		return nil
	}
	table := tabwriter.NewWriter(app.Out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "CAMPAIGN\tPLANNED\tREARMED\tCANCELLED\tHELD OUT\tSKIPPED\tHELD")
	for _, r := range reports {
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%s\t%s\n", r.Campaign, r.Planned, r.Rearmed, r.Cancelled, r.HeldOut, byReason(r.Skipped), shown(r.Held))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	known, err := st.Freshness(app.Context(), now)
	if err == nil && known.Stale && known.OrdersTo != 0 {
		fmt.Fprintln(app.Err, "Note:", knownWords(known))
	}
	return err
}

// byReason writes "3 no_basis, 1 too_late".
func byReason(counts map[campaigns.Reason]int) string {
	if len(counts) == 0 {
		return "0"
	}
	var parts []string
	for _, reason := range sortedKeys(counts) {
		parts = append(parts, fmt.Sprintf("%d %s", counts[reason], reason))
	}
	return strings.Join(parts, ", ")
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// ForecastCmd plans ahead without planning.
type ForecastCmd struct {
	Days int  `help:"From today on." default:"30"`
	JSON bool `help:"One object per campaign and day."`
}

// Run prints what each day would bring, as the facts stand now.
func (c *ForecastCmd) Run(app *App) error {
	if c.Days < 1 || c.Days > 366 {
		return fmt.Errorf("%w: --days %d; want 1 to 366", errUsage, c.Days)
	}
	st, now, err := app.open()
	if err != nil {
		return err
	}
	outlooks, err := st.Forecast(app.Context(), now, c.Days)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(app.Out, 0, 4, 2, ' ', 0)
	if !c.JSON {
		fmt.Fprintln(table, "DAY\tCAMPAIGN\tPLANNED\tHELD OUT\tSKIPPED")
	}
	for _, o := range outlooks {
		if c.JSON {
			if err := app.JSON(o); err != nil {
				return err
			}
		} else if o.Planned+o.HeldOut+len(o.Skipped) > 0 {
			fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%s\n", o.Day, o.Campaign, o.Planned, o.HeldOut, byReason(o.Skipped))
		}
	}
	return table.Flush()
}
