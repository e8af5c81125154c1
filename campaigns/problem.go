package campaigns

import "fmt"

// Problem is one mistake in a definition or condition. Line and Column start at 1; 0: the whole file.
type Problem struct {
	File         string
	Line, Column int
	Message      string
	Nearest      string // the word that was probably meant; may be empty
}

// String writes the problem as editors understand it: file:line:column: message. A condition that stands in no file has
// only its column.
func (p Problem) String() string {
	s := fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message)
	if p.File == "" {
		s = fmt.Sprintf("column %d: %s", p.Column, p.Message)
	}
	if p.Nearest != "" {
		s += fmt.Sprintf(" (did you mean %q?)", p.Nearest)
	}
	return s
}
