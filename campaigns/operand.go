package campaigns

import (
	"encoding/json"
	"math"

	"github.com/relance/relance/internal/calendar"
)

// operand is a compiled part of an expression: its type, and the function of that type.
type operand struct {
	typ    FactType // empty: a mistake, already reported
	text   func(*scope) string
	number func(*scope) float64 // NaN: unknown; it compares false with everything
	day    func(*scope) calendar.Date
	yes    func(*scope) bool
	fixed  string // the text of a literal
	isText bool   // it is a literal text
}

func constantNumber(v float64) operand {
	return operand{typ: Number, number: func(*scope) float64 { return v }}
}

func constantText(v string) operand {
	return operand{typ: Text, text: func(*scope) string { return v }, fixed: v, isText: true}
}

// words are the names that an expression may use.
type words struct {
	facts      map[string]operand
	names      []string
	attributes bool // client.attributes.X may be named
}

// clientWords are the names that an audience or an `only` may use.
func clientWords() words {
	w := words{facts: map[string]operand{}, attributes: true}
	for _, f := range FactTable {
		if f.Type != Hidden {
			w.facts[f.Name], w.names = f.operand(), append(w.names, f.Name)
		}
	}
	return w
}

// answerWords are the names that a condition on an answer may use.
func answerWords() words {
	return words{names: []string{"score", "call_me", "outcome"}, facts: map[string]operand{
		"score":   {typ: Number, number: func(s *scope) float64 { return s.score }},
		"call_me": {typ: YesNo, yes: func(s *scope) bool { return s.callMe }},
		"outcome": {typ: Text, text: func(s *scope) string { return s.outcome }},
	}}
}

// operand reads the fact's field in its own type.
func (f Fact) operand() operand {
	switch f.Name {
	case "has_ordered":
		return operand{typ: YesNo, yes: func(s *scope) bool { return s.facts.FirstOrderOn != 0 }}
	case "small_client":
		return operand{typ: YesNo, yes: func(s *scope) bool { return s.facts.RevenueTail <= s.smallTail }}
	case "client.blocked":
		return operand{typ: YesNo, yes: func(s *scope) bool { return s.facts.Blocked != "" }}
	case "client.closed_on":
		return operand{typ: Day, day: closedOn}
	}
	switch f.field(new(Facts)).(type) {
	case *string:
		return operand{typ: Text, text: func(s *scope) string { return *f.field(s.facts).(*string) }}
	case *bool:
		return operand{typ: YesNo, yes: func(s *scope) bool { return *f.field(s.facts).(*bool) }}
	case *calendar.Date:
		return operand{typ: Day, day: func(s *scope) calendar.Date { return *f.field(s.facts).(*calendar.Date) }}
	case *int32:
		return f.orUnknown(func(s *scope) float64 { return float64(*f.field(s.facts).(*int32)) })
	}
	return f.orUnknown(func(s *scope) float64 { return *f.field(s.facts).(*float64) })
}

// closedOn is zero while the client is open, a closing that is planned included.
func closedOn(s *scope) calendar.Date {
	if s.facts.ClosedOn > s.today {
		return 0
	}
	return s.facts.ClosedOn
}

// orUnknown turns a zero that stands for "not known" into NaN.
func (f Fact) orUnknown(read func(*scope) float64) operand {
	if !f.ZeroUnknown {
		return operand{typ: Number, number: read}
	}
	return operand{typ: Number, number: func(s *scope) float64 {
		if v := read(s); v != 0 {
			return v
		}
		return math.NaN()
	}}
}

// Attribute returns one of the client's own columns as text; empty when it has none of that name.
func (f *Facts) Attribute(name string) string {
	var all map[string]json.RawMessage
	if json.Unmarshal(f.Attributes, &all) != nil { // not loaded, or no attributes
		return ""
	}
	var text string
	if json.Unmarshal(all[name], &text) != nil {
		return string(all[name]) // a number or yes/no, as it is written
	}
	return text
}
