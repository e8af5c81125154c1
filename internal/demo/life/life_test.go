package life

import (
	"os"
	"strconv"
	"testing"

	"github.com/relance/relance/campaigns/survey"
)

func TestInventedAnswersFitTheShippedQuestionnaires(t *testing.T) {
	for _, name := range []string{"satisfaction", "lost-client"} {
		source, err := os.ReadFile("../../../templates/questionnaires/" + name + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		q, mistakes := survey.Parse(string(source))
		if len(mistakes) > 0 {
			t.Fatal(mistakes)
		}
		low, called := 0, 0
		for id := range uint64(500) {
			form, known := fill(name, []string{"fr", "en"}[id%2], Life{Seed: 1}.chance(ofTouch, id))
			answers, problems := survey.Read(q, form)
			if !known || len(problems) > 0 {
				t.Fatalf("%s, %v: %v", name, form, problems)
			}
			if answers.CallMe(q) {
				called++
			}
			score, _ := strconv.Atoi(form.Get("recommend"))
			if name == "satisfaction" && score <= 6 {
				if low++; form.Get("comment") == "" {
					t.Errorf("a score of %d without a comment", score)
				}
			}
		}
		if called < 10 || called > 120 {
			t.Errorf("%s: %d of 500 want to be called", name, called)
		}
		if name == "satisfaction" && (low < 40 || low > 130) {
			t.Errorf("%d of 500 are unhappy", low)
		}
	}
}
