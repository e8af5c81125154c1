package mail

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// link is one open, encrypted and logged-in connection. Until log-in it is
// go-mail's; from there on the lines are ours.
type link struct {
	client *smtp.Client

	pipelining bool // the server takes several commands in one write (RFC 2920)
	utf8       bool // it takes addresses that are not ASCII (RFC 6531)
	size       bool // it wants to know the size first (RFC 1870)

	answered int  // messages that got a verdict on this connection
	dirty    bool // a transaction was left open: RSET comes first
}

// dial connects, encrypts and logs in, all within DialTimeout.
func (s *Sender) dial(ctx context.Context) (*link, error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.DialTimeout)
	defer cancel()
	conn, err := s.connect(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect to mail server %s: %w", s.server.address(), err)
	}
	// go-mail watches the context only while it connects, and leaves the
	// connection open when a later step fails.
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	client, err := s.greet(conn)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("log in to mail server %s: %w", s.server.address(), err)
	}
	s.heard()
	l := &link{client: client}
	l.pipelining, _ = client.Extension("PIPELINING")
	l.utf8, _ = client.Extension("SMTPUTF8")
	l.size, _ = client.Extension("SIZE")
	return l, nil
}

// connect opens the TCP connection, and TLS on it where that comes first.
func (s *Sender) connect(ctx context.Context) (net.Conn, error) {
	dialer := &net.Dialer{}
	if !s.server.implicit {
		return dialer.DialContext(ctx, "tcp", s.server.address())
	}
	secure := tls.Dialer{NetDialer: dialer, Config: s.tls()}
	return secure.DialContext(ctx, "tcp", s.server.address())
}

// greet lets go-mail say EHLO, STARTTLS and AUTH over conn. Its client is made
// anew each time: it changes itself while it looks for a way to log in.
func (s *Sender) greet(conn net.Conn) (*smtp.Client, error) {
	options := []gomail.Option{
		gomail.WithPort(s.server.port),
		gomail.WithHELO(s.server.helo),
		gomail.WithTimeout(s.cfg.DialTimeout),
		gomail.WithTLSPolicy(s.server.starttls),
		gomail.WithTLSConfig(s.tls()),
		gomail.WithDialContextFunc(func(context.Context, string, string) (net.Conn, error) { return conn, nil }),
	}
	client, err := gomail.NewClient(s.server.host, append(options, s.login()...)...)
	if err != nil {
		return nil, err
	}
	return client.DialToSMTPClientWithContext(context.Background())
}

// login says how to authenticate: by the mechanism asked for, or the best one
// offered. A password never goes over an unencrypted line, loopback excepted.
func (s *Sender) login() []gomail.Option {
	if s.server.user == "" {
		return nil
	}
	options := []gomail.Option{gomail.WithUsername(s.server.user), gomail.WithPassword(s.server.password)}
	if s.server.auth != "" {
		return append(options, gomail.WithSMTPAuth(mechanisms[s.server.auth]))
	}
	return append(options, gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256,
		gomail.SMTPAuthSCRAMSHA1, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin, gomail.SMTPAuthCramMD5))
}

// tls is the configuration for this server, with its name to be proved.
func (s *Sender) tls() *tls.Config {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.cfg.TLS != nil {
		cfg = s.cfg.TLS.Clone()
	}
	if cfg.ServerName == "" {
		cfg.ServerName = s.server.host
	}
	return cfg
}

// extend gives the connection another d to answer.
func (l *link) extend(d time.Duration) error { return l.client.UpdateDeadline(d) }

// quitTimeout bounds the good-bye to a server that no longer listens.
const quitTimeout = 2 * time.Second

// quit says good-bye and closes the connection.
func (l *link) quit() {
	if l.extend(quitTimeout) == nil && l.client.Quit() == nil {
		return
	}
	l.client.Close()
}

// drop closes a connection that is of no more use.
func (l *link) drop() { l.client.Close() }
