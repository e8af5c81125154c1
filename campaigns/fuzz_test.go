package campaigns

import (
	"testing"
	"time"
)

// FuzzParse holds two laws: a definition comes with no problems or not at all, and what was accepted can plan.
func FuzzParse(f *testing.F) {
	for _, file := range Library() {
		f.Add(file.Source)
	}
	f.Add(campaign("on: {cron: \"0 9 * * 2#1\"}"))
	f.Add(campaign("answer: {to: a, where: score > 6}"))
	f.Add("campaign: &a test\nsteps: [*a, null]\ntrigger: {silent: null}\ntitle: {<<: *a}")
	m := Moment{Now: time.Date(2026, 11, 10, 6, 0, 0, 0, time.UTC), House: testHouse(f), Fresh: true}
	client := reachable()
	client.FirstOrderOn, client.LastOrderOn, client.CreatedOn = day(f, "2026-11-02"), day(f, "2026-01-02"), day(f, "2026-01-02")
	f.Fuzz(func(t *testing.T, source string) {
		d, problems := Parse("f.yaml", source)
		if (d == nil) == (len(problems) == 0) {
			t.Fatalf("definition %v with problems %v", d != nil, problems)
		}
		if d != nil {
			d.At(m).Plan(&client, nil, nil)
			d.At(m).Explain(&client, nil)
		}
	})
}
