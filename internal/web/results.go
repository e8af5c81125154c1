package web

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/relance/relance/campaigns/survey"
	"github.com/relance/relance/internal/store"
)

// results is what came of a campaign, and how sure one can be.
type results struct {
	Answers   int
	Asked     int // invitations that left
	NPS       *survey.NPS
	Questions []questionResult
	CallMe    survey.Proportion
	Outcomes  []barLine // of calls
	Contacted int
	Ordered   int
	Comments  []string // the newest
}

// questionResult is how often each option of a question was chosen.
type questionResult struct {
	Ask   string
	Lines []barLine
}

// barLine is a count with its bar.
type barLine struct {
	Words     string
	Count, Of int
}

func (s *Site) results(r *request, c store.CampaignPage) (*results, error) {
	found := &results{Asked: c.Asked, Answers: len(c.Answers), Contacted: c.Contacted, Ordered: c.OrderedSince}
	for outcome, n := range c.Outcomes {
		found.Outcomes = append(found.Outcomes, barLine{madeWords(r.Reader, outcome), n, c.States["done"]})
	}
	sortBars(found.Outcomes)
	if len(c.Answers) > 0 {
		if err := s.tally(r, c, found); err != nil {
			return nil, err
		}
	}
	if found.Answers == 0 && len(found.Outcomes) == 0 && found.Contacted == 0 {
		return nil, nil
	}
	return found, nil
}

// tally counts the answers by the questionnaire of the approved version; what an older one asked is not counted.
func (s *Site) tally(r *request, c store.CampaignPage, found *results) error {
	versions, err := s.Store.CampaignVersions(r.Context(), c.Name)
	if err != nil {
		return err
	}
	for _, v := range versions {
		if v.Number != c.Version {
			continue
		}
		for file, text := range v.Texts {
			if q, problems := survey.Parse(text); strings.HasPrefix(file, "questionnaires/") && len(problems) == 0 {
				return tallyOne(r, c.Answers, q, found)
			}
		}
	}
	return nil
}

func tallyOne(r *request, answers []json.RawMessage, q *survey.Questionnaire, found *results) error {
	tally := survey.NewTally(q)
	for _, raw := range answers {
		var a survey.Answers
		if err := json.Unmarshal(raw, &a); err != nil {
			return fmt.Errorf("read the answers: %w", err)
		}
		tally.Add(a)
	}
	if _, asked := q.Meaning(survey.Recommendation); asked {
		nps := tally.NPS()
		found.NPS = &nps
	}
	found.CallMe = tally.CallMe()
	for _, question := range q.Questions {
		if question.Kind != survey.Several && question.Kind != survey.One {
			continue
		}
		shown := questionResult{Ask: question.Ask.In(r.Reader.Language)}
		for _, o := range question.Options {
			share := tally.Share(question.Name, o.Name)
			if share.Count > 0 {
				shown.Lines = append(shown.Lines, barLine{o.Label.In(r.Reader.Language), share.Count, share.Of})
			}
		}
		sortBars(shown.Lines)
		if len(shown.Lines) > 0 {
			found.Questions = append(found.Questions, shown)
		}
	}
	return nil
}

// sortBars puts the greatest count first.
func sortBars(lines []barLine) {
	slices.SortFunc(lines, func(a, b barLine) int { return cmp.Or(b.Count-a.Count, strings.Compare(a.Words, b.Words)) })
}

func sortReasons(lines []reasonLine) {
	slices.SortFunc(lines, func(a, b reasonLine) int { return cmp.Or(b.Count-a.Count, strings.Compare(a.Words, b.Words)) })
}

// Share is a count as a part of another, 0 of none.
func (p campaignPage) Share(count, of int) float64 { return float64(count) / float64(max(of, 1)) }

// Signed writes a recommendation score with its sign, as it is always said.
func (p campaignPage) Signed(score float64) string {
	text := p.Decimal(math.Round(score))
	if score > 0 {
		return "+" + text
	}
	return text
}
