package importer

import (
	"errors"
	"io"
)

// Column is a canonical column of a kind, for those who say which heading is meant.
type Column struct {
	Name   string
	Needed bool // of orders, amount too: itself, or quantity and unit_price
}

// ColumnsOf lists the columns of a kind, those that are needed first; nil for an unknown kind.
func ColumnsOf(kind Kind) []Column {
	var list []Column
	for _, needed := range []bool{true, false} {
		for _, c := range columns(kind) {
			if c.needed == needed {
				list = append(list, Column{c.name, needed})
			}
		}
	}
	return list
}

// Peek is what a file shows that cannot be imported as it is: its first rows, and as much of its shape as is clear.
type Peek struct {
	Shape Shape
	Rows  []PreviewRow // from its very beginning, without values
}

// PeekAt reads the first n rows of a file as they stand there, whether or not they fit the kind. Errors wrap ErrFile when
// not even that can be done.
func PeekAt(kind Kind, in Input, o Options, n int) (Peek, error) {
	p := Peek{Rows: []PreviewRow{}}
	source, packing, err := openSource(kind, in, o)
	if err != nil {
		return p, err
	}
	rows, err := source.open()
	if err != nil {
		return p, err
	}
	h := seekHeadline(kind, rows, o)
	p.Shape = Shape{Packed: packing.how, Member: packing.member, Header: h.line, Dates: map[string]DateOrder{}, Sheets: []string{}, Columns: []Found{}, Notes: []string{}}
	source.describe(&p.Shape)
	for i, name := range h.heading.names {
		column, how := h.heading.use(i, kind)
		p.Shape.Columns = append(p.Shape.Columns, Found{Heading: name, Column: column, How: how})
	}
	if rows, err = source.open(); err != nil {
		return p, err
	}
	for len(p.Rows) < n {
		r, err := rows.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return p, err
		}
		row := PreviewRow{Line: r.line, Cells: []string{}, Reason: r.problem}
		for _, c := range r.cells {
			row.Cells = append(row.Cells, string(c))
		}
		p.Rows = append(p.Rows, row)
	}
	return p, nil
}
