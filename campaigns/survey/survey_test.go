package survey

import (
	"encoding/json"
	"math"
	"net/url"
	"reflect"
	"strings"
	"testing"
)

// source asks a question of each kind.
const source = `questionnaire: sample
title: {fr: "Titre", en: "Title"}
thanks: {fr: "Merci", en: "Thank you"}
questions:
  - name: recommend
    type: scale
    means: recommendation
    required: yes
    ask: {fr: "Nous recommanderiez-vous ?", en: "Would you recommend us?"}
    low: {fr: "non", en: "no"}
    high: {fr: "oui", en: "yes"}
  - name: reason
    type: one
    ask: {fr: "Pourquoi ?", en: "Why?"}
    options:
      - {name: price, label: {fr: "Le prix", en: "The price"}}
      - {name: time, label: {fr: "Les délais", en: "Delivery time"}}
  - name: strengths
    type: several
    ask: {fr: "Nos forces ?", en: "Our strengths?"}
    options:
      - {name: quality, label: {fr: "La qualité", en: "Quality"}}
      - {name: advice, label: {fr: "Le conseil", en: "Advice"}}
      - {name: choice, label: {fr: "Le choix", en: "Choice"}}
  - name: comment
    type: text
    max_length: 10
    ask: {fr: "Autre chose ?", en: "Anything else?"}
  - name: call_me
    type: box
    means: call_me
    ask: {fr: "Appelez-moi", en: "Call me"}
`

func sample(t testing.TB) *Questionnaire {
	t.Helper()
	q, problems := Parse(source)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return q
}

func TestMistakesInAQuestionnaireAreToldWithTheirPlace(t *testing.T) {
	for _, c := range []struct {
		name, old, new string
		want           Problem
	}{
		{"an unknown key", "    required: yes", "    requird: yes", Problem{8, 5, "unknown key", "required"}},
		{"an unknown type", "type: one", "type: onne", Problem{13, 11, "unknown type", "one"}},
		{"an unknown meaning", "means: call_me", "means: callme", Problem{31, 12, "unknown means", "call_me"}},
		{"a language that is missing", `{fr: "Pourquoi ?", en: "Why?"}`, `{fr: "Pourquoi ?"}`, Problem{14, 10, `no text in "en"`, ""}},
		{"an unknown language", `en: "Why?"`, `eng: "Why?"`, Problem{14, 29, "unknown key", "en"}},
		{"a name used twice", "name: reason", "name: recommend", Problem{12, 9, "used twice", ""}},
		{"an option used twice", "name: time", "name: price", Problem{17, 9, "used twice", ""}},
		{"a name with capitals", "name: reason", "name: Reason", Problem{12, 11, "small letters", ""}},
		{"a key of another kind", "    means: recommendation", "    max_length: 5", Problem{7, 17, "does not go with", ""}},
		{"a text longer than possible", "max_length: 10", "max_length: 5000", Problem{27, 17, "from 1 to 4000", ""}},
		{"a meaning on the wrong kind", "    max_length: 10", "    means: call_me", Problem{27, 12, `needs a question of type "box"`, ""}},
		{"a required box", "    means: call_me\n", "    required: yes\n", Problem{31, 15, "a box cannot be required", ""}},
		{"a missing title", "title: {fr: \"Titre\", en: \"Title\"}\n", "", Problem{1, 14, `"title" is missing`, ""}},
		{"a broken line", "title: {fr:", "title: {fr: [", Problem{2, 0, "", ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			changed := strings.Replace(source, c.old, c.new, 1)
			if changed == source {
				t.Fatal("the case changes nothing")
			}
			_, problems := Parse(changed)
			for _, p := range problems {
				if p.Line == c.want.Line && (p.Column == c.want.Column || c.want.Column == 0) && p.Nearest == c.want.Nearest && strings.Contains(p.Message, c.want.Message) {
					return
				}
			}
			t.Errorf("want %+v among %+v", c.want, problems)
		})
	}
}

func TestAllMistakesAreToldAtOnce(t *testing.T) {
	broken := strings.NewReplacer("type: one", "type: on", "type: text", "type: txt", "required: yes", "required: maybe").Replace(source)
	if _, problems := Parse(broken); len(problems) != 3 {
		t.Errorf("found %d problems, want 3: %+v", len(problems), problems)
	}
	if q, problems := Parse(""); q != nil || len(problems) != 1 {
		t.Errorf("an empty file gave %v, %v", q, problems)
	}
}

func TestReadKeepsTheLimits(t *testing.T) {
	q := sample(t)
	for _, c := range []struct {
		name, form string
		want       Answers
		problems   []FieldProblem
	}{
		{"a full answer", "recommend=8&reason=time&strengths=choice&strengths=quality&comment=Bien&call_me=on",
			Answers{"recommend": 8, "reason": "time", "strengths": []string{"quality", "choice"}, "comment": "Bien", "call_me": true}, nil},
		{"only what is required", "recommend=0", Answers{"recommend": 0}, nil},
		{"nothing", "", Answers{}, []FieldProblem{{"recommend", Missing, 0}}},
		{"unknown fields are ignored", "recommend=1&admin=1&touch_id=7", Answers{"recommend": 1}, nil},
		{"a mark above ten", "recommend=11", Answers{}, []FieldProblem{{"recommend", NotOffer, 0}}},
		{"a mark below zero", "recommend=-1", Answers{}, []FieldProblem{{"recommend", NotOffer, 0}}},
		{"a mark written oddly", "recommend=%2B8", Answers{}, []FieldProblem{{"recommend", NotOffer, 0}}},
		{"two marks", "recommend=8&recommend=9", Answers{}, []FieldProblem{{"recommend", TooMany, 0}}},
		{"a choice that was not offered", "recommend=8&reason=other&strengths=x", Answers{"recommend": 8},
			[]FieldProblem{{"reason", NotOffer, 0}, {"strengths", NotOffer, 0}}},
		{"a choice twice counts once", "recommend=8&strengths=advice&strengths=advice", Answers{"recommend": 8, "strengths": []string{"advice"}}, nil},
		{"a text of ten characters, accents included", "recommend=8&comment=%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9", Answers{"recommend": 8, "comment": "éééééééééé"}, nil},
		{"a text of eleven characters", "recommend=8&comment=12345678901", Answers{"recommend": 8}, []FieldProblem{{"comment", TooLong, 10}}},
		{"a text of blanks is none", "recommend=8&comment=+%0A+", Answers{"recommend": 8}, nil},
		{"line ends of any system", "recommend=8&comment=a%0D%0Ab%0Dc", Answers{"recommend": 8, "comment": "a\nb\nc"}, nil},
		{"a zero byte, which Postgres refuses", "recommend=8&comment=a%00b", Answers{"recommend": 8, "comment": "ab"}, nil},
		{"bytes that are no text", "recommend=8&comment=%ff%fe", Answers{"recommend": 8}, []FieldProblem{{"comment", NotText, 10}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			form, err := url.ParseQuery(c.form)
			if err != nil {
				t.Fatal(err)
			}
			got, problems := Read(q, form)
			if !reflect.DeepEqual(got, c.want) || !reflect.DeepEqual(problems, c.problems) {
				t.Errorf("got %v, %v\nwant %v, %v", got, problems, c.want, c.problems)
			}
		})
	}
}

func TestEveryFieldProblemHasWordsInBothLanguages(t *testing.T) {
	for _, code := range []ProblemCode{Missing, NotOffer, TooLong, NotText, TooMany} {
		p := FieldProblem{"comment", code, 10}
		fr, en := p.Message("fr-FR"), p.Message("en-GB")
		if fr == "" || en == "" || fr == en {
			t.Errorf("%s: %q, %q", code, fr, en)
		}
	}
}

func TestAnswersSurviveStorageAndTheForm(t *testing.T) {
	q := sample(t)
	form, _ := url.ParseQuery("recommend=6&reason=price&strengths=advice&strengths=choice&comment=a%0Ab&call_me=1")
	answers, _ := Read(q, form)
	data, err := json.Marshal(answers)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"call_me":true,"comment":"a\nb","reason":"price","recommend":6,"strengths":["advice","choice"]}`; string(data) != want {
		t.Errorf("stored as %s, want %s", data, want)
	}
	var back Answers
	if err := json.Unmarshal(data, &back); err != nil || !reflect.DeepEqual(back, answers) {
		t.Errorf("read back %v, %v; want %v", back, err, answers)
	}
	again, problems := Read(q, back.Form())
	if len(problems) > 0 || !reflect.DeepEqual(again, answers) {
		t.Errorf("through the form: %v, %v; want %v", again, problems, answers)
	}
	if score, ok := back.Score(q); score != 6 || !ok || !back.CallMe(q) {
		t.Errorf("score %d, %v, call me %v", score, ok, back.CallMe(q))
	}
	for _, bad := range []string{`{"a":1.5}`, `{"a":{}}`, `{"a":[1]}`, `{"a":null}`, `[]`} {
		if err := json.Unmarshal([]byte(bad), &back); err == nil {
			t.Errorf("%s was read as answers", bad)
		}
	}
}

// Worked out apart from this code, in double precision, from the formula in the paper.
func TestNPSHasTheIntervalOfTheAdjustedWald(t *testing.T) {
	for _, c := range []struct {
		name             string
		marks            [11]int
		score, low, high float64
		shown            bool
	}{
		{"forty answers", [11]int{6: 10, 7: 5, 8: 5, 9: 10, 10: 10}, 25, -1.3637717553129063, 47.87539966228965, true},
		{"sixteen answers cannot tell", [11]int{0: 3, 7: 4, 10: 9}, 37.5, -3.562689482532566, 66.72058421937467, false},
		{"five detractors, cut at -100", [11]int{3: 5}, -100, -100, -17.49145303416897, false},
		{"no answer, nothing known", [11]int{}, 0, -100, 100, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := NewNPS(c.marks)
			if !near(n.Score, c.score) || !near(n.Low, c.low) || !near(n.High, c.high) || n.Shown != c.shown {
				t.Errorf("got %+v, want %v from %v to %v, shown %v", n, c.score, c.low, c.high, c.shown)
			}
			if n.Promoters+n.Passives+n.Detractors != n.Answers {
				t.Errorf("%+v does not add up", n)
			}
		})
	}
}

// The four examples in R. G. Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in
// Medicine 17 (1998), table I, method 3.
func TestProportionsHaveTheWilsonInterval(t *testing.T) {
	for _, c := range []struct {
		count, of int
		low, high float64
	}{
		{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718},
	} {
		p := NewProportion(c.count, c.of)
		if math.Abs(p.Low-c.low) > 5e-5 || math.Abs(p.High-c.high) > 5e-5 || p.Shown != (c.of >= 30) {
			t.Errorf("%d of %d: %+v, want %v to %v", c.count, c.of, p, c.low, c.high)
		}
	}
}

func TestATallyCountsWhoAnsweredEachQuestion(t *testing.T) {
	q := sample(t)
	tally := NewTally(q)
	for _, form := range []string{
		"recommend=10&strengths=advice&strengths=choice&call_me=on", "recommend=7&reason=price&strengths=advice", "recommend=2&reason=time",
	} {
		values, _ := url.ParseQuery(form)
		answers, _ := Read(q, values)
		tally.Add(answers)
	}
	tally.Add(Answers{"recommend": 9, "reason": "gone", "dropped": "question"}) // an option and a question of an older version
	n := tally.NPS()
	if tally.Answers() != 4 || n.Promoters != 2 || n.Passives != 1 || n.Detractors != 1 || n.Score != 25 {
		t.Errorf("%d answers, %+v", tally.Answers(), n)
	}
	for _, c := range []struct {
		name      string
		got       Proportion
		count, of int
	}{
		{"advice, of those who named a strength", tally.Share("strengths", "advice"), 2, 2},
		{"choice", tally.Share("strengths", "choice"), 1, 2},
		{"price, of all who gave a reason", tally.Share("reason", "price"), 1, 3},
		{"call me, of all", tally.CallMe(), 1, 4},
		{"a question never answered", tally.Share("comment", "x"), 0, 0},
	} {
		if c.got.Count != c.count || c.got.Of != c.of {
			t.Errorf("%s: %d of %d, want %d of %d", c.name, c.got.Count, c.got.Of, c.count, c.of)
		}
	}
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-9 }

// FuzzRead holds the law that what Read accepts is within every limit and survives storage unchanged.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{"recommend=8&comment=ok", "recommend=8&strengths=quality&strengths=x", "comment=%00%ff", "recommend=007", "call_me=&reason="} {
		f.Add(seed)
	}
	q := sample(f)
	f.Fuzz(func(t *testing.T, query string) {
		form, _ := url.ParseQuery(query)
		answers, problems := Read(q, form)
		for name, value := range answers {
			question, ok := q.Question(name)
			if !ok {
				t.Fatalf("answer to %q, which is not asked", name)
			}
			if text, isText := value.(string); isText && question.Kind == Free && (len([]rune(text)) > question.MaxLength || strings.ContainsRune(text, 0)) {
				t.Fatalf("text %q passes its limits", text)
			}
		}
		if _, scored := answers.Score(q); len(problems) == 0 && !scored {
			t.Fatal("a required question was left open")
		}
		data, err := json.Marshal(answers)
		if err != nil {
			t.Fatal(err)
		}
		var back Answers
		if err := json.Unmarshal(data, &back); err != nil || !reflect.DeepEqual(back, answers) {
			t.Fatalf("stored %s, read back %v, %v", data, back, err)
		}
	})
}
