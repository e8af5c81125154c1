package importer

import "github.com/relance/relance/internal/clients"

// readTyped gives a cell whose type the format knows its one form; at is the place among the used columns.
func (f *File) readTyped(at int, cell []byte, t cellType) (value []byte, reason string) {
	form := f.heading.used[at].form
	switch {
	case t == nestedCell:
		return nil, nestedReason
	case t != numberCell:
		return f.read(at, cell)
	}
	switch form {
	case number:
		return readNumber(nil, cell, '.')
	case fraction:
		return readShare(nil, cell, '.', f.percent[at])
	case whole:
		return readWhole(nil, cell, '.')
	case date, moment:
		if isSerial(cell) { // the format of a number, but the only day that it can be
			cell, _ = momentOf(cell, style{date: true}, f.from1904())
		}
	}
	return f.read(at, cell)
}

const nestedReason = "a list or an object; write one value, or one row for each"

// nestedExtra finds a cell that no attribute can hold.
func (f *File) nestedExtra(r record) (column, reason string) {
	for _, p := range f.heading.extra {
		if r.types != nil && r.types[p.cell] == nestedCell {
			return p.name, quote(r.cells[p.cell]) + ": " + nestedReason
		}
	}
	return "", ""
}

// from1904 reports whether a workbook counts days from 1904 on.
func (f *File) from1904() bool {
	s, is := f.source.(*sheetSource)
	return is && s.book.from1904
}

// isTotals recognises what spreadsheets and reports write below a table.
func isTotals(cells [][]byte) bool {
	for _, c := range cells {
		if c = trimmed(c); c == nil {
			continue
		}
		switch clients.Fold(string(c)) {
		case "total", "totaux", "totals", "soustotal", "subtotal", "grandtotal", "totalgeneral", "totalht", "totalttc":
			return true
		}
		return false
	}
	return false
}
