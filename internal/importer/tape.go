package importer

import (
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
