package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Event is one line of the audit trail: who did what to which noun.
type Event struct {
	At     time.Time      // business time
	By     string         // a user's e-mail, or operator, relance, client
	What   string         // campaign.approved, setting.changed, basis.declared, …
	Noun   string         // campaign, setting, client, …
	Ref    string         // which one
	Detail map[string]any // what a reader needs to understand it; no personal data
}

func logEvent(ctx context.Context, tx pgx.Tx, e Event) error {
	if e.Detail == nil {
		e.Detail = map[string]any{}
	}
	_, err := tx.Exec(ctx, `INSERT INTO event (at, by, what, noun, ref, detail) VALUES ($1, $2, $3, $4, $5, $6)`,
		e.At, e.By, e.What, e.Noun, e.Ref, e.Detail)
	return err
}
