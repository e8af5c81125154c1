package company

import (
	"fmt"
	"math/rand/v2"
	"strconv"

	"github.com/relance/relance/internal/calendar"
	"github.com/relance/relance/internal/importer"
)

// activity is something that a person did with a client, or heard from it.
type activity struct {
	ref, kind, rep, note string
	on                   calendar.Date
	hour, minutes        int
	closed               calendar.Date // complaint: never zero, perhaps still to come
}

// activities is what happened with the client up to a day. Small clients and those that came lately hear from nobody:
// that is what the program is for.
func (c *Company) activities(k client, to calendar.Date) []activity {
	r := c.stream(k.number, forActivities)
	gap := 70 + r.IntN(90)
	switch k.character {
	case small:
		gap = 300 + r.IntN(300)
	case newcomer, lost:
		gap = 400
	}
	var life []activity
	day := max(k.created, c.anchor.AddMonths(-12*years)) + calendar.Date(r.IntN(gap))
	for n := 1; ; n++ {
		day = workday(day)
		if day > to {
			return life
		}
		life = append(life, c.activity(r, k, day, n))
		day += calendar.Date(between(r, gap*2/3, gap*4/3))
	}
}

func (c *Company) activity(r *rand.Rand, k client, day calendar.Date, n int) activity {
	a := activity{ref: fmt.Sprintf("ACT-%04d-%03d", 1001+k.number, n), on: day, hour: between(r, 9, 16), rep: k.rep}
	minutes, choice := between(r, 5, 45), r.IntN(10)
	a.closed = day + calendar.Date(between(r, 4, 25))
	switch {
	case choice == 0 && !k.first.IsZero() && day > k.first:
		a.kind, a.note = "complaint", pick(r, []string{"Cartons abîmés à la livraison.", "Livraison arrivée après le service.", "Erreur de référence sur une palette.", "Deux sacs percés."})
	case choice < 5 && k.character != small:
		a.kind, a.minutes, a.note = "visit", minutes+15, pick(r, []string{"Tour de la gamme chocolat.", "Point sur les volumes de l’année.", "Dégustation de la nouvelle farine.", "Relevé des besoins pour la saison."})
	default:
		a.kind, a.minutes, a.rep, a.note = "call", minutes/3+2, k.inside, pick(r, []string{"Prise de nouvelles, tout va bien.", "Question sur les tarifs.", "A demandé le catalogue emballages.", "Rappel du franco de port."})
	}
	return a
}

// activityFile has what happened, or was closed, in the span.
func (c *Company) activityFile(everyone []client, from, to calendar.Date) File {
	t := newTable("ref", "client", "kind", "at", "rep", "minutes", "closed_on", "note")
	for _, k := range everyone {
		for _, a := range c.activities(k, to) {
			complaint := a.kind == "complaint"
			if !inside(a.on, from, to) && (!complaint || !inside(a.closed, from, to)) {
				continue
			}
			minutes, closed := "", ""
			if a.minutes > 0 {
				minutes = strconv.Itoa(a.minutes)
			}
			if complaint && a.closed <= to {
				closed = a.closed.String()
			}
			t.row(a.ref, k.ref, a.kind, a.on.String()+fmt.Sprintf(" %02d:%02d", a.hour, int(a.on.Weekday())*7), a.rep, minutes, closed, a.note)
		}
	}
	return t.file(importer.Activities)
}
