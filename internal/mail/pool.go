package mail

import (
	"context"
	"fmt"
	"time"
)

// parked is a connection that waits for its next user.
type parked struct {
	link  *link
	timer *time.Timer // quits the connection when nobody comes
}

// Conn takes a connection for one goroutine, which gives it back with Release.
// It waits while all are in use, and prefers one that is already open. An error
// means that the server cannot be reached or refuses us: nothing should be
// claimed, and the caller should wait before it asks again.
func (s *Sender) Conn(ctx context.Context) (*Conn, error) {
	c := &Conn{sender: s}
	select {
	case c.workspace = <-s.slots:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for a mail connection: %w", ctx.Err())
	}
	l, err := s.unpark()
	if err == nil && l == nil {
		l, err = s.dial(ctx)
	}
	if err != nil {
		s.slots <- c.workspace
		return nil, err
	}
	c.link = l
	return c, nil
}

// unpark takes the connection used last, or nil when there is none.
func (s *Sender) unpark() (*link, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, ErrClosed
	}
	for len(s.idle) > 0 {
		p := s.idle[len(s.idle)-1]
		s.idle = s.idle[:len(s.idle)-1]
		if p.timer.Stop() {
			return p.link, nil
		}
		// Its timer has fired and will quit it.
	}
	return nil, nil
}

// park keeps a connection for the next user, or quits it.
func (s *Sender) park(l *link) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		l.quit()
		return
	}
	defer s.mu.Unlock()
	p := &parked{link: l}
	p.timer = time.AfterFunc(s.cfg.IdleTimeout, func() { s.expire(p) })
	s.idle = append(s.idle, p)
}

// expire quits a connection that nobody wanted.
func (s *Sender) expire(p *parked) {
	s.mu.Lock()
	for i, other := range s.idle {
		if other == p {
			s.idle = append(s.idle[:i], s.idle[i+1:]...)
			break
		}
	}
	s.mu.Unlock()
	p.link.quit()
}

// Close quits the kept connections; those in use are quit when they are
// released. It may be called twice.
func (s *Sender) Close() {
	s.mu.Lock()
	idle := s.idle
	s.idle, s.closed = nil, true
	s.mu.Unlock()
	for _, p := range idle {
		if p.timer.Stop() {
			p.link.quit()
		}
	}
}
