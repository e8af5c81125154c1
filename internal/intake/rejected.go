package intake

import (
	"archive/zip"
	"context"
	"fmt"
	"io"
	"iter"
	"path"
	"strings"

	"github.com/relance/relance/internal/importer"
)

// handOn gives the rejections to those who want them: their counts, the request, and the file of rejected rows, which is
// kept with the run. all may be read several times.
func (k *Intake) handOn(ctx context.Context, req Request, files []*importer.File, run int64, counted, all iter.Seq2[importer.Rejection, error]) error {
	some, err := passThrough(counted, req.Rejections)
	if err != nil || !some {
		return err
	}
	write := func(w io.Writer) error { return writeRejected(w, req.Files, files, all) }
	switch {
	case run != 0:
		kept := func(w io.Writer) error {
			if req.Rejected != nil {
				w = io.MultiWriter(w, req.Rejected)
			}
			return write(w)
		}
		return k.store.KeepRejected(ctx, run, RejectedName(namesOf(req.Files)), req.By, kept, req.Now)
	case req.Rejected != nil:
		return write(req.Rejected)
	}
	return nil
}

// passThrough reads all, through the request's own hand when it has one, and says whether there was any.
func passThrough(all iter.Seq2[importer.Rejection, error], to func(iter.Seq2[importer.Rejection, error]) error) (some bool, err error) {
	seen := func(yield func(importer.Rejection, error) bool) {
		for r, err := range all {
			some = some || err == nil
			if !yield(r, err) {
				return
			}
		}
	}
	if to != nil {
		err := to(seen)
		return some, err
	}
	for _, err := range seen {
		if err != nil {
			return some, err
		}
	}
	return some, nil
}

// RejectedName is what the file of rejected rows of these files is called: CSV, or for several files a zip with one for
// each, under its own name.
func RejectedName(names []string) string {
	return path.Base(strings.ReplaceAll(names[0], `\`, "/")) + rejectedEnd(len(names))
}

func rejectedEnd(files int) string {
	if files > 1 {
		return ".rejected.zip"
	}
	return ".rejected.csv"
}

func writeRejected(w io.Writer, inputs []importer.Input, files []*importer.File, all iter.Seq2[importer.Rejection, error]) error {
	if len(files) == 1 {
		return files[0].WriteRejected(w, all)
	}
	archive := zip.NewWriter(w)
	for i, f := range files {
		member, err := archive.Create(RejectedName([]string{inputs[i].Name}))
		if err != nil {
			return err
		}
		if err := f.WriteRejected(member, ofFile(all, inputs[i].Name)); err != nil {
			return fmt.Errorf("%s: %w", inputs[i].Name, err)
		}
	}
	return archive.Close()
}

func ofFile(all iter.Seq2[importer.Rejection, error], name string) iter.Seq2[importer.Rejection, error] {
	return func(yield func(importer.Rejection, error) bool) {
		for r, err := range all {
			if (err != nil || r.File == name) && !yield(r, err) {
				return
			}
		}
	}
}
