package store

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// lockClients locks the clients that sql selects, in the order of their ids, before what hangs on them is changed.
func lockClients(ctx context.Context, tx pgx.Tx, sql string, args ...any) error {
	_, err := tx.Exec(ctx, `SELECT FROM client WHERE id IN (`+sql+`) ORDER BY id FOR NO KEY UPDATE`, args...)
	return err
}

// takeClients is lockClients for a pass that comes again soon: clients in use are left to whoever uses them, so that neither
// waits, not even for an import that changes thousands. It returns those that it has.
func takeClients(ctx context.Context, tx pgx.Tx, sql string, args ...any) ([]int64, error) {
	rows, err := tx.Query(ctx, `SELECT id FROM client WHERE id IN (`+sql+`) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED`, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// lockTries is how often work is begun that Postgres breaks off because somebody else held what it needed.
const lockTries = 3

// again repeats work that lost a deadlock, or could not be serialised: nothing of it was written. Work that counts into
// variables of its caller begins by emptying them.
func again(work func() error) (err error) {
	for range lockTries {
		if err = work(); !lostLock(err) {
			return err
		}
	}
	return err
}

// lostLock recognises a deadlock and a serialisation failure.
func lostLock(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40P01" || pg.Code == "40001")
}
