package public

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"

	"github.com/relance/relance/campaigns/survey"
	"github.com/relance/relance/internal/links"
	"github.com/relance/relance/internal/store"
)

// errForm is a body that is not the form we served.
var errForm = errors.New("form cannot be read")

// surveyPage is the questionnaire as one form: every question on one page, so that no answer waits for a next step.
type surveyPage struct {
	frame
	Intro, Until string
	Questions    template.HTML // the template questions, rendered
	Wrong        bool          // at least one question has a problem
	Correcting   bool          // it was answered before
	StopURL      string
}

// question is one question, with what was answered so far.
type question struct {
	survey.Question
	Number        int
	Ask, Help     string
	Low, High     string
	Marks         []choice // scale
	Options       []choice // one, several
	Text, Problem string
	Ticked        bool
}

type choice struct {
	Value, Label string
	Chosen       bool
}

// thanksPage follows an answer; Until empty means that the invitation never closes.
type thanksPage struct {
	frame
	Text, Until, EditURL string
}

// visit is one request for a questionnaire: what its token opens, read once.
type visit struct {
	store.Invitation
	questionnaire *survey.Questionnaire
	frame         frame
}

func (s *Site) showSurvey(w http.ResponseWriter, r *http.Request) error {
	v, err := s.open(r)
	if err != nil {
		return err
	}
	switch {
	case !v.Open():
		return s.showClosed(w, v)
	case v.Answers != nil && !r.URL.Query().Has("edit"):
		return s.show(w, http.StatusOK, "thanks", v.thanks(r.URL.Path+"?edit"))
	}
	answers := survey.Answers{}
	if v.Answers != nil {
		if err := json.Unmarshal(v.Answers, &answers); err != nil {
			return fmt.Errorf("read the answers to invitation %d: %w", v.TouchID, err)
		}
	}
	return s.showForm(w, http.StatusOK, v, answers.Form(), nil)
}

func (s *Site) answerSurvey(w http.ResponseWriter, r *http.Request) error {
	v, err := s.open(r)
	if err != nil {
		return err
	}
	if err := parseForm(r); err != nil {
		return err
	}
	if !v.Open() {
		return s.showClosed(w, v)
	}
	answers, problems := survey.Read(v.questionnaire, r.PostForm)
	if len(problems) > 0 {
		return s.showForm(w, http.StatusUnprocessableEntity, v, r.PostForm, problems)
	}
	answer, err := v.answer(answers)
	if err != nil {
		return err
	}
	if err := s.Store.RecordAnswer(r.Context(), v.TouchID, answer, v.Now); errors.Is(err, store.ErrSurveyClosed) {
		return s.showClosed(w, v)
	} else if err != nil {
		return err
	}
	s.wake(r.Context(), "followup")
	http.Redirect(w, r, r.URL.Path, http.StatusSeeOther)
	return nil
}

// open reads what the token names, in one round trip to Postgres.
func (s *Site) open(r *http.Request) (v visit, err error) {
	touch, err := s.Links.Open(links.Survey, r.PathValue("token"))
	if err != nil {
		return v, err
	}
	if v.Invitation, err = s.Store.Invitation(r.Context(), touch); err != nil {
		return v, err
	}
	v.frame = s.frame(v.Language, v.Settings, v.Now)
	v.questionnaire, err = s.Questionnaires.Questionnaire(r.Context(), v.VersionID, v.Step)
	return v, err
}

func (s *Site) showClosed(w http.ResponseWriter, v visit) error {
	page := messagePage{v.titled(v.frame.T("closed.title")), v.frame.T("closed.never_sent")}
	if !v.ClosesAt.IsZero() {
		page.Text = v.frame.T("closed.text", "day", v.frame.DayOf(v.ClosesAt))
	}
	return s.show(w, http.StatusGone, "message", page)
}

func (v visit) titled(title string) frame {
	f := v.frame
	f.Title = title
	return f
}

// until is the last day for corrections, in words; empty: the invitation never closes.
func (v visit) until() string {
	if v.ClosesAt.IsZero() {
		return ""
	}
	return v.frame.DayOf(v.ClosesAt)
}

func (v visit) thanks(edit string) thanksPage {
	return thanksPage{v.titled(v.frame.T("thanks.title")), v.questionnaire.Thanks.In(v.Language), v.until(), edit}
}

func (v visit) answer(answers survey.Answers) (store.Answer, error) {
	body, err := json.Marshal(answers)
	a := store.Answer{Questionnaire: v.questionnaire.Name, Language: v.frame.Language, Answers: body, CallMe: answers.CallMe(v.questionnaire)}
	if score, asked := answers.Score(v.questionnaire); asked {
		a.Score = &score
	}
	return a, err
}

func (s *Site) showForm(w http.ResponseWriter, status int, v visit, form url.Values, problems []survey.FieldProblem) error {
	page := surveyPage{frame: v.titled(v.questionnaire.Title.In(v.Language)), Intro: v.questionnaire.Intro.In(v.Language), Until: v.until(), Wrong: len(problems) > 0, Correcting: v.Answers != nil}
	if !v.NoMoreSurvey {
		page.StopURL = "/u/" + s.Links.Token(links.Stop, v.TouchID)
	}
	var err error
	if len(form)+len(problems) == 0 {
		page.Questions, err = s.blank(v)
	} else {
		page.Questions, err = s.questions(v, form, problems)
	}
	if err != nil {
		return err
	}
	return s.show(w, status, "survey", page)
}

// blank is the questions without an answer, as all clients of a campaign see them first: rendered once, since hundreds
// may open their mail in the same minute.
func (s *Site) blank(v visit) (template.HTML, error) {
	key := blankForm{v.VersionID, v.Step, v.frame.Language}
	s.blanks.Lock()
	html, ok := s.blanks.forms[key]
	s.blanks.Unlock()
	if ok {
		return html, nil
	}
	html, err := s.questions(v, nil, nil)
	if err != nil {
		return "", err
	}
	s.blanks.Lock()
	defer s.blanks.Unlock()
	if len(s.blanks.forms) >= keptForms {
		clear(s.blanks.forms)
	}
	s.blanks.forms[key] = html
	return html, nil
}

// keptForms bounds what is remembered; a company asks a few questionnaires at a time.
const keptForms = 100

// blankForm names a frozen questionnaire in one language.
type blankForm struct {
	version        int
	step, language string
}

// questions renders the questions with what was answered and what is wrong with it.
func (s *Site) questions(v visit, form url.Values, problems []survey.FieldProblem) (template.HTML, error) {
	var all []question
	for n, asked := range v.questionnaire.Questions {
		shown := show(asked, v.frame.Language, form)
		shown.Number = n + 1
		for _, p := range problems {
			if p.Question == asked.Name {
				shown.Problem = p.Message(v.frame.Language)
			}
		}
		all = append(all, shown)
	}
	var body bytes.Buffer
	err := s.pages.ExecuteTemplate(&body, "questions", all)
	return template.HTML(body.String()), err // html/template has escaped it for exactly this place
}

func show(q survey.Question, language string, form url.Values) question {
	shown := question{Question: q, Ask: q.Ask.In(language), Help: q.Help.In(language), Low: q.Low.In(language), High: q.High.In(language)}
	given := form[q.Name]
	switch q.Kind {
	case survey.Scale:
		for mark := range 11 {
			value := fmt.Sprint(mark)
			shown.Marks = append(shown.Marks, choice{value, value, slices.Contains(given, value)})
		}
	case survey.One, survey.Several:
		for _, o := range q.Options {
			shown.Options = append(shown.Options, choice{o.Name, o.Label.In(language), slices.Contains(given, o.Name)})
		}
	case survey.Free:
		shown.Text = form.Get(q.Name)
	case survey.Box:
		shown.Ticked = len(given) > 0
	}
	return shown
}

// parseForm reads a posted form of either encoding, since mail programs choose the one they like. Both are asked for by
// name: ParseMultipartForm alone forgets what was wrong with a form of the usual encoding.
func parseForm(r *http.Request) error {
	err := r.ParseForm()
	if err == nil {
		err = r.ParseMultipartForm(maxForm)
	}
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil, errors.Is(err, http.ErrNotMultipart):
		return nil
	case errors.As(err, &tooLarge):
		return err
	}
	return fmt.Errorf("%w: %w", errForm, err)
}
