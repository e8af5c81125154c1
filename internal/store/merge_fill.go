package store

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"
)

// filledTogether are the columns of a client that are taken from another one where the first has none of them: each list
// is one thing, known or not. An address of two halves would be nobody's.
var filledTogether = [][]string{
	{"kind"}, {"siren"}, {"vat"}, {"group_ref"}, {"sector"}, {"address", "postcode", "city", "country", "zone"}, {"language"}, {"phone", "phone_e164"},
	{"rep_id"}, {"inside_rep_id"}, {"potential"}, {"loss_risk"}, {"visits_per_year"}, {"blocked"}, {"created_on"},
}

// neverFilled are the others: what a row is, and the end of one of the two, which is not the end of the client.
// Attributes are filled one by one.
var neverFilled = []string{"id", "ref", "name", "closed_on", "attributes", "imported_on", "run_id"}

// row is a row of a table as JSON.
type row map[string]json.RawMessage

func (r row) has(column string) bool {
	v, ok := r[column]
	return ok && string(v) != "null"
}

// known reports whether any of the columns is. A country or a zone alone is no address.
func (r row) known(columns []string) bool {
	return slices.ContainsFunc(columns[:min(3, len(columns))], r.has)
}

// fills are the columns that the kept row takes from the dropped one.
func fills(kept, dropped row) row {
	out := row{}
	for _, columns := range filledTogether {
		if kept.known(columns) || !dropped.known(columns) {
			continue
		}
		for _, c := range columns {
			if dropped.has(c) && !kept.has(c) {
				out[c] = dropped[c]
			}
		}
	}
	if string(out["group_ref"]) == string(kept["ref"]) {
		delete(out, "group_ref")
	}
	return out
}

// fill completes the kept client from the dropped one.
func (m *merging) fill(ctx context.Context) error {
	kept, err := clientRow(ctx, m.tx, m.args["kept"])
	if err != nil {
		return err
	}
	dropped, err := clientRow(ctx, m.tx, m.args["dropped"])
	if err != nil {
		return err
	}
	if m.image.Dropped, err = json.Marshal(dropped); err != nil {
		return err
	}
	m.image.Filled = fills(kept, dropped)
	if m.image.Attributes, err = newAttributes(kept["attributes"], dropped["attributes"]); err != nil {
		return err
	}
	m.done.Filled = append(m.done.Filled, slices.Sorted(maps.Keys(m.image.Filled))...)
	for name := range m.image.Attributes {
		m.done.Filled = append(m.done.Filled, "attributes."+name)
	}
	slices.Sort(m.done.Filled)
	return m.writeFills(ctx)
}

func clientRow(ctx context.Context, tx pgx.Tx, id any) (row, error) {
	var r row
	err := tx.QueryRow(ctx, `SELECT to_jsonb(c) FROM client c WHERE id = $1`, id).Scan(&r)
	return r, err
}

// newAttributes are those that only the dropped one has.
func newAttributes(kept, dropped json.RawMessage) (row, error) {
	var had, has row
	if err := json.Unmarshal(kept, &had); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(dropped, &has); err != nil {
		return nil, err
	}
	maps.DeleteFunc(has, func(name string, v json.RawMessage) bool { return had.has(name) || string(v) == "null" })
	return has, nil
}

// writeFills sets the columns by name from JSON, so that each keeps its type.
func (m *merging) writeFills(ctx context.Context) error {
	for column, value := range m.image.Filled {
		quoted := pgx.Identifier{column}.Sanitize()
		_, err := m.tx.Exec(ctx, `UPDATE client SET `+quoted+` = (jsonb_populate_record(NULL::client, jsonb_build_object($2::text, $3::jsonb))).`+quoted+` WHERE id = $1`,
			m.args["kept"], column, value)
		if err != nil {
			return err
		}
	}
	if len(m.image.Attributes) == 0 {
		return nil
	}
	_, err := m.tx.Exec(ctx, `UPDATE client SET attributes = $2::jsonb || attributes WHERE id = $1`, m.args["kept"], m.image.Attributes)
	return err
}
