package importer

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/relance/relance/internal/clients"
)

// heading is the first row, understood: which cell is which column.
type heading struct {
	names []string   // as in the file
	used  []position // the canonical columns that the file has
	extra []position // the rest; name is the attribute's
	notes []string   // what was left out though it looked familiar

	sparse bool // an order's own cells stand on its first row only
}

// position is where a row has a column.
type position struct {
	column
	cell    int      // index in the row
	choices []choice // when it is more than that one cell; the first that is not empty counts
	how     string   // map, name or usual
}

// choice is one way to make the value of a column: cells put one behind the other.
type choice struct {
	cells []int
	glue  string
}

// understand finds the canonical columns among the headings: what Map says, else the canonical name, else a usual one.
// A heading goes to one column only, but for a SIRET that is a client's reference too.
func understand(kind Kind, cells [][]byte, mapped map[string]string) (heading, error) {
	s := newSearch(kind, cells, mapped)
	h := heading{names: s.names}
	if err := checkMap(kind, s.table, mapped); err != nil {
		return h, err
	}
	for _, c := range s.table {
		p, found, err := s.find(c)
		if err != nil {
			return h, err
		}
		if found {
			h.used = append(h.used, p)
		}
	}
	h.notes, h.sparse = s.notes, s.sparse && kind == Orders
	h.extra = s.extras()
	if hint := h.hint(); kind == Orders && hint != "" && !h.has("amount") && !h.has("unit_price") {
		h.notes = append(h.notes, "amount: "+hint)
	}
	return h, h.missing(kind, s.table)
}

func checkMap(kind Kind, table []column, mapped map[string]string) error {
	for name := range mapped {
		if !slices.ContainsFunc(table, func(c column) bool { return c.name == name }) {
			return fileError("the map names %q, which is no column of %s; those are %s", name, kind, list(table))
		}
	}
	return nil
}

// isOurs reports whether a heading is one of those that WriteRejected adds.
func isOurs(folded string) bool {
	return folded == clients.Fold(rejectedLine) || folded == clients.Fold(rejectedColumn) || folded == clients.Fold(rejectedReason)
}

// use tells what a heading is used for, and how that was found.
func (h heading) use(cell int, kind Kind) (name, how string) {
	for _, p := range h.used {
		if p.cell == cell || slices.ContainsFunc(p.choices, func(c choice) bool { return slices.Contains(c.cells, cell) }) {
			return p.name, p.how
		}
	}
	for _, p := range h.extra {
		if p.cell == cell && kind == Clients {
			return p.name, "attribute"
		}
	}
	return "", "unused"
}

// cells are the headings as they stand in the file.
func (h heading) cells() [][]byte {
	var cells [][]byte
	for _, name := range h.names {
		cells = append(cells, []byte(name))
	}
	return cells
}

// sentences are what people are told about the headings.
func (h heading) sentences() []string { return append([]string{}, h.notes...) }

func (h heading) has(name string) bool { return h.at(name) >= 0 }

// at gives the place of a column among those used, or -1.
func (h heading) at(name string) int {
	return slices.IndexFunc(h.used, func(p position) bool { return p.name == name })
}

func (h heading) missing(kind Kind, table []column) error {
	if h.part(kind) != Flat {
		return nil
	}
	var want []string
	for _, c := range table {
		if c.needed && !h.has(c.name) {
			want = append(want, c.name)
		}
	}
	if kind == Orders && !h.has("amount") && (!h.has("quantity") || !h.has("unit_price")) {
		want = append(want, "amount (or quantity and unit_price)")
	}
	if len(want) == 0 {
		return nil
	}
	hint := ""
	if strings.HasPrefix(want[len(want)-1], "amount") && h.hint() != "" {
		hint = "; " + h.hint()
	} else if kind == Clients && want[0] == "ref" {
		hint = "; a client's reference is what stays the same in every file: a code, a SIRET, or else its e-mail address"
	}
	return fileError("no column for %s; the headings are: %s; if one of them is meant, say so with --map%s", strings.Join(want, ", "), strings.Join(h.names, ", "), hint)
}

// hint names the heading that may be meant as the amount, but that nobody may take for granted.
func (h heading) hint() string {
	for _, name := range h.names {
		switch f := clients.Fold(name); {
		case strings.Contains(f, "ttc"), strings.Contains(f, "incltax"), strings.Contains(f, "inclvat"):
			return fmt.Sprintf("%q has the tax in it, and amounts are net of tax", name)
		case f == "total", f == "totalamount", f == "ordertotal", f == "grandtotal", f == "totalprice", f == "lineitemprice":
			return fmt.Sprintf("%q may have tax in it; if it is net of tax, say so in the map", name)
		}
	}
	return ""
}

func list(table []column) string {
	var names []string
	for _, c := range table {
		names = append(names, c.name)
	}
	return strings.Join(names, ", ")
}

// wrongWidth says so when a row has not as many cells as the heading; cells beyond it may be there when all are blank.
func (h heading) wrongWidth(cells [][]byte) string {
	if len(cells) == len(h.names) {
		return ""
	}
	for _, c := range cells[min(len(h.names), len(cells)):] {
		if len(bytes.TrimSpace(c)) > 0 {
			return fmt.Sprintf("%d cells, but %d headings; is a text with the delimiter not in quotes?", len(cells), len(h.names))
		}
	}
	if len(cells) > len(h.names) {
		return ""
	}
	return fmt.Sprintf("only %d cells, but %d headings", len(cells), len(h.names))
}
