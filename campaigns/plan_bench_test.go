package campaigns

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/relance/relance/internal/calendar"
)

// syntheticFacts are clients of all ages and sizes, a fifth of them silent for long.
func syntheticFacts(n int, today calendar.Date) []Facts {
	random := rand.New(rand.NewPCG(1, 2))
	countries := []string{"", "", "", "FR", "DE", "BE"}
	facts := make([]Facts, n)
	for i := range facts {
		last := today - calendar.Date(random.IntN(400))
		first := last - calendar.Date(random.IntN(2000))
		facts[i] = Facts{
			ClientID: int64(i + 1), Ref: fmt.Sprintf("C%07d", i), Country: countries[i%len(countries)], CreatedOn: first, FirstOrderOn: first,
			LastOrderOn: last, Rhythm: 10 + 50*random.Float64(), Orders12m: int32(random.IntN(20)), Revenue12m: 1e4 * random.Float64(),
			RevenueTail: random.Float64(), WeightTop: random.Float64(), HasMail: true, HasPhone: true, MailBasis: i%3 > 0,
			MailContactID: int64(i), CallContactID: int64(i), LastContactWith: last - calendar.Date(random.IntN(300)),
		}
	}
	return facts
}

// BenchmarkPlan is a pass of the five shipped campaigns over clients for whom everything that is due has been planned.
func BenchmarkPlan(b *testing.B) {
	const n = 100_000
	now := time.Date(2026, time.March, 10, 6, 0, 0, 0, time.UTC)
	house := testHouse(b)
	today := house.Today(now)
	facts := syntheticFacts(n, today)
	var passes []*Pass
	for _, file := range Library() {
		passes = append(passes, library(b, file.Name).At(Moment{Now: now, House: house, Since: today - 1, Begun: now.AddDate(-1, 0, 0), Fresh: true, SmallTail: 0.1}))
	}
	histories := make([][][]Touch, len(passes))
	for k, p := range passes {
		histories[k] = make([][]Touch, n)
		for i := range facts {
			for _, d := range p.Plan(&facts[i], nil, nil) {
				d.ID = int64(i + 1)
				histories[k][i] = append(histories[k][i], d.Touch)
			}
		}
	}
	out := make([]Decision, 0, 8)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		for k, p := range passes {
			for i := range facts {
				if out = p.Plan(&facts[i], histories[k][i], out[:0]); len(out) > 0 {
					b.Fatalf("%s: planning again decided %+v", p.Definition.Name, out[0])
				}
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/client")
}
