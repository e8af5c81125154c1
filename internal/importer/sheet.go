package importer

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"
	"unicode/utf8"
)

// sheetSource is one sheet of a workbook.
type sheetSource struct {
	book  *workbook
	sheet sheetPart
}

// lastRow is far behind the last that a sheet may have.
const lastRow = 1 << 40

// widest is the most columns that a sheet may have.
const widest = 1 << 14

func (s *sheetSource) open() (rows, error) {
	in, err := s.book.part(s.sheet.path)
	if err != nil {
		return nil, err
	}
	return &sheetRows{book: s.book, xml: newXMLReader(in)}, nil
}

func (s *sheetSource) describe(shape *Shape) {
	shape.Format, shape.Sheet, shape.Sheets = "xlsx", s.sheet.name, s.book.names()
}

func (s *sheetSource) delimiter() byte { return ';' }

// sheetRows reads row by row. A formula gives the value that was computed last; an error such as #N/A is empty.
type sheetRows struct {
	book  *workbook
	xml   *xmlReader
	line  int64
	ended bool

	cells [][]byte
	types []cellType
	texts []byte // behind the cells
	raw   []byte // of one value
}

// next gives the next row that has a cell, under its number in the sheet.
func (s *sheetRows) next() (record, error) {
	for !s.ended {
		t, err := s.xml.next()
		if errors.Is(err, io.EOF) {
			return record{}, fileError("the workbook is damaged: its sheet ends in the middle")
		}
		if err != nil {
			return record{}, err
		}
		switch name := string(t.name); {
		case name == "sheetData" && t.kind != openTag, name == "worksheet" && t.kind == closeTag:
			s.ended = true
		case name == "row" && t.kind != closeTag:
			r, err := s.row(t)
			if err != nil || !blank(r.cells) || r.problem != "" {
				return r, err
			}
		}
	}
	return record{}, io.EOF
}

func blank(cells [][]byte) bool {
	return !slices.ContainsFunc(cells, func(c []byte) bool { return len(bytes.TrimSpace(c)) > 0 })
}

// row reads the cells of a row whose tag was read.
func (s *sheetRows) row(tag xmlToken) (record, error) {
	s.line++
	if n, err := strconv.ParseInt(string(tag.attr("r")), 10, 64); err == nil && n > s.line && n < lastRow {
		s.line = n
	}
	s.cells, s.types, s.texts = s.cells[:0], s.types[:0], s.texts[:0]
	r := record{line: s.line, loose: true}
	for tag.kind == openTag {
		t, err := s.xml.next()
		if errors.Is(err, io.EOF) {
			return r, errBrokenXML
		}
		if err != nil {
			return r, err
		}
		name := string(t.name)
		if name == "row" && t.kind == closeTag {
			break
		}
		if name != "c" || t.kind == closeTag {
			continue
		}
		problem, err := s.cell(t)
		if err != nil {
			return r, err
		}
		if problem != "" {
			r.problem = problem
		}
	}
	r.cells, r.types = s.cells, s.types
	return r, nil
}

// cell reads a cell whose tag was read, and puts it where its reference says, else behind the last one.
func (s *sheetRows) cell(tag xmlToken) (problem string, err error) {
	at := len(s.cells)
	if ref := tag.attr("r"); ref != nil {
		at = columnOf(ref)
	}
	kind, look := string(tag.attr("t")), s.style(tag.attr("s"))
	s.raw = s.raw[:0]
	if tag.kind == openTag {
		if err := s.value(); err != nil {
			return "", err
		}
	}
	if at < len(s.cells) || at >= widest {
		return "its cells are not in order", nil
	}
	for len(s.cells) < at {
		s.cells, s.types = append(s.cells, nil), append(s.types, textCell)
	}
	cell, t, problem, err := s.read(kind, look)
	if err != nil {
		return "", err
	}
	if !utf8.Valid(cell) || bytes.IndexByte(cell, 0) >= 0 {
		cell, problem = nil, "holds signs that no text may hold"
	}
	s.cells, s.types = append(s.cells, s.keep(cell)), append(s.types, t)
	return problem, nil
}

// keep copies a cell to where it lives as long as the row.
func (s *sheetRows) keep(cell []byte) []byte {
	if len(cell) == 0 {
		return nil
	}
	start := len(s.texts)
	s.texts = append(s.texts, cell...)
	return s.texts[start:len(s.texts):len(s.texts)]
}

// value reads the content of a cell up to its end into s.raw.
func (s *sheetRows) value() error {
	inside := false
	for {
		t, err := s.xml.next()
		if errors.Is(err, io.EOF) {
			return errBrokenXML
		}
		if err != nil {
			return err
		}
		switch name := string(t.name); {
		case t.kind == textToken:
			if inside {
				s.raw = t.appendText(s.raw)
			}
		case name == "c" && t.kind == closeTag:
			return nil
		case name == "v":
			inside = t.kind == openTag
		case name == "is" && t.kind == openTag:
			if s.raw, err = s.xml.richText("is", s.raw); err != nil {
				return err
			}
		}
	}
}

func (s *sheetRows) style(at []byte) style {
	n, err := strconv.Atoi(string(at))
	if err != nil || n < 0 || n >= len(s.book.styles) {
		return style{}
	}
	return s.book.styles[n]
}

// columnOf is the place that a reference such as AB12 tells, from 0; widest when it tells none.
func columnOf(ref []byte) int {
	n := 0
	for _, c := range ref {
		if !isLetter(c) {
			break
		}
		if n = n*26 + int(c|0x20-'a') + 1; n > widest {
			return widest
		}
	}
	if n == 0 {
		return widest
	}
	return n - 1
}
