package importer

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/text/encoding/charmap"
)

func gzipped(t testing.TB, text string) string {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func encoded(t testing.TB, table *charmap.Charmap, text string) string {
	t.Helper()
	out, err := table.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// utf16Text writes text without a mark.
func utf16Text(order binary.ByteOrder, text string) string {
	var out bytes.Buffer
	for _, unit := range utf16.Encode([]rune(text)) {
		b := make([]byte, 2)
		order.PutUint16(b, unit)
		out.Write(b)
	}
	return out.String()
}

const (
	plainClients = "ref;name;city\nA;Alpha;Lille\nB;Beta;Lyon\n"
	jsonClients  = `{"ref":"A","name":"Alpha","city":"Lille"}` + "\n" + `{"ref":"B","name":"Beta","city":"Lyon"}` + "\n"
)

func TestPackedFiles(t *testing.T) {
	book := byHand(t, `<sheetData><row><c t="str"><v>ref</v></c><c t="str"><v>name</v></c><c t="str"><v>city</v></c></row>`+
		`<row><c t="str"><v>A</v></c><c t="str"><v>Alpha</v></c><c t="str"><v>Lille</v></c></row><row><c t="str"><v>B</v></c><c t="str"><v>Beta</v></c><c t="str"><v>Lyon</v></c></row></sheetData>`, "", "")
	want := []string{"ref=A name=Alpha city=Lille", "ref=B name=Beta city=Lyon"}
	for _, c := range []struct {
		name, text string
		o          Options
		shape      [4]string // format, packed, member, sheet
	}{
		{"as it is", plainClients, Options{}, [4]string{"csv", "", "", ""}},
		{"gzip", gzipped(t, plainClients), Options{}, [4]string{"csv", "gzip", "", ""}},
		{"gzip in two pieces", gzipped(t, plainClients[:20]) + gzipped(t, plainClients[20:]), Options{}, [4]string{"csv", "gzip", "", ""}},
		{"zip, with folders and what another system adds", zipped(t, "export/", "", "__MACOSX/export/._clients.csv", "x", "export/.DS_Store", "x", "export/clients.csv", plainClients), Options{}, [4]string{"csv", "zip", "export/clients.csv", ""}},
		{"a member by name", zipped(t, "a.csv", "x", "data/clients.csv", plainClients), Options{Member: "clients.csv"}, [4]string{"csv", "zip", "data/clients.csv", ""}},
		{"gzip in zip", zipped(t, "clients.csv.gz", gzipped(t, plainClients)), Options{}, [4]string{"csv", "gzip", "clients.csv.gz", ""}},
		{"JSON Lines, whose headings have no line", jsonClients, Options{Header: 2}, [4]string{"jsonl", "", "", ""}},
		{"JSON Lines, gzip", gzipped(t, jsonClients), Options{}, [4]string{"jsonl", "gzip", "", ""}},
		{"a workbook", book, Options{}, [4]string{"xlsx", "", "", "Feuil1"}},
		{"a workbook, gzip", gzipped(t, book), Options{}, [4]string{"xlsx", "gzip", "", "Feuil1"}},
		{"a workbook, zip", zipped(t, "clients.xlsx", book), Options{}, [4]string{"xlsx", "zip", "clients.xlsx", "Feuil1"}},
	} {
		rows, rejections, err := table(t, Clients, c.text, c.o)
		if err != nil || len(rejections) > 0 || !reflect.DeepEqual(rows, want) {
			t.Errorf("%s: %q %v %v", c.name, rows, rejections, err)
			continue
		}
		f, err := Open(Clients, Text("x", c.text), c.o)
		if err != nil {
			t.Fatal(err)
		}
		if s := f.Shape(); [4]string{s.Format, s.Packed, s.Member, s.Sheet} != c.shape {
			t.Errorf("%s: %q, want %q", c.name, [4]string{s.Format, s.Packed, s.Member, s.Sheet}, c.shape)
		}
	}
}

func TestFilesThatAreNoTable(t *testing.T) {
	zeros := string(make([]byte, 90<<20))
	bomb := gzipped(t, zeros)
	locked := []byte(zipped(t, "clients.csv", plainClients))
	for _, at := range []int{6, bytes.Index(locked, []byte("PK\x01\x02")) + 8} {
		locked[at] |= 1 // says that a password is needed
	}
	packed := gzipped(t, strings.Repeat(plainClients, 1000))
	for _, c := range []struct {
		name, text string
		o          Options
		want       string
	}{
		{"several members", zipped(t, "a.csv", "x", "b/b.csv", "y"), Options{}, "holds several files: a.csv, b/b.csv; give --member"},
		{"a member that is not there", zipped(t, "a.csv", "x"), Options{Member: "c.csv"}, `no member "c.csv"; it holds a.csv`},
		{"a member of no archive", plainClients, Options{Member: "c.csv"}, "it is no archive"},
		{"an empty archive", zipped(t, "a/", ""), Options{}, "holds no file"},
		{"a password", string(locked), Options{}, "protected by a password"},
		{"a bomb, gzip", bomb, Options{}, "unpacked, it is larger than 81 MB"},
		{"a bomb, zip", zipped(t, "a.csv", zeros), Options{}, "unpacked, it is larger than 81 MB"},
		{"a bomb in a bomb", gzipped(t, bomb), Options{}, "unpacked, it is larger than 64 MB"},
		{"packed again and again", gzipped(t, gzipped(t, gzipped(t, plainClients))), Options{}, "packed more than twice"},
		{"gzip, cut", packed[:len(packed)/2], Options{}, "ends in the middle"},
		{"gzip, cut in its last bytes", packed[:len(packed)-3], Options{}, "ends in the middle"},
		{"gzip, damaged", packed[:len(packed)-8] + "12345678", Options{}, "damaged"},
		{"zip, cut", zipped(t, "a.csv", plainClients)[:60], Options{}, "its end is missing"},
		{"PDF", "%PDF-1.7\n", Options{}, "a PDF"},
		{"a web page called .xls", "\n <html><table><tr><td>ref</td></tr></table>", Options{}, "web page"},
		{"XML called .xls", "\ufeff<?xml version=\"1.0\"?><Workbook/>", Options{}, "it is XML"},
		{"mbox", "From a@example.org Thu Jan  1 00:00:00 2026\nSubject: x\n", Options{}, "it is mail"},
		{"an SQL dump", "-- MySQL dump 10.13\n", Options{}, "SQL dump"},
		{"the sample shop of MySQL", "/*\r\n*****\r\nName: MySQL Sample Database classicmodels\r\n*/\r\n/*!40101 SET NAMES utf8 */;\r\nDROP TABLE IF EXISTS `customers`;\r\nCREATE TABLE `customers` (", Options{}, "SQL dump"},
		{"a JSON list", "[\n{\"ref\":1}]", Options{}, "one object per line"},
		{"JSON over lines", "{\n\"ref\":1\n}", Options{}, "one object per line"},
		{"tar in gzip", gzipped(t, "a.csv"+strings.Repeat("\x00", 252)+"ustar\x0000"), Options{}, "tar archive"},
		{"JSON with a key for each row", keysOf(1100), Options{}, "more than 1000 different keys"},
	} {
		_, _, err := table(t, Clients, c.text, c.o)
		if !errors.Is(err, ErrFile) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func keysOf(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(`{"ref":"A","name":"B","k` + strings.Repeat("x", i) + `":1}` + "\n")
	}
	return b.String()
}

func TestEncodings(t *testing.T) {
	const text = "ref;name;city\nA;Hélène & Çelik;Besançon\nB;Cœur à cœur;Évian\nC;10 € l’été;Nîmes\n"
	latin9 := strings.ReplaceAll(text, "’", "'")
	old := strings.NewReplacer("œ", "oe", "€", "E", "’", "'").Replace(text)
	for _, c := range []struct{ name, text, want, city string }{
		{"UTF-8", text, "utf-8", "Évian"},
		{"UTF-8 with a mark", "\ufeff" + text, "utf-8", "Évian"},
		{"UTF-8 with a few broken bytes", text + "D;\xe9t\xe9;x\n", "utf-8", "Évian"},
		{"UTF-16", "\xff\xfe" + utf16Text(binary.LittleEndian, text), "utf-16le", "Évian"},
		{"UTF-16, big end first", "\xfe\xff" + utf16Text(binary.BigEndian, text), "utf-16be", "Évian"},
		{"UTF-16 without a mark", utf16Text(binary.LittleEndian, text), "utf-16le", "Évian"},
		{"UTF-16 without a mark, big end first", utf16Text(binary.BigEndian, text), "utf-16be", "Évian"},
		{"windows-1252", encoded(t, charmap.Windows1252, text), "windows-1252", "Évian"},
		{"ISO-8859-15, by its euro and œ", encoded(t, charmap.ISO8859_15, latin9), "iso-8859-15", "Évian"},
		{"an old Macintosh", encoded(t, charmap.Macintosh, text), "macintosh", "Évian"},
		{"DOS", encoded(t, charmap.CodePage850, old), "cp850", "Évian"},
		{"what two encodings write alike", "ref;name;city\nA;\xe9t\xe9;\xc9vian\n", "windows-1252", "Évian"},
	} {
		f, err := Open(Clients, Text("x", c.text), Options{})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		rows, _, err := table(t, Clients, c.text, Options{})
		if got := f.Shape().Encoding; err != nil || got != c.want || !strings.Contains(strings.Join(rows, "\n"), "city="+c.city) {
			t.Errorf("%s: %s %q %v, want %s", c.name, got, rows, err, c.want)
		}
	}
}

func TestDialects(t *testing.T) {
	const want = "ref=A name=Alpha; Co, Ltd|x city=L'Isle"
	for _, c := range []struct {
		name, text string
		o          Options
		delimiter  string
		quote      string
		want       []string
	}{
		{"what a spreadsheet calls Unicode text", "\xff\xfe" + utf16Text(binary.LittleEndian, "ref\tname\tcity\r\nA\t\"Alpha; Co, Ltd|x\"\tL'Isle\r\n"), Options{}, "tab", "double", []string{want}},
		{"commas, quoted", "ref,name,city\nA,\"Alpha; Co, Ltd|x\",L'Isle\n", Options{}, "comma", "double", []string{want}},
		{"semicolons, quoted", "ref;name;city\nA;\"Alpha; Co, Ltd|x\";L'Isle\n", Options{}, "semicolon", "double", []string{want}},
		{"tabs", "ref\tname\tcity\nA\tAlpha; Co, Ltd|x\tL'Isle\n", Options{}, "tab", "double", []string{want}},
		{"single quotes", "'ref','name','city'\n'A','Alpha; Co, Ltd|x','L''Isle'\n", Options{}, "comma", "single", []string{want}},
		{"backslashes, as databases write them", `"ref","name","city"` + "\n" + `"A","Al\"pha\\b","L'Isle\` + "\n" + `x"` + "\n" + `"B",\N,"Be, \"ta\""` + "\n" + `"C","C","D"` + "\n", Options{}, "comma", "double",
			[]string{`ref=A name=Al"pha\b city=` + "L'Isle\nx", "ref=C name=C city=D"}},
		{"tabs and backslashes without quotes", "ref\tname\tcity\nA\t\"Al\\tpha\\\\\t\\N\nB\tx\\\ny\tz\n", Options{}, "tab", "none", []string{"ref=A name=\"Al\tpha\\", "ref=B name=x\ny city=z"}},
		{"backslashes that prove nothing", "ref,name,city\nA,\"C:\\dir\\\",x\\y\n", Options{}, "comma", "double", []string{`ref=A name=C:\dir\ city=x\y`}},
		{"decimal commas beside semicolons", "ref;name;potential\nA;B;1,5\nC;D;2,5\n", Options{}, "semicolon", "double", []string{"ref=A name=B potential=1.5", "ref=C name=D potential=2.5"}},
		{"a first line that says it", "sep=|\r\nref|name|city\r\nA|B;C;D;E;F|G\r\n", Options{}, "pipe", "double", []string{"ref=A name=B;C;D;E;F city=G"}},
		{"more commas in the titles than tabs in the table", "Export, made, on, Monday, by, me\n\nref\tname\tcity\nA\tB\tC\n", Options{}, "tab", "double", []string{"ref=A name=B city=C"}},
		{"a sign that is told", "ref~name~city\nA~B~C\n", Options{Delimiter: '~'}, "~", "double", []string{"ref=A name=B city=C"}},
		{"runs of blanks", " ref  name city\n A    Al   Lille\n B  Beta     Lyon \n", Options{}, "blank", "none", []string{"ref=A name=Al city=Lille", "ref=B name=Beta city=Lyon"}},
		{"no quotes, when told", "ref,name,city\nA,\"B,C\"\nA,\"B\",C\n", Options{Quote: 'n'}, "comma", "none", []string{`ref=A name="B city=C"`, `ref=A name="B" city=C`}},
	} {
		f, err := Open(Clients, Text("x", c.text), c.o)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		rows, _, err := table(t, Clients, c.text, c.o)
		if s := f.Shape(); err != nil || s.Delimiter != c.delimiter || s.Quote != c.quote || !reflect.DeepEqual(rows, c.want) {
			t.Errorf("%s: %s %s %q %v, want %q", c.name, s.Delimiter, s.Quote, rows, err, c.want)
		}
	}
}

func TestHeadings(t *testing.T) {
	for _, c := range []struct {
		name, text string
		o          Options
		line       int64
		want       []string
	}{
		{"below titles and blank lines", "Liste des clients\n\n;;Adresse\nref;name;city\nA;B;C\n", Options{}, 4, []string{"ref=A name=B city=C"}},
		{"below front matter", "---\nname: my-dataset\nfields:\n  - name: ref\n---\nref;name;city\nA;B;C\n", Options{}, 6, []string{"ref=A name=B city=C"}},
		{"the first of two that fit", "code;nom;ville\nref;name;city\nA;B;C\n", Options{}, 1, []string{"ref=ref name=name city=city", "ref=A name=B city=C"}},
		{"the second, when told", "code;nom;ville\nref;name;city\nA;B;C\n", Options{Header: 2}, 2, []string{"ref=A name=B city=C"}},
		{"by the map", "x\nKürzel;Firma\nA;B\n", Options{Map: map[string]string{"ref": "Kürzel", "name": "Firma"}}, 2, []string{"ref=A name=B"}},
	} {
		f, err := Open(Clients, Text("x", c.text), c.o)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		rows, _, err := table(t, Clients, c.text, c.o)
		if err != nil || f.Shape().Header != c.line || !reflect.DeepEqual(rows, c.want) {
			t.Errorf("%s: line %d %q %v, want line %d %q", c.name, f.Shape().Header, rows, err, c.line, c.want)
		}
	}
	for name, c := range map[string]struct {
		text string
		o    Options
		want string
	}{
		"the row that comes nearest is shown": {"Liste;x;y;z\nref;nombre\n1;2\n", Options{}, "no column for name; the headings are: ref, nombre"},
		"a line that is not there":            {"ref;name\nA;B\n", Options{Header: 9}, "no row on line 9"},
		"a line that does not fit":            {"ref;name\nA;B\n", Options{Header: 2}, "the headings are: A, B"},
	} {
		if _, err := Open(Clients, Text("x", c.text), c.o); !errors.Is(err, ErrFile) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestJSONLines(t *testing.T) {
	text := "\ufeff" + `{"Code client":"A","name":"Al\u0070ha \"x\"\n","extra":{"a":[1,"}"]},"potential":1.5e3}` + "\r\n\n" +
		` { "name" : "Beta" , "Code client" : 42, "blocked": true, "city": null, "potential": 1234.5 } ` + "\n" +
		`{"Code client":"C","name":["x"]}` + "\n" + `{"Code client":"D","name":"D","name":"E"}` + "\n" + `{"Code client":"E"` + "\n" + `["F","G"]` + "\n" +
		`{"Code client":"G","name":"\u0000"}` + "\n" + `{"Code client":"H","name":"H"}` + "\n" + `{"Code client":"I","na`
	rows, rejections, err := table(t, Clients, text, Options{Map: map[string]string{"rep": ""}})
	wantRows := []string{"ref=42 name=Beta potential=1234.5 blocked=true attributes={\"extra\":null}", "ref=H name=H attributes={\"extra\":null}"}
	want := []Rejection{{Line: 1, Column: "extra", Reason: `"{"a":[1,"}"]}": a list or an object; write one value, or one row for each`},
		{Line: 4, Column: "name", Reason: `"["x"]": a list or an object; write one value, or one row for each`}, {Line: 5, Reason: `the key "name" comes twice`}, {Line: 6, Reason: "not a JSON object"},
		{Line: 7, Reason: "not a JSON object"}, {Line: 8, Reason: "holds a zero byte"}, {Line: 10, Reason: "the file ends in the middle of this line"}}
	if err != nil || !reflect.DeepEqual(rows, wantRows) || !reflect.DeepEqual(rejections, want) {
		t.Errorf("%q\n%v %v, want\n%q\n%v", rows, rejections, err, wantRows, want)
	}
}

func TestPowersOfTen(t *testing.T) {
	for number, want := range map[string]string{"12.5": "12.5", "1e3": "1000", "1.5E-3": "0.0015", "-12.50e1": "-125", "0.5e1": "5", "125e-2": "1.25", "0e5": "0", "1e-40": "0." + strings.Repeat("0", 39) + "1", "1e99": "1e99"} {
		if got := string(decimalOf([]byte(number))); got != want {
			t.Errorf("%s: %s, want %s", number, got, want)
		}
	}
}

// repeated is a file whose middle is the same bytes again and again, and takes no memory.
type repeated struct {
	head, body, tail string
	times            int64
}

func (r repeated) size() int64 {
	return int64(len(r.head)) + r.times*int64(len(r.body)) + int64(len(r.tail))
}

func (r repeated) ReadAt(b []byte, off int64) (n int, err error) {
	for n < len(b) {
		at := off + int64(n)
		middle := at - int64(len(r.head))
		end := middle - r.times*int64(len(r.body))
		switch {
		case middle < 0:
			n += copy(b[n:], r.head[at:])
		case end < 0:
			n += copy(b[n:], r.body[middle%int64(len(r.body)):])
		case end < int64(len(r.tail)):
			n += copy(b[n:], r.tail[end:])
		default:
			return n, io.EOF
		}
	}
	return n, nil
}

// A line of any length is one rejection and costs no memory; the rows around it are read.
func TestALineThatDoesNotEnd(t *testing.T) {
	for _, head := range []string{"ref;name\nA;Alpha\nX;", "ref;name\nA;Alpha\nX;\""} {
		file := repeated{head: head, body: strings.Repeat("x", 1<<16), tail: "\nB;Beta\n", times: 2 << 10}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		rows, rejections, err := readFile(Clients, Input{"x", file, file.size()}, Options{Encoding: "utf-8"})
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 32<<20 || err != nil || len(rows) != 2 || len(rejections) != 1 || rejections[0].Line != 3 {
			t.Errorf("%q: rows %q, rejected %v, %v, %d MB allocated", head, rows, rejections, err, used>>20)
		}
	}
}

func TestRowsThatAreNone(t *testing.T) {
	const head = "order;client;ordered_on;amount\n1;A;2026-01-05;1,5\n"
	for text, want := range map[string]Rejection{
		"Total;;;123\n":       {Line: 3, Reason: "a line of totals, not a row"},
		"Sous-total;123\n":    {Line: 3, Reason: "a line of totals, not a row"},
		"Total;A;hier;1,5\n":  {Line: 3, Column: "ordered_on", Reason: `"hier": not a date`},
		"2;B;2026-01":         {Line: 3, Reason: "the file ends in the middle of this line"},
		"2;B;2026-01-06;\"1,": {Line: 3, Reason: "the file ends in the middle of this line"},
	} {
		rows, rejections, err := table(t, Orders, head+text, Options{})
		if err != nil || len(rows) != 1 || len(rejections) != 1 || rejections[0] != want {
			t.Errorf("%q: %q %v %v, want %v", text, rows, rejections, err, want)
		}
	}
}
