package templates

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/relance/relance/internal/calendar"
)

// nbsp keeps a figure and its sign on one line. The narrow one is nicer but missing in some mail programs' fonts.
const nbsp = "\u00a0"

var monthNames = map[string][]string{
	"fr": {"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
	"en": {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
}

var dayNames = map[string][]string{
	"fr": {"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"},
	"en": {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
}

// FormatDate writes a day in the language, French or English. style: "" is 14 mars 2026, "long" adds the weekday,
// "short" is 14/03/2026 in both. The zero Date is "".
func FormatDate(d calendar.Date, style, language string) string {
	if d.IsZero() {
		return ""
	}
	y, m, day := d.Civil()
	if style == "short" {
		return fmt.Sprintf("%02d/%02d/%04d", day, int(m), y)
	}
	number := strconv.Itoa(day)
	if day == 1 && language == "fr" {
		number = "1er"
	}
	s := fmt.Sprintf("%s%s%s %d", number, nbsp, monthNames[language][m-1], y)
	if style == "long" {
		s = dayNames[language][d.Weekday()] + " " + s
	}
	return s
}

// FormatNumber writes a number with its thousands apart and so many decimals, in the language.
func FormatNumber(v float64, decimals int, language string) string {
	thousands, point := nbsp, ","
	if language == "en" {
		thousands, point = ",", "."
	}
	digits := strconv.FormatFloat(math.Abs(v), 'f', decimals, 64)
	whole, fraction, _ := strings.Cut(digits, ".")
	var b strings.Builder
	if v < 0 && strings.Trim(digits, "0.") != "" {
		b.WriteString("−")
	}
	for i, r := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteString(thousands)
		}
		b.WriteRune(r)
	}
	if fraction != "" {
		b.WriteString(point + fraction)
	}
	return b.String()
}

// FormatMoney writes an amount in a currency (ISO 4217), without decimals when it is whole.
func FormatMoney(v float64, currency, language string) string {
	decimals := 2
	if cents := math.Round(v * 100); math.Mod(cents, 100) == 0 {
		decimals = 0
	}
	number := FormatNumber(v, decimals, language)
	sign, known := map[string]string{"EUR": "€", "GBP": "£", "USD": "$"}[currency]
	switch {
	case language == "en" && known:
		if rest, negative := strings.CutPrefix(number, "−"); negative {
			return "−" + sign + rest
		}
		return sign + number
	case known:
		return number + nbsp + sign
	}
	return number + nbsp + currency
}

// FormatPercent writes a share (0.385) as a percentage, with one decimal where it is not whole.
func FormatPercent(share float64, language string) string {
	decimals := 1
	if math.Mod(math.Round(share*1000), 10) == 0 {
		decimals = 0
	}
	number := FormatNumber(share*100, decimals, language)
	if language == "en" {
		return number + "%"
	}
	return number + nbsp + "%"
}

// paper and ink of the letter's button when the company has no usable colour.
const (
	ownColour = "#0b5f4c"
	white     = "#ffffff"
	black     = "#14201b"
)

// buttonColours returns the company's colour and the ink that reads better on it. What is not #rrggbb is not used:
// the colour goes into a style, where nothing else may.
func buttonColours(colour string) (paper, ink string) {
	l, ok := luminance(colour)
	if !ok {
		colour = ownColour
		l, _ = luminance(colour)
	}
	dark, _ := luminance(black)
	if (1.05)/(l+0.05) >= (l+0.05)/(dark+0.05) {
		return colour, white
	}
	return colour, black
}

// luminance is the relative luminance of WCAG 2.2, from 0 (black) to 1 (white).
func luminance(colour string) (float64, bool) {
	if len(colour) != 7 || colour[0] != '#' {
		return 0, false
	}
	rgb, err := strconv.ParseUint(colour[1:], 16, 32)
	if err != nil {
		return 0, false
	}
	channel := func(shift uint) float64 {
		c := float64(rgb>>shift&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(16) + 0.7152*channel(8) + 0.0722*channel(0), true
}
