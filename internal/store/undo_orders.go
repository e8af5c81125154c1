package store

import "context"

// passLines gives what this run did to the lines of orders that a later run mentions to that run: a run replaces all lines
// of an order, so that whatever is there now is in its file too.
func (u *undoing) passLines(ctx context.Context) error {
	return u.all(ctx,
		`INSERT INTO kept SELECT 'order_line', i.row_id, i.key, '', 'later_run', s.by_run FROM import_image i JOIN seen s ON s.id = i.row_id WHERE i.run_id = %[1]d AND i.noun = 'order_line'
			UNION SELECT 'order_line', l.order_id, l.line, '', 'later_run', s.by_run FROM order_line l JOIN seen s ON s.id = l.order_id WHERE l.run_id = %[1]d`,

		// A line that it made is made by the later run, which has changed it from nothing, or never saw it.
		`DELETE FROM import_image j USING seen s, order_line l WHERE j.noun = 'order_line' AND j.row_id = s.id AND j.run_id = s.by_run
			AND l.order_id = s.id AND l.line = j.key AND l.run_id = %[1]d`,
		`DELETE FROM import_image j USING seen s WHERE j.noun = 'order_line' AND j.row_id = s.id AND j.run_id = s.by_run AND j.after IS NULL AND (j.before ->> 'run_id')::bigint = %[1]d`,
		`UPDATE import_image j SET before = j.before || jsonb_build_object('run_id', s.by_run) FROM seen s
			WHERE j.noun = 'order_line' AND j.row_id = s.id AND j.run_id > s.by_run AND j.after IS NULL AND (j.before ->> 'run_id')::bigint = %[1]d`,
		`UPDATE order_line l SET run_id = s.by_run FROM seen s WHERE l.order_id = s.id AND l.run_id = %[1]d`,

		// A line that it took away, and the later run made anew, is one that the later run changed.
		`WITH both_ AS (
				SELECT a.ctid AS id, a.row_id, a.key, a.line, s.by_run, a.before, to_jsonb(l) - '{order_id,line,run_id}'::text[] AS now
				FROM import_image a JOIN seen s ON s.id = a.row_id JOIN order_line l ON l.order_id = a.row_id AND l.line = a.key AND l.run_id = s.by_run
				WHERE a.run_id = %[1]d AND a.noun = 'order_line' AND a.after IS NULL),
			back AS (UPDATE order_line l SET run_id = (b.before ->> 'run_id')::bigint FROM both_ b WHERE l.order_id = b.row_id AND l.line = b.key),
			gone AS (DELETE FROM import_image a USING both_ b WHERE a.ctid = b.id)
			INSERT INTO import_image (run_id, noun, row_id, key, line, before, after)
			SELECT by_run, 'order_line', row_id, key, line, d.before, d.after FROM both_ b CROSS JOIN LATERAL (
				SELECT jsonb_object_agg(k, b.before -> k) AS before, jsonb_object_agg(k, b.now -> k) AS after FROM jsonb_object_keys(b.now) k WHERE b.before -> k IS DISTINCT FROM b.now -> k) d
			WHERE d.before IS NOT NULL`,

		// A line that both changed is one that the later run changed from how it was before both.
		`UPDATE import_image j SET before = j.before || coalesce((SELECT jsonb_object_agg(k, a.before -> k) FROM jsonb_object_keys(a.before) k WHERE NOT j.before ? k OR j.before -> k = a.after -> k), '{}'),
				after = a.after || j.after
			FROM import_image a, seen s
			WHERE a.run_id = %[1]d AND a.noun = 'order_line' AND a.after IS NOT NULL AND s.id = a.row_id
			  AND j.run_id = s.by_run AND j.noun = 'order_line' AND j.row_id = a.row_id AND j.key = a.key`,
		`DELETE FROM import_image a USING seen s, import_image j WHERE a.run_id = %[1]d AND a.noun = 'order_line' AND s.id = a.row_id
			AND j.run_id = s.by_run AND j.noun = 'order_line' AND j.row_id = a.row_id AND j.key = a.key`,
		`UPDATE import_image a SET run_id = s.by_run FROM seen s WHERE a.run_id = %[1]d AND a.noun = 'order_line' AND s.id = a.row_id`,
		tidyImages)
}

// tidyImages drops what an image has become that changes nothing.
const tidyImages = `
	WITH idle AS (SELECT ctid AS id, (SELECT array_agg(k) FROM jsonb_object_keys(before) k WHERE before -> k = after -> k) AS same FROM import_image
		WHERE run_id > %[1]d AND after IS NOT NULL),
	gone AS (DELETE FROM import_image i USING idle WHERE i.ctid = idle.id AND i.before - coalesce(same, '{}') = '{}')
	UPDATE import_image i SET before = i.before - same, after = i.after - same FROM idle WHERE i.ctid = idle.id AND same IS NOT NULL AND i.before - same <> '{}'`

// restoreLines puts the lines of the other orders back.
func (u *undoing) restoreLines(ctx context.Context) error {
	gone, err := u.exec(ctx, `DELETE FROM order_line WHERE run_id = %[1]d`)
	if err != nil {
		return err
	}
	back, err := u.exec(ctx, `INSERT INTO order_line
		SELECT (jsonb_populate_record(NULL::order_line, i.before || jsonb_build_object('order_id', i.row_id, 'line', i.key))).* FROM import_image i
		WHERE i.run_id = %[1]d AND i.noun = 'order_line' AND i.after IS NULL AND EXISTS (SELECT FROM orders o WHERE o.id = i.row_id) ON CONFLICT DO NOTHING`)
	if err != nil {
		return err
	}
	changed, err := u.exec(ctx, `UPDATE order_line l SET (product_id, quantity, unit_price, discount, amount, cost) = (
			SELECT n.product_id, n.quantity, n.unit_price, n.discount, n.amount, n.cost FROM jsonb_populate_record(l, i.before) n)
		FROM import_image i WHERE i.run_id = %[1]d AND i.noun = 'order_line' AND i.after IS NOT NULL AND l.order_id = i.row_id AND l.line = i.key`)
	u.count(u.done.Removed, "order_line", gone)
	u.count(u.done.Restored, "order_line", back+changed)
	return err
}

// addUpOrders makes amount and counts of the run's orders again, and their clients' facts.
func (u *undoing) addUpOrders(ctx context.Context) error {
	return u.all(ctx, `UPDATE orders o SET amount = n.amount, counts = n.positive AND NOT o.cancelled
			FROM (SELECT m.id, coalesce(sum(l.amount), 0) AS amount, coalesce(bool_or(l.amount > 0), false) AS positive FROM mine m LEFT JOIN order_line l ON l.order_id = m.id GROUP BY m.id) n
			WHERE o.id = n.id AND (o.amount, o.counts) IS DISTINCT FROM (n.amount, n.positive AND NOT o.cancelled)`,
		`INSERT INTO stale_now SELECT o.client_id FROM orders o JOIN mine m USING (id)`)
}

// count adds to a figure by table, which stays absent while it is 0.
func (u *undoing) count(to map[string]int64, table string, n int64) {
	if n > 0 {
		to[table] += n
	}
}
