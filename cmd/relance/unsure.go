package main

import (
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/relance/relance/internal/store"
)

// UnsureCmd settles sends whose outcome nobody knows.
type UnsureCmd struct {
	List  UnsureListCmd  `cmd:"" reads:"" default:"withargs" help:"List sends that left and whose outcome is not known; list may be left out."`
	Sent  UnsureSentCmd  `cmd:"" help:"Say that one arrived."`
	Again UnsureAgainCmd `cmd:"" help:"Send one again: it did not arrive, or may arrive twice."`
}

// UnsureListCmd lists them.
type UnsureListCmd struct {
	JSON bool `help:"One object per line."`
}

// Run prints the oldest first.
func (c *UnsureListCmd) Run(app *App) error {
	st, _, err := app.open()
	if err != nil {
		return err
	}
	list, err := st.ListUnsure(app.Context())
	if err != nil {
		return err
	}
	if c.JSON {
		for _, u := range list {
			if err := app.JSON(u); err != nil {
				return err
			}
		}
		return nil
	}
	if len(list) == 0 {
		fmt.Fprintln(app.Out, "Nothing is unsure.")
		return nil
	}
	table := tabwriter.NewWriter(app.Out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tLEFT\tCAMPAIGN\tSTEP\tCLIENT\tADDRESS\tATTEMPT\tWHY\tLAST WORDS")
	for _, u := range list {
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\n", u.ID, u.LeftAt.Format("2006-01-02 15:04"), u.Campaign, u.Step, u.Client, u.Address, u.Attempt, u.Reason, u.Words)
	}
	return table.Flush()
}

// UnsureSentCmd settles one as sent.
type UnsureSentCmd struct {
	ID int64  `arg:"" help:"From the list."`
	As string `help:"Who knows it." default:"operator"`
}

// Run settles it.
func (c *UnsureSentCmd) Run(app *App) error {
	st, by, now, err := app.openAs(c.As)
	if err != nil {
		return err
	}
	if err := unsureError(st.SettleSent(app.Context(), c.ID, by, now)); err != nil {
		return err
	}
	fmt.Fprintf(app.Out, "%d is sent.\n", c.ID)
	return nil
}

// UnsureAgainCmd plans one again.
type UnsureAgainCmd struct {
	ID int64  `arg:"" help:"From the list."`
	As string `help:"Who decides it." default:"operator"`
}

// Run plans it again; the checks are asked anew.
func (c *UnsureAgainCmd) Run(app *App) error {
	st, by, now, err := app.openAs(c.As)
	if err != nil {
		return err
	}
	if err := unsureError(st.SendAgain(app.Context(), c.ID, by, now)); err != nil {
		return err
	}
	fmt.Fprintf(app.Out, "%d is planned again.\n", c.ID)
	return nil
}

// unsureError says what to do about an id that cannot be settled.
func unsureError(err error) error {
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrConflict) {
		return fmt.Errorf("%w; `relance unsure` lists those that can be settled", err)
	}
	return err
}
