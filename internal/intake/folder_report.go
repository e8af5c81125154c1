package intake

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/relance/relance/internal/store"
)

// What stands behind a file's name in the names of its reports.
const (
	reportWords = ".report.txt"
	reportJSON  = ".report.json"
)

// folderReport is the report as programs read it: that of the command line, and why the file failed.
type folderReport struct {
	Error string `json:"error,omitempty"`
	Result
}

// MarshalJSON leaves out what only people read.
func (r folderReport) MarshalJSON() ([]byte, error) {
	whole, err := json.Marshal(r.Report)
	if err != nil || r.Error == "" {
		return whole, err
	}
	words, err := json.Marshal(r.Error)
	return append(append([]byte(`{"error":`), words...), append([]byte{','}, whole[1:]...)...), err
}

// report writes what became of the files beside where they go, and notes in the claim that it is decided.
func (f *Folder) report(ctx context.Context, c *claim, r Result, failure error) error {
	base := c.into(string(c.As[0]))
	var words bytes.Buffer
	failed := folderReport{Result: r}
	if failure != nil {
		failed.Error = failure.Error()
		fmt.Fprintf(&words, "Failed: %s\n\n", failure)
	}
	if len(r.Shapes) > 0 {
		if err := r.Tell(&words, c.titles()); err != nil {
			return err
		}
	}
	if r.Applied {
		fmt.Fprintf(&words, "  Run %d. To take it back: relance import undo %d\n", r.Run, r.Run)
	}
	program, err := json.MarshalIndent(failed, "", "  ")
	if err != nil {
		return err
	}
	err = errors.Join(writeFile(base+reportWords, words.Bytes()), writeFile(base+reportJSON, append(program, '\n')), f.rejected(ctx, base, len(c.As), r))
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	c.Reported = true
	return c.write()
}

// rejected writes the file of rejected rows, as the run keeps it.
func (f *Folder) rejected(ctx context.Context, base string, files int, r Result) error {
	if r.Run == 0 || r.Rejected == 0 {
		return nil
	}
	return whole(base+rejectedEnd(files), func(w io.Writer) error {
		err := f.intake.store.RejectedFile(ctx, r.Run, w)
		if errors.Is(err, store.ErrNotFound) { // purged meanwhile
			return nil
		}
		return err
	})
}

func writeFile(path string, text []byte) error {
	return whole(path, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

// whole writes a file that is there complete, or not at all.
func whole(path string, write func(io.Writer) error) error {
	out, err := os.OpenFile(path+".tmp", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o640)
	if err != nil {
		return err
	}
	if err := errors.Join(write(out), out.Close()); err != nil {
		return errors.Join(err, os.Remove(path+".tmp"))
	}
	return os.Rename(path+".tmp", path)
}
