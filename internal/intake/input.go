package intake

import (
	"context"
	"io"
	"sync/atomic"
)

// interruptible is an input whose reading ends with the context: looking at a whole file takes its time.
type interruptible struct {
	io.ReaderAt
	ctx context.Context
}

func (f interruptible) ReadAt(b []byte, at int64) (int, error) {
	if err := f.ctx.Err(); err != nil {
		return 0, err
	}
	return f.ReaderAt.ReadAt(b, at)
}

// position is an input that knows how far it was read last.
type position struct {
	io.ReaderAt
	at atomic.Int64
}

func (p *position) ReadAt(b []byte, at int64) (int, error) {
	n, err := p.ReaderAt.ReadAt(b, at)
	p.at.Store(at + int64(n))
	return n, err
}

// watched gives the request with inputs that know how far they are, and what to call with each look at the rows.
func watched(req Request) (Request, func(rows int64)) {
	if req.Progress == nil {
		return req, nil
	}
	var all []*position
	var total int64
	files := append(req.Files[:0:0], req.Files...)
	for i := range files {
		p := &position{ReaderAt: files[i].In}
		all, total = append(all, p), total+files[i].Size
		files[i].In = p
	}
	tell := req.Progress
	req.Files = files
	return req, func(int64) {
		var done int64
		for _, p := range all {
			done += p.at.Load()
		}
		tell(min(done, total), total)
	}
}
