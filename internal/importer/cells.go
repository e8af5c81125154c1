package importer

import (
	"bytes"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/relance/relance/internal/clients"
)

// trimmed takes blanks off a cell; nil when it says that there is nothing.
func trimmed(cell []byte) []byte {
	if len(cell) > 0 && (cell[0] <= ' ' || cell[len(cell)-1] <= ' ' || cell[0] >= utf8.RuneSelf || cell[len(cell)-1] >= utf8.RuneSelf) {
		cell = bytes.TrimSpace(cell)
	}
	switch len(cell) {
	case 0:
		return nil
	case 1:
		if cell[0] == '-' {
			return nil
		}
	case 2:
		if string(cell) == `\N` {
			return nil
		}
	case 4:
		if string(cell) == "[ND]" || string(cell) == "NULL" || string(cell) == "null" || string(cell) == "#N/A" {
			return nil
		}
	}
	return cell
}

// read gives a cell its one form; at is the place among the used columns. The result lives until the next row.
func (f *File) read(at int, cell []byte) (value []byte, reason string) {
	switch f.heading.used[at].form {
	case text:
		return mended(cell), ""
	case key:
		return f.readKey(at, cell)
	case hold:
		if is, known := clients.ParseYes(string(cell)); known && !is {
			return nil, ""
		}
		return mended(cell), ""
	case clientKind, contractKind, risk:
		return f.readClass(at, cell)
	case number:
		f.flagCurrency(at, cell)
		return readPlain(cell, f.decimals[at])
	case date:
		return f.readDate(at, cell)
	case moment:
		t, reason := readMoment(cell, f.dates[at], f.zone())
		return t.UTC().AppendFormat(nil, time.RFC3339), reason
	case fraction:
		return readShare(nil, cell, f.decimals[at], f.percent[at])
	case whole:
		return readWhole(nil, cell, f.decimals[at])
	default:
		return f.readWord(f.heading.used[at].form, string(cell))
	}
}

func (f *File) zone() *time.Location {
	if f.options.Zone == nil {
		return time.UTC
	}
	return f.options.Zone
}

// value is what a row has of a column: its cell, or cells put together.
func (f *File) value(p *position, cells [][]byte) []byte {
	if p.choices == nil {
		return f.trimmed(cells[p.cell])
	}
	for _, c := range p.choices {
		var found [][]byte
		for _, at := range c.cells {
			if cell := f.trimmed(cells[at]); cell != nil {
				found = append(found, cell)
			}
		}
		if len(found) > 0 {
			return bytes.Join(found, []byte(c.glue))
		}
	}
	return nil
}

// readKey reads what names something. Programs that take a column for numbers add .0 to the references of clients and
// orders; what a spreadsheet has cut names nothing any more.
func (f *File) readKey(at int, cell []byte) (value []byte, reason string) {
	cell = mended(cell)
	if isCut(cell) {
		return nil, lostDigits
	}
	name := f.heading.used[at].name
	digits, float := bytes.CutSuffix(cell, []byte(".0"))
	if !float || !allDigits(digits) || len(digits) == 0 || f.kind == Products || name == "product" || name == "line" {
		return cell, ""
	}
	f.note(name, "its numbers ended in .0, which was taken off")
	return digits, ""
}

// readClass reads a word that sorts clients or contracts. Under a heading that only may mean that, such as "Type client", a
// word of the company's own is noted and says nothing.
func (f *File) readClass(at int, cell []byte) (value []byte, reason string) {
	p := f.heading.used[at]
	value, reason = f.readWord(p.form, string(cell))
	if reason != "" && p.how == "usual" {
		f.note(p.name, "words of the company's own under the heading "+f.heading.names[p.cell]+" were not used")
		return nil, ""
	}
	return value, reason
}

// flagCurrency notes an amount in another currency than the company's.
func (f *File) flagCurrency(at int, cell []byte) {
	last := cell[len(cell)-1]
	if (isDigit(cell[0]) || cell[0] == '-') && isDigit(last) {
		return
	}
	house := f.options.Currency
	if house == "" {
		house = "EUR"
	}
	if c := strip(cell).currency; c != "" && c != house {
		f.note(f.heading.used[at].name, "written in "+c+", read as "+house)
	}
}

// readPlain reads a number, which most often is in the right form already.
func readPlain(cell []byte, decimal byte) ([]byte, string) {
	if plain(cell) && (decimal == '.' || bytes.IndexByte(cell, '.') < 0) {
		return cell, ""
	}
	return readNumber(nil, cell, decimal)
}

func (f *File) readDate(at int, cell []byte) ([]byte, string) {
	d, reason := readDate(cell, f.dates[at])
	if reason != "" {
		return nil, reason
	}
	if d.short {
		f.note(f.heading.used[at].name, "its years have two digits; 00 to 69 were read as 2000 to 2069, 70 to 99 as 1970 to 1999")
	}
	if len(d.rest) == 0 {
		if d.order == YearFirst && len(cell) == 10 && cell[4] == '-' {
			return cell, ""
		}
		return d.appendDate(nil), ""
	}
	_, offset, ok := readClock(d.rest)
	if !ok {
		return nil, notADate
	}
	if offset == nil {
		return d.appendDate(nil), ""
	}
	t, reason := d.moment(f.zone()) // the day it was here
	return t.In(f.zone()).AppendFormat(nil, time.DateOnly), reason
}

// readWord reads what has a table of words or a check of its own.
func (f *File) readWord(form form, cell string) (value []byte, reason string) {
	known := false
	word := ""
	switch form {
	case yes:
		var is bool
		if is, known = clients.ParseYes(cell); is {
			word = "t"
		} else {
			word = "f"
		}
		reason = "neither yes nor no"
	case cancelled:
		var is bool
		if is, known = clients.ParseYes(cell); !known {
			_, wrong := readDate([]byte(cell), DayFirst)
			_, wrongToo := readDate([]byte(cell), MonthFirst)
			is, known = true, wrong == "" || wrongToo == ""
		}
		word = "f"
		if is {
			word = "t"
		}
		reason = "neither yes nor no"
	case country:
		word, known = clients.Country(cell)
		reason = "no such country; a code (FR) or a French or English name is known"
	case tongue:
		word, known = clients.Language(cell)
		reason = "no such language; a code (fr) is known"
	case zone:
		_, err := time.LoadLocation(cell)
		word, known, reason = cell, err == nil, "no such time zone; write one such as Europe/Paris"
	case email:
		_, known = clients.EmailKey(cell)
		word, reason = cell, "not an e-mail address"
		if meant := clients.EmailTypo(cell); meant != "" {
			reason += "; is " + meant + " meant?"
		}
	case siren, vat, status:
		word, known, reason = cell, true, "" // checked with others, in finish
	case siret:
		word = strings.NewReplacer(" ", "", "\u00a0", "", ".", "", "-", "").Replace(cell)
		known, reason = allDigits([]byte(word)) && (len(word) == 9 || len(word) == 14), "the client's reference here, but not a SIRET or SIREN"
	case phone:
		word, known, reason = string(mended([]byte(cell))), true, ""
	default:
		word, known, reason = kindWord(form, cell)
	}
	if !known {
		return nil, reason
	}
	return []byte(word), ""
}

func kindWord(form form, cell string) (word string, known bool, reason string) {
	switch form {
	case clientKind:
		k, ok := clients.ParseKind(cell)
		return string(k), ok, "not a kind of client: company, sole_trader or consumer"
	case activityKind:
		k, ok := clients.ParseActivityKind(cell)
		return string(k), ok, "not a kind of activity: visit, call, complaint, maintenance or note"
	case contractKind:
		k, ok := clients.ParseContractKind(cell)
		return string(k), ok, "not a kind of contract: tender or framework"
	case basisKind:
		k, ok := clients.ParseBasisKind(cell)
		return string(k), ok, "not a basis: consent, information or generic"
	case document:
		k, ok := clients.ParseDocument(cell)
		return string(k), ok, "not a kind of document: order, invoice, delivery, credit note, return or quote; leave the column out if it means something else"
	case risk:
		k, ok := clients.ParseLossRisk(cell)
		return string(k), ok, "not a risk: low, medium or high"
	}
	return "", false, "cannot be read"
}

// mended puts back windows-1252 signs that another program turned into control characters (U+0092 for ’). Without any,
// it gives the cell itself.
func mended(cell []byte) []byte {
	broken := false
	for i := 0; i+1 < len(cell) && !broken; i++ {
		broken = cell[i] == 0xC2 && cell[i+1] >= 0x80 && cell[i+1] <= 0x9F
	}
	if !broken {
		return cell
	}
	out := make([]byte, 0, len(cell)+8)
	for _, r := range string(cell) {
		if r >= 0x80 && r <= 0x9F {
			r = charmap.Windows1252.DecodeByte(byte(r))
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}
