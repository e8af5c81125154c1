package importer

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// mostDigits of a number; what is longer is no amount.
const mostDigits = 30

// currencies are the signs and codes that may stand at either end of an amount. Longer ones come first.
var currencies = [...]struct{ sign, code string }{
	{"Euros", "EUR"}, {"euros", "EUR"}, {"Euro", "EUR"}, {"euro", "EUR"}, {"€", "EUR"}, {"EUR", "EUR"}, {"eur", "EUR"}, {"US$", "USD"}, {"USD", "USD"}, {"CA$", "CAD"}, {"CAD", "CAD"}, {"$", "USD"},
	{"GBP", "GBP"}, {"£", "GBP"}, {"CHF", "CHF"}, {"Fr.", "CHF"}, {"PLN", "PLN"}, {"zł", "PLN"}, {"CZK", "CZK"}, {"Kč", "CZK"}, {"SEK", "SEK"}, {"DKK", "DKK"}, {"NOK", "NOK"}, {"kr.", "SEK"}, {"kr", "SEK"},
	{"HUF", "HUF"}, {"Ft", "HUF"}, {"RON", "RON"}, {"lei", "RON"}, {"JPY", "JPY"}, {"¥", "JPY"}, {"MAD", "MAD"}, {"XPF", "XPF"}, {"XOF", "XOF"},
}

// bareNumber is a number without what may stand around its digits.
type bareNumber struct {
	body     []byte // digits and the signs between them
	negative bool
	percent  bool
	currency string // ISO; "": none was written
	exponent []byte // what stands behind an e
	broken   bool   // two signs, or an open parenthesis
}

// strip takes off blanks, one sign in front or behind (or the parentheses of accountants), a currency, a percent sign and
// an exponent.
func strip(cell []byte) (n bareNumber) {
	b := bytes.TrimSpace(cell)
	if len(b) > 0 && isDigit(b[0]) && isDigit(b[len(b)-1]) && bytes.IndexByte(b, 'E') < 0 && bytes.IndexByte(b, 'e') < 0 {
		n.body = b
		return n
	}
	signs := 0
	for before := -1; before != len(b); {
		before = len(b)
		b = bytes.TrimSpace(b)
		if len(b) > 1 && b[0] == '(' && b[len(b)-1] == ')' {
			b, n.negative = b[1:len(b)-1], true
			signs++
		}
		b = n.takeSign(b, &signs)
		b = n.takeUnit(b)
	}
	if at := bytes.IndexAny(b, "eE"); at > 0 {
		b, n.exponent = b[:at], b[at+1:]
		n.broken = len(n.exponent) == 0
	}
	n.body = b
	n.broken = n.broken || signs > 1
	return n
}

// takeSign takes a plus or minus from either end.
func (n *bareNumber) takeSign(b []byte, signs *int) []byte {
	for _, sign := range [...]string{"-", "−", "–", "+"} {
		rest, found := bytes.CutPrefix(b, []byte(sign))
		if !found && sign != "+" {
			rest, found = bytes.CutSuffix(b, []byte(sign))
		}
		if found {
			*signs++
			n.negative = n.negative || sign != "+"
			return rest
		}
	}
	return b
}

// takeUnit takes a currency or a percent sign from either end.
func (n *bareNumber) takeUnit(b []byte) []byte {
	if rest, found := bytes.CutSuffix(b, []byte{'%'}); found {
		n.broken = n.broken || n.percent
		n.percent = true
		return rest
	}
	if len(b) == 0 || isDigit(b[0]) && isDigit(b[len(b)-1]) {
		return b
	}
	for _, c := range currencies {
		rest, found := bytes.CutPrefix(b, []byte(c.sign))
		if !found {
			rest, found = bytes.CutSuffix(b, []byte(c.sign))
		}
		if found {
			n.broken = n.broken || n.currency != ""
			n.currency = c.code
			return rest
		}
	}
	return b
}

// proof is which decimal sign a number as written shows: '.', ',', 0 when it has neither, and '?' when its one sign may
// part thousands as well as decimals (1.234).
func proof(cell []byte) byte {
	body := strip(cell).body
	point, comma := bytes.LastIndexByte(body, '.'), bytes.LastIndexByte(body, ',')
	switch {
	case point < 0 && comma < 0:
		return 0
	case point >= 0 && comma >= 0:
		return body[max(point, comma)]
	}
	sign, at := body[max(point, comma)], max(point, comma)
	switch {
	case bytes.IndexByte(body, sign) != at: // more than one: thousands, so decimals have the other
		return '.' + ',' - sign
	case len(body)-at-1 != 3 || at == 0 || at > 3 || body[0] == '0' || !allDigits(body[:at]):
		return sign
	}
	return '?'
}

// plain reports whether the cell is already in the form that readNumber writes.
func plain(cell []byte) bool {
	if len(cell) > 0 && cell[0] == '-' {
		cell = cell[1:]
	}
	if len(cell) == 0 || len(cell) > 18 || !isDigit(cell[0]) || !isDigit(cell[len(cell)-1]) {
		return false
	}
	points := 0
	for _, c := range cell {
		if c == '.' {
			points++
		} else if !isDigit(c) {
			return false
		}
	}
	return points <= 1
}

// readNumber appends the number to dst as -1234.50, exactly as precise as it is written. decimal is the file's decimal
// sign, or 0 when the file has shown none.
func readNumber(dst, cell []byte, decimal byte) (out []byte, reason string) {
	n := strip(cell)
	if n.percent {
		return dst, "a percentage"
	}
	return n.append(dst, decimal)
}

func (n bareNumber) append(dst []byte, decimal byte) (out []byte, reason string) {
	start := len(dst)
	if n.broken {
		return dst, notANumber
	}
	if decimal == 0 {
		if decimal = proof(n.body); decimal == '?' {
			return dst, "decimals or thousands? give --decimal point or --decimal comma"
		}
	}
	whole, decimals, _ := bytes.Cut(n.body, []byte{decimal})
	if decimal == 0 {
		whole, decimals = n.body, nil
	}
	if n.negative {
		dst = append(dst, '-')
	}
	dst, count, ok := appendWhole(dst, whole, decimal)
	if !ok || (count == 0 && len(decimals) == 0) || !allDigits(decimals) {
		return dst[:start], notANumber
	}
	if count+len(decimals) > mostDigits {
		return dst[:start], "too many digits"
	}
	if count == 0 {
		dst = append(dst, '0')
	}
	if len(decimals) > 0 {
		dst = append(append(dst, '.'), decimals...)
	}
	if n.exponent == nil {
		return dst, ""
	}
	return shifted(dst, start, n.exponent)
}

const notANumber = "not a number"

// shifted moves the point of a number with an exponent. Only to the left: what a spreadsheet writes as 1,23E+06 has
// lost its last digits.
func shifted(dst []byte, start int, exponent []byte) (out []byte, reason string) {
	figures := bytes.TrimLeft(exponent, "+-")
	places, rest, ok := digits(figures, 2)
	switch {
	case !ok || len(rest) > 0 || len(exponent)-len(figures) > 1:
		return dst[:start], notANumber
	case exponent[0] != '-':
		return dst[:start], lostDigits
	case places > mostDigits:
		return dst[:start], "too many digits"
	}
	return append(dst[:start], divided(dst[start:], places)...), ""
}

const lostDigits = "a spreadsheet has cut its digits; write the number in full"

// appendWhole appends digits without what parts their thousands: blanks, apostrophes, or the sign that is not decimal.
func appendWhole(dst, whole []byte, decimal byte) (out []byte, count int, ok bool) {
	group, groups := 0, 0
	var by rune // the one sign that parts them
	for i := 0; i < len(whole); {
		r, size := utf8.DecodeRune(whole[i:])
		i += size
		switch {
		case r >= '0' && r <= '9':
			dst = append(dst, byte(r))
			count++
			group++
		case parts(r, decimal):
			if group == 0 || group > 3 || (groups > 0 && (group != 3 || kindOf(r) != by)) {
				return dst, count, false
			}
			by = kindOf(r)
			groups++
			group = 0
		default:
			return dst, count, false
		}
	}
	return dst, count, groups == 0 || group == 3
}

// kindOf takes all blanks, and all apostrophes, for one.
func kindOf(r rune) rune {
	switch {
	case unicode.IsSpace(r):
		return ' '
	case r == '’':
		return '\''
	}
	return r
}

func parts(r rune, decimal byte) bool {
	switch r {
	case ' ', '\u00a0', '\u202f', '\u2009', '\'', '’':
		return true
	case '.', ',':
		return byte(r) != decimal
	}
	return false
}

func allDigits(b []byte) bool {
	for _, c := range b {
		if !isDigit(c) {
			return false
		}
	}
	return true
}

// readShare reads a discount: 0.05, or 5 %. percent says that the column holds percentages though they have no sign.
func readShare(dst, cell []byte, decimal byte, percent bool) (out []byte, reason string) {
	start := len(dst)
	n := strip(cell)
	if n.currency != "" {
		return dst, "an amount, not a share"
	}
	out, reason = n.append(dst, decimal)
	if reason != "" {
		return out, reason
	}
	sign, value := signed(out[start:])
	if n.percent || percent {
		value = divided(value, 2)
	}
	if !atMostOne(value) || sign != nil && len(bytes.Trim(value, "0.")) > 0 {
		return out[:start], "not between 0 and 1; write 0.05 or 5 %"
	}
	return append(out[:start], value...), ""
}

// divided moves the point of a number that readNumber wrote so many places to the left.
func divided(n []byte, places int) []byte {
	sign, n := signed(n)
	whole, decimals, _ := bytes.Cut(n, []byte{'.'})
	padded := append(bytes.Repeat([]byte{'0'}, max(0, places+1-len(whole))), whole...)
	cut := len(padded) - places
	if places == 0 && len(decimals) == 0 {
		return bytes.Join([][]byte{sign, padded}, nil)
	}
	return bytes.Join([][]byte{sign, padded[:cut], {'.'}, padded[cut:], decimals}, nil)
}

// signed parts a number that readNumber wrote from its minus.
func signed(n []byte) (sign, body []byte) {
	if n[0] == '-' {
		return []byte{'-'}, n[1:]
	}
	return nil, n
}

func atMostOne(n []byte) bool {
	whole, decimals, _ := bytes.Cut(n, []byte{'.'})
	whole = bytes.TrimLeft(whole, "0")
	return len(whole) == 0 || (string(whole) == "1" && len(bytes.Trim(decimals, "0")) == 0)
}

// readWhole reads a whole number from 0 to 999,999; 12.0 is one, 12.5 is not.
func readWhole(dst, cell []byte, decimal byte) (out []byte, reason string) {
	start := len(dst)
	out, reason = readNumber(dst, cell, decimal)
	if reason != "" {
		return out, reason
	}
	n, decimals, _ := bytes.Cut(out[start:], []byte{'.'})
	if n[0] == '-' || len(bytes.TrimRight(decimals, "0")) > 0 || len(bytes.TrimLeft(n, "0")) > 6 {
		return out, "not a whole number from 0 on"
	}
	return out[:start+len(n)], ""
}
