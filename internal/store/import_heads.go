package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// headColumns are what heads tell of their orders; whatever else they have is not about lines.
var headColumns = []string{"client", "ordered_on", "delivered_on", "cancelled"}

// joinHeads makes incoming of orders in two files: each line with what its head says, or, where the order is known and no head
// came, with what the order is. Heads of nobody, heads that come twice, lines without a head and heads without a line are put
// aside; who loses its head goes with it.
func (r *importRun) joinHeads(ctx context.Context) error {
	if r.heads == nil {
		if _, err := r.tx.Exec(ctx, `CREATE TEMPORARY TABLE heads (at_line bigint, "order" text, client text, ordered_on date) ON COMMIT DROP`); err != nil {
			return err
		}
	}
	for _, reject := range []func(context.Context) error{r.rejectHeads, r.rejectHeadless, r.rejectLineless} {
		if err := reject(ctx); err != nil {
			return fmt.Errorf("bring the two files together: %w", err)
		}
	}
	columns := []string{"l.at_line", "h.at_line AS head_line"}
	for _, c := range r.file.Columns() {
		if !slices.Contains(headColumns, c) || !r.fromHeads(c) {
			columns = append(columns, r.ofLine(c))
		}
	}
	for _, c := range headColumns {
		if !r.fromHeads(c) {
			continue
		}
		known := "o." + c
		if c == "client" {
			known = "c.ref"
		}
		columns = append(columns, fmt.Sprintf("CASE WHEN h.at_line IS NULL THEN %s ELSE h.%s END AS %s", known, c, c))
	}
	_, err := r.tx.Exec(ctx, `CREATE TEMPORARY TABLE incoming ON COMMIT DROP AS SELECT `+strings.Join(columns, ", ")+`
		FROM order_rows l LEFT JOIN heads h ON h."order" = l."order"
		LEFT JOIN orders o ON o.ref = l."order" AND h.at_line IS NULL LEFT JOIN client c ON c.id = o.client_id ORDER BY l.at_line; ANALYZE incoming`)
	return err
}

// ofLine is a line's own column. Where the head says that it is of a credit note, its amounts are negative whatever sign
// they came with.
func (r *importRun) ofLine(column string) string {
	own := "l." + pgx.Identifier{column}.Sanitize()
	if r.heads == nil || !r.heads.Has("document") {
		return own
	}
	sign := ""
	switch column {
	case "amount", "quantity", "cost":
		sign = "-"
	case "unit_price":
	default:
		return own
	}
	return fmt.Sprintf("CASE WHEN h.document = 'credit' THEN %sabs(%s) ELSE %s END AS %s", sign, own, own, column)
}

// fromHeads says that the column is the heads' to tell; client and date always are.
func (r *importRun) fromHeads(column string) bool {
	return column == "client" || column == "ordered_on" || r.heads != nil && r.heads.Has(column)
}

// headLine is the staged column with the line of an order's own row: null when there was none.
func (r *importRun) headLine() string {
	if r.flat() {
		return fileLine
	}
	return "head_line"
}

// nameOf is what a person calls the file.
func (r *importRun) nameOf(heads bool) string {
	file := r.file
	if heads {
		file = r.heads
	}
	if at := slices.Index(r.files, file); at < len(r.spec.Names) {
		return r.spec.Names[at]
	}
	if heads {
		return "the file of orders"
	}
	return "the file of lines"
}

func (r *importRun) rejectHeads(ctx context.Context) error {
	_, err := r.tx.Exec(ctx, `CREATE TEMPORARY TABLE lost_heads ON COMMIT DROP AS
		SELECT "order", at_line FROM heads h WHERE NOT EXISTS (SELECT FROM client c WHERE c.ref = h.client)`)
	if err != nil || r.heads == nil {
		return err
	}
	err = r.reject(ctx, r.heads, "client", `DELETE FROM heads h WHERE NOT EXISTS (SELECT FROM client c WHERE c.ref = h.client)
		RETURNING at_line, format('no client %s; import clients first', to_json(client))`)
	if err != nil {
		return err
	}
	return r.reject(ctx, r.heads, "order", `DELETE FROM heads h USING (SELECT "order", min(at_line) AS first FROM heads GROUP BY 1 HAVING count(*) > 1) f
		WHERE h."order" = f."order" AND h.at_line > f.first RETURNING h.at_line, format('the same as on line %s', f.first)`)
}

func (r *importRun) rejectHeadless(ctx context.Context) error {
	missing := "no order %s; give the file of orders with it"
	if r.heads != nil {
		missing = "no order %s in " + strings.ReplaceAll(r.nameOf(true), "%", "%%")
		err := r.reject(ctx, r.file, "order", `DELETE FROM order_rows l USING lost_heads b
			WHERE b."order" = l."order" AND NOT EXISTS (SELECT FROM heads h WHERE h."order" = l."order") AND b.at_line = (SELECT min(at_line) FROM lost_heads o WHERE o."order" = l."order")
			RETURNING l.at_line, format('its order on line %s of %s was rejected', b.at_line, $1::text)`, r.nameOf(true))
		if err != nil {
			return err
		}
	}
	return r.reject(ctx, r.file, "order", `DELETE FROM order_rows l WHERE NOT EXISTS (SELECT FROM heads h WHERE h."order" = l."order") AND NOT EXISTS (SELECT FROM orders o WHERE o.ref = l."order")
		RETURNING at_line, format($1::text, to_json(l."order"))`, missing)
}

func (r *importRun) rejectLineless(ctx context.Context) error {
	if r.heads == nil {
		return nil
	}
	return r.reject(ctx, r.heads, "order", `DELETE FROM heads h WHERE NOT EXISTS (SELECT FROM order_rows l WHERE l."order" = h."order")
		RETURNING at_line, format('no line of it in %s', $1::text)`, r.nameOf(false))
}
