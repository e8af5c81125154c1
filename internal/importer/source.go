package importer

import (
	"bytes"
)

// source is a file's rows in one format.
type source interface {
	open() (rows, error) // from the beginning, as often as wanted; of those opened only the last is read
	describe(*Shape)
	delimiter() byte // of a file of its rejected rows
}

// rows gives one row after the other, then io.EOF. In a format without headings the first row is made of them, on line 0.
type rows interface {
	next() (record, error)
}

// record is one row as it stands in the file; problem says why it is not even that. It is valid until the next one.
type record struct {
	line    int64
	raw     []byte // the whole of it, when its cells cannot be told
	cells   [][]byte
	types   []cellType // of the cells; nil: all are text
	loose   bool       // the format has no fixed number of cells in a row
	cut     bool       // the file ends in this row, without a line end
	problem string
}

// cellType is what a format knows of a cell. Cells of a known type are not subject to the file's decimal sign and date
// order: a number is written as -1234.5, a date as 2026-03-14 or 2026-03-14 08:26:00, a boolean as true or false.
type cellType byte

const (
	textCell cellType = iota
	numberCell
	dateCell
	boolCell
	nestedCell // a list or an object, which no column can hold
)

// openSource unpacks the file and finds out its format.
func openSource(kind Kind, in Input, o Options) (source, packing, error) {
	c, p, err := unpack(in, o)
	if err != nil {
		return nil, p, err
	}
	head, err := c.head()
	if err != nil {
		return nil, p, err
	}
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		s, err := openWorkbook(kind, c, o)
		return s, p, err
	}
	if err := refuseForeign(head); err != nil {
		return nil, p, err
	}
	s, err := openPlain(kind, c, o)
	return s, p, err
}

// openPlain opens what is text: JSON Lines or cells between delimiters.
func openPlain(kind Kind, c content, o Options) (source, error) {
	s, err := takeCensus(c)
	if err != nil {
		return nil, err
	}
	encoding, err := encodingNamed(o.Encoding, s)
	if err != nil {
		return nil, err
	}
	if encoding == "" {
		encoding = s.encoding()
	}
	in, err := c.open()
	if err != nil {
		return nil, err
	}
	text, err := decoded(in, encoding)
	if err != nil {
		return nil, err
	}
	sample, err := readSample(text)
	if err != nil {
		return nil, err
	}
	if err := refuseText(sample[:min(len(sample), headSize)]); err != nil {
		return nil, err
	}
	if isJSONLines(sample) {
		return openJSONLines(c, encoding, sample)
	}
	return openText(kind, c, s, encoding, sample, o), nil
}
