package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Group is a parent and its members, or clients that carry the same free name. Figures are as of the last refresh.
type Group struct {
	Name       string        `json:"group"`              // the parent's ref, or the free name; empty: the client is in none
	Parent     string        `json:"parent"`             // the parent's name; empty: a free name
	Clients    int           `json:"clients"`            // with the parent
	Revenue12m float64       `json:"revenue_12m,string"` // of all of them
	Members    []GroupMember `json:"members"`            // the parent first, then by weight; at most 50
}

// GroupMember is a client of a group.
type GroupMember struct {
	Ref        string  `json:"client"`
	Name       string  `json:"name"`
	City       string  `json:"city"`
	Revenue12m float64 `json:"revenue_12m,string"`
}

// groupOf is the group of client c: its parent's ref or a free name; a parent is of its own group. Null: none.
const groupOf = `coalesce(c.group_ref, CASE WHEN EXISTS (SELECT FROM client g WHERE g.group_ref = c.ref) THEN c.ref END)`

// ClientGroup returns the group of a client, named by ref or alias.
func (s *Store) ClientGroup(ctx context.Context, ref string) (Group, error) {
	var g Group
	err := s.tx(ctx, "read the group of client "+ref, func(tx pgx.Tx) (err error) {
		id, _, err := clientByRef(ctx, tx, ref)
		if err != nil {
			return err
		}
		g, err = readGroup(ctx, tx, id)
		return err
	})
	return g, err
}

func readGroup(ctx context.Context, tx pgx.Tx, client int64) (Group, error) {
	g := Group{Members: []GroupMember{}}
	err := tx.QueryRow(ctx, `SELECT coalesce(`+groupOf+`, '') FROM client c WHERE c.id = $1`, client).Scan(&g.Name)
	if err != nil || g.Name == "" {
		return g, err
	}
	err = tx.QueryRow(ctx, `
		SELECT coalesce(max(c.name) FILTER (WHERE c.ref = $1), ''), count(*), coalesce(sum(f.revenue_12m), 0)::float8
		FROM client c LEFT JOIN client_fact f ON f.client_id = c.id WHERE c.group_ref = $1 OR c.ref = $1`, g.Name).Scan(&g.Parent, &g.Clients, &g.Revenue12m)
	if err != nil {
		return g, err
	}
	rows, _ := tx.Query(ctx, `
		SELECT c.ref, c.name, coalesce(c.city, ''), coalesce(f.revenue_12m, 0)::float8
		FROM client c LEFT JOIN client_fact f ON f.client_id = c.id WHERE c.group_ref = $1 OR c.ref = $1
		ORDER BY c.ref <> $1, f.revenue_12m DESC NULLS LAST, c.ref LIMIT 50`, g.Name)
	g.Members, err = pgx.CollectRows(rows, pgx.RowToStructByPos[GroupMember])
	return g, err
}

// GroupChange is what SetGroup did. Its JSON is a stable output.
type GroupChange struct {
	Client string `json:"client"`
	Group  string `json:"group"` // empty: it is in none
	Before string `json:"before"`
}

// SetGroup makes a client a member of a group: parent is the ref (or an alias) of another client, or, when free, any name;
// empty takes it out. A later file with a column `group` wins. ErrMerge: the parent is the client itself, or belongs to it.
// ErrNotFound: no such client, or no such parent.
func (s *Store) SetGroup(ctx context.Context, ref, parent string, free bool, by string, now time.Time) (GroupChange, error) {
	var done GroupChange
	err := s.tx(ctx, "set the group of client "+ref, func(tx pgx.Tx) error {
		id, own, err := clientByRef(ctx, tx, ref)
		if err != nil {
			return err
		}
		if done, err = newGroup(ctx, tx, own, strings.TrimSpace(parent), free); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, `SELECT coalesce(group_ref, '') FROM client WHERE id = $1 FOR NO KEY UPDATE`, id).Scan(&done.Before); err != nil {
			return err
		}
		if done.Before == done.Group {
			return nil
		}
		if _, err := tx.Exec(ctx, `UPDATE client SET group_ref = nullif($2, '') WHERE id = $1`, id, done.Group); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `DELETE FROM duplicate WHERE kind = 'branches' AND $1 IN (a_id, b_id)
			AND EXISTS (SELECT FROM client o WHERE o.id IN (a_id, b_id) AND o.id <> $1 AND (o.ref = $2 OR o.group_ref = $2))`, id, done.Group)
		if err != nil {
			return err
		}
		return logEvent(ctx, tx, Event{At: now, By: by, What: "client.grouped", Noun: "client", Ref: own, Detail: map[string]any{"group": done.Group, "before": done.Before}})
	})
	return done, err
}

// newGroup finds the parent, and sees to it that no client is, over some steps, its own parent.
func newGroup(ctx context.Context, tx pgx.Tx, own, parent string, free bool) (GroupChange, error) {
	done := GroupChange{Client: own, Group: parent}
	if parent == "" {
		return done, nil
	}
	_, parentRef, err := clientByRef(ctx, tx, parent)
	if errors.Is(err, ErrNotFound) && free {
		return done, nil
	}
	if err != nil {
		return done, err
	}
	if parentRef == own {
		return done, fmt.Errorf("%s cannot be its own parent: %w", own, ErrMerge)
	}
	var circle bool
	err = tx.QueryRow(ctx, `
		WITH RECURSIVE up AS (
			SELECT ref, group_ref, 1 AS steps FROM client WHERE ref = $1
			UNION ALL SELECT c.ref, c.group_ref, up.steps + 1 FROM up JOIN client c ON c.ref = up.group_ref AND c.ref <> up.ref WHERE up.steps < 20)
		SELECT EXISTS (SELECT FROM up WHERE ref = $2)`, parentRef, own).Scan(&circle)
	if err == nil && circle {
		err = fmt.Errorf("%s belongs to %s, which cannot belong to it: %w", parentRef, own, ErrMerge)
	}
	done.Group = parentRef
	return done, err
}
