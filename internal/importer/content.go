package importer

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"errors"
	"io"
)

// What is unpacked may be this many bytes, and this many for each packed one; more is no company's file.
const (
	unpackedFree  = 64 << 20
	unpackedTimes = 200
)

// headSize is how much of a content is looked at to tell its format.
const headSize = 1 << 12

// content is the bytes of a file, or of what is packed in it, from their beginning as often as wanted.
type content struct {
	name   string
	size   int64       // bytes; -1: not known before they are read
	random io.ReaderAt // nil: they can only be read from the beginning
	open   func() (io.Reader, error)
}

func plainContent(in Input) content {
	return content{in.Name, in.Size, in.In, func() (io.Reader, error) { return io.NewSectionReader(in.In, 0, in.Size), nil }}
}

// head gives the first bytes.
func (c content) head() ([]byte, error) {
	in, err := c.open()
	if err != nil {
		return nil, err
	}
	head := make([]byte, headSize)
	n, err := io.ReadFull(in, head)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return head[:n], err
}

// gunzipped is the content of a gzip file; most is the limit for it.
func (c content) gunzipped(most int64) content {
	return content{name: c.name, size: -1, open: func() (io.Reader, error) {
		in, err := c.open()
		if err != nil {
			return nil, err
		}
		packed, err := gzip.NewReader(bufio.NewReaderSize(in, 1<<16))
		if err != nil {
			return nil, damaged(err)
		}
		return &unpacker{in: packed, left: most, most: most}, nil
	}}
}

// unpacker reads what is being unpacked, up to a limit, and says in words when it is damaged.
type unpacker struct {
	in         io.Reader
	left, most int64
}

func (u *unpacker) Read(b []byte) (int, error) {
	n, err := u.in.Read(b[:min(int64(len(b)), u.left+1)])
	if u.left -= int64(n); u.left < 0 {
		return n, fileError("unpacked, it is larger than %d MB, which is %d times what it is packed and more", u.most>>20, unpackedTimes)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = damaged(err)
	}
	return n, err
}

func mostUnpacked(packed int64) int64 { return unpackedFree + unpackedTimes*packed }

// damaged says what the unpacking programs mean; other errors stay as they are.
func damaged(err error) error {
	var corrupt flate.CorruptInputError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return fileError("its packed content ends in the middle; the file was cut on its way, fetch it again")
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader), errors.As(err, &corrupt):
		return fileError("its packed content is damaged (%v); fetch it again", err)
	}
	return err
}
