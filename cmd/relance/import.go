package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"text/tabwriter"

	"github.com/goccy/go-yaml"

	"github.com/relance/relance/internal/importer"
	"github.com/relance/relance/internal/store"
)

// ImportCmd reads files of one kind, each in one transaction of its own.
type ImportCmd struct {
	Kind      string   `arg:"" enum:"clients,contacts,reps,products,orders,activities,contracts" help:"What the files hold: clients, contacts, reps, products, orders (a row per line), activities, contracts."`
	Files     []string `arg:"" name:"file" type:"existingfile" help:"CSV with headings; columns are found by their usual French and English names."`
	DryRun    bool     `help:"Do everything, report it, and take it back."`
	Map       string   `type:"existingfile" placeholder:"FILE" help:"YAML: canonical column, colon, heading in the file."`
	Dates     string   `enum:"dmy,mdy,iso," default:"" placeholder:"ORDER" help:"Day or month first (dmy, mdy, iso), where the file does not tell."`
	Decimal   string   `enum:"point,comma," default:"" placeholder:"SIGN" help:"Decimal sign (point or comma), where the file does not tell."`
	Delimiter string   `placeholder:"SIGN" help:"What parts the cells; found out otherwise. Write tab for a tab."`
	Encoding  string   `placeholder:"NAME" help:"utf-8, windows-1252 or utf-16; found out otherwise."`
	JSON      bool     `help:"One object per file."`
}

// shownRejections is how many rejected lines a person is shown per file; --json has them all.
const shownRejections = 20

// Run imports the files in the order given and stops at the first that cannot be read at all.
func (c *ImportCmd) Run(app *App) error {
	options, err := c.options(app)
	if err != nil {
		return err
	}
	rejected := false
	for _, name := range c.Files {
		report, err := c.importFile(app, name, options)
		if errors.Is(err, importer.ErrFile) {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err != nil {
			return err
		}
		if err := c.show(app, name, report); err != nil {
			return err
		}
		rejected = rejected || report.Rejected > 0
	}
	if rejected {
		return errRejected
	}
	return nil
}

// options are what the flags and the company's settings say about the files.
func (c *ImportCmd) options(app *App) (importer.Options, error) {
	var o importer.Options
	st, err := app.Store(app.Context())
	if err != nil {
		return o, err
	}
	settings, err := st.Settings(app.Context())
	if err != nil {
		return o, err
	}
	o = importer.Options{Dates: importer.DateOrder(c.Dates), Encoding: c.Encoding, Country: settings["country"], Zone: settings.Zone()}
	switch {
	case c.Decimal == "point":
		o.Decimal = '.'
	case c.Decimal == "comma":
		o.Decimal = ','
	}
	switch {
	case c.Delimiter == "tab" || c.Delimiter == `\t`:
		o.Delimiter = '\t'
	case len(c.Delimiter) == 1 && c.Delimiter != `"`:
		o.Delimiter = c.Delimiter[0]
	case c.Delimiter != "":
		return o, fmt.Errorf("%w: --delimiter %q: want one sign, or tab", errUsage, c.Delimiter)
	}
	o.Map, err = readMap(c.Map)
	return o, err
}

func readMap(name string) (map[string]string, error) {
	if name == "" {
		return nil, nil
	}
	source, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var columns map[string]string
	if err := yaml.Unmarshal(source, &columns); err != nil {
		return nil, fmt.Errorf("%w: %s: want lines such as `ref: Code client`: %w", errUsage, name, err)
	}
	return columns, nil
}

func (c *ImportCmd) importFile(app *App, name string, options importer.Options) (importer.Report, error) {
	var report importer.Report
	st, err := app.Store(app.Context())
	if err != nil {
		return report, err
	}
	now, err := app.Now(app.Context())
	if err != nil {
		return report, err
	}
	in, err := os.Open(name)
	if err != nil {
		return report, err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return report, err
	}
	watched := &interruptible{in: in, ctx: app.Context()}
	file, err := importer.Open(importer.Kind(c.Kind), importer.Input{Name: name, In: watched, Size: info.Size()}, options)
	if err != nil {
		return report, err
	}
	if ignored := file.Ignored(); len(ignored) > 0 {
		fmt.Fprintf(app.Err, "Note: %s: not used for %s: %s\n", name, c.Kind, strings.Join(ignored, ", "))
	}
	progress := newProgress(app.Err)
	defer progress.done()
	return st.Import(app.Context(), store.ImportSpec{
		File: name, By: operator, Now: now, DryRun: c.DryRun, Progress: showPosition(progress, watched, name, info.Size()),
	}, file)
}

// interruptible is a file whose reading ends with the context, since looking at a whole file takes its time, and that
// knows how far it was read.
type interruptible struct {
	in  io.ReaderAt
	ctx context.Context
	at  atomic.Int64
}

func (f *interruptible) ReadAt(b []byte, off int64) (int, error) {
	if err := f.ctx.Err(); err != nil {
		return 0, err
	}
	f.at.Store(off)
	return f.in.ReadAt(b, off)
}

// showPosition shows how much of the file has been read.
func showPosition(p *progress, in *interruptible, name string, size int64) func(int64) {
	if !p.terminal {
		return nil
	}
	return func(int64) { p.show(name, in.at.Load(), size) }
}

func (c *ImportCmd) show(app *App, name string, r importer.Report) error {
	if c.JSON {
		return app.JSON(r)
	}
	table := tabwriter.NewWriter(app.Out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "file\tkind\tread\tcreated\tupdated\tunchanged\trejected\trun")
	run := fmt.Sprint(r.Run)
	if r.DryRun {
		run = "dry run, nothing stored"
	}
	fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t%s\n", name, r.Kind, r.Read, r.Created, r.Updated, r.Unchanged, r.Rejected, run)
	if err := table.Flush(); err != nil {
		return err
	}
	return showRejections(app.Out, r.Rejections)
}

func showRejections(out io.Writer, rejections []importer.Rejection) error {
	for i, r := range rejections {
		if i == shownRejections {
			_, err := fmt.Fprintf(out, "  … and %d more rejected lines; --json has them all\n", len(rejections)-i)
			return err
		}
		column := ""
		if r.Column != "" {
			column = r.Column + ": "
		}
		if _, err := fmt.Fprintf(out, "  line %d: %s%s\n", r.Line, column, r.Reason); err != nil {
			return err
		}
	}
	return nil
}
