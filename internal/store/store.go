// Package store is relance's memory: Postgres, with the SQL in sight.
//
// Each file is a noun. One exported method is one transaction, named after the reason it is called for; helpers take
// the transaction. Rules that the code believes stand as UNIQUE, CHECK and foreign keys in migrations/, and every
// change of a touch's state is guarded by the state it leaves, so that two workers can never both win.
//
// Whoever locks more than one row takes them in one order, so that two wait in a queue and not for each other: the
// campaign, then clients by id, then their cards (call), then touches. Who changes a card, its reasons, or the touches of
// many clients holds these clients first (lockClients); a pass that comes again soon leaves the ones in use (takeClients).
// A claim, a sweep and levelling lock touches alone, and skip those that are held. What loses a deadlock all the same is
// done again, in one place (again).
//
// Business time is always an argument (see Clock); wall time appears only in leases, heartbeats, sessions and tokens.
package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// ErrNotFound is returned when the ref or id names nothing. Messages that wrap it say what was looked for.
var ErrNotFound = errors.New("not found")

// Missing is ErrNotFound with what was looked for, so that a caller can propose the nearest of what there is.
type Missing struct {
	Noun string // campaign, client, rep, user …
	Ref  string
}

func (m Missing) Error() string { return fmt.Sprintf("%s %q: %s", m.Noun, m.Ref, ErrNotFound) }

// Is makes it ErrNotFound.
func (m Missing) Is(target error) bool { return target == ErrNotFound }

// ErrConflict is returned when the row is no longer in the state that the caller saw: someone else was faster.
var ErrConflict = errors.New("changed meanwhile")

// Store holds the pool. It is safe for concurrent use.
type Store struct {
	pool *pgxpool.Pool
}

// New wraps a pool that the caller closes.
func New(pool *pgxpool.Pool) *Store { return &Store{pool: pool} }

// Open connects to the database at url and checks that it answers. Call Close in the end.
func Open(ctx context.Context, url string) (*Store, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("read the database URL: %w", err)
	}
	config.ConnConfig.RuntimeParams["application_name"] = "relance"
	config.ConnConfig.RuntimeParams["timezone"] = "UTC"
	config.MaxConnLifetime = time.Hour
	if config.MaxConns < 16 {
		config.MaxConns = 16
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("reach the database: %w", err)
	}
	return &Store{pool: pool}, nil
}

// Close waits for connections in use to come back.
func (s *Store) Close() { s.pool.Close() }

// Pool is for what keeps its own tables (web sessions, tests); business code uses the methods.
func (s *Store) Pool() *pgxpool.Pool { return s.pool }

// Ping answers /readyz.
func (s *Store) Ping(ctx context.Context) error { return s.pool.Ping(ctx) }

// tx runs one transaction, again when it lost a deadlock; what names it in an error.
func (s *Store) tx(ctx context.Context, what string, work func(pgx.Tx) error) error {
	if err := again(func() error { return pgx.BeginFunc(ctx, s.pool, work) }); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// isUnique reports whether err is the violation of the named unique constraint or index.
func isUnique(err error, constraint string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "23505" && pg.ConstraintName == constraint
}

// missing turns "no rows" into ErrNotFound with a sentence.
func missing(err error, noun, ref string) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return Missing{noun, ref}
	}
	return err
}
