package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/relance/relance/internal/importer"
	"github.com/relance/relance/internal/store"
)

// SourceCmd tells of the systems that files come from.
type SourceCmd struct {
	List   SourceListCmd   `cmd:"" reads:"" default:"withargs" help:"List the sources, with their last success; list may be left out."`
	Show   SourceShowCmd   `cmd:"" reads:"" help:"Show the saved settings of one."`
	Delete SourceDeleteCmd `cmd:"" help:"Forget the saved settings of one; its imports stay."`
}

// SourceListCmd lists them.
type SourceListCmd struct {
	JSON bool `help:"One object per line."`
}

// SourceShowCmd shows one.
type SourceShowCmd struct {
	Name string `arg:""`
	JSON bool   `help:"One object."`
}

// SourceDeleteCmd forgets one.
type SourceDeleteCmd struct {
	Name string `arg:""`
	As   string `help:"Who forgets it." default:"operator"`
}

// sourceLine is a source as scripts read it.
type sourceLine struct {
	Source        string           `json:"source"`
	Kind          importer.Kind    `json:"kind"`
	Saved         bool             `json:"saved"`
	Options       importer.Options `json:"options"`
	ChangedBy     *string          `json:"changed_by"`
	ChangedAt     *time.Time       `json:"changed_at"`
	LastRun       *int64           `json:"last_run"`
	LastState     *store.RunState  `json:"last_state"`
	LastSuccessAt *time.Time       `json:"last_success_at"`
	NewestOrderOn *string          `json:"newest_order_on"`
}

func sourceLineOf(s store.Source) sourceLine {
	l := sourceLine{Source: s.Name, Kind: s.Kind, Saved: !s.ChangedAt.IsZero(), Options: s.Options, ChangedBy: orNil(s.ChangedBy), ChangedAt: momentOrNil(s.ChangedAt),
		LastRun: orNil(s.LastRun), LastState: orNil(s.LastState), LastSuccessAt: momentOrNil(s.LastSuccess)}
	if !s.NewestOrderOn.IsZero() {
		l.NewestOrderOn = orNil(s.NewestOrderOn.Format(time.DateOnly))
	}
	return l
}

// Run prints a line per source.
func (c *SourceListCmd) Run(app *App) error {
	st, err := app.Store(app.Context())
	if err != nil {
		return err
	}
	sources, err := st.Sources(app.Context())
	if err != nil {
		return err
	}
	if c.JSON {
		for _, s := range sources {
			if err := app.JSON(sourceLineOf(s)); err != nil {
				return err
			}
		}
		return nil
	}
	if len(sources) == 0 {
		fmt.Fprintln(app.Err, "No source is saved; `relance import KIND FILE --source NAME --save` saves one.")
		return nil
	}
	settings, err := st.Settings(app.Context())
	if err != nil {
		return err
	}
	return showSources(app.Out, sources, settings.Zone())
}

func showSources(out io.Writer, sources []store.Source, zone *time.Location) error {
	table := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "SOURCE\tKIND\tSETTINGS\tLAST RUN\tSTATE\tLAST SUCCESS\tORDERS UP TO")
	for _, s := range sources {
		saved, run, success, orders := "not saved", "-", "never", "-"
		if !s.ChangedAt.IsZero() {
			saved = "saved by " + s.ChangedBy
		}
		if s.LastRun != 0 {
			run = fmt.Sprint(s.LastRun)
		}
		if !s.LastSuccess.IsZero() {
			success = s.LastSuccess.In(zone).Format("2006-01-02 15:04")
		}
		if !s.NewestOrderOn.IsZero() {
			orders = s.NewestOrderOn.Format(time.DateOnly)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", s.Name, s.Kind, saved, run, cmp.Or(string(s.LastState), "-"), success, orders)
	}
	return table.Flush()
}

// Run prints the settings as they would be given: a map of columns, and flags.
func (c *SourceShowCmd) Run(app *App) error {
	st, err := app.Store(app.Context())
	if err != nil {
		return err
	}
	s, err := st.Source(app.Context(), c.Name)
	if err != nil {
		return sourceError(err)
	}
	if c.JSON {
		return app.JSON(sourceLineOf(s))
	}
	options, err := json.MarshalIndent(s.Options, "  ", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(app.Out, "%s holds %s; saved by %s on %s\n  %s\n", s.Name, s.Kind, s.ChangedBy, s.ChangedAt.Format(time.DateOnly), options)
	return err
}

// Run forgets it.
func (c *SourceDeleteCmd) Run(app *App) error {
	st, by, now, err := app.openAs(c.As)
	if err != nil {
		return err
	}
	if err := st.DeleteSource(app.Context(), c.Name, by, now); err != nil {
		return sourceError(err)
	}
	fmt.Fprintf(app.Err, "The settings of %s are forgotten; its imports stay.\n", c.Name)
	return nil
}

func sourceError(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("%w; `relance source list` has those there are", err)
	}
	return err
}
