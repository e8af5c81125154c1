package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/relance/relance/internal/store"
)

// sayWhereToLook adds to an error about something that is not there what it may have been meant to be, or where the
// names are found.
func (a *App) sayWhereToLook(ctx context.Context, err error) error {
	var m store.Missing
	if a.store == nil || !errors.As(err, &m) {
		return err
	}
	switch m.Noun {
	case "campaign":
		return fmt.Errorf("%w%s; `relance campaign list` has those there are", err, perhaps(m.Ref, a.campaignNames(ctx)))
	case "client":
		return fmt.Errorf("%w; want its ref, as in the file of clients", err)
	case "rep":
		return fmt.Errorf("%w%s; `relance import reps` brings reps in", err, perhaps(m.Ref, a.repRefs(ctx)))
	case "call":
		return fmt.Errorf("%w; `relance calls` has those of today", err)
	case "user":
		return fmt.Errorf("%w; `relance user list` has those there are", err)
	}
	return err
}

// campaignNames is empty when they cannot be read: a hint is not worth an error.
func (a *App) campaignNames(ctx context.Context) (names []string) {
	list, _ := a.store.Campaigns(ctx)
	for _, c := range list {
		names = append(names, c.Name)
	}
	return names
}

func (a *App) repRefs(ctx context.Context) (refs []string) {
	now, err := a.store.Now(ctx)
	if err != nil {
		return nil
	}
	reps, _ := a.store.RepNames(ctx, now)
	for _, r := range reps {
		refs = append(refs, r.Ref)
	}
	return refs
}
