package importer

import "bytes"

// split cuts raw into r.cells, undoubling quotes and taking off escapes in place.
func (r *records) split(raw []byte) (problem string) {
	r.cells = r.cells[:0]
	if r.delimiter == ' ' {
		r.cells = append(r.cells, bytes.Fields(raw)...)
		return ""
	}
	if !r.quoted(raw) && !r.escaped(raw) {
		for {
			i := bytes.IndexByte(raw, r.delimiter)
			if i < 0 {
				r.cells = append(r.cells, raw)
				return ""
			}
			r.cells = append(r.cells, raw[:i])
			raw = raw[i+1:]
		}
	}
	for {
		cell, rest, more, problem := r.cell(raw)
		r.cells = append(r.cells, cell)
		if problem != "" || !more {
			return problem
		}
		raw = rest
	}
}

func (r *records) cell(raw []byte) (cell, rest []byte, more bool, problem string) {
	lead := blanks(raw, r.delimiter)
	if lead == len(raw) || raw[lead] != r.quote || r.quote == noQuote {
		cell, rest, more = r.cutCell(raw)
		if r.escaped(cell) && string(cell) != `\N` {
			cell = unescape(cell)
		}
		return cell, rest, more, ""
	}
	quoted := raw[lead:]
	closed := r.closingQuote(quoted)
	if closed < 0 {
		return nil, nil, false, "a quote is opened and never closed"
	}
	cell = quoted[1:closed]
	if r.escaped(cell) {
		cell = unescape(cell)
	} else {
		cell = undouble(cell, r.quote)
	}
	after, rest, more := r.cutCell(quoted[closed+1:])
	if len(bytes.TrimSpace(after)) > 0 {
		return cell, rest, more, "text after a closing quote"
	}
	return cell, rest, more, ""
}

// cutCell cuts at the first delimiter that is not escaped.
func (r *records) cutCell(raw []byte) (cell, rest []byte, more bool) {
	i := bytes.IndexByte(raw, r.delimiter)
	if i > 0 && r.escaped(raw[:i]) {
		for i = 0; i < len(raw) && raw[i] != r.delimiter; i++ {
			if raw[i] == '\\' {
				i++
			}
		}
	}
	if i < 0 || i >= len(raw) {
		return raw, nil, false
	}
	return raw[:i], raw[i+1:], true
}

// closingQuote is where the quote that opens b is closed; -1: it is not.
func (r *records) closingQuote(b []byte) int {
	for i := 1; i < len(b); i++ {
		j := bytes.IndexByte(b[i:], r.quote)
		if j < 0 {
			return -1
		}
		if r.escape && backslashes(b[1:i+j])%2 == 1 {
			i += j
			continue
		}
		i += j
		if i+1 == len(b) || b[i+1] != r.quote {
			return i
		}
		i++
	}
	return -1
}

// backslashes counts those at the end of b.
func backslashes(b []byte) int {
	return len(b) - len(bytes.TrimRight(b, `\`))
}

// undouble takes one of each two quotes off; b is changed.
func undouble(b []byte, quote byte) []byte {
	i := bytes.Index(b, []byte{quote, quote})
	if i < 0 {
		return b
	}
	out := b[:i]
	for ; i < len(b); i++ {
		out = append(out, b[i])
		if b[i] == quote {
			i++ // its double
		}
	}
	return out
}

// unescape takes backslashes off as databases put them: \t, \n and \r are blanks, \0 stays to be seen, anything else is
// itself; b is changed.
func unescape(b []byte) []byte {
	out := b[:0]
	for i := 0; i < len(b); i++ {
		c := b[i]
		if c == '\\' && i+1 < len(b) && b[i+1] != '0' {
			i++
			switch c = b[i]; c {
			case 't':
				c = '\t'
			case 'n':
				c = '\n'
			case 'r':
				c = '\r'
			}
		}
		out = append(out, c)
	}
	return out
}

// blanks counts the spaces and tabs that b begins with, unless they delimit.
func blanks(b []byte, delimiter byte) int {
	for i, c := range b {
		if c != ' ' && (c != '\t' || delimiter == '\t') {
			return i
		}
	}
	return len(b)
}
