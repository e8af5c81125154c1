package main

import (
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/relance/relance/internal/calendar"
	"github.com/relance/relance/internal/store"
)

// BasisCmd records why we may contact people.
type BasisCmd struct {
	Declare BasisDeclareCmd `cmd:"" help:"Give a basis to every contact of an audience; refusals win over it."`
	Undo    BasisUndoCmd    `cmd:"" help:"Take a declaration back."`
	List    BasisListCmd    `cmd:"" reads:"" help:"List the declarations."`
}

// BasisDeclareCmd declares a basis in bulk.
type BasisDeclareCmd struct {
	Kind     string `required:"" placeholder:"KIND" help:"consent, information, generic or contract."`
	Source   string `required:"" placeholder:"TEXT" help:"Where it stands, such as 'CGV 2024, art. 12'."`
	On       string `required:"" help:"Since when it holds." placeholder:"DATE"`
	Audience string `help:"A condition over the facts; default: every client." placeholder:"EXPR"`
	Channel  string `help:"mail or call." default:"mail"`
	As       string `help:"Who declares it." default:"operator"`
	JSON     bool   `help:"One object."`
}

// Run declares it.
func (c *BasisDeclareCmd) Run(app *App) error {
	on, err := calendar.ParseDate(c.On)
	if err != nil {
		return fmt.Errorf("%w: --on: %w", errUsage, err)
	}
	st, by, now, err := app.openAs(c.As)
	if err != nil {
		return err
	}
	d, err := st.DeclareBasis(app.Context(), store.Declaration{Kind: c.Kind, Channel: c.Channel, Source: c.Source, HeldOn: on, Audience: c.Audience, DeclaredBy: by}, now)
	if errors.Is(err, store.ErrDeclaration) {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return app.JSON(map[string]any{"declaration": d.ID, "kind": d.Kind, "channel": d.Channel, "source": d.Source, "on": on, "contacts": d.Contacts})
	}
	fmt.Fprintf(app.Err, "Declaration %d gives a basis to %d contacts.\n", d.ID, d.Contacts)
	return nil
}

// BasisUndoCmd takes a declaration back.
type BasisUndoCmd struct {
	ID int64  `arg:"" name:"declaration"`
	As string `help:"Who takes it back." default:"operator"`
}

// Run takes it back.
func (c *BasisUndoCmd) Run(app *App) error {
	st, by, now, err := app.openAs(c.As)
	if err != nil {
		return err
	}
	err = st.UndoBasis(app.Context(), c.ID, by, now)
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("%w, or taken back already; `relance basis list` has them", err)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(app.Err, "Took declaration %d back.\n", c.ID)
	return nil
}

// BasisListCmd lists the declarations.
type BasisListCmd struct{}

// Run prints them, newest first.
func (c *BasisListCmd) Run(app *App) error {
	st, _, err := app.open()
	if err != nil {
		return err
	}
	list, err := st.Declarations(app.Context())
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(app.Out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tKIND\tCHANNEL\tSINCE\tCONTACTS\tBY\tSOURCE\tAUDIENCE")
	for _, d := range list {
		id := fmt.Sprint(d.ID)
		if !d.UndoneAt.IsZero() {
			id += " (undone)"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\n", id, d.Kind, d.Channel, d.HeldOn, d.Contacts, d.DeclaredBy, d.Source, d.Audience)
	}
	return table.Flush()
}
