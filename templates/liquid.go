package templates

import (
	"fmt"
	"slices"
	"strings"

	"github.com/relance/relance/internal/nearest"
)

// checker goes over the Liquid of one text, gathers the variables it uses and the mistakes it makes, and completes what
// authors need not write (the currency of an amount).
type checker struct {
	segments []segment
	names    []string        // documented variables
	lists    map[string]bool // those that are lists
	filters  []string
	local    map[string]bool // names that the text makes itself, with assign and for
	used     []string
	currency []int // places in the segment under way where an amount's currency goes
	found    []misplacedNear
}

type misplacedNear struct {
	misplaced
	nearest string
}

// tags that a text may use, with how they nest: +1 opens, -1 closes, 0 neither. Tags that read files (include, render),
// that hide text from checking (raw) or that make text grow unseen (capture, tablerow) are not among them.
var tags = map[string]int{
	"if": 1, "endif": -1, "unless": 1, "endunless": -1, "case": 1, "endcase": -1, "for": 1, "endfor": -1,
	"comment": 1, "endcomment": -1, "elsif": 0, "else": 0, "when": 0, "assign": 0, "break": 0, "continue": 0,
}

var tagNames = []string{
	"if", "elsif", "else", "endif", "unless", "endunless", "case", "when", "endcase",
	"for", "endfor", "break", "continue", "assign", "comment", "endcomment",
}

// words of the expression language that are no variables.
var reserved = []string{"true", "false", "nil", "null", "blank", "empty", "and", "or", "contains", "in", "not", "reversed"}

// maxLoops is how deep loops may nest: lists are short, so that two levels stay short too.
const maxLoops = 2

func newChecker(segments []segment) *checker {
	c := &checker{
		segments: segments, names: variableNames(), filters: filterNames(),
		lists: map[string]bool{}, local: map[string]bool{"forloop": true},
	}
	for _, v := range Variables() {
		c.lists[v.Name] = v.Type == "list"
	}
	return c
}

// run checks every segment; a comment's inside is not looked at.
func (c *checker) run() {
	loops, comment := 0, false
	for i := range c.segments {
		s := &c.segments[i]
		switch {
		case s.kind == tag && s.word() == "endcomment":
			comment = false
		case comment || s.kind == plain:
		case s.kind == object:
			c.expression(s, s.inner, s.at)
		default:
			loops = c.tag(s, loops)
			comment = s.word() == "comment"
		}
		c.completed(s)
	}
}

func (c *checker) report(offset int, near, format string, a ...any) {
	c.found = append(c.found, misplacedNear{misplaced{offset, fmt.Sprintf(format, a...)}, near})
}

// tag checks one tag inside so many loops, and returns in how many the next one is.
func (c *checker) tag(s *segment, loops int) int {
	name, rest, _ := strings.Cut(s.inner, " ")
	at := s.at + len(s.inner) - len(rest)
	if _, ok := tags[name]; !ok {
		c.report(s.at, nearest.Word(name, tagNames), "unknown tag %q; known: %s", name, strings.Join(tagNames, ", "))
		return loops
	}
	switch name {
	case "endfor":
		return loops - 1
	case "for":
		c.loop(s, rest, at, loops)
		return loops + 1
	case "assign":
		if loops > 0 {
			c.report(s.at, "", "assign cannot stand inside a loop")
		}
		made, value, ok := strings.Cut(rest, "=")
		if ok {
			c.expression(s, value, at+len(made)+1)
			c.local[strings.TrimSpace(made)] = true
		}
	default:
		c.expression(s, rest, at)
	}
	return loops
}

func (c *checker) loop(s *segment, rest string, at, loops int) {
	if loops >= maxLoops {
		c.report(s.at, "", "loops cannot stand deeper than %d", maxLoops)
	}
	variable, over, ok := strings.Cut(rest, " in ")
	if !ok {
		return // Liquid itself says what is wrong
	}
	if strings.Contains(over, "..") {
		c.report(at, "", "a loop goes over a list, such as answer.reasons, not over a range of numbers")
		return
	}
	c.expression(s, over, at+len(variable)+len(" in "))
	c.local[strings.TrimSpace(variable)] = true
}

// expression checks the variables and filters of an expression that begins at offset at of the text.
func (c *checker) expression(s *segment, expression string, at int) {
	all := lex(expression)
	sign := func(i int) byte {
		if i >= 0 && i < len(all) {
			return all[i].kind
		}
		return 0
	}
	for i := 0; i < len(all); i++ {
		l := all[i]
		switch {
		case l.kind == '[':
			c.report(at+l.offset, "", "square brackets are not used here: write the name with a dot")
		case l.kind == 'w' && sign(i-1) == '|':
			c.filter(s, l, at, sign(i+1) == ':')
		case l.kind == 'w' && sign(i+1) != ':':
			from := i
			for sign(i+1) == '.' && sign(i+2) == 'w' {
				i += 2
			}
			c.variable(expression[all[from].offset:all[i].offset+len(all[i].text)], at+all[from].offset)
		}
	}
}

// filter checks a filter's name; money is given the company's currency.
func (c *checker) filter(s *segment, l lexeme, at int, hasArgument bool) {
	if !slices.Contains(c.filters, l.text) {
		c.report(at+l.offset, nearest.Word(l.text, c.filters), "unknown filter %q", l.text)
		return
	}
	if l.text != "money" {
		return
	}
	if hasArgument {
		c.report(at+l.offset, "", "money takes nothing after it; to round, write: round | money")
		return
	}
	c.currency = append(c.currency, at+l.offset+len(l.text)-s.offset)
}

// completed writes the company's currency behind each money of the segment.
func (c *checker) completed(s *segment) {
	for _, place := range slices.Backward(c.currency) {
		s.source = s.source[:place] + ": company.currency" + s.source[place:]
	}
	c.currency = nil
}

func (c *checker) variable(path string, offset int) {
	first, _, _ := strings.Cut(path, ".")
	if slices.Contains(reserved, path) || c.local[first] {
		return
	}
	base, last := path, ""
	if i := strings.LastIndexByte(path, '.'); i > 0 {
		base, last = path[:i], path[i+1:]
	}
	switch {
	case slices.Contains(c.names, path):
		c.used = append(c.used, path)
	case c.lists[base] && slices.Contains([]string{"size", "first", "last"}, last):
		c.used = append(c.used, base)
	default:
		c.report(offset, nearest.Word(path, c.names), "unknown variable %q%s", path, c.group(path))
	}
}

// group explains a name that holds several variables.
func (c *checker) group(name string) string {
	var inside []string
	for _, n := range c.names {
		if strings.HasPrefix(n, name+".") {
			inside = append(inside, n)
		}
	}
	if inside == nil {
		return ""
	}
	return ": it holds " + strings.Join(inside, ", ")
}
