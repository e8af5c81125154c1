package importer

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// A tape holds many texts by number, one after the other: in memory as long as they are few, then in a scratch.
// Every tape's step-th text is marked, so that finding one is a short walk.
type tape struct {
	room   func() (Scratch, error)
	memory []byte  // what is not in file yet
	file   Scratch // nil: all is in memory
	size   int64   // bytes in file
	marks  []int64
	count  int

	block []byte // of file, last read
	from  int64  // where block begins
	last  place  // of the text asked for last
}

type place struct {
	number int
	at     int64
}

const (
	tapeStep   = 16
	tapeMemory = 8 << 20 // bytes kept in memory at most
	tapeBlock  = 1 << 16
	mostTexts  = 50_000_000
)

func (t *tape) add(text []byte) error {
	if t.count == mostTexts {
		return fileError("the workbook has more than %d texts", mostTexts)
	}
	if t.count%tapeStep == 0 {
		t.marks = append(t.marks, t.size+int64(len(t.memory)))
	}
	t.count++
	t.memory = binary.AppendUvarint(t.memory, uint64(len(text)))
	t.memory = append(t.memory, text...)
	if len(t.memory) < tapeMemory {
		return nil
	}
	return t.flush()
}

// flush moves what is in memory to the file.
func (t *tape) flush() error {
	if t.file == nil {
		var err error
		if t.file, err = t.room(); err != nil {
			return err
		}
	}
	n, err := t.file.WriteAt(t.memory, t.size)
	if err != nil {
		return fmt.Errorf("put texts aside: %w", err)
	}
	t.size += int64(n)
	t.memory = t.memory[:0]
	return nil
}

// done ends the adding.
func (t *tape) done() error {
	if t.file == nil {
		return nil
	}
	err := t.flush()
	t.memory = nil
	return err
}

// at gives a text, valid until the next one; ok is false when there is none of that number.
func (t *tape) at(number int) (text []byte, ok bool, err error) {
	if number < 0 || number >= t.count {
		return nil, false, nil
	}
	from, at := number/tapeStep*tapeStep, t.marks[number/tapeStep]
	if t.last.number >= from && t.last.number <= number { // most often they are asked for in their order
		from, at = t.last.number, t.last.at
	}
	for range number - from {
		_, head, size, err := t.bytesAt(at, 0)
		if err != nil {
			return nil, false, err
		}
		at += head + size
	}
	t.last = place{number, at}
	_, head, size, err := t.bytesAt(at, 0)
	if err != nil {
		return nil, false, err
	}
	b, _, _, err := t.bytesAt(at, head+size)
	if err != nil {
		return nil, false, err
	}
	return b[head : head+size], true, nil
}

// bytesAt gives at least need bytes from a place on, and the sizes of the text that begins there and of its head.
func (t *tape) bytesAt(at, need int64) (b []byte, head, size int64, err error) {
	need = max(need, binary.MaxVarintLen64)
	if t.file == nil {
		b = t.memory[at:]
	} else if b, err = t.fromFile(at, need); err != nil {
		return nil, 0, 0, err
	}
	n, width := binary.Uvarint(b)
	if width <= 0 {
		return nil, 0, 0, errors.New("the texts that were put aside have changed")
	}
	return b, int64(width), int64(n), nil
}

func (t *tape) fromFile(at, need int64) ([]byte, error) {
	end := min(at+need, t.size)
	if at < t.from || end > t.from+int64(len(t.block)) {
		if t.block == nil {
			t.block = make([]byte, tapeBlock)
		}
		t.block = t.block[:cap(t.block)]
		if need > int64(len(t.block)) {
			t.block = make([]byte, need)
		}
		n, err := t.file.ReadAt(t.block, at)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("read texts that were put aside: %w", err)
		}
		t.block, t.from = t.block[:n], at
	}
	return t.block[at-t.from:], nil
}

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
