package importer

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
)

// mostKeys is how many different keys a file may have; a key that holds data would make one for each row.
const mostKeys = 1000

// jsonSource is one JSON object per line. Its headings are all the keys that any line has, in the order in which they
// appear; a key that a line has not is an empty cell.
type jsonSource struct {
	content  content
	encoding string
	newline  byte
	headings [][]byte
	places   map[string]int
}

// isJSONLines tells JSON from cells between delimiters.
func isJSONLines(sample []byte) bool {
	sample = jsonBlanks(sample)
	if !bytes.HasPrefix(sample, []byte("{")) {
		return false
	}
	inside := jsonBlanks(sample[1:])
	return len(inside) == 0 || inside[0] == '"' || inside[0] == '}'
}

// openJSONLines reads the whole file once for its keys.
func openJSONLines(c content, encoding string, sample []byte) (source, error) {
	first, _, _ := bytes.Cut(bytes.TrimSpace(sample), []byte{newlineOf(sample)})
	if len(first) < longest && len(bytes.TrimSpace(first)) < 2 {
		return nil, fileError("it is JSON over several lines; write one object per line (JSON Lines)")
	}
	s := &jsonSource{content: c, encoding: encoding, newline: newlineOf(sample), places: map[string]int{}}
	in, err := s.lines()
	if err != nil {
		return nil, err
	}
	for {
		r, err := in.next()
		if errors.Is(err, io.EOF) {
			return s, nil
		}
		if err != nil {
			return nil, err
		}
		if r.problem == "" && json.Valid(r.raw) {
			s.learn(r.raw)
		}
		if len(s.places) > mostKeys {
			return nil, fileError("its objects have more than %d different keys", mostKeys)
		}
	}
}

// lines gives the lines as rows of one cell.
func (s *jsonSource) lines() (*records, error) {
	in, err := s.content.open()
	if err != nil {
		return nil, err
	}
	text, err := decoded(in, s.encoding)
	if err != nil {
		return nil, err
	}
	return newRecords(text, dialect{quote: noQuote, newline: s.newline}), nil // no text has the delimiter 0
}

// learn keeps the keys of an object that are new.
func (s *jsonSource) learn(line []byte) {
	walkObject(line, func(key, _ []byte) string {
		if _, known := s.places[string(key)]; !known && len(s.places) <= mostKeys {
			s.places[string(key)] = len(s.headings)
			s.headings = append(s.headings, bytes.Clone(key))
		}
		return ""
	})
}

func (s *jsonSource) open() (rows, error) {
	in, err := s.lines()
	if err != nil {
		return nil, err
	}
	n := len(s.headings)
	return &jsonRows{source: s, in: in, cells: make([][]byte, n), types: make([]cellType, n), seen: make([]bool, n)}, nil
}

func (s *jsonSource) describe(shape *Shape) { shape.Format, shape.Encoding = "jsonl", s.encoding }

func (s *jsonSource) delimiter() byte { return ';' }

// jsonRows reads object by object.
type jsonRows struct {
	source *jsonSource
	in     *records
	headed bool
	cells  [][]byte
	types  []cellType
	seen   []bool
}

func (j *jsonRows) next() (record, error) {
	if !j.headed {
		j.headed = true
		return record{cells: j.source.headings}, nil
	}
	r, err := j.in.next()
	if err != nil || r.problem != "" {
		return r, err
	}
	r.cells = nil
	switch line := bytes.Trim(r.raw, jsonSpace); {
	case !json.Valid(line) || line[0] != '{':
		r.problem = "not a JSON object"
	default:
		r.problem = j.fill(line)
		r.cells, r.types = j.cells, j.types
	}
	return r, nil
}

// fill puts the values of an object under their headings.
func (j *jsonRows) fill(line []byte) (problem string) {
	clear(j.cells)
	clear(j.types)
	clear(j.seen)
	return walkObject(line, func(key, value []byte) string {
		at, known := j.source.places[string(key)]
		if !known {
			return ""
		}
		if j.seen[at] {
			return "the key " + quote(key) + " comes twice"
		}
		j.seen[at] = true
		j.cells[at], j.types[at] = jsonCell(value)
		if bytes.IndexByte(j.cells[at], 0) >= 0 {
			return "holds a zero byte"
		}
		return ""
	})
}

// jsonCell is a value as a cell: null is an empty one.
func jsonCell(value []byte) ([]byte, cellType) {
	switch value[0] {
	case '"':
		return jsonText(value), textCell
	case 'n':
		return nil, textCell
	case 't', 'f':
		return value, boolCell
	case '{', '[':
		return value, nestedCell
	}
	return decimalOf(value), numberCell
}

// jsonText takes the quotes and escapes off a string.
func jsonText(value []byte) []byte {
	if bytes.IndexByte(value, '\\') < 0 {
		return value[1 : len(value)-1]
	}
	var s string
	if err := json.Unmarshal(value, &s); err != nil { // it was found valid
		return nil
	}
	return []byte(s)
}

// walkObject calls see for each key and value of a valid JSON object, as it stands there, until see gives a problem.
func walkObject(line []byte, see func(key, value []byte) string) (problem string) {
	b := bytes.Trim(line, jsonSpace)
	if len(b) == 0 || b[0] != '{' {
		return ""
	}
	b = jsonBlanks(b[1:])
	for len(b) > 0 && b[0] == '"' {
		size := valueSize(b)
		key := jsonText(b[:size])
		b = jsonBlanks(jsonBlanks(b[size:])[1:]) // behind the colon
		size = valueSize(b)
		if problem := see(key, b[:size]); problem != "" {
			return problem
		}
		b = jsonBlanks(b[size:])
		if b[0] == ',' {
			b = jsonBlanks(b[1:])
		}
	}
	return ""
}

const jsonSpace = " \t\r\n"

func jsonBlanks(b []byte) []byte { return bytes.TrimLeft(b, jsonSpace) }

// valueSize is the size of the valid value that b begins with.
func valueSize(b []byte) int {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			for i++; b[i] != '"'; i++ {
				if b[i] == '\\' {
					i++
				}
			}
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			} else if depth < 0 {
				return i
			}
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return i
			}
		}
	}
	return len(b)
}

// mostShift is how far a number's point is moved; what is farther is no amount, and is left as it is.
const mostShift = 40

// decimalOf writes a number such as 1.5E-3 without its power of ten, digit by digit: 0.0015.
func decimalOf(number []byte) []byte {
	at := bytes.IndexAny(number, "eE")
	if at < 0 {
		return number
	}
	shift, err := strconv.Atoi(string(number[at+1:]))
	if err != nil || shift > mostShift || shift < -mostShift {
		return number
	}
	sign, mantissa := []byte(nil), number[:at]
	if len(mantissa) > 0 && mantissa[0] == '-' {
		sign, mantissa = mantissa[:1], mantissa[1:]
	}
	whole, decimals, _ := bytes.Cut(mantissa, []byte{'.'})
	digits := append(bytes.Clone(whole), decimals...)
	point := len(whole) + shift
	for ; point < 1; point++ {
		digits = append([]byte{'0'}, digits...)
	}
	for len(digits) < point {
		digits = append(digits, '0')
	}
	whole = bytes.TrimLeft(digits[:point-1], "0")
	out := append(append(bytes.Clone(sign), whole...), digits[point-1])
	if rest := bytes.TrimRight(digits[point:], "0"); len(rest) > 0 {
		out = append(append(out, '.'), rest...)
	}
	return out
}
