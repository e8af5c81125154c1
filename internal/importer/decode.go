package importer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// shape is how the file's bytes become rows.
type shape struct {
	encoding  string // utf-8, windows-1252, utf-16
	delimiter byte
	newline   byte
}

const (
	utf8Name    = "utf-8"
	utf16Name   = "utf-16"
	windowsName = "windows-1252"
)

// open starts reading from the beginning.
func (s shape) open(in io.ReadSeeker) (*records, error) {
	text, err := decoded(in, s.encoding)
	if err != nil {
		return nil, err
	}
	return newRecords(text, s.delimiter, s.newline), nil
}

func decoded(in io.ReadSeeker, encoding string) (io.Reader, error) {
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("start the file again: %w", err)
	}
	switch encoding {
	case windowsName:
		return transform.NewReader(in, charmap.Windows1252.NewDecoder()), nil
	case utf16Name:
		return transform.NewReader(in, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder()), nil
	}
	mark := make([]byte, 3)
	n, err := io.ReadFull(in, mark)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	if n == 3 && string(mark) == "\ufeff" {
		return in, nil
	}
	_, err = in.Seek(0, io.SeekStart)
	return in, err
}

// look finds out the shape, as far as the options do not tell it.
func look(in io.ReadSeeker, o Options) (shape, error) {
	s := shape{encoding: strings.ToLower(o.Encoding), delimiter: o.Delimiter}
	switch s.encoding {
	case "", utf8Name, utf16Name, windowsName:
	case "utf8":
		s.encoding = utf8Name
	case "cp1252", "latin1", "latin-1", "iso-8859-1", "iso-8859-15", "ansi":
		s.encoding = windowsName
	default:
		return s, fileError("unknown encoding %q; utf-8, windows-1252 and utf-16 are known", o.Encoding)
	}
	found, err := encodingOf(in)
	if err != nil {
		return s, err
	}
	if s.encoding == "" {
		s.encoding = found
	}
	text, err := decoded(in, s.encoding)
	if err != nil {
		return s, err
	}
	head := make([]byte, 1<<16)
	n, err := io.ReadFull(text, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return s, err
	}
	head = head[:n]
	s.newline = newlineOf(head)
	if s.delimiter == 0 {
		s.delimiter = delimiterOf(head, s.newline)
	}
	return s, nil
}

// encodingOf reads the whole file once: only that tells UTF-8 from windows-1252 for sure. A UTF-8 file with a few
// broken bytes stays one; its broken rows are rejected.
func encodingOf(in io.ReadSeeker) (string, error) {
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return "", fmt.Errorf("start the file: %w", err)
	}
	buf := make([]byte, 1<<16)
	kept, good, bad := 0, 0, 0
	for first := true; ; first = false {
		n, err := in.Read(buf[kept:])
		b := buf[:kept+n]
		if first {
			if err := refuseOthers(b); err != nil {
				return "", err
			}
			if bytes.HasPrefix(b, []byte{0xFF, 0xFE}) || bytes.HasPrefix(b, []byte{0xFE, 0xFF}) {
				return utf16Name, nil
			}
		}
		rest := countRunes(b, err != nil, &good, &bad)
		kept = copy(buf, rest)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", fmt.Errorf("read the file: %w", err)
		}
	}
	if bad > good {
		return windowsName, nil
	}
	return utf8Name, nil
}

// countRunes counts the multi-byte runes of b that are good UTF-8 and the bytes that are not; it gives back a rune cut
// by the end of b, unless that is the end of the file.
func countRunes(b []byte, last bool, good, bad *int) (rest []byte) {
	for {
		i := bytes.IndexFunc(b, func(r rune) bool { return r >= utf8.RuneSelf })
		if i < 0 {
			return nil
		}
		b = b[i:]
		if !last && !utf8.FullRune(b) {
			return b
		}
		r, size := utf8.DecodeRune(b)
		if r == utf8.RuneError && size == 1 {
			*bad++
		} else {
			*good++
		}
		b = b[size:]
	}
}

// refuseOthers tells workbooks and archives from text.
func refuseOthers(b []byte) error {
	switch {
	case bytes.HasPrefix(b, []byte("PK\x03\x04")):
		return fileError("it is a workbook or an archive, not CSV; in the spreadsheet, save it as CSV UTF-8")
	case bytes.HasPrefix(b, []byte{0xD0, 0xCF, 0x11, 0xE0}):
		return fileError("it is an old workbook (.xls), not CSV; in the spreadsheet, save it as CSV UTF-8")
	case bytes.HasPrefix(b, []byte{0x1F, 0x8B}):
		return fileError("it is compressed; unpack it first")
	}
	return nil
}

func newlineOf(head []byte) byte {
	if bytes.IndexByte(head, '\n') < 0 && bytes.IndexByte(head, '\r') >= 0 {
		return '\r'
	}
	return '\n'
}

// delimiterOf takes the sign that parts the heading most often.
func delimiterOf(head []byte, newline byte) byte {
	heading, _, _ := bytes.Cut(bytes.TrimLeft(head, " \r\n"), []byte{newline})
	best, most := byte(','), 0
	for _, sign := range []byte(",;\t|") {
		quoted, count := false, 0
		for _, c := range heading {
			switch {
			case c == '"':
				quoted = !quoted
			case c == sign && !quoted:
				count++
			}
		}
		if count > most {
			best, most = sign, count
		}
	}
	return best
}
