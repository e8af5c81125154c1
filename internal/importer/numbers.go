package importer

import (
	"bytes"
)

// mostDigits of a number; what is longer is no amount.
const mostDigits = 30

// proof is which decimal sign a number as written shows: '.', ',', 0 when it has neither, and '?' when its one sign may
// part thousands as well as decimals (1.234).
func proof(cell []byte) byte {
	cell = bare(cell)
	point, comma := bytes.LastIndexByte(cell, '.'), bytes.LastIndexByte(cell, ',')
	switch {
	case point < 0 && comma < 0:
		return 0
	case point >= 0 && comma >= 0:
		return cell[max(point, comma)]
	}
	sign, at := cell[max(point, comma)], max(point, comma)
	first := bytes.IndexByte(cell, sign)
	switch {
	case first != at: // more than one: thousands, so decimals have the other
		return '.' + ',' - sign
	case len(cell)-at-1 != 3 || at == 0 || at > 3 || cell[0] == '0':
		return sign
	}
	return '?'
}

// bare takes off blanks, a sign in front, and a currency at either end.
func bare(cell []byte) []byte {
	cell = bytes.TrimLeft(bytes.TrimSpace(cell), "+-−")
	return bytes.TrimSpace(bytes.Trim(cell, "€$£% \u00a0\u202f"))
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
	negative := false
	body := bytes.TrimSpace(cell)
	switch {
	case bytes.HasPrefix(body, []byte("-")), bytes.HasPrefix(body, []byte("−")):
		negative = true
	}
	body = bare(bytes.TrimSuffix(bytes.TrimSuffix(body, []byte("EUR")), []byte("eur")))
	if decimal == 0 {
		if decimal = proof(body); decimal == '?' {
			return dst, "decimals or thousands? give --decimal point or --decimal comma"
		}
	}
	whole, decimals, _ := bytes.Cut(body, []byte{decimal})
	if decimal == 0 {
		whole, decimals = body, nil
	}
	if negative {
		dst = append(dst, '-')
	}
	dst, count, ok := appendWhole(dst, whole, decimal)
	if !ok || (count == 0 && len(decimals) == 0) || !allDigits(decimals) {
		return dst, "not a number"
	}
	if count+len(decimals) > mostDigits {
		return dst, "too many digits"
	}
	if count == 0 {
		dst = append(dst, '0')
	}
	if len(decimals) > 0 {
		dst = append(append(dst, '.'), decimals...)
	}
	return dst, ""
}

// appendWhole appends digits without what parts their thousands: blanks, apostrophes, or the sign that is not decimal.
func appendWhole(dst, whole []byte, decimal byte) (out []byte, count int, ok bool) {
	group, groups := 0, 0
	for _, r := range string(whole) {
		switch {
		case r >= '0' && r <= '9':
			dst = append(dst, byte(r))
			count++
			group++
		case parts(r, decimal):
			if group == 0 || group > 3 || (groups > 0 && group != 3) {
				return dst, count, false
			}
			groups++
			group = 0
		default:
			return dst, count, false
		}
	}
	return dst, count, groups == 0 || group == 3
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

// readFraction reads a discount: 0.05, or 5 %.
func readFraction(dst, cell []byte, decimal byte) (out []byte, reason string) {
	start := len(dst)
	percent := bytes.HasSuffix(bytes.TrimSpace(cell), []byte("%"))
	out, reason = readNumber(dst, cell, decimal)
	if reason != "" {
		return out, reason
	}
	if percent {
		out = append(out[:start], hundredth(out[start:])...)
	}
	if value := out[start:]; value[0] == '-' || !atMostOne(value) {
		return out, "not between 0 and 1; write 0.05 or 5 %"
	}
	return out, ""
}

// hundredth moves the point two places to the left.
func hundredth(n []byte) []byte {
	sign := []byte{}
	if n[0] == '-' {
		sign, n = n[:1], n[1:]
	}
	whole, decimals, _ := bytes.Cut(n, []byte{'.'})
	padded := append(bytes.Repeat([]byte{'0'}, max(0, 3-len(whole))), whole...)
	cut := len(padded) - 2
	return bytes.Join([][]byte{sign, padded[:cut], {'.'}, padded[cut:], decimals}, nil)
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
