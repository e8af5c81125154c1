package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/calendar"
)

// passMemory is how many earlier passes the surge guard remembers.
const passMemory = 20

// importMemory is how many order imports the usual gap is taken from.
const importMemory = 20

// planned is one campaign of a pass: its compiled definition at the moment, and what the guards need.
type planned struct {
	id, versionID int
	name, state   string
	pass          *campaigns.Pass
	first         bool     // no pass was made yet: start's guard, not the surge's
	released      bool     // a person looked at the surge and let it through
	last          []int    // planned, or planned again, by earlier passes, newest first
	limit         int      // of the surge guard; 0: none
	missed        []string // slots whose window has passed without a pass
	keeping       bool     // held or stopped: nothing is planned, and what is planned or open ends when its cause has gone
	heldWhy       string
}

// guarded says whether the surge guard looks at this pass. A slot's text was approved for the whole audience, so its size
// is no surprise.
func (p *planned) guarded() bool {
	_, slot := p.pass.Definition.Trigger.(campaigns.On)
	return !p.first && !p.released && !slot && !p.keeping
}

// loadPlanned reads the campaigns that a pass plans: the running and paused ones, or of these the named. A pass over all also
// keeps what held and stopped ones have planned or open. A trial is planned whatever its state, as approved, else as its
// draft says.
func loadPlanned(ctx context.Context, tx pgx.Tx, settings Settings, m campaigns.Moment, names []string, trial string) ([]*planned, error) {
	rows, err := tx.Query(ctx, `
		SELECT c.id, v.id, c.name, c.state, v.source, c.started_at, c.passed_on, coalesce((SELECT p.held IS NOT NULL FROM pass p WHERE p.campaign_id = c.id ORDER BY p.id DESC LIMIT 1), false),
			ARRAY(SELECT p.planned + p.rearmed FROM pass p WHERE p.campaign_id = c.id AND p.held IS NULL ORDER BY p.id DESC LIMIT $2),
			ARRAY(SELECT s.slot FROM slot_text s WHERE s.campaign_id = c.id AND s.approved_at IS NOT NULL), coalesce(c.held_why, '')
		FROM campaign c JOIN campaign_version v ON v.id = coalesce(c.version_id, CASE WHEN c.name = $3 THEN c.draft_id END)
		WHERE c.name = $3 OR $3 = '' AND CASE
			WHEN c.state IN ('running', 'paused') THEN cardinality($1::text[]) = 0 OR c.name = ANY ($1)
			WHEN c.state IN ('held', 'stopped') THEN cardinality($1::text[]) = 0 AND EXISTS (SELECT FROM touch t WHERE t.campaign_id = c.id AND t.state IN ('planned', 'open')) END
		ORDER BY c.name`, nonNil(names), passMemory, trial)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (*planned, error) {
		p := &planned{}
		var source string
		var started, passed *time.Time
		var slots []string
		err := row.Scan(&p.id, &p.versionID, &p.name, &p.state, &source, &started, &passed, &p.released, &p.last, &slots, &p.heldWhy)
		if err != nil {
			return nil, err
		}
		p.first = passed == nil
		p.released = p.released || trial != ""
		p.keeping = trial == "" && (p.state == "held" || p.state == "stopped")
		if err := p.ready(m, source, dayOf(passed), timeOf(started), slots); err != nil {
			return nil, err
		}
		if p.guarded() {
			p.limit = campaigns.SurgeLimit(p.last, settings.Int("surge_least"), settings.Int("surge_times"))
		}
		return p, nil
	})
}

// ready compiles the campaign's approved version at the moment.
func (p *planned) ready(m campaigns.Moment, source string, since calendar.Date, begun time.Time, slots []string) error {
	definition, err := compile(p.name, source)
	if err != nil {
		return err
	}
	m.Since, m.Begun, m.Paused, m.SlotTexts = since, begun, p.state == "paused", map[string]bool{}
	for _, slot := range slots {
		m.SlotTexts[slot] = true
	}
	p.pass = definition.At(m)
	if on, ok := definition.Trigger.(campaigns.On); ok && !p.keeping {
		for _, slot := range on.Missed(&m) {
			p.missed = append(p.missed, slot.String())
		}
	}
	return nil
}

// ErrDefinition is wrapped by every refusal of a definition or its texts.
var ErrDefinition = errors.New("the definition has mistakes")

// compile reads a definition that was checked before it was approved.
func compile(name, source string) (*campaigns.Definition, error) {
	definition, problems := campaigns.Parse(name+".yaml", source)
	if len(problems) > 0 {
		words := make([]string, len(problems))
		for i, p := range problems {
			words[i] = p.String()
		}
		return nil, fmt.Errorf("campaign %s: %w: %s", name, ErrDefinition, strings.Join(words, "; "))
	}
	return definition, nil
}

// moment is what all campaigns of a pass share.
func moment(ctx context.Context, tx pgx.Tx, settings Settings, now time.Time) (campaigns.Moment, error) {
	house, err := HouseOf(settings)
	if err != nil {
		return campaigns.Moment{}, err
	}
	m := campaigns.Moment{Now: now, House: house, SmallTail: float64(settings.Int("small_client_tail")) / 100}
	freshness, newest, err := freshness(ctx, tx, house, settings, house.Today(now))
	if err != nil {
		return m, err
	}
	m.Fresh, m.Known = freshness.Fresh, newest
	if ref := settings["default_rep"]; ref != "" {
		err = tx.QueryRow(ctx, `SELECT id FROM rep WHERE ref = $1`, ref).Scan(&m.DefaultRep)
		if errors.Is(err, pgx.ErrNoRows) { // a rep that has left: the managers' list
			err = nil
		}
	}
	return m, err
}

// newestOrder is the newest order that the clock has reached: from the facts, and from the orders of those clients whose
// facts wait to be made again.
const newestOrder = `SELECT greatest((SELECT max(last_order_on) FROM client_fact),
	(SELECT max(o.ordered_on) FROM client_stale s JOIN orders o USING (client_id) WHERE o.counts AND o.ordered_on <= $1))`

// freshness asks how old the order data is: the newest order, and the newest import.
func freshness(ctx context.Context, tx pgx.Tx, house *calendar.House, settings Settings, today calendar.Date) (campaigns.Freshness, calendar.Date, error) {
	var newest *time.Time
	if err := tx.QueryRow(ctx, newestOrder, today.Time()).Scan(&newest); err != nil {
		return campaigns.Freshness{}, 0, err
	}
	rows, err := tx.Query(ctx, `SELECT DISTINCT (started_at AT TIME ZONE $1::text)::date AS day FROM import_run
		WHERE kind = 'orders' AND state = 'done' AND NOT dry_run AND (started_at AT TIME ZONE $1::text)::date <= $2 ORDER BY day DESC LIMIT $3`,
		settings["zone"], today.Time(), importMemory)
	if err != nil {
		return campaigns.Freshness{}, 0, err
	}
	imports, err := pgx.CollectRows(rows, pgx.RowTo[time.Time])
	if err != nil {
		return campaigns.Freshness{}, 0, err
	}
	days := make([]calendar.Date, len(imports))
	for i, t := range imports {
		days[i] = calendar.DateOf(t)
	}
	slices.Sort(days)
	var gaps []int
	var newestImport calendar.Date
	for i, day := range days {
		if i > 0 {
			gaps = append(gaps, house.WorkingDays(days[i-1], day, ""))
		}
		newestImport = day
	}
	known := dayOf(newest)
	return campaigns.Fresh(known, newestImport, gaps, today, house, settings.Int("freshness_least"), settings.Int("freshness_most")), known, nil
}

func dayOf(t *time.Time) calendar.Date {
	if t == nil {
		return 0
	}
	return calendar.DateOf(*t)
}

func timeOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// nonNil gives Postgres an empty array where a nil slice would be null.
func nonNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
