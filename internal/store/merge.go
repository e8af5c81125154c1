package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// ErrMerge is returned when two clients cannot be merged, told apart, grouped or parted as asked; the text says why.
var ErrMerge = errors.New("not possible")

// ErrBusy is returned when an import, a planning pass or a refresh of facts holds the clients for longer than one waits.
var ErrBusy = errors.New("an import, a planning pass or a refresh is under way; try again when it has ended")

// Merged is what merging did. Its JSON is a stable output.
type Merged struct {
	ID        int64            `json:"merge"`
	Kept      string           `json:"kept"`
	Dropped   string           `json:"dropped"`
	Moved     map[string]int64 `json:"moved"`     // by table: contact, orders, contract, activity, touch, call
	Filled    []string         `json:"filled"`    // columns that the kept one had empty
	Cancelled int              `json:"cancelled"` // planned touches that would have been double
	Withdrawn int              `json:"withdrawn"` // bases that the other's withdrawal ended
}

// mergeImage is what is needed to part two clients again, beside the rows that moved whole.
type mergeImage struct {
	Dropped     json.RawMessage            `json:"dropped"` // its row
	Filled      map[string]json.RawMessage `json:"filled"`  // column → what was put in
	Attributes  map[string]json.RawMessage `json:"attributes"`
	Touches     []int64                    `json:"touches"` // moved
	Doubles     []touchImage               `json:"doubles"` // changed as well
	Calls       []int64                    `json:"calls"`   // moved
	Cards       []callImage                `json:"cards"`   // the open ones of both, where two became one
	Bases       []int64                    `json:"bases"`   // withdrawn
	Oppositions []int64                    `json:"oppositions"`
	Members     []int64                    `json:"members"`    // clients whose parent it was
	Aliases     []string                   `json:"aliases"`    // its own
	Apart       json.RawMessage            `json:"apart"`      // its rows of distinct_pair
	KeptApart   []int64                    `json:"kept_apart"` // clients that the kept one was told apart from in its place
}

// touchImage is a touch before it was found double.
type touchImage struct {
	ID         int64           `json:"id"`
	Occasion   string          `json:"occasion"`
	State      string          `json:"state"`
	Reason     *string         `json:"reason"`
	EndedAt    json.RawMessage `json:"ended_at"`
	AdmittedAt json.RawMessage `json:"admitted_at"`
}

// merging is one merge under way.
type merging struct {
	tx    pgx.Tx
	args  pgx.NamedArgs // kept, dropped: ids; kept_ref, dropped_ref, now, by
	image mergeImage
	done  Merged
}

// MergeClients moves everything of the client drop to the client keep, in one transaction, and ends the dropped row: its
// ref stays as an alias. Both may be named by an alias. Empty columns of the kept one are filled from the other. What
// somebody refused holds: the oppositions of both, and a basis that was withdrawn for an address is valid at neither.
// ErrMerge: they are one already; ErrNotFound; ErrBusy.
func (s *Store) MergeClients(ctx context.Context, keep, drop, by string, now time.Time) (Merged, error) {
	var done Merged
	err := s.tx(ctx, fmt.Sprintf("merge client %s into %s", drop, keep), func(tx pgx.Tx) error {
		if err := holdClients(ctx, tx); err != nil {
			return err
		}
		m, err := beginMerge(ctx, tx, keep, drop)
		if err != nil {
			return err
		}
		m.args["by"], m.args["now"] = by, now
		for _, step := range []func(context.Context) error{
			m.withdrawBases, m.copyOppositions, m.joinCards, m.cancelDoubles, m.moveTouches, m.moveRows, m.fill, m.takeMembers, m.takeAliases, m.keepApart,
			m.endDropped, m.record} {
			if err := step(ctx); err != nil {
				return err
			}
		}
		done = m.done
		return logEvent(ctx, tx, Event{At: now, By: by, What: "client.merged", Noun: "client", Ref: done.Kept,
			Detail: map[string]any{"merge": done.ID, "dropped": done.Dropped, "moved": done.Moved, "filled": done.Filled, "cancelled": done.Cancelled, "bases_withdrawn": done.Withdrawn}})
	})
	return done, err
}

// holdClients keeps imports, planning passes and refreshes out, which read clients long before they write about them.
func holdClients(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `SELECT set_config('lock_timeout', '15s', true)`)
	for _, lock := range []int64{importLock, planner, factsLock} {
		if err == nil {
			_, err = tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, lock)
		}
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "55P03" {
		return ErrBusy
	}
	return err
}

// clientByRef finds a client by its ref or one of its aliases.
func clientByRef(ctx context.Context, tx pgx.Tx, ref string) (id int64, own string, err error) {
	err = tx.QueryRow(ctx, `SELECT id, ref FROM client WHERE ref = $1
		UNION ALL SELECT c.id, c.ref FROM client_alias a JOIN client c ON c.id = a.client_id WHERE a.ref = $1 LIMIT 1`, ref).Scan(&id, &own)
	return id, own, missing(err, "client", ref)
}

// ClientRef is the ref of the client that is known by ref, which may be an alias; ErrNotFound.
func (s *Store) ClientRef(ctx context.Context, ref string) (own string, err error) {
	err = s.tx(ctx, "find client", func(tx pgx.Tx) error {
		_, own, err = clientByRef(ctx, tx, ref)
		return err
	})
	return own, err
}

func beginMerge(ctx context.Context, tx pgx.Tx, keep, drop string) (*merging, error) {
	kept, keptRef, err := clientByRef(ctx, tx, keep)
	if err != nil {
		return nil, err
	}
	dropped, droppedRef, err := clientByRef(ctx, tx, drop)
	if err != nil {
		return nil, err
	}
	if kept == dropped {
		return nil, fmt.Errorf("%s and %s are one client already: %w", keep, drop, ErrMerge)
	}
	m := &merging{tx: tx, args: pgx.NamedArgs{"kept": kept, "dropped": dropped, "kept_ref": keptRef, "dropped_ref": droppedRef},
		done: Merged{Kept: keptRef, Dropped: droppedRef, Moved: map[string]int64{}, Filled: []string{}}}
	// FOR UPDATE: whoever would hang something on the dropped row waits, and finds it gone.
	_, err = tx.Exec(ctx, `SELECT FROM client WHERE id IN (@kept, @dropped) ORDER BY id FOR UPDATE`, m.args)
	return m, err
}

// withdrawBases ends the bases of an address that the other client's contact of that address has withdrawn.
func (m *merging) withdrawBases(ctx context.Context) (err error) {
	m.image.Bases, err = m.ids(ctx, `
		UPDATE basis b SET withdrawn_at = @now FROM contact p
		WHERE b.contact_id = p.id AND p.client_id IN (@kept, @dropped) AND b.withdrawn_at IS NULL AND EXISTS (
			SELECT FROM contact q WHERE q.client_id IN (@kept, @dropped) AND q.client_id <> p.client_id
			  AND (b.channel = 'mail' AND q.email_key = p.email_key OR b.channel = 'call' AND q.phone_e164 = p.phone_e164)
			  AND EXISTS (SELECT FROM basis x WHERE x.contact_id = q.id AND x.channel = b.channel AND x.withdrawn_at IS NOT NULL)
			  AND NOT EXISTS (SELECT FROM basis x LEFT JOIN basis_declaration d ON d.id = x.declaration_id
				WHERE x.contact_id = q.id AND x.channel = b.channel AND x.withdrawn_at IS NULL AND d.undone_at IS NULL))
		RETURNING b.id`)
	m.done.Withdrawn = len(m.image.Bases)
	return err
}

// copyOppositions has what was said against the dropped client, where no address was known, hold for the kept one.
func (m *merging) copyOppositions(ctx context.Context) (err error) {
	m.image.Oppositions, err = m.ids(ctx, copyOppositionsSQL+` ON CONFLICT DO NOTHING RETURNING id`)
	return err
}

const copyOppositionsSQL = `
	INSERT INTO suppression (scope, address, why, source, touch_id, at, run_id)
	SELECT scope, 'client:' || @kept_ref::text, why, source, touch_id, at, run_id FROM suppression
	WHERE address = 'client:' || @dropped_ref::text AND withdrawn_at IS NULL`

// moved are the tables whose rows go over whole, each with the alias under which it came; contacts keep their persons.
var movedTables = map[string]string{"contact": `, key = CASE WHEN came_as IS NULL THEN @dropped_ref::text || '/' || key ELSE key END`, "orders": "", "contract": "", "activity": ""}

func (m *merging) moveRows(ctx context.Context) error {
	for _, table := range slices.Sorted(maps.Keys(movedTables)) {
		tag, err := m.tx.Exec(ctx, fmt.Sprintf(`UPDATE %s SET client_id = @kept, came_as = coalesce(came_as, @dropped_ref)%s WHERE client_id = @dropped`, table, movedTables[table]), m.args)
		if err != nil {
			return fmt.Errorf("move %s: %w", table, err)
		}
		m.done.Moved[table] = tag.RowsAffected()
	}
	return nil
}

// takeMembers makes the kept client the parent of those whose parent was the dropped one.
func (m *merging) takeMembers(ctx context.Context) (err error) {
	m.image.Members, err = m.ids(ctx, `UPDATE client SET group_ref = CASE WHEN id <> @kept THEN @kept_ref END WHERE group_ref = @dropped_ref AND id <> @dropped RETURNING id`)
	return err
}

// takeAliases points the aliases of the dropped client, and now its ref, to the kept one.
func (m *merging) takeAliases(ctx context.Context) error {
	rows, err := m.tx.Query(ctx, `UPDATE client_alias SET client_id = @kept WHERE client_id = @dropped RETURNING ref`, m.args)
	if err != nil {
		return err
	}
	m.image.Aliases, err = pgx.CollectRows(rows, pgx.RowTo[string])
	return err
}

// keepApart hands over what was decided and proposed about the dropped client.
func (m *merging) keepApart(ctx context.Context) error {
	err := m.tx.QueryRow(ctx, `SELECT coalesce(jsonb_agg(to_jsonb(d)), '[]') FROM distinct_pair d WHERE @dropped IN (a_id, b_id)`, m.args).Scan(&m.image.Apart)
	if err != nil {
		return err
	}
	m.image.KeptApart, err = m.ids(ctx, `
		INSERT INTO distinct_pair (a_id, b_id, by, at) SELECT least(@kept, o.other), greatest(@kept, o.other), d.by, d.at
		FROM distinct_pair d `+theOther+` ON CONFLICT DO NOTHING RETURNING CASE a_id WHEN @kept THEN b_id ELSE a_id END`)
	if err != nil {
		return err
	}
	_, err = m.tx.Exec(ctx, `
		INSERT INTO duplicate (a_id, b_id, kind, score, reasons, found_at) SELECT least(@kept, o.other), greatest(@kept, o.other), d.kind, d.score, d.reasons, d.found_at
		FROM duplicate d `+theOther+` AND NOT EXISTS (SELECT FROM distinct_pair p WHERE p.a_id = least(@kept, o.other) AND p.b_id = greatest(@kept, o.other))
		ON CONFLICT DO NOTHING`, m.args)
	return err
}

// theOther is the other client of a pair d of the dropped one, the kept one excepted.
const theOther = `CROSS JOIN LATERAL (SELECT CASE d.a_id WHEN @dropped THEN d.b_id ELSE d.a_id END AS other) o WHERE @dropped IN (d.a_id, d.b_id) AND o.other <> @kept`

// endDropped removes what can be made again, and the row itself.
func (m *merging) endDropped(ctx context.Context) error {
	for _, sql := range []string{
		`DELETE FROM client_stale WHERE client_id = @dropped`, `DELETE FROM client_fact WHERE client_id = @dropped`, `DELETE FROM client_month WHERE client_id = @dropped`,
		`DELETE FROM client WHERE id = @dropped`,
		`INSERT INTO client_stale (client_id) VALUES (@kept) ON CONFLICT DO NOTHING`,
	} {
		if _, err := m.tx.Exec(ctx, sql, m.args); err != nil {
			return fmt.Errorf("end client %d: %w", m.args["dropped"], err)
		}
	}
	return nil
}

// record keeps the image, and the alias that belongs to it.
func (m *merging) record(ctx context.Context) error {
	image, err := json.Marshal(m.image)
	if err != nil {
		return err
	}
	m.args["image"] = image
	err = m.tx.QueryRow(ctx, `
		INSERT INTO client_merge (kept_id, kept_ref, dropped_id, dropped_ref, dropped_name, image, by, at)
		VALUES (@kept, @kept_ref, @dropped, @dropped_ref, @image::jsonb -> 'dropped' ->> 'name', @image, @by, @now) RETURNING id`, m.args).Scan(&m.done.ID)
	if err != nil {
		return err
	}
	_, err = m.tx.Exec(ctx, `INSERT INTO client_alias (ref, client_id, merge_id) VALUES ($1, $2, $3)`, m.done.Dropped, m.args["kept"], m.done.ID)
	return err
}

// ids runs a statement that returns ids.
func (m *merging) ids(ctx context.Context, sql string) ([]int64, error) {
	rows, err := m.tx.Query(ctx, sql, m.args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}
