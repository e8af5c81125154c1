package mail

import (
	"bytes"
	"fmt"
)

// maxLine is the longest line that mail may carry, without its CRLF (RFC 5321).
const maxLine = 998

// checkLines refuses content that servers would cut or refuse.
func checkLines(raw []byte) error {
	for len(raw) > 0 {
		end := bytes.IndexByte(raw, '\n')
		if end < 0 {
			end = len(raw)
		}
		if end > maxLine+1 {
			return fmt.Errorf("%w: a line has %d bytes, %d are allowed", ErrMessage, end, maxLine)
		}
		raw = raw[min(end+1, len(raw)):]
	}
	return nil
}

// appendContent appends raw as the content of DATA, without the final dot: every
// line ends in CRLF, and a dot that begins a line is doubled. A bare CR or LF
// becomes a CRLF, so that no server sees an end of message where we see none.
func appendContent(dst, raw []byte) []byte {
	for len(raw) > 0 {
		end := bytes.IndexByte(raw, '\n')
		line, rest := raw, []byte(nil)
		if end >= 0 {
			line, rest = raw[:end], raw[end+1:]
		}
		line = bytes.TrimSuffix(line, []byte("\r"))
		dst = appendLine(dst, line)
		raw = rest
	}
	return dst
}

// appendLine appends one line that holds no LF.
func appendLine(dst, line []byte) []byte {
	for {
		part, rest, more := bytes.Cut(line, []byte("\r"))
		if len(part) > 0 && part[0] == '.' {
			dst = append(dst, '.')
		}
		dst = append(dst, part...)
		dst = append(dst, '\r', '\n')
		if !more {
			return dst
		}
		line = rest
	}
}
