package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/relance/relance/campaigns"
)

// clientsAtOnce is how many client ids one query of a pass covers: large enough that the query costs nothing, small
// enough that two readers share the work evenly.
const clientsAtOnce = 20_000

// planReader reads what a pass sees of clients. The same variables are filled again for each: it belongs to one goroutine.
type planReader struct {
	list    []*planned
	ids     []int32       // of the campaigns
	place   map[int64]int // campaign id → place in list
	facts   campaigns.Facts
	columns string // of the facts, as SQL
	row     *rawRow

	touch    campaigns.Touch
	campaign int64 // of touch
	touchRow *rawRow
	touches  []campaigns.Touch // of the clients being read, by client and campaign
	owners   []int             // places of their campaigns in list
}

// newPlanReader readies the variables for the columns that these campaigns need.
func newPlanReader(list []*planned) (*planReader, error) {
	r := &planReader{list: list, place: map[int64]int{}}
	definitions := make([]*campaigns.Definition, len(list))
	for i, p := range list {
		definitions[i] = p.pass.Definition
		r.place[int64(p.id)], r.ids = i, append(r.ids, int32(p.id))
	}
	facts := campaigns.FactsFor(definitions...)
	columns := make([]string, len(facts))
	for i, f := range facts {
		columns[i] = f.SQL
	}
	r.columns = strings.Join(columns, ", ")
	var err error
	if r.row, err = newRawRow(campaigns.Targets(facts, &r.facts)); err != nil {
		return nil, err
	}
	t := &r.touch
	r.touchRow, err = newRawRow([]any{&t.ID, &t.ClientID, &r.campaign, &t.ContactID, &t.RepID, &t.Step, (*string)(&t.Channel), &t.Occasion, &t.ParentID,
		&t.TriggeredOn, &t.DueAt, &t.DeadlineAt, (*string)(&t.State), (*string)(&t.Reason), (*string)(&t.Outcome), &t.Priority, &t.Attempt, &t.SentAt, &t.EndedAt, &t.ClosesAt, &t.Figures})
	return r, err
}

// touchReadColumns are a touch as campaigns reads it; figures only where they say what it was planned for.
const touchReadColumns = `id, client_id, campaign_id, contact_id, rep_id, step, channel, occasion, parent_id,
	triggered_on, due_at, deadline_at, state, reason, outcome, priority, attempt, sent_at, ended_at, closes_at,
	CASE WHEN state IN ('planned', 'open') THEN figures::text END`

// each calls see for every client with an id in [from, to), in their order, with its touches per campaign of the list.
// What see is given is good until it returns.
func (r *planReader) each(ctx context.Context, pool *pgxpool.Pool, from, to int64, see func(f *campaigns.Facts, history [][]campaigns.Touch) error) error {
	if err := r.readTouches(ctx, pool, from, to); err != nil {
		return err
	}
	rows, err := pool.Query(ctx, `SELECT `+r.columns+` FROM client c JOIN client_fact f ON f.client_id = c.id WHERE c.id >= $1 AND c.id < $2 ORDER BY c.id`, from, to)
	if err != nil {
		return err
	}
	defer rows.Close()
	history := make([][]campaigns.Touch, len(r.list))
	next := 0
	for rows.Next() {
		if err := r.row.read(rows); err != nil {
			return err
		}
		clear(history)
		next = r.history(history, next)
		if err := see(&r.facts, history); err != nil {
			return fmt.Errorf("client %d: %w", r.facts.ClientID, err)
		}
	}
	return rows.Err()
}

// readTouches loads the touches of a range of clients.
func (r *planReader) readTouches(ctx context.Context, pool *pgxpool.Pool, from, to int64) error {
	r.touches, r.owners = r.touches[:0], r.owners[:0]
	rows, err := pool.Query(ctx, `SELECT `+touchReadColumns+` FROM touch
		WHERE client_id >= $1 AND client_id < $2 AND campaign_id = ANY ($3) ORDER BY client_id, campaign_id, id`, from, to, r.ids)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := r.touchRow.read(rows); err != nil {
			return err
		}
		r.touches, r.owners = append(r.touches, r.touch), append(r.owners, r.place[r.campaign])
	}
	return rows.Err()
}

// history hands out the touches of the client that was read last, and returns where those of the next one begin.
func (r *planReader) history(history [][]campaigns.Touch, next int) int {
	for next < len(r.touches) && r.touches[next].ClientID < r.facts.ClientID {
		next++
	}
	for next < len(r.touches) && r.touches[next].ClientID == r.facts.ClientID {
		from, owner := next, r.owners[next]
		for next < len(r.touches) && r.touches[next].ClientID == r.facts.ClientID && r.owners[next] == owner {
			next++
		}
		history[owner] = r.touches[from:next]
	}
	return next
}
