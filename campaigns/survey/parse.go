package survey

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/relance/relance/internal/strict"
)

// Problem is one mistake in a questionnaire's file. Line and Column start at 1; 0: the whole file.
type Problem struct {
	Line, Column int
	Message      string
	Nearest      string // the word that was probably meant; may be empty
}

// languages that a questionnaire may be written in.
var languages = []string{"fr", "en"}

// kinds in the order in which messages list them, and what the file calls them.
var kinds = []string{string(Scale), string(One), string(Several), string(Free), string(Box)}

var nameShape = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// Parse reads a questionnaire's YAML, strictly: an unknown key or word, a missing sentence or a name used twice is a
// problem, and all problems are reported at once. The questionnaire may be used only when there are none.
func Parse(source string) (*Questionnaire, []Problem) {
	r := &reader{}
	file, err := parser.ParseBytes([]byte(source), 0)
	if err != nil {
		return nil, []Problem{syntaxProblem(err)}
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return nil, []Problem{{Message: "the file is empty"}}
	}
	q := r.questionnaire(file.Docs[0].Body)
	if len(r.problems) > 0 {
		slices.SortStableFunc(r.problems, func(a, b Problem) int { return a.Line - b.Line })
		return nil, r.problems
	}
	return q, nil
}

func syntaxProblem(err error) Problem {
	var syntax *yaml.SyntaxError
	if errors.As(err, &syntax) && syntax.Token != nil {
		return Problem{Line: syntax.Token.Position.Line, Column: syntax.Token.Position.Column, Message: syntax.Message}
	}
	return Problem{Message: err.Error()}
}

// reader walks the YAML tree and collects problems; its methods return zero values where they find one.
type reader struct{ problems []Problem }

func (r *reader) report(at ast.Node, near, format string, a ...any) {
	p := Problem{Message: fmt.Sprintf(format, a...), Nearest: near}
	if t := at.GetToken(); t != nil {
		p.Line, p.Column = t.Position.Line, t.Position.Column
	}
	r.problems = append(r.problems, p)
}

func (r *reader) questionnaire(n ast.Node) *Questionnaire {
	keys := r.keys(n, "questionnaire", "title", "intro", "thanks", "questions")
	if keys == nil {
		return nil
	}
	q := &Questionnaire{
		Name:   r.text(n, keys, "questionnaire"),
		Title:  r.sentence(n, keys, "title", true),
		Intro:  r.sentence(n, keys, "intro", false),
		Thanks: r.sentence(n, keys, "thanks", true),
	}
	list := r.list(n, keys, "questions", 1, MaxQuestions)
	names, meanings := map[string]bool{}, map[Meaning]bool{}
	for _, item := range list {
		question := r.question(item)
		if names[question.Name] && question.Name != "" {
			r.report(item, "", "question name %q is used twice", question.Name)
		}
		if meanings[question.Means] && question.Means != Nothing {
			r.report(item, "", "only one question can mean %q", question.Means)
		}
		names[question.Name], meanings[question.Means] = true, true
		q.Questions = append(q.Questions, question)
	}
	return q
}

func (r *reader) question(n ast.Node) Question {
	keys := r.keys(n, "name", "type", "means", "ask", "help", "low", "high", "options", "required", "max_length")
	if keys == nil {
		return Question{}
	}
	q := Question{
		Name:     r.name(n, keys),
		Kind:     Kind(r.word(n, keys, "type", true, kinds)),
		Means:    Meaning(r.word(n, keys, "means", false, []string{string(Recommendation), string(CallMe)})),
		Ask:      r.sentence(n, keys, "ask", true),
		Help:     r.sentence(n, keys, "help", false),
		Required: r.yes(keys["required"]),
	}
	r.byKind(n, keys, &q)
	return q
}

// byKind reads the keys that belong to one kind of question, and refuses them on the others.
func (r *reader) byKind(n ast.Node, keys map[string]ast.Node, q *Question) {
	belongs := map[string][]Kind{"low": {Scale}, "high": {Scale}, "options": {One, Several}, "max_length": {Free}}
	for _, key := range []string{"low", "high", "options", "max_length"} {
		if at := keys[key]; at != nil && q.Kind != "" && !slices.Contains(belongs[key], q.Kind) {
			r.report(at, "", "%q does not go with a question of type %q", key, q.Kind)
		}
	}
	switch q.Kind {
	case Scale:
		q.Low, q.High = r.sentence(n, keys, "low", true), r.sentence(n, keys, "high", true)
	case One, Several:
		q.Options = r.options(n, keys)
	case Free:
		q.MaxLength = r.number(keys["max_length"], defaultText, 1, MaxText)
	}
	if q.Means == Recommendation && q.Kind != Scale || q.Means == CallMe && q.Kind != Box {
		r.report(keys["means"], "", "%q needs a question of type %q", q.Means, map[Meaning]Kind{Recommendation: Scale, CallMe: Box}[q.Means])
	}
	if q.Kind == Box && q.Required {
		r.report(keys["required"], "", "a box cannot be required: a client may leave it open")
	}
}

func (r *reader) options(n ast.Node, keys map[string]ast.Node) []Option {
	var options []Option
	seen := map[string]bool{}
	for _, item := range r.list(n, keys, "options", 2, MaxOptions) {
		fields := r.keys(item, "name", "label")
		if fields == nil {
			continue
		}
		o := Option{Name: r.name(item, fields), Label: r.sentence(item, fields, "label", true)}
		if seen[o.Name] && o.Name != "" {
			r.report(item, "", "option name %q is used twice", o.Name)
		}
		seen[o.Name] = true
		options = append(options, o)
	}
	return options
}

// keys returns a mapping's values by key, and reports keys that are unknown or written twice.
func (r *reader) keys(n ast.Node, known ...string) map[string]ast.Node {
	return strict.Keys(n, known, r.report)
}

func (r *reader) text(parent ast.Node, keys map[string]ast.Node, key string) string {
	n := keys[key]
	if n == nil {
		r.report(parent, "", "%q is missing", key)
		return ""
	}
	return r.scalar(n)
}

func (r *reader) scalar(n ast.Node) string {
	switch v := n.(type) {
	case *ast.StringNode:
		return strings.TrimSpace(v.Value)
	case *ast.LiteralNode:
		return strings.TrimSpace(v.Value.Value)
	}
	r.report(n, "", "expected a text here; put it between quotes")
	return ""
}

func (r *reader) name(parent ast.Node, keys map[string]ast.Node) string {
	name := r.text(parent, keys, "name")
	if name != "" && (!nameShape.MatchString(name) || len(name) > maxNameLetters) {
		r.report(keys["name"], "", "name %q: use up to %d small letters, digits and _, beginning with a letter", name, maxNameLetters)
	}
	return name
}

func (r *reader) word(parent ast.Node, keys map[string]ast.Node, key string, needed bool, known []string) string {
	if keys[key] == nil && !needed {
		return ""
	}
	word := r.text(parent, keys, key)
	if word == "" || !strict.Known(keys[key], key, word, known, r.report) {
		return ""
	}
	return word
}

// sentence reads {fr: …, en: …}. Every language must be there, so that no client is asked half a question.
func (r *reader) sentence(parent ast.Node, keys map[string]ast.Node, key string, needed bool) Text {
	n := keys[key]
	if n == nil {
		if needed {
			r.report(parent, "", "%q is missing", key)
		}
		return nil
	}
	byLanguage := r.keys(n, languages...)
	if byLanguage == nil {
		return nil
	}
	t := Text{}
	for _, l := range languages {
		if byLanguage[l] == nil {
			r.report(n, "", "%q has no text in %q", key, l)
			continue
		}
		if t[l] = r.scalar(byLanguage[l]); t[l] == "" {
			r.report(byLanguage[l], "", "%q has an empty text in %q", key, l)
		}
	}
	return t
}

func (r *reader) list(parent ast.Node, keys map[string]ast.Node, key string, least, most int) []ast.Node {
	n := keys[key]
	if n == nil {
		r.report(parent, "", "%q is missing", key)
		return nil
	}
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		r.report(n, "", "%q is a list: begin each entry with a dash", key)
		return nil
	}
	if len(list.Values) < least || len(list.Values) > most {
		r.report(n, "", "%q has %d entries; from %d to %d are possible", key, len(list.Values), least, most)
	}
	return list.Values
}

// yes accepts yes and no beside YAML's true and false, because that is how the file is read aloud.
func (r *reader) yes(n ast.Node) bool {
	if n == nil {
		return false
	}
	switch n.GetToken().Value {
	case "yes", "true":
		return true
	case "no", "false":
		return false
	}
	r.report(n, "", "expected yes or no")
	return false
}

func (r *reader) number(n ast.Node, otherwise, least, most int) int {
	if n == nil {
		return otherwise
	}
	v, ok := n.(*ast.IntegerNode)
	if ok {
		if u, isUnsigned := v.Value.(uint64); isUnsigned && u >= uint64(least) && u <= uint64(most) {
			return int(u)
		}
	}
	r.report(n, "", "expected a number from %d to %d", least, most)
	return otherwise
}
