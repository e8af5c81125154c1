package campaigns

import (
	"github.com/relance/relance/internal/calendar"
)

// DayForecast is what a campaign would plan on one day.
type DayForecast struct {
	Day     calendar.Date
	Planned int
	Skipped map[Reason]int
	HeldOut int
	Due     map[Channel]int // of all that the days plan, what is due on this one
}

// Forecast plans day by day for a number of days, today first, with the facts as they are now: it shows the calendar's
// effect, not what clients will do. history gives each client's touches, in the order of the facts; nil: none.
func (p *Pass) Forecast(facts []Facts, history [][]Touch, days int) []DayForecast {
	touches := make([][]Touch, len(facts))
	for i := range history {
		touches[i] = append(touches[i], history[i]...)
	}
	forecast := make([]DayForecast, days)
	for n := range forecast {
		forecast[n].Due = map[Channel]int{}
	}
	var decisions []Decision
	m := p.Moment
	for n := range forecast {
		pass := p.Definition.At(m)
		forecast[n].Day, forecast[n].Skipped = pass.today, map[Reason]int{}
		for i := range facts {
			decisions = pass.Plan(&facts[i], touches[i], decisions[:0])
			for _, d := range decisions {
				if on := int(m.House.Today(d.DueAt) - p.today); d.State == Planned && d.From == "" && on < days {
					forecast[max(on, n)].Due[d.Channel]++
				}
				touches[i] = forecast[n].count(d, touches[i])
			}
		}
		m.Since, m.Now = pass.today, m.Now.In(m.House.Zone()).AddDate(0, 0, 1)
	}
	return forecast
}

// count adds a decision to the day, and to the client's touches so that the next days see it.
func (f *DayForecast) count(d Decision, touches []Touch) []Touch {
	for i := range touches {
		if d.ID != 0 && touches[i].ID == d.ID {
			touches[i] = d.Touch
			return touches
		}
	}
	switch d.State {
	case Planned:
		f.Planned++
	case HeldOut:
		f.HeldOut++
	case Skipped:
		f.Skipped[d.Reason]++
	}
	d.ID = -int64(len(touches)) - 1 // a key within the forecast; stored touches have positive ones
	return append(touches, d.Touch)
}
