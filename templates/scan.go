package templates

import (
	"fmt"
	"strings"
)

// segment is a stretch of a text: plain, a Liquid object {{ … }}, or a Liquid tag {% … %}.
type segment struct {
	kind   segmentKind
	source string // as it is to run: with its delimiters
	inner  string // between the delimiters, without dashes and blanks; empty for plain text
	offset int    // of the segment in the scanned text
	at     int    // of inner in the scanned text
}

type segmentKind int

const (
	plain segmentKind = iota
	object
	tag
)

// scan cuts a text at its Liquid. Each piece must close on its own line, which is where people look for it.
func scan(text string) ([]segment, *misplaced) {
	var segments []segment
	rest := 0
	for {
		open := nextOpening(text, rest)
		if open < 0 {
			return appendPlain(segments, text, rest, len(text)), nil
		}
		segments = appendPlain(segments, text, rest, open)
		closing, kind := "}}", object
		if text[open+1] == '%' {
			closing, kind = "%}", tag
		}
		length := strings.Index(text[open+2:], closing)
		if line := strings.IndexByte(text[open:], '\n'); length < 0 || line >= 0 && line < length+2 {
			return nil, &misplaced{open, fmt.Sprintf("%q is not closed by %q on the same line", text[open:open+2], closing)}
		}
		end := open + 2 + length + 2
		segments = append(segments, liquidSegment(text, open, end, kind))
		rest = end
	}
}

// misplaced is a mistake at an offset of a scanned text.
type misplaced struct {
	offset  int
	message string
}

func nextOpening(text string, from int) int {
	for i := from; i+1 < len(text); i++ {
		if text[i] == '{' && (text[i+1] == '{' || text[i+1] == '%') {
			return i
		}
	}
	return -1
}

func appendPlain(segments []segment, text string, from, to int) []segment {
	if from == to {
		return segments
	}
	return append(segments, segment{kind: plain, source: text[from:to], offset: from})
}

func liquidSegment(text string, open, end int, kind segmentKind) segment {
	from, to := open+2, end-2
	if from < to && text[from] == '-' {
		from++
	}
	if from < to && text[to-1] == '-' {
		to--
	}
	for from < to && (text[from] == ' ' || text[from] == '\t') {
		from++
	}
	return segment{
		kind: kind, source: text[open:end], offset: open,
		inner: strings.TrimRight(text[from:to], " \t"), at: from,
	}
}

// word is the name of a tag: if, endif, for …
func (s segment) word() string {
	name, _, _ := strings.Cut(s.inner, " ")
	return name
}

// lexeme is one word, number, text or sign of a Liquid expression.
type lexeme struct {
	kind   byte // 'w' word, 'n' number, 's' text, or the sign itself
	text   string
	offset int // in the expression
}

// lex cuts an expression into lexemes. A text that is not closed ends with the expression.
func lex(expression string) []lexeme {
	var all []lexeme
	for i := 0; i < len(expression); {
		c, from := expression[i], i
		kind := c
		switch {
		case c == ' ' || c == '\t':
			i++
			continue
		case c == '"' || c == '\'':
			kind = 's'
			if n := strings.IndexByte(expression[i+1:], c); n >= 0 {
				i += n + 2
			} else {
				i = len(expression)
			}
		case isLetter(c):
			kind = 'w'
			for i < len(expression) && (isLetter(expression[i]) || isDigit(expression[i])) {
				i++
			}
		case isDigit(c):
			kind = 'n'
			for i < len(expression) && isDigit(expression[i]) {
				i++
			}
		default:
			i++
		}
		all = append(all, lexeme{kind, expression[from:i], from})
	}
	return all
}

func isLetter(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
