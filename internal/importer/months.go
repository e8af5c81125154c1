package importer

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"github.com/relance/relance/internal/clients"
)

// months are the names and short names in French, English and German, folded. "jui" is none: it could be two.
var months = map[string]int{
	"janvier": 1, "janv": 1, "jan": 1, "january": 1, "januar": 1, "fevrier": 2, "fevr": 2, "fev": 2, "february": 2, "feb": 2, "februar": 2, "mars": 3, "mar": 3, "march": 3, "marz": 3, "mrz": 3,
	"avril": 4, "avr": 4, "april": 4, "apr": 4, "mai": 5, "may": 5, "juin": 6, "june": 6, "jun": 6, "juni": 6, "juillet": 7, "juil": 7, "july": 7, "jul": 7, "juli": 7,
	"aout": 8, "aou": 8, "august": 8, "aug": 8, "septembre": 9, "september": 9, "sept": 9, "sep": 9, "octobre": 10, "october": 10, "oct": 10, "oktober": 10, "okt": 10,
	"novembre": 11, "november": 11, "nov": 11, "decembre": 12, "december": 12, "dec": 12, "dezember": 12, "dez": 12,
}

var weekdays = map[string]bool{
	"lundi": true, "lun": true, "mardi": true, "mar": true, "mercredi": true, "mer": true, "jeudi": true, "jeu": true, "vendredi": true, "ven": true, "samedi": true, "sam": true, "dimanche": true, "dim": true,
	"monday": true, "mon": true, "tuesday": true, "tue": true, "tues": true, "wednesday": true, "wed": true, "thursday": true, "thu": true, "thur": true, "thurs": true, "friday": true, "fri": true,
	"saturday": true, "sat": true, "sunday": true, "sun": true,
}

// datePart is a word or a number of a date that has its month in letters.
type datePart struct {
	word   string // folded
	number int
	digits int
}

// readNamedDate reads 5 janvier 2024, 05-janv.-24, Jan 5, 2024, Mon, 05 Jan 2024: they need no order.
func readNamedDate(cell []byte) (d civil, reason string) {
	d.order = YearFirst
	a, rest := nextPart(cell)
	b, rest := nextPart(rest)
	c, rest := nextPart(rest)
	if weekdays[a.word] && (b.word != "" || c.word != "" || months[a.word] == 0) {
		a, b = b, c
		c, rest = nextPart(rest)
	}
	year := c
	switch {
	case a.digits > 0 && b.word != "" && a.digits <= 2:
		d.day, d.month = a.number, months[b.word]
	case a.word != "" && b.digits > 0 && b.digits <= 2:
		d.day, d.month = b.number, months[a.word]
	case a.digits == 4 && b.word != "" && c.digits > 0 && c.digits <= 2:
		d.day, d.month, year = c.number, months[b.word], a
	default:
		return d, notADate
	}
	if d.month == 0 || year.digits != 2 && year.digits != 4 {
		return d, notADate
	}
	d.year, d.rest = year.number, rest
	if d.short = year.digits == 2; d.short {
		d.year = century(year.number)
	}
	return d, ""
}

// nextPart takes a word, or up to four digits with the letters of an ordinal behind, and what parts it from the one
// before.
func nextPart(b []byte) (p datePart, rest []byte) {
	b = bytes.TrimLeft(b, " -/.,\u00a0\u202f")
	size := letters(b)
	if size > 0 {
		return datePart{word: clients.Fold(string(b[:size]))}, b[size:]
	}
	p.number, rest, _ = digits(b, 4)
	p.digits = len(b) - len(rest)
	if n := letters(rest); p.digits > 0 && p.digits <= 2 && n > 0 {
		switch clients.Fold(string(rest[:n])) {
		case "er", "st", "nd", "rd", "th", "e":
			rest = rest[n:]
		}
	}
	return p, rest
}

// letters counts the bytes of the word that b begins with.
func letters(b []byte) int {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if !unicode.IsLetter(r) && !unicode.Is(unicode.Mn, r) {
			return i
		}
		i += n
	}
	return len(b)
}

// hasLetterSoon reports whether a letter stands where a month would, behind a first number.
func hasLetterSoon(cell []byte) bool {
	_, rest, _ := digits(cell, 4)
	if len(rest) == len(cell) || len(rest) == 0 || isDigit(rest[0]) {
		return false
	}
	if len(rest) > 1 && isDigit(rest[1]) || len(cell)-len(rest) == 4 && rest[0] == 'T' {
		return false
	}
	rest = bytes.TrimLeft(rest, " -/.,\u00a0\u202f")
	return letters(rest) > 0
}
