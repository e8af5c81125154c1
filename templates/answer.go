package templates

import (
	"strings"

	"github.com/relance/relance/campaigns/survey"
)

// AnswerOf puts a client's answers into words for the script of the call that follows: each choice with its question, and
// everything that the client wrote. The caller adds the day.
func AnswerOf(q *survey.Questionnaire, answers survey.Answers, language string) Answer {
	a := Answer{CallMe: answers.CallMe(q)}
	if score, ok := answers.Score(q); ok {
		a.Score = &score
	}
	var written []string
	for _, question := range q.Questions {
		switch v := answers[question.Name].(type) {
		case string:
			if question.Kind == survey.Free {
				written = append(written, v)
				continue
			}
			a.Reasons = append(a.Reasons, question.Ask.In(language)+" "+question.Label(v, language))
		case []string:
			labels := make([]string, len(v))
			for i, option := range v {
				labels[i] = question.Label(option, language)
			}
			a.Reasons = append(a.Reasons, question.Ask.In(language)+" "+strings.Join(labels, ", "))
		}
	}
	a.Comment = strings.Join(written, "\n")
	return a
}
