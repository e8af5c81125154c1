package campaigns

import (
	"math"
	"strconv"
	"strings"
	"unicode"

	"github.com/expr-lang/expr/ast"

	"github.com/relance/relance/internal/calendar"
	"github.com/relance/relance/internal/nearest"
)

func (c *compiler) unary(n *ast.UnaryNode) operand {
	o := c.node(n.Node)
	switch {
	case o.typ == "":
		return o
	case (n.Operator == "not" || n.Operator == "!") && o.typ == YesNo:
		return operand{typ: YesNo, yes: func(s *scope) bool { return !o.yes(s) }}
	case n.Operator == "-" && o.typ == Number:
		return operand{typ: Number, number: func(s *scope) float64 { return -o.number(s) }}
	}
	return c.report(n, "", "%q cannot stand before a %s", n.Operator, o.typ)
}

func (c *compiler) binary(n *ast.BinaryNode) operand {
	if n.Operator == "in" {
		return c.in(n)
	}
	if _, isNil := n.Right.(*ast.NilNode); isNil {
		return c.unknown(n)
	}
	a, b := c.node(n.Left), c.node(n.Right)
	if a.typ == "" || b.typ == "" {
		return operand{}
	}
	if a.typ != b.typ {
		return c.report(n, "", "%q cannot join a %s and a %s", n.Operator, a.typ, b.typ)
	}
	var o operand
	switch a.typ {
	case YesNo:
		o = joinYesNo(n.Operator, a.yes, b.yes)
	case Number:
		o = joinNumbers(n.Operator, a.number, b.number)
	case Text:
		o = joinTexts(n.Operator, a.text, b.text)
	case Day:
		o = joinDays(n.Operator, a.day, b.day)
	}
	if o.typ == "" {
		return c.report(n, "", "%q does not go with a %s", n.Operator, a.typ)
	}
	return o
}

func joinYesNo(operator string, a, b func(*scope) bool) operand {
	switch operator {
	case "and", "&&":
		return operand{typ: YesNo, yes: func(s *scope) bool { return a(s) && b(s) }}
	case "or", "||":
		return operand{typ: YesNo, yes: func(s *scope) bool { return a(s) || b(s) }}
	case "==":
		return operand{typ: YesNo, yes: func(s *scope) bool { return a(s) == b(s) }}
	case "!=":
		return operand{typ: YesNo, yes: func(s *scope) bool { return a(s) != b(s) }}
	}
	return operand{}
}

func joinNumbers(operator string, a, b func(*scope) float64) operand {
	switch operator {
	case "+":
		return operand{typ: Number, number: func(s *scope) float64 { return a(s) + b(s) }}
	case "-":
		return operand{typ: Number, number: func(s *scope) float64 { return a(s) - b(s) }}
	case "*":
		return operand{typ: Number, number: func(s *scope) float64 { return a(s) * b(s) }}
	case "/":
		return operand{typ: Number, number: func(s *scope) float64 { return a(s) / b(s) }}
	case "==":
		return operand{typ: YesNo, yes: func(s *scope) bool { return a(s) == b(s) }}
	case "!=":
		return operand{typ: YesNo, yes: func(s *scope) bool { return a(s) != b(s) }}
	case "<":
		return operand{typ: YesNo, yes: func(s *scope) bool { return a(s) < b(s) }}
	case "<=":
		return operand{typ: YesNo, yes: func(s *scope) bool { return a(s) <= b(s) }}
	case ">":
		return operand{typ: YesNo, yes: func(s *scope) bool { return a(s) > b(s) }}
	case ">=":
		return operand{typ: YesNo, yes: func(s *scope) bool { return a(s) >= b(s) }}
	}
	return operand{}
}

func joinTexts(operator string, a, b func(*scope) string) operand {
	switch operator {
	case "==":
		return operand{typ: YesNo, yes: func(s *scope) bool { return a(s) == b(s) }}
	case "!=":
		return operand{typ: YesNo, yes: func(s *scope) bool { return a(s) != b(s) }}
	case "contains":
		return operand{typ: YesNo, yes: func(s *scope) bool { return strings.Contains(a(s), b(s)) }}
	case "startsWith":
		return operand{typ: YesNo, yes: func(s *scope) bool { return strings.HasPrefix(a(s), b(s)) }}
	case "endsWith":
		return operand{typ: YesNo, yes: func(s *scope) bool { return strings.HasSuffix(a(s), b(s)) }}
	}
	return operand{}
}

// joinDays compares dates; an unknown one compares false with everything, as an unknown number does.
func joinDays(operator string, a, b func(*scope) calendar.Date) operand {
	compare := func(holds func(x, y calendar.Date) bool) operand {
		return operand{typ: YesNo, yes: func(s *scope) bool {
			x, y := a(s), b(s)
			return x != 0 && y != 0 && holds(x, y)
		}}
	}
	switch operator {
	case "==":
		return compare(func(x, y calendar.Date) bool { return x == y })
	case "<":
		return compare(func(x, y calendar.Date) bool { return x < y })
	case "<=":
		return compare(func(x, y calendar.Date) bool { return x <= y })
	case ">":
		return compare(func(x, y calendar.Date) bool { return x > y })
	case ">=":
		return compare(func(x, y calendar.Date) bool { return x >= y })
	}
	return operand{}
}

// unknown compiles `fact == nil`: it is not known.
func (c *compiler) unknown(n *ast.BinaryNode) operand {
	o := c.node(n.Left)
	var missing func(*scope) bool
	switch o.typ {
	case "":
		return o
	case Text:
		missing = func(s *scope) bool { return o.text(s) == "" }
	case Number:
		missing = func(s *scope) bool { v := o.number(s); return v != v }
	case Day:
		missing = func(s *scope) bool { return o.day(s) == 0 }
	default:
		return c.report(n, "", "a %s is always known: it cannot be compared with nil", o.typ)
	}
	switch n.Operator {
	case "==":
		return operand{typ: YesNo, yes: missing}
	case "!=":
		return operand{typ: YesNo, yes: func(s *scope) bool { return !missing(s) }}
	}
	return c.report(n, "", "%q does not go with nil: write == nil or != nil", n.Operator)
}

// in compiles `fact in ["a", "b"]`.
func (c *compiler) in(n *ast.BinaryNode) operand {
	list, ok := n.Right.(*ast.ArrayNode)
	if !ok {
		return c.report(n.Right, "", `after "in" comes a list such as ["FR", "BE"]`)
	}
	o := c.node(n.Left)
	var any operand
	for i, item := range list.Nodes {
		one := c.node(item)
		if o.typ == "" || one.typ == "" {
			return operand{}
		}
		if one.typ != o.typ || o.typ == Day || o.typ == YesNo {
			return c.report(item, "", "a %s cannot be looked for among %ss here", o.typ, one.typ)
		}
		same := joinTexts("==", o.text, one.text)
		if o.typ == Number {
			same = joinNumbers("==", o.number, one.number)
		}
		if i == 0 {
			any = same
		} else {
			any = joinYesNo("or", any.yes, same.yes)
		}
	}
	if any.typ == "" {
		return c.report(list, "", "the list is empty")
	}
	return any
}

// functions that a condition may call, and how each is written.
var functions = map[string]string{
	"within":     `within(last_order_on, "6 months")`,
	"days_since": `days_since(last_order_on)`,
	"date":       `date("2026-01-31")`,
	"number":     `number(client.attributes.seats)`,
}

func (c *compiler) call(n ast.Node, name string, args []ast.Node) operand {
	usage, ok := functions[name]
	if !ok {
		return c.report(n, nearest.Word(name, []string{"within", "days_since", "date", "number"}), "unknown function %q; known here: within, days_since, date, number", name)
	}
	want := 1 + strings.Count(usage, ",")
	if len(args) != want {
		return c.report(n, "", "%s takes %d values, not %d: write %s", name, want, len(args), usage)
	}
	if name == "date" {
		return c.date(args[0])
	}
	day := c.node(args[0])
	if day.typ == "" {
		return day
	}
	if name == "number" {
		return c.numberOf(args[0], day, usage)
	}
	if day.typ != Day {
		return c.report(args[0], "", "%s needs a date first, this is a %s: write %s", name, day.typ, usage)
	}
	if name == "days_since" {
		return daysSince(day)
	}
	return c.within(day, args[1])
}

// date compiles a literal date.
func (c *compiler) date(arg ast.Node) operand {
	o := c.node(arg)
	day, err := calendar.ParseDate(o.fixed)
	if err != nil {
		return c.report(arg, "", `date needs a day such as "2026-01-31"`)
	}
	return operand{typ: Day, day: func(*scope) calendar.Date { return day }}
}

// numberOf reads a text, most often an attribute, as a number; one that is none is unknown.
func (c *compiler) numberOf(arg ast.Node, o operand, usage string) operand {
	if o.typ != Text {
		return c.report(arg, "", "number needs a text, this is a %s: write %s", o.typ, usage)
	}
	return operand{typ: Number, number: func(s *scope) float64 { return numberIn(o.text(s)) }}
}

// numberIn takes blanks, a percent sign or a euro, and a decimal point or comma: attributes are as the file had them.
func numberIn(text string) float64 {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), r == '%', r == '€':
			return -1
		case r == ',':
			return '.'
		}
		return r
	}, text)
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(n, 0) {
		return math.NaN()
	}
	return n
}

func daysSince(day operand) operand {
	return operand{typ: Number, number: func(s *scope) float64 {
		if d := day.day(s); d != 0 {
			return float64(s.today - d)
		}
		return math.NaN()
	}}
}

// within is true from the day itself to the end of the period after it.
func (c *compiler) within(day operand, arg ast.Node) operand {
	o := c.node(arg)
	if !o.isText {
		return c.report(arg, "", `within needs a period in quotes, such as "6 months"`)
	}
	period, err := calendar.ParsePeriod(o.fixed, calendar.InDays, calendar.InWeeks, calendar.InMonths, calendar.InYears, calendar.InWorkingDays)
	if err != nil {
		return c.report(arg, "", "%s", err)
	}
	return operand{typ: YesNo, yes: func(s *scope) bool {
		d := day.day(s)
		return d != 0 && d <= s.today && s.today <= s.house.Add(d, period, s.facts.Country)
	}}
}
