package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Unsure is a send whose outcome is not known, for a person to settle.
type Unsure struct {
	ID       int64     `json:"id"`
	Campaign string    `json:"campaign"`
	Step     string    `json:"step"`
	Channel  string    `json:"channel"`
	Client   string    `json:"client"`  // ref
	Contact  string    `json:"contact"` // name
	Address  string    `json:"address"`
	Attempt  int       `json:"attempts"`
	Reason   string    `json:"reason"`  // worker_gone, no_answer
	LeftAt   time.Time `json:"left_at"` // business time at which it was claimed
	Words    string    `json:"words"`   // what is known, such as "the server closed the connection"
}

// ListUnsure lists every send whose outcome is not known, the oldest first.
func (s *Store) ListUnsure(ctx context.Context) ([]Unsure, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT t.id, c.name, t.step, t.channel, cl.ref, coalesce(p.name, ''), coalesce(t.address, ''), t.attempt,
		       coalesce(t.reason, ''), coalesce(t.sent_at, t.due_at), coalesce(t.answer_words, '')
		FROM touch t JOIN campaign c ON c.id = t.campaign_id JOIN client cl ON cl.id = t.client_id LEFT JOIN contact p ON p.id = t.contact_id
		WHERE t.state = 'unsure' ORDER BY t.sent_at, t.id`)
	if err != nil {
		return nil, fmt.Errorf("list the unsure sends: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Unsure])
}

// SettleSent records that a person knows that an unsure touch arrived. ErrConflict: it is not unsure (any more).
func (s *Store) SettleSent(ctx context.Context, id int64, by string, now time.Time) error {
	return s.settle(ctx, id, by, now, "unsure.sent", `UPDATE touch SET state = 'sent', reason = NULL WHERE id = $1 AND state = 'unsure'`)
}

// SendAgain plans an unsure touch again, because a person knows that it did not arrive, or accepts that it may arrive
// twice. The checks are asked anew. ErrConflict: it is not unsure (any more).
func (s *Store) SendAgain(ctx context.Context, id int64, by string, now time.Time) error {
	return s.settle(ctx, id, by, now, "unsure.again", `UPDATE touch SET state = 'planned', reason = NULL, admitted_at = NULL, sent_at = NULL, worker = NULL
		WHERE id = $1 AND state = 'unsure'`)
}

func (s *Store) settle(ctx context.Context, id int64, by string, now time.Time, what, sql string) error {
	return s.tx(ctx, fmt.Sprintf("settle touch %d", id), func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, sql, id)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return notUnsure(ctx, tx, id)
		}
		return logEvent(ctx, tx, Event{At: now, By: by, What: what, Noun: "touch", Ref: fmt.Sprint(id)})
	})
}

func notUnsure(ctx context.Context, tx pgx.Tx, id int64) error {
	var state string
	if err := tx.QueryRow(ctx, `SELECT state FROM touch WHERE id = $1`, id).Scan(&state); err != nil {
		return missing(err, "touch", fmt.Sprint(id))
	}
	return fmt.Errorf("it is %s, not unsure: %w", state, ErrConflict)
}
