package look

import (
	"math"
	"regexp"
	"strconv"
	"testing"
)

// palettes reads the tokens of the light and the dark scheme from the style sheet.
func palettes(t *testing.T) map[string]map[string]string {
	t.Helper()
	roots := regexp.MustCompile(`(?s):root \{(.*?)\n\s*\}`).FindAllStringSubmatch(string(sheet), -1)
	if len(roots) < 2 {
		t.Fatalf("%d palettes, want light and dark", len(roots))
	}
	token := regexp.MustCompile(`--([a-z0-9-]+): (#[0-9a-f]{6})`)
	found := map[string]map[string]string{}
	for i, name := range []string{"light", "dark"} {
		found[name] = map[string]string{}
		for _, m := range token.FindAllStringSubmatch(roots[i][1], -1) {
			found[name][m[1]] = m[2]
		}
	}
	return found
}

// luminance is the relative luminance of WCAG 2.2.
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	rgb, err := strconv.ParseUint(colour[1:], 16, 32)
	if err != nil {
		t.Fatal(err)
	}
	linear := func(shift uint) float64 {
		v := float64(rgb>>shift&0xff) / 255
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(16) + 0.7152*linear(8) + 0.0722*linear(0)
}

// Text needs 4.5 to 1, the edge of a field and a line of a plot 3 to 1.
func TestColoursCanBeTold(t *testing.T) {
	pairs := []struct {
		ink, ground []string
		least       float64
	}{
		{[]string{"ink", "muted", "accent", "late"}, []string{"paper", "surface"}, 4.5},
		{[]string{"ink", "muted"}, []string{"quiet"}, 4.5},
		{[]string{"ink", "late"}, []string{"late-soft"}, 4.5},
		{[]string{"ink", "soon", "muted"}, []string{"soon-soft"}, 4.5},
		{[]string{"ink", "accent"}, []string{"accent-soft"}, 4.5},
		{[]string{"accent-ink"}, []string{"accent"}, 4.5},
		{[]string{"edge", "data-1", "before"}, []string{"paper", "surface"}, 3},
	}
	for scheme, colours := range palettes(t) {
		for _, pair := range pairs {
			for _, ink := range pair.ink {
				for _, ground := range pair.ground {
					a, b := luminance(t, colours[ink]), luminance(t, colours[ground])
					if ratio := (max(a, b) + 0.05) / (min(a, b) + 0.05); ratio < pair.least {
						t.Errorf("%s: %s on %s is %.2f to 1, want %.1f", scheme, ink, ground, ratio, pair.least)
					}
				}
			}
		}
	}
}
