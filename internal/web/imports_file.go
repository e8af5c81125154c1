package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/relance/relance/internal/clients"
	"github.com/relance/relance/internal/importer"
	"github.com/relance/relance/internal/intake"
	"github.com/relance/relance/internal/look"
	"github.com/relance/relance/internal/store"
)

// filePage shows what a file is taken for, before anything is stored, and lets that be changed.
type filePage struct {
	Frame
	draft
	Action    string // where the form goes
	Files     []fileLook
	Kinds     []importer.Kind
	Sources   []store.Source
	Problem   *saidReason // why it cannot be imported as it is; nil: it can be tried
	Refused   string      // what is wrong with the form itself
	Asks      string      // the setting that the problem asks for
	Saved     importer.Options
	Encodings []string
}

// fileLook is one file of the page.
type fileLook struct {
	Name     string
	Shape    importer.Shape
	Headings []headingRow
	Missing  []string // needed columns that no heading is
	Preview  previewTable
}

// headingRow is a heading with its first cells and what it is taken for.
type headingRow struct {
	Told    string // how the settings name it: with its number when there are several of the name
	Samples []string
	importer.Found
	Choices []importer.Column
}

// previewTable are the first rows as they will be stored, those with a problem as they stand in the file.
type previewTable struct {
	Columns []string
	Rows    []previewLine
}

type previewLine struct {
	Line   int64
	Values []string    // under Columns
	Raw    string      // of a row with a problem
	Column string      // of it
	Reason *saidReason // nil: the row is good
}

// encodings are those that a person can tell.
var encodings = []string{"utf-8", "utf-16", "windows-1252", "iso-8859-15", "macintosh", "cp850"}

// peekRows is how much of a file is shown that does not fit.
const peekRows = 8

// sampleCells is how many cells stand beside a heading.
const sampleCells = 3

// Sheets are those of the workbook, if one of the files is one.
func (p filePage) Sheets() []string {
	for _, f := range p.Files {
		if len(f.Shape.Sheets) > 1 {
			return f.Shape.Sheets
		}
	}
	return nil
}

// signs are those that a person can tell, by setting.
var signs = map[string][]string{"decimal": {"point", "comma"}, "delimiter": {"semicolon", "comma", "tab", "pipe"}, "quote": {"double", "single", "none"}}

// signChoice is one of them.
type signChoice struct {
	Value, Name string
	Chosen      bool
}

// SignChoices are the signs of a setting.
func (p filePage) SignChoices(setting string) (list []signChoice) {
	chosen := map[string]byte{"decimal": p.Saved.Decimal, "delimiter": p.Saved.Delimiter, "quote": p.Saved.Quote}[setting]
	for _, word := range signs[setting] {
		sign, err := importer.ParseSign(word)
		list = append(list, signChoice{word, p.SignName(word), err == nil && sign == chosen})
	}
	return list
}

// SignName is a sign as people say it.
func (p filePage) SignName(word string) string {
	if id := "sign." + word; p.Has(id) {
		return p.T(id)
	}
	return word
}

// DateOrders are those that a person can tell.
func (p filePage) DateOrders() []importer.DateOrder {
	return []importer.DateOrder{importer.DayFirst, importer.MonthFirst, importer.YearFirst, importer.ExcelSerial}
}

// OptionsText is what the settings were when the page was made.
func (p filePage) OptionsText() string {
	text, err := p.Saved.MarshalJSON()
	if err != nil {
		return ""
	}
	return string(text)
}

// Facts says what else was found out and needs no setting.
func (p filePage) Facts() string {
	var facts []string
	first := p.First()
	if first.Packed != "" {
		facts = append(facts, p.T("imports.packed", "how", first.Packed))
	}
	if first.Thousands != "" {
		facts = append(facts, p.T("imports.thousands", "sign", p.SignName(first.Thousands)))
	}
	for _, f := range p.Files {
		facts = append(facts, f.Shape.Notes...)
	}
	return strings.Join(facts, " · ")
}

// First is the first file, whose shape stands beside the settings.
func (p filePage) First() importer.Shape {
	if len(p.Files) == 0 {
		return importer.Shape{}
	}
	return p.Files[0].Shape
}

// Text reports whether the files are cells between delimiters.
func (p filePage) Text() bool { return p.First().Format == "" || p.First().Format == "csv" }

// DatesFound says the orders of dates that were found.
func (p filePage) DatesFound() string {
	var found []string
	for _, f := range p.Files {
		for _, order := range f.Shape.Dates {
			if order != "" && !slices.Contains(found, string(order)) {
				found = append(found, string(order))
			}
		}
	}
	slices.Sort(found)
	for i, order := range found {
		found[i] = p.T("imports.dates." + order)
	}
	return strings.Join(found, ", ")
}

// ColumnName is a column as people say it.
func (f Frame) ColumnName(name string) string { return columnName(f.Reader, name) }

func columnName(reader look.Reader, name string) string {
	if id := "column." + name; reader.Has(id) {
		return reader.T(id)
	}
	return name
}

// columnNames are canonical names between commas as people say them.
func columnNames(reader look.Reader, names string) string {
	list := strings.Split(names, ", ")
	for i, name := range list {
		list[i] = columnName(reader, name)
	}
	return strings.Join(list, ", ")
}

func (s *Site) showFile(w http.ResponseWriter, r *request) error {
	d, err := readDraft(r)
	if err != nil {
		return err
	}
	return s.renderFile(w, r, http.StatusOK, d, "")
}

// renderFile looks at the files; refused is what is wrong with the form that was sent.
func (s *Site) renderFile(w http.ResponseWriter, r *request, status int, d draft, refused string) (err error) {
	inputs, closeAll, err := s.openDraft(r, d)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeAll()) }()
	page := filePage{draft: d, Action: "/uploads/" + r.PathValue("files"), Kinds: importer.Kinds(), Saved: d.Options, Encodings: encodings, Refused: refused}
	look, err := s.intake.Look(r.Context(), intake.Request{Kind: d.Kind, Files: inputs, Source: d.Source, Options: d.Options, By: r.User.Name, Now: r.Now})
	switch {
	case err == nil:
		page.Saved = look.Options
		for _, f := range look.Files {
			page.Files = append(page.Files, s.lookOf(r, d.Kind, f.Name, f.Shape, f.Preview))
		}
	case errors.Is(err, importer.ErrFile):
		page.Problem = s.fileProblem(r, err)
		page.Asks = askedSetting(err)
		page.Files = s.peek(r, d, inputs)
	case errors.Is(err, store.ErrSource):
		page.Refused = r.Reader.T("imports.source_kind")
		page.Source, page.Files = "", s.peek(r, d, inputs)
		status = http.StatusUnprocessableEntity
	default:
		return err
	}
	if page.Sources, err = s.Store.Sources(r.Context()); err != nil {
		return err
	}
	page.Frame = s.frame(r, nameOf(inputs), "imports")
	return s.show(w, status, "import-file", page)
}

func nameOf(inputs []importer.Input) string {
	var names []string
	for _, in := range inputs {
		names = append(names, in.Name)
	}
	return strings.Join(names, ", ")
}

// openDraft brings the files to this machine until closeAll is called.
func (s *Site) openDraft(r *request, d draft) (inputs []importer.Input, closeAll func() error, err error) {
	var spools []*store.Spool
	closeAll = func() (err error) {
		for _, f := range spools {
			err = errors.Join(err, f.Close())
		}
		return err
	}
	for _, id := range d.Uploads {
		spool, err := s.Store.OpenUpload(r.Context(), id)
		if errors.Is(err, store.ErrNotFound) {
			err = errors.Join(refuse(http.StatusNotFound, "error.file_gone"), err)
		}
		if err != nil {
			return nil, nil, errors.Join(err, closeAll())
		}
		spools = append(spools, spool)
		inputs = append(inputs, importer.Input{Name: spool.Upload.Name, In: spool, Size: spool.Size})
	}
	return inputs, closeAll, nil
}

// peek shows what it can of files that do not fit.
func (s *Site) peek(r *request, d draft, inputs []importer.Input) (files []fileLook) {
	for _, in := range inputs {
		p, err := importer.PeekAt(d.Kind, in, d.Options, peekRows)
		if err != nil {
			files = append(files, fileLook{Name: in.Name, Shape: p.Shape})
			continue
		}
		f := s.lookOf(r, d.Kind, in.Name, p.Shape, behindHeadings(p))
		f.Preview = previewTable{Columns: nil}
		for _, row := range p.Rows {
			f.Preview.Rows = append(f.Preview.Rows, previewLine{Line: row.Line, Raw: strings.Join(row.Cells, " · ")})
		}
		files = append(files, f)
	}
	return files
}

// behindHeadings are the rows of a peek whose cells stand under its headings.
func behindHeadings(p importer.Peek) (rows []importer.PreviewRow) {
	for _, row := range p.Rows {
		if row.Line > p.Shape.Header {
			rows = append(rows, row)
		}
	}
	return rows
}

func (s *Site) lookOf(r *request, kind importer.Kind, name string, shape importer.Shape, rows []importer.PreviewRow) fileLook {
	f := fileLook{Name: name, Shape: shape}
	columns := importer.ColumnsOf(kind)
	seen := map[string]int{}
	found := map[string]bool{}
	for i, h := range shape.Columns {
		folded := clients.Fold(h.Heading)
		seen[folded]++
		row := headingRow{Told: h.Heading, Found: h, Choices: columns, Samples: samples(rows, i)}
		if seen[folded] > 1 {
			row.Told = fmt.Sprintf("%s#%d", h.Heading, seen[folded])
		}
		if h.How == "attribute" || h.How == "unused" {
			row.Column = ""
		}
		found[row.Column] = true
		f.Headings = append(f.Headings, row)
	}
	for _, c := range columns {
		if c.Needed && !found[c.Name] {
			f.Missing = append(f.Missing, c.Name)
		}
	}
	f.Preview = s.previewOf(r, columns, rows)
	return f
}

// samples are the first different cells of a column.
func samples(rows []importer.PreviewRow, at int) (cells []string) {
	for _, row := range rows {
		if at >= len(row.Cells) || len(cells) == sampleCells {
			continue
		}
		cell := strings.TrimSpace(row.Cells[at])
		if runes := []rune(cell); len(runes) > 60 {
			cell = string(runes[:60]) + "…"
		}
		if cell != "" && !slices.Contains(cells, cell) {
			cells = append(cells, cell)
		}
	}
	return cells
}

func (s *Site) previewOf(r *request, columns []importer.Column, rows []importer.PreviewRow) (t previewTable) {
	has := func(name string) bool {
		return slices.ContainsFunc(rows, func(row importer.PreviewRow) bool { return row.Values[name] != "" })
	}
	for _, c := range columns {
		if has(c.Name) {
			t.Columns = append(t.Columns, c.Name)
		}
	}
	if has("attributes") {
		t.Columns = append(t.Columns, "attributes")
	}
	for _, row := range rows {
		line := previewLine{Line: row.Line}
		if row.Reason != "" {
			line.Raw, line.Column, line.Reason = strings.Join(row.Cells, " · "), row.Column, s.reason(r, row.Reason)
		}
		for _, name := range t.Columns {
			value := row.Values[name]
			if name == "attributes" {
				value = attributeWords(value)
			}
			line.Values = append(line.Values, value)
		}
		t.Rows = append(t.Rows, line)
	}
	return t
}

// attributeWords says attributes in one line.
func attributeWords(text string) string {
	var values map[string]any
	if json.Unmarshal([]byte(text), &values) != nil {
		return ""
	}
	var words []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if values[name] != nil {
			words = append(words, fmt.Sprintf("%s: %v", name, values[name]))
		}
	}
	return strings.Join(words, " · ")
}
