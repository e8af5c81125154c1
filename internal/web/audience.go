package web

import (
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/look"
)

// audienceWords says a condition in words, a sentence for each thing that must hold. ok is false when a part of it is
// more than these words can say, such as a calculation: then the condition is shown as it is written, and nothing is
// said that would be half true.
func audienceWords(r look.Reader, source string) (sentences []string, ok bool) {
	tree, err := parser.Parse(source)
	if err != nil {
		return nil, false
	}
	s := speaker{Reader: r, ok: true}
	for _, part := range joined(tree.Node, "and", "&&") {
		sentences = append(sentences, look.Capital(s.condition(part)))
	}
	return sentences, s.ok
}

// speaker says conditions; ok becomes false at the first that it has no words for.
type speaker struct {
	look.Reader
	ok bool
}

func (s *speaker) silent() string {
	s.ok = false
	return ""
}

// joined takes a chain of and, or of or, apart.
func joined(n ast.Node, operators ...string) []ast.Node {
	if b, is := n.(*ast.BinaryNode); is && (b.Operator == operators[0] || b.Operator == operators[1]) {
		return append(joined(b.Left, operators...), joined(b.Right, operators...)...)
	}
	return []ast.Node{n}
}

func (s *speaker) condition(n ast.Node) string {
	switch n := n.(type) {
	case *ast.IdentifierNode, *ast.MemberNode:
		return s.yesNo(n, "")
	case *ast.UnaryNode:
		if n.Operator == "not" || n.Operator == "!" {
			return s.yesNo(n.Node, "not.")
		}
	case *ast.CallNode:
		if n.Callee.String() == "within" && len(n.Arguments) == 2 {
			return s.within(n.Arguments)
		}
	case *ast.BinaryNode:
		return s.binary(n)
	}
	return s.silent()
}

// yesNo says a fact that is true or false; prefix "not." that it is false.
func (s *speaker) yesNo(n ast.Node, prefix string) string {
	fact, known := factOf(n)
	if !known || fact.Type != campaigns.YesNo {
		return s.silent()
	}
	return s.T("fact." + prefix + fact.Name)
}

func (s *speaker) within(args []ast.Node) string {
	fact, known := factOf(args[0])
	period, quoted := args[1].(*ast.StringNode)
	if !known || !quoted {
		return s.silent()
	}
	return s.T("cond.within", "what", s.T("fact."+fact.Name), "period", periodWords(s.Reader, period.Value))
}

func (s *speaker) binary(n *ast.BinaryNode) string {
	switch n.Operator {
	case "or", "||":
		return s.several(joined(n, "or", "||"), s.condition)
	case "in":
		return s.oneOf(n)
	}
	id, known := comparisons[n.Operator]
	if !known {
		return s.silent()
	}
	if call, is := n.Left.(*ast.CallNode); is && call.Callee.String() == "days_since" && len(call.Arguments) == 1 {
		return s.compare("cond.since."+id, call.Arguments[0], n.Right)
	}
	switch n.Right.(type) {
	case *ast.NilNode:
		id += ".nil"
	case *ast.BuiltinNode: // the only one that is a value is a date
		id = "day." + id
	}
	return s.compare("cond."+id, n.Left, n.Right)
}

// comparisons name the sentence of each operator.
var comparisons = map[string]string{"==": "is", "!=": "is_not", "<": "below", "<=": "most", ">": "above", ">=": "least", "contains": "contains", "startsWith": "starts", "endsWith": "ends"}

// compare says a fact beside a value.
func (s *speaker) compare(id string, left, right ast.Node) string {
	fact, known := factOf(left)
	if !known || !s.Has(id) {
		return s.silent()
	}
	if own := id + "." + fact.Name; s.Has(own) {
		return s.T(own)
	}
	unit := fact.Unit
	if strings.HasPrefix(id, "cond.since.") {
		unit = "days"
	}
	return s.T(id, "what", s.T("fact."+fact.Name), "value", s.value(unit, right))
}

func (s *speaker) oneOf(n *ast.BinaryNode) string {
	fact, known := factOf(n.Left)
	list, is := n.Right.(*ast.ArrayNode)
	if !known || !is {
		return s.silent()
	}
	values := s.several(list.Nodes, func(item ast.Node) string { return s.value(fact.Unit, item) })
	return s.T("cond.is", "what", s.T("fact."+fact.Name), "value", values)
}

func (s *speaker) several(list []ast.Node, say func(ast.Node) string) string {
	said := make([]string, len(list))
	for i, n := range list {
		said[i] = say(n)
	}
	last := len(said) - 1
	if last < 1 {
		return strings.Join(said, "")
	}
	return strings.Join(said[:last], ", ") + " " + s.T("or") + " " + said[last]
}

// value writes what a fact is compared with, in the fact's unit.
func (s *speaker) value(unit string, n ast.Node) string {
	switch n := n.(type) {
	case *ast.NilNode:
		return ""
	case *ast.StringNode:
		return n.Value
	case *ast.IntegerNode:
		return s.number(unit, float64(n.Value))
	case *ast.FloatNode:
		return s.number(unit, n.Value)
	case *ast.BuiltinNode:
		if day, is := onlyText(n.Arguments); is && n.Name == "date" {
			if on, err := time.Parse(time.DateOnly, day); err == nil {
				return s.Day(on)
			}
		}
	}
	return s.silent()
}

func (s *speaker) number(unit string, v float64) string {
	switch unit {
	case "money":
		return s.Money(v)
	case "share":
		return s.Percent(v)
	}
	return s.Decimal(v)
}

func onlyText(args []ast.Node) (string, bool) {
	if len(args) != 1 {
		return "", false
	}
	text, is := args[0].(*ast.StringNode)
	if !is {
		return "", false
	}
	return text.Value, true
}

// factOf finds the fact that a name such as revenue_12m or client.kind stands for.
func factOf(n ast.Node) (campaigns.Fact, bool) {
	name := ""
	switch n := n.(type) {
	case *ast.IdentifierNode:
		name = n.Value
	case *ast.MemberNode:
		left, is := n.Node.(*ast.IdentifierNode)
		property, text := n.Property.(*ast.StringNode)
		if is && text {
			name = left.Value + "." + property.Value
		}
	}
	for _, f := range campaigns.FactTable {
		if f.Name == name && f.Type != campaigns.Hidden {
			return f, true
		}
	}
	return campaigns.Fact{}, false
}
