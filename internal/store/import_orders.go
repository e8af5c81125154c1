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
	if r.flat() {
		if err := r.rejectUnknown(ctx, "client", "client", "clients"); err != nil {
			return 0, 0, err
		}
	}
	if r.file.Has("line") {
		err := r.reject(ctx, r.file, "line", repeated([]string{"line", `"order"`})+`DELETE FROM incoming i USING f WHERE `+sameKey([]string{"line", `"order"`})+`
			RETURNING i.at_line, format('the same as on line %s', f.first)`)
		if err != nil {
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
	if r.spec.PerLine != nil {
		if err := r.sayOrders(ctx); err != nil {
			return 0, 0, err
		}
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
	err := r.reject(ctx, r.file, "client", `
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
	if r.has("delivered_on") {
		delivered = "max(i.delivered_on)"
	}
	if r.has("cancelled") {
		cancelled = "coalesce(bool_or(i.cancelled), false)"
	}
	_, err := r.tx.Exec(ctx, fmt.Sprintf(`
		CREATE TEMPORARY TABLE arrived ON COMMIT DROP AS
		SELECT coalesce(o.id, nextval('orders_id_seq'::regclass)) AS id, o.id IS NULL AS new, c.id AS client_id, g.*
		FROM (
			SELECT i."order" AS ref, min(i.client) AS client, max(i.client) AS other_client, min(i.%[4]s) AS first_line, count(*) AS rows,
			       min(i.ordered_on) AS ordered_on, %[1]s AS delivered_on, %[2]s AS cancelled, sum(%[3]s) AS amount, bool_or(%[3]s > 0) AS positive
			FROM incoming i GROUP BY i."order" ORDER BY min(i.at_line)
		) g JOIN client c ON c.ref = g.client LEFT JOIN orders o ON o.ref = g.ref`, delivered, cancelled, r.amount(), r.headLine()))
	if err != nil {
		return err
	}
	_, err = r.tx.Exec(ctx, `ANALYZE arrived`)
	return err
}

// amount is what a line is worth: as told, else quantity × price less discount, exact.
func (r *importRun) amount() string {
	product := "i.quantity * i.unit_price"
	if r.has("discount") {
		product += " * (1 - coalesce(i.discount, 0))"
	}
	switch {
	case !r.has("quantity") || !r.has("unit_price"):
		return "i.amount"
	case !r.has("amount"):
		return product
	}
	return "coalesce(i.amount, " + product + ")"
}

func (r *importRun) addProducts(ctx context.Context) error {
	if !r.has("product") {
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
	if !r.flat() {
		if err := r.tx.QueryRow(ctx, `SELECT count(*) FROM arrived WHERE new`).Scan(&lines); err != nil {
			return 0, err
		}
	}
	columns := r.lineColumns()
	tag, err := r.tx.Exec(ctx, fmt.Sprintf(`
		INSERT INTO order_line (order_id, line, %s, run_id) SELECT k.order_id, k.line, k.%s, $1 FROM (%s) k`,
		strings.Join(columns, ", "), strings.Join(columns, ", k."), r.keyed("a.new")), r.id)
	return lines + tag.RowsAffected(), err
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
	if r.has("line") {
		line = "coalesce(i.line, " + line + ")"
	}
	columns := []string{"i.at_line", "a.id AS order_id", line + " AS line", r.amount() + " AS amount"}
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

// changeOrders writes what differs in orders that exist. A row counts as updated when its line or its order changed; of
// orders in two files each row counts for itself.
func (r *importRun) changeOrders(ctx context.Context) (created, updated int64, err error) {
	var any bool
	if err := r.tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM arrived WHERE NOT new)`).Scan(&any); err != nil {
		return 0, 0, err
	}
	if err := r.compareLines(ctx, any); err != nil {
		return 0, 0, err
	}
	if err := r.compareOrders(ctx); err != nil || !any {
		return 0, 0, err
	}
	for _, sql := range r.orderChanges() {
		if _, err := r.tx.Exec(ctx, sql); err != nil {
			return 0, 0, err
		}
	}
	count := `(SELECT count(*) FROM differing d WHERE what = 'changed' AND NOT EXISTS (SELECT FROM touched t WHERE t.id = d.order_id))
		+ coalesce((SELECT sum(a.rows) FROM touched t JOIN arrived a USING (id)), 0)
		- (SELECT count(*) FROM differing d JOIN touched t ON t.id = d.order_id WHERE what = 'fresh')`
	if !r.flat() {
		count = `(SELECT count(*) FROM differing d WHERE what = 'changed') + (SELECT count(*) FROM touched t JOIN arrived a USING (id) WHERE before <> '{}' AND a.first_line IS NOT NULL)`
	}
	err = r.tx.QueryRow(ctx, `SELECT (SELECT count(*) FROM differing WHERE what = 'fresh'), `+count).Scan(&created, &updated)
	return created, updated, err
}

// compareLines makes differing: lines to add (fresh), to change, and gone ones, with how they were and become. Without any
// order that exists it is empty.
func (r *importRun) compareLines(ctx context.Context, any bool) error {
	columns := r.lineColumns()
	var values []value
	for _, c := range columns {
		values = append(values, value{column: c, sql: "k." + c})
	}
	before, after := images(values)
	limit := ""
	if !any {
		limit = " LIMIT 0"
	}
	_, err := r.tx.Exec(ctx, fmt.Sprintf(`
		CREATE TEMPORARY TABLE differing ON COMMIT DROP AS
		SELECT coalesce(k.order_id, t.order_id) AS order_id, coalesce(k.line, t.line) AS line, k.at_line, k.%s,
		       CASE WHEN t.order_id IS NULL THEN 'fresh' WHEN k.order_id IS NULL THEN 'gone' ELSE 'changed' END AS what,
		       CASE WHEN t.order_id IS NULL THEN NULL WHEN k.order_id IS NULL THEN to_jsonb(t) - '{order_id,line}'::text[] ELSE %s END AS before,
		       CASE WHEN t.order_id IS NOT NULL AND k.order_id IS NOT NULL THEN %s END AS after
		FROM (%s) k
		FULL JOIN (SELECT l.* FROM arrived a JOIN order_line l ON l.order_id = a.id WHERE NOT a.new) t ON t.order_id = k.order_id AND t.line = k.line
		WHERE k.order_id IS NULL OR t.order_id IS NULL OR (t.%s) IS DISTINCT FROM (k.%s)%s`,
		strings.Join(columns, ", k."), before, after, r.keyed("NOT a.new"), strings.Join(columns, ", t."), strings.Join(columns, ", k."), limit))
	if err != nil {
		return err
	}
	_, err = r.tx.Exec(ctx, `ANALYZE differing`)
	return err
}

// compareOrders makes touched: orders whose own columns differ, or that lose a line. What their lines add up to has no image:
// it is added up again when that is undone.
func (r *importRun) compareOrders(ctx context.Context) error {
	values := r.orderValues()
	before, after := images(values[:4])
	var old, fresh []string
	for _, v := range values {
		old, fresh = append(old, "t."+v.column), append(fresh, v.sql)
	}
	_, err := r.tx.Exec(ctx, fmt.Sprintf(`
		CREATE TEMPORARY TABLE touched ON COMMIT DROP AS
		SELECT a.id, t.client_id AS old_client, a.first_line, %s AS before, %s AS after FROM arrived a JOIN orders t USING (id)
		WHERE NOT a.new AND ((%s) IS DISTINCT FROM (%s) OR a.id IN (SELECT order_id FROM differing WHERE what = 'gone'))`,
		before, after, strings.Join(old, ", "), strings.Join(fresh, ", ")))
	return err
}

// orderValues are an order's columns as the file (a) and, for what the file has not, the order (t) have them; the last two
// follow from its lines.
func (r *importRun) orderValues() []value {
	delivered, cancelled := "t.delivered_on", "t.cancelled"
	if r.has("delivered_on") {
		delivered = "a.delivered_on"
	}
	if r.has("cancelled") {
		cancelled = "a.cancelled"
	}
	return []value{{column: "client_id", sql: "a.client_id"}, {column: "ordered_on", sql: "a.ordered_on"}, {column: "delivered_on", sql: delivered}, {column: "cancelled", sql: cancelled},
		{column: "amount", sql: "a.amount"}, {column: "counts", sql: "(a.positive AND NOT " + cancelled + ")"}}
}

// orderChanges are the statements that write what compareLines and compareOrders found, images first.
func (r *importRun) orderChanges() []string {
	columns := r.lineColumns()
	var set, own []string
	for _, c := range columns {
		set = append(set, c+" = d."+c)
	}
	for _, v := range r.orderValues() {
		own = append(own, v.column+" = "+v.sql)
	}
	return []string{
		fmt.Sprintf(`INSERT INTO import_image (run_id, noun, row_id, line, before, after) SELECT %d, 'orders', id, first_line, before, after FROM touched WHERE before <> '{}' ORDER BY id`, r.id),
		fmt.Sprintf(`INSERT INTO import_image (run_id, noun, row_id, key, line, before, after)
			SELECT %d, 'order_line', order_id, line, at_line, before, after FROM differing WHERE what <> 'fresh' ORDER BY order_id, line`, r.id),
		`DELETE FROM order_line l USING differing d WHERE d.what = 'gone' AND l.order_id = d.order_id AND l.line = d.line`,
		fmt.Sprintf(`UPDATE order_line l SET %s FROM differing d WHERE d.what = 'changed' AND l.order_id = d.order_id AND l.line = d.line`, strings.Join(set, ", ")),
		fmt.Sprintf(`INSERT INTO order_line (order_id, line, %[1]s, run_id) SELECT order_id, line, %[1]s, %[2]d FROM differing WHERE what = 'fresh'`,
			strings.Join(columns, ", "), r.id),
		fmt.Sprintf(`UPDATE orders t SET %s FROM arrived a WHERE a.id = t.id AND t.id IN (SELECT id FROM touched)`, strings.Join(own, ", ")),
		`INSERT INTO stale_now SELECT old_client FROM touched UNION SELECT a.client_id FROM arrived a WHERE a.id IN (SELECT id FROM touched UNION SELECT order_id FROM differing)`,
	}
}

// sayOrders notes what became of each row.
func (r *importRun) sayOrders(ctx context.Context) error {
	_, err := r.tx.Exec(ctx, `
		INSERT INTO said
		SELECT i.at_line, CASE WHEN a.new OR d.what = 'fresh' THEN 'created' ELSE 'updated' END
		FROM incoming i JOIN arrived a ON a.ref = i."order" LEFT JOIN differing d ON d.at_line = i.at_line
		WHERE a.new OR d.what IS NOT NULL OR a.id IN (SELECT id FROM touched)`)
	return err
}

// noteOrders marks the clients of new orders, and notes how new the data is.
func (r *importRun) noteOrders(ctx context.Context) error {
	_, err := r.tx.Exec(ctx, `INSERT INTO stale_now SELECT DISTINCT client_id FROM arrived WHERE new`)
	if err != nil {
		return err
	}
	_, err = r.tx.Exec(ctx, `UPDATE import_run SET newest_order_on = (SELECT max(ordered_on) FROM arrived) WHERE id = $1`, r.id)
	return err
}
