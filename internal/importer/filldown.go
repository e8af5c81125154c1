package importer

import (
	"bytes"
	"slices"
	"strings"

	"github.com/relance/relance/internal/clients"
)

// Some programs write what belongs to an order on its first row only, and headings that show it: "Lineitem quantity", or
// "Lignes de la commande/Quantité". In such a file an empty cell of the order is that of the row above.

// lineHeading takes off what marks a heading as the line's own; false: nothing marks it.
func lineHeading(name string) (own string, marked bool) {
	if front, rest, found := strings.Cut(name, "/"); found {
		switch clients.Fold(strings.Join(bigWords(front), " ")) {
		case "orderline", "orderlines", "lignescommande", "lignescommandes", "invoiceline", "invoicelines", "invoicelineids", "lignesfacture", "lignesfactures":
			return rest, true
		}
	}
	return name, strings.HasPrefix(clients.Fold(name), "lineitem")
}

// ofOrder are the columns that belong to an order, not to its lines.
func ofOrder(column string) bool {
	return slices.Contains([]string{"order", "client", "ordered_on", "delivered_on", "cancelled", "status", "document"}, column)
}

// above is what the rows of the order so far have of it, by the place of the used column.
type above struct {
	cells [][]byte
	types []cellType
}

// fillDown gives the cells of the order that a row leaves out those of the rows above it. A row of another order has none
// above.
func (f *File) fillDown(r record) {
	at := f.heading.at("order")
	if at < 0 {
		return
	}
	if f.above.cells == nil {
		f.above = above{make([][]byte, len(f.heading.used)), make([]cellType, len(f.heading.used))}
	}
	if order := f.value(&f.heading.used[at], r.cells); order != nil && !bytes.Equal(order, f.above.cells[at]) {
		clear(f.above.cells)
	}
	for i, p := range f.heading.used {
		if !ofOrder(p.name) || p.choices != nil {
			continue
		}
		if cell := f.trimmed(r.cells[p.cell]); cell != nil {
			f.above.cells[i] = bytes.Clone(cell)
			if r.types != nil {
				f.above.types[i] = r.types[p.cell]
			}
			continue
		}
		r.cells[p.cell] = f.above.cells[i]
		if r.types != nil {
			r.types[p.cell] = f.above.types[i]
		}
	}
}
