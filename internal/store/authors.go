package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
)

// author is who writes or approves: a user, or the program's own operator.
type author struct {
	name string
	ids  []int64 // of users; none: no user, who is known by his name; several: users of one name, of whom it is one
}

// readAuthor finds a user by address, else by name. Whoever is neither keeps what he was called.
func readAuthor(ctx context.Context, tx pgx.Tx, by string) (a author, err error) {
	err = tx.QueryRow(ctx, `
		WITH found AS (SELECT id, name, email = lower($1) AS addressed FROM app_user WHERE email = lower($1) OR name = $1)
		SELECT coalesce(min(name), $1), coalesce(array_agg(id ORDER BY id), '{}') FROM found WHERE addressed = (SELECT bool_or(addressed) FROM found)`, by).Scan(&a.name, &a.ids)
	if err != nil {
		return a, fmt.Errorf("find %q: %w", by, err)
	}
	return a, nil
}

// same says whether two may be one person. A user is known by his id, whatever he was called then; where there is no id on
// one side, the name decides.
func (a author) same(b author) bool {
	if len(a.ids) == 0 || len(b.ids) == 0 {
		return a.name == b.name
	}
	return slices.ContainsFunc(a.ids, func(id int64) bool { return slices.Contains(b.ids, id) })
}

// notOwn refuses that the author of a work approves it, unless the settings let him.
func notOwn(work string, by, written author, settings Settings) error {
	if !by.same(written) || settings.Yes("self_approval") {
		return nil
	}
	return fmt.Errorf("%s was written by %s: %w; ask someone else, or set self_approval=yes", work, written.name, ErrOwnWork)
}
