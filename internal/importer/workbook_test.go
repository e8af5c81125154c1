package importer

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

// made is a workbook as excelize writes it.
func made(t testing.TB, fill func(*excelize.File) error) string {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	var out bytes.Buffer
	if err := errors.Join(fill(f), f.Write(&out)); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// zipped is an archive of files in order: name, content, name, content.
func zipped(t testing.TB, files ...string) string {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for i := 0; i < len(files); i += 2 {
		part, err := w.Create(files[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write([]byte(files[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

const (
	relations = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`
	office    = `http://schemas.openxmlformats.org/officeDocument/2006/relationships/`
)

// byHand is a workbook of one sheet, written without any library: its sheetData, its shared texts, its styles.
func byHand(t testing.TB, sheetData, texts, styles string) string {
	t.Helper()
	return zipped(t, "[Content_Types].xml", `<Types/>`,
		"_rels/.rels", relations+`<Relationship Id="r1" Type="`+office+`officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml", `<workbook xmlns:r="`+office+`"><sheets><sheet name="Feuil1" sheetId="1" r:id="r1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels", relations+`<Relationship Id="r1" Type="`+office+`worksheet" Target="/xl/worksheets/sheet1.xml"/>`+
			`<Relationship Id="r2" Type="`+office+`sharedStrings" Target="sharedStrings.xml"/><Relationship Id="r3" Type="`+office+`styles" Target="styles.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml", `<?xml version="1.0"?><worksheet><dimension ref="A1:XFD1048576"/>`+sheetData+`</worksheet>`,
		"xl/sharedStrings.xml", `<sst>`+texts+`</sst>`, "xl/styles.xml", `<styleSheet>`+styles+`</styleSheet>`)
}

func TestWorkbooksAsSpreadsheetsWriteThem(t *testing.T) {
	style := func(f *excelize.File, format string) int {
		id, err := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	for _, c := range []struct {
		name string
		kind Kind
		o    Options
		fill func(*excelize.File) error
		want []string
	}{
		{"numbers, days and times by their formats, below a merged title, with blank and hidden rows", Orders, Options{}, func(f *excelize.File) error {
			day := style(f, "dd/mm/yyyy")
			return errors.Join(f.SetSheetName("Sheet1", "Commandes"), f.MergeCell("Commandes", "A1", "D1"), f.SetCellValue("Commandes", "A1", "Commandes du mois"),
				f.SetSheetRow("Commandes", "A3", &[]any{"N° commande", "Code client", "Date commande", "Montant HT", "Livré le"}),
				f.SetSheetRow("Commandes", "A4", &[]any{"F1", "A", 45356.0, 0.1 + 0.2, 45357}),
				f.SetSheetRow("Commandes", "A6", &[]any{"F2", 42, 45357.5, -1234.5}), f.SetCellStyle("Commandes", "C4", "C6", day), f.SetRowVisible("Commandes", 6, false))
		}, []string{"order=F1 client=A ordered_on=2024-03-05 amount=0.3 delivered_on=2024-03-06", "order=F2 client=42 ordered_on=2024-03-06 amount=-1234.5"}},
		{"days counted from 1904", Orders, Options{}, func(f *excelize.File) error {
			yes := true
			return errors.Join(f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &yes}),
				f.SetSheetRow("Sheet1", "A1", &[]any{"order", "client", "ordered_on", "amount", "delivered_on"}), f.SetSheetRow("Sheet1", "A2", &[]any{"1", "A", 43894, 1, 43895}),
				f.SetCellStyle("Sheet1", "C2", "C2", style(f, "yyyy\\-mm\\-dd")))
		}, []string{"order=1 client=A ordered_on=2024-03-05 amount=1 delivered_on=2024-03-06"}},
		{"codes whose format shows zeros, booleans and long numbers", Clients, Options{}, func(f *excelize.File) error {
			return errors.Join(f.SetSheetRow("Sheet1", "A1", &[]any{"ref", "name", "CP", "Tél.", "Actif", "siret"}),
				f.SetSheetRow("Sheet1", "A2", &[]any{7, "Alpha", 8000, 322406163, true, 73282932000074}),
				f.SetCellStyle("Sheet1", "C2", "C2", style(f, "00000")), f.SetCellStyle("Sheet1", "D2", "D2", style(f, `0#" "##" "##" "##" "##`)))
		}, []string{`ref=7 name=Alpha siren=732829320 postcode=08000 phone=0322406163 phone_e164=+33322406163 attributes={"actif":"true","siren_typed":null}`}},
		{"rich text, line breaks and the sheet that fits", Clients, Options{}, func(f *excelize.File) error {
			_, err := f.NewSheet("Clients")
			return errors.Join(err, f.SetSheetRow("Sheet1", "A1", &[]any{"Lisez-moi"}), f.SetSheetRow("Clients", "A1", &[]any{"ref", "name", "address"}),
				f.SetSheetRow("Clients", "A2", &[]any{"A", "", "1 rue\nB & <C>"}), f.SetCellRichText("Clients", "B2", []excelize.RichTextRun{{Text: "Al"}, {Text: "pha", Font: &excelize.Font{Bold: true}}}))
		}, []string{"ref=A name=Alpha address=1 rue\nB & <C>"}},
		{"rows that a stream wrote, whose texts stand in the cells", Clients, Options{Sheet: "sheet1"}, func(f *excelize.File) error {
			w, err := f.NewStreamWriter("Sheet1")
			if err != nil {
				return err
			}
			return errors.Join(w.SetRow("A1", []any{"ref", "name", "created_on"}), w.SetRow("A2", []any{"A", "  Alpha ", time.Date(2024, 3, 5, 0, 0, 0, 0, time.UTC)}), w.Flush())
		}, []string{"ref=A name=Alpha created_on=2024-03-05"}},
		{"days are days, whatever is said about those that are texts", Orders, Options{Dates: ExcelSerial, Decimal: ','}, func(f *excelize.File) error {
			return errors.Join(f.SetSheetRow("Sheet1", "A1", &[]any{"order", "client", "ordered_on", "amount", "delivered_on"}),
				f.SetSheetRow("Sheet1", "A2", &[]any{"1", "A", 45356, 1234.567, "45357"}), f.SetCellStyle("Sheet1", "C2", "C2", style(f, "d-mmm-yy")))
		}, []string{"order=1 client=A ordered_on=2024-03-05 amount=1234.567 delivered_on=2024-03-06"}},
	} {
		rows, rejections, err := table(t, c.kind, made(t, c.fill), c.o)
		if err != nil || len(rejections) > 0 || !reflect.DeepEqual(rows, c.want) {
			t.Errorf("%s:\n%q %v %v, want\n%q", c.name, rows, rejections, err, c.want)
		}
	}
}

func TestWorkbooksByHand(t *testing.T) {
	const head = `<row r="1"><c t="inlineStr"><is><t>ref</t></is></c><c t="inlineStr"><is><t>name</t></is></c><c t="inlineStr"><is><t>city</t></is></c></row>`
	for _, c := range []struct{ name, row, texts, styles, want string }{
		{"shared texts with runs, sounds and signs", `<row r="9"><c r="A9" t="s"><v>1</v></c><c r="B9" t="s"><v>0</v></c></row>`, `<si><r><t>Al</t></r><r><rPr><b/></rPr><t xml:space="preserve">pha &amp; </t></r><rPh sb="0" eb="1"><t>ア</t></rPh><r><t>Co&#233;_x0041_</t></r></si><si><t>A</t></si>`, "", "ref=A name=Alpha & CoéA"},
		{"prefixes, marked text and quotes of either kind", `<x:row r='2'><x:c t='str'><x:f>IF(1>0,"A","B")</x:f><x:v>A</x:v></x:c><x:c r = "B2" t="inlineStr"><x:is><x:t><![CDATA[<Al>]]></x:t></x:is></x:c></x:row>`, "", "", "ref=A name=<Al>"},
		{"no references, errors and empty cells", `<row><c><v>1</v></c><c t="str"><v>Alpha</v></c><c t="e"><v>#N/A</v></c></row>`, "", "", "ref=1 name=Alpha"},
		{"noise and powers", `<row><c><v>1.1000000000000001</v></c><c><v>1.5E-3</v></c><c><v>1E+3</v></c></row>`, "", "", "ref=1.1 name=0.0015 city=1000"},
		{"a day as ISO text", `<row><c t="d"><v>2024-03-05T00:00:00.000</v></c><c t="b"><v>1</v></c><c t="d"><v>2024-03-05T08:26:00Z</v></c></row>`, "", "", "ref=2024-03-05 name=true city=2024-03-05 08:26:00"},
		{"formats that show days and times", `<row><c s="1"><v>59</v></c><c s="2"><v>45356.351388888892</v></c><c s="3"><v>0.35138888888888886</v></c></row>`, "",
			`<numFmts><numFmt numFmtId="164" formatCode="[$-40C]d\ mmmm\ yyyy;@"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="22"/><xf numFmtId="20"/></cellXfs>`, "ref=1900-02-28 name=2024-03-05 08:26:00 city=08:26:00"},
		{"formats that show no day", `<row><c s="1"><v>45356</v></c><c s="2"><v>1.5</v></c><c s="3"><v>0.05</v></c></row>`, "",
			`<numFmts><numFmt numFmtId="164" formatCode="#,##0.00 &quot;dh&quot;"/><numFmt numFmtId="165" formatCode="[h]:mm"/></numFmts><cellXfs><xf/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="9"/></cellXfs>`, "ref=45356 name=1.5 city=0.05"},
	} {
		rows, rejections, err := table(t, Clients, byHand(t, "<sheetData>"+head+c.row+"</sheetData>", c.texts, c.styles), Options{})
		if err != nil || len(rejections) > 0 || !reflect.DeepEqual(rows, []string{c.want}) {
			t.Errorf("%s: %q %v %v, want %q", c.name, rows, rejections, err, c.want)
		}
	}
}

func TestWorkbooksThatAreRefused(t *testing.T) {
	const head = `<row r="1"><c t="inlineStr"><is><t>ref</t></is></c><c t="inlineStr"><is><t>name</t></is></c></row>`
	good := made(t, func(f *excelize.File) error { return f.SetSheetRow("Sheet1", "A1", &[]any{"ref", "name"}) })
	twins := made(t, func(f *excelize.File) error {
		_, err := f.NewSheet("2024")
		return errors.Join(err, f.SetSheetRow("Sheet1", "A1", &[]any{"ref", "name"}), f.SetSheetRow("Sheet1", "A2", &[]any{"A", "Alpha"}),
			f.SetSheetRow("2024", "A1", &[]any{"ref", "name"}), f.SetSheetRow("2024", "A2", &[]any{"B", "Beta"}))
	})
	for _, c := range []struct {
		name, text string
		o          Options
		want       string
	}{
		{"cut in the middle", good[:len(good)/2], Options{}, "its end is missing"},
		{"two sheets that fit alike", twins, Options{}, "sheets Sheet1, 2024 hold clients alike; give --sheet"},
		{"a sheet that is not there", twins, Options{Sheet: "2025"}, `no sheet "2025"; it has Sheet1, 2024`},
		{"no headings", made(t, func(f *excelize.File) error { return f.SetCellValue("Sheet1", "A1", "x") }), Options{}, "no column for ref, name; the headings are: x"},
		{"nothing", made(t, func(*excelize.File) error { return nil }), Options{}, "it is empty"},
		{"a sheet that ends early", byHand(t, "<sheetData>"+head+`<row><c><v>1`, "", ""), Options{}, "the workbook is damaged"},
		{"a document type", byHand(t, `<!DOCTYPE x [<!ENTITY a "aaaa">]><sheetData/>`, "", ""), Options{}, "a document type"},
		{"a cell of megabytes", byHand(t, "<sheetData>"+head+`<row><c t="str"><v>`+strings.Repeat("x", 5<<20)+`</v></c></row></sheetData>`, "", ""), Options{}, "longer than a megabyte"},
		{"a binary workbook", zipped(t, "[Content_Types].xml", "<Types/>", "xl/workbook.bin", ""), Options{}, ".xlsb"},
		{"OpenDocument", zipped(t, "mimetype", "application/vnd.oasis.opendocument.spreadsheet", "content.xml", ""), Options{}, ".ods"},
		{"a letter", zipped(t, "[Content_Types].xml", "<Types/>", "word/document.xml", ""), Options{}, "word processor"},
	} {
		_, _, err := table(t, Clients, c.text, c.o)
		if !errors.Is(err, ErrFile) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

// A cell that cannot be read costs its row only.
func TestBadCellsOfWorkbooks(t *testing.T) {
	const head = `<row><c t="str"><v>ref</v></c><c t="str"><v>name</v></c></row>`
	rows, rejections, err := table(t, Clients, byHand(t, `<sheetData>`+head+`<row><c t="s"><v>9</v></c><c t="str"><v>B</v></c></row>`+
		`<row><c r="B3" t="str"><v>B</v></c><c r="A3" t="str"><v>A</v></c></row><row><c t="str"><v>A`+"\xff"+`</v></c></row><row><c t="str"><v>C</v></c><c t="str"><v>D</v></c></row></sheetData>`, `<si><t>x</t></si>`, ""), Options{})
	want := []Rejection{{Line: 2, Reason: "refers to a text that the workbook has not"}, {Line: 3, Reason: "its cells are not in order"}, {Line: 4, Reason: "holds signs that no text may hold"}}
	if err != nil || !reflect.DeepEqual(rejections, want) || !reflect.DeepEqual(rows, []string{"ref=C name=D"}) {
		t.Errorf("%q %v %v, want %v", rows, rejections, err, want)
	}
}

// The counts are those of the same table as CSV, and of the sheet as seen.
func TestWorkbooksOfOthers(t *testing.T) {
	for name, want := range map[string]struct{ rows, cells int }{"simple.xlsx": {7, 3}, "sw_gen.xlsx": {0, 17}} {
		b, err := os.ReadFile(filepath.Join(dataDir(t), "csv_torture", "messytables", name))
		if err != nil {
			t.Fatal(err)
		}
		sheet := map[string]string{"simple.xlsx": "simple.csv", "sw_gen.xlsx": "tweets"}[name]
		s, _, err := openSource(Clients, Text(name, string(b)), Options{Sheet: sheet})
		if err != nil {
			t.Fatal(err)
		}
		in, err := s.open()
		if err != nil {
			t.Fatal(err)
		}
		rows, _, problems := readRows(t, in)
		if len(rows[0]) != want.cells || (want.rows > 0 && len(rows) != want.rows) || strings.Join(problems, "") != "" {
			t.Errorf("%s: %d rows of %d cells, %q, want %v", name, len(rows), len(rows[0]), problems, want)
		}
	}
}

// Texts beyond what memory may hold come back from a scratch, in any order.
func TestManySharedTexts(t *testing.T) {
	texts, long := &tape{room: Options{}.scratch}, strings.Repeat("é", 300)
	const many = 150_000
	for i := range many {
		if err := texts.add(fmt.Appendf(nil, "%d %s", i, long[:2*(i%300)])); err != nil {
			t.Fatal(err)
		}
	}
	if err := texts.done(); err != nil || texts.file == nil {
		t.Fatalf("file %v, %v", texts.file, err)
	}
	for i := range many / 10 {
		n := (i * 7919) % many
		got, ok, err := texts.at(n)
		if want := fmt.Sprintf("%d %s", n, long[:2*(n%300)]); err != nil || !ok || string(got) != want {
			t.Fatalf("text %d: %q %v %v", n, got, ok, err)
		}
	}
	if _, ok, err := texts.at(many); ok || err != nil {
		t.Errorf("a text behind the last: %v %v", ok, err)
	}
}
