package store

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// leadership is the advisory lock of the one scheduler that ticks.
const leadership = 0x72656c616e6365 // "relance"

// folderWatch is that of the one process that takes files from the watched folder.
const folderWatch = leadership + 1

// ErrLeadershipLost is returned by Lease.Check when another scheduler may have taken over.
var ErrLeadershipLost = errors.New("the scheduler's lock is lost")

// Lease is a leadership, such as the scheduler's: an advisory lock held by a database session of its own, so that it ends
// with the process, however that ends. It belongs to one goroutine.
type Lease struct {
	conn *pgxpool.Conn
	lock int64
}

// Lead tries to become the one scheduler that ticks; nil without an error: another one is.
func (s *Store) Lead(ctx context.Context) (*Lease, error) {
	return s.lease(ctx, "become the scheduler", leadership)
}

// WatchFolder tries to become the one process that takes files from the watched folder; nil without an error: another one is.
func (s *Store) WatchFolder(ctx context.Context) (*Lease, error) {
	return s.lease(ctx, "watch the folder", folderWatch)
}

func (s *Store) lease(ctx context.Context, what string, lock int64) (*Lease, error) {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	var won bool
	if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, lock).Scan(&won); err != nil || !won {
		conn.Release()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", what, err)
		}
		return nil, nil
	}
	return &Lease{conn: conn, lock: lock}, nil
}

// Check asks whether the session, and so the lock, still lives.
func (l *Lease) Check(ctx context.Context) error {
	if err := l.conn.Ping(ctx); err != nil {
		return fmt.Errorf("%w: %w", ErrLeadershipLost, err)
	}
	return nil
}

// Close gives the leadership up. The session is closed with it: a lock must never go back into the pool. It is unlocked
// first, since the server notices the end of a session a moment later; a session that is lost already has no lock.
func (l *Lease) Close(ctx context.Context) error {
	conn := l.conn.Hijack()
	_, _ = conn.Exec(ctx, `SELECT pg_advisory_unlock($1)`, l.lock)
	return conn.Close(ctx)
}

// SlotDone says whether a job's slot, or a later one, was done: after a stop one run catches up for all.
func (s *Store) SlotDone(ctx context.Context, job string, slot time.Time) (bool, error) {
	var done bool
	err := s.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM slot WHERE job = $1 AND slot >= $2)`, job, slot).Scan(&done)
	if err != nil {
		return false, fmt.Errorf("ask for slot %s of %s: %w", slot.Format(time.RFC3339), job, err)
	}
	return done, nil
}

// TakeSlot marks a slot as taken, before the work, and says whether it was free: for work that must not be repeated,
// such as a mail to a rep. A crash afterwards loses that run.
func (s *Store) TakeSlot(ctx context.Context, job string, slot time.Time, by uuid.UUID, now time.Time) (bool, error) {
	tag, err := s.pool.Exec(ctx, `INSERT INTO slot (job, slot, done_by, done_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`, job, slot, by, now)
	if err != nil {
		return false, fmt.Errorf("take slot %s of %s: %w", slot.Format(time.RFC3339), job, err)
	}
	return tag.RowsAffected() == 1, nil
}

// DoSlot runs work unless the slot, or a later one, was done, or another process is at it; then it marks the slot done.
// A crash before the mark means that the next tick does it again, so work must bear repetition. done says whether
// work ran.
func (s *Store) DoSlot(ctx context.Context, job string, slot time.Time, by uuid.UUID, now time.Time, work func(context.Context) error) (done bool, err error) {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return false, fmt.Errorf("lock job %s: %w", job, err)
	}
	key := jobKey(job)
	var won bool
	if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, key).Scan(&won); err != nil || !won {
		conn.Release()
		if err != nil {
			return false, fmt.Errorf("lock job %s: %w", job, err)
		}
		return false, nil
	}
	defer func() {
		// A session that could not unlock is closed, so that the lock goes with it.
		if _, unlockErr := conn.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, key); unlockErr != nil {
			_ = conn.Hijack().Close(context.WithoutCancel(ctx))
			return
		}
		conn.Release()
	}()
	if already, err := s.SlotDone(ctx, job, slot); err != nil || already {
		return false, err
	}
	if err := work(ctx); err != nil {
		return false, err
	}
	_, err = s.TakeSlot(ctx, job, slot, by, now)
	return err == nil, err
}

// jobKey spreads the jobs over the advisory locks.
func jobKey(job string) int64 {
	h := fnv.New64a()
	h.Write([]byte("relance job " + job))
	return int64(h.Sum64())
}

// Pending is what the scheduler reads at each tick, in one round trip.
type Pending struct {
	Stale       bool       // clients wait for their facts to be made again
	ImportedAt  *time.Time // when the newest import finished, or was undone (business time); nil: none ever
	DueCalls    bool       // planned calls are due
	Imports     bool       // pages have asked for imports
	DueMessages []DueMessages
}

// DueMessages are a campaign and a channel with something to send now.
type DueMessages struct {
	CampaignID int
	Channel    string
}

// Pending says what there is to do at now.
func (s *Store) Pending(ctx context.Context, now time.Time) (Pending, error) {
	var p Pending
	batch := &pgx.Batch{}
	batch.Queue(`SELECT EXISTS (SELECT FROM client_stale), (SELECT max(greatest(finished_at, undone_at)) FROM import_run WHERE state IN ('done', 'undone') AND NOT dry_run AND greatest(finished_at, undone_at) <= $1),
		EXISTS (SELECT FROM campaign c WHERE c.state = 'running' AND EXISTS (
			SELECT FROM touch t WHERE t.campaign_id = c.id AND t.channel = 'call' AND t.state = 'planned' AND t.due_at <= $1)),
		EXISTS (SELECT FROM import_run WHERE state = 'queued')`, now).
		QueryRow(func(row pgx.Row) error { return row.Scan(&p.Stale, &p.ImportedAt, &p.DueCalls, &p.Imports) })
	batch.Queue(`SELECT c.id, k.channel FROM campaign c CROSS JOIN (VALUES ('mail'), ('survey')) AS k(channel)
		WHERE c.state = 'running' AND EXISTS (
			SELECT FROM touch t WHERE t.campaign_id = c.id AND t.channel = k.channel AND t.state = 'planned' AND t.due_at <= $1)
		ORDER BY c.id, k.channel`, now).
		Query(func(rows pgx.Rows) (err error) {
			p.DueMessages, err = pgx.CollectRows(rows, pgx.RowToStructByPos[DueMessages])
			return err
		})
	if err := s.pool.SendBatch(ctx, batch).Close(); err != nil {
		return p, fmt.Errorf("ask what there is to do: %w", err)
	}
	return p, nil
}
