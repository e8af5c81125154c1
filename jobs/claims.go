package jobs

import (
	"sync"

	"github.com/relance/relance/internal/store"
)

// claimsAtOnce is how many statements of one delivery are under way: one is committed while the next is asked.
const claimsAtOnce = 2

// claims lets lanes share a statement. A lane that asks while others' statements are under way waits, and one statement
// then serves all that wait: it records what they sent, and claims a group for each. On a quiet machine each lane has
// its own; the busier the database, the more a statement carries.
//
// What a lane holds stays one group: sharing changes how many rows a statement marks, not how many mails are under way.
type claims struct {
	ask func(n int, results []store.Settled) ([]store.Due, error)

	mu      sync.Mutex
	waiting []*asked
	asking  int // statements under way
}

// asked is what one lane wants, and its answer.
type asked struct {
	n       int
	results []store.Settled
	due     []store.Due
	err     error
	turn    chan []*asked // what to ask for, its own first; nil: another lane did
}

// claim records results and claims up to n. On error the results are still to be recorded.
func (c *claims) claim(n int, results []store.Settled) ([]store.Due, error) {
	a := &asked{n: n, results: results, turn: make(chan []*asked, 1)}
	batch := []*asked{a}
	c.mu.Lock()
	wait := c.asking == claimsAtOnce
	if wait {
		c.waiting = append(c.waiting, a)
	} else {
		c.asking++
	}
	c.mu.Unlock()
	if wait {
		batch = <-a.turn
	}
	if batch != nil {
		c.serve(batch)
	}
	return a.due, a.err
}

// serve asks for a batch, tells its lanes, and leaves the statement to those that came meanwhile.
func (c *claims) serve(batch []*asked) {
	c.answer(batch)
	for _, a := range batch[1:] {
		a.turn <- nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.waiting) == 0 {
		c.asking--
		return
	}
	c.waiting[0].turn <- c.waiting
	c.waiting = nil
}

// answer asks once, and shares out what was claimed in the order in which the lanes came.
func (c *claims) answer(batch []*asked) {
	n, results := 0, batch[0].results
	for i, a := range batch {
		n += a.n
		if i > 0 {
			results = append(results[:len(results):len(results)], a.results...)
		}
	}
	due, err := c.ask(n, results)
	for _, a := range batch {
		share := min(a.n, len(due))
		a.due, a.err, due = due[:share:share], err, due[share:]
	}
}
