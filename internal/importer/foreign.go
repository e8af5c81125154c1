package importer

import (
	"bytes"
	"strings"
)

// refuseForeign names, in words, formats that are no table that can be read, and what to do about each.
func refuseForeign(head []byte) error {
	const save = "; in the spreadsheet, save it as XLSX or CSV UTF-8"
	for _, f := range []struct{ start, words string }{
		{"\xD0\xCF\x11\xE0", "an old workbook (.xls) or one with a password" + save},
		{"\x09\x08", "a very old workbook (.xls)" + save},
		{"%PDF", "a PDF; export the table itself, as XLSX or CSV"},
		{"{\\rtf", "a text document (RTF); export the table itself, as XLSX or CSV"},
		{"BZh", "packed with bzip2; unpack it first, or pack it with gzip or zip"},
		{"\xFD7zXZ\x00", "packed with xz; unpack it first, or pack it with gzip or zip"},
		{"\x28\xB5\x2F\xFD", "packed with zstd; unpack it first, or pack it with gzip or zip"},
		{"7z\xBC\xAF\x27\x1C", "a 7-Zip archive; unpack it first, or pack it with gzip or zip"},
		{"Rar!\x1A\x07", "a RAR archive; unpack it first, or pack it with gzip or zip"},
		{"SQLite format 3\x00", "an SQLite database; export the table itself, as CSV"},
		{"PAR1", "a Parquet file; export it as CSV"},
		{"\x89PNG", "a picture; export the table itself, as XLSX or CSV"},
		{"\xFF\xD8\xFF", "a picture; export the table itself, as XLSX or CSV"},
		{"\xFF\xFE\x00\x00", "UTF-32 text; save it as UTF-8"},
		{"\x00\x00\xFE\xFF", "UTF-32 text; save it as UTF-8"},
	} {
		if bytes.HasPrefix(head, []byte(f.start)) {
			return fileError("it is %s", f.words)
		}
	}
	if len(head) > 262 && string(head[257:262]) == "ustar" {
		return fileError("it is a tar archive; pack the file itself, with gzip or zip")
	}
	return refuseText(head)
}

// refuseText does the same for formats that are text.
func refuseText(head []byte) error {
	start := strings.ToLower(string(bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\ufeff")))))
	begins := func(words ...string) bool {
		for _, w := range words {
			if strings.HasPrefix(start, w) {
				return true
			}
		}
		return false
	}
	switch {
	case begins("<!doctype html", "<html", "<table", "<meta", "<head", "<body"):
		return fileError("it is a web page (HTML), though it may be called .xls; open it in a spreadsheet and save it as XLSX or CSV UTF-8")
	case begins("<?xml", "<workbook", "<ss:workbook"):
		return fileError("it is XML, though it may be called .xls; open it in a spreadsheet and save it as XLSX or CSV UTF-8")
	case begins("from ") && strings.Contains(start, "\nsubject:"), begins("return-path:", "delivered-to:") && strings.Contains(start, "\nreceived:"):
		return fileError("it is mail (mbox), no table")
	case begins("begin:vcard"):
		return fileError("it is address cards (vCard); export the contacts as CSV")
	case begins("--", "/*", "set ", "use ", "create ", "insert into ", "drop ") && containsAny(start, "-- mysql dump", "-- mariadb dump", "postgresql database dump", "create table", "insert into"):
		return fileError("it is an SQL dump; export each table itself, as CSV")
	case begins("["):
		if rest := strings.TrimSpace(start[1:]); strings.HasPrefix(rest, "{") {
			return fileError("it is one JSON list; write one object per line (JSON Lines)")
		}
	}
	return nil
}

func containsAny(text string, words ...string) bool {
	for _, w := range words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// refuseWorkbook does the same for workbooks of other programs, which are zip archives too.
func refuseWorkbook(names map[string]bool) error {
	switch {
	case names["xl/workbook.bin"]:
		return fileError("it is a binary workbook (.xlsb); in the spreadsheet, save it as XLSX or CSV UTF-8")
	case names["mimetype"]:
		return fileError("it is an OpenDocument file (.ods); in the spreadsheet, save it as XLSX or CSV UTF-8")
	case names["Index/Document.iwa"]:
		return fileError("it is a Numbers file; export it as XLSX or CSV")
	case names["word/document.xml"], names["ppt/presentation.xml"]:
		return fileError("it is a document of a word processor or a presentation, no workbook")
	}
	return nil
}
