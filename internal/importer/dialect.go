package importer

import (
	"bytes"
	"errors"
	"io"
	"strings"
)

// dialect is how a text's signs become rows.
type dialect struct {
	delimiter byte // ' ': any number of blanks
	quote     byte // '"', '\'', or noQuote
	escape    bool // a backslash takes the meaning from the sign behind it
	newline   byte // '\n' (with or without '\r' before it) or a bare '\r'
}

const noQuote = 'n'

// sampleSize and sampleRows are how much of the beginning is tried in each dialect.
const (
	sampleSize = 1 << 18
	sampleRows = 200
)

// readSample gives the beginning of a decoded text, up to a line end unless it is all of it.
func readSample(in io.Reader) ([]byte, error) {
	b := make([]byte, sampleSize)
	n, err := io.ReadFull(in, b)
	b = b[:n]
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return b, nil
	}
	if end := bytes.LastIndexByte(b, newlineOf(b)); end >= 0 {
		b = b[:end+1]
	}
	return b, err
}

func newlineOf(sample []byte) byte {
	if bytes.IndexByte(sample, '\n') < 0 && bytes.IndexByte(sample, '\r') >= 0 {
		return '\r'
	}
	return '\n'
}

// dialects are those that a text may be in, as far as the options leave it open.
func dialects(sample []byte, s *census, o Options) []dialect {
	signs := []byte(",;\t|")
	switch told := toldDelimiter(sample); {
	case o.Delimiter != 0:
		signs = []byte{o.Delimiter}
	case told != 0:
		signs = []byte{told}
	case !bytes.ContainsAny(sample, ",;\t|") && bytes.IndexByte(sample, ' ') >= 0:
		signs = []byte{' '} // cells stand below each other, as programs print tables
	}
	var all []dialect
	for _, sign := range signs {
		d := dialect{delimiter: sign, quote: o.Quote, newline: newlineOf(sample)}
		if d.quote == 0 && sign == ' ' {
			d.quote = noQuote
		}
		if d.quote == 0 {
			d.quote = quoteOf(sample, d)
		}
		d.escape = escapes(s, d)
		if o.Quote == 0 && d.escape && sign == '\t' && d.quote == '"' && !quotes(sample, d) {
			d.quote = noQuote // as databases write it
		}
		all = append(all, d)
	}
	return all
}

// toldDelimiter is what a first line "sep=;" says, which spreadsheets write and believe.
func toldDelimiter(sample []byte) byte {
	line, _, _ := bytes.Cut(sample, []byte{newlineOf(sample)})
	line = bytes.Trim(bytes.TrimRight(line, "\r"), `"`)
	if len(line) == 5 && strings.EqualFold(string(line[:4]), "sep=") {
		return line[4]
	}
	return 0
}

// quoteOf tells single quotes, which stand at both ends of cells where they are quotes, from apostrophes.
func quoteOf(sample []byte, d dialect) byte {
	double, single := ends(sample, d, '"'), ends(sample, d, '\'')
	if single.rows > 0 && double.both == 0 && single.first == single.last && single.rows*2 >= min(sampleRows, bytes.Count(sample, []byte{d.newline})) {
		return '\''
	}
	return '"'
}

func quotes(sample []byte, d dialect) bool { return ends(sample, d, '"').both > 0 }

// edges counts the cells that have a quote first, last, or at both ends, and the rows that have such a cell.
type edges struct{ first, last, both, rows int }

func ends(sample []byte, d dialect, quote byte) (n edges) {
	d.quote, d.escape = noQuote, false
	forSample(sample, d, func(r record) {
		before := n.first
		for _, c := range r.cells {
			c = bytes.TrimSpace(c)
			first, last := len(c) > 0 && c[0] == quote, len(c) > 1 && c[len(c)-1] == quote
			n.first += count(first)
			n.last += count(last)
			n.both += count(first && last)
		}
		n.rows += count(n.first > before)
	})
	return n
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}

// escapes reports whether the text proves that backslashes escape: a quote behind one that neither ends a cell nor is
// doubled, or, in tab-separated text, the \N that databases write for nothing.
func escapes(s *census, d dialect) bool {
	followers := &s.double
	if d.quote == '\'' {
		followers = &s.single
	}
	proofs := 0
	for c, n := range followers {
		if !isEdge(byte(c)) && byte(c) != d.quote && byte(c) != d.delimiter && c != ' ' {
			proofs += n
		}
	}
	return proofs > 0 || (d.delimiter == '\t' && s.nulls > 0)
}

// forSample reads the rows of a sample.
func forSample(sample []byte, d dialect, do func(record)) {
	r := sampleRecords(sample, d)
	for range sampleRows {
		rec, err := r.next()
		if err != nil {
			return
		}
		do(rec)
	}
}

// order is how well a dialect parts a sample: the rows that have as many cells as most rows have, and that number.
func (d dialect) order(sample []byte) (rows, cells int) {
	widths := map[int]int{}
	forSample(sample, d, func(r record) {
		if r.problem == "" && len(r.cells) > 1 {
			widths[len(r.cells)]++
		}
	})
	for width, n := range widths {
		if n > rows || (n == rows && width > cells) {
			rows, cells = n, width
		}
	}
	return rows, cells
}
