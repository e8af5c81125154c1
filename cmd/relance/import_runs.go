package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/relance/relance/internal/importer"
	"github.com/relance/relance/internal/store"
)

// ImportUndoCmd takes one import back.
type ImportUndoCmd struct {
	ID     int64  `arg:"" name:"run" help:"Its number, as relance import list has it."`
	DryRun bool   `help:"Say what would go, come back and stay, and change nothing."`
	As     string `help:"Who takes it back." default:"operator"`
	JSON   bool   `help:"One object."`
}

// ImportListCmd lists the history.
type ImportListCmd struct {
	Kind   string `help:"Only this kind." placeholder:"KIND" enum:"clients,contacts,reps,products,orders,activities,contracts," default:""`
	Source string `help:"Only from this source." placeholder:"NAME"`
	Limit  int    `help:"How many." default:"30"`
	JSON   bool   `help:"One object per line."`
}

// ImportRejectedCmd prints the file of a run's rejected rows.
type ImportRejectedCmd struct {
	ID int64 `arg:"" name:"run" help:"Its number, as relance import list has it."`
}

// shownKept is how many kept rows a person is shown; --json has more.
const shownKept = 20

// Run undoes it, or says what that would do.
func (c *ImportUndoCmd) Run(app *App) error {
	st, by, now, err := app.openAs(c.As)
	if err != nil {
		return err
	}
	var done store.Undone
	if c.DryRun {
		done, err = st.PreviewUndo(app.Context(), c.ID, now)
	} else {
		done, err = st.UndoImport(app.Context(), c.ID, by, now)
	}
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("%w; `relance import list` has those there are", err)
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return app.JSON(done)
	}
	return c.tell(app.Out, done)
}

func (c *ImportUndoCmd) tell(out io.Writer, u store.Undone) error {
	var b strings.Builder
	verb := "is undone"
	if c.DryRun {
		verb = "would be undone; nothing was changed"
	}
	fmt.Fprintf(&b, "Import %d of %s %s.\n", u.Run, u.Kind, verb)
	tellTables(&b, "Gone, since it had made them", u.Removed)
	tellTables(&b, "As before again", u.Restored)
	if u.Kept > 0 {
		fmt.Fprintf(&b, "  Kept as it is: %d\n", u.Kept)
	}
	for _, k := range u.List[:min(len(u.List), shownKept)] {
		fmt.Fprintf(&b, "    %s %s: %s\n", k.Noun, strings.TrimSpace(k.Ref+" "+k.Column), keptWords(k))
	}
	if more := u.Kept - shownKept; more > 0 {
		fmt.Fprintf(&b, "    and %d more\n", more)
	}
	if len(u.Later) > 0 {
		fmt.Fprintf(&b, "  Later imports of %s found rows unchanged (run %s): what this one had made is gone all the same; import their files again to have it.\n",
			u.Kind, strings.Trim(fmt.Sprint(u.Later), "[]"))
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func tellTables(b *strings.Builder, title string, rows map[string]int64) {
	var parts []string
	for _, table := range sortedKeys(rows) {
		if rows[table] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", rows[table], tableWord(table, rows[table])))
		}
	}
	if len(parts) > 0 {
		fmt.Fprintf(b, "  %s: %s\n", title, strings.Join(parts, ", "))
	}
}

// tableWord is what people call rows of a table.
func tableWord(table string, n int64) string {
	word := strings.ReplaceAll(strings.TrimSuffix(table, "s"), "_", " ")
	switch {
	case n == 1:
		return word
	case strings.HasSuffix(word, "y"):
		return strings.TrimSuffix(word, "y") + "ies"
	}
	return word + "s"
}

func keptWords(k store.Kept) string {
	switch k.Why {
	case store.KeptLaterRun:
		return fmt.Sprintf("import %d wrote it since", k.Run)
	case store.KeptUsed:
		return fmt.Sprintf("%s of it remain", tableWord(k.By, 2))
	}
	return "somebody changed it since"
}

// runLine is a run as scripts read it.
type runLine struct {
	Run        int64          `json:"run"`
	Kind       importer.Kind  `json:"kind"`
	File       string         `json:"file"`
	Source     *string        `json:"source"`
	By         string         `json:"by"`
	State      store.RunState `json:"state"`
	Error      *string        `json:"error"`
	DryRun     bool           `json:"dry_run"`
	StartedAt  time.Time      `json:"started_at"`
	FinishedAt *time.Time     `json:"finished_at"`
	Read       int64          `json:"read"`
	Created    int64          `json:"created"`
	Updated    int64          `json:"updated"`
	Unchanged  int64          `json:"unchanged"`
	Rejected   int64          `json:"rejected"`
	Undoable   bool           `json:"undoable"`
	UndoneAt   *time.Time     `json:"undone_at"`
	UndoneBy   *string        `json:"undone_by"`
}

// Run prints the history.
func (c *ImportListCmd) Run(app *App) error {
	if c.Limit < 1 {
		return fmt.Errorf("%w: --limit %d; want 1 or more", errUsage, c.Limit)
	}
	st, now, err := app.open()
	if err != nil {
		return err
	}
	runs, err := st.Runs(app.Context(), store.RunFilter{Kind: importer.Kind(c.Kind), Source: c.Source, Limit: c.Limit})
	if err != nil {
		return err
	}
	if c.JSON {
		for _, r := range runs {
			if err := app.JSON(lineOf(r)); err != nil {
				return err
			}
		}
		return nil
	}
	settings, err := st.Settings(app.Context())
	if err != nil {
		return err
	}
	known, err := st.Freshness(app.Context(), now)
	if err != nil {
		return err
	}
	if err := showRuns(app.Out, runs, settings.Zone()); err != nil {
		return err
	}
	_, err = fmt.Fprintln(app.Out, "\n"+knownWords(known))
	return err
}

func lineOf(r store.Run) runLine {
	return runLine{Run: r.ID, Kind: r.Kind, File: r.File, Source: orNil(r.Source), By: r.By, State: r.State, Error: orNil(r.Error), DryRun: r.DryRun,
		StartedAt: r.StartedAt, FinishedAt: momentOrNil(r.FinishedAt), Read: r.Read, Created: r.Created, Updated: r.Updated, Unchanged: r.Unchanged, Rejected: r.Rejected,
		Undoable: r.Undoable, UndoneAt: momentOrNil(r.UndoneAt), UndoneBy: orNil(r.UndoneBy)}
}

// momentOrNil is null for a moment that has not come: == would compare its zone too.
func momentOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func showRuns(out io.Writer, runs []store.Run, zone *time.Location) error {
	table := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "RUN\tWHEN\tKIND\tFILE\tSOURCE\tBY\tSTATE\tREAD\tCREATED\tUPDATED\tUNCHANGED\tREJECTED")
	for _, r := range runs {
		state := string(r.State)
		if r.DryRun {
			state += ", a trial"
		}
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t%d\t%d\t%d\t%d\n", r.ID, r.StartedAt.In(zone).Format("2006-01-02 15:04"), r.Kind, printable(r.File), cmp.Or(r.Source, "-"),
			r.By, state, r.Read, r.Created, r.Updated, r.Unchanged, r.Rejected)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, r := range runs {
		if r.Error == "" {
			continue
		}
		if _, err := fmt.Fprintf(out, "%d: %s\n", r.ID, printable(r.Error)); err != nil {
			return err
		}
	}
	return nil
}

// printable keeps what comes from files from moving the cursor.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, s)
}

// knownWords says how far the orders are known.
func knownWords(k store.Known) string {
	if k.OrdersTo == 0 {
		return "No order is known yet."
	}
	words := fmt.Sprintf("Orders are known up to %s", k.OrdersTo)
	if k.Stale {
		return fmt.Sprintf("%s, which is %d working days old and more than the %d allowed: rules that infer from the absence of orders wait.", words, k.Age, k.Allowed)
	}
	return words + "."
}

// Run prints the file.
func (c *ImportRejectedCmd) Run(app *App) error {
	st, err := app.Store(app.Context())
	if err != nil {
		return err
	}
	err = st.RejectedFile(app.Context(), c.ID, app.Out)
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("%w: it rejected nothing, or they are kept no longer", err)
	}
	return err
}
