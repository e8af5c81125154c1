package campaigns

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"

	"github.com/relance/relance/internal/calendar"
	"github.com/relance/relance/internal/nearest"
)

// Expression is a condition in the expr language, read by its parser, checked against the facts and turned into closures
// over them: a pass asks it of every client, so it neither looks names up nor allocates. What the language offers beyond
// comparing, calculating, lists and the functions below is refused: a condition has to be readable aloud.
type Expression struct {
	Source string
	names  []string // facts that it reads
	test   func(*scope) bool
}

// scope is what an expression sees: the facts of a client and the day, or an answer.
type scope struct {
	facts     *Facts
	house     *calendar.House
	today     calendar.Date
	smallTail float64
	score     float64 // NaN: not given
	callMe    bool
	outcome   string
}

// longestExpression bounds what is parsed, in bytes.
const longestExpression = 4000

// Facts lists the names of the facts that the expression reads; none for a nil expression.
func (e *Expression) Facts() []string {
	if e == nil {
		return nil
	}
	return e.names
}

// Holds reports whether the condition is true for a client at a moment. A nil expression is true for all.
func (e *Expression) Holds(m *Moment, f *Facts) bool {
	return e == nil || e.test(&scope{facts: f, house: m.House, today: m.House.Today(m.Now), smallTail: m.SmallTail})
}

// Matches reports whether an answer meets the condition. A nil expression is met by every answer.
func (e *Expression) Matches(end Ending) bool {
	if e == nil {
		return true
	}
	score := math.NaN()
	if end.Scored {
		score = float64(end.Score)
	}
	return e.test(&scope{score: score, callMe: end.CallMe, outcome: string(end.Outcome)})
}

// ParseAudience reads a condition over the facts by itself, as the console and bulk declarations need it. Lines and
// columns of the problems count from 1 within the text.
func ParseAudience(source string) (*Expression, []Problem) {
	return compile(source, clientWords())
}

// compiler walks one expression and collects its mistakes.
type compiler struct {
	source   string
	words    words
	problems []Problem
	names    []string
}

// compile checks an expression whole: all its mistakes are reported at once.
func compile(source string, known words) (*Expression, []Problem) {
	c := &compiler{source: source, words: known}
	if len(source) > longestExpression {
		return nil, []Problem{{Line: 1, Column: 1, Message: fmt.Sprintf("the condition is longer than %d characters", longestExpression)}}
	}
	tree, err := parser.Parse(source)
	if err != nil {
		return nil, []Problem{syntaxProblem(err)}
	}
	root := c.node(tree.Node)
	if root.typ != "" && root.typ != YesNo {
		c.report(tree.Node, "", "this condition is a %s; it must be something that is true or false, such as a comparison", root.typ)
	}
	if len(c.problems) > 0 {
		return nil, c.problems
	}
	slices.Sort(c.names)
	return &Expression{Source: source, names: slices.Compact(c.names), test: root.yes}, nil
}

func syntaxProblem(err error) Problem {
	p := Problem{Line: 1, Column: 1, Message: "the condition cannot be read: " + err.Error()}
	var at *file.Error
	if errors.As(err, &at) {
		p.Line, p.Column = max(at.Line, 1), at.Column+1
		p.Message = "the condition cannot be read: " + at.Message
	}
	return p
}

func (c *compiler) report(n ast.Node, near, format string, args ...any) operand {
	if member, ok := n.(*ast.MemberNode); ok { // its own place is that of the dot
		return c.report(member.Node, near, format, args...)
	}
	before := []rune(c.source)[:min(n.Location().From, len([]rune(c.source)))]
	line, column := 1, 1
	for _, r := range before {
		column++
		if r == '\n' {
			line, column = line+1, 1
		}
	}
	c.problems = append(c.problems, Problem{Line: line, Column: column, Message: fmt.Sprintf(format, args...), Nearest: near})
	return operand{}
}

// node compiles one node. An operand without a type stands for a mistake that was reported: nobody reports it again.
func (c *compiler) node(n ast.Node) operand {
	switch n := n.(type) {
	case *ast.IntegerNode:
		return constantNumber(float64(n.Value))
	case *ast.FloatNode:
		return constantNumber(n.Value)
	case *ast.StringNode:
		return constantText(n.Value)
	case *ast.BoolNode:
		return operand{typ: YesNo, yes: func(*scope) bool { return n.Value }}
	case *ast.IdentifierNode, *ast.MemberNode, *ast.ChainNode:
		return c.fact(n)
	case *ast.UnaryNode:
		return c.unary(n)
	case *ast.BinaryNode:
		return c.binary(n)
	case *ast.CallNode:
		return c.call(n, n.Callee.String(), n.Arguments)
	case *ast.BuiltinNode:
		return c.call(n, n.Name, n.Arguments)
	}
	return c.report(n, "", "%s cannot be used in a condition", n.String())
}

// fact resolves a name such as revenue_12m, client.kind or client.attributes.colour.
func (c *compiler) fact(n ast.Node) operand {
	name, ok := dotted(n)
	if !ok {
		return c.report(n, "", "%s cannot be used in a condition", n.String())
	}
	if attribute, ok := strings.CutPrefix(name, "client.attributes."); ok && c.words.attributes {
		c.names = append(c.names, "client.attributes")
		return operand{typ: Text, text: func(s *scope) string { return s.facts.Attribute(attribute) }}
	}
	o, ok := c.words.facts[name]
	if !ok {
		return c.report(n, nearest.Word(name, c.words.names), "unknown fact %q", name)
	}
	c.names = append(c.names, name)
	return o
}

// dotted returns the name that nested members spell.
func dotted(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return n.Value, true
	case *ast.MemberNode:
		left, ok := dotted(n.Node)
		property, isText := n.Property.(*ast.StringNode)
		if !ok || !isText {
			return "", false
		}
		return left + "." + property.Value, true
	}
	return "", false
}
