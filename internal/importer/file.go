package importer

import (
	"encoding/json"
	"errors"
	"io"
	"sort"
	"strings"

	"github.com/relance/relance/internal/clients"
)

// File is one file being imported. It is read once, by one goroutine.
type File struct {
	kind    Kind
	options Options
	in      io.ReadSeeker
	shape   shape
	heading heading
	dates   []DateOrder // of each used column that is a date
	decimal byte        // '.', ',', or 0: no number has shown one

	records    *records
	columns    []string
	cells      [][]byte // of the row being given
	count      int64
	rejections []Rejection
	reasons    map[string]string // each reason once, however many rows have it
}

// Open looks at the file as a whole (see the package comment) and stands before its first row. The caller closes in.
// Errors wrap ErrFile when the file or the options must be changed.
func Open(kind Kind, in io.ReadSeeker, o Options) (*File, error) {
	if columns(kind) == nil {
		return nil, fileError("unknown kind %q", kind)
	}
	if o.Country == "" {
		o.Country = "FR"
	}
	f := &File{kind: kind, options: o, in: in, rejections: []Rejection{}, reasons: map[string]string{}}
	var err error
	if f.shape, err = look(in, o); err != nil {
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

// Rejections are the rows put aside so far, by Next and by Reject, in the order of lines.
func (f *File) Rejections() []Rejection {
	sort.SliceStable(f.rejections, func(i, j int) bool { return f.rejections[i].Line < f.rejections[j].Line })
	return f.rejections
}

// Reject puts a line aside for what only the database could tell. It may be called once Next gave io.EOF.
func (f *File) Reject(line int64, column, reason string) {
	if same, ok := f.reasons[reason]; ok {
		reason = same
	} else if len(f.reasons) < 10000 {
		f.reasons[reason] = reason
	}
	f.rejections = append(f.rejections, Rejection{line, column, reason})
}

// Next gives the next good row, or io.EOF.
func (f *File) Next() (Row, error) {
	for {
		r, err := f.records.next()
		if err != nil {
			return Row{}, err
		}
		f.count++
		column, reason := "", r.problem
		if reason == "" {
			reason = f.heading.wrongWidth(r.cells)
		}
		if reason == "" {
			column, reason = f.convert(r.cells)
		}
		if reason == "" {
			return Row{r.line, f.cells}, nil
		}
		f.Reject(r.line, column, reason)
	}
}

// convert fills f.cells, or says which column is wrong.
func (f *File) convert(cells [][]byte) (column, reason string) {
	for i := range f.heading.used {
		p := &f.heading.used[i]
		cell := trimmed(cells[p.cell])
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
		if f.cell("amount") == nil && (f.cell("quantity") == nil || f.cell("unit_price") == nil) {
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
		if cell := trimmed(cells[p.cell]); cell != nil {
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
