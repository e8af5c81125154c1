package importer

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func readAll(t testing.TB, in io.Reader, delimiter, newline byte) (rows [][]string, lines []int64, problems []string) {
	t.Helper()
	return readRows(t, newRecords(in, dialect{delimiter: delimiter, quote: '"', newline: newline}))
}

func readRows(t testing.TB, r rows) (rows [][]string, lines []int64, problems []string) {
	t.Helper()
	for {
		rec, err := r.next()
		if errors.Is(err, io.EOF) {
			return rows, lines, problems
		}
		if err != nil {
			t.Fatal(err)
		}
		var row []string
		for _, c := range rec.cells {
			row = append(row, string(c))
		}
		if rec.problem != "" {
			row = nil
		}
		rows, lines, problems = append(rows, row), append(lines, rec.line), append(problems, rec.problem)
	}
}

func TestRecords(t *testing.T) {
	for _, c := range []struct {
		name, in string
		rows     [][]string
		lines    []int64
		problems []string
	}{
		{"quotes may hold delimiters, breaks and quotes", "a,\"b,\nc\",\"d \"\"e\"\"\"\nf,g,h\n", [][]string{{"a", "b,\nc", `d "e"`}, {"f", "g", "h"}}, []int64{1, 3}, []string{"", ""}},
		{"blanks around quotes are not part of the cell", "a, \"b, c\" ,d", [][]string{{"a", "b, c", "d"}}, []int64{1}, []string{""}},
		{"a quote inside a cell is a sign like others", "a,5\" pipe,c\n", [][]string{{"a", `5" pipe`, "c"}}, []int64{1}, []string{""}},
		{"blank lines are not rows", "a\n\n\r\nb\n", [][]string{{"a"}, {"b"}}, []int64{1, 4}, []string{"", ""}},
		{"empty cells stay cells", ",,\n", [][]string{{"", "", ""}}, []int64{1}, []string{""}},
		{"a quote that is never closed costs its line only", "a,\"b\nc,d\ne,f\n", [][]string{nil, {"c", "d"}, {"e", "f"}}, []int64{1, 2, 3}, []string{"a quote is opened and never closed", "", ""}},
		{"a stray quote does not swallow the rows up to the next", "1,\"a\n2,b\n3,\"c\"\n4,d\n", [][]string{nil, {"2", "b"}, {"3", "c"}, {"4", "d"}}, []int64{1, 2, 3, 4}, []string{"a quote is opened and never closed", "", "", ""}},
		{"text after a closing quote is a problem", "\"a\"b,c\n", [][]string{nil}, []int64{1}, []string{"text after a closing quote"}},
		{"a zero byte is a problem", "a\x00,b\n", [][]string{nil}, []int64{1}, []string{"holds a zero byte"}},
	} {
		for _, in := range []io.Reader{strings.NewReader(c.in), iotest.OneByteReader(strings.NewReader(c.in))} {
			rows, lines, problems := readAll(t, in, ',', '\n')
			if !reflect.DeepEqual(rows, c.rows) || !reflect.DeepEqual(lines, c.lines) || !reflect.DeepEqual(problems, c.problems) {
				t.Errorf("%s: %q %v %q, want %q %v %q", c.name, rows, lines, problems, c.rows, c.lines, c.problems)
			}
		}
	}
}

// Every line opens a quote that the next one does not close for good: what was looked at in vain must not be looked at
// again for each of them, and the lines around are read as ever.
func TestQuotesThatAreNeverClosedCostNoMoreThanTheFile(t *testing.T) {
	const bad = 200_000
	in := "x,\"two\nlines\"\n" + strings.Repeat("a\",\"x\n", bad) + strings.Repeat("c,d\n", bad) + "x,\"two\nlines\"\n"
	start := time.Now()
	rows, lines, problems := readAll(t, strings.NewReader(in), ',', '\n')
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
	wrong := 0
	for _, p := range problems {
		if p != "" {
			wrong++
		}
	}
	last := len(rows) - 1
	if wrong != bad || last != 2*bad+1 || lines[last] != 2*bad+3 {
		t.Fatalf("%d of %d rows are wrong, the last on line %d; want %d of %d, on line %d", wrong, last+1, lines[last], bad, 2*bad+2, 2*bad+3)
	}
	if want := []string{"x", "two\nlines"}; !reflect.DeepEqual(rows[0], want) || !reflect.DeepEqual(rows[last], want) {
		t.Errorf("first %q, last %q, want %q", rows[0], rows[last], want)
	}
}

// dataDir is the shared test data, or a skip.
func dataDir(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != "/"; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "..", "shared", "data")); err == nil {
			return filepath.Join(dir, "..", "shared", "data")
		}
	}
	t.Skip("no shared test data")
	return ""
}

// The expected cells are those of csv-spectrum's own JSON.
func TestSpectrum(t *testing.T) {
	dir := filepath.Join(dataDir(t), "csv_torture", "csv-spectrum")
	files, err := filepath.Glob(filepath.Join(dir, "csvs", "*.csv"))
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, name := range files {
		if filepath.Base(name) == "location_coordinates.csv" {
			continue // its JSON has another number than its CSV
		}
		src, _, err := shapeOf(t, name)
		if err != nil {
			t.Fatal(err)
		}
		in, err := src.open()
		if err != nil {
			t.Fatal(err)
		}
		rows, _, _ := readRows(t, in)
		got := []map[string]string{}
		for _, row := range rows[1:] {
			m := map[string]string{}
			for i, h := range rows[0] {
				m[h] = row[i]
			}
			got = append(got, m)
		}
		source, err := os.ReadFile(filepath.Join(dir, "json", strings.TrimSuffix(filepath.Base(name), ".csv")+".json"))
		if err != nil {
			t.Fatal(err)
		}
		want := []map[string]string{} // the line ends of newlines_crlf.csv were lost on its way here
		if err := json.Unmarshal(bytes.ReplaceAll(source, []byte(`\r\n`), []byte(`\n`)), &want); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v", filepath.Base(name), got, want)
		}
	}
}

// FuzzRecords holds two laws: what encoding/csv writes is read back cell by cell, and anything else is read to its end
// with lines that only go up.
func FuzzRecords(f *testing.F) {
	f.Add("a,b\n\"c\nd\",e\n", "x", "y\"\n")
	f.Add("\"", ",", "\r\n\"\"")
	f.Fuzz(func(t *testing.T, raw, a, b string) {
		_, lines, _ := readAll(t, strings.NewReader(raw), ',', '\n')
		for i := 1; i < len(lines); i++ {
			if lines[i] <= lines[i-1] {
				t.Fatalf("line %d after line %d", lines[i], lines[i-1])
			}
		}
		if strings.ContainsAny(a+b, "\x00\r") || badBytes([]byte(a)) != "" || badBytes([]byte(b)) != "" {
			return
		}
		var out strings.Builder
		w := csv.NewWriter(&out)
		if err := errors.Join(w.Write([]string{"x", a, b}), w.Write([]string{"y", b, a})); err != nil {
			t.Fatal(err)
		}
		w.Flush()
		rows, _, _ := readAll(t, strings.NewReader(out.String()), ',', '\n')
		if want := [][]string{{"x", a, b}, {"y", b, a}}; !reflect.DeepEqual(rows, want) {
			t.Fatalf("%q, want %q", rows, want)
		}
	})
}
