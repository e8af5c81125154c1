// Package life plays the people of a demo while its clock moves on, so that campaigns have results to look at:
//
//  1. Some clients answer the questionnaire that they were sent, one to four days after it; a few write that they want to
//     be called, and once in a while one says stop.
//  2. Reps call whom their list tells them to, and say what came of it. One rep's list is left alone: it is the visitor's.
//  3. The marketer has written the next issue of the newsletter, and the manager has approved it.
//
// Everything goes the way that it goes for real: answers through the questionnaire's own validation, outcomes and stops
// through the store. Who does what follows from a seed and the touch or card, so that the same demo tells the same story.
package life

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/relance/relance/campaigns/survey"
	"github.com/relance/relance/internal/store"
)

// Questionnaires gives what an invitation asked; letters.Writer does.
type Questionnaires interface {
	Questionnaire(ctx context.Context, versionID int, step string) (*survey.Questionnaire, error)
}

// Life is the people of one demo.
type Life struct {
	Store          *store.Store
	Questionnaires Questionnaires
	Seed           uint64
	Spared         string // ref of the rep whose calls wait for the visitor
}

// Day lets everyone do what they do by now. It is called once for each day of the demo's clock.
func (l Life) Day(ctx context.Context, now time.Time) error {
	if err := l.readMail(ctx, now); err != nil {
		return fmt.Errorf("clients read their mail: %w", err)
	}
	if err := l.makeCalls(ctx, now); err != nil {
		return fmt.Errorf("reps make their calls: %w", err)
	}
	return nil
}

// chance is a stream of random numbers of one touch or card.
func (l Life) chance(kind, id uint64) *rand.Rand { return rand.New(rand.NewPCG(l.Seed<<8|kind, id)) }

// What streams are for.
const (
	ofTouch uint64 = iota
	ofCall
)

// oneOf draws by weight.
func oneOf[T any](r *rand.Rand, choices []weighted[T]) T {
	sum := 0
	for _, c := range choices {
		sum += c.weight
	}
	n := r.IntN(sum)
	for _, c := range choices {
		if n -= c.weight; n < 0 {
			return c.value
		}
	}
	return choices[0].value
}

// weighted is a value and how often it comes.
type weighted[T any] struct {
	value  T
	weight int
}
