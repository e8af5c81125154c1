// Package survey holds what a client is asked and what came of it: the questionnaire, one client's answers,
// and the scores over many answers with the doubt that is in them.
//
// A questionnaire is read from a marketer's YAML with Parse, which reports every mistake at once with its place.
// A posted form becomes Answers with Read, which enforces each limit and never trusts a field. Answers are stored
// as one JSON object, a key per question. A Tally adds answers up and gives the recommendation score (NPS) and
// proportions, each with its 95 % interval and count; below ShownFrom answers it says that one cannot tell yet.
//
// The package is pure: it knows no page, no database and no clock, and it never decides who is asked.
package survey

import "strings"

// Kind is how a question is answered.
type Kind string

// The kinds of question.
const (
	Scale   Kind = "scale"   // a whole number from 0 to 10
	One     Kind = "one"     // one of the options
	Several Kind = "several" // any number of the options
	Free    Kind = "text"    // the client's own words
	Box     Kind = "box"     // ticked or not
)

// Meaning ties a question to what the program does with its answer. At most one question carries each.
type Meaning string

// The meanings.
const (
	Nothing        Meaning = ""               // kept and counted, no more
	Recommendation Meaning = "recommendation" // a scale: the score that follow-up rules read
	CallMe         Meaning = "call_me"        // a box: the client asks to be called
)

// Limits of every questionnaire, whatever its file says.
const (
	MaxQuestions   = 20
	MaxOptions     = 20
	MaxText        = 4000 // characters, and the largest max_length that a file may ask for
	defaultText    = 2000 // characters, where the file gives no max_length
	scaleTop       = 10
	maxNameLetters = 40
)

// Text is a sentence in each language, by ISO 639-1 code.
type Text map[string]string

// In returns the sentence in the language, else in French, else in English, else "".
// The region is ignored: "fr-BE" is "fr".
func (t Text) In(language string) string {
	language, _, _ = strings.Cut(strings.ToLower(language), "-")
	for _, l := range []string{language, "fr", "en"} {
		if s := t[l]; s != "" {
			return s
		}
	}
	return ""
}

// Questionnaire is what a client is asked, ready for a page. It is never changed after Parse.
type Questionnaire struct {
	Name      string // as in the file's name and in stored responses
	Title     Text
	Intro     Text // before the first question; may be empty
	Thanks    Text // after the answer
	Questions []Question
}

// Question is one question. Its Name is the form field and the JSON key, and never changes once answers exist.
type Question struct {
	Name      string
	Kind      Kind
	Means     Meaning
	Ask       Text
	Help      Text // a hint under the question; may be empty
	Low, High Text // what the ends of a scale mean; empty otherwise
	Options   []Option
	Required  bool
	MaxLength int // characters of a text; 0 for other kinds
}

// Option is one possible choice. Its Name is stored, its Label is read.
type Option struct {
	Name  string
	Label Text
}

// Question returns the question with that name.
func (q *Questionnaire) Question(name string) (Question, bool) {
	for _, question := range q.Questions {
		if question.Name == name {
			return question, true
		}
	}
	return Question{}, false
}

// Meaning returns the question that carries the meaning.
func (q *Questionnaire) Meaning(m Meaning) (Question, bool) {
	for _, question := range q.Questions {
		if question.Means == m {
			return question, true
		}
	}
	return Question{}, false
}

// Languages lists the languages in which every sentence exists.
func (q *Questionnaire) Languages() []string {
	var all []string
	for _, l := range languages {
		if q.complete(l) {
			all = append(all, l)
		}
	}
	return all
}

func (q *Questionnaire) complete(language string) bool {
	for _, t := range q.texts() {
		if len(t) > 0 && t[language] == "" {
			return false
		}
	}
	return true
}

func (q *Questionnaire) texts() []Text {
	all := []Text{q.Title, q.Intro, q.Thanks}
	for _, question := range q.Questions {
		all = append(all, question.Ask, question.Help, question.Low, question.High)
		for _, o := range question.Options {
			all = append(all, o.Label)
		}
	}
	return all
}

// Has reports whether the question offers the option.
func (q Question) Has(option string) bool {
	for _, o := range q.Options {
		if o.Name == option {
			return true
		}
	}
	return false
}

// Label returns the words of an option in the language, or the option's name when the questionnaire no longer has it.
func (q Question) Label(option, language string) string {
	for _, o := range q.Options {
		if o.Name == option {
			return o.Label.In(language)
		}
	}
	return option
}
