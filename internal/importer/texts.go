package importer

import (
	"bytes"
	"errors"
	"io"
)

// loadTexts reads the texts that cells share.
func (w *workbook) loadTexts(part string) error {
	in, err := w.part(part)
	if err != nil {
		return err
	}
	x := newXMLReader(in)
	for {
		t, err := x.next()
		if errors.Is(err, io.EOF) {
			return w.texts.done()
		}
		if err != nil {
			return err
		}
		switch {
		case t.kind == emptyTag && string(t.name) == "si":
			err = w.texts.add(nil)
		case t.kind == openTag && string(t.name) == "si":
			var text []byte
			if text, err = x.richText("si", nil); err == nil {
				err = w.texts.add(text)
			}
		}
		if err != nil {
			return err
		}
	}
}

// richText appends the texts within an element that is open, up to its end: those of its runs, not of how they sound.
func (x *xmlReader) richText(element string, dst []byte) ([]byte, error) {
	start := len(dst)
	inText, sounds := false, 0
	for {
		t, err := x.next()
		if errors.Is(err, io.EOF) {
			return dst, errBrokenXML
		}
		if err != nil {
			return dst, err
		}
		switch name := string(t.name); {
		case t.kind == textToken:
			if inText && sounds == 0 {
				dst = t.appendText(dst)
			}
		case t.kind == closeTag && name == element:
			return restoreSigns(dst, start), nil
		case name == "t":
			inText = t.kind == openTag
		case name == "rPh" && t.kind == openTag:
			sounds++
		case name == "rPh" && t.kind == closeTag:
			sounds--
		}
	}
}

// restoreSigns puts back what spreadsheets write as _x000D_, from start on.
func restoreSigns(b []byte, start int) []byte {
	if !bytes.Contains(b[start:], []byte("_x")) {
		return b
	}
	out := b[:start]
	for i := start; i < len(b); i++ {
		if r, ok := hiddenSign(b[i:]); ok {
			out = append(out, string(r)...)
			i += len("_x000D_") - 1
			continue
		}
		out = append(out, b[i])
	}
	return out
}

// hiddenSign reads _x000D_; a zero is none, since no text may hold it.
func hiddenSign(b []byte) (r rune, ok bool) {
	if len(b) < 7 || b[0] != '_' || b[1] != 'x' || b[6] != '_' {
		return 0, false
	}
	for _, c := range b[2:6] {
		d := bytes.IndexByte([]byte("0123456789abcdef"), c|0x20)
		if c >= '0' && c <= '9' {
			d = int(c - '0')
		}
		if d < 0 {
			return 0, false
		}
		r = r<<4 | rune(d)
	}
	return r, r != 0 && (r < 0xD800 || r > 0xDFFF)
}
