package store

import (
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// images writes the columns of a row (t) that change, as JSON: as they are, and as they become. Attributes go one by one, so
// that two sources that fill different ones do not stand in each other's way.
func images(values []value) (before, after string) {
	var was, becomes []string
	for _, v := range values {
		if v.column == "attributes" {
			was = append(was, attributesThatChange("t.attributes", v.final()))
			becomes = append(becomes, attributesThatChange(v.final(), "t.attributes"))
			continue
		}
		differs := fmt.Sprintf("t.%s IS DISTINCT FROM %s", pgx.Identifier{v.column}.Sanitize(), v.final())
		was = append(was, imageOf(differs, v.column, "t."+pgx.Identifier{v.column}.Sanitize()))
		becomes = append(becomes, imageOf(differs, v.column, v.final()))
	}
	return strings.Join(was, " || "), strings.Join(becomes, " || ")
}

func imageOf(differs, column, sql string) string {
	return fmt.Sprintf("CASE WHEN %s THEN jsonb_build_object('%s', %s) ELSE '{}' END", differs, column, sql)
}

// attributesThatChange are those of one that the other has not, or has otherwise; missing ones are null.
func attributesThatChange(one, other string) string {
	return fmt.Sprintf(`(SELECT coalesce(jsonb_object_agg('attributes.' || k, %[1]s -> k), '{}') FROM jsonb_object_keys(%[1]s || %[2]s) k WHERE %[1]s -> k IS DISTINCT FROM %[2]s -> k)`,
		one, other)
}
