package importer

import (
	"math/big"
	"strings"
	"testing"
)

func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		cell    string
		decimal byte
		want    string // "": refused
	}{
		{"1234.5", '.', "1234.5"}, {"-0.50", '.', "-0.50"}, {"1,234.50", '.', "1234.50"}, {"1 234,50 €", ',', "1234.50"}, {"1.234,5", ',', "1234.5"},
		{"1 234", ',', "1234"}, {"1’234.50", '.', "1234.50"}, {",5", ',', "0.5"}, {"+7", '.', "7"}, {"−3", '.', "-3"}, {"1.234", ',', "1234"},
		{"12.34.5", '.', ""}, {"1,23", '.', ""}, {"abc", '.', ""}, {"", '.', ""}, {"-", '.', ""}, {"1.234", 0, ""}, {"1.5", 0, "1.5"},
		{strings.Repeat("9", 31), '.', ""}, {"12 34", '.', ""},
		// Every blank that parts thousands.
		{"12\u202f345,6", ',', "12345.6"}, {"12\u00a0345,6", ',', "12345.6"}, {"12\u2009345,6", ',', "12345.6"}, {"1'234'567.8", '.', "1234567.8"}, {"1 234.567", ',', ""}, {"1.234 567", ',', ""},
		// Signs as accountants write them.
		{"(123,45)", ',', "-123.45"}, {"( 1 234,50 € )", ',', "-1234.50"}, {"123-", '.', "-123"}, {"123,45 -", ',', "-123.45"}, {"-€12.50", '.', "-12.50"}, {"€ -12.50", '.', "-12.50"}, {"–5", '.', "-5"},
		{"(-5)", '.', ""}, {"--5", '.', ""}, {"-5-", '.', ""}, {"(5", '.', ""}, {"5)", '.', ""}, {"5+", '.', ""}, {"+-5", '.', ""},
		// Currencies and shares.
		{"$1,234.50", '.', "1234.50"}, {"12,50 EUR", ',', "12.50"}, {"CHF 1'234.50", '.', "1234.50"}, {"12 euros", ',', "12"}, {"€5€", '.', ""}, {"5 %", '.', ""}, {"12 pièces", ',', ""}, {"5 $ CAD", '.', ""},
		// Exponents: to the left only.
		{"1.5e-3", '.', "0.0015"}, {"-2,5E-05", ',', "-0.000025"}, {"12e-1", '.', "1.2"}, {"5e-0", '.', "5"}, {"1e5", '.', ""}, {"1,23E+06", ',', ""}, {"1e", '.', ""}, {"1e-", '.', ""}, {"e5", '.', ""}, {"1e-99", '.', ""}, {"1e--5", '.', ""},
	} {
		got, reason := readNumber(nil, []byte(c.cell), c.decimal)
		if (reason == "") != (c.want != "") || (reason == "" && string(got) != c.want) {
			t.Errorf("%q with decimal %q: %q %s, want %q", c.cell, c.decimal, got, reason, c.want)
		}
	}
}

func TestWhatProvesADecimalSign(t *testing.T) {
	for cell, want := range map[string]byte{
		"12": 0, "12,5": ',', "12.50": '.', "1.234": '?', "1,234": '?', "12,345": '?', "1234,567": ',', "0,123": ',', "1.234,5": ',', "1,234.5": '.', "1.234.567": ',', "1,234,567": '.', "(1,234)": '?',
		"1 234,567": ',', "1\u202f234,567": ',', "12\u00a0345.678": '.', "1'234.567": '.', "€1,234": '?', "1,234-": '?', ",123": ',', "1,2345": ',', "": 0, "abc": 0, "1.5e-3": '.', "12,5 %": ',',
	} {
		if got := proof([]byte(cell)); got != want {
			t.Errorf("%q: %q, want %q", cell, got, want)
		}
	}
}

func TestDiscounts(t *testing.T) {
	for cell, want := range map[string]string{"0.05": "0.05", "5 %": "0.05", "12.5%": "0.125", "100 %": "1.00", "1": "1", "0": "0", "-0": "0", "5": "", "-0.1": "", "101 %": "", "5 %%": "", "-5 %": "", "0.5 €": ""} {
		got, reason := readShare(nil, []byte(cell), '.', false)
		if (reason == "") != (want != "") || (reason == "" && string(got) != want) {
			t.Errorf("%q: %q %s, want %q", cell, got, reason, want)
		}
	}
	for cell, want := range map[string]string{"5": "0.05", "5 %": "0.05", "0.5": "0.005", "100": "1.00", "0": "0.00", "101": ""} {
		got, reason := readShare(nil, []byte(cell), '.', true)
		if (reason == "") != (want != "") || (reason == "" && string(got) != want) {
			t.Errorf("%q in percent: %q %s, want %q", cell, got, reason, want)
		}
	}
}

// FuzzNumber compares with math/big: what is read has the value that was written, with either decimal sign, with
// thousands parted, however the minus is written; and of anything that comes along no digit is lost or gained.
func FuzzNumber(f *testing.F) {
	f.Add(int64(123456), uint8(2), "1.2.3")
	f.Add(int64(-1), uint8(0), "(1\u202f234,50 €)")
	f.Add(int64(0), uint8(3), "1.5e-3")
	f.Fuzz(func(t *testing.T, n int64, scale uint8, any string) {
		checkAnyNumber(t, any, '.')
		checkAnyNumber(t, any, ',')
		want := new(big.Rat).SetFrac(big.NewInt(n), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale%7)), nil))
		point := want.FloatString(int(scale % 7))
		comma := parted(strings.ReplaceAll(point, ".", ","), ",", "\u202f")
		forms := map[string]byte{point: '.', comma: ',', parted(point, ".", ","): '.', comma + " €": ',', "$" + point: '.'}
		if minus, body := strings.HasPrefix(comma, "-"), strings.TrimPrefix(comma, "-"); minus {
			forms[body+"-"], forms["("+body+")"], forms["−"+body] = ',', ',', ','
		}
		for cell, decimal := range forms {
			out, reason := readNumber(nil, []byte(cell), decimal)
			got, ok := new(big.Rat).SetString(string(out))
			if reason != "" || !ok || got.Cmp(want) != 0 {
				t.Fatalf("%q: %q %s, want %s", cell, out, reason, point)
			}
			if shown := proof([]byte(cell)); shown != 0 && shown != '?' && shown != decimal {
				t.Fatalf("%q proves %q, but was written with %q", cell, shown, decimal)
			}
		}
	})
}

// checkAnyNumber reads what was accepted in another way: digits and the decimal sign only, the minus from any sign for
// it, the exponent from behind the e.
func checkAnyNumber(t *testing.T, cell string, decimal byte) {
	out, reason := readNumber(nil, []byte(cell), decimal)
	if reason != "" {
		return
	}
	got, ok := new(big.Rat).SetString(string(out))
	if !ok || strings.ContainsAny(string(out), "eE+") {
		t.Fatalf("%q gives %q, which is no number", cell, out)
	}
	for _, unit := range []string{"Euros", "euros", "Euro", "euro", "EUR", "eur", "lei", "Fr.", "kr."} {
		cell = strings.ReplaceAll(cell, unit, "")
	}
	body, exponent, _ := strings.Cut(strings.ReplaceAll(cell, "E-", "e-"), "e-")
	text := strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9':
			return r
		case r == rune(decimal):
			return '.'
		}
		return -1
	}, body)
	if exponent != "" {
		text += "e-" + strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, exponent)
	}
	want, ok := new(big.Rat).SetString(text)
	if ok && strings.ContainsAny(body, "-−–(") {
		want.Neg(want)
	}
	if !ok || got.Cmp(want) != 0 {
		t.Fatalf("%q with %q gives %q, but reads %q", cell, decimal, out, text)
	}
}

// parted puts a sign between the thousands.
func parted(number, decimal, sign string) string {
	whole, decimals, has := strings.Cut(number, decimal)
	minus := strings.HasPrefix(whole, "-")
	whole = strings.TrimPrefix(whole, "-")
	for at := len(whole) - 3; at > 0; at -= 3 {
		whole = whole[:at] + sign + whole[at:]
	}
	if minus {
		whole = "-" + whole
	}
	if has {
		whole += decimal + decimals
	}
	return whole
}
