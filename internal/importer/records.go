package importer

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf8"
)

// longest is the most bytes of one row; a quote that is never closed would swallow the rest of the file otherwise.
const longest = 1 << 20

// patience is how many bytes may be looked at in vain, behind quotes that are not closed, for each byte given.
const patience = 64

// records cuts a stream into rows and cells, allocating nothing per row. A quoted cell may hold delimiters, line breaks
// and doubled quotes; blanks around the quotes are allowed. Where a backslash escapes, the sign behind it is only itself.
type records struct {
	in io.Reader
	dialect

	buf        []byte
	start, end int // what is buffered and not yet given
	eof        bool
	skipping   bool  // over the rest of a line that was too long
	line       int64 // physical line at start
	cells      [][]byte

	given, vain int // bytes: given so far; looked at for the end of rows that then gave their first line only
}

func newRecords(in io.Reader, d dialect) *records {
	return &records{in: in, dialect: d, buf: make([]byte, 1<<17), line: 1}
}

// sampleRecords cuts up a text that is in memory, leaving it as it is.
func sampleRecords(text []byte, d dialect) *records {
	return &records{dialect: d, buf: bytes.Clone(text), end: len(text), eof: true, line: 1}
}

// next gives the next row that is not blank, or io.EOF.
func (r *records) next() (record, error) {
	for {
		raw, problem, err := r.take()
		if err != nil {
			return record{}, err
		}
		line := r.line
		r.line += int64(bytes.Count(raw, []byte{r.newline}))
		cut := raw[len(raw)-1] != r.newline
		raw = trimNewline(raw, r.newline)
		if len(raw) == 0 {
			continue
		}
		r.cells = r.cells[:0]
		if problem == "" {
			problem = badBytes(raw)
		}
		if problem != "" {
			return record{line: line, raw: raw, cut: cut, problem: problem}, nil
		}
		problem = r.split(raw)
		return record{line: line, raw: raw, cells: r.cells, cut: cut, problem: problem}, nil
	}
}

// take gives the bytes of one row with its line end. A row whose quote is never closed gives only its first line, so
// that the rows after it are read. In a file where each line opens one, that would look at everything again for every
// line: when it has been in vain too often, quotes end with their line for a while.
func (r *records) take() (raw []byte, problem string, err error) {
	if r.skipping {
		if err := r.skip(); err != nil {
			return nil, "", err
		}
	}
	scanned := 0
	for {
		pending := r.buf[r.start:r.end]
		size, quote := r.rowEnd(pending, scanned)
		switch {
		case size > 0 && r.stray(pending[:size]):
			r.vain += size
			return r.firstLine(pending, true)
		case size > 0:
			return r.give(size), "", nil
		case len(pending) == 0 && r.eof:
			return nil, "", io.EOF
		case r.eof && !quote:
			return r.give(len(pending)), "", nil
		case r.eof || len(pending) > longest:
			r.vain += len(pending)
			return r.firstLine(pending, quote)
		}
		if !quote {
			scanned = len(pending)
		}
		if err := r.fill(); err != nil {
			return nil, "", err
		}
	}
}

func (r *records) firstLine(pending []byte, quote bool) ([]byte, string, error) {
	problem := "longer than a megabyte"
	if quote {
		problem = "a quote is opened and never closed"
	}
	size := bytes.IndexByte(pending, r.newline) + 1
	if size == 0 {
		size = len(pending)
		r.skipping = !r.eof
	}
	return r.give(size), problem, nil
}

// skip passes over the rest of a line whose beginning was given.
func (r *records) skip() error {
	for {
		pending := r.buf[r.start:r.end]
		if i := bytes.IndexByte(pending, r.newline); i >= 0 {
			r.start += i + 1
			r.line++
			r.skipping = false
			return nil
		}
		r.start = r.end
		if r.eof {
			r.skipping = false
			return nil
		}
		if err := r.fill(); err != nil {
			return err
		}
	}
}

func (r *records) give(size int) []byte {
	raw := r.buf[r.start : r.start+size]
	r.start += size
	r.given += size
	return raw
}

// fill reads until the buffer is full, moving what is pending to the front and growing the buffer when it was full.
func (r *records) fill() error {
	if r.start > 0 {
		copy(r.buf, r.buf[r.start:r.end])
		r.end -= r.start
		r.start = 0
	}
	if r.end == len(r.buf) {
		r.buf = append(r.buf, make([]byte, len(r.buf))...)
	}
	n, err := io.ReadFull(r.in, r.buf[r.end:])
	r.end += n
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		r.eof = true
		return nil
	}
	return err
}

// rowEnd gives the size of the first row in b with its line end, or 0 when b does not hold all of it; quote: because a
// quoted cell is still open. The first skip bytes are known to hold neither line end nor quote.
func (r *records) rowEnd(b []byte, skip int) (size int, quote bool) {
	end := bytes.IndexByte(b[skip:], r.newline)
	if end < 0 {
		end = len(b)
	} else {
		end += skip
	}
	if r.vain <= longest+patience*r.given && (r.quoted(b[:end]) || r.escaped(b[:end])) {
		return r.quotedRowEnd(b)
	}
	if end == len(b) {
		return 0, false
	}
	return end + 1, false
}

// quoted reports whether b has a quote.
func (r *records) quoted(b []byte) bool {
	return r.quote != noQuote && bytes.IndexByte(b, r.quote) >= 0
}

// escaped reports whether b has a sign that is escaped.
func (r *records) escaped(b []byte) bool { return r.escape && bytes.IndexByte(b, '\\') >= 0 }

func (r *records) quotedRowEnd(b []byte) (size int, quote bool) {
	for i := 0; i < len(b); {
		i += blanks(b[i:], r.delimiter)
		if i < len(b) && b[i] == r.quote && r.quote != noQuote {
			closed := r.closingQuote(b[i:])
			if closed < 0 {
				return 0, true
			}
			i += closed + 1
		}
		for i < len(b) && b[i] != r.delimiter && b[i] != r.newline {
			if r.escape && b[i] == '\\' {
				i++
			}
			i++
		}
		if i < len(b) && b[i] == r.newline {
			return i + 1, false
		}
		i++
	}
	return 0, false
}

// stray reports whether a row of several lines owes that to a stray quote: it closed at another row's, with text behind.
func (r *records) stray(raw []byte) bool {
	if bytes.IndexByte(raw, r.newline) == len(raw)-1 {
		return false
	}
	for i := 0; i < len(raw); i++ {
		i += blanks(raw[i:], r.delimiter)
		if i < len(raw) && raw[i] == r.quote && r.quote != noQuote {
			closed := r.closingQuote(raw[i:])
			if closed < 0 {
				return true
			}
			i += closed + 1
			if after, _, _ := r.cutCell(raw[i:]); len(bytes.TrimSpace(after)) > 0 {
				return true
			}
		}
		for i < len(raw) && raw[i] != r.delimiter {
			if r.escape && raw[i] == '\\' {
				i++
			}
			i++
		}
	}
	return false
}

func trimNewline(raw []byte, newline byte) []byte {
	raw = bytes.TrimSuffix(raw, []byte{newline})
	if newline == '\n' {
		raw = bytes.TrimSuffix(raw, []byte{'\r'})
	}
	return raw
}

func badBytes(raw []byte) string {
	switch {
	case bytes.IndexByte(raw, 0) >= 0:
		return "holds a zero byte"
	case !utf8.Valid(raw):
		return "holds bytes that are not UTF-8; if the whole file is so, give --encoding windows-1252"
	}
	return ""
}
