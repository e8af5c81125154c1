package campaigns

import (
	"time"

	"github.com/relance/relance/internal/calendar"
)

// Definition is one campaign as written, read by Parse and checked whole. It never changes and may be shared.
type Definition struct {
	Name     string
	Title    Sentence
	Lever    Lever
	Trigger  Trigger
	Audience *Expression // nil: every client
	Steps    []Step
	Priority int     // 1 to 100, larger first; 50 unless told
	HoldOut  float64 // per cent of clients deliberately not contacted; 0: none
	Source   string  // the YAML
}

// Sentence is a text in both languages.
type Sentence struct{ FR, EN string }

// In returns the text in a language; French unless it is English.
func (s Sentence) In(language string) string {
	if len(language) >= 2 && language[:2] == "en" {
		return s.EN
	}
	return s.FR
}

// Lever is what a campaign works on.
type Lever string

// Levers lists the levers.
var Levers = []Lever{"development", "retention", "cost_reduction", "substitution", "prospecting"}

// Assignee is who makes a call.
type Assignee string

// The assignees. A client without the rep that is asked for goes to its other one, else to the default rep.
const (
	ToRep     Assignee = "rep"
	ToInside  Assignee = "inside"
	ToManager Assignee = "manager"
)

// Stop is the target that ends a campaign for the client, in place of a step's name.
const Stop = "stop"

// Step is one contact of a campaign.
type Step struct {
	Name     string
	Channel  Channel
	Text     string      // name of the script, mail or questionnaire
	Only     *Expression // the step may start a campaign only for these clients; nil: all
	Priority int         // of its touches; 0: the campaign's

	To       Assignee          // calls
	Deadline calendar.Period   // after the due day; zero: none
	Times    int               // attempts of a call
	Apart    calendar.Period   // between attempts
	Then     map[string]string // outcome, or reason of a skip → step or Stop

	Reminder calendar.Period // surveys: a second mail to those who have not answered; zero: none
	Closes   calendar.Period // surveys: no answer is taken after; zero: never
	Answers  []AnswerRule    // surveys: the first that matches is followed
}

// AnswerRule opens a step when an answer matches.
type AnswerRule struct {
	Where *Expression // over score and call_me
	Then  string      // a step
}

// Step returns a step by its name; the name of a reminder gives the step that it reminds of.
func (d *Definition) Step(name string) (Step, bool) {
	name, _ = reminded(name)
	for _, s := range d.Steps {
		if s.Name == name {
			return s, true
		}
	}
	return Step{}, false
}

// ClosesAt returns when a survey sent at a time closes; the zero time: never.
func (s Step) ClosesAt(sentAt time.Time, h *calendar.House, country string, loc *time.Location) time.Time {
	if s.Closes.IsZero() || sentAt.IsZero() {
		return time.Time{}
	}
	return calendar.EndOfDay(h.Add(calendar.DateOf(sentAt.In(loc)), s.Closes, country), loc)
}

// facts lists the names of the facts that the campaign's expressions read.
func (d *Definition) facts() []string {
	names := d.Audience.Facts()
	for _, s := range d.Steps {
		names = append(names, s.Only.Facts()...)
	}
	return names
}
