package main

import (
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/internal/unify"
)

// ClientsCmd sees to it that one client is there once.
type ClientsCmd struct {
	Duplicates ClientsDuplicatesCmd `cmd:"" help:"Look for clients that are probably one, or branches of one firm, and say why."`
	Merge      ClientsMergeCmd      `cmd:"" help:"Make two clients one: all that hangs on the second goes to the first."`
	Unmerge    ClientsUnmergeCmd    `cmd:"" help:"Part two merged clients again."`
	Merges     ClientsMergesCmd     `cmd:"" reads:"" help:"List the merges that stand."`
	Distinct   ClientsDistinctCmd   `cmd:"" help:"Say that two clients are not the same: they are not proposed again."`
	Group      ClientsGroupCmd      `cmd:"" help:"Show the group of a client, or put it into one."`
}

// ClientsDuplicatesCmd searches and lists.
type ClientsDuplicatesCmd struct {
	Kind  string `enum:"same,branches," default:"" help:"Only these: same (one client twice), branches (places of one firm)." placeholder:"KIND"`
	Limit int    `default:"50" help:"How many to list, the surest first; 0: all."`
	JSON  bool   `help:"One object per line."`
}

// allPairs stands for no limit.
const allPairs = 1 << 30

// Run looks through all clients.
func (c *ClientsDuplicatesCmd) Run(app *App) error {
	st, now, err := app.open()
	if err != nil {
		return err
	}
	found, err := st.RefreshDuplicates(app.Context(), now)
	if err != nil {
		return err
	}
	limit := c.Limit
	if limit <= 0 {
		limit = allPairs
	}
	pairs, err := st.Duplicates(app.Context(), unify.Kind(c.Kind), limit, 0)
	if err != nil {
		return err
	}
	if c.JSON {
		for _, p := range pairs {
			if err := app.JSON(p); err != nil {
				return err
			}
		}
		return nil
	}
	if err := c.show(app, pairs); err != nil {
		return err
	}
	fmt.Fprintf(app.Err, "%d clients: %d are probably there twice, %d are probably branches of one firm.\n", found.Clients, found.Same, found.Branches)
	for _, crowd := range found.Crowds[:min(5, len(found.Crowds))] {
		fmt.Fprintf(app.Err, "Note: %d clients share the %s %s, which says nothing about any two of them.\n", crowd.Clients, crowdNouns[crowd.Code], crowd.Value)
	}
	return nil
}

// crowdNouns are values that many may share.
var crowdNouns = map[unify.Code]string{unify.SamePhone: "number", unify.SameMail: "address", unify.SameDomain: "mail domain", unify.SameSIREN: "SIREN", unify.SameVAT: "VAT number"}

func (c *ClientsDuplicatesCmd) show(app *App, pairs []store.DuplicatePair) error {
	table := tabwriter.NewWriter(app.Out, 0, 4, 2, ' ', 0)
	if len(pairs) > 0 {
		fmt.Fprintln(table, "SCORE\tKIND\tCLIENT\tNAME\tOTHER\tNAME\tBECAUSE")
	}
	for _, p := range pairs {
		var why []string
		for _, r := range p.Reasons {
			why = append(why, reasonWords(r))
		}
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n", p.Score, p.Kind, p.A.Ref, p.A.Name, p.B.Ref, p.B.Name, strings.Join(why, ", "))
	}
	return table.Flush()
}

// reasonWords says one reason.
func reasonWords(r unify.Reason) string {
	words := strings.ReplaceAll(string(r.Code), "_", " ")
	words = strings.Replace(strings.Replace(words, "siren", "SIREN", 1), "vat", "VAT", 1)
	if r.Percent > 0 {
		words += fmt.Sprintf(" (%d %%)", r.Percent)
	}
	if r.Value != "" {
		words += " " + r.Value
	}
	return words
}

// ClientsMergeCmd merges.
type ClientsMergeCmd struct {
	Keep string `arg:"" help:"Ref of the client that stays."`
	Drop string `arg:"" help:"Ref of the client that goes; it finds the other from then on."`
	As   string `help:"Who decides it." default:"operator"`
	JSON bool   `help:"One object."`
}

// Run merges.
func (c *ClientsMergeCmd) Run(app *App) error {
	st, by, now, err := app.openAs(c.As)
	if err != nil {
		return err
	}
	m, err := st.MergeClients(app.Context(), c.Keep, c.Drop, by, now)
	if err != nil {
		return mergeError(err)
	}
	if c.JSON {
		return app.JSON(m)
	}
	fmt.Fprintf(app.Err, "Client %s is now part of %s (merge %d): %s.\n", m.Dropped, m.Kept, m.ID, movedWords(m.Moved))
	if len(m.Filled) > 0 {
		fmt.Fprintf(app.Err, "Filled in: %s.\n", strings.Join(m.Filled, ", "))
	}
	if m.Cancelled > 0 {
		fmt.Fprintf(app.Err, "Cancelled, since it would have come twice: %d planned.\n", m.Cancelled)
	}
	if m.Withdrawn > 0 {
		fmt.Fprintf(app.Err, "Withdrawn, since the same person had withdrawn it at the other client: %d bases.\n", m.Withdrawn)
	}
	fmt.Fprintf(app.Err, "To part them again: relance clients unmerge %d\n", m.ID)
	return nil
}

// movedWords counts what moved.
func movedWords(moved map[string]int64) string {
	return fmt.Sprintf("%d contacts, %d orders, %d contracts, %d activities, %d touches, %d calls",
		moved["contact"], moved["orders"], moved["contract"], moved["activity"], moved["touch"], moved["call"])
}

// mergeError tells what cannot be asked for from what went wrong.
func mergeError(err error) error {
	if errors.Is(err, store.ErrMerge) {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	return err
}

// ClientsUnmergeCmd parts.
type ClientsUnmergeCmd struct {
	Merge int64  `arg:"" help:"Its number, of relance clients merges."`
	As    string `help:"Who decides it." default:"operator"`
	JSON  bool   `help:"One object."`
}

// Run parts two clients again.
func (c *ClientsUnmergeCmd) Run(app *App) error {
	st, by, now, err := app.openAs(c.As)
	if err != nil {
		return err
	}
	u, err := st.UndoMerge(app.Context(), c.Merge, by, now)
	if err != nil {
		return mergeError(err)
	}
	if c.JSON {
		return app.JSON(u)
	}
	fmt.Fprintf(app.Err, "Client %s is itself again: %s.\n", u.Dropped, movedWords(u.Moved))
	for _, s := range u.Stays {
		fmt.Fprintf(app.Out, "  %s %s keeps its %s: %s\n", s.Noun, s.Ref, s.Column, s.Why)
	}
	return nil
}

// ClientsMergesCmd lists.
type ClientsMergesCmd struct {
	Client string `help:"Only those of this client." placeholder:"REF"`
	JSON   bool   `help:"One object per line."`
}

// Run prints the newest first.
func (c *ClientsMergesCmd) Run(app *App) error {
	st, _, err := app.open()
	if err != nil {
		return err
	}
	list, err := st.Merges(app.Context(), c.Client, allPairs)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(app.Out, 0, 4, 2, ' ', 0)
	if !c.JSON {
		fmt.Fprintln(table, "MERGE\tKEPT\tNAME\tDROPPED\tNAME\tBY\tAT")
	}
	for _, m := range list {
		if c.JSON {
			if err := app.JSON(m); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n", m.ID, m.Kept, m.KeptName, m.Dropped, m.DroppedName, m.By, m.At.Format("2006-01-02 15:04"))
	}
	return table.Flush()
}

// ClientsDistinctCmd tells apart.
type ClientsDistinctCmd struct {
	A    string `arg:"" help:"Ref of a client."`
	B    string `arg:"" help:"Ref of the other."`
	Undo bool   `help:"Take it back: they may be proposed again."`
	As   string `help:"Who knows it." default:"operator"`
}

// Run keeps the decision.
func (c *ClientsDistinctCmd) Run(app *App) error {
	st, by, now, err := app.openAs(c.As)
	if err != nil {
		return err
	}
	if c.Undo {
		if err := st.UnmarkDistinct(app.Context(), c.A, c.B, by, now); err != nil {
			return mergeError(err)
		}
		fmt.Fprintf(app.Err, "%s and %s may be proposed again.\n", c.A, c.B)
		return nil
	}
	if err := st.MarkDistinct(app.Context(), c.A, c.B, by, now); err != nil {
		return mergeError(err)
	}
	fmt.Fprintf(app.Err, "%s and %s are two clients.\n", c.A, c.B)
	return nil
}

// ClientsGroupCmd shows a group or changes it.
type ClientsGroupCmd struct {
	Client string `arg:"" help:"Ref of the client."`
	Parent string `arg:"" optional:"" help:"Ref of the client that it belongs to; without it the group is shown."`
	Name   bool   `help:"PARENT may be a free name, of a group that is no client."`
	None   bool   `help:"Take the client out of its group."`
	As     string `help:"Who decides it." default:"operator"`
	JSON   bool   `help:"One object."`
}

// Run shows or changes it.
func (c *ClientsGroupCmd) Run(app *App) error {
	if c.None && c.Parent != "" {
		return fmt.Errorf("%w: --none takes it out of its group; leave the parent away", errUsage)
	}
	if c.Parent == "" && !c.None {
		return c.show(app)
	}
	st, by, now, err := app.openAs(c.As)
	if err != nil {
		return err
	}
	done, err := st.SetGroup(app.Context(), c.Client, c.Parent, c.Name, by, now)
	if err != nil {
		return mergeError(err)
	}
	if c.JSON {
		return app.JSON(done)
	}
	if done.Group == "" {
		fmt.Fprintf(app.Err, "%s is in no group.\n", done.Client)
		return nil
	}
	fmt.Fprintf(app.Err, "%s belongs to %s.\n", done.Client, done.Group)
	return nil
}

func (c *ClientsGroupCmd) show(app *App) error {
	st, _, err := app.open()
	if err != nil {
		return err
	}
	g, err := st.ClientGroup(app.Context(), c.Client)
	if err != nil {
		return err
	}
	if c.JSON {
		return app.JSON(g)
	}
	if g.Name == "" {
		fmt.Fprintf(app.Out, "%s is in no group.\n", c.Client)
		return nil
	}
	fmt.Fprintf(app.Out, "Group %s %s: %d clients, %.2f in twelve months.\n", g.Name, g.Parent, g.Clients, g.Revenue12m)
	table := tabwriter.NewWriter(app.Out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "CLIENT\tNAME\tTOWN\tTWELVE MONTHS")
	for _, m := range g.Members {
		fmt.Fprintf(table, "%s\t%s\t%s\t%.2f\n", m.Ref, m.Name, m.City, m.Revenue12m)
	}
	return table.Flush()
}
