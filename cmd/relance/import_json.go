package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"

	"github.com/relance/relance/internal/importer"
)

// writeRejections writes them as the inside of a JSON list.
func writeRejections(w io.Writer, all iter.Seq2[importer.Rejection, error]) error {
	out := bufio.NewWriter(w)
	first := true
	for r, err := range all {
		if err != nil {
			return err
		}
		if !first {
			out.WriteByte(',')
		}
		first = false
		line, err := plainJSON(r)
		if err != nil {
			return err
		}
		out.Write(line)
	}
	return out.Flush()
}

// report prints the report as one line with every rejection in it, which may be millions: they come from the disk.
func (l *rejectionList) report(w io.Writer, r importer.Report) error {
	r.Rejections, r.More = []importer.Rejection{}, false
	whole, err := plainJSON(r)
	if err != nil {
		return err
	}
	before, after, found := bytes.Cut(whole, []byte(`"rejections":[`)) // in a value, its quotes have a sign in front
	if !found {
		return fmt.Errorf("the report has no list of rejections: %s", whole)
	}
	out := bufio.NewWriter(w)
	out.Write(before)
	out.WriteString(`"rejections":[`)
	if l.file != nil {
		if _, err := l.file.Seek(0, io.SeekStart); err != nil {
			return err
		}
		if _, err := io.Copy(out, l.file); err != nil {
			return err
		}
	}
	out.Write(after)
	out.WriteByte('\n')
	return out.Flush()
}

// plainJSON leaves <, > and & as they are, as App.JSON does.
func plainJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return bytes.TrimRight(b.Bytes(), "\n"), err
}
