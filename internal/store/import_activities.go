package store

import (
	"context"
	"fmt"
)

// mergeActivities finds the activity that each row is about by its ref. Without one, the nth row of a client (or alias of it), kind and
// time is the nth such activity that an import brought, so that the same file changes nothing.
func (r *importRun) mergeActivities(ctx context.Context) (created, updated int64, err error) {
	if err := r.rejectUnknown(ctx, "client", "client", "clients"); err != nil {
		return 0, 0, err
	}
	if err := r.rejectUnknown(ctx, "rep", "rep", "reps"); err != nil {
		return 0, 0, err
	}
	if r.has("ref") {
		if err := r.rejectRepeated(ctx, "ref", "ref"); err != nil {
			return 0, 0, err
		}
	}
	if err := r.findActivities(ctx); err != nil {
		return 0, 0, fmt.Errorf("find the activities: %w", err)
	}
	values := append(r.present("ref", "kind", "at", "minutes", "cost", "closed_on", "note"), value{column: "client_id", sql: "c.id"})
	values = append(values, r.derived("rep", "rep_id", "(SELECT id FROM rep WHERE ref = i.rep)")...)
	return r.put(ctx, target{table: "activity", joins: clientJoin, match: "t.id = i.found", values: values, client: "c.id"})
}

func (r *importRun) findActivities(ctx context.Context) error {
	if _, err := r.tx.Exec(ctx, `ALTER TABLE incoming ADD found bigint`); err != nil {
		return err
	}
	unnamed := "true"
	if r.has("ref") {
		unnamed = "i.ref IS NULL"
		if _, err := r.tx.Exec(ctx, `UPDATE incoming i SET found = t.id FROM activity t WHERE t.ref = i.ref`); err != nil {
			return err
		}
	}
	_, err := r.tx.Exec(ctx, `
		WITH named AS (
			SELECT i.at_line, c.id AS client_id, i.kind, i.at, coalesce(i.came_as, '') AS alias,
			       row_number() OVER (PARTITION BY c.id, i.kind, i.at, i.came_as ORDER BY i.at_line) AS nth
			FROM incoming i JOIN client c ON c.ref = i.client WHERE `+unnamed+`
		), known AS (
			SELECT id, client_id, kind, at, coalesce(came_as, '') AS alias, row_number() OVER (PARTITION BY client_id, kind, at, came_as ORDER BY id) AS nth
			FROM activity WHERE ref IS NULL AND run_id IS NOT NULL AND client_id IN (SELECT client_id FROM named)
		)
		UPDATE incoming i SET found = known.id FROM named JOIN known USING (client_id, kind, at, alias, nth) WHERE named.at_line = i.at_line`)
	return err
}
