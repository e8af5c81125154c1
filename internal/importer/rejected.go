package importer

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
)

// The columns that a file of rejected rows has before those of the original; every later import passes over them.
const (
	rejectedLine   = "relance_line"
	rejectedColumn = "relance_column"
	rejectedReason = "relance_reason"
)

// WriteRejected reads the file once more and writes those of its rows that were rejected, as CSV (UTF-8 with a mark):
// the line, column and reason in front, then the original headings and cells. Rejections come in the order of lines;
// those of lines that are no row are passed over. A cell that a spreadsheet would run as a formula gets a ' in front,
// which importing this file takes off again. The file stands at its end afterwards.
func (f *File) WriteRejected(w io.Writer, rejections iter.Seq2[Rejection, error]) error {
	if err := f.restart(); err != nil {
		return err
	}
	out := &rejectedWriter{w: bufio.NewWriter(w), delimiter: f.source.delimiter()}
	out.w.WriteString("\ufeff")
	out.row([]string{rejectedLine, rejectedColumn, rejectedReason}, f.heading.cells())
	for r, err := range rejections {
		if err != nil {
			return err
		}
		found, err := f.seek(r.Line)
		if err != nil {
			return fmt.Errorf("read the rejected rows again: %w", err)
		}
		if found {
			out.row([]string{strconv.FormatInt(r.Line, 10), r.Column, r.Reason}, f.original)
		}
	}
	return out.w.Flush()
}

// seek reads on to a row that begins on line; not found: there is none, the row after it is next.
func (f *File) seek(line int64) (found bool, err error) {
	for f.pending.line < line {
		f.pending, err = f.rows.next()
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		f.original = f.pending.cells
		if f.pending.problem != "" && len(f.original) == 0 {
			f.original = [][]byte{f.pending.raw}
		}
	}
	return f.pending.line == line, nil
}

// rejectedWriter writes rows of a CSV file.
type rejectedWriter struct {
	w         *bufio.Writer // keeps its first error until Flush
	delimiter byte
}

func (o *rejectedWriter) row(front []string, cells [][]byte) {
	for i, s := range front {
		if i > 0 {
			o.w.WriteByte(o.delimiter)
		}
		o.cell([]byte(s))
	}
	for _, c := range cells {
		o.w.WriteByte(o.delimiter)
		o.cell(neutral(c))
	}
	o.w.WriteString("\r\n")
}

func (o *rejectedWriter) cell(c []byte) {
	text := strings.ToValidUTF8(strings.ReplaceAll(string(c), "\x00", ""), "\ufffd")
	if !strings.ContainsAny(text, "\"\r\n\t,;|"+string(rune(o.delimiter))) && strings.TrimSpace(text) == text {
		o.w.WriteString(text)
		return
	}
	o.w.WriteByte('"')
	o.w.WriteString(strings.ReplaceAll(text, `"`, `""`))
	o.w.WriteByte('"')
}

// neutral puts a ' before what a spreadsheet would run; a number with its sign is none.
func neutral(cell []byte) []byte {
	if !runs(cell) || plain(bytes.ReplaceAll(cell, []byte{','}, []byte{'.'})) {
		return cell
	}
	return append([]byte{'\''}, cell...)
}

// runs reports whether a spreadsheet takes the cell for a formula.
func runs(cell []byte) bool {
	return len(cell) > 0 && bytes.IndexByte([]byte("=+-@\t\r"), cell[0]) >= 0
}

// restored takes off what neutral put in front.
func restored(cell []byte) []byte {
	if len(cell) > 1 && cell[0] == '\'' && runs(cell[1:]) {
		return cell[1:]
	}
	return cell
}
