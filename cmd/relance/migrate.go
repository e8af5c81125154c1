package main

import (
	"fmt"

	"github.com/relance/relance/internal/desk"
	"github.com/relance/relance/internal/store"
)

// MigrateCmd brings the database forward.
type MigrateCmd struct {
	Status bool `help:"Only say where it stands; fails when it must be migrated."`
}

// Run migrates, then installs the shipped campaigns as drafts; those that are there already stay as they are.
func (c *MigrateCmd) Run(app *App) error {
	ctx := app.Context()
	if err := app.openServices(ctx, false); err != nil {
		return err
	}
	if c.Status {
		status, err := store.CheckSchema(ctx, app.services.DatabaseURL)
		fmt.Fprintf(app.Out, "schema %d, wanted %d\n", status.Have, status.Want)
		return err
	}
	if err := app.migrate(); err != nil {
		return err
	}
	fmt.Fprintln(app.Err, "The schema fits, and the shipped campaigns are there; `relance campaign list`.")
	return nil
}

// migrate is what migrate and demo share.
func (a *App) migrate() error {
	status, err := store.Migrate(a.ctx, a.services.DatabaseURL)
	if err != nil {
		return err
	}
	if len(status.Applied) > 0 {
		fmt.Fprintf(a.Err, "The database is at version %d now.\n", status.Have)
	}
	st, err := a.Store(a.ctx)
	if err != nil {
		return err
	}
	now, err := st.Now(a.ctx)
	if err != nil {
		return err
	}
	return desk.New(st).InstallShipped(a.ctx, now)
}
