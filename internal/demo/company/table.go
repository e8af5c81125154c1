package company

import (
	"encoding/csv"
	"strconv"
	"strings"

	"github.com/relance/relance/internal/importer"
)

// table writes a CSV file.
type table struct {
	text strings.Builder
	csv  *csv.Writer
	rows int
}

func newTable(headings ...string) *table {
	t := &table{}
	t.csv = csv.NewWriter(&t.text)
	t.write(headings)
	return t
}

func (t *table) row(cells ...string) {
	t.rows++
	t.write(cells)
}

func (t *table) write(cells []string) {
	if err := t.csv.Write(cells); err != nil {
		panic(err) // a strings.Builder takes everything
	}
}

// file is what was written, or nothing when there was no row.
func (t *table) file(kind importer.Kind) File {
	t.csv.Flush()
	if t.rows == 0 {
		return File{}
	}
	return File{Kind: kind, Name: string(kind) + ".csv", Text: t.text.String()}
}

func money(x float64) string { return strconv.FormatFloat(x, 'f', 2, 64) }
