package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Logged is what a colleague notes about a client: a visit, a complaint, or a note.
type Logged struct {
	ClientRef string
	Kind      string // visit, complaint, maintenance, note
	Note      string
	By        string // the user's name
	RepID     int64  // 0: not a rep
}

// LogActivity stores what was noted at now, if the client is in sight. A visit counts as contact with the client; an
// open complaint holds back mails and surveys from the next pass on.
func (s *Store) LogActivity(ctx context.Context, sight Sight, l Logged, now time.Time) error {
	return s.tx(ctx, "log a "+l.Kind, func(tx pgx.Tx) error {
		var client int64
		err := tx.QueryRow(ctx, `SELECT c.id FROM client c WHERE c.ref = $2 AND `+theirs, sight.RepID, l.ClientRef).Scan(&client)
		if err != nil {
			return missing(err, "client", l.ClientRef)
		}
		_, err = tx.Exec(ctx, `INSERT INTO activity (client_id, rep_id, kind, at, note, by) VALUES ($1, nullif($2::bigint, 0), $3, $4, nullif($5, ''), $6)`,
			client, l.RepID, l.Kind, now, l.Note, l.By)
		if err != nil {
			return err
		}
		return markStale(ctx, tx, client)
	})
}

// CloseComplaint notes that a complaint was settled today, if its client is in sight. Closing it twice changes nothing.
func (s *Store) CloseComplaint(ctx context.Context, sight Sight, id int64, today time.Time, by string, now time.Time) error {
	return s.tx(ctx, fmt.Sprintf("close complaint %d", id), func(tx pgx.Tx) error {
		var client int64
		err := tx.QueryRow(ctx, `UPDATE activity a SET closed_on = coalesce(a.closed_on, $3) FROM client c
			WHERE a.id = $2 AND a.kind = 'complaint' AND c.id = a.client_id AND `+theirs+` RETURNING c.id`, sight.RepID, id, today).Scan(&client)
		if err != nil {
			return missing(err, "complaint", fmt.Sprint(id))
		}
		if err := logEvent(ctx, tx, Event{At: now, By: by, What: "complaint.closed", Noun: "activity", Ref: fmt.Sprint(id)}); err != nil {
			return err
		}
		return markStale(ctx, tx, client)
	})
}

// markStale has the client's facts made again.
func markStale(ctx context.Context, tx pgx.Tx, client int64) error {
	_, err := tx.Exec(ctx, `INSERT INTO client_stale (client_id) VALUES ($1) ON CONFLICT DO NOTHING`, client)
	return err
}
