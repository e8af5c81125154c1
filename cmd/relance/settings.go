package main

import (
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/relance/relance/internal/store"
)

// SettingsCmd shows the business settings, or changes some.
type SettingsCmd struct {
	Show SettingsShowCmd `cmd:"" reads:"" default:"withargs" help:"Show the settings with what they mean; show may be left out."`
	Set  SettingsSetCmd  `cmd:"" help:"Change settings: relance settings set company='Maison Brunel' zone=Europe/Paris."`
}

// SettingsShowCmd lists every setting with its value and meaning.
type SettingsShowCmd struct {
	JSON bool `help:"One object per line."`
}

// Run prints the table.
func (c *SettingsShowCmd) Run(app *App) error {
	st, err := app.Store(app.Context())
	if err != nil {
		return err
	}
	values, err := st.Settings(app.Context())
	if err != nil {
		return err
	}
	if c.JSON {
		for _, t := range store.SettingTable {
			if err := app.JSON(map[string]string{"key": t.Key, "value": values[t.Key], "default": t.Default, "meaning": t.Meaning}); err != nil {
				return err
			}
		}
		return nil
	}
	table := tabwriter.NewWriter(app.Out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "SETTING\tVALUE\tMEANING")
	for _, t := range store.SettingTable {
		fmt.Fprintf(table, "%s\t%s\t%s\n", t.Key, values[t.Key], t.Meaning)
	}
	return table.Flush()
}

// SettingsSetCmd changes settings: all of them or none.
type SettingsSetCmd struct {
	Values []string `arg:"" name:"key=value" help:"One or more."`
	As     string   `help:"Who changes them." default:"operator"`
}

// Run checks every pair before the first is stored.
func (c *SettingsSetCmd) Run(app *App) error {
	values := map[string]string{}
	for _, pair := range c.Values {
		key, value, ok := strings.Cut(pair, "=")
		if !ok {
			return fmt.Errorf("%w: %q is not key=value", errUsage, pair)
		}
		values[key] = value
	}
	st, by, now, err := app.openAs(c.As)
	if err != nil {
		return err
	}
	if err := st.ChangeSettings(app.Context(), values, by, now); errors.Is(err, store.ErrSetting) {
		return fmt.Errorf("%w: %w", errUsage, err)
	} else if err != nil {
		return err
	}
	fmt.Fprintf(app.Err, "Changed %d.\n", len(values))
	return nil
}
