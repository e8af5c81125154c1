package company

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/relance/relance/internal/calendar"
)

// character is how a client buys.
type character int

const (
	steady character = iota
	small
	seasonal
	declining
	lost
	newcomer
	prospect
)

// client is one invented client with what its life follows from.
type client struct {
	number    int
	ref       string
	name      string
	trade     trade
	kind      string
	place     place
	street    string
	rep       string
	inside    string
	blocked   string
	character character
	created   calendar.Date
	first     calendar.Date // its first order's day; zero: a prospect
	stops     calendar.Date // no order from this day on; zero: never
	falls     calendar.Date // orders shrink from this day on; zero: never
	rhythm    float64       // days between orders
	basket    float64       // what an order is worth, roughly
	season    []time.Month  // when it buys twice as much and as often; none: all year alike
	goods     []int         // what it buys, as indexes of the catalogue
}

// newClient invents client n; taken are the names that are in use.
func (c *Company) newClient(n int, taken map[string]bool) client {
	r := c.stream(n, forClient)
	k := client{number: n, ref: fmt.Sprintf("CL%04d", 1001+n), trade: pick(r, trades()), kind: "company", place: pick(r, places()),
		street: fmt.Sprintf("%d %s", between(r, 1, 98), pick(r, streets()))}
	k.character = characterOf(n)
	k.name = nameOf(r, k.trade, taken)
	k.rep, k.inside = repOf(k.place.region), pick(r, []string{"R5", "R6"})
	if n%29 == 7 {
		k.kind = "sole_trader"
	}
	if n == 111 || n == 222 {
		k.kind, k.name = "consumer", pick(r, firstNames())+" "+pick(r, surnames())
	}
	if n%67 == 13 {
		k.blocked = pick(r, []string{"impayé", "contentieux", "redressement judiciaire"})
	}
	for range between(r, 3, 8) {
		k.goods = append(k.goods, r.IntN(len(c.goods)))
	}
	c.giveLife(r, &k)
	return k
}

// characterOf deals the characters so that every thirteenth of clients or so has something to tell.
func characterOf(n int) character {
	switch {
	case n >= founders:
		return newcomer
	case n < 9:
		return newcomer
	case n%13 == 0:
		return prospect
	case n%13 == 1 || n%39 == 15:
		return lost
	case n%17 == 3:
		return declining
	case n%7 == 2:
		return seasonal
	case n%3 == 1:
		return small
	}
	return steady
}

// giveLife decides when and how much it buys.
func (c *Company) giveLife(r *rand.Rand, k *client) {
	k.created = c.anchor.AddMonths(-12*years) + calendar.Date(r.IntN(40)) - calendar.Date(r.IntN(1500))
	k.rhythm, k.basket = 13+r.Float64()*32, 400+900*r.Float64()*r.Float64()+2500*r.Float64()*r.Float64()*r.Float64()*r.Float64()
	switch k.character {
	case prospect:
		k.created = c.anchor - calendar.Date(between(r, 20, 500))
		return
	case newcomer:
		c.arrive(r, k)
		return
	case small:
		k.rhythm, k.basket = 45+r.Float64()*75, 70+r.Float64()*130
	case seasonal:
		k.season = pick(r, [][]time.Month{{time.June, time.July, time.August}, {time.December, time.January, time.February}, {time.November, time.December}, {time.March, time.April}})
	case declining:
		k.falls = c.anchor - calendar.Date(between(r, 100, 150))
		k.basket += 900
	case lost:
		k.stops = c.anchor - calendar.Date(between(r, 190, 560))
	}
	if k.character == steady && k.number%11 == 5 {
		k.stops = c.anchor + calendar.Date(between(r, 5, 300)) // it will fall silent during the demo
	}
	k.first = max(k.created, c.anchor.AddMonths(-12*years)) + calendar.Date(r.IntN(30))
	if k.number%5 == 0 { // some came during the years that are told
		k.created = c.anchor - calendar.Date(between(r, 330, 900))
		k.first = k.created + calendar.Date(between(r, 1, 20))
	}
}

// arrive places a newcomer: the founders' just before the anchor, the others every few days from it on, in the order of
// their numbers and never before the anchor, since the files of earlier days do not know them.
func (c *Company) arrive(r *rand.Rand, k *client) {
	if k.number < founders {
		k.first = c.anchor - calendar.Date(1+2*k.number)
		k.created = k.first - calendar.Date(r.IntN(4))
		return
	}
	turn, wait := c.anchor+calendar.Date(4*(k.number-founders)), r.IntN(4)
	k.first = turn + calendar.Date(wait)
	k.created = turn + calendar.Date(r.IntN(wait+1))
}
