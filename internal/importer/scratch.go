package importer

import (
	"fmt"
	"io"
)

// Scratch is room for what is too large for memory and must be read here and there, such as a temporary file that nobody
// else can open. It is used as long as its File, and never closed by it.
type Scratch interface {
	io.ReaderAt
	io.WriterAt
}

// memory is a scratch for who gives none.
type memory struct{ b []byte }

func (m *memory) WriteAt(b []byte, at int64) (int, error) {
	if need := at + int64(len(b)); need > int64(len(m.b)) {
		m.b = append(m.b, make([]byte, need-int64(len(m.b)))...)
	}
	return copy(m.b[at:], b), nil
}

func (m *memory) ReadAt(b []byte, at int64) (int, error) {
	n := 0
	if at < int64(len(m.b)) {
		n = copy(b, m.b[at:])
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// scratch gives new room.
func (o Options) scratch() (Scratch, error) {
	if o.Scratch == nil {
		return &memory{}, nil
	}
	s, err := o.Scratch()
	if err != nil {
		return nil, fmt.Errorf("make room to unpack: %w", err)
	}
	return s, nil
}

// spooled writes a content that is packed to a scratch.
func (c content) spooled(o Options) (content, error) {
	if c.random != nil {
		return c, nil
	}
	in, err := c.open()
	if err != nil {
		return c, err
	}
	room, err := o.scratch()
	if err != nil {
		return c, err
	}
	size, err := io.Copy(io.NewOffsetWriter(room, 0), in)
	if err != nil {
		return c, fmt.Errorf("unpack %s: %w", c.name, err)
	}
	return plainContent(Input{c.name, room, size}), nil
}
