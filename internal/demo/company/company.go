// Package company invents a company for the demo: Maison Brunel Distribution, which sells flour, chocolate and packaging
// to bakeries and restaurants. Nothing in it is real: addresses end in names reserved for examples, numbers are from the
// ranges that the French regulator keeps for fiction, and the company's name says that it is a demonstration.
//
// A Company is a seed and the day on which its story was begun (its anchor). Everything else follows: each client has a
// character (steady, small, seasonal, declining, lost, new, prospect) and, from a stream of random numbers of its own, a
// life without end. Files cuts a span of days out of all these lives, as the files that a real company would export:
// first everything up to yesterday, then, as the demo's clock moves on, what happened since. The same days always give
// the same rows, however they are cut.
//
// The rows go through the importer like anyone's; the package knows no database.
package company

import (
	"math/rand/v2"

	"github.com/relance/relance/internal/calendar"
	"github.com/relance/relance/internal/importer"
)

// Name is the invented company's.
const Name = "Maison Brunel Distribution – démonstration"

// years of history before the anchor.
const years = 3

// founders is how many clients there are at the anchor; later ones are newcomers.
const founders = 400

// Company is an invented company. It is cheap to make and never changes; use it from one goroutine.
type Company struct {
	seed    uint64
	anchor  calendar.Date
	clients []client // the founders
	goods   []product
}

// File is what an export would hold: CSV with canonical headings, rows in the order of days.
type File struct {
	Kind importer.Kind
	Name string
	Text string
}

// Generate makes the company whose story is told as of today. The same seed and day give the same company.
func Generate(seed uint64, today calendar.Date) *Company {
	c := &Company{seed: seed, anchor: today, goods: catalogue()}
	taken := map[string]bool{}
	for n := range founders {
		c.clients = append(c.clients, c.newClient(n, taken))
	}
	return c
}

// History is every file up to yesterday, in the order in which they must be imported.
func (c *Company) History() []File { return c.Files(0, c.anchor-1) }

// Files are the rows of the days after from, up to and including to, in the order in which they must be imported. From
// the zero Date on, reps, products and contracts come too. Orders come again on the day of their delivery, complaints
// when they are closed.
func (c *Company) Files(from, to calendar.Date) []File {
	var files []File
	if from.IsZero() {
		files = append(files, repFile(), c.productFile())
	}
	everyone := c.until(to)
	files = append(files, c.clientFile(everyone, from, to), c.contactFile(everyone, from, to))
	files = append(files, c.orderFile(everyone, from, to), c.activityFile(everyone, from, to))
	if from.IsZero() {
		files = append(files, c.contractFile())
	}
	kept := files[:0]
	for _, f := range files {
		if f.Text != "" {
			kept = append(kept, f)
		}
	}
	return kept
}

// until gives all clients known on a day: the founders, and a newcomer every few days since.
func (c *Company) until(to calendar.Date) []client {
	everyone := c.clients
	if to < c.anchor {
		return everyone
	}
	taken := map[string]bool{}
	for _, k := range everyone {
		taken[k.name] = true
	}
	for n := founders; ; n++ {
		k := c.newClient(n, taken)
		if k.created > to {
			return everyone
		}
		everyone = append(everyone[:len(everyone):len(everyone)], k)
	}
}

// stream is a source of random numbers for one purpose of one client, whatever else is asked before.
func (c *Company) stream(client, purpose int) *rand.Rand {
	return rand.New(rand.NewPCG(c.seed, uint64(client)<<8|uint64(purpose)))
}

// what a stream is for.
const (
	forClient = iota
	forOrders
	forActivities
	forContacts
	forContract
)

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// between is a whole number from low to high, both possible.
func between(r *rand.Rand, low, high int) int { return low + r.IntN(high-low+1) }

// inside reports whether a day is after from, and not after to.
func inside(day, from, to calendar.Date) bool { return day > from && day <= to }
