package importer

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"unicode/utf8"
)

// longestToken is the most bytes of a tag or a text; no cell of a workbook may be as long.
const longestToken = 1 << 20

// xmlReader cuts the XML of a workbook into tags and texts. It knows what workbooks need and no more: entities are the
// five of XML and numbers, and a document type, which could make others, is refused.
type xmlReader struct {
	in         io.Reader
	buf        []byte
	start, end int
	eof        bool
}

// xmlToken is a tag or a text. It is valid until the next one.
type xmlToken struct {
	kind  tokenKind
	name  []byte // of a tag, without the prefix of its namespace
	attrs []byte // of an opening tag, as they stand there
	text  []byte // as it stands there
	plain bool   // the text has no entities
}

type tokenKind byte

const (
	openTag tokenKind = iota + 1
	closeTag
	emptyTag // opens and closes
	textToken
)

func newXMLReader(in io.Reader) *xmlReader {
	return &xmlReader{in: in, buf: make([]byte, 1<<16)}
}

// next gives the next tag or text, or io.EOF.
func (x *xmlReader) next() (xmlToken, error) {
	for {
		b := x.buf[x.start:x.end]
		size, t, err := cutToken(b, x.eof)
		if err != nil {
			return t, err
		}
		if size > 0 {
			x.start += size
			if t.kind == 0 {
				continue // a comment or the like
			}
			return t, nil
		}
		if x.eof {
			if len(b) > 0 {
				return t, errBrokenXML
			}
			return t, io.EOF
		}
		if err := x.fill(); err != nil {
			return t, err
		}
	}
}

func (x *xmlReader) fill() error {
	copy(x.buf, x.buf[x.start:x.end])
	x.end -= x.start
	x.start = 0
	if x.end == len(x.buf) {
		if len(x.buf) > longestToken {
			return fileError("the workbook has a cell or a tag that is longer than a megabyte")
		}
		x.buf = append(x.buf, make([]byte, len(x.buf))...)
	}
	n, err := io.ReadFull(x.in, x.buf[x.end:])
	x.end += n
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		x.eof = true
		return nil
	}
	return err
}

var errBrokenXML = fileError("the workbook is damaged: its XML ends in the middle or is none")

// cutToken cuts the first token off b; size is 0 when b does not hold all of it.
func cutToken(b []byte, last bool) (size int, t xmlToken, err error) {
	if len(b) == 0 {
		return 0, t, nil
	}
	if b[0] != '<' {
		end := bytes.IndexByte(b, '<')
		if end < 0 && last {
			end = len(b)
		}
		if end < 0 {
			return 0, t, nil
		}
		return end, xmlToken{kind: textToken, text: b[:end], plain: bytes.IndexByte(b[:end], '&') < 0}, nil
	}
	if len(b) > 1 && (b[1] == '!' || b[1] == '?') {
		return cutSpecial(b, last)
	}
	end := tagEnd(b)
	if end < 0 {
		return 0, t, nil
	}
	return end + 1, tagOf(b[1:end]), nil
}

// cutSpecial cuts off a comment, an instruction, or text that is marked as such.
func cutSpecial(b []byte, last bool) (size int, t xmlToken, err error) {
	const cdata = "<![CDATA["
	for _, s := range []struct{ begin, end string }{{"<!--", "-->"}, {"<?", "?>"}, {cdata, "]]>"}} {
		if !bytes.HasPrefix(b, []byte(s.begin)) {
			continue
		}
		end := bytes.Index(b[len(s.begin):], []byte(s.end))
		if end < 0 {
			return 0, t, nil
		}
		if s.begin == cdata {
			t = xmlToken{kind: textToken, text: b[len(cdata) : len(cdata)+end], plain: true}
		}
		return len(s.begin) + end + len(s.end), t, nil
	}
	if len(b) < len(cdata) && !last {
		return 0, t, nil
	}
	return 0, t, fileError("the workbook's XML has a document type, which no workbook needs")
}

// tagEnd is where the tag that opens b ends; a quoted value may hold the sign that ends it.
func tagEnd(b []byte) int {
	end := bytes.IndexByte(b, '>')
	if end < 0 {
		return -1
	}
	if tag := b[:end]; bytes.IndexByte(tag, '\'') < 0 && bytes.Count(tag, []byte{'"'})%2 == 0 {
		return end
	}
	quote := byte(0)
	for i, c := range b {
		switch {
		case quote == 0 && c == '>':
			return i
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case c == quote:
			quote = 0
		}
	}
	return -1
}

// tagOf reads what stands between the signs of a tag.
func tagOf(b []byte) xmlToken {
	t := xmlToken{kind: openTag}
	switch {
	case len(b) > 0 && b[0] == '/':
		t.kind, b = closeTag, b[1:]
	case len(b) > 0 && b[len(b)-1] == '/':
		t.kind, b = emptyTag, b[:len(b)-1]
	}
	end := 0
	for end < len(b) && b[end] > ' ' {
		end++
	}
	t.name, t.attrs = b[:end], b[end:]
	if i := bytes.IndexByte(t.name, ':'); i > 0 && i+1 < len(t.name) {
		t.name = t.name[i+1:]
	}
	return t
}

// attr gives the value of an attribute without a namespace; nil: there is none.
func (t xmlToken) attr(name string) []byte {
	b := t.attrs
	for {
		b = bytes.TrimLeft(b, " \t\r\n")
		is := bytes.IndexByte(b, '=')
		if is < 0 {
			return nil
		}
		key := bytes.TrimRight(b[:is], " \t\r\n")
		b = bytes.TrimLeft(b[is+1:], " \t\r\n")
		if len(b) == 0 {
			return nil
		}
		end := bytes.IndexByte(b[1:], b[0])
		if end < 0 {
			return nil
		}
		if string(key) == name {
			return b[1 : 1+end]
		}
		b = b[end+2:]
	}
}

// appendText appends the text with its entities put back.
func (t xmlToken) appendText(dst []byte) []byte {
	b := t.text
	for !t.plain {
		i := bytes.IndexByte(b, '&')
		if i < 0 {
			break
		}
		dst = append(dst, b[:i]...)
		b = b[i:]
		end := bytes.IndexByte(b, ';')
		r, ok := rune(0), false
		if end > 0 {
			r, ok = entity(string(b[1:end]))
		}
		if !ok {
			dst, b = append(dst, '&'), b[1:]
			continue
		}
		dst, b = utf8.AppendRune(dst, r), b[end+1:]
	}
	return append(dst, b...)
}

func entity(name string) (rune, bool) {
	switch name {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	digits, base := name[1:], 10
	if digits[0] == 'x' || digits[0] == 'X' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	return rune(n), err == nil && n <= utf8.MaxRune
}
