package mail

const (
	quotedLine = 75 // bytes in a line of quoted-printable, without the "=" that says that it goes on
	upperHex   = "0123456789ABCDEF"
)

// appendQuoted appends text as quoted-printable (RFC 2045, 6.7), as mime/quotedprintable writes it, byte for byte, but
// in runs rather than bytes: for a letter it is most of what composing costs.
func appendQuoted(dst []byte, text string) []byte {
	q := quoted{dst: dst, start: len(dst)}
	for len(text) > 0 {
		run := literal(text)
		q.copy(text[:run])
		if text = text[run:]; text == "" {
			break
		}
		switch c := text[0]; {
		case c == '\r' && len(text) > 1 && text[1] == '\n':
			q.newLine()
			text = text[2:]
			continue
		case c == '\n' || c == '\r':
			q.newLine()
		case c == '\t':
			q.copy("\t")
		default:
			q.encode(c)
		}
		text = text[1:]
	}
	q.guard()
	return q.dst
}

// literal counts the bytes at the front of text that stand for themselves; a tab, which is rare, is left to the caller.
func literal(text string) int {
	for i := range len(text) {
		if c := text[i]; c-' ' > '~'-' ' || c == '=' {
			return i
		}
	}
	return len(text)
}

// quoted is a line under way.
type quoted struct {
	dst   []byte
	start int // of the line in dst
}

func (q *quoted) copy(run string) {
	for len(run) > 0 {
		room := quotedLine - (len(q.dst) - q.start)
		if room == 0 {
			q.goOn()
			continue
		}
		n := min(room, len(run))
		q.dst = append(q.dst, run[:n]...)
		run = run[n:]
	}
}

func (q *quoted) encode(c byte) {
	if quotedLine-(len(q.dst)-q.start) < 3 {
		q.goOn()
	}
	q.dst = append(q.dst, '=', upperHex[c>>4], upperHex[c&15])
}

// goOn ends a line that the reader joins with the next.
func (q *quoted) goOn() {
	q.dst = append(q.dst, "=\r\n"...)
	q.start = len(q.dst)
}

func (q *quoted) newLine() {
	q.guard()
	q.dst = append(q.dst, "\r\n"...)
	q.start = len(q.dst)
}

// guard encodes a blank at the end of a line, which servers may take away.
func (q *quoted) guard() {
	last := len(q.dst) - 1
	if last < q.start || q.dst[last] != ' ' && q.dst[last] != '\t' {
		return
	}
	c := q.dst[last]
	q.dst = q.dst[:last]
	q.encode(c)
}
