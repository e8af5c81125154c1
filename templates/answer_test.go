package templates

import (
	"reflect"
	"testing"

	"github.com/relance/relance/campaigns/survey"
)

func TestAnswersAreToldInTheWordsOfTheQuestionnaire(t *testing.T) {
	set := Shipped()
	satisfaction, err := set.Questionnaire("satisfaction")
	if err != nil {
		t.Fatal(err)
	}
	score := 4
	got := AnswerOf(satisfaction, survey.Answers{
		"recommend": 4, "weaknesses": []string{"delivery", "withdrawn"}, "comment": "Deux retards.", "call_me": true,
	}, "fr")
	want := Answer{
		Score: &score, CallMe: true, Comment: "Deux retards.",
		Reasons: []string{"Que devons-nous améliorer\u00a0? Les délais et les livraisons, withdrawn"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	lost, err := set.Questionnaire("lost-client")
	if err != nil {
		t.Fatal(err)
	}
	got = AnswerOf(lost, survey.Answers{"reasons": []string{"price"}, "order_again": "maybe"}, "en")
	if got.Score != nil || got.CallMe || len(got.Reasons) != 2 || got.Reasons[1] != "Could you order from us again? Perhaps, it depends" {
		t.Errorf("got %+v", got)
	}
}
