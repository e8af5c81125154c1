package importer

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// census is what one reading of all bytes of a text tells about it: only that tells UTF-8 from other encodings for sure,
// and whether a backslash means something.
type census struct {
	mark      string   // the encoding that a mark in front tells, or zero bytes at every second place
	good, bad int      // signs beyond ASCII that are good UTF-8, and bytes that are not
	inWord    [256]int // bytes beyond ASCII with an ASCII letter beside them
	alone     [256]int // the others
	double    [256]int // what follows \"
	single    [256]int // what follows \'
	breaks    int      // backslashes before a line end or a tab
	nulls     int      // cells \N
	before    byte     // the byte before those to be seen
}

// ahead is how many bytes behind one must be there to judge it; those at the end of a chunk are seen with the next one.
const ahead = 4

func takeCensus(c content) (*census, error) {
	in, err := c.open()
	if err != nil {
		return nil, err
	}
	s := &census{before: '\n'}
	buf := make([]byte, 1<<17)
	kept := 0
	for first := true; ; first = false {
		n, err := io.ReadFull(in, buf[kept:])
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return nil, fmt.Errorf("read the file: %w", err)
		}
		b := buf[:kept+n]
		if first {
			s.mark = markOf(b)
		}
		if s.mark == utf16Little || s.mark == utf16Big {
			return s, nil
		}
		kept = copy(buf, s.see(b, last))
		if last {
			return s, nil
		}
	}
}

// markOf tells the encoding by the mark in front, and UTF-16 without one by its zero bytes.
func markOf(b []byte) string {
	switch {
	case bytes.HasPrefix(b, []byte("\ufeff")):
		return utf8Name
	case bytes.HasPrefix(b, []byte{0xFF, 0xFE}):
		return utf16Little
	case bytes.HasPrefix(b, []byte{0xFE, 0xFF}):
		return utf16Big
	}
	b = b[:min(len(b), headSize)]
	var zeros [2]int
	for i, c := range b {
		if c == 0 {
			zeros[i%2]++
		}
	}
	switch {
	case zeros[1]*4 >= len(b) && zeros[0]*20 <= zeros[1] && len(b) >= ahead:
		return utf16Little
	case zeros[0]*4 >= len(b) && zeros[1]*20 <= zeros[0] && len(b) >= ahead:
		return utf16Big
	}
	return ""
}

// see counts b, and gives back its end unless that is the end of the file.
func (s *census) see(b []byte, last bool) (rest []byte) {
	end := len(b)
	if !last {
		end = max(0, len(b)-ahead)
	}
	s.seeBackslashes(b, end)
	end = s.seeSigns(b, end)
	if end > 0 {
		s.before = b[end-1]
	}
	return b[end:]
}

// seeSigns counts the signs beyond ASCII that begin before end; it gives where it stopped.
func (s *census) seeSigns(b []byte, end int) int {
	i := 0
	for i < end {
		for i+8 <= end && binary.LittleEndian.Uint64(b[i:])&0x8080808080808080 == 0 {
			i += 8
		}
		for i < end && b[i] < utf8.RuneSelf {
			i++
		}
		if i >= end {
			break
		}
		size := 1
		if r, n := utf8.DecodeRune(b[i:]); r == utf8.RuneError && n == 1 {
			s.bad++
		} else {
			s.good++
			size = n
		}
		for _, c := range b[i : i+size] {
			s.place(b, i, c)
		}
		i += size
	}
	return i
}

// place counts a byte as part of a word or not.
func (s *census) place(b []byte, at int, c byte) {
	before := s.before
	if at > 0 {
		before = b[at-1]
	}
	if isLetter(before) || (at+1 < len(b) && isLetter(b[at+1])) {
		s.inWord[c]++
	} else {
		s.alone[c]++
	}
}

// seeBackslashes counts what follows the backslashes before end.
func (s *census) seeBackslashes(b []byte, end int) {
	for i := 0; i < end; i++ {
		j := bytes.IndexByte(b[i:end], '\\')
		if j < 0 {
			return
		}
		i += j
		if i+1 == len(b) {
			return
		}
		after := byte('\n') // of the one behind
		if i+2 < len(b) {
			after = b[i+2]
		}
		before := s.before
		if i > 0 {
			before = b[i-1]
		}
		switch b[i+1] {
		case '"':
			s.double[after]++
			i++
		case '\'':
			s.single[after]++
			i++
		case '\n', '\t':
			s.breaks++
		case 'N':
			if isEdge(before) && isEdge(after) {
				s.nulls++
			}
		case '\\':
			i++
		}
	}
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// isEdge reports whether a byte may stand before or behind a cell.
func isEdge(c byte) bool { return bytes.IndexByte([]byte("\n\r\t,;|"), c) >= 0 }
