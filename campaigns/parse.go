package campaigns

import (
	"errors"
	"fmt"
	"slices"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/relance/relance/internal/calendar"
)

// longestSource bounds a definition, in bytes: longer ones are no campaign that a person can read.
const longestSource = 64 << 10

// Parse reads a definition, strictly: an unknown key or word, a wrong type, an unknown fact or a step that leads nowhere
// is a problem, and all problems are reported at once, in the order of the file. The definition is nil when there are
// any. Whether the texts that it names exist and are right is checked where campaigns and templates meet.
func Parse(file, source string) (*Definition, []Problem) {
	r := &reader{file: file}
	if len(source) > longestSource {
		return nil, []Problem{{File: file, Message: fmt.Sprintf("the file is longer than %d kB", longestSource>>10)}}
	}
	tree, err := parser.ParseBytes([]byte(source), 0)
	if err != nil {
		return nil, []Problem{r.syntax(err)}
	}
	if len(tree.Docs) != 1 || tree.Docs[0].Body == nil {
		return nil, []Problem{{File: file, Message: fmt.Sprintf("the file holds %d definitions; it must hold one", max(len(tree.Docs), 1)-1)}}
	}
	d := r.definition(tree.Docs[0].Body)
	if len(r.problems) > 0 {
		slices.SortStableFunc(r.problems, byPlace)
		return nil, r.problems
	}
	d.Source = source
	return d, nil
}

func byPlace(a, b Problem) int {
	if a.Line != b.Line {
		return a.Line - b.Line
	}
	return a.Column - b.Column
}

func (r *reader) syntax(err error) Problem {
	p := Problem{File: r.file, Message: err.Error()}
	var at *yaml.SyntaxError
	if errors.As(err, &at) && at.Token != nil {
		p.Line, p.Column, p.Message = at.Token.Position.Line, at.Token.Position.Column, at.Message
	}
	return p
}

func (r *reader) definition(n ast.Node) *Definition {
	keys := r.keys(n, names(CampaignKeys))
	if keys == nil {
		return nil
	}
	d := &Definition{
		Name:     r.name(n, keys, "campaign"),
		Title:    r.title(n, keys),
		Lever:    Lever(r.word(n, keys, "lever", true, levers())),
		Audience: r.condition(keys["audience"], clientWords()),
		Priority: r.number(keys["priority"], 50, 1, 100),
		HoldOut:  float64(r.number(keys["hold_out"], 0, 0, 50)),
	}
	if at := r.need(n, keys, "trigger"); at != nil {
		d.Trigger = r.trigger(at)
	}
	if at := r.need(n, keys, "steps"); at != nil {
		d.Steps = r.steps(at)
	}
	switch d.Trigger.(type) {
	case FirstOrder, Answer:
		if d.HoldOut > 0 {
			r.report(keys["hold_out"], "", "nobody is held out of a campaign that starts from %s", d.Trigger.Kind())
		}
	}
	return d
}

func (r *reader) title(n ast.Node, keys map[string]ast.Node) Sentence {
	at := r.need(n, keys, "title")
	if at == nil {
		return Sentence{}
	}
	languages := r.keys(at, []string{"fr", "en"})
	if languages == nil {
		return Sentence{}
	}
	return Sentence{FR: r.text(at, languages, "fr"), EN: r.text(at, languages, "en")}
}

func levers() []string {
	words := make([]string, len(Levers))
	for i, l := range Levers {
		words[i] = string(l)
	}
	return words
}

// trigger reads the one trigger of a campaign.
func (r *reader) trigger(n ast.Node) Trigger {
	known := make([]string, len(TriggerKeys))
	for i, t := range TriggerKeys {
		known[i] = t.Name
	}
	found := r.keys(n, known)
	if found == nil {
		return nil
	}
	if len(found) > 1 {
		r.report(n, "", "a campaign has one trigger, this one has %d", len(found))
	}
	for _, t := range TriggerKeys {
		if at := found[t.Name]; at != nil {
			return r.triggerOf(t, at)
		}
	}
	r.report(n, "", "the trigger is missing")
	return nil
}

func (r *reader) triggerOf(t TriggerKey, n ast.Node) Trigger {
	keys := r.keys(n, names(t.Keys))
	if t.Later {
		r.report(n, "", "the trigger %q is not yet available", t.Name)
		return nil
	}
	if keys == nil {
		return nil
	}
	days := []calendar.Unit{calendar.InWorkingDays, calendar.InDays, calendar.InWeeks, calendar.InMonths}
	switch t.Name {
	case "first_order":
		return FirstOrder{
			After:         r.period(n, keys, "after", true, days...),
			AfterDelivery: r.period(n, keys, "after_delivery", false, days...),
			Within:        r.period(n, keys, "within", true, days...),
		}
	case "contacts_per_year":
		r.need(n, keys, "times")
		return ContactsPerYear{Times: r.number(keys["times"], 1, 1, 52)}
	case "yearly":
		return r.yearly(n, keys)
	case "on":
		return r.on(n, keys)
	case "silent":
		return r.silent(n, keys)
	}
	return Answer{To: r.name(n, keys, "to"), Where: r.condition(keys["where"], answerWords())}
}

func (r *reader) silent(n ast.Node, keys map[string]ast.Node) Trigger {
	return Silent{
		Rhythms: r.rhythms(n, keys),
		AtLeast: r.period(n, keys, "at_least", true, calendar.InDays, calendar.InWeeks, calendar.InMonths, calendar.InYears),
		AtMost:  r.period(n, keys, "at_most", true, calendar.InDays, calendar.InWeeks, calendar.InMonths, calendar.InYears),
	}
}

// rhythms reads a number, with or without its unit.
func (r *reader) rhythms(n ast.Node, keys map[string]ast.Node) float64 {
	at := r.need(n, keys, "rhythms")
	if at == nil {
		return 0
	}
	text := scalar(at)
	p, err := calendar.ParsePeriod(text, calendar.InRhythms)
	if err != nil {
		p, err = calendar.ParsePeriod(text+" rhythms", calendar.InRhythms)
	}
	if err != nil || p.N <= 0 {
		r.report(at, "", "%q is no number of rhythms: write a number such as 3", text)
	}
	return p.N
}

func (r *reader) yearly(n ast.Node, keys map[string]ast.Node) Trigger {
	spread := r.yes(keys["spread"])
	switch at := keys["on"]; {
	case at != nil && spread:
		r.report(n, "", `"on" and "spread" exclude each other`)
	case at != nil:
		return r.dayOfYear(at)
	case !spread:
		r.report(n, "", `yearly needs "on: month-day" or "spread: true"`)
	}
	return Yearly{}
}

func (r *reader) dayOfYear(at ast.Node) Yearly {
	day, err := calendar.ParseDate("2024-" + scalar(at)) // a leap year
	if err != nil {
		r.report(at, "", "%q is no day of the year: write month-day such as 03-15", scalar(at))
		return Yearly{}
	}
	_, month, n := day.Civil()
	return Yearly{Month: int(month), Day: n}
}

func (r *reader) on(n ast.Node, keys map[string]ast.Node) Trigger {
	on := On{Window: r.period(n, keys, "window", false, calendar.InWorkingDays, calendar.InDays)}
	if on.Window.IsZero() {
		on.Window = calendar.Period{N: 3, Unit: calendar.InWorkingDays}
	}
	date, cron := keys["date"], keys["cron"]
	if (date == nil) == (cron == nil) {
		r.report(n, "", `"on" needs either "date" or "cron"`)
	}
	var err error
	if date != nil {
		if on.Date, err = calendar.ParseDate(scalar(date)); err != nil {
			r.report(date, "", "%q is no date: write it as 2026-12-01", scalar(date))
		}
	}
	if cron != nil {
		if on.Cron, err = ParseCron(scalar(cron)); err != nil {
			r.report(cron, "", "%s", err)
		}
	}
	return on
}
