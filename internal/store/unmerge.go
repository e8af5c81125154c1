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
)

// Unmerged is what parting two clients again did. Its JSON is a stable output.
type Unmerged struct {
	ID      int64            `json:"merge"`
	Kept    string           `json:"kept"`
	Dropped string           `json:"dropped"`
	Moved   map[string]int64 `json:"moved"` // by table: what went back
	Stays   []StaysAsItIs    `json:"stays"` // what somebody has changed since
}

// StaysAsItIs is something that an undo left alone.
type StaysAsItIs struct {
	Noun   string `json:"noun"`
	Ref    string `json:"ref"`
	Column string `json:"column"`
	Why    string `json:"why"`
}

// unmerging is one merge being taken back.
type unmerging struct {
	merging
	aliases []string // under which rows came that go back
	stays   []StaysAsItIs
	moved   map[string]int64
}

// UndoMerge parts two clients again: the dropped row is as it was, with everything that was its own and with what came
// under its refs since; what came or was done under the kept client stays there. Oppositions said meanwhile hold for both.
// A value that was filled and changed since stays, and is listed. ErrConflict: it is undone already. ErrMerge: the kept
// client has been merged itself, which comes first. ErrNotFound, ErrBusy.
func (s *Store) UndoMerge(ctx context.Context, merge int64, by string, now time.Time) (Unmerged, error) {
	var done Unmerged
	err := s.tx(ctx, fmt.Sprintf("undo merge %d", merge), func(tx pgx.Tx) error {
		if err := holdClients(ctx, tx); err != nil {
			return err
		}
		u, err := beginUnmerge(ctx, tx, merge)
		if err != nil {
			return err
		}
		u.args["by"], u.args["now"], u.args["merge"] = by, now, merge
		for _, step := range []func(context.Context) error{
			u.reviveDropped, u.returnAliases, u.returnRows, u.returnTouches, u.returnDoubles, u.returnCards, u.returnConsent, u.returnMembers, u.emptyFills, u.close} {
			if err := step(ctx); err != nil {
				return err
			}
		}
		done = Unmerged{ID: merge, Kept: u.done.Kept, Dropped: u.done.Dropped, Moved: u.moved, Stays: u.stays}
		return logEvent(ctx, tx, Event{At: now, By: by, What: "client.unmerged", Noun: "client", Ref: done.Kept,
			Detail: map[string]any{"merge": merge, "dropped": done.Dropped, "moved": done.Moved, "stays": len(done.Stays)}})
	})
	return done, err
}

func beginUnmerge(ctx context.Context, tx pgx.Tx, merge int64) (*unmerging, error) {
	u := &unmerging{merging: merging{tx: tx}, stays: []StaysAsItIs{}, moved: map[string]int64{}}
	var kept, dropped int64
	var image []byte
	var undone bool
	err := tx.QueryRow(ctx, `SELECT kept_id, kept_ref, dropped_id, dropped_ref, image, undone_at IS NOT NULL FROM client_merge WHERE id = $1 FOR UPDATE`, merge).
		Scan(&kept, &u.done.Kept, &dropped, &u.done.Dropped, &image, &undone)
	if err != nil {
		return nil, missing(err, "merge", fmt.Sprint(merge))
	}
	if undone {
		return nil, fmt.Errorf("merge %d is undone already: %w", merge, ErrConflict)
	}
	u.args = pgx.NamedArgs{"kept": kept, "dropped": dropped, "kept_ref": u.done.Kept, "dropped_ref": u.done.Dropped}
	err = tx.QueryRow(ctx, `SELECT id FROM client WHERE id = $1 FOR UPDATE`, kept).Scan(&kept)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, laterMerge(ctx, tx, kept, u.done.Kept)
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(image, &u.image); err != nil {
		return nil, err
	}
	u.aliases = append([]string{u.done.Dropped}, u.image.Aliases...)
	u.args["aliases"], u.args["touches"], u.args["calls"] = u.aliases, u.image.Touches, u.image.Calls
	return u, nil
}

// laterMerge says which merge must be undone before.
func laterMerge(ctx context.Context, tx pgx.Tx, kept int64, ref string) error {
	var later int64
	var into string
	err := tx.QueryRow(ctx, `SELECT id, kept_ref FROM client_merge WHERE dropped_id = $1 AND undone_at IS NULL`, kept).Scan(&later, &into)
	if errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("client %s is gone: %w", ref, ErrMerge)
	}
	if err != nil {
		return err
	}
	return fmt.Errorf("client %s was merged into %s itself; undo merge %d first: %w", ref, into, later, ErrMerge)
}

// reviveDropped puts the row back under its old id.
func (u *unmerging) reviveDropped(ctx context.Context) error {
	_, err := u.tx.Exec(ctx, `INSERT INTO client OVERRIDING SYSTEM VALUE SELECT (jsonb_populate_record(NULL::client, $1)).*`, u.image.Dropped)
	if err != nil {
		return fmt.Errorf("revive client %s: %w", u.done.Dropped, err)
	}
	_, err = u.tx.Exec(ctx, `INSERT INTO distinct_pair SELECT d.* FROM jsonb_populate_recordset(NULL::distinct_pair, $1) d
		WHERE EXISTS (SELECT FROM client WHERE id = d.a_id) AND EXISTS (SELECT FROM client WHERE id = d.b_id) ON CONFLICT DO NOTHING`, u.image.Apart)
	if err != nil {
		return err
	}
	_, err = u.tx.Exec(ctx, `DELETE FROM distinct_pair d USING unnest($2::bigint[]) AS o (id) WHERE d.a_id = least($1::bigint, o.id) AND d.b_id = greatest($1::bigint, o.id)`, u.args["kept"], u.image.KeptApart)
	return err
}

func (u *unmerging) returnAliases(ctx context.Context) error {
	if _, err := u.tx.Exec(ctx, `DELETE FROM client_alias WHERE ref = @dropped_ref`, u.args); err != nil {
		return err
	}
	_, err := u.tx.Exec(ctx, `UPDATE client_alias SET client_id = @dropped WHERE client_id = @kept AND ref = ANY (@aliases)`, u.args)
	return err
}

// returnRows takes back what was its own, and what files brought under its refs since.
func (u *unmerging) returnRows(ctx context.Context) error {
	for _, table := range slices.Sorted(maps.Keys(movedTables)) {
		key := ""
		if table == "contact" {
			key = `, key = CASE came_as WHEN @dropped_ref THEN substr(key, length(@dropped_ref::text) + 2) ELSE key END`
		}
		tag, err := u.tx.Exec(ctx, fmt.Sprintf(`UPDATE %s SET client_id = @dropped, came_as = nullif(came_as, @dropped_ref)%s WHERE client_id = @kept AND came_as = ANY (@aliases)`, table, key), u.args)
		if err != nil {
			return fmt.Errorf("return %s: %w", table, err)
		}
		u.moved[table] = tag.RowsAffected()
	}
	return nil
}

// returnConsent gives back the bases that merging ended. What was said against the kept client meanwhile, where no address
// was known, may have been said by a person of either: it holds for both.
func (u *unmerging) returnConsent(ctx context.Context) error {
	u.args["bases"], u.args["oppositions"] = u.image.Bases, u.image.Oppositions
	for _, sql := range []string{
		`UPDATE basis SET withdrawn_at = NULL WHERE id = ANY (@bases)`,
		`DELETE FROM suppression WHERE id = ANY (@oppositions)`,
		`INSERT INTO suppression (scope, address, why, source, touch_id, at, run_id)
			SELECT scope, 'client:' || @dropped_ref::text, why, source, touch_id, at, run_id FROM suppression
			WHERE address = 'client:' || @kept_ref::text AND withdrawn_at IS NULL AND at >= (SELECT at FROM client_merge WHERE id = @merge) ON CONFLICT DO NOTHING`,
	} {
		if _, err := u.tx.Exec(ctx, sql, u.args); err != nil {
			return err
		}
	}
	return nil
}

// returnMembers makes it the parent again of those who have not changed theirs since.
func (u *unmerging) returnMembers(ctx context.Context) error {
	u.args["members"] = u.image.Members
	_, err := u.tx.Exec(ctx, `UPDATE client SET group_ref = @dropped_ref WHERE id = ANY (@members) AND group_ref IS NOT DISTINCT FROM CASE WHEN id <> @kept THEN @kept_ref END`, u.args)
	return err
}

// emptyFills empties the columns that were filled, but for those that have been changed since.
func (u *unmerging) emptyFills(ctx context.Context) error {
	kept, err := clientRow(ctx, u.tx, u.args["kept"])
	if err != nil {
		return err
	}
	for _, column := range slices.Sorted(maps.Keys(u.image.Filled)) {
		if !sameJSON(kept[column], u.image.Filled[column]) {
			u.stay(column)
			continue
		}
		if _, err := u.tx.Exec(ctx, `UPDATE client SET `+pgx.Identifier{column}.Sanitize()+` = NULL WHERE id = $1`, u.args["kept"]); err != nil {
			return err
		}
	}
	var attributes row
	if err := json.Unmarshal(kept["attributes"], &attributes); err != nil {
		return err
	}
	for name, value := range u.image.Attributes {
		if !sameJSON(attributes[name], value) {
			u.stay("attributes." + name)
			continue
		}
		if _, err := u.tx.Exec(ctx, `UPDATE client SET attributes = attributes - $2::text WHERE id = $1`, u.args["kept"], name); err != nil {
			return err
		}
	}
	return nil
}

func (u *unmerging) stay(column string) {
	u.stays = append(u.stays, StaysAsItIs{Noun: "client", Ref: u.done.Kept, Column: column, Why: "changed since the merge"})
}

// sameJSON compares two values as Postgres writes them; absent and null are the same.
func sameJSON(a, b json.RawMessage) bool {
	return string(a) == string(b) || (len(a) == 0 || string(a) == "null") && (len(b) == 0 || string(b) == "null")
}

func (u *unmerging) close(ctx context.Context) error {
	if _, err := u.tx.Exec(ctx, `UPDATE client_merge SET undone_by = @by, undone_at = @now WHERE id = @merge`, u.args); err != nil {
		return err
	}
	_, err := u.tx.Exec(ctx, `INSERT INTO client_stale (client_id) VALUES (@kept), (@dropped) ON CONFLICT DO NOTHING`, u.args)
	return err
}
