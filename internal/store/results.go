package store

import (
	"bytes"
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/relance/relance/campaigns"
)

// Results is what became of everything that a campaign ever planned.
type Results struct {
	Campaign string
	States   map[campaigns.State]int
}

// Planned is the sum of all states: what was ever planned.
func (r Results) Planned() int {
	sum := 0
	for _, n := range r.States {
		sum += n
	}
	return sum
}

// Finished reports whether nothing waits, is on its way or is on a list.
func (r Results) Finished() bool {
	return r.States[campaigns.Planned]+r.States[campaigns.Sending]+r.States[campaigns.Open] == 0
}

// Key is the name under which a state stands in results: `planned` is the sum of all, so what is still planned is `waiting`.
func (Results) Key(s campaigns.State) string {
	if s == campaigns.Planned {
		return "waiting"
	}
	return string(s)
}

// MarshalJSON writes {campaign, planned, a key per state, finished}; planned is the sum of the states.
func (r Results) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"campaign":%q,"planned":%d`, r.Campaign, r.Planned())
	for _, s := range campaigns.States {
		fmt.Fprintf(&b, `,%q:%d`, r.Key(s), r.States[s])
	}
	fmt.Fprintf(&b, `,"finished":%t}`, r.Finished())
	return b.Bytes(), nil
}

// Results counts the touches of a campaign by state, or ErrNotFound.
func (s *Store) Results(ctx context.Context, campaign string) (Results, error) {
	r := Results{Campaign: campaign, States: map[campaigns.State]int{}}
	c, err := s.Campaign(ctx, campaign)
	if err != nil {
		return r, err
	}
	rows, err := s.pool.Query(ctx, `SELECT state, count(*) FROM touch WHERE campaign_id = $1 GROUP BY state`, c.ID)
	if err != nil {
		return r, fmt.Errorf("results of campaign %s: %w", campaign, err)
	}
	var state campaigns.State
	var n int
	_, err = pgx.ForEachRow(rows, []any{&state, &n}, func() error {
		r.States[state] = n
		return nil
	})
	return r, err
}
