package importer

import (
	"encoding/csv"
	"encoding/json"
	"iter"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"
)

func sequence(rejections []Rejection) iter.Seq2[Rejection, error] {
	return func(yield func(Rejection, error) bool) {
		for _, r := range rejections {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// rejectedFile imports a file and gives the file of its rejected rows, with some more that the store rejected.
func rejectedFile(t *testing.T, kind Kind, text string, more ...Rejection) string {
	t.Helper()
	f, err := Open(kind, Text("x", text), Options{})
	if err != nil {
		t.Fatal(err)
	}
	var rejections []Rejection
	for row, err := f.Next(); err == nil; row, err = f.Next() {
		if row.Reason != "" {
			rejections = append(rejections, Rejection{Line: row.Line, Column: row.Column, Reason: row.Reason})
		}
	}
	read, notes := f.Read(), f.Shape().Notes
	var out strings.Builder
	if err := f.WriteRejected(&out, sequence(append(rejections, more...))); err != nil {
		t.Fatal(err)
	}
	if f.Read() != read || !reflect.DeepEqual(f.Shape().Notes, notes) {
		t.Error("reading the file once more has changed its counts")
	}
	return out.String()
}

func TestRejectedRowsComeBackAsAFile(t *testing.T) {
	windows := encoded(t, charmap.Windows1252, "Titre\n\nCode client;Raison sociale;Ville;Créé le\nA;Éric;Lille;05/02/2026\nB;;\"Lyon; 3e\";31/01/2026\nC;Côté;=1+1;32/01/2026\nD;d;-12,5;x\nE;\"é\n\"\"x\"\"\";@sum;y\nF;f;g\nG;g;g;31/01/2026\n")
	for _, c := range []struct {
		name, text, want string
		more             []Rejection
	}{
		{"the cells as they were, in UTF-8, with what would run as a formula made harmless", windows, "\ufeffrelance_line;relance_column;relance_reason;Code client;Raison sociale;Ville;Créé le\r\n" +
			"5;name;\"empty, but needed\";B;;\"Lyon; 3e\";31/01/2026\r\n" +
			"6;created_on;\"\"\"32/01/2026\"\": no such day\";C;Côté;'=1+1;32/01/2026\r\n" +
			"7;created_on;\"\"\"x\"\": not a date\";D;d;\"-12,5\";x\r\n" +
			"8;created_on;\"\"\"y\"\": not a date\";E;\"é\n\"\"x\"\"\";'@sum;y\r\n" +
			"10;;\"only 3 cells, but 4 headings\";F;f;g\r\n" +
			"11;rep;\"no rep \"\"R\"\"\";G;g;g;31/01/2026\r\n", []Rejection{{Line: 11, Column: "rep", Reason: `no rep "R"`}, {Line: 99, Reason: "of no row"}}},
		{"a line without cells", "ref,name\nA,\"B\nC,D\n", "\ufeffrelance_line,relance_column,relance_reason,ref,name\r\n2,,a quote is opened and never closed,\"A,\"\"B\"\r\n", nil},
		{"JSON Lines", `{"ref":"A","name":null}` + "\n" + `{"ref":"B","name":"x"}` + "\n" + `{x` + "\n", "\ufeffrelance_line;relance_column;relance_reason;ref;name\r\n1;name;\"empty, but needed\";A;\r\n3;;not a JSON object;{x\r\n", nil},
	} {
		if got := rejectedFile(t, Clients, c.text, c.more...); got != c.want {
			t.Errorf("%s:\n%q, want\n%q", c.name, got, c.want)
		}
	}
}

// What is corrected and imported again has the same values as if it had been right at first.
func TestRejectedRowsAreImportedAgain(t *testing.T) {
	text := "ref;name;city;created_on\nA;@home;=x;nope\nB;'quoted';+33 1;nope\n"
	corrected := strings.ReplaceAll(rejectedFile(t, Clients, text), ";nope", ";2026-01-31")
	rows, rejections, err := table(t, Clients, corrected, Options{})
	want := []string{"ref=A name=@home city==x created_on=2026-01-31", "ref=B name='quoted' city=+33 1 created_on=2026-01-31"}
	if err != nil || len(rejections) > 0 || !reflect.DeepEqual(rows, want) {
		t.Errorf("%q %v %v, want %q", rows, rejections, err, want)
	}
}

// The rows of a real export that has a cell too many come back with all their cells, as encoding/csv reads them.
func TestRejectedRowsOfARealFile(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(dataDir(t), "northwind_malformed", "customers.csv"))
	if err != nil {
		t.Fatal(err)
	}
	again := csv.NewReader(strings.NewReader(strings.TrimPrefix(rejectedFile(t, Clients, string(b)), "\ufeff")))
	again.FieldsPerRecord = -1
	rows, err := again.ReadAll()
	if err != nil || len(rows) != 25 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	lines := strings.Split(string(b), "\n")
	for i, at := range []int{8, 9, 10, 16, 19, 22, 23, 24, 27, 30, 31, 32, 35, 41, 58, 62, 63, 68, 70, 75, 77, 82, 85, 89} {
		if want := strings.Split(lines[at-1], ","); !reflect.DeepEqual(rows[i+1][3:], want) {
			t.Errorf("line %d: %q, want %q", at, rows[i+1][3:], want)
		}
	}
}

func TestOptionsAsJSON(t *testing.T) {
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{}, `{}`},
		{Options{Map: map[string]string{"ref": "Code", "rep": ""}, Dates: DayFirst, Decimal: ',', Delimiter: '\t', Quote: 'n', Encoding: "utf-8", Header: 3, Sheet: "S", Member: "m", Country: "BE", Zone: time.UTC},
			`{"map":{"ref":"Code","rep":""},"dates":"dmy","decimal":"comma","delimiter":"tab","quote":"none","encoding":"utf-8","header":3,"sheet":"S","member":"m"}`},
		{Options{Delimiter: '~', Quote: '\'', Decimal: '.'}, `{"decimal":"point","delimiter":"~","quote":"single"}`},
	} {
		got, err := json.Marshal(c.o)
		if err != nil || string(got) != c.want {
			t.Errorf("%s %v, want %s", got, err, c.want)
		}
		var again Options
		c.o.Country, c.o.Zone = "", nil
		if err := json.Unmarshal(got, &again); err != nil || !reflect.DeepEqual(again, c.o) {
			t.Errorf("%s gives %+v %v, want %+v", got, again, err, c.o)
		}
	}
	for _, word := range []string{"semicolons", "n", "é", "\x01"} {
		if sign, err := ParseSign(word); err == nil {
			t.Errorf("%q is read as %q", word, sign)
		}
	}
}

func TestPreview(t *testing.T) {
	f, err := Open(Clients, Text("x", "ref;Nom;CP;Fax\nA;Alpha;08000;1\nB;;x;2\nC;Gamma;59000;\n"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := f.Preview(2)
	want := []PreviewRow{{Line: 2, Cells: []string{"A", "Alpha", "08000", "1"}, Values: map[string]string{"ref": "A", "name": "Alpha", "postcode": "08000", "attributes": `{"fax":"1"}`}},
		{Line: 3, Cells: []string{"B", "", "x", "2"}, Column: "name", Reason: "empty, but needed"}}
	if err != nil || !reflect.DeepEqual(rows, want) {
		t.Errorf("%+v %v, want %+v", rows, err, want)
	}
	columns := []Found{{"ref", "ref", "name"}, {"Nom", "name", "usual"}, {"CP", "postcode", "usual"}, {"Fax", "fax", "attribute"}}
	if s := f.Shape(); !reflect.DeepEqual(s.Columns, columns) || s.Format != "csv" || s.Delimiter != "semicolon" || s.Header != 1 {
		t.Errorf("%+v", s)
	}
	if row, err := f.Next(); err != nil || row.Line != 2 || f.Read() != 1 {
		t.Errorf("after the preview: line %d %v, %d read", row.Line, err, f.Read())
	}
}
