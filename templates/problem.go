package templates

import (
	"fmt"
	"slices"
	"strings"

	"github.com/relance/relance/campaigns/survey"
	"github.com/relance/relance/internal/nearest"
)

// Problem is one mistake in a text. Line and Column start at 1; 0: the whole file.
type Problem struct {
	File         string
	Line, Column int
	Message      string
	Nearest      string // the word that was probably meant; may be empty
}

// String writes the problem on one line, as compilers do.
func (p Problem) String() string {
	s := p.File
	if p.Line > 0 {
		s += fmt.Sprintf(":%d:%d", p.Line, p.Column)
	}
	s += ": " + p.Message
	if p.Nearest != "" {
		s += fmt.Sprintf(" (did you mean %q?)", p.Nearest)
	}
	return s
}

// problems checks one file by itself.
func (s *Set) problems(file string) []Problem {
	folder, name, language := split(file)
	switch folder {
	case "mails", "scripts", "layout":
		if !slices.Contains(Languages, language) || !strings.HasSuffix(file, ".md") {
			return []Problem{{File: file, Message: fmt.Sprintf("the name must end with a language: %s/%s.fr.md or .en.md", folder, name)}}
		}
		return s.markdownProblems(folder, file)
	case "questionnaires":
		return s.questionnaireProblems(name, file)
	}
	known := []string{"mails", "scripts", "questionnaires", "layout"}
	return []Problem{{
		File: file, Message: fmt.Sprintf("unknown folder %q; known: %s", folder, strings.Join(known, ", ")),
		Nearest: nearest.Word(folder, known),
	}}
}

func (s *Set) markdownProblems(folder, file string) []Problem {
	keys := map[string][]string{"mails": mailKeys, "scripts": scriptKeys}[folder]
	src, problems := readSource(file, s.files[file], keys)
	if len(problems) > 0 {
		return problems
	}
	_, _, language := split(file)
	sh := newShelf(src.body.text)
	for _, message := range sh.parse(sh.protect(src.body, language)).problems() {
		problems = append(problems, Problem{File: file, Line: src.body.line, Column: 1, Message: message})
	}
	if folder == "layout" && !slices.Contains(src.uses(), "stop_url") {
		problems = append(problems, Problem{File: file, Message: "the footer must hold the link to say stop: [words]({{ stop_url }})"})
	}
	return problems
}

func (s *Set) questionnaireProblems(name, file string) []Problem {
	q, found := survey.Parse(s.files[file])
	if len(found) == 0 && q.Name != name {
		return []Problem{{File: file, Line: 1, Column: 1, Message: fmt.Sprintf("questionnaire: %q, but the file is called %q", q.Name, name)}}
	}
	problems := make([]Problem, 0, len(found))
	for _, p := range found {
		problems = append(problems, Problem{file, p.Line, p.Column, p.Message, p.Nearest})
	}
	return problems
}
