package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Process is one running relance, as the others see it.
type Process struct {
	ID    uuid.UUID
	Host  string
	PID   int
	Roles string // web,worker,scheduler
	Mail  string // none, inbox, loopback or remote: how far its mail can go
	// StartedAt and SeenAt are wall times, given by the database.
	StartedAt, SeenAt time.Time
}

// Heartbeat says that p is alive; call it before the first claim and then every few seconds. A process that is not
// heard of for 30 seconds is gone: see MarkGone.
func (s *Store) Heartbeat(ctx context.Context, p Process) error {
	_, err := s.pool.Exec(ctx, `INSERT INTO process (id, host, pid, roles, mail, started_at, seen_at) VALUES ($1, $2, $3, $4, $5, now(), now())
		ON CONFLICT (id) DO UPDATE SET seen_at = now(), roles = excluded.roles, mail = excluded.mail`, p.ID, p.Host, p.PID, p.Roles, p.Mail)
	if err != nil {
		return fmt.Errorf("heartbeat of process %s: %w", p.ID, err)
	}
	return nil
}

// Leave takes a process that stops in good order off the list. It must have nothing left in sending.
func (s *Store) Leave(ctx context.Context, id uuid.UUID) error {
	if _, err := s.pool.Exec(ctx, `DELETE FROM process WHERE id = $1`, id); err != nil {
		return fmt.Errorf("take process %s off the list: %w", id, err)
	}
	return nil
}

// Processes lists those that are alive, the oldest first.
func (s *Store) Processes(ctx context.Context) ([]Process, error) {
	rows, err := s.pool.Query(ctx, `SELECT id, host, pid, roles, mail, started_at, seen_at FROM process
		WHERE seen_at > now() - $1::interval ORDER BY started_at, id`, gone)
	if err != nil {
		return nil, fmt.Errorf("list the processes: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Process])
}
