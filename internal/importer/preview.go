package importer

import (
	"errors"
	"io"
)

// PreviewRow is one row as it stands in the file and as it is understood.
type PreviewRow struct {
	Line   int64             `json:"line"`
	Cells  []string          `json:"cells"`  // under the headings of Shape.Columns
	Values map[string]string `json:"values"` // canonical column → value; empty ones left out; nil for a bad row
	Column string            `json:"column"` // of a bad row, see Row
	Reason string            `json:"reason"`
}

// Preview gives the first n rows and stands before the first again. Call it before Next.
func (f *File) Preview(n int) ([]PreviewRow, error) {
	if err := f.begin(); err != nil {
		return nil, err
	}
	rows := []PreviewRow{}
	for len(rows) < n {
		row, err := f.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		rows = append(rows, f.preview(row))
	}
	return rows, f.begin()
}

func (f *File) preview(row Row) PreviewRow {
	p := PreviewRow{Line: row.Line, Column: row.Column, Reason: row.Reason, Cells: []string{}}
	for _, c := range f.original {
		p.Cells = append(p.Cells, string(c))
	}
	if row.Reason != "" {
		return p
	}
	p.Values = map[string]string{}
	for i, c := range row.Cells {
		if c != nil {
			p.Values[f.columns[i]] = string(c)
		}
	}
	return p
}
