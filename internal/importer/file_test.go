package importer

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// table reads a whole file: each row as column=cell of what is not empty, and what was put aside.
func table(t *testing.T, kind Kind, text string, o Options) (rows []string, rejections []Rejection, err error) {
	t.Helper()
	return readFile(kind, Text("test.csv", text), o)
}

func readFile(kind Kind, in Input, o Options) (rows []string, rejections []Rejection, err error) {
	f, err := Open(kind, in, o)
	if err != nil {
		return nil, nil, err
	}
	for {
		row, err := f.Next()
		if errors.Is(err, io.EOF) {
			return rows, rejections, nil
		}
		if err != nil {
			return nil, nil, err
		}
		if row.Reason != "" {
			rejections = append(rejections, Rejection{Line: row.Line, Column: row.Column, Reason: row.Reason})
			continue
		}
		var cells []string
		for i, c := range row.Cells {
			if c != nil {
				cells = append(cells, f.Columns()[i]+"="+string(c))
			}
		}
		rows = append(rows, strings.Join(cells, " "))
	}
}

func TestFilesAsCompaniesHaveThem(t *testing.T) {
	windows := func(s string) string {
		out, err := charmap.Windows1252.NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String("ref;name\r\nA;Éric\r\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		kind Kind
		text string
		o    Options
		want []string
	}{
		{"a French export of clients", Clients, windows("Code client;Raison sociale;CP;Ville;Tél.;Pays;Bloqué;Date création\r\n0042;Hélène & Cie;08000;Charleville;01 99 00 12 34;;impayé;31/01/2024\r\n"), Options{},
			[]string{"ref=0042 name=Hélène & Cie postcode=08000 city=Charleville phone=01 99 00 12 34 blocked=impayé created_on=2024-01-31 phone_e164=+33199001234"}},
		{"an English one, with a mark", Clients, "\ufeffcustomer_id,company_name,country,phone\nA,Acme,Germany,030 23125 012\n", Options{}, []string{"ref=A name=Acme country=DE phone=030 23125 012 phone_e164=+493023125012"}},
		{"UTF-16", Clients, utf16, Options{}, []string{"ref=A name=Éric"}},
		{"bare carriage returns", Clients, "ref\tname\rA\tB\r", Options{}, []string{"ref=A name=B"}},
		{"French order lines", Orders, "N° commande;Code client;Date commande;Qté;Prix unitaire;Remise;Montant HT\n1;A;05/02/2026;2;1 234,50;5 %;\n1;A;28/02/2026;;;;-12,5\n", Options{},
			[]string{"order=1 client=A ordered_on=2026-02-05 quantity=2 unit_price=1234.50 discount=0.05", "order=1 client=A ordered_on=2026-02-28 amount=-12.5"}},
		{"dates that the setting tells", Orders, "order,client,date,amount\n1,A,05/02/2026,3\n", Options{Dates: MonthFirst}, []string{"order=1 client=A ordered_on=2026-05-02 amount=3"}},
		{"an order proved by a far row", Orders, "order,client,date,amount\n1,A,05/02/2026,1.234\n" + strings.Repeat("1,A,05/02/2026,1.234\n", 2) + "1,A,13/02/2026,1.5\n", Options{},
			[]string{"order=1 client=A ordered_on=2026-02-05 amount=1.234", "order=1 client=A ordered_on=2026-02-05 amount=1.234", "order=1 client=A ordered_on=2026-02-05 amount=1.234", "order=1 client=A ordered_on=2026-02-13 amount=1.5"}},
		{"a map", Clients, "Kürzel,Firma,name\nA,Acme,x\n", Options{Map: map[string]string{"ref": "Kürzel", "name": "firma"}}, []string{`ref=A name=Acme attributes={"name":"x"}`}},
		{"words for nothing", Clients, "ref,name,city,Fax\nA,NULL x,NULL,-\n", Options{}, []string{`ref=A name=NULL x attributes={"fax":null}`}},
		{"blank cells behind the last", Clients, "ref,name\nA,B,,\n", Options{}, []string{"ref=A name=B"}},
	} {
		rows, rejections, err := table(t, c.kind, c.text, c.o)
		if err != nil || len(rejections) > 0 || !reflect.DeepEqual(rows, c.want) {
			t.Errorf("%s: %q %v %v, want %q", c.name, rows, rejections, err, c.want)
		}
	}
}

func TestFilesThatSayTooLittle(t *testing.T) {
	for _, c := range []struct {
		name string
		kind Kind
		text string
		o    Options
		want string // in the error
	}{
		{"nothing", Clients, "", Options{}, "it is empty"},
		{"no needed column", Clients, "ref,town\nA,B\n", Options{}, "no column for name; the headings are: ref, town"},
		{"no amount", Orders, "order,client,date,quantity\n", Options{}, "no column for amount (or quantity and unit_price)"},
		{"days or months", Orders, "order,client,date,amount\n1,A,05/02/2026,3\n1,A,06/02/2026,3\n", Options{}, "give --dates dmy or --dates mdy"},
		{"decimals or thousands", Orders, "order;client;date;amount\n1;A;2026-02-05;1,234\n", Options{}, "give --decimal point or --decimal comma"},
		{"a map of a heading that is not there", Clients, "ref,name\n", Options{Map: map[string]string{"city": "Ort"}}, `the map says that city is "Ort"`},
		{"a map of a column that is none", Clients, "ref,name\n", Options{Map: map[string]string{"town": "ref"}}, `the map names "town"`},
		{"a workbook", Clients, "PK\x03\x04", Options{}, "it was cut on its way"},
		{"an unknown encoding", Clients, "ref,name\n", Options{Encoding: "ebcdic"}, "unknown encoding"},
	} {
		_, _, err := table(t, c.kind, c.text, c.o)
		if !errors.Is(err, ErrFile) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func TestRowsPutAside(t *testing.T) {
	const head = "order,client,ordered_on,amount,quantity,unit_price,discount,delivered_on,cancelled\n"
	for row, want := range map[string]Rejection{
		"1,A,2026-01-05,1,,,,":             {Line: 2, Column: "", Reason: "only 8 cells, but 9 headings"},
		"1,A,2026-01-05,1,,,,,,x":          {Line: 2, Column: "", Reason: "10 cells, but 9 headings; is a text with the delimiter not in quotes?"},
		",A,2026-01-05,1,,,,,":             {Line: 2, Column: "order", Reason: "empty, but needed"},
		"1,A,5 janvier,1,,,,,":             {Line: 2, Column: "ordered_on", Reason: `"5 janvier": not a date`},
		"1,A,2026-02-30,1,,,,,":            {Line: 2, Column: "ordered_on", Reason: `"2026-02-30": no such day`},
		"1,A,2026-01-05,douze,,,,,":        {Line: 2, Column: "amount", Reason: `"douze": not a number`},
		"1,A,2026-01-05,,2,,,,":            {Line: 2, Column: "amount", Reason: "neither an amount, nor a quantity with a unit price"},
		"1,A,2026-01-05,,2,3,107,,":        {Line: 2, Column: "discount", Reason: `"107": not between 0 and 1; write 0.05 or 5 %`},
		"1,A,2026-01-05,1,,,,,peut-être":   {Line: 2, Column: "cancelled", Reason: `"peut-être": neither yes nor no`},
		"1,A,2026-01-05,1,,,,\"2026\"-01,": {Line: 2, Column: "", Reason: "text after a closing quote"},
		"1,\xff,2026-01-05,1,,,,,":         {Line: 2, Column: "", Reason: "holds bytes that are not UTF-8; if the whole file is so, give --encoding windows-1252"},
	} {
		rows, rejections, err := table(t, Orders, head+row+"\n2,B,2026-01-06,2.5,,,,,é non\n3,B,2026-01-06,2.5,,,,,non\n", Options{Encoding: "utf-8"})
		if err != nil || len(rows) != 1 || len(rejections) != 2 || rejections[0] != want {
			t.Errorf("%q: %q %v %v, want %v", row, rows, rejections, err, want)
		}
	}
}

func TestContactsNeedAProof(t *testing.T) {
	_, rejections, err := table(t, Contacts, "client,name,email,mail_basis,basis_source,basis_on\nA,B,a@x.example,consent,,2026-01-01\nA,C,c@x.example,générique,,\nA,D,a@b,,,\n", Options{})
	want := []Rejection{{Line: 2, Column: "basis_source", Reason: "empty, but needed to prove mail_basis"}, {Line: 4, Column: "email", Reason: `"a@b": not an e-mail address`}}
	if err != nil || !reflect.DeepEqual(rejections, want) {
		t.Errorf("%v %v, want %v", rejections, err, want)
	}
}

// shapeOf opens a file of the torture folder as far as its format.
func shapeOf(t *testing.T, name string) (source, Shape, error) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	s, p, err := openSource(Clients, Text(filepath.Base(name), string(b)), Options{})
	shape := Shape{Packed: p.how, Member: p.member}
	if err == nil {
		s.describe(&shape)
	}
	return s, shape, err
}

// Whatever comes, each file opens or is refused with a reason, and every row is given or put aside.
func TestTortureEndsWell(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(dataDir(t), "csv_torture", "*", "*.*"))
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, name := range files {
		if filepath.Ext(name) == ".xlsx" {
			continue // see TestWorkbooksOfOthers
		}
		s, _, err := shapeOf(t, name)
		if filepath.Ext(name) == ".xls" {
			if !errors.Is(err, ErrFile) || !strings.Contains(err.Error(), "old workbook") {
				t.Errorf("%s: %v, want it refused", filepath.Base(name), err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(name), err)
			continue
		}
		r, err := s.open()
		for err == nil {
			_, err = r.next()
		}
		if !errors.Is(err, io.EOF) {
			t.Errorf("%s: %v", filepath.Base(name), err)
		}
	}
}

func TestShapes(t *testing.T) {
	for name, want := range map[string][3]string{
		"csv-test-files/CSV-basic-ISO-8859-1.CRLF.csv": {windowsName, "comma", "double"}, "messytables/simple.psv": {utf8Name, "pipe", "double"}, "messytables/simple.ssv": {utf8Name, "semicolon", "double"},
		"messytables/example.tsv": {utf8Name, "tab", "double"}, "messytables/utf-16le_encoded.csv": {utf16Little, "comma", "double"}, "messytables/spanish_chars.csv": {windowsName, "comma", "double"},
		"messytables/utf8bom.csv": {utf8Name, "comma", "double"},
	} {
		_, got, err := shapeOf(t, filepath.Join(dataDir(t), "csv_torture", name))
		if have := [3]string{got.Encoding, got.Delimiter, got.Quote}; err != nil || have != want {
			t.Errorf("%s: %v %v, want %v", name, have, err, want)
		}
	}
}
