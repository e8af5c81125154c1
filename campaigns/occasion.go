package campaigns

import (
	"strconv"

	"github.com/relance/relance/internal/calendar"
)

// occasionKind is the shape of an occasion's text, which makes a touch unique for its client, campaign and step.
type occasionKind uint8

const (
	onFirstOrder occasionKind = iota // first-order
	onSince                          // since:2026-03-14, since:2026-03-14:2
	onYear                           // 2026
	onSlot                           // 2026-12-01
	onSilence                        // silent:2026-03-14
	onAnswer                         // answer:118, the touch that was answered
)

// longestOccasion bounds what appendOccasion writes for the kinds that Plan compares.
const longestOccasion = 48

// Occasion writes the text of a firing.
func (f firing) occasion() string {
	var room [longestOccasion]byte
	return string(f.append(room[:0]))
}

// is reports whether a stored occasion is this one; it allocates nothing.
func (f firing) is(occasion string) bool {
	var room [longestOccasion]byte
	return string(f.append(room[:0])) == occasion
}

func (f firing) append(b []byte) []byte {
	switch f.kind {
	case onFirstOrder:
		return append(b, "first-order"...)
	case onYear:
		year, _, _ := f.base.Civil()
		return strconv.AppendInt(b, int64(year), 10)
	case onSince:
		b = appendDate(append(b, "since:"...), f.base)
		if f.n > 0 {
			b = strconv.AppendInt(append(b, ':'), int64(f.n), 10)
		}
		return b
	case onSilence:
		return appendDate(append(b, "silent:"...), f.base)
	case onSlot:
		return appendDate(b, f.base)
	}
	return b
}

func appendDate(b []byte, d calendar.Date) []byte {
	year, month, day := d.Civil()
	b = strconv.AppendInt(b, int64(year), 10)
	b = append(b, '-', byte('0'+int(month)/10), byte('0'+int(month)%10), '-')
	return append(b, byte('0'+day/10), byte('0'+day%10))
}

// answerOccasion is the occasion of what follows the answer to a touch.
func answerOccasion(touchID int64) string { return "answer:" + strconv.FormatInt(touchID, 10) }
