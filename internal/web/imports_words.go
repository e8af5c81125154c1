package web

import (
	"regexp"
	"strings"

	"github.com/relance/relance/internal/importer"
)

// saidReason is why a row or a file is refused, as the reader reads it.
type saidReason struct {
	Words string
	Own   bool // in the reader's language; else in English, as commands tell it
}

// saying is a form of sentence in which the gate tells a reason, and the message that says it to a marketer. The parts in
// brackets are its values a, b, c.
type saying struct {
	form   *regexp.Regexp
	id     string
	column int // which value names columns, from 0; -1: none
}

// said makes the sayings of package importer and of the store. A cell may stand in front: "31/02": no such day.
func said(form, id string) saying {
	return saying{regexp.MustCompile(`(?s)^` + form + `$`), "reject." + id, -1}
}

// ofColumn is said whose value number at names columns, by their canonical names.
func ofColumn(at int, form, id string) saying {
	s := said(form, id)
	s.column = at
	return s
}

var rowSayings = []saying{
	said(`empty, but needed`, "empty"), said(`no such day`, "no_day"), said(`the year is not between 1900 and 2200`, "year"), said(`write the year with four digits`, "four_digits"),
	said(`write the year first, as in .*`, "year_first"), said(`day or month first\?.*`, "day_month"), said(`not a date; is it a spreadsheet.*`, "excel"), said(`not a date.*`, "no_date"), said(`not a time.*`, "no_time"),
	said(`neither yes nor no`, "yes_no"), said(`no such country.*`, "country"), said(`no such language.*`, "language"), said(`no such time zone.*`, "zone"),
	said(`not an e-mail address; is (.*) meant\?`, "email_meant"), said(`not an e-mail address`, "email"), said(`a percentage`, "percentage"), said(`decimals or thousands\?.*`, "decimals"), said(`too many digits`, "digits"),
	said(`not a number.*`, "no_number"), said(`not between 0 and 1.*`, "share"), said(`not a whole number.*`, "whole"), said(`not a kind of .*`, "kind"), said(`not a basis:.*`, "basis"), said(`not a risk:.*`, "risk"),
	said(`neither an amount, nor a quantity with a unit price`, "no_amount"), said(`a quote is not an order`, "quote"), said(`a quote is opened and never closed`, "open_quote"), said(`text after a closing quote`, "after_quote"),
	said(`holds a zero byte`, "zero"), said(`holds bytes that are not UTF-8.*`, "utf8"), said(`a line of totals, not a row`, "totals"), said(`the file ends in the middle of this line`, "cut"),
	said(`(\d+) cells, but (\d+) headings.*`, "more_cells"), said(`only (\d+) cells, but (\d+) headings`, "few_cells"), said(`its order on line (\d+) of (.*) was rejected`, "head_rejected"),
	said(`no (?:client|rep|order|product) (.*); import (.*) first`, "unknown"), said(`no line of it in (.*)`, "no_lines"), said(`order (.*) is of client (.*) on line (\d+)`, "two_clients"), said(`the group of (.*) comes back to itself`, "circle"),
	said(`the same as on line (\d+)`, "twice"), ofColumn(0, `empty, but needed to prove (.*)`, "proof"),
}

var fileSayings = []saying{
	ofColumn(0, `no column for (.*?); the headings are: (.*?); if one of them is meant, .*`, "no_column"), said(`it is empty.*`, "empty_file"), ofColumn(0, `column (\w+): (".*?") and all others could have the day or the month first.*`, "file_dates"),
	ofColumn(0, `column (\w+): (".*?") has the day first, (".*?") the month.*`, "file_dates_mixed"), ofColumn(0, `column (\w+): (".*?") has a decimal point, (".*?") a decimal comma.*`, "file_decimal_mixed"), ofColumn(0, `column (\w+): (".*?").*give --decimal.*`, "file_decimal"),
	ofColumn(0, `column (\w+): (".*?") is a spreadsheet.s count of days, (".*?") a date.*`, "file_serial"), said(`it has no row on line (\d+) for the headings`, "no_row"), said(`the archive holds several files: (.*?); give --member.*`, "members"),
	said(`the archive has no member (".*?"); it holds (.*)`, "no_member"), said(`sheets (.*) hold (.*) alike; give --sheet.*`, "sheets"), said(`the workbook has no sheet (".*?"); it has (.*)`, "no_sheet"),
	said(`the workbook is damaged.*`, "damaged"), said(`it begins as an archive or a workbook, but its end is missing.*`, "damaged"), said(`its packed content .*`, "damaged"), said(`the archive is damaged.*`, "damaged"),
	said(`unpacked, it is larger than (\d+) MB.*`, "bomb"), ofColumn(2, `the heading (".*?") is there (\d+) times; say which one is (\w+).*`, "twins"), said(`it is a web page.*`, "format"), said(`it is XML.*`, "format"), said(`it is a binary workbook.*`, "format"),
	said(`it is an OpenDocument file.*`, "format"), said(`it is a Numbers file.*`, "format"), said(`it is (an? )?(.*?old .*|.*PDF.*|.*image.*|.*picture.*)`, "format"), said(`the archive holds no file`, "archive_empty"), said(`the file is kept no longer.*`, "gone"),
	said(`it holds orders without their lines.*`, "heads_only"), said(`one import takes one file, or orders in two.*`, "one_or_two"), said(`its process ended in the middle.*`, "died"), said(`it was broken off.*`, "broken_off"),
	said(`(\d+) of (\d+) rows, so nothing was applied.*`, "refused"),
}

// say finds the words; what has none stays as commands tell it.
func (r *request) say(text string, sayings []saying) *saidReason {
	for _, s := range sayings {
		found := s.form.FindStringSubmatch(text)
		if found == nil {
			continue
		}
		var pairs []any
		for i, value := range found[1:] {
			if i == s.column {
				value = columnNames(r.Reader, value)
			} else if inner, ok := strings.CutPrefix(value, `"`); ok && strings.HasSuffix(inner, `"`) {
				value = r.Reader.T("reject.quoted", "text", strings.TrimSuffix(inner, `"`))
			}
			pairs = append(pairs, string(rune('a'+i)), value)
		}
		return &saidReason{r.Reader.T(s.id, pairs...), true}
	}
	return &saidReason{text, r.Reader.Language == "en"}
}

var cellInFront = regexp.MustCompile(`(?s)^("(?:[^"\\]|\\.)*"): (.*)$`)

// reason says why a row is rejected, with the cell in front that is wrong.
func (s *Site) reason(r *request, text string) *saidReason {
	if m := cellInFront.FindStringSubmatch(text); m != nil {
		words := r.say(m[2], rowSayings)
		return &saidReason{r.Reader.T("reject.cell", "cell", strings.Trim(m[1], `"`), "why", words.Words), words.Own}
	}
	return r.say(text, rowSayings)
}

// fileProblem says why a whole file cannot be imported as it is, with its name in front when there are several.
func (s *Site) fileProblem(r *request, err error) *saidReason {
	name, text, found := strings.Cut(err.Error(), importer.ErrFile.Error()+": ")
	if !found {
		return r.say(err.Error(), fileSayings)
	}
	words := r.say(text, fileSayings)
	if name = strings.TrimSuffix(name, ": "); name != "" && strings.Contains(r.PathValue("files"), ",") {
		words.Words = r.Reader.T("reject.cell", "cell", name, "why", words.Words)
	}
	return words
}

// askedSetting is the setting that a refused file asks for; "": none.
func askedSetting(err error) string {
	for _, name := range []string{"dates", "decimal", "encoding", "delimiter", "sheet", "member", "map"} {
		if strings.Contains(err.Error(), "--"+name) {
			return name
		}
	}
	return ""
}
