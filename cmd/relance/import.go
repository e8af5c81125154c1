package main

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/relance/relance/internal/importer"
	"github.com/relance/relance/internal/intake"
	"github.com/relance/relance/internal/store"
)

// ImportCmd brings files in, and takes imports back.
type ImportCmd struct {
	Files    ImportFilesCmd    `cmd:"" default:"withargs" help:"Read files of one kind: relance import clients clients.csv. The word files may be left out."`
	Undo     ImportUndoCmd     `cmd:"" help:"Take an import back: rows that it made go, what it changed is as before."`
	List     ImportListCmd     `cmd:"" reads:"" help:"List the imports, the newest first, and how far the orders are known."`
	Rejected ImportRejectedCmd `cmd:"" reads:"" help:"Print the rejected rows of an import as a file to correct and import again."`
}

// ImportFilesCmd reads files of one kind, each in one transaction of its own; orders in two files are one import.
type ImportFilesCmd struct {
	Kind  string   `arg:"" enum:"clients,contacts,reps,products,orders,activities,contracts" help:"What the files hold: clients, contacts, reps, products, orders, activities, contracts."`
	Files []string `arg:"" name:"file" type:"existingfile" help:"CSV, an Excel workbook (xlsx) or JSON Lines, as it is or packed (gzip, zip); - is standard input. Orders may come as two files: heads and lines."`

	DryRun         bool          `help:"Do everything, report it, and take it back."`
	Look           bool          `help:"Only show what the files are taken for, and their first rows."`
	AcceptRejected bool          `help:"Apply the good rows, however many are rejected."`
	Rejected       string        `placeholder:"FILE" help:"Write the rejected rows there, with their reasons, to correct and import again."`
	Wait           time.Duration `placeholder:"5m" help:"Wait that long for another import to end."`

	Source    string `placeholder:"NAME" help:"The system that the files come from: its saved settings are used."`
	Save      bool   `help:"Save the settings given here under --source."`
	Map       string `type:"existingfile" placeholder:"FILE" help:"YAML: canonical column, colon, heading in the file; an empty heading leaves the column out."`
	Dates     string `enum:"dmy,mdy,iso,excel," default:"" placeholder:"ORDER" help:"Day or month first (dmy, mdy, iso, excel), where the file does not tell."`
	Decimal   string `enum:"point,comma," default:"" placeholder:"SIGN" help:"Decimal sign (point or comma), where the file does not tell."`
	Delimiter string `placeholder:"SIGN" help:"What parts the cells: the sign, or semicolon, comma, tab, pipe."`
	Quote     string `placeholder:"SIGN" help:"What stands around cells: double, single or none."`
	Encoding  string `placeholder:"NAME" help:"utf-8, utf-16, windows-1252 or iso-8859-15."`
	Header    int64  `placeholder:"LINE" help:"The line of the headings, from 1."`
	Sheet     string `placeholder:"NAME" help:"The sheet of a workbook."`
	Member    string `placeholder:"NAME" help:"The file in an archive."`

	As   string `help:"Who imports." default:"operator"`
	JSON bool   `help:"One object per import, with every rejection."`
}

// Run imports the files in the order given and stops at the first that cannot be applied.
func (c *ImportFilesCmd) Run(app *App) error {
	req, err := c.request()
	if err != nil {
		return err
	}
	st, by, now, err := app.openAs(c.As)
	if err != nil {
		return err
	}
	req.By, req.Now = by, now
	inputs, closeAll, err := c.open(app)
	if err != nil {
		return err
	}
	defer closeAll()
	req.Files = inputs
	k := intake.New(st, app.Log)
	groups, err := k.Groups(app.Context(), req)
	if err != nil {
		return importError(err)
	}
	if len(groups) > 1 && c.Rejected != "" {
		return fmt.Errorf("%w: --rejected: it takes the rows of one import, and this command line makes %d; give the files one by one", errUsage, len(groups))
	}
	rejected := false
	for _, files := range groups {
		req.Files = files
		some, err := c.one(app, k, req)
		if err != nil {
			return importError(err)
		}
		rejected = rejected || some
	}
	if rejected {
		return errRejected
	}
	return nil
}

// one looks at one import's files, or imports them, and says whether rows were rejected.
func (c *ImportFilesCmd) one(app *App, k *intake.Intake, req intake.Request) (rejected bool, err error) {
	if c.Look {
		look, err := k.Look(app.Context(), req)
		if err != nil {
			return false, err
		}
		if c.JSON {
			return false, app.JSON(look)
		}
		return false, look.Tell(app.Out)
	}
	progress := newProgress(app.Err)
	defer progress.done()
	if progress.terminal {
		req.Progress = func(done, total int64) { progress.show(namesOf(req.Files), done, total) }
	}
	out := &rejectedFile{name: c.Rejected}
	if c.Rejected != "" {
		req.Rejected = out
	}
	var list rejectionList
	if c.JSON {
		defer list.close()
		req.Rejections = list.write
	}
	result, err := k.Import(app.Context(), req)
	progress.done()
	err = errors.Join(err, out.close())
	if err != nil && !errors.Is(err, store.ErrTooManyRejected) {
		return false, err
	}
	if c.JSON {
		err = errors.Join(list.report(app.Out, result.Report), err)
	} else {
		err = errors.Join(c.tell(app.Out, req, result), err)
	}
	if errors.Is(err, store.ErrTooManyRejected) {
		err = fmt.Errorf("%w. %s", err, commonest(result.Reasons))
	}
	return result.Rejected > 0, err
}

// tell prints the result for people, and what they may do next.
func (c *ImportFilesCmd) tell(out io.Writer, req intake.Request, r intake.Result) error {
	if err := r.Tell(out, strings.Split(namesOf(req.Files), ", ")); err != nil {
		return err
	}
	var next []string
	switch {
	case r.Rejected == 0:
	case c.Rejected != "":
		next = append(next, "The rejected rows are in "+c.Rejected+": correct them and import that file.")
	case r.Run != 0:
		next = append(next, fmt.Sprintf("The rejected rows as a file to correct and import again: relance import rejected %d > FILE", r.Run))
	default:
		next = append(next, "With --rejected FILE you get the rejected rows as a file to correct and import again.")
	}
	if r.Applied {
		next = append(next, fmt.Sprintf("Run %d. To take it back: relance import undo %d", r.Run, r.Run))
	}
	for _, line := range next {
		if _, err := fmt.Fprintf(out, "  %s\n", line); err != nil {
			return err
		}
	}
	return nil
}

// commonest tells the three commonest reasons, and what to do.
func commonest(reasons []intake.Reason) string {
	var words []string
	for _, r := range reasons[:min(len(reasons), 3)] {
		words = append(words, r.String())
	}
	return "Most often: " + strings.Join(words, "; ") + ". --rejected FILE gives the rows to correct; --accept-rejected applies the others"
}

// importError adds what a person at the command line can do.
func importError(err error) error {
	switch {
	case errors.Is(err, store.ErrImportUnderWay):
		return fmt.Errorf("%w; --wait 5m waits for it", err)
	case errors.Is(err, store.ErrSource):
		return fmt.Errorf("%w: --source: %w", errUsage, err)
	}
	return err
}

func namesOf(files []importer.Input) string {
	var names []string
	for _, in := range files {
		names = append(names, in.Name)
	}
	return strings.Join(names, ", ")
}

// request is what the flags say.
func (c *ImportFilesCmd) request() (intake.Request, error) {
	req := intake.Request{Kind: importer.Kind(c.Kind), Source: c.Source, SaveSource: c.Save, DryRun: c.DryRun, AcceptRejected: c.AcceptRejected, Wait: c.Wait}
	if c.Save && (c.Source == "" || c.DryRun || c.Look) {
		return req, fmt.Errorf("%w: --save keeps the settings of an import that is done, under --source NAME", errUsage)
	}
	o := importer.Options{Dates: importer.DateOrder(c.Dates), Encoding: c.Encoding, Header: c.Header, Sheet: c.Sheet, Member: c.Member}
	for _, sign := range []struct {
		to         *byte
		flag, word string
	}{{&o.Decimal, "decimal", c.Decimal}, {&o.Delimiter, "delimiter", c.Delimiter}, {&o.Quote, "quote", c.Quote}} {
		var err error
		if *sign.to, err = importer.ParseSign(sign.word); err != nil {
			return req, fmt.Errorf("%w: --%s: %w", errUsage, sign.flag, err)
		}
	}
	if o.Delimiter == '"' || o.Delimiter == 'n' {
		return req, fmt.Errorf("%w: --delimiter %q: want one sign, or semicolon, comma, tab, pipe", errUsage, c.Delimiter)
	}
	var err error
	o.Map, err = readMap(c.Map)
	req.Options = o
	return req, err
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

// open opens all files; standard input is brought to a temporary one, since a file is read more than once.
func (c *ImportFilesCmd) open(app *App) (inputs []importer.Input, closeAll func(), err error) {
	var files []*os.File
	closeAll = func() {
		for _, f := range files {
			f.Close()
		}
	}
	defer func() {
		if err != nil {
			closeAll()
		}
	}()
	for _, name := range c.Files {
		var f *os.File
		shown := name
		if name == "-" {
			shown = "standard input"
			f, err = spool(app.In)
		} else {
			f, err = os.Open(name)
		}
		if err != nil {
			return nil, closeAll, err
		}
		files = append(files, f)
		info, err := f.Stat()
		if err != nil {
			return nil, closeAll, err
		}
		if info.IsDir() {
			return nil, closeAll, fmt.Errorf("%w: %s is a folder", errUsage, name)
		}
		if c.Rejected != "" && sameFile(info, c.Rejected) {
			return nil, closeAll, fmt.Errorf("%w: --rejected %s is the file to import", errUsage, c.Rejected)
		}
		inputs = append(inputs, importer.Input{Name: shown, In: f, Size: info.Size()})
	}
	return inputs, closeAll, nil
}

func sameFile(info os.FileInfo, name string) bool {
	other, err := os.Stat(name)
	return err == nil && os.SameFile(info, other)
}

// spool keeps a stream in a temporary file without a name.
func spool(in io.Reader) (*os.File, error) {
	f, err := os.CreateTemp("", "relance-import-*")
	if err != nil {
		return nil, fmt.Errorf("keep standard input: %w", err)
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, fmt.Errorf("keep standard input: %w", err)
	}
	if in == nil {
		return f, nil
	}
	if _, err := io.Copy(f, in); err != nil {
		f.Close()
		return nil, fmt.Errorf("keep standard input: %w", err)
	}
	return f, nil
}

// rejectedFile comes to be with its first byte: there is none when nothing was rejected.
type rejectedFile struct {
	name string
	file *os.File
}

func (r *rejectedFile) Write(b []byte) (int, error) {
	if r.file == nil {
		var err error
		// It holds what the original does: for the one who imports alone.
		if r.file, err = os.OpenFile(filepath.Clean(r.name), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600); err != nil {
			return 0, err
		}
	}
	return r.file.Write(b)
}

func (r *rejectedFile) close() error {
	if r.file == nil {
		return nil
	}
	return r.file.Close()
}

// rejectionList holds all rejections on disk until the report around them is known.
type rejectionList struct{ file *os.File }

func (l *rejectionList) write(all iter.Seq2[importer.Rejection, error]) error {
	var err error
	if l.file, err = spool(nil); err != nil {
		return err
	}
	return writeRejections(l.file, all)
}

func (l *rejectionList) close() {
	if l.file != nil {
		l.file.Close()
	}
}
