package importer

import (
	"errors"
	"io"

	"github.com/relance/relance/internal/clients"
)

// headlineRows is how many rows may stand before the headings.
const headlineRows = 100

// headline is the row of the headings.
type headline struct {
	line    int64
	heading heading
	used    int   // how many columns it names
	near    int   // how many of its cells may be headings
	err     error // why no row can be that
}

// seekHeadline reads to the first row in which the needed columns are found, or to the line that the options tell. When
// there is none, the error is about the row that comes nearest.
func seekHeadline(kind Kind, in rows, o Options) headline {
	nearest := headline{near: -1, err: fileError("it is empty; its first line must hold the headings")}
	for range headlineRows {
		r, err := in.next()
		if errors.Is(err, io.EOF) || (err == nil && o.Header > 0 && r.line > o.Header) {
			break
		}
		if err != nil {
			return headline{err: err}
		}
		if r.line < o.Header && r.line > 0 {
			nearest.err = fileError("it has no row on line %d for the headings", o.Header)
			continue
		}
		h := understandRow(kind, r, o)
		if h.err == nil || r.line == o.Header || r.line == 0 { // 0: the format has its headings there
			return h
		}
		if h.near > nearest.near {
			nearest = h
		}
	}
	return nearest
}

func understandRow(kind Kind, r record, o Options) headline {
	h := headline{line: r.line, near: familiar(kind, r.cells, o.Map)}
	if r.problem != "" {
		h.err = fileError("its heading %s", r.problem)
		return h
	}
	h.heading, h.err = understand(kind, r.cells, o.Map)
	h.used = len(h.heading.used)
	return h
}

// familiar counts the cells that may be headings of the kind.
func familiar(kind Kind, cells [][]byte, mapped map[string]string) (n int) {
	known := map[string]bool{}
	for _, c := range columns(kind) {
		known[clients.Fold(c.name)] = true
		for _, usual := range c.headings() {
			known[usual] = true
		}
	}
	for _, told := range mapped {
		known[clients.Fold(told)] = true
	}
	for _, c := range cells {
		if f := clients.Fold(string(c)); f != "" && known[f] {
			n++
		}
	}
	return n
}
