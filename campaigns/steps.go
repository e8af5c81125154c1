package campaigns

import (
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/relance/relance/internal/calendar"
	"github.com/relance/relance/internal/nearest"
)

// stepNode is a step with its place, for what can only be checked once all steps are read.
type stepNode struct {
	Step
	at ast.Node
}

// belongs tells to which channels the keys of a step belong; the others go with all.
var belongs = map[string]Channel{"to": Call, "attempts": Call, "reminder": Survey, "closes": Survey, "answers": Survey}

func (r *reader) steps(n ast.Node) []Step {
	list, ok := n.(*ast.SequenceNode)
	if !ok || len(list.Values) == 0 {
		r.report(n, "", "expected a list of steps here")
		return nil
	}
	var known []string
	for _, item := range list.Values {
		known = append(known, nameIn(item))
	}
	var nodes []stepNode
	var steps []Step
	for i, item := range list.Values {
		s := r.step(item, known)
		if s.Name != "" && slices.Contains(known[:i], s.Name) {
			r.report(item, "", "the step name %q is used twice", s.Name)
		}
		nodes, steps = append(nodes, stepNode{s, item}), append(steps, s)
	}
	r.paths(nodes)
	return steps
}

// nameIn looks a step's name up before its other keys are read, so that steps may name later ones.
func nameIn(item ast.Node) string {
	mapping, ok := item.(*ast.MappingNode)
	if !ok {
		return ""
	}
	for _, pair := range mapping.Values {
		if pair.Key.GetToken().Value == "name" {
			return scalar(pair.Value)
		}
	}
	return ""
}

func (r *reader) step(n ast.Node, steps []string) Step {
	keys := r.keys(n, names(StepKeys))
	if keys == nil {
		return Step{}
	}
	s := Step{
		Name:     r.name(n, keys, "name"),
		Only:     r.condition(keys["only"], clientWords()),
		Priority: r.number(keys["priority"], 0, 1, 100),
		Deadline: r.period(n, keys, "deadline", false, calendar.InWorkingDays, calendar.InDays, calendar.InWeeks, calendar.InMonths),
	}
	r.channel(n, keys, &s)
	if s.Name == Stop {
		r.report(keys["name"], "", "%q means that nothing follows; it cannot be a step's name", Stop)
	}
	r.callKeys(n, keys, &s)
	r.surveyKeys(keys, &s, steps)
	s.Then = r.then(keys["then"], s.Channel, steps)
	return s
}

// channel reads which of call, mail and survey the step is, and refuses the keys of the others.
func (r *reader) channel(n ast.Node, keys map[string]ast.Node, s *Step) {
	for _, c := range []Channel{Call, Mail, Survey} {
		if keys[string(c)] == nil {
			continue
		}
		if s.Channel != "" {
			r.report(keys[string(c)], "", "a step is one of call, mail and survey; this one is a %s already", s.Channel)
			continue
		}
		s.Channel, s.Text = c, r.name(n, keys, string(c))
	}
	if s.Channel == "" {
		r.report(n, "", `the step is missing one of "call", "mail" and "survey", with the name of its text`)
		return
	}
	for _, key := range names(StepKeys) {
		if c, ok := belongs[key]; ok && c != s.Channel && keys[key] != nil {
			r.report(keys[key], "", "%q goes with a %s, not with a %s", key, c, s.Channel)
		}
	}
}

func (r *reader) callKeys(n ast.Node, keys map[string]ast.Node, s *Step) {
	if s.Channel != Call {
		return
	}
	s.To, s.Times = ToRep, 1
	if to := r.word(n, keys, "to", false, []string{string(ToRep), string(ToInside), string(ToManager)}); to != "" {
		s.To = Assignee(to)
	}
	at := keys["attempts"]
	if at == nil {
		return
	}
	if attempts := r.keys(at, []string{"times", "apart"}); attempts != nil {
		r.need(at, attempts, "times")
		s.Times = r.number(attempts["times"], 1, 1, 10)
		s.Apart = r.period(at, attempts, "apart", s.Times > 1, calendar.InWorkingDays, calendar.InDays, calendar.InHours)
	}
}

func (r *reader) surveyKeys(keys map[string]ast.Node, s *Step, steps []string) {
	if s.Channel != Survey {
		return
	}
	s.Reminder, s.Closes = r.after(keys["reminder"]), r.after(keys["closes"])
	if !s.Reminder.IsZero() && !s.Closes.IsZero() && s.Reminder.Unit == s.Closes.Unit && s.Reminder.N >= s.Closes.N {
		r.report(keys["reminder"], "", "the reminder after %s comes when the survey has closed after %s", s.Reminder, s.Closes)
	}
	rules, ok := keys["answers"].(*ast.SequenceNode)
	if !ok {
		if keys["answers"] != nil {
			r.report(keys["answers"], "", "expected a list here, each with where and then")
		}
		return
	}
	for _, item := range rules.Values {
		if rule := r.keys(item, []string{"where", "then"}); rule != nil {
			r.need(item, rule, "where")
			s.Answers = append(s.Answers, AnswerRule{r.condition(rule["where"], answerWords()), r.target(item, rule, steps)})
		}
	}
}

// after reads {after: 7 days}.
func (r *reader) after(at ast.Node) calendar.Period {
	if at == nil {
		return calendar.Period{}
	}
	keys := r.keys(at, []string{"after"})
	if keys == nil {
		return calendar.Period{}
	}
	return r.period(at, keys, "after", true, calendar.InDays, calendar.InWorkingDays, calendar.InWeeks)
}

func (r *reader) target(parent ast.Node, keys map[string]ast.Node, steps []string) string {
	s := r.text(parent, keys, "then")
	if s != "" && !slices.Contains(steps, s) {
		r.report(keys["then"], nearest.Word(s, steps), "there is no step %q; the steps are %s", s, strings.Join(steps, ", "))
	}
	return s
}

func (r *reader) then(at ast.Node, c Channel, steps []string) map[string]string {
	if at == nil || c == "" {
		return nil
	}
	keys := r.keys(at, followable(c))
	targets := append(slices.Clone(steps), Stop)
	then := map[string]string{}
	for end, to := range keys {
		s := scalar(to)
		if !slices.Contains(targets, s) {
			r.report(to, nearest.Word(s, targets), "there is no step %q; known here: %s", s, strings.Join(targets, ", "))
		}
		then[end] = s
	}
	return then
}

// paths reports steps that nothing leads to, and steps that lead back to themselves.
func (r *reader) paths(nodes []stepNode) {
	reached := map[string]bool{}
	for _, n := range nodes { // the starts: up to the first step that is for everyone
		reached[n.Name] = true
		if n.Only == nil {
			break
		}
	}
	for _, n := range nodes {
		for _, to := range n.targets() {
			reached[to] = true
		}
	}
	for _, n := range nodes {
		if n.Name != "" && !reached[n.Name] {
			r.report(n.at, "", "nothing leads to the step %q: the campaign starts with an earlier one, and no step names it", n.Name)
		}
		if returns(n.Name, n.Name, nodes, map[string]bool{}) {
			r.report(n.at, "", "the step %q leads back to itself", n.Name)
		}
	}
}

func (s Step) targets() []string {
	var targets []string
	for _, to := range s.Then {
		targets = append(targets, to)
	}
	for _, rule := range s.Answers {
		targets = append(targets, rule.Then)
	}
	return targets
}

// returns reports whether a way leads from a step to another.
func returns(from, to string, nodes []stepNode, seen map[string]bool) bool {
	if seen[from] {
		return false
	}
	seen[from] = true
	for _, n := range nodes {
		if n.Name != from {
			continue
		}
		for _, next := range n.targets() {
			if next == to || returns(next, to, nodes, seen) {
				return true
			}
		}
	}
	return false
}
