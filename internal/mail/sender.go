// Package mail sends what has been decided and rendered: groups of messages,
// over kept connections to one relay, with one honest result for each.
//
// A delivery:
//
//  1. New reads the server's address and the DKIM key, and refuses what is
//     wrong. Nothing is dialled yet.
//  2. A worker takes a connection (Sender.Conn), which dials, encrypts and logs
//     in; while this fails the worker has claimed nothing.
//  3. It marks up to ten rows as being sent, and gives their messages to
//     Conn.Send. Each is composed (MIME, headers, DKIM: go-mail) and taken
//     through MAIL, RCPT and DATA. Where the server offers PIPELINING these
//     three, and the content of the message before, leave in one write.
//  4. Every message comes back with a Verdict; its table is in this package's
//     docs, at Verdict. A connection that breaks spoils at most the one message
//     whose final dot was written and not answered.
//  5. Release puts the connection back, for the next worker or the next group.
//
// The package never sends a message a second time once its final dot has left,
// never decides when to try again, never reads or writes the database, and
// never logs an address.
package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"os"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// ErrClosed is returned by Conn after Close.
var ErrClosed = errors.New("mail sender is closed")

// Config is what New needs. Only URL is required.
type Config struct {
	URL       string      // smtp://user:password@host:587 or smtps://…, see parseServer
	DKIM      *DKIM       // nil: messages are not signed (the relay may sign)
	MaxConns  int         // connections open at once; 0: 10
	PerMinute int         // messages this process may start per minute; 0: no limit
	TLS       *tls.Config // nil: the system's roots, TLS 1.2 or later

	DialTimeout    time.Duration // connect, encrypt and log in; 0: 30 s
	CommandTimeout time.Duration // the answer to MAIL, RCPT or DATA; 0: 1 min
	// FinalTimeout is how long the answer to a message's final dot is awaited;
	// 0: 5 min. It is long because silence there makes a message Unknown.
	FinalTimeout time.Duration
	IdleTimeout  time.Duration // a released connection is kept this long; 0: 30 s
	// Grace is how long answers already due are awaited once the context of
	// Send is over; 0: 5 s.
	Grace time.Duration

	Now func() time.Time // gives Result.At, and Date where it is missing; nil: time.Now
	Log *slog.Logger     // what is mended without the caller's help, at debug; nil: silent
}

// Sender is a pool of kept connections to one server. It is safe for
// concurrent use; close it when done.
type Sender struct {
	cfg     Config
	server  server
	signer  *signer // nil: not signed
	limiter *rate.Limiter
	slots   chan *workspace // one per connection that may be open

	mu     sync.Mutex
	idle   []*parked // the most recently used last
	lastOK time.Time // wall time of the last sign of life of the server
	closed bool
}

// New checks the configuration and makes a Sender. It does not dial.
func New(cfg Config) (*Sender, error) {
	srv, err := parseServer(cfg.URL)
	if err != nil {
		return nil, err
	}
	cfg.setDefaults()
	s := &Sender{cfg: cfg, server: srv, slots: make(chan *workspace, cfg.MaxConns), limiter: rate.NewLimiter(rate.Inf, 1)}
	s.SetRate(cfg.PerMinute)
	if cfg.DKIM != nil {
		if s.signer, err = newSigner(*cfg.DKIM); err != nil {
			return nil, err
		}
	}
	for range cfg.MaxConns {
		s.slots <- &workspace{composer: composer{signer: s.signer, now: cfg.Now}}
	}
	if s.server.helo == "" {
		s.server.helo = helo()
	}
	return s, nil
}

// SetRate changes the number of messages that may be started per minute, from
// now on; 0 is no limit. What one second allows may be started at once.
func (s *Sender) SetRate(perMinute int) {
	limit := rate.Inf
	if perMinute > 0 {
		limit = rate.Limit(perMinute) / 60
	}
	s.limiter.SetLimit(limit)
	s.limiter.SetBurst(max(1, perMinute/60))
}

func (c *Config) setDefaults() {
	if c.MaxConns <= 0 {
		c.MaxConns = 10
	}
	for _, d := range []struct {
		value    *time.Duration
		standard time.Duration
	}{
		{&c.DialTimeout, 30 * time.Second},
		{&c.CommandTimeout, time.Minute},
		{&c.FinalTimeout, 5 * time.Minute},
		{&c.IdleTimeout, 30 * time.Second},
		{&c.Grace, 5 * time.Second},
	} {
		if *d.value <= 0 {
			*d.value = d.standard
		}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
}

// helo is our name in EHLO: the machine's, or one that is always allowed.
func helo() string {
	name, err := os.Hostname()
	if err != nil || !ascii(name) {
		return "localhost"
	}
	return name
}

// aliveFor is how long a sign of life of the server spares Check a connection.
const aliveFor = 30 * time.Second

// Check says whether mail could be sent now: it connects, encrypts, logs in and
// leaves again, unless the server was heard of in the last half minute. It is
// meant for the doctor command and for readiness probes.
func (s *Sender) Check(ctx context.Context) error {
	s.mu.Lock()
	alive := time.Since(s.lastOK) < aliveFor
	s.mu.Unlock()
	if alive {
		return nil
	}
	l, err := s.dial(ctx)
	if err != nil {
		return err
	}
	l.quit()
	return nil
}

// heard notes a sign of life of the server.
func (s *Sender) heard() {
	s.mu.Lock()
	s.lastOK = time.Now()
	s.mu.Unlock()
}
