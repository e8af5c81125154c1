package company

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/relance/relance/internal/calendar"
	"github.com/relance/relance/internal/importer"
)

// order is one order of an invented client; a negative quantity makes it a credit note.
type order struct {
	ref       string
	client    string
	on        calendar.Date
	delivered calendar.Date
	lines     []line
}

type line struct {
	product  product
	price    float64
	quantity int
	discount string
}

// orders is the client's life up to a day, in the order of days.
func (c *Company) orders(k client, to calendar.Date) []order {
	if k.first.IsZero() {
		return nil
	}
	r := c.stream(k.number, forOrders)
	var life []order
	for day, n := k.first, 1; day <= to && (k.stops.IsZero() || day < k.stops); n++ {
		day = workday(day)
		o := c.order(r, k, day, n)
		if o.on > to {
			break
		}
		life = append(life, o)
		if n%37 == 0 {
			life = append(life, creditNote(o))
		}
		day += max(1, calendar.Date(k.rhythm*(0.7+0.6*r.Float64())/k.appetite(day)))
	}
	return life
}

func (c *Company) order(r *rand.Rand, k client, day calendar.Date, n int) order {
	o := order{ref: fmt.Sprintf("CDE-%04d-%04d", 1001+k.number, n), client: k.ref, on: day, delivered: workday(day + calendar.Date(between(r, 1, 4)))}
	worth := k.basket * (0.7 + 0.6*r.Float64()) * k.appetite(day)
	if !k.falls.IsZero() && day >= k.falls {
		worth *= 0.35
	}
	count := min(len(k.goods), between(r, 1, 4))
	for i := range count {
		p := c.goods[k.goods[(n+i)%len(k.goods)]]
		price := p.priceIn(day)
		quantity := max(1, int(worth/float64(count)/price+0.5))
		o.lines = append(o.lines, line{p, price, quantity, pick(r, []string{"0", "0", "0", "0.05", "0.1"})})
	}
	return o
}

// appetite is 1, or more in the client's own season.
func (k client) appetite(day calendar.Date) float64 {
	if len(k.season) == 0 {
		return 1
	}
	if _, month, _ := day.Civil(); slices.Contains(k.season, month) {
		return 2
	}
	return 0.75
}

// creditNote takes back one piece of an order's first line.
func creditNote(o order) order {
	first := o.lines[0]
	first.quantity = -1
	return order{ref: "AV" + o.ref[3:], client: o.client, on: o.on, delivered: o.on, lines: []line{first}}
}

// workday is the day itself, or the Monday after a weekend.
func workday(day calendar.Date) calendar.Date {
	switch day.Weekday() {
	case time.Saturday:
		return day + 2
	case time.Sunday:
		return day + 1
	}
	return day
}

// orderFile has a row per line of the orders placed or delivered in the span.
func (c *Company) orderFile(everyone []client, from, to calendar.Date) File {
	t := newTable("order", "client", "ordered_on", "delivered_on", "line", "product", "quantity", "unit_price", "discount", "cost")
	for _, k := range everyone {
		for _, o := range c.orders(k, to) {
			if !inside(o.on, from, to) && !inside(o.delivered, from, to) {
				continue
			}
			delivered := ""
			if o.delivered <= to {
				delivered = o.delivered.String()
			}
			for i, l := range o.lines {
				t.row(o.ref, o.client, o.on.String(), delivered, strconv.Itoa(i+1), l.product.ref, strconv.Itoa(l.quantity),
					money(l.price), l.discount, money(l.product.cost*float64(l.quantity)))
			}
		}
	}
	return t.file(importer.Orders)
}
