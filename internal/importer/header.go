package importer

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/relance/relance/internal/clients"
)

// heading is the first row, understood: which cell is which column.
type heading struct {
	names []string   // as in the file
	used  []position // the canonical columns that the file has
	extra []position // the rest; name is the attribute's
}

type position struct {
	column
	cell int // index in the row
}

// understand finds the canonical columns among the headings: what Map says, else the canonical name, else a usual one.
func understand(kind Kind, cells [][]byte, mapped map[string]string) (heading, error) {
	var h heading
	folded := make([]string, len(cells))
	for i, c := range cells {
		name := strings.TrimSpace(string(c))
		h.names = append(h.names, name)
		folded[i] = clients.Fold(name)
	}
	table := columns(kind)
	if err := checkMap(kind, table, mapped); err != nil {
		return h, err
	}
	taken := make([]bool, len(cells))
	for _, c := range table {
		at, err := find(c, h.names, folded, taken, mapped)
		if err != nil {
			return h, err
		}
		if at >= 0 {
			taken[at] = true
			h.used = append(h.used, position{c, at})
		}
	}
	for i, name := range h.names {
		if !taken[i] && name != "" && !isOurs(folded[i]) {
			h.extra = append(h.extra, position{column{name: attributeName(name)}, i})
		}
	}
	return h, h.missing(kind, table)
}

func checkMap(kind Kind, table []column, mapped map[string]string) error {
	for name := range mapped {
		if !slices.ContainsFunc(table, func(c column) bool { return c.name == name }) {
			return fileError("the map names %q, which is no column of %s; those are %s", name, kind, list(table))
		}
	}
	return nil
}

// find gives the index of the cell that holds the column, or -1.
func find(c column, names, folded []string, taken []bool, mapped map[string]string) (int, error) {
	if told, ok := mapped[c.name]; ok && told == "" {
		return -1, nil
	} else if ok {
		at := slices.IndexFunc(folded, func(f string) bool { return f == clients.Fold(told) })
		if at < 0 {
			return at, fileError("the map says that %s is %q, but the headings are: %s", c.name, told, strings.Join(names, ", "))
		}
		return at, nil
	}
	for _, want := range append([]string{clients.Fold(c.name)}, c.usual...) {
		for i, f := range folded {
			if f == want && !taken[i] && !isMapped(f, mapped) {
				return i, nil
			}
		}
	}
	return -1, nil
}

// isMapped keeps a heading that the map gives to one column from being found as another.
func isMapped(folded string, mapped map[string]string) bool {
	for _, told := range mapped {
		if told != "" && clients.Fold(told) == folded {
			return true
		}
	}
	return false
}

// isOurs reports whether a heading is one of those that WriteRejected adds.
func isOurs(folded string) bool {
	return folded == clients.Fold(rejectedLine) || folded == clients.Fold(rejectedColumn) || folded == clients.Fold(rejectedReason)
}

// use tells what a heading is used for, and how that was found.
func (h heading) use(cell int, kind Kind, mapped map[string]string) (name, how string) {
	for _, p := range h.used {
		switch {
		case p.cell != cell:
		case mapped[p.name] != "":
			return p.name, "map"
		case clients.Fold(h.names[cell]) == clients.Fold(p.name):
			return p.name, "name"
		default:
			return p.name, "usual"
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
	return fileError("no column for %s; the headings are: %s; if one of them is meant, say so with --map",
		strings.Join(want, ", "), strings.Join(h.names, ", "))
}

func list(table []column) string {
	var names []string
	for _, c := range table {
		names = append(names, c.name)
	}
	return strings.Join(names, ", ")
}

// attributeName writes a heading as date_de_classement.
func attributeName(heading string) string {
	var words []string
	for _, w := range strings.FieldsFunc(heading, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if f := clients.Fold(w); f != "" {
			words = append(words, f)
		}
	}
	return strings.Join(words, "_")
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
