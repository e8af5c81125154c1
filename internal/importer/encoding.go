package importer

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	unicodes "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// The encodings that text may have.
const (
	utf8Name    = "utf-8"
	utf16Little = "utf-16le"
	utf16Big    = "utf-16be"
	windowsName = "windows-1252"
	latin9Name  = "iso-8859-15"
	macName     = "macintosh"
	dosName     = "cp850"
)

// signsOf is the encoding's table, when it has one byte per sign; nil otherwise.
func signsOf(encoding string) *charmap.Charmap {
	switch encoding {
	case windowsName:
		return charmap.Windows1252
	case latin9Name:
		return charmap.ISO8859_15
	case macName:
		return charmap.Macintosh
	case dosName:
		return charmap.CodePage850
	}
	return nil
}

// encodingNamed reads what an option calls an encoding; "" stays "".
func encodingNamed(name string, s *census) (string, error) {
	switch n := strings.ToLower(name); n {
	case "", utf8Name, utf16Little, utf16Big, windowsName, latin9Name, macName, dosName:
		return n, nil
	case "utf8":
		return utf8Name, nil
	case "utf-16", "utf16", "unicode":
		if s.mark == utf16Big {
			return utf16Big, nil
		}
		return utf16Little, nil
	case "cp1252", "latin1", "latin-1", "iso-8859-1", "ansi":
		return windowsName, nil
	case "latin9", "latin-9", "iso8859-15":
		return latin9Name, nil
	case "mac", "macroman":
		return macName, nil
	case "ibm850", "dos":
		return dosName, nil
	}
	return "", fileError("unknown encoding %q; utf-8, utf-16, windows-1252, iso-8859-15, macintosh and cp850 are known", name)
}

// encoding tells what the text is written in. A UTF-8 file with a few broken bytes stays one; its broken rows are
// rejected.
func (s *census) encoding() string {
	if s.mark != "" {
		return s.mark
	}
	if s.bad <= s.good {
		return utf8Name
	}
	best, most := windowsName, s.score(windowsName)
	if n := s.score(latin9Name); n > most {
		best, most = latin9Name, n
	}
	if most >= 0 {
		return best
	}
	for _, old := range []string{macName, dosName} { // seldom met: only when the others make no sense
		if n := s.score(old); n > max(most, 0) {
			best, most = old, n
		}
	}
	return best
}

// score is how much sense the bytes beyond ASCII make in an encoding: letters within words, other signs outside.
func (s *census) score(encoding string) (score int) {
	signs := signsOf(encoding)
	for c := utf8.RuneSelf; c < 256; c++ {
		r := signs.DecodeByte(byte(c))
		score += s.inWord[c]*senseInWord(r) + s.alone[c]*senseAlone(r)
	}
	return score
}

func senseInWord(r rune) int {
	switch {
	case strings.ContainsRune("àâäæçéèêëîïíìôöœòóùûüúÿñáßãõåøžš", r):
		return 2
	case strings.ContainsRune("àâäæçéèêëîïíìôöœòóùûüúÿñáßãõåøžš", unicode.ToLower(r)):
		return 1
	case strings.ContainsRune(senseOutside, r):
		return 1
	case unicode.IsLetter(r):
		return 0
	case unicode.IsControl(r), r == utf8.RuneError:
		return -10
	}
	return -2
}

// senseOutside are the signs that texts have outside words, and beside them.
const senseOutside = "€£§°«»–—…•\u00a0“”‘’"

func senseAlone(r rune) int {
	switch {
	case strings.ContainsRune(senseOutside, r), strings.ContainsRune("àÀÉ²³½¼±", r):
		return 1
	case unicode.IsControl(r), r == utf8.RuneError:
		return -10
	case r == '¤':
		return -1
	}
	return 0
}

// decoded reads a text as UTF-8 without a mark.
func decoded(in io.Reader, encoding string) (io.Reader, error) {
	switch encoding {
	case utf16Little:
		return transform.NewReader(in, unicodes.UTF16(unicodes.LittleEndian, unicodes.UseBOM).NewDecoder()), nil
	case utf16Big:
		return transform.NewReader(in, unicodes.UTF16(unicodes.BigEndian, unicodes.UseBOM).NewDecoder()), nil
	case utf8Name:
		buffered := bufio.NewReaderSize(in, 1<<16)
		mark, err := buffered.Peek(3)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		if string(mark) == "\ufeff" {
			_, err = buffered.Discard(3)
			return buffered, err
		}
		return buffered, nil
	}
	return bufio.NewReaderSize(newCharReader(in, signsOf(encoding)), 1<<16), nil // which never asks it for less than a sign
}

// charReader reads an encoding with one byte per sign as UTF-8.
type charReader struct {
	in    io.Reader
	signs [256]string
	raw   []byte
}

func newCharReader(in io.Reader, encoding *charmap.Charmap) *charReader {
	r := &charReader{in: in, raw: make([]byte, 1<<15)}
	for c := range r.signs {
		r.signs[c] = string(encoding.DecodeByte(byte(c)))
	}
	return r
}

// mostPerSign is the most bytes that a sign of one byte takes in UTF-8.
const mostPerSign = 3

func (r *charReader) Read(b []byte) (int, error) {
	if len(b) < mostPerSign {
		return 0, io.ErrShortBuffer
	}
	n, err := r.in.Read(r.raw[:min(len(r.raw), len(b)/mostPerSign)])
	at := 0
	for _, c := range r.raw[:n] {
		if c < utf8.RuneSelf {
			b[at] = c
			at++
			continue
		}
		at += copy(b[at:], r.signs[c])
	}
	return at, err
}
