package templates

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/osteele/liquid"
)

// Bounds of one rendered part. No letter comes near; a text that grows past them is a mistake, not a message.
const (
	maxOutput = 256 << 10 // bytes
	maxValue  = 8 << 10   // bytes that append and prepend may build
)

// errTooLong stops a text that grows without end.
var errTooLong = errors.New("the text grows too long")

// part is one compiled piece of a message: its HTML, its text, its subject.
//
// Running Liquid over a whole letter costs more than all the rest of a mail, and a letter says the same few values many
// times. So what stands between the Liquid is copied as it is, and each distinct fragment of Liquid is run once per
// message, however often it stands in the text.
type part struct {
	pieces    []piece
	fragments []*fragment
}

// piece is a stretch of a part: plain text, or the place of a fragment.
type piece struct {
	text     string
	fragment int // -1: text
}

// compilePart cuts a source at its Liquid, escaped when it is for HTML.
func compilePart(e *liquid.Engine, source string, escape bool) (part, error) {
	var p part
	known := map[string]int{}
	line := 1
	for _, s := range stretches(source) {
		if s.kind == plain {
			p.pieces = append(p.pieces, piece{s.source, -1})
		} else {
			place, ok := known[s.source]
			if !ok {
				t, err := e.ParseTemplateLocation([]byte(s.source), "", line)
				if err != nil {
					return part{}, err
				}
				place = len(p.fragments)
				known[s.source] = place
				p.fragments = append(p.fragments, newFragment(s, t, escape))
			}
			p.pieces = append(p.pieces, piece{"", place})
		}
		line += strings.Count(s.source, "\n")
	}
	return p, nil
}

// stretches cuts a source into plain text, objects, and blocks of tags with all that is in them. A source whose Liquid
// reaches beyond its own place (assign, dashes that eat blanks), or that is not well formed, stays whole.
func stretches(source string) []segment {
	whole := []segment{{kind: tag, source: source}}
	segments, mistake := scan(source)
	if mistake != nil || slices.ContainsFunc(segments, segment.reaches) {
		return whole
	}
	var all []segment
	depth := 0
	for _, s := range segments {
		if depth == 0 {
			all = append(all, s)
		} else {
			all[len(all)-1].source += s.source
		}
		if s.kind == tag {
			depth += tags[s.word()]
		}
		if depth < 0 {
			return whole
		}
	}
	if depth > 0 {
		return whole
	}
	return all
}

// reaches says that a piece of Liquid changes what stands around it or after it.
func (s segment) reaches() bool {
	if s.kind == plain {
		return false
	}
	if s.source[2] == '-' || s.source[len(s.source)-3] == '-' {
		return true
	}
	return s.kind == tag && (s.word() == "assign" || s.word() == "comment")
}

// render fills in the values. Liquid panics on some mistakes of a text (a list where it wants a number); that is the
// text's error and must not take the process with it.
func (p part) render(bindings map[string]any) (_ string, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the text cannot be rendered: %.200v", r)
		}
	}()
	said := make([]string, len(p.fragments))
	for i, f := range p.fragments {
		if said[i], err = f.render(bindings); err != nil {
			return "", err
		}
	}
	return p.join(said)
}

// join puts what the fragments said between the plain text.
func (p part) join(said []string) (string, error) {
	size := 0
	for _, piece := range p.pieces {
		size += len(piece.text)
		if piece.fragment >= 0 {
			size += len(said[piece.fragment])
		}
	}
	if size > maxOutput {
		return "", errTooLong
	}
	var out strings.Builder
	out.Grow(size)
	for _, piece := range p.pieces {
		out.WriteString(piece.text)
		if piece.fragment >= 0 {
			out.WriteString(said[piece.fragment])
		}
	}
	return out.String(), nil
}

// line renders a part that must stay on one line, such as a subject.
func (p part) line(bindings map[string]any) (string, error) {
	s, err := p.render(bindings)
	return strings.Join(strings.FieldsFunc(clean(s, false), func(r rune) bool { return r == ' ' }), " "), err
}

// bounded collects output up to maxOutput, then stops the rendering.
type bounded struct{ b strings.Builder }

func (w *bounded) Write(p []byte) (int, error) {
	if w.b.Len()+len(p) > maxOutput {
		return 0, errTooLong
	}
	return w.b.Write(p)
}

// WriteString spares Liquid's escaper a copy.
func (w *bounded) WriteString(s string) (int, error) {
	if w.b.Len()+len(s) > maxOutput {
		return 0, errTooLong
	}
	return w.b.WriteString(s)
}
