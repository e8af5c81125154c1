package templates

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/relance/relance/internal/nearest"
)

// Keys of the lines above a text, the needed ones first.
var (
	mailKeys   = []string{"subject", "preheader", "from_name"}
	scriptKeys = []string{"title"}
)

// source is one Markdown file taken apart, its Liquid checked.
type source struct {
	file   string
	fields map[string]*passage
	body   *passage
}

// passage is a stretch of a file with Liquid in it: the body, or one value above it.
type passage struct {
	segments []segment
	used     []string // variables
	line     int      // of its first character in the file, from 1
	column   int
	text     string
}

// readSource takes a file apart and checks its Liquid. keys are those that may stand above the text, the first one being
// needed; nil: nothing stands there. The source is usable only when there are no problems.
func readSource(file, text string, keys []string) (*source, []Problem) {
	s := &source{file: file, fields: map[string]*passage{}}
	text = strings.ReplaceAll(strings.TrimPrefix(text, "\ufeff"), "\r\n", "\n")
	head, body, line := cutHead(text)
	var problems []Problem
	if keys != nil {
		problems = s.readHead(head, keys)
	} else if head != "" {
		problems = append(problems, Problem{File: file, Line: 1, Column: 1, Message: "this text takes no lines between --- above it"})
	}
	s.body = &passage{text: body, line: line, column: 1}
	problems = append(problems, s.body.check(file, true)...)
	return s, problems
}

// cutHead separates the YAML between two lines of dashes from the body, and tells the body's first line.
func cutHead(text string) (head, body string, line int) {
	rest, ok := strings.CutPrefix(text, "---\n")
	if !ok {
		return "", text, 1
	}
	head, body, ok = strings.Cut(rest, "\n---\n")
	if !ok {
		return "", text, 1
	}
	return head, body, strings.Count(head, "\n") + 4
}

func (s *source) readHead(head string, keys []string) []Problem {
	needed := Problem{File: s.file, Line: 1, Column: 1, Message: fmt.Sprintf("the text begins with a line ---, then %s: \"…\", then a line ---", keys[0])}
	if strings.TrimSpace(head) == "" {
		return []Problem{needed}
	}
	file, err := parser.ParseBytes([]byte(head), 0)
	if err != nil {
		return []Problem{headProblem(s.file, err)}
	}
	mapping, ok := file.Docs[0].Body.(*ast.MappingNode)
	if !ok {
		return []Problem{needed}
	}
	var problems []Problem
	for _, pair := range mapping.Values {
		problems = append(problems, s.readField(pair, keys)...)
	}
	if s.fields[keys[0]] == nil && len(problems) == 0 {
		problems = append(problems, Problem{File: s.file, Line: 1, Column: 1, Message: fmt.Sprintf("%q is missing", keys[0])})
	}
	return problems
}

func headProblem(file string, err error) Problem {
	p := Problem{File: file, Line: 1, Column: 1, Message: err.Error()}
	var syntax *yaml.SyntaxError
	if errors.As(err, &syntax) && syntax.Token != nil {
		p.Line, p.Column, p.Message = syntax.Token.Position.Line+1, syntax.Token.Position.Column, syntax.Message
	}
	return p
}

func (s *source) readField(pair *ast.MappingValueNode, keys []string) []Problem {
	at := pair.Key.GetToken()
	key, line := at.Value, at.Position.Line+1
	if !slices.Contains(keys, key) {
		return []Problem{{s.file, line, at.Position.Column, fmt.Sprintf("unknown key %q; known here: %s", key, strings.Join(keys, ", ")), nearest.Word(key, keys)}}
	}
	value, ok := pair.Value.(*ast.StringNode)
	if !ok || strings.Contains(value.Value, "\n") || strings.TrimSpace(value.Value) == "" {
		return []Problem{{File: s.file, Line: line, Column: at.Position.Column, Message: fmt.Sprintf("%s: write one line of text between quotes", key)}}
	}
	column := value.Token.Position.Column
	if o := value.Token.Origin; strings.Contains(o, `"`+value.Value) || strings.Contains(o, "'"+value.Value) {
		column++
	}
	p := &passage{text: value.Value, line: line, column: column}
	s.fields[key] = p
	return p.check(s.file, false)
}

// uses lists the variables of the whole source, once each, in order of first use.
func (s *source) uses() []string {
	var all []string
	for _, p := range append(s.ordered(), s.body) {
		for _, name := range p.used {
			if !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
	}
	return all
}

func (s *source) ordered() []*passage {
	var all []*passage
	for _, key := range append(slices.Clone(mailKeys), scriptKeys...) {
		if p := s.fields[key]; p != nil {
			all = append(all, p)
		}
	}
	return all
}

// check scans the passage and checks its Liquid and, for a body, that its tags close where they must.
func (p *passage) check(file string, body bool) []Problem {
	var problems []Problem
	add := func(offset int, message, near string) {
		line, column := p.place(offset)
		problems = append(problems, Problem{file, line, column, message, near})
	}
	segments, wrong := scan(p.text)
	if wrong != nil {
		add(wrong.offset, wrong.message, "")
		return problems
	}
	c := newChecker(segments)
	c.run()
	for _, f := range c.found {
		add(f.offset, f.message, f.nearest)
	}
	p.segments, p.used = c.segments, c.used
	if body && len(problems) == 0 {
		for _, w := range crossing(p.text, p.segments) {
			add(w.offset, w.message, "")
		}
	}
	if len(problems) == 0 {
		if _, err := newEngine("fr", false).ParseString(p.liquid()); err != nil {
			add(0, liquidMessage(err), "")
			problems[len(problems)-1].Line = p.line + err.LineNumber() // Liquid counts from 0 here
		}
	}
	return problems
}

// liquid is the passage as it runs.
func (p *passage) liquid() string {
	var b strings.Builder
	for _, s := range p.segments {
		b.WriteString(s.source)
	}
	return b.String()
}

// place turns an offset into a line and column of the file, the column counted in characters.
func (p *passage) place(offset int) (line, column int) {
	before := p.text[:offset]
	line = p.line + strings.Count(before, "\n")
	if i := strings.LastIndexByte(before, '\n'); i >= 0 {
		return line, len([]rune(before[i+1:])) + 1
	}
	return line, p.column + len([]rune(before))
}

// liquidMessage takes Liquid's own sentence without its place, which we tell better.
func liquidMessage(err error) string {
	message := strings.TrimPrefix(err.Error(), "Liquid error")
	if strings.HasPrefix(message, " (line ") {
		_, message, _ = strings.Cut(message, ")")
	}
	return strings.TrimPrefix(strings.TrimSpace(message), ": ")
}
