package importer

import (
	"bytes"
	"fmt"
	"strings"
)

// shareEvidence is what the cells of a discount without a percent sign have shown; each is the first cell that did.
type shareEvidence struct {
	over  []byte // more than 1
	below []byte // between 0 and 1
	text  []byte // up to 1, where nothing tells numbers from text
}

// see takes a cell; typed says that the format knows it to be a number.
func (s *shareEvidence) see(cell []byte, typed bool) {
	n := strip(cell)
	if n.percent || n.broken || n.exponent != nil {
		return
	}
	whole, decimals := n.body, []byte(nil)
	if at := bytes.IndexAny(n.body, ".,"); at >= 0 {
		whole, decimals = n.body[:at], n.body[at+1:]
	}
	if !allDigits(whole) || !allDigits(decimals) {
		return
	}
	whole, decimals = bytes.TrimLeft(whole, "0"), bytes.TrimRight(decimals, "0")
	switch {
	case len(whole) == 0 && len(decimals) == 0:
	case len(whole) > 1, len(whole) == 1 && (whole[0] > '1' || len(decimals) > 0):
		first(&s.over, cell)
	default:
		if len(whole) == 0 {
			first(&s.below, cell)
		}
		if !typed {
			first(&s.text, cell)
		}
	}
}

// decideShare says whether a column of discounts holds percentages: one over 1 proves it. What stays open is what 0.5 is
// beside one over 1, or under a heading that says percent.
func (f *File) decideShare(i int, s shareEvidence) (unclear string) {
	p := f.heading.used[i]
	heading := strings.ToLower(f.heading.names[p.cell])
	says := strings.Contains(heading, "%") || strings.Contains(heading, "percent") || strings.Contains(heading, "pourcent") || strings.Contains(heading, "pct")
	switch f.percent[i] = s.over != nil; {
	case s.over != nil && s.below != nil:
		return fmt.Sprintf("column %s: %q can only be a percentage, and %q looks like a share; write percentages with their sign, or leave the column out", p.name, s.over, s.below)
	case s.over == nil && says && s.text != nil:
		return fmt.Sprintf("column %s: %q under the heading %q could be a share or a percentage; write it with its sign, or leave the column out", p.name, s.text, f.heading.names[p.cell])
	}
	return ""
}
