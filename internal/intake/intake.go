// Package intake is the one way of a file into the company's data, whoever brings it: a command, a page, the API, or the
// watched folder.
//
//  1. Options are put together: what is saved of the file's source, and over it what was told this time; the company's
//     country and zone come from its settings.
//  2. Look opens the files and shows what they are taken for, without a trace: encoding, signs, columns, first rows.
//  3. Import opens them, hands them to the store as one run, and writes the rejected rows as a file that can be corrected
//     and imported again.
//  4. What a page asks for waits in the database as a queued run; RunQueued does it in a worker.
//
// Reading files is the importer's, changing data the store's; this package joins the two.
package intake

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"maps"
	"strings"
	"time"

	"github.com/relance/relance/internal/importer"
	"github.com/relance/relance/internal/store"
)

// Intake brings files to one store. It is safe for concurrent use.
type Intake struct {
	store *store.Store
	log   *slog.Logger
}

// New returns the intake of a store.
func New(st *store.Store, log *slog.Logger) *Intake { return &Intake{store: st, log: log} }

// Request is what somebody wants imported.
type Request struct {
	Kind       importer.Kind
	Files      []importer.Input // one; of orders also two, one with the heads and one with the lines
	Source     string           // saved or new; "": none
	SaveSource bool             // keep the options under Source, once the import is done
	Options    importer.Options // win over those of the source; its country and zone are the company's
	By         string           // who asks
	Now        time.Time

	DryRun         bool          // everything but the storing
	AcceptRejected bool          // apply the good rows, however many are rejected
	Wait           time.Duration // for another import under way; 0: store.ErrImportUnderWay at once

	Run      int64                         // a queued run to do; 0: a new one
	Began    func(run int64)               // called once there is a run; nil: not at all
	Progress func(done, total int64)       // bytes; nil: not at all
	PerLine  func(line int64, what string) // see store.ImportSpec; nil: not at all
	Rejected io.Writer                     // gets the rejected rows as a file; nil: not wanted
	// Rejections is given every rejection by file and line; nil: not wanted. The report has the first of them anyway.
	Rejections func(iter.Seq2[importer.Rejection, error]) error
}

// Look is what files are taken for, before anything is imported.
type Look struct {
	Kind    importer.Kind    `json:"kind"`
	Options importer.Options `json:"options"` // the source's and the request's together
	Files   []LookFile       `json:"files"`
}

// LookFile is one file of a Look.
type LookFile struct {
	Name    string                `json:"name"`
	Shape   importer.Shape        `json:"shape"`
	Preview []importer.PreviewRow `json:"preview"`
}

// previewRows are how many rows a Look shows.
const previewRows = 20

// Look opens the files and stores nothing. Errors wrap importer.ErrFile when a file or the options must be changed.
func (k *Intake) Look(ctx context.Context, req Request) (Look, error) {
	look := Look{Kind: req.Kind}
	files, options, err := k.open(ctx, req)
	if err != nil {
		return look, err
	}
	look.Options = options
	for i, f := range files {
		rows, err := f.Preview(previewRows)
		if err != nil {
			return look, fmt.Errorf("%s: %w", req.Files[i].Name, err)
		}
		look.Files = append(look.Files, LookFile{Name: req.Files[i].Name, Shape: f.Shape(), Preview: rows})
	}
	return look, nil
}

// Import does what the request asks. The report is complete also on a dry run, and with store.ErrTooManyRejected. Errors
// wrap importer.ErrFile when a file or the options must be changed; then nothing is stored.
func (k *Intake) Import(ctx context.Context, req Request) (importer.Report, error) {
	files, options, err := k.open(ctx, req)
	if err != nil {
		return importer.Report{Kind: req.Kind, DryRun: req.DryRun, Source: req.Source, Rejections: []importer.Rejection{}, Notes: []string{}}, err
	}
	report, err := k.store.Import(ctx, k.spec(req, files), files...)
	if err != nil || req.DryRun || !req.SaveSource || req.Source == "" {
		return report, err
	}
	return report, k.store.SaveSource(ctx, store.Source{Name: req.Source, Kind: req.Kind, Options: options}, req.By, req.Now)
}

func (k *Intake) spec(req Request, files []*importer.File) store.ImportSpec {
	var names []string
	for _, in := range req.Files {
		names = append(names, in.Name)
	}
	spec := store.ImportSpec{File: strings.Join(names, ", "), Source: req.Source, By: req.By, Now: req.Now, Run: req.Run,
		DryRun: req.DryRun, AcceptRejected: req.AcceptRejected, Wait: req.Wait, Began: req.Began, PerLine: req.PerLine, Rejections: req.Rejections}
	if len(names) > 1 {
		spec.Names = names
	}
	return spec
}

// open opens the request's files with all that is known about them.
func (k *Intake) open(ctx context.Context, req Request) ([]*importer.File, importer.Options, error) {
	options, err := k.options(ctx, req)
	if err != nil {
		return nil, options, err
	}
	var files []*importer.File
	for _, in := range req.Files {
		in.In = interruptible{in.In, ctx}
		f, err := importer.Open(req.Kind, in, options)
		if err != nil {
			return nil, options, fmt.Errorf("%s: %w", in.Name, err)
		}
		files = append(files, f)
	}
	return files, options, nil
}

// options are those of the source, with the request's over them.
func (k *Intake) options(ctx context.Context, req Request) (importer.Options, error) {
	var o importer.Options
	settings, err := k.store.Settings(ctx)
	if err != nil {
		return o, err
	}
	if req.Source != "" {
		source, err := k.store.Source(ctx, req.Source)
		switch {
		case err == nil && source.Kind != req.Kind:
			return o, fmt.Errorf("%w: %q holds %s, not %s", store.ErrSource, req.Source, source.Kind, req.Kind)
		case err == nil:
			o = source.Options
		case !errors.Is(err, store.ErrNotFound):
			return o, err
		}
	}
	o = over(o, req.Options)
	o.Country, o.Zone = settings["country"], settings.Zone()
	return o, nil
}

// over gives base where told says nothing.
func over(base, told importer.Options) importer.Options {
	if len(told.Map) > 0 {
		merged := maps.Clone(base.Map)
		if merged == nil {
			merged = map[string]string{}
		}
		maps.Copy(merged, told.Map)
		base.Map = merged
	}
	base.Dates = cmp.Or(told.Dates, base.Dates)
	base.Decimal = cmp.Or(told.Decimal, base.Decimal)
	base.Delimiter = cmp.Or(told.Delimiter, base.Delimiter)
	base.Quote = cmp.Or(told.Quote, base.Quote)
	base.Encoding = cmp.Or(told.Encoding, base.Encoding)
	base.Header = cmp.Or(told.Header, base.Header)
	base.Sheet = cmp.Or(told.Sheet, base.Sheet)
	base.Member = cmp.Or(told.Member, base.Member)
	return base
}

// interruptible is an input whose reading ends with the context: looking at a whole file takes its time.
type interruptible struct {
	io.ReaderAt
	ctx context.Context
}

func (f interruptible) ReadAt(b []byte, at int64) (int, error) {
	if err := f.ctx.Err(); err != nil {
		return 0, err
	}
	return f.ReaderAt.ReadAt(b, at)
}
