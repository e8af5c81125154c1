package importer

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzReader holds three laws for any file: every row is given once, good or bad; no cell of a good row holds what does
// not stand in the file; and where encoding/csv accepts the text, it is cut into the same cells.
func FuzzReader(f *testing.F) {
	for _, seed := range []string{plainClients, jsonClients, "ref,name\n\"A\nB\",\"C \"\"D\"\"\"\nE,\"F\n", "'ref','name'\n'A','B''C'\n", "sep=\t\nref\tname\nA\t\\N\n", "ref;name\r\nA;\xe9\x00\r\n\r\nTotal;\r\n", "ref|name\rA|B\r"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		sameAsStandard(t, text)
		file, err := Open(Clients, Text("x", text), Options{})
		if err != nil {
			if !errors.Is(err, ErrFile) {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		read, line := int64(0), int64(0)
		for {
			row, err := file.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			if read++; row.Line <= line || (row.Reason == "") != (row.Cells != nil) {
				t.Fatalf("%q: line %d after line %d, cells %q, reason %q", text, row.Line, line, row.Cells, row.Reason)
			}
			line = row.Line
			if row.Reason == "" {
				standsIn(t, text, file)
			}
		}
		if read != file.Read() {
			t.Fatalf("%q: %d rows given, %d read", text, read, file.Read())
		}
	})
}

// standsIn checks the cells of a row against the file, where they need no decoding.
func standsIn(t *testing.T, text string, f *File) {
	src, is := f.source.(*textSource)
	if !is || src.encoding != utf8Name || src.dialect.escape {
		return
	}
	quote := string(rune(src.dialect.quote))
	for _, c := range f.original {
		if !strings.Contains(text, string(c)) && !strings.Contains(text, strings.ReplaceAll(string(c), quote, quote+quote)) {
			t.Fatalf("%q: the cell %q is not in the file", text, c)
		}
	}
}

func sameAsStandard(t *testing.T, text string) {
	standard := csv.NewReader(strings.NewReader(text))
	standard.FieldsPerRecord = -1
	want, err := standard.ReadAll()
	if err != nil || badBytes([]byte(text)) != "" || strings.Contains(text, "\r") {
		return
	}
	got, _, problems := readAll(t, strings.NewReader(text), ',', '\n')
	if strings.Join(problems, "") != "" || (len(got)+len(want) > 0 && !reflect.DeepEqual(got, want)) {
		t.Fatalf("%q: %q %q, want %q", text, got, problems, want)
	}
}

// FuzzXML compares the tags and texts of whatever encoding/xml accepts.
func FuzzXML(f *testing.F) {
	for _, seed := range []string{`<a b="c>d" e='f"'><x:y/>t&amp;&#233;&#x41;<![CDATA[<z>]]><!-- > --></a>`, `<?xml version="1.0"?><row r="1"><c><v>1</v></c></row>`, "<a>\n</a >"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ours, err := ourTokens(text)
		if err != nil && !errors.Is(err, ErrFile) {
			t.Fatalf("%q: %v", text, err)
		}
		want, wantErr := standardTokens(text)
		if wantErr != nil || strings.ContainsAny(text, "\r") || strings.Contains(text, "<!") && !strings.Contains(text, "<![CDATA[") {
			return
		}
		if err != nil || ours != want {
			t.Fatalf("%q:\n%q %v, want\n%q", text, ours, err, want)
		}
	})
}

func ourTokens(text string) (string, error) {
	var out []byte
	for x := newXMLReader(strings.NewReader(text)); ; {
		k, err := x.next()
		if errors.Is(err, io.EOF) {
			return string(out), nil
		}
		if err != nil {
			return "", err
		}
		switch k.kind {
		case textToken:
			out = k.appendText(out)
		case openTag:
			out = append(append(append(out, '<'), k.name...), '>')
		case closeTag:
			out = append(append(append(out, "</"...), k.name...), '>')
		case emptyTag:
			out = append(append(append(out, '<'), k.name...), '>')
			out = append(append(append(out, "</"...), k.name...), '>')
		}
	}
}

func standardTokens(text string) (string, error) {
	var out strings.Builder
	for d := xml.NewDecoder(strings.NewReader(text)); ; {
		k, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return out.String(), nil
		}
		if err != nil {
			return "", err
		}
		switch k := k.(type) {
		case xml.CharData:
			out.Write(k)
		case xml.StartElement:
			out.WriteString("<" + k.Name.Local + ">")
		case xml.EndElement:
			out.WriteString("</" + k.Name.Local + ">")
		case xml.Directive:
			return "", errors.New("a document type")
		}
	}
}

// FuzzWorkbook gives a sheet, texts and styles that are anything: the workbook is refused, or read to its end in lines
// that only go up, with cells that a text may hold.
func FuzzWorkbook(f *testing.F) {
	f.Add(`<sheetData><row r="1"><c t="s"><v>0</v></c><c t="str"><v>name</v></c></row><row r="3"><c r="A3" s="1"><v>45356.5</v></c><c r="B3" t="inlineStr"><is><t>x</t></is></c></row></sheetData>`, `<si><t>ref</t></si>`, `<cellXfs><xf/><xf numFmtId="14"/></cellXfs>`)
	f.Add(`<sheetData><row><c/><c t="e"><v>#N/A</v></c><c t="b"><v>1</v></c><c><v>1.1000000000000001E-7</v></c></row></sheetData>`, `<si/><si><r><t>a</t></r><rPh><t>b</t></rPh></si>`, `<numFmts><numFmt numFmtId="170" formatCode="0#&quot; &quot;##"/></numFmts><cellXfs><xf numFmtId="170"/></cellXfs>`)
	f.Fuzz(func(t *testing.T, sheet, texts, styles string) {
		src, _, err := openSource(Clients, Text("x", byHand(t, sheet, texts, styles)), Options{Sheet: "Feuil1"})
		if err == nil {
			err = readUpwards(t, src)
		}
		if err != nil && !errors.Is(err, ErrFile) {
			t.Fatal(err)
		}
	})
}

func readUpwards(t *testing.T, src source) error {
	in, err := src.open()
	if err != nil {
		return err
	}
	for line := int64(0); ; {
		r, err := in.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if r.line <= line || len(r.types) != len(r.cells) {
			t.Fatalf("line %d after line %d, %d types of %d cells", r.line, line, len(r.types), len(r.cells))
		}
		line = r.line
		for _, c := range r.cells {
			if !utf8.Valid(c) || bytes.IndexByte(c, 0) >= 0 {
				t.Fatalf("line %d: %q", line, c)
			}
		}
	}
}

// FuzzJSONLines compares each line with what encoding/json makes of it.
func FuzzJSONLines(f *testing.F) {
	f.Add(jsonClients)
	f.Add(`{"a":"\u00e9\"","b":[1,{"c":"}"}],"d":1.5e3,"e":null,"f":true}` + "\n\n{\n" + `{"a":1,"a":2}`)
	f.Fuzz(func(t *testing.T, text string) {
		src, err := openJSONLines(plainContent(Text("x", text)), utf8Name, []byte(text))
		if err != nil {
			return
		}
		in, err := src.open()
		if err != nil {
			t.Fatal(err)
		}
		head, err := in.next()
		if err != nil {
			t.Fatal(err)
		}
		keys := head.cells
		for {
			r, err := in.next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if r.problem == "" {
				sameAsJSON(t, r, keys)
			}
		}
	})
}

func sameAsJSON(t *testing.T, r record, keys [][]byte) {
	values := map[string]json.RawMessage{}
	if err := json.Unmarshal(r.raw, &values); err != nil {
		t.Fatalf("%q: %v", r.raw, err)
	}
	for i, key := range keys {
		raw, has := values[string(key)]
		var text string
		switch {
		case !has || string(raw) == "null":
			if r.cells[i] != nil {
				t.Fatalf("%q: %s is %q, want nothing", r.raw, key, r.cells[i])
			}
		case json.Unmarshal(raw, &text) == nil:
			if string(r.cells[i]) != text || r.types[i] != textCell {
				t.Fatalf("%q: %s is %q, want %q", r.raw, key, r.cells[i], text)
			}
		case r.types[i] == numberCell:
			if !sameNumber(raw, r.cells[i]) {
				t.Fatalf("%q: %s is %q, want %q", r.raw, key, r.cells[i], raw)
			}
		default:
			if string(r.cells[i]) != string(raw) {
				t.Fatalf("%q: %s is %q, want %q", r.raw, key, r.cells[i], raw)
			}
		}
	}
}

// sameNumber compares the values exactly; what is left as it was, because it is too large, is the same text.
func sameNumber(a, b []byte) bool {
	if string(a) == string(b) {
		return true
	}
	x, ok := new(big.Rat).SetString(string(a))
	y, also := new(big.Rat).SetString(string(b))
	return ok && also && x.Cmp(y) == 0
}
