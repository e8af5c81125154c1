package templates

import (
	"fmt"
	"path"
	"slices"

	"github.com/relance/relance/internal/nearest"
)

// Check looks at all that a step needs, in each language (none: all), and returns every problem: texts that are not
// there, mistakes in them, and what only shows when they are rendered, with everything known and with nothing.
// kind is KindMail, KindScript or KindSurvey.
func (s *Set) Check(kind, name string, languages []string) []Problem {
	if len(languages) == 0 {
		languages = Languages
	}
	var problems []Problem
	switch kind {
	case KindMail:
		problems = s.checkTexts("mails", name, languages, false)
	case KindScript:
		problems = s.checkTexts("scripts", name, languages, false)
	case KindSurvey:
		problems = s.checkTexts("mails", name+"-invitation", languages, true)
		problems = append(problems, s.checkTexts("mails", name+"-reminder", languages, true)...)
		problems = append(problems, s.checkQuestionnaire(name, languages)...)
	default:
		problems = []Problem{{Message: fmt.Sprintf("unknown kind of text %q; known: mail, script, survey", kind)}}
	}
	return problems
}

func (s *Set) checkTexts(folder, name string, languages []string, survey bool) []Problem {
	var problems []Problem
	for _, language := range languages {
		file := fmt.Sprintf("%s/%s.%s.md", folder, name, language)
		if _, ok := s.files[file]; !ok {
			problems = append(problems, s.absent(file, folder))
			continue
		}
		found := s.problems(file)
		if len(found) == 0 {
			found = s.tryText(file, folder, name, language, survey)
		}
		problems = append(problems, found...)
	}
	return problems
}

// absent names the text of the same kind that was probably meant.
func (s *Set) absent(file, folder string) Problem {
	var known []string
	for f := range s.files {
		if path.Dir(f) == folder {
			known = append(known, f)
		}
	}
	slices.Sort(known)
	return Problem{File: file, Message: "there is no such text", Nearest: nearest.Word(file, known)}
}

// tryText compiles a text and renders it with everything known and with nothing.
func (s *Set) tryText(file, folder, name, language string, survey bool) []Problem {
	var uses []string
	var render func(Values) error
	if folder == "mails" {
		m, err := s.Mail(name, language)
		if err != nil {
			return []Problem{{File: file, Message: err.Error()}}
		}
		uses, render = m.uses, func(v Values) error { _, err := m.Render(v); return err }
	} else {
		c, err := s.Script(name, language)
		if err != nil {
			return []Problem{{File: file, Message: err.Error()}}
		}
		uses, render = c.uses, func(v Values) error { _, err := c.Render(v); return err }
	}
	problems := linksProblems(file, folder, uses, survey)
	for _, try := range []struct {
		with   string
		values Values
	}{{"with everything known", Sample(language)}, {"for a client of whom little is known", Sparse(language)}} {
		if err := render(try.values); err != nil {
			problems = append(problems, Problem{File: file, Message: try.with + ": " + liquidMessage(err)})
		}
	}
	return problems
}

// linksProblems checks that an invitation leads to its questionnaire, and that no other text pretends to.
func linksProblems(file, folder string, uses []string, survey bool) []Problem {
	var problems []Problem
	has := slices.Contains(uses, "survey_url")
	if survey && !has {
		problems = append(problems, Problem{File: file, Message: "the mail does not lead to the questionnaire: [words]({{ survey_url }})"})
	}
	if !survey && has {
		problems = append(problems, Problem{File: file, Message: "survey_url has a value in invitations and reminders only"})
	}
	if folder == "scripts" && slices.Contains(uses, "stop_url") {
		problems = append(problems, Problem{File: file, Message: "stop_url has a value in mails only"})
	}
	return problems
}

func (s *Set) checkQuestionnaire(name string, languages []string) []Problem {
	file := "questionnaires/" + name + ".yaml"
	if _, ok := s.files[file]; !ok {
		return []Problem{s.absent(file, "questionnaires")}
	}
	problems := s.problems(file)
	if q := s.asked[name]; q != nil {
		for _, language := range languages {
			if !slices.Contains(q.Languages(), language) {
				problems = append(problems, Problem{File: file, Message: fmt.Sprintf("some sentences have no text in %q", language)})
			}
		}
	}
	return problems
}
