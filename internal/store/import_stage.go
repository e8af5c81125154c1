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

// badRows is how many bytes of rejected rows are held before they go to their own table; the copying of good rows pauses.
const badRows = 1 << 20

// stage fills the temporary table incoming: a row per good row of the file, with its line and typed cells; what the file
// itself says is wrong goes to rejected. Parsing and COPY run beside each other; nothing but buffers is held in memory.
// The heads of orders in two files go to heads, and are laid beside their lines (see joinHeads).
func (r *importRun) stage(ctx context.Context) error {
	if r.heads == nil && r.file.Part() != importer.Lines {
		return r.stageFile(ctx, r.file, "incoming")
	}
	if r.heads != nil {
		if err := r.stageFile(ctx, r.heads, "heads"); err != nil {
			return err
		}
	}
	if err := r.stageFile(ctx, r.file, "order_rows"); err != nil {
		return err
	}
	return r.joinHeads(ctx)
}

func (r *importRun) stageFile(ctx context.Context, f *importer.File, table string) error {
	var columns, definitions []string
	for _, name := range append([]string{fileLine}, f.Columns()...) {
		quoted := pgx.Identifier{name}.Sanitize()
		columns = append(columns, quoted)
		definitions = append(definitions, quoted+" "+stagedType(f.Kind(), name))
	}
	if _, err := r.tx.Exec(ctx, "CREATE TEMPORARY TABLE "+table+" ("+strings.Join(definitions, ", ")+") ON COMMIT DROP"); err != nil {
		return err
	}
	into := "COPY " + table + " (" + strings.Join(columns, ", ") + ") FROM STDIN"
	for ended := false; !ended; {
		err := r.copyRows(ctx, into, func(w io.Writer) (err error) {
			ended, err = r.encode(f, w)
			return err
		})
		if err != nil {
			return err
		}
		if err := r.copyBad(ctx); err != nil {
			return err
		}
	}
	if _, err := r.tx.Exec(ctx, "ANALYZE "+table); err != nil { // or the plans below are made for a handful of rows
		return err
	}
	return r.resolveAliases(ctx, f, table)
}

func (r *importRun) copyRows(ctx context.Context, sql string, encode func(io.Writer) error) error {
	out, in := io.Pipe()
	parsed := make(chan error, 1)
	go func() {
		err := encode(in)
		in.CloseWithError(err) // nil closes with io.EOF
		parsed <- err
	}()
	_, err := r.tx.Conn().PgConn().CopyFrom(ctx, out, sql)
	out.CloseWithError(errCopyEnded)
	if parseErr := <-parsed; err == nil || (parseErr != nil && ctx.Err() == nil && !errors.Is(parseErr, io.ErrClosedPipe) && !errors.Is(parseErr, errCopyEnded)) {
		err = errors.Join(err, parseErr)
	}
	return err
}

// encode writes good rows in COPY's text format, until the file ends or enough bad ones wait.
func (r *importRun) encode(f *importer.File, w io.Writer) (ended bool, err error) {
	const chunk = 1 << 16
	buf := make([]byte, 0, 2*chunk)
	for {
		row, err := importer.Row{}, error(nil)
		if len(r.bad) < badRows {
			row, err = f.Next()
		}
		if ended = errors.Is(err, io.EOF); ended || len(r.bad) >= badRows {
			_, err = w.Write(buf)
			r.progress()
			return ended, err
		}
		if err != nil {
			return false, fmt.Errorf("read the file: %w", err)
		}
		if row.Reason != "" {
			r.putAside(f, row)
			continue
		}
		buf = appendRow(buf, row)
		if len(buf) >= chunk {
			if _, err := w.Write(buf); err != nil {
				return false, err
			}
			r.progress()
			buf = buf[:0]
		}
	}
}

// putAside notes a row that the file itself says is wrong.
func (r *importRun) putAside(f *importer.File, row importer.Row) {
	r.report.Rejected++
	r.bad = strconv.AppendInt(r.bad, int64(slices.Index(r.files, f)), 10)
	r.bad = strconv.AppendInt(append(r.bad, '\t'), row.Line, 10)
	for _, text := range []string{row.Column, row.Reason} {
		r.bad = appendEscaped(append(r.bad, '\t'), []byte(strings.ReplaceAll(strings.ToValidUTF8(text, "?"), "\x00", "?")))
	}
	r.bad = append(r.bad, '\n')
}

func (r *importRun) copyBad(ctx context.Context) error {
	if len(r.bad) == 0 {
		return nil
	}
	_, err := r.tx.Conn().PgConn().CopyFrom(ctx, bytes.NewReader(r.bad), "COPY rejected FROM STDIN")
	r.bad = r.bad[:0]
	return err
}

func (r *importRun) progress() {
	if r.spec.Progress == nil {
		return
	}
	var read int64
	for _, f := range r.files {
		read += f.Read()
	}
	r.spec.Progress(read)
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
