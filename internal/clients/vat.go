package clients

import (
	"strconv"
	"strings"
)

// Check is what is known about a number that carries its own proof.
type Check int

// The results of a check. Unknown: the country has no rule here, so the number is kept as it was typed.
const (
	Unknown Check = iota
	Right
	Wrong
)

// VAT checks a value added tax number and gives it in one form, with its country in front and nothing in between
// (FR40303265045, BE0202239951; Greece is EL). A number typed without its country is one of country's (ISO alpha-2),
// if its check digits say so. The form is "" unless the check is Right.
func VAT(typed, country string) (string, Check) {
	number := compact(typed)
	if number == "" {
		return "", Wrong
	}
	for _, prefix := range []string{"CHE", number[:min(2, len(number))]} {
		if rule, ok := vatRules[vatCountry(prefix)]; ok && strings.HasPrefix(number, prefix) {
			if body, ok := rule.body(number[len(prefix):]); ok {
				return vatPrefix(prefix) + body, Right
			}
		}
	}
	rule, ok := vatRules[vatCountry(country)]
	if !ok {
		return "", Unknown
	}
	if body, ok := rule.body(number); ok {
		return vatPrefix(country) + body, Right
	}
	if _, foreign := vatRules[vatCountry(number[:min(2, len(number))])]; !foreign && len(number) > 2 && isLetter(number[0]) && isLetter(number[1]) && country != "FR" && country != "ES" && country != "IE" {
		return "", Unknown // of a country without a rule
	}
	return "", Wrong
}

// vatCountry is the key of the rules; Greece, Northern Ireland, Monaco and Switzerland write another prefix than their code.
func vatCountry(prefix string) string {
	switch prefix {
	case "GR":
		return "EL"
	case "XI":
		return "GB"
	case "MC":
		return "FR"
	case "CHE":
		return "CH"
	}
	return prefix
}

func vatPrefix(prefix string) string {
	switch key := vatCountry(prefix); {
	case prefix == "XI":
		return prefix
	case key == "CH":
		return "CHE"
	default:
		return key
	}
}

// compact keeps letters and digits, in capitals; "" when there is something else than what usually parts them.
func compact(typed string) string {
	var b strings.Builder
	for _, r := range strings.ToUpper(typed) {
		switch {
		case r >= '0' && r <= '9', r >= 'A' && r <= 'Z', r == '+', r == '*':
			b.WriteRune(r)
		case r == ' ', r == '\u00a0', r == '\u202f', r == '.', r == '-', r == '/', r == ':', r == '(', r == ')', r == '_':
		default:
			return ""
		}
	}
	return b.String()
}

// vatRule is the form of a country's numbers and their proof.
type vatRule struct {
	forms []string // d is a digit, A a letter, x either; any other sign stands for itself
	pad   int      // digits, when leading zeros are often left out; 0: never
	end   string   // what may stand behind, and is left out
	holds func(n string) bool
}

// body gives the number as the country writes it; false: it is none.
func (r vatRule) body(n string) (string, bool) {
	for _, end := range strings.Fields(r.end) {
		n = strings.TrimSuffix(n, end)
	}
	if r.pad > len(n) && len(n) >= r.pad-2 {
		n = strings.Repeat("0", r.pad-len(n)) + n
	}
	for _, form := range r.forms {
		if fits(n, form) {
			return n, r.holds(n)
		}
	}
	return "", false
}

func fits(n, form string) bool {
	if len(n) != len(form) {
		return false
	}
	for i := range len(form) {
		digit := n[i] >= '0' && n[i] <= '9'
		switch form[i] {
		case 'd':
			if !digit {
				return false
			}
		case 'A':
			if !isLetter(n[i]) {
				return false
			}
		case 'x':
			if !digit && !isLetter(n[i]) {
				return false
			}
		default:
			if n[i] != form[i] {
				return false
			}
		}
	}
	return true
}

func isLetter(c byte) bool { return c >= 'A' && c <= 'Z' }

const (
	eight  = "dddddddd"
	nine   = eight + "d"
	ten    = nine + "d"
	eleven = ten + "d"
	twelve = eleven + "d"
)

// vatRules are the published ones of the European Union, the United Kingdom, Switzerland and Norway.
var vatRules = map[string]vatRule{
	"AT": {forms: []string{"U" + eight}, holds: func(n string) bool { return (luhnSum(n[1:8])+4+digit(n, 8))%10 == 0 }},
	"BE": {forms: []string{ten}, pad: 10, holds: func(n string) bool { return n[0] <= '1' && 97-value(n[:8])%97 == value(n[8:]) }},
	"BG": {forms: []string{nine, ten}, holds: bulgarian},
	"CH": {forms: []string{nine}, end: "MWST TVA IVA", holds: func(n string) bool { return (11-weighted(n, 5, 4, 3, 2, 7, 6, 5, 4)%11)%11 == digit(n, 8) }},
	"CY": {forms: []string{eight + "A"}, holds: cypriot},
	"CZ": {forms: []string{eight, nine, ten}, holds: czech},
	"DE": {forms: []string{nine}, holds: func(n string) bool { return n[0] != '0' && iso7064(n) }},
	"DK": {forms: []string{eight}, holds: func(n string) bool { return n[0] != '0' && weighted(n, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0 }},
	"EE": {forms: []string{nine}, holds: func(n string) bool { return weighted(n, 3, 7, 1, 3, 7, 1, 3, 7, 1)%10 == 0 }},
	"EL": {forms: []string{nine}, pad: 9, holds: func(n string) bool { return weighted(n, 256, 128, 64, 32, 16, 8, 4, 2)%11%10 == digit(n, 8) }},
	"ES": {forms: []string{"xdddddddx"}, holds: spanish},
	"FI": {forms: []string{eight}, holds: func(n string) bool { return weighted(n, 7, 9, 10, 5, 8, 4, 2, 1)%11 == 0 }},
	"FR": {forms: []string{"xx" + nine}, holds: french},
	"GB": {forms: []string{nine, twelve, "GDddd", "HAddd"}, holds: british},
	"HR": {forms: []string{eleven}, holds: iso7064},
	"HU": {forms: []string{eight}, holds: func(n string) bool { return weighted(n, 9, 7, 3, 1, 9, 7, 3, 1)%10 == 0 }},
	"IE": {forms: []string{"dddddddA", "dddddddAA", "dAdddddA", "d+dddddA", "d*dddddA"}, holds: irish},
	"IT": {forms: []string{eleven}, holds: italian},
	"LT": {forms: []string{nine, twelve}, holds: lithuanian},
	"LU": {forms: []string{eight}, holds: func(n string) bool { return value(n[:6])%89 == value(n[6:]) }},
	"LV": {forms: []string{eleven}, holds: latvian},
	"MT": {forms: []string{eight}, holds: func(n string) bool { return n[0] != '0' && weighted(n, 3, 4, 6, 7, 8, 9, 10, 1)%37 == 0 }},
	"NL": {forms: []string{nine + "Bdd"}, pad: 12, holds: dutch},
	"NO": {forms: []string{nine}, end: "MVA", holds: func(n string) bool { return weighted(n, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0 }},
	"PL": {forms: []string{ten}, holds: func(n string) bool { return weighted(n, 6, 5, 7, 2, 3, 4, 5, 6, 7)%11 == digit(n, 9) }},
	"PT": {forms: []string{nine}, holds: func(n string) bool {
		return n[0] != '0' && (11-weighted(n, 9, 8, 7, 6, 5, 4, 3, 2)%11)%11%10 == digit(n, 8)
	}},
	"RO": {forms: []string{"dd", "ddd", "dddd", "ddddd", "dddddd", "ddddddd", eight, nine, ten, twelve + "d"}, holds: romanian},
	"SE": {forms: []string{twelve}, holds: func(n string) bool { return n[10:] != "00" && luhn(n[:10]) }},
	"SI": {forms: []string{eight}, holds: func(n string) bool { return n[0] != '0' && slovenian(n) }},
	"SK": {forms: []string{ten}, holds: func(n string) bool { return n[0] != '0' && strings.IndexByte("234789", n[2]) >= 0 && value(n)%11 == 0 }},
}

// value is the whole number that the digits spell; at most 18 of them.
func value(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		return -1
	}
	return n
}

func digit(n string, at int) int { return int(n[at] - '0') }

// weighted sums the first digits, each times its weight.
func weighted(n string, weights ...int) int {
	sum := 0
	for i, w := range weights {
		sum += w * digit(n, i)
	}
	return sum
}
