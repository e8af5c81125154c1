package campaigns

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/relance/relance/internal/calendar"
	"github.com/relance/relance/internal/strict"
)

// reader walks a YAML tree and collects every problem on its way; it returns zero values where it finds one.
type reader struct {
	file     string
	problems []Problem
}

var nameForm = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

func (r *reader) report(at ast.Node, near, format string, args ...any) {
	p := Problem{File: r.file, Message: fmt.Sprintf(format, args...), Nearest: near}
	p.Line, p.Column = place(at)
	r.problems = append(r.problems, p)
}

// place is where a node begins: for a mapping, its first key.
func place(n ast.Node) (line, column int) {
	if m, ok := n.(*ast.MappingNode); ok && len(m.Values) > 0 && !m.IsFlowStyle {
		n = m.Values[0].Key
	}
	if s, ok := n.(*ast.SequenceNode); ok && len(s.Values) > 0 && !s.IsFlowStyle {
		return place(s.Values[0])
	}
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line, t.Position.Column
	}
	return 0, 0
}

func names(keys []Key) []string {
	list := make([]string, len(keys))
	for i, k := range keys {
		list[i] = k.Name
	}
	return list
}

// keys returns a mapping's values by key, and reports keys that are unknown or written twice.
func (r *reader) keys(n ast.Node, known []string) map[string]ast.Node {
	return strict.Keys(n, known, r.report)
}

// need returns a key's value and reports its absence.
func (r *reader) need(parent ast.Node, keys map[string]ast.Node, key string) ast.Node {
	if keys[key] == nil {
		r.report(parent, "", "%q is missing", key)
	}
	return keys[key]
}

// scalar is the text of a plain value; empty for a list or mapping.
func scalar(n ast.Node) string {
	switch n := n.(type) {
	case *ast.LiteralNode:
		return n.Value.Value
	case *ast.MappingNode, *ast.SequenceNode, *ast.NullNode:
		return ""
	case nil:
		return ""
	}
	return n.GetToken().Value
}

func (r *reader) text(parent ast.Node, keys map[string]ast.Node, key string) string {
	at := r.need(parent, keys, key)
	if at == nil {
		return ""
	}
	s := strings.TrimSpace(scalar(at))
	if s == "" {
		r.report(at, "", "%q needs a text", key)
	}
	return s
}

func (r *reader) name(parent ast.Node, keys map[string]ast.Node, key string) string {
	s := r.text(parent, keys, key)
	if s != "" && !nameForm.MatchString(s) {
		r.report(keys[key], "", "%q is no name: use small letters, figures and hyphens, such as welcome-call", s)
	}
	return s
}

func (r *reader) word(parent ast.Node, keys map[string]ast.Node, key string, needed bool, known []string) string {
	if keys[key] == nil && !needed {
		return ""
	}
	s := r.text(parent, keys, key)
	if s != "" {
		strict.Known(keys[key], key, s, known, r.report)
	}
	return s
}

func (r *reader) number(at ast.Node, otherwise, least, most int) int {
	if at == nil {
		return otherwise
	}
	n, err := strconv.Atoi(strings.TrimSuffix(scalar(at), "%"))
	if err != nil || n < least || n > most {
		r.report(at, "", "%q must be a whole number from %d to %d", scalar(at), least, most)
		return otherwise
	}
	return n
}

func (r *reader) yes(at ast.Node) bool {
	switch s := scalar(at); s {
	case "", "false", "no":
		return false
	case "true", "yes":
		return true
	default:
		r.report(at, "", "%q must be true or false", s)
		return false
	}
}

func (r *reader) period(parent ast.Node, keys map[string]ast.Node, key string, needed bool, units ...calendar.Unit) calendar.Period {
	at := keys[key]
	if at == nil {
		if needed {
			r.report(parent, "", "%q is missing", key)
		}
		return calendar.Period{}
	}
	p, err := calendar.ParsePeriod(scalar(at), units...)
	if err != nil {
		r.report(at, "", "%s", err)
	}
	return p
}

// condition compiles an expression; its problems are moved to their place in the file.
func (r *reader) condition(at ast.Node, known words) *Expression {
	if at == nil {
		return nil
	}
	e, problems := compile(scalar(at), known)
	line, column := place(at)
	if literal, ok := at.(*ast.LiteralNode); ok { // after | or >, the text begins on the next line
		line, column = line+1, indentOf(literal)+1
	} else if t := at.GetToken().Type; t == token.DoubleQuoteType || t == token.SingleQuoteType {
		column++
	}
	for _, p := range problems {
		if p.Line == 1 {
			p.Column += column - 1
		}
		p.File, p.Line = r.file, p.Line+line-1
		r.problems = append(r.problems, p)
	}
	return e
}

// indentOf is the number of blanks before the first line of a block of text.
func indentOf(n *ast.LiteralNode) int {
	text := strings.TrimLeft(n.Value.GetToken().Origin, "\n")
	return len(text) - len(strings.TrimLeft(text, " "))
}
