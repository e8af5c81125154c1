// Package inbox is the built-in inbox of a demo: mail that would leave for
// clients is kept and shown here instead, and goes nowhere else.
//
// Listen starts an SMTP server on a free loopback port; the sender is given its
// URL like any other server's. The URL holds a user and a password that are
// drawn for this process: another user of the machine finds the port, and can
// put nothing into the inbox. Each message is handed whole to one function,
// which stores it before the server says "accepted": what the sender believes
// accepted can be read in the inbox.
package inbox

import (
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Limits of one message; far above what a letter needs.
const (
	maxMessageBytes = 25 << 20
	maxRecipients   = 100
	idleTimeout     = 5 * time.Minute
)

// userName is who the sender logs in as.
const userName = "relance"

// Deliver keeps one message. from is the envelope sender, empty for a bounce;
// raw is the message as it came, with CRLF line ends, and belongs to the callee.
// It is called from several goroutines. An error makes the server answer "try
// later".
type Deliver func(from string, to []string, raw []byte) error

// Server receives mail on loopback. Close it when done.
type Server struct {
	listener net.Listener
	smtp     *smtp.Server
	deliver  Deliver
	log      *slog.Logger
	user     *url.Userinfo // who may put mail in
	serving  sync.WaitGroup

	mu         sync.Mutex
	closed     bool
	deliveries sync.WaitGroup
}

// Listen starts a server on 127.0.0.1 and a port that is free.
func Listen(deliver Deliver, log *slog.Logger) (*Server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("built-in inbox: %w", err)
	}
	s := &Server{listener: listener, deliver: deliver, log: log, user: url.UserPassword(userName, rand.Text())}
	s.smtp = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		return &session{server: s}, nil
	}))
	s.smtp.Domain = "localhost"
	s.smtp.MaxMessageBytes = maxMessageBytes
	s.smtp.MaxRecipients = maxRecipients
	s.smtp.ReadTimeout, s.smtp.WriteTimeout = idleTimeout, idleTimeout
	s.smtp.EnableSMTPUTF8 = true
	s.smtp.AllowInsecureAuth = true // it listens on loopback alone
	s.smtp.ErrorLog = slog.NewLogLogger(log.Handler(), slog.LevelDebug)
	s.serving.Go(func() {
		if err := s.smtp.Serve(listener); err != nil && !errors.Is(err, net.ErrClosed) {
			log.Error("built-in inbox stopped", "error", err)
		}
	})
	return s, nil
}

// URL is the server's address as the mail sender wants it, password and all: it
// is not for logs.
func (s *Server) URL() string {
	return (&url.URL{Scheme: "smtp", User: s.user, Host: s.listener.Addr().String()}).String()
}

// Close stops the server and waits for messages that are being kept. It may be
// called twice.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.listener.Close() // also when Serve has not yet taken it
	s.smtp.Close()
	s.serving.Wait()
	s.deliveries.Wait()
}

// begin counts a delivery, unless the server is closing.
func (s *Server) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.deliveries.Add(1)
	}
	return !s.closed
}

// session is one connection's transaction. It offers one way to log in, which
// the sender uses when its address has a password.
type session struct {
	server *Server
	known  bool // has logged in
	from   string
	to     []string
}

func (c *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (c *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		want, _ := c.server.user.Password()
		c.known = user == userName && subtle.ConstantTimeCompare([]byte(password), []byte(want)) == 1
		if !c.known {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}

func (c *session) Mail(from string, _ *smtp.MailOptions) error {
	if !c.known {
		return smtp.ErrAuthRequired
	}
	c.from = from
	return nil
}

func (c *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	c.to = append(c.to, to)
	return nil
}

func (c *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if !c.server.begin() {
		return unavailable("the inbox is closing")
	}
	defer c.server.deliveries.Done()
	if err := c.server.deliver(c.from, slices.Clone(c.to), raw); err != nil {
		c.server.log.Error("built-in inbox could not keep a message", "bytes", len(raw), "error", err)
		return unavailable("the inbox could not keep the message")
	}
	return nil
}

func (c *session) Reset() { c.from, c.to = "", nil }

func (c *session) Logout() error { return nil }

// unavailable is a refusal for now.
func unavailable(words string) error {
	return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: words}
}
