package survey

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Answers is what one client answered, by the question's name. A question left open is absent. The values are
// int (scale), string (one, text), []string (several, in the questionnaire's order) and true (a ticked box);
// as JSON: {"recommend": 8, "strengths": ["quality"], "comment": "…", "call_me": true}.
type Answers map[string]any

// FieldProblem says what is wrong with one field of a posted form.
type FieldProblem struct {
	Question string
	Code     ProblemCode
	Limit    int // characters, for TooLong
}

// ProblemCode names a mistake in a posted form.
type ProblemCode string

// The mistakes that a form may hold.
const (
	Missing  ProblemCode = "missing"   // required and left open
	NotOffer ProblemCode = "not_offer" // a choice or number that the question does not offer
	TooLong  ProblemCode = "too_long"  // more characters than MaxLength
	NotText  ProblemCode = "not_text"  // bytes that are no text
	TooMany  ProblemCode = "too_many"  // several values for one answer
)

// Message puts the problem into words for the client, in French unless the language is English.
func (p FieldProblem) Message(language string) string {
	french := map[ProblemCode]string{
		Missing:  "Merci de répondre à cette question.",
		NotOffer: "Cette réponse ne fait pas partie des choix proposés. Merci d’en choisir une autre.",
		TooLong:  fmt.Sprintf("Votre texte est trop long\u00a0: %d\u00a0caractères au plus.", p.Limit),
		NotText:  "Votre texte contient des caractères illisibles. Merci de le saisir à nouveau.",
		TooMany:  "Merci de ne choisir qu’une réponse.",
	}
	english := map[ProblemCode]string{
		Missing:  "Please answer this question.",
		NotOffer: "This answer is not one of the choices. Please choose another one.",
		TooLong:  fmt.Sprintf("Your text is too long: %d characters at most.", p.Limit),
		NotText:  "Your text holds unreadable characters. Please type it again.",
		TooMany:  "Please choose one answer only.",
	}
	if strings.HasPrefix(strings.ToLower(language), "en") {
		return english[p.Code]
	}
	return french[p.Code]
}

// Read turns a posted form into answers. Fields that are no question are ignored, choices that were not offered and
// texts that are too long are refused, never cut. The answers hold what was right even when there are problems, so that
// the page can show them again; they may be stored only when there are none.
func Read(q *Questionnaire, form url.Values) (Answers, []FieldProblem) {
	answers := Answers{}
	var problems []FieldProblem
	for _, question := range q.Questions {
		value, code := question.read(form[question.Name])
		if code == "" && value == nil && question.Required {
			code = Missing
		}
		if code != "" {
			problems = append(problems, FieldProblem{question.Name, code, question.MaxLength})
			continue
		}
		if value != nil {
			answers[question.Name] = value
		}
	}
	return answers, problems
}

// read returns the answer in the posted values, nil when there is none.
func (q Question) read(posted []string) (any, ProblemCode) {
	if q.Kind == Several {
		return q.readSeveral(posted)
	}
	posted = slices.DeleteFunc(slices.Clone(posted), func(s string) bool { return strings.TrimSpace(s) == "" })
	switch {
	case len(posted) == 0:
		return nil, ""
	case len(posted) > 1:
		return nil, TooMany
	}
	switch q.Kind {
	case Scale:
		return readScale(posted[0])
	case One:
		if !q.Has(posted[0]) {
			return nil, NotOffer
		}
		return posted[0], ""
	case Free:
		return q.readText(posted[0])
	case Box:
		return true, ""
	}
	return nil, NotOffer
}

func readScale(s string) (any, ProblemCode) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > scaleTop || s != strconv.Itoa(n) {
		return nil, NotOffer
	}
	return n, ""
}

func (q Question) readSeveral(posted []string) (any, ProblemCode) {
	for _, s := range posted {
		if s != "" && !q.Has(s) {
			return nil, NotOffer
		}
	}
	var chosen []string
	for _, o := range q.Options {
		if slices.Contains(posted, o.Name) {
			chosen = append(chosen, o.Name)
		}
	}
	if chosen == nil {
		return nil, ""
	}
	return chosen, ""
}

// readText accepts line breaks and drops other control characters, which no reader sees and no database wants.
func (q Question) readText(s string) (any, ProblemCode) {
	if !utf8.ValidString(s) {
		return nil, NotText
	}
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n").Replace(s)
	s = strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && unicode.IsControl(r) {
			return -1
		}
		return r
	}, s)
	s = strings.TrimSpace(s)
	if utf8.RuneCountInString(s) > q.MaxLength {
		return nil, TooLong
	}
	if s == "" {
		return nil, ""
	}
	return s, ""
}

// Score is the recommendation from 0 to 10; false when it was not asked or not answered.
func (a Answers) Score(q *Questionnaire) (int, bool) {
	question, ok := q.Meaning(Recommendation)
	if !ok {
		return 0, false
	}
	n, ok := a[question.Name].(int)
	return n, ok
}

// CallMe reports whether the client asks to be called.
func (a Answers) CallMe(q *Questionnaire) bool {
	question, ok := q.Meaning(CallMe)
	return ok && a[question.Name] == true
}

// Form gives the answers back as form values, to show them again for correction.
func (a Answers) Form() url.Values {
	form := url.Values{}
	for name, value := range a {
		switch v := value.(type) {
		case int:
			form.Set(name, strconv.Itoa(v))
		case string:
			form.Set(name, v)
		case []string:
			form[name] = slices.Clone(v)
		case bool:
			form.Set(name, "yes")
		}
	}
	return form
}

// UnmarshalJSON reads what was stored, and refuses what no answer can be.
func (a *Answers) UnmarshalJSON(data []byte) error {
	var raw map[string]any
	if err := json.Unmarshal(data, &raw); err != nil {
		return fmt.Errorf("read answers: %w", err)
	}
	answers := make(Answers, len(raw))
	for name, value := range raw {
		v, err := stored(value)
		if err != nil {
			return fmt.Errorf("read answer %q: %w", name, err)
		}
		answers[name] = v
	}
	*a = answers
	return nil
}

func stored(value any) (any, error) {
	switch v := value.(type) {
	case string, bool:
		return v, nil
	case float64:
		if v != float64(int(v)) {
			return nil, fmt.Errorf("%v is not a whole number", v)
		}
		return int(v), nil
	case []any:
		chosen := make([]string, 0, len(v))
		for _, one := range v {
			s, ok := one.(string)
			if !ok {
				return nil, fmt.Errorf("%v is not an option", one)
			}
			chosen = append(chosen, s)
		}
		return chosen, nil
	}
	return nil, fmt.Errorf("%v is no answer", value)
}
