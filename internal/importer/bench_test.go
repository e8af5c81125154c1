package importer

import (
	"compress/gzip"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// retail is the real file of 541,909 order lines, as CSV.
func retail(b *testing.B) string {
	b.Helper()
	in, err := os.Open(filepath.Join(dataDir(b), "online_retail", "online_retail_2010_2011.csv.gz"))
	if err != nil {
		b.Skip(err)
	}
	defer in.Close()
	packed, err := gzip.NewReader(in)
	if err != nil {
		b.Fatal(err)
	}
	text, err := io.ReadAll(packed)
	if err != nil {
		b.Fatal(err)
	}
	return string(text)
}

// workbookOf writes CSV as a spreadsheet would: shared texts, numbers, and days with their time.
func workbookOf(b *testing.B, text string) string {
	b.Helper()
	dir := b.TempDir()
	sheet, err := os.Create(filepath.Join(dir, "sheet"))
	if err != nil {
		b.Fatal(err)
	}
	defer sheet.Close()
	var texts strings.Builder
	numbers := map[string]int{}
	rows := csv.NewReader(strings.NewReader(text))
	rows.ReuseRecord = true
	var line []byte
	for n := 1; ; n++ {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			b.Fatal(err)
		}
		line = append(line[:0], `<row r="`+strconv.Itoa(n)+`" spans="1:8">`...)
		for i, cell := range row {
			ref := string(rune('A'+i)) + strconv.Itoa(n)
			at, dateErr := time.Parse(time.DateTime, cell)
			_, numberErr := strconv.ParseFloat(cell, 64)
			switch {
			case cell == "":
			case dateErr == nil:
				days := at.Sub(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)).Hours() / 24
				line = append(line, `<c r="`+ref+`" s="1"><v>`+strconv.FormatFloat(days, 'g', -1, 64)+`</v></c>`...)
			case numberErr == nil:
				line = append(line, `<c r="`+ref+`"><v>`+cell+`</v></c>`...)
			default:
				at, known := numbers[cell]
				if !known {
					at = len(numbers)
					numbers[cell] = at
					texts.WriteString("<si><t>")
					if err := xml.EscapeText(&texts, []byte(cell)); err != nil {
						b.Fatal(err)
					}
					texts.WriteString("</t></si>")
				}
				line = append(line, `<c r="`+ref+`" t="s"><v>`+strconv.Itoa(at)+`</v></c>`...)
			}
		}
		if _, err := sheet.Write(append(line, "</row>"...)); err != nil {
			b.Fatal(err)
		}
	}
	data, err := os.ReadFile(sheet.Name())
	if err != nil {
		b.Fatal(err)
	}
	return byHand(b, "<sheetData>"+string(data)+"</sheetData>", texts.String(), `<cellXfs><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs>`)
}

// BenchmarkReading is the whole reading of real order lines, from the first look to the last row.
func BenchmarkReading(b *testing.B) {
	text := retail(b)
	packed := func() string { return gzipped(b, text) }
	for _, f := range []struct {
		name string
		make func() string
	}{{"csv", func() string { return text }}, {"csv.gz", packed}, {"xlsx", func() string { return workbookOf(b, text) }}} {
		b.Run(f.name, func(b *testing.B) {
			in := Text("retail", f.make())
			b.ReportAllocs()
			b.ResetTimer()
			rows := 0
			for b.Loop() {
				file, err := Open(Orders, in, Options{})
				for err == nil {
					_, err = file.Next()
				}
				if !errors.Is(err, io.EOF) {
					b.Fatal(err)
				}
				rows += int(file.Read())
			}
			b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
