package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// DigestLine is one card of a rep's morning mail, in the order of the list.
type DigestLine struct {
	RepID          int64
	RepName, RepTo string // name and e-mail of the rep
	Language       string // the rep's as a user; empty: the company's
	Client, City   string
	DeadlineAt     *time.Time
	Reasons        int // touches that the card answers
	CallBackAgreed bool
}

// DigestLines lists what each rep with an e-mail has to call until the end of the day, rep by rep.
func (s *Store) DigestLines(ctx context.Context, until time.Time) ([]DigestLine, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT r.id, r.name, r.email, coalesce(u.language, ''), c.name, coalesce(c.city, ''), k.deadline_at,
			(SELECT count(*) FROM touch t WHERE t.call_id = k.id AND t.state = 'open'),
			EXISTS (SELECT FROM activity a WHERE a.call_id = k.id AND a.outcome = 'call_back' AND a.undone_at IS NULL AND a.next_at = k.due_at)
		FROM call k JOIN rep r ON r.id = k.rep_id JOIN client c ON c.id = k.client_id
		LEFT JOIN LATERAL (SELECT language FROM app_user u WHERE u.rep_id = r.id AND u.active ORDER BY u.id LIMIT 1) u ON true
		WHERE k.state = 'open' AND k.due_at < $1 AND r.email <> ''
		ORDER BY r.id, k.priority DESC, k.deadline_at, k.id`, until)
	if err != nil {
		return nil, fmt.Errorf("list the reps' mornings: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[DigestLine])
}
