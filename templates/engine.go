package templates

import (
	"fmt"
	"math"
	"net/url"
	"strings"

	"github.com/osteele/liquid"
	"github.com/osteele/liquid/render"

	"github.com/relance/relance/internal/calendar"
)

// newEngine makes a Liquid engine for one language. For HTML, values are escaped; they never are markup.
func newEngine(language string, escape bool) *liquid.Engine {
	e := liquid.NewEngine()
	for _, name := range []string{"include", "render", "tablerow", "cycle", "capture", "raw"} {
		e.UnregisterTag(name)
	}
	e.StrictVariables()
	if escape {
		e.SetAutoEscapeReplacer(render.HtmlEscaper)
	}
	addFilters(e, language)
	return e
}

// addFilters replaces Liquid's own filters where ours speak the reader's language or keep within bounds. A filter gives
// nil back for nil, so that "default" works after it.
func addFilters(e *liquid.Engine, language string) {
	e.RegisterFilter("money", func(v any, currency string) (any, error) {
		return figure(v, func(f float64) string { return FormatMoney(f, currency, language) })
	})
	e.RegisterFilter("percent", func(v any) (any, error) {
		return figure(v, func(f float64) string { return FormatPercent(f, language) })
	})
	e.RegisterFilter("number", func(v any, decimals func(int) int) (any, error) {
		return figure(v, func(f float64) string { return FormatNumber(f, min(max(decimals(0), 0), 6), language) })
	})
	e.RegisterFilter("date", func(v any, style func(string) string) (any, error) {
		return dateFilter(v, style(""), language)
	})
	e.RegisterFilter("append", func(s, more string) (string, error) { return joined(s, more) })
	e.RegisterFilter("prepend", func(s, more string) (string, error) { return joined(more, s) })
	e.RegisterFilter("truncate", func(s string, length func(int) int) string { return truncate(s, max(1, length(50))) })
	e.RegisterFilter("link", link)
	e.RegisterFilter("link_part", func(v any) string { return strings.ReplaceAll(url.QueryEscape(words(v)), "+", "%20") })
	e.RegisterFilter("link_phone", func(v any) string { return strings.Map(dialled, words(v)) })
}

// figure formats a number; nil stays nil, anything else is a mistake of the text.
func figure(v any, format func(float64) string) (any, error) {
	switch n := v.(type) {
	case nil:
		return nil, nil
	case float64:
		if math.IsNaN(n) || math.IsInf(n, 0) {
			return nil, fmt.Errorf("%v is not a number", n)
		}
		return format(n), nil
	case int:
		return format(float64(n)), nil
	case int64:
		return format(float64(n)), nil
	}
	return nil, fmt.Errorf("%v is not a number", v)
}

func dateFilter(v any, style, language string) (any, error) {
	if v == nil {
		return nil, nil
	}
	d, ok := v.(calendar.Date)
	if !ok {
		return nil, fmt.Errorf("%v is not a date", v)
	}
	if style != "" && style != "short" && style != "long" {
		return nil, fmt.Errorf("unknown date style %q; known: short, long", style)
	}
	return FormatDate(d, style, language), nil
}

func joined(a, b string) (string, error) {
	if len(a)+len(b) > maxValue {
		return "", errTooLong
	}
	return a + b, nil
}

func truncate(s string, length int) string {
	runes := []rune(s)
	if len(runes) <= length {
		return s
	}
	return strings.TrimRight(string(runes[:length-1]), " ") + "…"
}

// link lets a value be a whole address only when it is one that a reader may safely follow.
func link(v any) (string, error) {
	address := words(v)
	u, err := url.Parse(address)
	if err != nil || !safeScheme(u.Scheme) || u.Host == "" && (u.Scheme == "http" || u.Scheme == "https") {
		return "", fmt.Errorf("%q is no link: an address begins with https:, http:, mailto: or tel", address)
	}
	return u.String(), nil
}

func safeScheme(scheme string) bool {
	switch strings.ToLower(scheme) {
	case "https", "http", "mailto", "tel":
		return true
	}
	return false
}

func words(v any) string {
	if v == nil {
		return ""
	}
	return strings.TrimSpace(fmt.Sprint(v))
}

// dialled keeps what a telephone dials.
func dialled(r rune) rune {
	if r >= '0' && r <= '9' || r == '+' {
		return r
	}
	return -1
}
