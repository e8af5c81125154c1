package importer

import (
	"math/big"
	"strings"
	"testing"
	"time"
)

func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		cell    string
		decimal byte
		want    string // "": refused
	}{
		{"1234.5", '.', "1234.5"}, {"-0.50", '.', "-0.50"}, {"1,234.50", '.', "1234.50"}, {"1 234,50 €", ',', "1234.50"}, {"1.234,5", ',', "1234.5"},
		{"1 234", ',', "1234"}, {"1’234.50", '.', "1234.50"}, {",5", ',', "0.5"}, {"+7", '.', "7"}, {"−3", '.', "-3"}, {"1.234", ',', "1234"},
		{"12.34.5", '.', ""}, {"1,23", '.', ""}, {"abc", '.', ""}, {"", '.', ""}, {"1e5", '.', ""}, {"-", '.', ""}, {"1.234", 0, ""}, {"1.5", 0, "1.5"},
		{strings.Repeat("9", 31), '.', ""}, {"12 34", '.', ""},
	} {
		got, reason := readNumber(nil, []byte(c.cell), c.decimal)
		if (reason == "") != (c.want != "") || (reason == "" && string(got) != c.want) {
			t.Errorf("%q with decimal %q: %q %s, want %q", c.cell, c.decimal, got, reason, c.want)
		}
	}
}

func TestDiscounts(t *testing.T) {
	for cell, want := range map[string]string{"0.05": "0.05", "5 %": "0.05", "12.5%": "0.125", "100 %": "1.00", "1": "1", "0": "0", "5": "", "-0.1": "", "101 %": ""} {
		got, reason := readFraction(nil, []byte(cell), '.')
		if (reason == "") != (want != "") || (reason == "" && string(got) != want) {
			t.Errorf("%q: %q %s, want %q", cell, got, reason, want)
		}
	}
}

func TestDates(t *testing.T) {
	for _, c := range []struct {
		cell  string
		order DateOrder
		want  string // "": refused
	}{
		{"2026-03-14", "", "2026-03-14"}, {"2026/3/4", "", "2026-03-04"}, {"20260314", "", "2026-03-14"}, {"1996-07-04 00:00:00.000", "", "1996-07-04"},
		{"2010-12-01T08:26:00Z", "", "2010-12-01"}, {"14/03/2026", DayFirst, "2026-03-14"}, {"4.3.2026", DayFirst, "2026-03-04"}, {"03/14/2026", MonthFirst, "2026-03-14"},
		{"13/03/2026", "", "2026-03-13"}, {"12/13/2026", "", "2026-12-13"}, {"03/03/2026", "", "2026-03-03"}, {"03/04/2026", "", ""}, {"14/03/2026", MonthFirst, ""}, {"03/14/2026", DayFirst, ""},
		{"29/02/2026", DayFirst, ""}, {"29/02/2024", DayFirst, "2024-02-29"}, {"14/03/26", DayFirst, ""}, {"14/03.2026", DayFirst, ""}, {"2026-13-01", "", ""},
		{"1/1/1", DayFirst, ""}, {"demain", DayFirst, ""}, {"2026-03", "", ""}, {"14/03/2026", YearFirst, ""}, {"2026-03-14x", "", ""}, {"202603145", "", ""}, {"", "", ""},
	} {
		d, reason := readDate([]byte(c.cell), c.order)
		if _, _, ok := readClock(d.rest); !ok && reason == "" {
			reason = "not a date"
		}
		if (reason == "") != (c.want != "") || (reason == "" && string(d.appendDate(nil)) != c.want) {
			t.Errorf("%q as %q: %s %s, want %q", c.cell, c.order, d.appendDate(nil), reason, c.want)
		}
	}
}

// FuzzDates compares with package time: every day, however written, is read as itself, and nothing breaks on the rest.
func FuzzDates(f *testing.F) {
	f.Add(int64(0), "31/02/2024")
	f.Fuzz(func(t *testing.T, days int64, any string) {
		for _, order := range []DateOrder{"", DayFirst, MonthFirst, YearFirst} {
			if d, reason := readDate([]byte(any), order); reason == "" {
				if _, err := time.Parse(time.DateOnly, string(d.appendDate(nil))); err != nil {
					t.Fatalf("%q gives %v", any, err)
				}
			}
		}
		day := time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(uint64(days)%100000))
		for layout, order := range map[string]DateOrder{"2006-01-02": "", "20060102": "", "02/01/2006": DayFirst, "2.1.2006": DayFirst, "01-02-2006": MonthFirst} {
			d, reason := readDate([]byte(day.Format(layout)), order)
			if got := string(d.appendDate(nil)); reason != "" || got != day.Format(time.DateOnly) {
				t.Fatalf("%s: %s %s", day.Format(layout), got, reason)
			}
		}
	})
}

// FuzzNumbers compares with math/big: what is read has the value that was written, with either decimal sign and with
// thousands parted.
func FuzzNumbers(f *testing.F) {
	f.Add(int64(123456), uint8(2), "1.2.3")
	f.Fuzz(func(t *testing.T, n int64, scale uint8, any string) {
		if out, reason := readNumber(nil, []byte(any), '.'); reason == "" {
			if _, ok := new(big.Rat).SetString(string(out)); !ok {
				t.Fatalf("%q gives %q, which is no number", any, out)
			}
		}
		want := new(big.Rat).SetFrac(big.NewInt(n), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale%7)), nil))
		point := want.FloatString(int(scale % 7))
		comma := parted(strings.ReplaceAll(point, ".", ","), ",", "\u202f")
		for cell, decimal := range map[string]byte{point: '.', comma: ',', parted(point, ".", ","): '.'} {
			out, reason := readNumber(nil, []byte(cell), decimal)
			got, ok := new(big.Rat).SetString(string(out))
			if reason != "" || !ok || got.Cmp(want) != 0 {
				t.Fatalf("%q: %q %s, want %s", cell, out, reason, point)
			}
		}
	})
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

func TestMended(t *testing.T) {
	if got := string(mended([]byte("L\u0092ANCRE et c\u009Cur — é"))); got != "L’ANCRE et cœur — é" {
		t.Errorf("%q", got)
	}
	if got := string(mended([]byte("déjà"))); got != "déjà" {
		t.Errorf("%q", got)
	}
}
