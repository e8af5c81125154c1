package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/relance/relance/campaigns"
)

// TouchFilter narrows a list of touches; empty fields do not.
type TouchFilter struct {
	Campaign string
	State    campaigns.State
	Client   string // ref
}

// ListedTouch is a touch as commands and the API show it. Its JSON is a stable output; null: there is none.
type ListedTouch struct {
	ID          int64     `json:"id"`
	Campaign    string    `json:"campaign"`
	Version     int       `json:"version"`
	Step        string    `json:"step"`
	Channel     string    `json:"channel"`
	Client      string    `json:"client"`
	Contact     *string   `json:"contact"` // its ref, else its address, else its name
	Rep         *string   `json:"rep"`
	Occasion    string    `json:"occasion"`
	TriggeredOn string    `json:"triggered_on"` // YYYY-MM-DD
	DueAt       time.Time `json:"due_at"`
	State       string    `json:"state"`
	Reason      *string   `json:"reason"`
	Outcome     *string   `json:"outcome"`
	Attempts    int       `json:"attempts"`
}

// EachTouch calls see for every touch that passes the filter, by due time, without holding them all. ErrNotFound when the
// filter names a campaign or client that is not there.
func (s *Store) EachTouch(ctx context.Context, filter TouchFilter, see func(ListedTouch) error) error {
	settings, err := s.Settings(ctx)
	if err != nil {
		return err
	}
	if err := s.checkFilter(ctx, filter); err != nil {
		return err
	}
	rows, err := s.pool.Query(ctx, `
		SELECT t.id, g.name, v.number, t.step, t.channel, c.ref, p.key, r.ref, t.occasion, t.triggered_on::text, t.due_at, t.state, t.reason, t.outcome, t.attempt
		FROM touch t JOIN campaign g ON g.id = t.campaign_id JOIN campaign_version v ON v.id = t.version_id JOIN client c ON c.id = t.client_id
		LEFT JOIN contact p ON p.id = t.contact_id LEFT JOIN rep r ON r.id = t.rep_id
		WHERE ($1 = '' OR g.name = $1) AND ($2 = '' OR t.state = $2) AND ($3 = '' OR c.ref = $3)
		ORDER BY t.due_at, t.id`, filter.Campaign, filter.State, filter.Client)
	if err != nil {
		return fmt.Errorf("list touches: %w", err)
	}
	var t ListedTouch
	_, err = pgx.ForEachRow(rows, []any{&t.ID, &t.Campaign, &t.Version, &t.Step, &t.Channel, &t.Client, &t.Contact, &t.Rep, &t.Occasion, &t.TriggeredOn, &t.DueAt,
		&t.State, &t.Reason, &t.Outcome, &t.Attempts}, func() error {
		t.DueAt = t.DueAt.In(settings.Zone())
		return see(t)
	})
	if err != nil {
		return fmt.Errorf("list touches: %w", err)
	}
	return nil
}

func (s *Store) checkFilter(ctx context.Context, filter TouchFilter) error {
	if filter.Campaign != "" {
		if _, err := s.Campaign(ctx, filter.Campaign); err != nil {
			return err
		}
	}
	if filter.Client == "" {
		return nil
	}
	var one int
	return missing(s.pool.QueryRow(ctx, `SELECT 1 FROM client WHERE ref = $1`, filter.Client).Scan(&one), "client", filter.Client)
}
