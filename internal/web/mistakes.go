package web

import (
	"regexp"

	"github.com/relance/relance/internal/look"
)

// mistake is a form of sentence in which package templates tells a mistake, and the message that says it to a marketer.
// The parts in brackets are its values a, b, c.
type mistake struct {
	form *regexp.Regexp
	id   string
}

var mistakes = []mistake{
	{regexp.MustCompile(`^unknown variable "(.*?)": it holds (.*)$`), "mistake.group"},
	{regexp.MustCompile(`^unknown variable "(.*)"$`), "mistake.variable"},
	{regexp.MustCompile(`^unknown filter "(.*)"$`), "mistake.filter"},
	{regexp.MustCompile(`^unknown tag "(.*?)"; known: (.*)$`), "mistake.tag"},
	{regexp.MustCompile(`^"(.*)" is not closed by "(.*)" on the same line$`), "mistake.open"},
	{regexp.MustCompile(`^"(.*)" opens in another paragraph than "(.*)" closes`), "mistake.crossing"},
	{regexp.MustCompile(`^square brackets are not used here`), "mistake.brackets"},
	{regexp.MustCompile(`^assign cannot stand inside a loop$`), "mistake.assign"},
	{regexp.MustCompile(`^loops cannot stand deeper than (\d+)$`), "mistake.loops"},
	{regexp.MustCompile(`^a loop goes over a list`), "mistake.range"},
	{regexp.MustCompile(`^money takes nothing after it`), "mistake.money"},
	{regexp.MustCompile(`^HTML is not used in texts`), "mistake.html"},
	{regexp.MustCompile(`^the link "(.*)" holds a tag`), "mistake.link_tag"},
	{regexp.MustCompile(`^the link "(.*)" must begin with`), "mistake.link"},
	{regexp.MustCompile(`^(subject|preheader|from_name): write one line of text between quotes$`), "mistake.empty"},
	{regexp.MustCompile(`^survey_url has a value in invitations and reminders only$`), "mistake.survey_url"},
	{regexp.MustCompile(`^stop_url has a value in mails only$`), "mistake.stop_url"},
	{regexp.MustCompile(`^the mail does not lead to the questionnaire`), "mistake.no_survey"},
}

// mistakeWords says a mistake of a text, and what was probably meant. ok is false for one that has no words of its own
// yet: it is shown as package templates tells it, in English.
func mistakeWords(r look.Reader, message, nearest string) (words string, ok bool) {
	words = message
	for _, m := range mistakes {
		found := m.form.FindStringSubmatch(message)
		if found == nil {
			continue
		}
		pairs := []any{}
		for i, value := range found[1:] {
			pairs = append(pairs, string(rune('a'+i)), value)
		}
		words, ok = r.T(m.id, pairs...), true
		break
	}
	if nearest != "" {
		words += " " + r.T("mistake.nearest", "word", nearest)
	}
	return words, ok
}
