package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/relance/relance/internal/unify"
)

// duplicateLock lets one search write at a time.
const duplicateLock int64 = 0x6475706c // "dupl"

// DuplicateSearch is what a search found. Its JSON is a stable output.
type DuplicateSearch struct {
	At       time.Time     `json:"at"`
	Clients  int64         `json:"clients"` // looked through
	Same     int           `json:"same"`
	Branches int           `json:"branches"`
	Crowds   []unify.Crowd `json:"crowds"` // values that too many share to say anything
}

// RefreshDuplicates looks through all clients for those that are probably one, or branches of one, and replaces the
// proposals. What people told apart is not proposed again. A hundred thousand clients take seconds; nothing is locked
// meanwhile. The nightly job calls it, and whoever asks for it.
func (s *Store) RefreshDuplicates(ctx context.Context, now time.Time) (DuplicateSearch, error) {
	done := DuplicateSearch{At: now, Crowds: []unify.Crowd{}}
	finder, err := s.readForDuplicates(ctx)
	if err != nil {
		return done, fmt.Errorf("look for duplicates: %w", err)
	}
	found := finder.Find()
	done.Clients = int64(found.Clients)
	if found.Crowds != nil {
		done.Crowds = found.Crowds[:min(len(found.Crowds), shownCrowds)]
	}
	err = s.tx(ctx, "write duplicates", func(tx pgx.Tx) error { return writeDuplicates(ctx, tx, found.Pairs, &done) })
	return done, err
}

// shownCrowds is how many crowds are kept, the largest first.
const shownCrowds = 50

// readForDuplicates streams all clients, with the numbers and addresses of their contacts, and what was told apart.
func (s *Store) readForDuplicates(ctx context.Context) (*unify.Finder, error) {
	var finder unify.Finder
	err := pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT c.id, c.ref, c.name, coalesce(c.siren, ''), coalesce(c.vat, ''), coalesce(c.group_ref, ''), coalesce(c.address, ''), coalesce(c.postcode, ''),
			       coalesce(c.city, ''), coalesce(c.country, ''), array_remove(array_append(p.phones, c.phone_e164), NULL), coalesce(p.mails, '{}')
			FROM client c LEFT JOIN (
				SELECT client_id, array_agg(DISTINCT phone_e164) FILTER (WHERE phone_e164 IS NOT NULL) AS phones, array_agg(DISTINCT email_key) FILTER (WHERE email_key IS NOT NULL) AS mails
				FROM contact GROUP BY client_id) p ON p.client_id = c.id ORDER BY c.id`)
		if err != nil {
			return err
		}
		var c unify.Client
		_, err = pgx.ForEachRow(rows, []any{&c.ID, &c.Ref, &c.Name, &c.SIREN, &c.VAT, &c.Group, &c.Address, &c.Postcode, &c.City, &c.Country, &c.Phones, &c.Mails}, func() error {
			finder.Add(c)
			c.Phones, c.Mails = nil, nil
			return nil
		})
		if err != nil {
			return err
		}
		rows, _ = tx.Query(ctx, `SELECT a_id, b_id FROM distinct_pair`)
		apart, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p [2]int64, err error) { return p, row.Scan(&p[0], &p[1]) })
		finder.Apart(apart)
		return err
	})
	return &finder, err
}

// writeDuplicates replaces the proposals; those that stay keep the day on which they were found first. A client that has
// been merged, or a pair told apart, while the search ran is left out.
func writeDuplicates(ctx context.Context, tx pgx.Tx, pairs []unify.Pair, done *DuplicateSearch) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, duplicateLock)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `CREATE TEMPORARY TABLE found (LIKE duplicate) ON COMMIT DROP`); err != nil {
		return err
	}
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"found"}, []string{"a_id", "b_id", "kind", "score", "reasons", "found_at"}, pgx.CopyFromSlice(len(pairs), func(i int) ([]any, error) {
		p := pairs[i]
		reasons, err := json.Marshal(p.Reasons)
		return []any{p.A, p.B, string(p.Kind), int16(p.Score), reasons, done.At}, err
	}))
	if err != nil {
		return err
	}
	crowds, err := json.Marshal(done.Crowds)
	if err != nil {
		return err
	}
	for _, step := range []struct {
		sql  string
		args []any
	}{
		{`DELETE FROM duplicate d WHERE NOT EXISTS (SELECT FROM found f WHERE f.a_id = d.a_id AND f.b_id = d.b_id)`, nil},
		{`INSERT INTO duplicate SELECT f.* FROM found f
			WHERE EXISTS (SELECT FROM client WHERE id = f.a_id) AND EXISTS (SELECT FROM client WHERE id = f.b_id)
			  AND NOT EXISTS (SELECT FROM distinct_pair p WHERE p.a_id = f.a_id AND p.b_id = f.b_id) ORDER BY f.a_id, f.b_id
			ON CONFLICT (a_id, b_id) DO UPDATE SET kind = excluded.kind, score = excluded.score, reasons = excluded.reasons
			WHERE (duplicate.kind, duplicate.score, duplicate.reasons) IS DISTINCT FROM (excluded.kind, excluded.score, excluded.reasons)`, nil},
		{`INSERT INTO duplicate_search (at, clients, crowds) VALUES ($1, $2, $3) ON CONFLICT (one) DO UPDATE SET at = excluded.at, clients = excluded.clients, crowds = excluded.crowds`,
			[]any{done.At, done.Clients, crowds}},
	} {
		if _, err := tx.Exec(ctx, step.sql, step.args...); err != nil {
			return err
		}
	}
	return tx.QueryRow(ctx, `SELECT count(*) FILTER (WHERE kind = 'same'), count(*) FILTER (WHERE kind = 'branches') FROM duplicate`).Scan(&done.Same, &done.Branches)
}

// LastDuplicateSearch says when duplicates were looked for last, and what is proposed now. Zero: never.
func (s *Store) LastDuplicateSearch(ctx context.Context) (DuplicateSearch, error) {
	d := DuplicateSearch{Crowds: []unify.Crowd{}}
	err := s.tx(ctx, "read the last search for duplicates", func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `SELECT at, clients, crowds FROM duplicate_search`).Scan(&d.At, &d.Clients, &d.Crowds)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		return tx.QueryRow(ctx, `SELECT count(*) FILTER (WHERE kind = 'same'), count(*) FILTER (WHERE kind = 'branches') FROM duplicate`).Scan(&d.Same, &d.Branches)
	})
	return d, err
}

// MarkDistinct keeps two clients from being proposed as one again; they are named by ref or alias. Saying it twice is the
// same as once. ErrMerge: both are one client. ErrNotFound.
func (s *Store) MarkDistinct(ctx context.Context, a, b, by string, now time.Time) error {
	return s.tx(ctx, fmt.Sprintf("tell clients %s and %s apart", a, b), func(tx pgx.Tx) error {
		one, oneRef, err := clientByRef(ctx, tx, a)
		if err != nil {
			return err
		}
		other, otherRef, err := clientByRef(ctx, tx, b)
		if err != nil {
			return err
		}
		if one == other {
			return fmt.Errorf("%s and %s are one client: %w", a, b, ErrMerge)
		}
		tag, err := tx.Exec(ctx, `INSERT INTO distinct_pair (a_id, b_id, by, at) VALUES (least($1::bigint, $2), greatest($1, $2), $3, $4) ON CONFLICT DO NOTHING`, one, other, by, now)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM duplicate WHERE a_id = least($1::bigint, $2) AND b_id = greatest($1, $2)`, one, other); err != nil {
			return err
		}
		return logEvent(ctx, tx, Event{At: now, By: by, What: "client.told_apart", Noun: "client", Ref: oneRef, Detail: map[string]any{"other": otherRef}})
	})
}

// UnmarkDistinct takes that back: the next search may propose them again. Nothing to take back is fine.
func (s *Store) UnmarkDistinct(ctx context.Context, a, b, by string, now time.Time) error {
	return s.tx(ctx, fmt.Sprintf("no longer tell clients %s and %s apart", a, b), func(tx pgx.Tx) error {
		one, oneRef, err := clientByRef(ctx, tx, a)
		if err != nil {
			return err
		}
		other, otherRef, err := clientByRef(ctx, tx, b)
		if err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `DELETE FROM distinct_pair WHERE a_id = least($1::bigint, $2) AND b_id = greatest($1, $2)`, one, other)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		return logEvent(ctx, tx, Event{At: now, By: by, What: "client.told_apart_undone", Noun: "client", Ref: oneRef, Detail: map[string]any{"other": otherRef}})
	})
}
