package store

import (
	"context"
	"fmt"
	"strings"
)

// mergeOrders replaces the lines of each order that the file mentions, in these steps:
//
//  1. Rows of unknown clients, of a line that came already, or of an order that an earlier row gives to another client
//     are put aside.
//  2. arrived: one row per order, with its id (a new order gets one now) and what its lines add up to. The first day on
//     which a row says it was ordered counts, the last on which one says it was delivered; one row that says so cancels it.
//  3. New orders and their lines go straight into the tables.
//  4. Orders that exist: their lines are compared with the file's in one full join (differing), and only what differs
//     is written.
//
// Products that nobody knows yet are added under their ref: an order is worth more than a complete catalogue.
func (r *importRun) mergeOrders(ctx context.Context) (created, updated int64, err error) {
	if err := r.rejectUnknown(ctx, "client", "client", "clients"); err != nil {
		return 0, 0, err
	}
	if r.file.Has("line") {
		if err := r.rejectRepeated(ctx, "line", "line", `"order"`); err != nil {
			return 0, 0, err
		}
	}
	if err := r.gatherOrders(ctx); err != nil {
		return 0, 0, fmt.Errorf("gather the orders: %w", err)
	}
	if err := r.addProducts(ctx); err != nil {
		return 0, 0, fmt.Errorf("add products: %w", err)
	}
	if created, err = r.addOrders(ctx); err != nil {
		return 0, 0, fmt.Errorf("add orders: %w", err)
	}
	added, updated, err := r.changeOrders(ctx)
	if err != nil {
		return 0, 0, fmt.Errorf("change orders: %w", err)
	}
	return created + added, updated, r.noteOrders(ctx)
}

// gatherOrders makes arrived, twice when an order was given to two clients.
func (r *importRun) gatherOrders(ctx context.Context) error {
	if err := r.makeArrived(ctx); err != nil {
		return err
	}
	var mixed bool
	if err := r.tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM arrived WHERE client <> other_client)`).Scan(&mixed); err != nil || !mixed {
		return err
	}
	err := r.reject(ctx, "client", `
		DELETE FROM incoming i USING arrived a, incoming f
		WHERE i."order" = a.ref AND a.client <> a.other_client AND f.at_line = a.first_line AND i.client <> f.client
		RETURNING i.at_line, format('order %s is of client %s on line %s', to_json(a.ref), to_json(f.client), f.at_line)`)
	if err != nil {
		return err
	}
	if _, err := r.tx.Exec(ctx, `DROP TABLE arrived`); err != nil {
		return err
	}
	return r.makeArrived(ctx)
}

func (r *importRun) makeArrived(ctx context.Context) error {
	delivered, cancelled := "NULL::date", "NULL::boolean"
	if r.file.Has("delivered_on") {
		delivered = "max(i.delivered_on)"
	}
	if r.file.Has("cancelled") {
		cancelled = "coalesce(bool_or(i.cancelled), false)"
	}
	_, err := r.tx.Exec(ctx, fmt.Sprintf(`
		CREATE TEMPORARY TABLE arrived ON COMMIT DROP AS
		SELECT coalesce(o.id, nextval('orders_id_seq'::regclass)) AS id, o.id IS NULL AS new, c.id AS client_id, g.*
		FROM (
			SELECT i."order" AS ref, min(i.client) AS client, max(i.client) AS other_client, min(i.at_line) AS first_line, count(*) AS rows,
			       min(i.ordered_on) AS ordered_on, %s AS delivered_on, %s AS cancelled, sum(%s) AS amount, bool_or(%[3]s > 0) AS positive
			FROM incoming i GROUP BY i."order" ORDER BY min(i.at_line)
		) g JOIN client c ON c.ref = g.client LEFT JOIN orders o ON o.ref = g.ref`, delivered, cancelled, r.amount()))
	if err != nil {
		return err
	}
	_, err = r.tx.Exec(ctx, `ANALYZE arrived`)
	return err
}

// amount is what a line is worth: as told, else quantity × price less discount, exact.
func (r *importRun) amount() string {
	product := "i.quantity * i.unit_price"
	if r.file.Has("discount") {
		product += " * (1 - coalesce(i.discount, 0))"
	}
	switch {
	case !r.file.Has("quantity") || !r.file.Has("unit_price"):
		return "i.amount"
	case !r.file.Has("amount"):
		return product
	}
	return "coalesce(i.amount, " + product + ")"
}

func (r *importRun) addProducts(ctx context.Context) error {
	if !r.file.Has("product") {
		return nil
	}
	_, err := r.tx.Exec(ctx, `
		INSERT INTO product (ref, name, run_id)
		SELECT ref, ref, $1 FROM (SELECT DISTINCT product AS ref FROM incoming WHERE product IS NOT NULL) i
		WHERE NOT EXISTS (SELECT FROM product p WHERE p.ref = i.ref) ORDER BY ref`, r.id)
	return err
}

func (r *importRun) addOrders(ctx context.Context) (lines int64, err error) {
	_, err = r.tx.Exec(ctx, `
		INSERT INTO orders (id, ref, client_id, ordered_on, delivered_on, cancelled, amount, counts, run_id) OVERRIDING SYSTEM VALUE
		SELECT id, ref, client_id, ordered_on, delivered_on, coalesce(cancelled, false), amount, positive AND NOT coalesce(cancelled, false), $1
		FROM arrived WHERE new ORDER BY id`, r.id)
	if err != nil {
		return 0, err
	}
	columns := r.lineColumns()
	tag, err := r.tx.Exec(ctx, fmt.Sprintf(`
		INSERT INTO order_line (order_id, line, %s, run_id) SELECT k.order_id, k.line, k.%s, $1 FROM (%s) k`,
		strings.Join(columns, ", "), strings.Join(columns, ", k."), r.keyed("a.new")), r.id)
	return tag.RowsAffected(), err
}

// lineColumns are those of order_line that the file fills.
func (r *importRun) lineColumns() []string {
	columns := []string{"amount"}
	if r.file.Has("product") {
		columns = append(columns, "product_id")
	}
	for _, c := range []string{"quantity", "unit_price", "discount", "cost"} {
		if r.file.Has(c) {
			columns = append(columns, c)
		}
	}
	return columns
}

// keyed selects staged rows as order lines, with their key and ids, for the arrived orders (a) that fit the condition.
func (r *importRun) keyed(condition string) string {
	line := "(row_number() OVER (PARTITION BY a.id ORDER BY i.at_line))::text"
	if r.file.Has("line") {
		line = "coalesce(i.line, " + line + ")"
	}
	columns := []string{"a.id AS order_id", line + " AS line", r.amount() + " AS amount"}
	joins := ""
	for _, c := range r.lineColumns()[1:] {
		if c == "product_id" {
			columns = append(columns, "p.id AS product_id")
			joins = "LEFT JOIN product p ON p.ref = i.product"
			continue
		}
		columns = append(columns, "i."+c)
	}
	return fmt.Sprintf(`SELECT %s FROM incoming i JOIN arrived a ON a.ref = i."order" %s WHERE %s`, strings.Join(columns, ", "), joins, condition)
}

// changeOrders writes what differs in orders that exist. A row counts as updated when its line or its order changed.
func (r *importRun) changeOrders(ctx context.Context) (created, updated int64, err error) {
	var any bool
	if err := r.tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM arrived WHERE NOT new)`).Scan(&any); err != nil || !any {
		return 0, 0, err
	}
	if err := r.compareLines(ctx); err != nil {
		return 0, 0, err
	}
	if err := r.compareOrders(ctx); err != nil {
		return 0, 0, err
	}
	for _, sql := range r.orderChanges() {
		if _, err := r.tx.Exec(ctx, sql); err != nil {
			return 0, 0, err
		}
	}
	err = r.tx.QueryRow(ctx, `
		SELECT (SELECT count(*) FROM differing WHERE what = 'fresh'),
		       (SELECT count(*) FROM differing d WHERE what = 'changed' AND NOT EXISTS (SELECT FROM touched t WHERE t.id = d.order_id))
		       + coalesce((SELECT sum(a.rows) FROM touched t JOIN arrived a USING (id)), 0)
		       - (SELECT count(*) FROM differing d JOIN touched t ON t.id = d.order_id WHERE what = 'fresh')`).Scan(&created, &updated)
	return created, updated, err
}

// compareLines makes differing: lines to add (fresh), to change, and gone ones.
func (r *importRun) compareLines(ctx context.Context) error {
	columns := r.lineColumns()
	_, err := r.tx.Exec(ctx, fmt.Sprintf(`
		CREATE TEMPORARY TABLE differing ON COMMIT DROP AS
		SELECT coalesce(k.order_id, l.order_id) AS order_id, coalesce(k.line, l.line) AS line, k.%s,
		       CASE WHEN l.order_id IS NULL THEN 'fresh' WHEN k.order_id IS NULL THEN 'gone' ELSE 'changed' END AS what
		FROM (%s) k
		FULL JOIN (SELECT l.* FROM arrived a JOIN order_line l ON l.order_id = a.id WHERE NOT a.new) l ON l.order_id = k.order_id AND l.line = k.line
		WHERE k.order_id IS NULL OR l.order_id IS NULL OR (l.%s) IS DISTINCT FROM (k.%s)`,
		strings.Join(columns, ", k."), r.keyed("NOT a.new"), strings.Join(columns, ", l."), strings.Join(columns, ", k.")))
	if err != nil {
		return err
	}
	_, err = r.tx.Exec(ctx, `ANALYZE differing`)
	return err
}

// compareOrders makes touched: orders whose own columns differ, or that lose a line.
func (r *importRun) compareOrders(ctx context.Context) error {
	_, err := r.tx.Exec(ctx, fmt.Sprintf(`
		CREATE TEMPORARY TABLE touched ON COMMIT DROP AS
		SELECT a.id, o.client_id AS old_client FROM arrived a JOIN orders o USING (id)
		WHERE NOT a.new AND ((o.client_id, o.ordered_on, o.delivered_on, o.cancelled, o.amount, o.counts) IS DISTINCT FROM (%s)
		      OR a.id IN (SELECT order_id FROM differing WHERE what = 'gone'))`, strings.Join(r.orderValues(), ", ")))
	return err
}

// orderValues are an order's columns as the file (a) and, for what the file has not, the order (o) have them.
func (r *importRun) orderValues() []string {
	delivered, cancelled := "o.delivered_on", "o.cancelled"
	if r.file.Has("delivered_on") {
		delivered = "a.delivered_on"
	}
	if r.file.Has("cancelled") {
		cancelled = "a.cancelled"
	}
	return []string{"a.client_id", "a.ordered_on", delivered, cancelled, "a.amount", "(a.positive AND NOT " + cancelled + ")"}
}

// orderChanges are the statements that write what compareLines and compareOrders found.
func (r *importRun) orderChanges() []string {
	columns := r.lineColumns()
	var set []string
	for _, c := range columns {
		set = append(set, c+" = d."+c)
	}
	return []string{
		`DELETE FROM order_line l USING differing d WHERE d.what = 'gone' AND l.order_id = d.order_id AND l.line = d.line`,
		fmt.Sprintf(`UPDATE order_line l SET %s, run_id = %d FROM differing d WHERE d.what = 'changed' AND l.order_id = d.order_id AND l.line = d.line`,
			strings.Join(set, ", "), r.id),
		fmt.Sprintf(`INSERT INTO order_line (order_id, line, %[1]s, run_id) SELECT order_id, line, %[1]s, %[2]d FROM differing WHERE what = 'fresh'`,
			strings.Join(columns, ", "), r.id),
		fmt.Sprintf(`UPDATE orders o SET (client_id, ordered_on, delivered_on, cancelled, amount, counts, run_id) = (%s, %d)
			FROM arrived a WHERE a.id = o.id AND o.id IN (SELECT id FROM touched)`, strings.Join(r.orderValues(), ", "), r.id),
		`INSERT INTO client_stale SELECT old_client FROM touched
			UNION SELECT a.client_id FROM arrived a WHERE a.id IN (SELECT id FROM touched UNION SELECT order_id FROM differing) ON CONFLICT DO NOTHING`,
	}
}

// noteOrders marks the clients of new orders, and notes how new the data is.
func (r *importRun) noteOrders(ctx context.Context) error {
	_, err := r.tx.Exec(ctx, `INSERT INTO client_stale SELECT DISTINCT client_id FROM arrived WHERE new ON CONFLICT DO NOTHING`)
	if err != nil {
		return err
	}
	_, err = r.tx.Exec(ctx, `UPDATE import_run SET newest_order_on = (SELECT max(ordered_on) FROM arrived) WHERE id = $1`, r.id)
	return err
}
