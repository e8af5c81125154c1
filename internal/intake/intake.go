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
	Options    importer.Options // win over those of the source; its country, zone and currency are the company's
	By         string           // who asks
	Now        time.Time

	DryRun         bool          // everything but the storing
	AcceptRejected bool          // apply the good rows, however many are rejected
	Wait           time.Duration // for another import under way; 0: store.ErrImportUnderWay at once

	Run      int64                         // a queued run to do; 0: a new one
	Began    func(run int64)               // called once there is a run; nil: not at all
	Progress func(done, total int64)       // bytes; nil: not at all
	PerLine  func(line int64, what string) // see store.ImportSpec; nil: not at all
	Rejected io.Writer                     // gets the rejected rows as a file, see RejectedName; nil: not wanted
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
	Part    importer.Part         `json:"part"` // of orders: all, or only heads or lines
	Shape   importer.Shape        `json:"shape"`
	Preview []importer.PreviewRow `json:"preview"`
}

// previewRows are how many rows a Look shows.
const previewRows = 20

// Look opens the files and stores nothing. Errors wrap importer.ErrFile when a file or the options must be changed.
func (k *Intake) Look(ctx context.Context, req Request) (Look, error) {
	look := Look{Kind: req.Kind, Files: []LookFile{}}
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
		look.Files = append(look.Files, LookFile{Name: req.Files[i].Name, Part: f.Part(), Shape: f.Shape(), Preview: rows})
	}
	return look, nil
}

// Result is what became of an import.
type Result struct {
	importer.Report
	Shapes  []importer.Shape // of the files, in their order; nil when one could not be opened
	Reasons []Reason         // why rows were rejected, the commonest first
}

// Import does what the request asks. The result is complete also on a dry run, and with store.ErrTooManyRejected. Errors
// wrap importer.ErrFile when a file or the options must be changed; then nothing is stored.
func (k *Intake) Import(ctx context.Context, req Request) (Result, error) {
	result := Result{Report: importer.Report{Kind: req.Kind, DryRun: req.DryRun, Source: req.Source, Rejections: []importer.Rejection{}, Notes: []string{}}}
	req, progress := watched(req)
	files, options, err := k.open(ctx, req)
	if err != nil {
		return result, err
	}
	var reasons Reasons
	spec := k.spec(req, progress)
	spec.Rejections = func(all iter.Seq2[importer.Rejection, error]) error {
		return k.handOn(ctx, req, files, spec.Run, reasons.watch(all), all)
	}
	spec.Began = func(run int64) {
		spec.Run = run
		if req.Began != nil {
			req.Began(run)
		}
	}
	result.Report, err = k.store.Import(ctx, spec, files...)
	result.Reasons = reasons.List()
	for _, f := range files {
		result.Shapes = append(result.Shapes, f.Shape())
	}
	if err != nil || req.DryRun || !req.SaveSource || req.Source == "" {
		return result, err
	}
	return result, k.store.SaveSource(ctx, store.Source{Name: req.Source, Kind: req.Kind, Options: options}, req.By, req.Now)
}

func (k *Intake) spec(req Request, progress func(int64)) store.ImportSpec {
	spec := store.ImportSpec{File: strings.Join(namesOf(req.Files), ", "), Source: req.Source, By: req.By, Now: req.Now, Run: req.Run,
		DryRun: req.DryRun, AcceptRejected: req.AcceptRejected, Wait: req.Wait, Progress: progress, PerLine: req.PerLine}
	if len(req.Files) > 1 {
		spec.Names = namesOf(req.Files)
	}
	return spec
}

func namesOf(files []importer.Input) (names []string) {
	for _, in := range files {
		names = append(names, in.Name)
	}
	return names
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
	o.Country, o.Zone, o.Currency = settings["country"], settings.Zone(), settings["currency"]
	o.Scratch = scratch
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
