package jobs

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/relance/relance/internal/store"
)

// counter stands in for the ledger: ids in order, as many as are left.
type counter struct {
	mu       sync.Mutex
	next     int64
	left     int
	recorded []int64
	asks     int
}

func (c *counter) ask(n int, results []store.Settled) ([]store.Due, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asks++
	for _, r := range results {
		c.recorded = append(c.recorded, r.ID)
	}
	var due []store.Due
	for range min(n, c.left) {
		c.next++
		due = append(due, store.Due{ID: c.next})
	}
	c.left -= len(due)
	return due, nil
}

func TestLanesThatShareStatementsGetEachTouchOnceAndRecordAll(t *testing.T) {
	const all, lanes = 10_007, 20
	source := &counter{left: all}
	c := &claims{ask: source.ask}
	var wg sync.WaitGroup
	for range lanes {
		wg.Go(func() {
			var results []store.Settled
			for {
				due, err := c.claim(groupSize, results)
				if err != nil || len(due) > groupSize {
					t.Errorf("%d touches for one lane, %v", len(due), err)
				}
				if results = results[:0]; len(due) == 0 {
					return
				}
				for _, d := range due {
					results = append(results, store.Settled{ID: d.ID})
				}
			}
		})
	}
	wg.Wait()
	slices.Sort(source.recorded)
	for i, id := range source.recorded {
		if id != int64(i+1) {
			t.Fatalf("place %d: touch %d, want each once", i, id)
		}
	}
	if len(source.recorded) != all || c.asking != 0 || len(c.waiting) != 0 {
		t.Errorf("%d recorded of %d; %d statements and %d lanes left", len(source.recorded), all, c.asking, len(c.waiting))
	}
}

func TestLanesThatComeMeanwhileShareTheNextStatement(t *testing.T) {
	broken := errors.New("broken")
	begun, goOn := make(chan int), make(chan bool)
	c := &claims{ask: func(n int, _ []store.Settled) ([]store.Due, error) {
		begun <- n
		<-goOn
		if n == 7 {
			return nil, broken
		}
		return make([]store.Due, n), nil
	}}
	var wg sync.WaitGroup
	claim := func(n int, want error) {
		wg.Go(func() {
			if _, err := c.claim(n, nil); !errors.Is(err, want) {
				t.Errorf("claim of %d: %v, want %v", n, err, want)
			}
		})
	}
	for range claimsAtOnce {
		claim(1, nil)
		<-begun
	}
	claim(3, broken)
	claim(4, broken)
	for waiting := 0; waiting < 2; { // both have to be in the queue
		c.mu.Lock()
		waiting = len(c.waiting)
		c.mu.Unlock()
	}
	goOn <- true
	if n := <-begun; n != 7 {
		t.Errorf("the next statement asks for %d, want 7", n)
	}
	for range claimsAtOnce {
		goOn <- true
	}
	wg.Wait()
}
