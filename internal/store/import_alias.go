package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/relance/relance/internal/importer"
)

// resolveAliases has the staged rows of a file name the clients that are left after merges, and keeps under which ref they
// came: called right after they were staged into table. Rows about a merged client itself change the kept one only in what
// has changed since the merge, and not at all when the file has the kept one's own row.
func (r *importRun) resolveAliases(ctx context.Context, f *importer.File, table string) error {
	if f.Has("client") {
		if _, err := r.tx.Exec(ctx, `ALTER TABLE `+table+` ADD came_as text`); err != nil {
			return err
		}
	}
	if f.Kind() == importer.Clients && f.Has("group") {
		if err := r.rejectCircles(ctx, f); err != nil {
			return fmt.Errorf("look for circles of groups: %w", err)
		}
	}
	aliased, err := r.anyAlias(ctx)
	if err != nil || !aliased {
		return err
	}
	if f.Kind() == importer.Clients {
		return r.resolveClients(ctx, f)
	}
	if !f.Has("client") {
		return nil
	}
	_, err = r.tx.Exec(ctx, `UPDATE `+table+` i SET client = c.ref, came_as = a.ref FROM client_alias a JOIN client c ON c.id = a.client_id WHERE i.client = a.ref`)
	if err != nil {
		return fmt.Errorf("resolve aliases: %w", err)
	}
	return nil
}

func (r *importRun) anyAlias(ctx context.Context) (any bool, err error) {
	return any, r.tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM client_alias)`).Scan(&any)
}

// rejectCircles puts aside clients whose parent is, over some steps, themselves. A client that names itself is the head of
// its group.
func (r *importRun) rejectCircles(ctx context.Context, f *importer.File) error {
	return r.reject(ctx, f, "group", `
		WITH RECURSIVE edge AS MATERIALIZED (
			SELECT ref, "group" AS up FROM incoming WHERE "group" <> ref
			UNION ALL SELECT ref, group_ref FROM client c WHERE group_ref <> ref AND NOT EXISTS (SELECT FROM incoming i WHERE i.ref = c.ref)),
		walk AS (
			SELECT ref AS start, up, 1 AS steps FROM edge WHERE up IN (SELECT ref FROM edge)
			UNION ALL SELECT w.start, e.up, w.steps + 1 FROM walk w JOIN edge e ON e.ref = w.up WHERE w.up <> w.start AND w.steps < 20)
		DELETE FROM incoming i USING (SELECT DISTINCT start FROM walk WHERE up = start) c WHERE i.ref = c.start
		RETURNING i.at_line, format('the group of %s comes back to itself', to_json(i.ref))`)
}

// aliasColumn is a column of a clients file: as staged, in the table, and the SQL of the staged and of the current value.
type aliasColumn struct{ staged, column, value, current string }

// aliasColumns are those that the file has, but for ref and attributes.
func aliasColumns(f *importer.File) (list []aliasColumn) {
	for _, staged := range f.Columns() {
		quoted := pgx.Identifier{staged}.Sanitize()
		switch staged {
		case "ref", "attributes":
		case "group":
			list = append(list, aliasColumn{quoted, "group_ref", "i." + quoted, "t.group_ref"})
		case "rep", "inside_rep":
			list = append(list, aliasColumn{quoted, staged + "_id", "(SELECT id FROM rep WHERE ref = i." + staged + ")", "(SELECT ref FROM rep WHERE id = t." + staged + "_id)"})
		default:
			list = append(list, aliasColumn{quoted, staged, "i." + quoted, "t." + quoted})
		}
	}
	return list
}

// resolveClients brings rows about merged clients to the kept ones, in these steps: groups are named by the client that is
// left; what merging filled is not emptied by a file that never had it; a row under an alias yields to the kept one's own
// row, and to an earlier one; else it gives what differs from the row as it was merged.
func (r *importRun) resolveClients(ctx context.Context, f *importer.File) error {
	steps := []string{}
	if f.Has("group") {
		steps = append(steps, `UPDATE incoming i SET "group" = c.ref FROM client_alias a JOIN client c ON c.id = a.client_id WHERE i."group" = a.ref`)
	}
	for _, c := range aliasColumns(f) {
		if slices.Contains(neverFilled, c.column) {
			continue
		}
		steps = append(steps, fmt.Sprintf(`
			UPDATE incoming i SET %[1]s = coalesce((SELECT d.%[1]s FROM incoming d WHERE d.ref = m.dropped_ref ORDER BY d.at_line LIMIT 1), %[3]s)
			FROM client t JOIN client_merge m ON m.kept_id = t.id AND m.undone_at IS NULL AND m.image -> 'filled' ? '%[2]s' WHERE i.ref = t.ref AND i.%[1]s IS NULL`,
			c.staged, c.column, c.current))
	}
	if f.Has("attributes") {
		steps = append(steps, `UPDATE incoming i SET attributes = jsonb_strip_nulls(i.attributes) FROM client t WHERE i.ref = t.ref AND t.id IN (SELECT client_id FROM client_alias)`,
			`UPDATE incoming i SET attributes = '{}' FROM client_alias a WHERE i.ref = a.ref`)
	}
	steps = append(steps, `
		DELETE FROM incoming i USING client_alias a JOIN client c ON c.id = a.client_id
		WHERE i.ref = a.ref AND (EXISTS (SELECT FROM incoming k WHERE k.ref = c.ref)
			OR EXISTS (SELECT FROM incoming o JOIN client_alias b ON b.ref = o.ref WHERE b.client_id = a.client_id AND o.at_line < i.at_line))`)
	var set []string
	for _, c := range aliasColumns(f) {
		set = append(set, fmt.Sprintf(`%[1]s = CASE WHEN i.%[1]s IS NULL OR %[3]s::text IS NOT DISTINCT FROM m.image -> 'dropped' ->> '%[2]s' THEN %[4]s ELSE i.%[1]s END`, c.staged, c.column, c.value, c.current))
	}
	steps = append(steps, fmt.Sprintf(`UPDATE incoming i SET ref = t.ref, %s FROM client_alias a JOIN client_merge m ON m.id = a.merge_id JOIN client t ON t.id = a.client_id WHERE i.ref = a.ref`,
		strings.Join(set, ", ")))
	for _, sql := range steps {
		if _, err := r.tx.Exec(ctx, sql); err != nil {
			return fmt.Errorf("resolve aliases: %w", err)
		}
	}
	return nil
}

// noteAliases keeps with new rows under which alias they came, so that undoing a merge gives them back; called once the
// rows are in their tables. A row that comes under the client's own ref is its own from then on.
func (r *importRun) noteAliases(ctx context.Context) error {
	aliased, err := r.anyAlias(ctx)
	if err != nil || !aliased {
		return err
	}
	var sql []string
	switch r.report.Kind {
	case importer.Contacts: // its key begins with the alias already
		sql = []string{`UPDATE contact t SET came_as = i.came_as FROM incoming i JOIN client c ON c.ref = i.client
			WHERE t.client_id = c.id AND t.key = i.key AND i.came_as IS NOT NULL AND t.came_as IS NULL`}
	case importer.Orders:
		sql = r.noteOrderAliases()
	case importer.Contracts:
		sql = []string{noteByRef("contract", "incoming", "ref")}
	case importer.Activities:
		sql = []string{noteActivitiesSQL}
		if r.file.Has("ref") {
			sql = []string{noteByRef("activity", "incoming", "ref"), strings.Replace(noteActivitiesSQL, "i.found IS NULL", "i.found IS NULL AND i.ref IS NULL", 1)}
		}
	}
	for _, statement := range sql {
		if _, err := r.tx.Exec(ctx, statement, r.idIfAsked(statement)...); err != nil {
			return fmt.Errorf("note aliases: %w", err)
		}
	}
	return nil
}

func (r *importRun) idIfAsked(sql string) []any {
	if strings.Contains(sql, "$1") {
		return []any{r.id}
	}
	return nil
}

// noteOrderAliases reads who an order is of where the files say it: lines that come alone do not.
func (r *importRun) noteOrderAliases() []string {
	switch {
	case r.heads != nil:
		return []string{noteByRef("orders", "heads", `"order"`)}
	case r.file.Has("client"):
		return []string{noteByRef("orders", "incoming", `"order"`)}
	}
	return nil
}

func noteByRef(table, staged, column string) string {
	return fmt.Sprintf(`UPDATE %s t SET came_as = i.came_as FROM (SELECT DISTINCT ON (%[3]s) %[3]s AS ref, came_as FROM %[2]s WHERE %[3]s IS NOT NULL ORDER BY %[3]s, at_line) i
		WHERE t.ref = i.ref AND t.came_as IS DISTINCT FROM i.came_as`, table, staged, column)
}

// noteActivitiesSQL finds the new activities without a ref: the nth new row of a client, kind and time is the nth new one there.
const noteActivitiesSQL = `
	WITH named AS (
		SELECT i.came_as, c.id AS client_id, i.kind, i.at, row_number() OVER (PARTITION BY c.id, i.kind, i.at ORDER BY i.at_line) AS nth
		FROM incoming i JOIN client c ON c.ref = i.client WHERE i.found IS NULL),
	added AS (
		SELECT id, client_id, kind, at, row_number() OVER (PARTITION BY client_id, kind, at ORDER BY id) AS nth
		FROM activity a WHERE run_id = $1 AND ref IS NULL AND NOT EXISTS (SELECT FROM incoming i WHERE i.found = a.id))
	UPDATE activity t SET came_as = n.came_as FROM named n JOIN added d USING (client_id, kind, at, nth) WHERE t.id = d.id AND n.came_as IS NOT NULL`
