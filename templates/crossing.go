package templates

import (
	"fmt"
	"strings"
)

// crossing finds tags that open in one paragraph and close in another, which would leave half a paragraph's markup
// behind: both stand on lines of their own, or both within one paragraph.
func crossing(text string, segments []segment) []misplaced {
	type open struct {
		segment
		alone     bool
		paragraph int
	}
	var stack []open
	var wrong []misplaced
	for _, s := range segments {
		if s.kind != tag {
			continue
		}
		here := open{s, onOwnLine(text, s), paragraphOf(text, s.offset)}
		switch tags[s.word()] {
		case 1:
			stack = append(stack, here)
		case -1:
			if len(stack) == 0 {
				continue // Liquid says so
			}
			from := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if from.alone != here.alone || !here.alone && from.paragraph != here.paragraph {
				wrong = append(wrong, misplaced{s.offset, fmt.Sprintf(
					"%q opens in another paragraph than %q closes: put both on lines of their own, or both within one paragraph", from.source, s.source)})
			}
		}
	}
	return wrong
}

// onOwnLine reports whether the line of the segment holds nothing but tags.
func onOwnLine(text string, s segment) bool {
	from := strings.LastIndexByte(text[:s.offset], '\n') + 1
	to := len(text)
	if i := strings.IndexByte(text[s.offset:], '\n'); i >= 0 {
		to = s.offset + i
	}
	return onlyTags(text[from:to])
}

func onlyTags(line string) bool {
	segments, wrong := scan(line)
	if wrong != nil || strings.TrimSpace(line) == "" {
		return false
	}
	for _, s := range segments {
		if s.kind == object || s.kind == plain && strings.TrimSpace(s.source) != "" {
			return false
		}
	}
	return true
}

// paragraphOf counts the breaks before an offset: blank lines, and lines that hold only tags.
func paragraphOf(text string, offset int) int {
	n := 0
	for line := range strings.Lines(text[:strings.LastIndexByte(text[:offset], '\n')+1]) {
		if strings.TrimSpace(line) == "" || onlyTags(line) {
			n++
		}
	}
	return n
}
