package public

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
)

// brand serves the company's colour as the accent of the pages, with ink that can be read on it. On the dark paper of
// dark mode a dark colour could not be seen, so the look's own accent stays there.
func (s *Site) brand(w http.ResponseWriter, r *http.Request) error {
	settings, err := s.Store.Settings(r.Context())
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=300")
	colour := settings["brand_colour"]
	_, err = fmt.Fprintf(w, "@media (prefers-color-scheme: light) { :root { --accent: %s; --accent-ink: %s; } }\n", colour, inkOn(colour))
	return err
}

// inkOn returns white or near-black, whichever has the better contrast on colour (#rrggbb) after WCAG 2's relative
// luminance; 0.179 is where both contrast alike.
func inkOn(colour string) string {
	n, err := strconv.ParseUint(colour[1:], 16, 24)
	if err != nil {
		return "#ffffff"
	}
	linear := func(v uint64) float64 {
		c := float64(v&0xff) / 255
		if c <= 0.03928 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	if 0.2126*linear(n>>16)+0.7152*linear(n>>8)+0.0722*linear(n) > 0.179 {
		return "#1c2320"
	}
	return "#ffffff"
}
