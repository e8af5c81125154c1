package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/relance/relance/internal/store"
)

// openAs is open for a command that keeps who did it.
func (a *App) openAs(as string) (st *store.Store, by string, now time.Time, err error) {
	if st, now, err = a.open(); err != nil {
		return nil, "", now, err
	}
	by, err = a.person(a.Context(), as)
	return st, by, now, err
}

// person is the name under which the deeds of who is given with --as are kept, as the pages keep them: the built-in
// operator's, or a user's, found by address or name. Whose work it is decides who may approve it.
func (a *App) person(ctx context.Context, as string) (string, error) {
	if as == operator {
		return operator, nil
	}
	users, err := a.store.Users(ctx)
	if err != nil {
		return "", err
	}
	var names []string
	for _, u := range users {
		if !u.Active {
			continue
		}
		if strings.EqualFold(u.Email, as) {
			return u.Name, nil
		}
		if u.Name == as {
			names = append(names, u.Name)
		}
	}
	switch len(names) {
	case 0:
		return "", fmt.Errorf("%w: --as %q: no such user; want an address of `relance user list`, or %s", errUsage, as, operator)
	case 1:
		return names[0], nil
	}
	return "", fmt.Errorf("%w: --as %q: %d users have this name; give the address", errUsage, as, len(names))
}
