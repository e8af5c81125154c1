package importer

import (
	"fmt"
	"slices"
	"strings"
)

// File is one file being imported. It is used by one goroutine at a time.
type File struct {
	kind     Kind
	options  Options
	source   source
	packing  packing
	headline headline
	heading  heading // of it
	part     Part
	mended   bool // it is a file of rejected rows, whose cells may have a sign in front

	dates     []DateOrder // of each used column that is a date; "": it has shown none
	decimals  []byte      // of each used column that is a number: '.', ',', or 0 when none has shown one
	thousands rune        // 0: none was seen
	percent   []bool      // of each used column that is a discount: percentages, though they have no sign

	rows     rows
	columns  []string
	cells    [][]byte // of the row being given
	original [][]byte // the same as it stands in the file
	above    above    // of a sparse file
	pending  record   // of seek
	count    int64
	notes    notes
	against  []example // of each used column: what speaks against what was decided
}

// Open looks at the file as a whole (see the package comment) and stands before its first row. Errors wrap ErrFile when
// the file or the options must be changed.
func Open(kind Kind, in Input, o Options) (*File, error) {
	if columns(kind) == nil {
		return nil, fileError("unknown kind %q", kind)
	}
	if o.Country == "" {
		o.Country = "FR"
	}
	f := &File{kind: kind, options: o}
	var err error
	if f.source, f.packing, err = openSource(kind, in, o); err != nil {
		return nil, err
	}
	if f.rows, err = f.source.open(); err != nil {
		return nil, err
	}
	if f.headline = seekHeadline(kind, f.rows, o); f.headline.err != nil {
		return nil, f.headline.err
	}
	f.heading = f.headline.heading
	f.part = f.heading.part(kind)
	f.mended = slices.Contains(f.heading.names, rejectedReason)
	if err := f.look(); err != nil {
		return nil, err
	}
	f.columns = f.outputs()
	f.cells = make([][]byte, len(f.columns))
	return f, f.begin()
}

// begin stands behind the headings, with nothing counted yet.
func (f *File) begin() error {
	f.count, f.notes, f.above = 0, notes{}, above{}
	f.against = make([]example, len(f.heading.used))
	return f.restart()
}

// restart stands behind the headings.
func (f *File) restart() error {
	var err error
	if f.rows, err = f.source.open(); err != nil {
		return err
	}
	f.pending = record{}
	for {
		r, err := f.rows.next()
		if err != nil {
			return fmt.Errorf("find the headings again: %w", err)
		}
		if r.line == f.headline.line {
			return nil
		}
	}
}

// Kind is what the file holds.
func (f *File) Kind() Kind { return f.kind }

// Columns names the cells of each Row: the canonical columns that the file has, and what follows from them (email_key,
// phone_e164; attributes for the headings of clients that are not canonical).
func (f *File) Columns() []string { return f.columns }

// Has reports whether the file has the column: what it has not keeps its value.
func (f *File) Has(column string) bool {
	for _, c := range f.columns {
		if c == column {
			return true
		}
	}
	return false
}

// Ignored are headings that are no column of this kind and kept nowhere.
func (f *File) Ignored() []string {
	if f.kind == Clients {
		return nil
	}
	var names []string
	for _, p := range f.heading.extra {
		names = append(names, f.heading.names[p.cell])
	}
	return names
}

// Read counts the data rows so far, rejected ones included.
func (f *File) Read() int64 { return f.count }

// Next gives the next row, good or bad, or io.EOF. An error that wraps ErrFile may come at the very end too: the file as a
// whole must then be refused, with all the rows that it gave.
func (f *File) Next() (Row, error) {
	r, err := f.rows.next()
	if err != nil {
		return Row{}, f.end(err)
	}
	f.count++
	f.fit(&r)
	f.original, f.notes.row = r.cells, f.notes.row[:0]
	row := Row{Line: r.line, Reason: f.broken(r)}
	if row.Reason == "" {
		row.Column, row.Reason = f.convert(r)
	}
	if row.Reason == "" {
		row.Cells = f.cells
		f.notes.keep(r.line)
	} else if (row.Column == "" || row.Reason == missingCell) && isTotals(r.cells) {
		row.Column, row.Reason = "", "a line of totals, not a row"
	}
	return row, nil
}

// fit gives a row of a format that leaves out empty cells as many as there are headings.
func (f *File) fit(r *record) {
	if !r.loose || r.problem != "" {
		return
	}
	want := len(f.heading.names)
	for len(r.cells) < want {
		r.cells = append(r.cells, nil)
		if r.types != nil {
			r.types = append(r.types, textCell)
		}
	}
	r.cells = r.cells[:want]
}

// broken says why a row is not even one.
func (f *File) broken(r record) string {
	reason := r.problem
	if reason == "" {
		reason = f.heading.wrongWidth(r.cells)
	}
	if reason != "" && r.cut {
		reason = "the file ends in the middle of this line"
	}
	return reason
}

const missingCell = "empty, but needed"

// convert fills f.cells, or says which column is wrong.
func (f *File) convert(r record) (column, reason string) {
	if f.heading.sparse {
		f.fillDown(r)
	}
	for i := range f.heading.used {
		p := &f.heading.used[i]
		cell := f.value(p, r.cells)
		if cell == nil {
			if p.needed {
				return p.name, missingCell
			}
			f.cells[i] = nil
			continue
		}
		var value []byte
		if r.types == nil || r.types[p.cell] == textCell {
			if value, reason = f.read(i, cell); reason != "" {
				f.contrary(i, cell)
			}
		} else {
			value, reason = f.readTyped(i, cell, r.types[p.cell])
		}
		if reason != "" {
			return p.name, quote(cell) + ": " + reason
		}
		f.cells[i] = value
	}
	return f.finish(r)
}

// trimmed takes blanks off a cell, and the sign that WriteRejected put in front.
func (f *File) trimmed(cell []byte) []byte {
	cell = trimmed(cell)
	if f.mended {
		cell = restored(cell)
	}
	return cell
}

// quote shows a cell in a reason, cut when it is long.
func quote(cell []byte) string {
	s := strings.ToValidUTF8(string(cell), "?")
	if runes := []rune(s); len(runes) > 40 {
		s = string(runes[:40]) + "…"
	}
	return `"` + s + `"`
}
