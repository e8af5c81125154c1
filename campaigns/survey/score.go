package survey

import "math"

// ShownFrom is how many answers a recommendation score or proportion needs before it is shown at all.
const ShownFrom = 30

// z95 is the 97.5 % point of the normal distribution: two-sided 95 % intervals.
const z95 = 1.959963984540054

// NPS is the recommendation score of many clients: the share of promoters (9, 10) less the share of detractors
// (0 to 6), from -100 to 100. Low and High bound it with 95 % confidence.
type NPS struct {
	Answers                         int
	Promoters, Passives, Detractors int
	Score, Low, High                float64
	Shown                           bool // enough answers; else say that one cannot tell yet
}

// NewNPS scores a count of answers per mark, from 0 to 10.
//
// The interval is the adjusted Wald of B. Rocks, "Interval Estimation for the Net Promoter Score", The American
// Statistician 70 (2016): three answers are added (3/4 promoter, 3/2 passive, 3/4 detractor), which keeps its
// promise of 95 % for few answers and for extreme scores, where the plain formula does not.
func NewNPS(marks [scaleTop + 1]int) NPS {
	var n NPS
	for mark, count := range marks {
		n.Answers += count
		switch {
		case mark >= 9:
			n.Promoters += count
		case mark >= 7:
			n.Passives += count
		default:
			n.Detractors += count
		}
	}
	if n.Answers == 0 {
		return NPS{Low: -100, High: 100}
	}
	n.Score = 100 * float64(n.Promoters-n.Detractors) / float64(n.Answers)
	n.Low, n.High = npsInterval(float64(n.Promoters), float64(n.Detractors), float64(n.Answers))
	n.Shown = n.Answers >= ShownFrom
	return n
}

func npsInterval(promoters, detractors, answers float64) (low, high float64) {
	total := answers + 3
	p, d := (promoters+0.75)/total, (detractors+0.75)/total
	half := z95 * math.Sqrt((p+d-(p-d)*(p-d))/total)
	return 100 * max(-1, p-d-half), 100 * min(1, p-d+half)
}

// Proportion is how many of those who answered chose something, with its 95 % bounds.
type Proportion struct {
	Count, Of        int
	Share, Low, High float64 // 0 to 1
	Shown            bool    // enough answers; else say that one cannot tell yet
}

// NewProportion gives the share of count in of, with the score interval of E. B. Wilson, "Probable Inference, the Law
// of Succession, and Statistical Inference", Journal of the American Statistical Association 22 (1927), which never
// leaves 0 to 1 and stays honest for few answers. Of no answers at all nothing is known: 0 to 1.
func NewProportion(count, of int) Proportion {
	if of == 0 {
		return Proportion{High: 1}
	}
	n, share := float64(of), float64(count)/float64(of)
	middle := (share + z95*z95/(2*n)) / (1 + z95*z95/n)
	half := z95 / (1 + z95*z95/n) * math.Sqrt(share*(1-share)/n+z95*z95/(4*n*n))
	return Proportion{
		Count: count, Of: of, Share: share,
		Low: max(0, middle-half), High: min(1, middle+half),
		Shown: of >= ShownFrom,
	}
}

// Tally adds up the answers to one questionnaire. Use NewTally; it is not safe for concurrent use.
type Tally struct {
	q        *Questionnaire
	answers  int
	callMe   int
	marks    map[string]*[scaleTop + 1]int
	answered map[string]int
	chosen   map[string]map[string]int
}

// NewTally starts an empty tally.
func NewTally(q *Questionnaire) *Tally {
	return &Tally{
		q: q, marks: map[string]*[scaleTop + 1]int{},
		answered: map[string]int{}, chosen: map[string]map[string]int{},
	}
}

// Add counts one client's answers. What the questionnaire does not ask (an older version did) is not counted.
func (t *Tally) Add(a Answers) {
	t.answers++
	if a.CallMe(t.q) {
		t.callMe++
	}
	for _, question := range t.q.Questions {
		t.addOne(question, a[question.Name])
	}
}

func (t *Tally) addOne(question Question, value any) {
	switch v := value.(type) {
	case int:
		if v < 0 || v > scaleTop {
			return
		}
		if t.marks[question.Name] == nil {
			t.marks[question.Name] = new([scaleTop + 1]int)
		}
		t.marks[question.Name][v]++
	case string:
		if question.Kind == One {
			t.choose(question, v)
		}
	case []string:
		for _, option := range v {
			t.choose(question, option)
		}
	case nil:
		return
	}
	t.answered[question.Name]++
}

func (t *Tally) choose(question Question, option string) {
	if !question.Has(option) {
		return
	}
	if t.chosen[question.Name] == nil {
		t.chosen[question.Name] = map[string]int{}
	}
	t.chosen[question.Name][option]++
}

// Answers is how many clients answered.
func (t *Tally) Answers() int { return t.answers }

// CallMe is the share of them who ask to be called.
func (t *Tally) CallMe() Proportion { return NewProportion(t.callMe, t.answers) }

// NPS is the recommendation score; without such a question, that of no answers.
func (t *Tally) NPS() NPS {
	question, ok := t.q.Meaning(Recommendation)
	if !ok || t.marks[question.Name] == nil {
		return NewNPS([scaleTop + 1]int{})
	}
	return NewNPS(*t.marks[question.Name])
}

// Share is how many of those who answered the question chose the option.
func (t *Tally) Share(question, option string) Proportion {
	return NewProportion(t.chosen[question][option], t.answered[question])
}
