package importer

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/relance/relance/internal/clients"
)

// search looks for the columns of a kind among the headings of a file.
type search struct {
	kind   Kind
	table  []column
	mapped map[string]string
	names  []string
	folded []string
	short  []string // folded, without the small words between: "Date de la commande" is datecommande
	taken  []bool
	notes  []string

	sparse   bool // its headings show that an order's own cells stand on its first row only
	borrowed bool // the file is one of orders, and read for something else
}

func newSearch(kind Kind, cells [][]byte, mapped map[string]string) *search {
	s := &search{kind: kind, table: columns(kind), mapped: mapped, taken: make([]bool, len(cells))}
	for _, c := range cells {
		name := strings.TrimSpace(string(c))
		s.names = append(s.names, name)
		name, marked := lineHeading(name)
		s.sparse = s.sparse || marked
		s.folded = append(s.folded, clients.Fold(name))
		s.short = append(s.short, clients.Fold(strings.Join(bigWords(name), " ")))
	}
	s.borrowed = (kind == Clients || kind == Products || kind == Reps) && s.holdsOrders()
	for i := range s.names {
		s.taken[i] = s.taken[i] || s.isMapped(i)
	}
	return s
}

// find gives where a column is; not found is no mistake.
func (s *search) find(c column) (p position, found bool, err error) {
	if told, ok := s.mapped[c.name]; ok {
		if told == "" {
			return p, false, nil
		}
		p, err = s.told(c, told)
		return p, err == nil, err
	}
	if s.borrowed && !borrowable(s.kind, c.name) {
		return p, false, nil
	}
	p = position{column: c, cell: -1, how: "usual"}
	if at := slices.Index(s.names, c.name); at >= 0 && !s.taken[at] {
		p.cell, p.how = at, "name"
	}
	if err := s.usual(&p); err != nil || p.cell < 0 {
		return p, false, err
	}
	s.finish(&p)
	return p, true, nil
}

// usual tries the usual headings in their order. Each that is found after the first is a spare one, where the column
// takes such.
func (s *search) usual(p *position) error {
	for _, want := range p.column.candidates() {
		if p.cell >= 0 && !p.spare {
			return nil
		}
		found := s.choice(p.column, want)
		if len(found.cells) == 0 || found.cells[0] == p.cell {
			continue
		}
		if p.cell < 0 {
			if twice := s.twins(found.cells[0]); len(twice) > 1 && !p.spare {
				return s.unclear(p.column, twice)
			}
			p.cell = found.cells[0]
			if s.names[p.cell] == p.name || s.folded[p.cell] == clients.Fold(p.name) {
				p.how = "name"
			}
		}
		p.choices = append(p.choices, found)
	}
	return nil
}

// candidates are the folded headings to try: the canonical name first, unless the usual ones have it elsewhere.
func (c column) candidates() []string {
	if own := clients.Fold(c.name); !slices.Contains(c.usual, own) {
		return append([]string{own}, c.usual...)
	}
	return c.usual
}

// choice finds the cells of one candidate.
func (s *search) choice(c column, want string) choice {
	if want == together {
		return s.joined(c.joined)
	}
	if at := s.index(want); at >= 0 {
		return choice{cells: []int{at}}
	}
	return choice{}
}

// joined finds the pieces of a column; without one that is needed there is none.
func (s *search) joined(j *joint) choice {
	found := choice{glue: j.glue}
	for _, p := range j.pieces {
		at := -1
		for _, want := range p.usual {
			if at = s.index(want); at >= 0 {
				break
			}
		}
		if at < 0 && !p.optional {
			return choice{}
		}
		if at >= 0 && !slices.Contains(found.cells, at) {
			found.cells = append(found.cells, at)
		}
	}
	if len(found.cells) < 2 && len(j.pieces) == 2 {
		return choice{}
	}
	return found
}

// index gives the first free heading of that name, or -1.
func (s *search) index(want string) int {
	for i := range s.folded {
		if !s.taken[i] && (s.folded[i] == want || s.short[i] == want) {
			return i
		}
	}
	return -1
}

// finish marks what a column takes, and adds the second lines of an address.
func (s *search) finish(p *position) {
	if len(p.choices) == 0 {
		p.choices = []choice{{cells: []int{p.cell}}}
	} else if p.how == "name" && p.choices[0].cells[0] != p.cell {
		p.choices = append([]choice{{cells: []int{p.cell}}}, p.choices...)
	}
	if s.kind == Clients && p.name == "ref" && isCompanyNumber(s.short[p.cell]) {
		p.form = siret
		p.choices = nil
		return // the column siren reads it too
	}
	for _, cell := range p.choices[0].cells {
		s.taken[cell] = true
	}
	if len(p.choices[0].cells) == 1 {
		for _, want := range p.more {
			if at := s.index(want); at >= 0 {
				s.taken[at] = true
				p.choices[0].cells, p.choices[0].glue = append(p.choices[0].cells, at), ", "
			}
		}
	}
	if len(p.choices) == 1 && len(p.choices[0].cells) == 1 {
		p.choices = nil
	}
}

func isCompanyNumber(folded string) bool {
	return slices.Contains([]string{"siret", "nsiret", "numerosiret", "siren", "nsiren", "numerosiren"}, folded)
}

// told takes the heading that the map gives: as it is, the second of its name (Date#2), or several (Prénom + Nom).
func (s *search) told(c column, told string) (position, error) {
	p := position{column: c, how: "map"}
	one := choice{glue: " "}
	if at := s.named(told); at >= 0 {
		p.cell = at
		if s.kind == Clients && c.name == "ref" && isCompanyNumber(s.short[at]) {
			p.form = siret
			s.taken[at] = false // the column siren reads it too
		}
		return p, nil
	}
	for _, name := range strings.Split(told, " + ") {
		at := s.named(name)
		if at < 0 {
			return p, fileError("the map says that %s is %q, but the headings are: %s", c.name, name, strings.Join(s.names, ", "))
		}
		one.cells = append(one.cells, at)
	}
	p.cell, p.choices = one.cells[0], []choice{one}
	return p, nil
}

// named gives the heading that a person named, or -1.
func (s *search) named(name string) int {
	if at := slices.Index(s.names, strings.TrimSpace(name)); at >= 0 {
		return at
	}
	nth := 1
	if base, number, found := strings.Cut(name, "#"); found {
		if n, err := strconv.Atoi(number); err == nil && n > 0 {
			name, nth = base, n
		}
	}
	for i, f := range s.folded {
		if f == clients.Fold(name) && f != "" {
			if nth--; nth == 0 {
				return i
			}
		}
	}
	return -1
}

// isMapped keeps a heading that the map gives to one column from being found as another.
func (s *search) isMapped(at int) bool {
	for _, told := range s.mapped {
		if told == "" {
			continue
		}
		if s.named(told) == at {
			return true
		}
		if s.named(told) < 0 && slices.ContainsFunc(strings.Split(told, " + "), func(name string) bool { return s.named(name) == at }) {
			return true
		}
	}
	return false
}

// twins are the free headings of the same name.
func (s *search) twins(at int) (twins []int) {
	for i := range s.folded {
		if !s.taken[i] && s.folded[i] == s.folded[at] {
			twins = append(twins, i)
		}
	}
	return twins
}

// unclear refuses the file when a heading that is there twice decides about amounts, dates or clients; else the column is
// left out, and that is said.
func (s *search) unclear(c column, twins []int) error {
	name := s.names[twins[0]]
	if c.needed || isDate(c.form) || isNumber(c.form) {
		return fileError("the heading %q is there %d times; say which one is %s, as in %s: %s#2 in the map", name, len(twins), c.name, c.name, name)
	}
	s.notes = append(s.notes, fmt.Sprintf("%s: the heading %q is there %d times, so it was left out; say which one is meant, as in %s: %s#2 in the map", c.name, name, len(twins), c.name, name))
	return nil
}

// extras are the headings that no column takes, under a name of their own each.
func (s *search) extras() (extra []position) {
	if s.borrowed {
		return nil
	}
	names := map[string]int{}
	for i, name := range s.names {
		if s.taken[i] || name == "" || isOurs(s.folded[i]) {
			continue
		}
		own := attributeName(name)
		if names[own]++; names[own] > 1 {
			own += "_" + strconv.Itoa(names[own])
		}
		extra = append(extra, position{column: column{name: own}, cell: i})
	}
	return extra
}

// holdsOrders reports whether the file is one of orders. What it has of a client or a product stands there again with each
// line; the rest of the line is about the order, and no attribute of the client.
func (s *search) holdsOrders() bool {
	any := func(headings ...string) bool {
		return slices.ContainsFunc(headings, func(want string) bool { return s.index(want) >= 0 })
	}
	return any("order", "orderid", "ordernumber", "orderno", "ncommande", "numerocommande", "salesordernumber", "invoiceno", "invoicenumber", "nfacture", "numerofacture") &&
		any("orderedon", "orderdate", "datecommande", "invoicedate", "datefacture")
}

// borrowable are the columns that a file of orders may give of its clients, products and reps: what belongs to them, not
// to the delivery or the sale.
func borrowable(kind Kind, column string) bool {
	switch kind {
	case Clients:
		return slices.Contains([]string{"ref", "name", "kind", "siren", "vat", "group", "sector", "country", "language", "rep", "inside_rep"}, column)
	case Products:
		return slices.Contains([]string{"ref", "name", "range"}, column)
	}
	return true
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

// bigWords are those of a heading without articles and units: DateDeCommande and "Date de la commande (EUR)" are the same.
func bigWords(heading string) (words []string) {
	var b strings.Builder
	before := ' '
	for _, r := range heading {
		if unicode.IsUpper(r) && unicode.IsLower(before) {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
		before = r
	}
	for _, w := range strings.FieldsFunc(b.String(), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		switch clients.Fold(w) {
		case "de", "du", "des", "d", "la", "le", "les", "l", "of", "the", "en", "eur", "euro", "euros":
		default:
			words = append(words, w)
		}
	}
	return words
}
