package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/relance/relance/internal/importer"
)

// fileLine is the staged column with a row's line in the file; `line` is a column of orders.
const fileLine = "at_line"

// stage fills the temporary table incoming: a row per good row of the file, with its line and typed cells. Parsing and
// COPY run beside each other; nothing but a buffer is held in memory.
func (r *importRun) stage(ctx context.Context) error {
	var columns, definitions []string
	for _, name := range append([]string{fileLine}, r.file.Columns()...) {
		quoted := pgx.Identifier{name}.Sanitize()
		columns = append(columns, quoted)
		definitions = append(definitions, quoted+" "+stagedType(r.file.Kind(), name))
	}
	if _, err := r.tx.Exec(ctx, "CREATE TEMPORARY TABLE incoming ("+strings.Join(definitions, ", ")+") ON COMMIT DROP"); err != nil {
		return err
	}
	if err := r.copyRows(ctx, "COPY incoming ("+strings.Join(columns, ", ")+") FROM STDIN"); err != nil {
		return err
	}
	_, err := r.tx.Exec(ctx, "ANALYZE incoming") // or the plans below are made for a handful of rows
	return err
}

func (r *importRun) copyRows(ctx context.Context, sql string) error {
	out, in := io.Pipe()
	parsed := make(chan error, 1)
	go func() {
		err := r.encode(in)
		in.CloseWithError(err) // nil closes with io.EOF
		parsed <- err
	}()
	_, err := r.tx.Conn().PgConn().CopyFrom(ctx, out, sql)
	out.CloseWithError(errors.New("the copy has ended"))
	if parseErr := <-parsed; err == nil || (parseErr != nil && ctx.Err() == nil && !errors.Is(parseErr, io.ErrClosedPipe)) {
		err = errors.Join(err, parseErr)
	}
	return err
}

// encode writes the rows in COPY's text format.
func (r *importRun) encode(w io.Writer) error {
	const chunk = 1 << 16
	buf := make([]byte, 0, 2*chunk)
	for {
		row, err := r.file.Next()
		if errors.Is(err, io.EOF) {
			_, err = w.Write(buf)
			r.progress()
			return err
		}
		if err != nil {
			return fmt.Errorf("read the file: %w", err)
		}
		if row.Reason != "" {
			*r.rejections = append(*r.rejections, importer.Rejection{Line: row.Line, Column: row.Column, Reason: row.Reason})
			continue
		}
		buf = appendRow(buf, row)
		if len(buf) >= chunk {
			if _, err := w.Write(buf); err != nil {
				return err
			}
			r.progress()
			buf = buf[:0]
		}
	}
}

func (r *importRun) progress() {
	if r.spec.Progress != nil {
		r.spec.Progress(r.file.Read())
	}
}

func appendRow(buf []byte, row importer.Row) []byte {
	buf = strconv.AppendInt(buf, row.Line, 10)
	for _, cell := range row.Cells {
		buf = append(buf, '\t')
		if cell == nil {
			buf = append(buf, `\N`...)
			continue
		}
		buf = appendEscaped(buf, cell)
	}
	return append(buf, '\n')
}

func appendEscaped(buf, cell []byte) []byte {
	if !bytes.ContainsAny(cell, "\\\t\n\r") {
		return append(buf, cell...)
	}
	for _, c := range cell {
		switch c {
		case '\\':
			buf = append(buf, `\\`...)
		case '\t':
			buf = append(buf, `\t`...)
		case '\n':
			buf = append(buf, `\n`...)
		case '\r':
			buf = append(buf, `\r`...)
		default:
			buf = append(buf, c)
		}
	}
	return buf
}

// stagedType is the type of a staged cell: that of the column it goes to, so that what is compared is what was stored.
func stagedType(kind importer.Kind, column string) string {
	switch column {
	case fileLine:
		return "bigint NOT NULL"
	case "attributes":
		return "jsonb"
	case "at":
		return "timestamptz"
	case "inside", "main", "cancelled":
		return "boolean"
	case "capacity", "visits_per_year", "minutes", "notice_days":
		return "integer"
	case "potential":
		return "numeric(14, 2)"
	}
	switch {
	case strings.HasSuffix(column, "_on"):
		return "date"
	case slices.Contains([]string{"amount", "cost"}, column) && (kind == importer.Contracts || kind == importer.Activities):
		return "numeric(14, 2)"
	case slices.Contains([]string{"amount", "quantity", "unit_price", "discount", "cost", "list_price"}, column):
		return "numeric"
	}
	return "text"
}
