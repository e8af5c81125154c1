package importer

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/relance/relance/internal/clients"
)

// File is one file being imported. It is used by one goroutine at a time.
type File struct {
	kind    Kind
	options Options
	in      io.ReadSeeker
	shape   shape
	heading heading
	header  int64 // line of the headings
	part    Part
	dates   []DateOrder // of each used column that is a date
	decimal byte        // '.', ',', or 0: no number has shown one
	mended  bool        // it is a file of rejected rows, whose cells may have a sign in front

	records  *records
	columns  []string
	cells    [][]byte // of the row being given
	original [][]byte // the same as it stands in the file
	pending  record   // of seek
	notes    notes
	count    int64
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
	f := &File{kind: kind, options: o, in: io.NewSectionReader(in.In, 0, in.Size)}
	var err error
	if f.shape, err = look(f.in, o); err != nil {
		return nil, err
	}
	if err := f.begin(); err != nil {
		return nil, err
	}
	if err := f.survey(); err != nil {
		return nil, err
	}
	f.columns = f.outputs()
	f.cells = make([][]byte, len(f.columns))
	return f, f.begin()
}

// begin reads the heading and stands behind it.
func (f *File) begin() error {
	var err error
	if f.records, err = f.shape.open(f.in); err != nil {
		return err
	}
	first, err := f.records.next()
	if errors.Is(err, io.EOF) {
		return fileError("it is empty; the first line must hold the headings")
	}
	if err != nil {
		return err
	}
	if first.problem != "" {
		return fileError("its heading %s", first.problem)
	}
	f.heading, err = understand(f.kind, first.cells, f.options.Map)
	f.header, f.part, f.pending, f.count, f.notes = first.line, f.heading.part(f.kind), record{}, 0, notes{}
	f.mended = slices.Contains(f.heading.names, rejectedReason)
	return err
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

// Next gives the next row, good or bad, or io.EOF.
func (f *File) Next() (Row, error) {
	r, err := f.records.next()
	if err != nil {
		return Row{}, err
	}
	f.count++
	f.original, f.notes.row = r.cells, f.notes.row[:0]
	row := Row{Line: r.line, Reason: r.problem}
	if row.Reason == "" {
		row.Reason = f.heading.wrongWidth(r.cells)
	}
	if row.Reason == "" {
		row.Column, row.Reason = f.convert(r.cells)
	}
	if row.Reason == "" {
		row.Cells = f.cells
		f.notes.keep(r.line)
	}
	return row, nil
}

// convert fills f.cells, or says which column is wrong.
func (f *File) convert(cells [][]byte) (column, reason string) {
	for i := range f.heading.used {
		p := &f.heading.used[i]
		cell := f.trimmed(cells[p.cell])
		if cell == nil {
			if p.needed {
				return p.name, "empty, but needed"
			}
			f.cells[i] = nil
			continue
		}
		value, reason := f.read(i, cell)
		if reason != "" {
			return p.name, quote(cell) + ": " + reason
		}
		f.cells[i] = value
	}
	return f.finish(cells)
}

// trimmed takes blanks off a cell, and the sign that WriteRejected put in front.
func (f *File) trimmed(cell []byte) []byte {
	cell = trimmed(cell)
	if f.mended {
		cell = restored(cell)
	}
	return cell
}

// outputs names the cells of a row: used columns, then what follows from them.
func (f *File) outputs() []string {
	var names []string
	for _, p := range f.heading.used {
		names = append(names, p.name)
	}
	if f.heading.has("phone") && f.kind != Reps {
		names = append(names, "phone_e164")
	}
	if f.heading.has("email") && f.kind != Reps {
		names = append(names, "email_key")
	}
	if f.kind == Clients && len(f.heading.extra) > 0 {
		names = append(names, "attributes")
	}
	return names
}

// finish fills the cells that follow from others, and checks what concerns several.
func (f *File) finish(cells [][]byte) (column, reason string) {
	for i := len(f.heading.used); i < len(f.columns); i++ {
		switch f.columns[i] {
		case "phone_e164":
			f.cells[i] = f.phoneNumber()
		case "email_key":
			f.cells[i] = nil
			if key, ok := clients.EmailKey(string(f.cell("email"))); ok {
				f.cells[i] = []byte(key)
			}
		case "attributes":
			f.cells[i] = f.attributes(cells)
		}
	}
	switch f.kind {
	case Clients:
		return f.checkSIREN()
	case Contacts:
		return f.checkBases()
	case Orders:
		if f.part != Heads && f.cell("amount") == nil && (f.cell("quantity") == nil || f.cell("unit_price") == nil) {
			return "amount", "neither an amount, nor a quantity with a unit price"
		}
	}
	return "", ""
}

// cell gives the value of a used column in the row; nil: empty, or not in the file.
func (f *File) cell(name string) []byte {
	for i, c := range f.columns {
		if c == name {
			return f.cells[i]
		}
	}
	return nil
}

func (f *File) phoneNumber() []byte {
	typed := f.cell("phone")
	if typed == nil {
		return nil
	}
	from := f.options.Country
	if c := f.cell("country"); c != nil {
		from = string(c)
	}
	number, ok := clients.Phone(string(typed), from)
	if !ok {
		return nil
	}
	return []byte(number)
}

// checkSIREN wants a true SIREN of French clients; what other countries write there is kept as it is.
func (f *File) checkSIREN() (column, reason string) {
	at := f.heading.at("siren")
	if at < 0 || f.cells[at] == nil {
		return "", ""
	}
	if c := f.cell("country"); (c == nil && f.options.Country != "FR") || (c != nil && string(c) != "FR") {
		return "", ""
	}
	siren, ok := clients.SIREN(string(f.cells[at]))
	if !ok {
		return "siren", quote(f.cells[at]) + ": not a SIREN or SIRET (wrong length or check digit)"
	}
	f.cells[at] = []byte(siren)
	return "", ""
}

// checkBases wants a source and a date for what a person must be able to prove.
func (f *File) checkBases() (column, reason string) {
	for _, name := range [...]string{"mail_basis", "call_basis"} {
		basis := clients.BasisKind(f.cell(name))
		switch {
		case basis == "" || basis == clients.Generic && name == "mail_basis":
			continue
		case basis == clients.Generic:
			return name, "a call has no generic basis"
		case basis == clients.Contract && name == "mail_basis":
			return name, "a contract is a basis for calls only"
		case f.cell("basis_source") == nil:
			return "basis_source", "empty, but needed to prove " + name
		case f.cell("basis_on") == nil:
			return "basis_on", "empty, but needed to prove " + name
		}
	}
	return "", ""
}

// attributes writes the cells that are no canonical column as JSON; an empty one is null, which clears it.
func (f *File) attributes(cells [][]byte) []byte {
	values := make(map[string]*string, len(f.heading.extra))
	for _, p := range f.heading.extra {
		values[p.name] = nil
		if cell := f.trimmed(cells[p.cell]); cell != nil {
			value := strings.Clone(string(mended(cell)))
			values[p.name] = &value
		}
	}
	out, err := json.Marshal(values)
	if err != nil { // strings always have a form
		return nil
	}
	return out
}

// quote shows a cell in a reason, cut when it is long.
func quote(cell []byte) string {
	s := strings.ToValidUTF8(string(cell), "?")
	if runes := []rune(s); len(runes) > 40 {
		s = string(runes[:40]) + "…"
	}
	return `"` + s + `"`
}
