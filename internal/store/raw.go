package store

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/relance/relance/internal/calendar"
)

// rawRow reads rows of Postgres' binary format straight into the same variables, row after row. A planning pass reads
// every client of a company, for which the driver's own conversion takes several times as long. Null reads as zero.
// It belongs to one goroutine.
type rawRow struct {
	columns []func(value []byte) error
}

// longestIntern bounds how many texts a column keeps: refs differ from row to row, countries and states do not.
const longestIntern = 512

// newRawRow readies the variables that targets point to, one per column; their types say how a column is read.
func newRawRow(targets []any) (*rawRow, error) {
	r := &rawRow{}
	for i, target := range targets {
		read := rawReader(target)
		if read == nil {
			return nil, fmt.Errorf("column %d: no reader for %T", i+1, target)
		}
		r.columns = append(r.columns, read)
	}
	return r, nil
}

// read fills the variables from the row that rows stand at.
func (r *rawRow) read(rows pgx.Rows) error {
	values := rows.RawValues()
	if len(values) != len(r.columns) {
		return fmt.Errorf("read a row: %d columns for %d variables", len(values), len(r.columns))
	}
	for i, value := range values {
		if err := r.columns[i](value); err != nil {
			return fmt.Errorf("read column %s: %w", rows.FieldDescriptions()[i].Name, err)
		}
	}
	return nil
}

func rawReader(target any) func([]byte) error {
	switch t := target.(type) {
	case *int64:
		return func(v []byte) (err error) { *t, err = rawInt(v); return err }
	case *int32:
		return func(v []byte) error { n, err := rawInt(v); *t = int32(n); return err }
	case *int:
		return func(v []byte) error { n, err := rawInt(v); *t = int(n); return err }
	case *float64:
		return func(v []byte) error { n, err := rawFixed(v, 8); *t = math.Float64frombits(n); return err }
	case *bool:
		return func(v []byte) error { *t = len(v) == 1 && v[0] == 1; return nil }
	case *string:
		return rawText(t)
	case *[]byte:
		return func(v []byte) error { *t = append((*t)[:0], v...); return nil }
	case *json.RawMessage: // kept beyond the row
		return func(v []byte) error { *t = bytes.Clone(v); return nil }
	case *calendar.Date:
		return func(v []byte) error { return rawDate(v, t) }
	case *time.Time:
		return func(v []byte) error { return rawTime(v, t) }
	}
	return nil
}

// rawInt reads an integer of two, four or eight bytes.
func rawInt(v []byte) (int64, error) {
	switch len(v) {
	case 0:
		return 0, nil
	case 2:
		return int64(int16(binary.BigEndian.Uint16(v))), nil
	case 4:
		return int64(int32(binary.BigEndian.Uint32(v))), nil
	case 8:
		return int64(binary.BigEndian.Uint64(v)), nil
	}
	return 0, fmt.Errorf("an integer of %d bytes", len(v))
}

func rawFixed(v []byte, size int) (uint64, error) {
	switch len(v) {
	case 0:
		return 0, nil
	case size:
		return binary.BigEndian.Uint64(v), nil
	}
	return 0, fmt.Errorf("%d bytes where %d are wanted", len(v), size)
}

// rawText keeps the texts that it has seen, up to a number, so that few of a pass' rows allocate.
func rawText(t *string) func([]byte) error {
	seen := map[string]string{}
	return func(v []byte) error {
		if string(v) == *t {
			return nil
		}
		known, ok := seen[string(v)]
		if !ok {
			known = string(v)
			if len(seen) < longestIntern {
				seen[known] = known
			}
		}
		*t = known
		return nil
	}
}

// postgresEpoch is the first day of Postgres' dates and times.
var postgresEpoch = calendar.NewDate(2000, time.January, 1)

// postgresEpochUnix is the same in seconds since 1970.
const postgresEpochUnix = 946684800

func rawDate(v []byte, d *calendar.Date) error {
	*d = 0
	n, err := rawInt(v)
	if err != nil || len(v) == 0 {
		return err
	}
	*d = postgresEpoch + calendar.Date(n)
	return nil
}

func rawTime(v []byte, t *time.Time) error {
	*t = time.Time{}
	n, err := rawFixed(v, 8)
	if err != nil || len(v) == 0 {
		return err
	}
	*t = time.UnixMicro(int64(n) + postgresEpochUnix*1e6).UTC()
	return nil
}
