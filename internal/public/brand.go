package public

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
)

// brand serves the company's colour as the accent of the pages, with ink that can be read on it. A pale colour stays on
// buttons: links and outlines in it could not be seen. On the dark paper of dark mode a dark colour could not be seen
// either, so the look's own accent stays there.
func (s *Site) brand(w http.ResponseWriter, r *http.Request) error {
	settings, err := s.Store.Settings(r.Context())
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=300")
	colour := settings["brand_colour"]
	light, pale := luminance(colour), ""
	if light > seenOnPaper {
		pale = " a { color: var(--ink); } :focus-visible { outline-color: var(--ink); }"
	}
	_, err = fmt.Fprintf(w, "@media (prefers-color-scheme: light) { :root { --accent: %[1]s; --accent-ink: %[2]s; --accent-soft: color-mix(in srgb, %[1]s 10%%, #ffffff); }%[3]s }\n",
		colour, inkOn(light), pale)
	return err
}

// Luminances, after WCAG 2: below seenOnPaper text has a contrast of 4.5 on the look's light paper; at evenInk white and
// near-black contrast alike.
const (
	seenOnPaper = 0.163
	evenInk     = 0.179
)

// inkOn returns white or near-black, whichever has the better contrast on a colour of this luminance.
func inkOn(luminance float64) string {
	if luminance > evenInk {
		return "#1c2320"
	}
	return "#ffffff"
}

// luminance is WCAG 2's relative luminance of #rrggbb, from 0 (black) to 1; of anything else 0.
func luminance(colour string) float64 {
	if len(colour) != 7 {
		return 0
	}
	n, err := strconv.ParseUint(colour[1:], 16, 24)
	if err != nil {
		return 0
	}
	linear := func(v uint64) float64 {
		c := float64(v&0xff) / 255
		if c <= 0.03928 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(n>>16) + 0.7152*linear(n>>8) + 0.0722*linear(n)
}
