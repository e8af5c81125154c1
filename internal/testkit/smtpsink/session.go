package smtpsink

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// errEnd ends a session on purpose: QUIT, a cut, a hang-up.
var errEnd = errors.New("session ended")

// session is one connection.
type session struct {
	sink *Sink
	conn net.Conn
	r    *bufio.Reader
	w    *bufio.Writer

	encrypted bool
	loggedIn  bool
	served    int // messages accepted on this connection

	open  bool // a transaction: MAIL was accepted
	msg   Message
	fault Fault // of the last recipient asked for
}

// serve speaks with one client until either side ends it.
func (s *Sink) serve(conn net.Conn) {
	c := &session{sink: s, encrypted: s.opt.Implicit}
	c.use(conn)
	c.reply(220, "sink ready")
	for {
		if c.r.Buffered() == 0 && c.flush() != nil {
			return
		}
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return
		}
		s.commands.Add(1)
		if err := c.command(string(bytes.TrimRight(line, "\r\n"))); err != nil {
			c.flush()
			return
		}
	}
}

// use starts anew on conn, after STARTTLS too.
func (c *session) use(conn net.Conn) {
	c.conn = conn
	c.r = bufio.NewReaderSize(conn, 32<<10)
	c.w = bufio.NewWriterSize(conn, 2<<10)
}

func (c *session) reply(code int, words string) {
	c.w.WriteString(strconv.Itoa(code))
	c.w.WriteByte(' ')
	c.w.WriteString(words)
	c.w.WriteString("\r\n")
}

func (c *session) flush() error {
	if d := c.sink.opt.Latency; d > 0 && c.w.Buffered() > 0 {
		time.Sleep(d)
	}
	return c.w.Flush()
}

// command answers one line.
func (c *session) command(line string) error {
	verb, rest, _ := strings.Cut(line, " ")
	switch strings.ToUpper(verb) {
	case "MAIL":
		return c.mail(rest)
	case "RCPT":
		return c.rcpt(rest)
	case "DATA":
		return c.data()
	case "RSET":
		c.reset()
		c.reply(250, "2.0.0 ok")
	case "EHLO", "HELO":
		c.hello()
	case "STARTTLS":
		return c.starttls()
	case "AUTH":
		c.auth(rest)
	case "NOOP":
		c.reply(250, "2.0.0 ok")
	case "QUIT":
		c.reply(221, "2.0.0 bye")
		return errEnd
	default:
		c.reply(500, "5.5.2 unknown command")
	}
	return nil
}

func (c *session) reset() { c.open, c.msg, c.fault = false, Message{}, Fault{} }

func (c *session) hello() {
	opt := c.sink.opt
	c.w.WriteString("250-sink\r\n250-SIZE 50000000\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n")
	for _, extension := range []struct {
		offered bool
		name    string
	}{
		{!opt.NoPipelining, "PIPELINING"},
		{!opt.NoUTF8, "SMTPUTF8"},
		{opt.TLS != nil && !c.encrypted, "STARTTLS"},
		{opt.User != "", "AUTH PLAIN"},
	} {
		if extension.offered {
			c.w.WriteString("250-" + extension.name + "\r\n")
		}
	}
	c.reply(250, "HELP")
}

func (c *session) starttls() error {
	if c.sink.opt.TLS == nil || c.encrypted {
		c.reply(502, "5.5.1 not offered")
		return nil
	}
	c.reply(220, "2.0.0 go on")
	if err := c.flush(); err != nil {
		return err
	}
	c.encrypted = true
	c.use(tls.Server(c.conn, c.sink.opt.TLS))
	return nil
}

func (c *session) auth(rest string) {
	opt := c.sink.opt
	mechanism, initial, _ := strings.Cut(rest, " ")
	secret, err := base64.StdEncoding.DecodeString(initial)
	if err == nil && strings.EqualFold(mechanism, "PLAIN") && string(secret) == "\x00"+opt.User+"\x00"+opt.Password {
		c.loggedIn = true
		c.reply(235, "2.7.0 welcome")
		return
	}
	c.reply(535, "5.7.8 wrong user or password")
}

func (c *session) mail(rest string) error {
	from, args := path(rest)
	switch opt := &c.sink.opt; {
	case opt.User != "" && !c.loggedIn:
		c.reply(530, "5.7.0 log in first")
		return nil
	case c.open:
		c.reply(503, "5.5.1 nested MAIL command")
		return nil
	case opt.PerConn > 0 && c.served >= opt.PerConn:
		c.reply(421, "4.7.0 too many messages on this connection")
		return errEnd
	case opt.MailFault != nil:
		f := opt.MailFault(from, c.sink.nextAsk(c.sink.senders, from))
		if done, err := c.strike(f); done || err != nil {
			return err
		}
	}
	c.open, c.msg = true, Message{From: from, Args: args}
	c.reply(250, "2.1.0 ok")
	return nil
}

func (c *session) rcpt(rest string) error {
	if !c.open {
		c.reply(503, "5.5.1 MAIL first")
		return nil
	}
	to, _ := path(rest)
	c.fault = Fault{}
	if fault := c.sink.opt.Fault; fault != nil {
		c.fault = fault(to, c.sink.nextAsk(c.sink.asked, to))
	}
	if c.fault.At == AtRcpt {
		if done, err := c.strike(c.fault); done || err != nil {
			return err
		}
	}
	c.msg.To = append(c.msg.To, to)
	c.reply(250, "2.1.5 ok")
	return nil
}

// strike does what a fault says in place of an answer. It reports whether the
// usual answer is replaced, and an error when the session is to end.
func (c *session) strike(f Fault) (done bool, err error) {
	switch f.Action {
	case Answer:
		c.reply(f.Code, f.Words)
		if f.Code == 421 {
			return true, errEnd
		}
		return true, nil
	case Cut, CutLate:
		// What was answered before still leaves: only this answer is missing.
		c.flush()
		return true, errEnd
	case Hang:
		c.flush()
		c.hang(f.At)
		return true, errEnd
	case Slow:
		c.flush()
		select {
		case <-time.After(f.Delay):
		case <-c.sink.done:
		}
	}
	return false, nil
}

// hang answers nothing more, until the client goes away. In the middle of a
// content it does not read either, so that the client's writes get stuck.
func (c *session) hang(at Phase) {
	if at == AtContent {
		<-c.sink.done
		return
	}
	io.Copy(io.Discard, c.r)
}

func (c *session) data() error {
	if !c.open {
		c.reply(503, "5.5.1 MAIL first")
		return nil
	}
	if c.fault.At == AtData {
		if done, err := c.strike(c.fault); done || err != nil {
			return err
		}
	}
	if len(c.msg.To) == 0 && !c.sink.opt.EagerData {
		c.reply(554, "5.5.1 no valid recipients")
		return nil
	}
	c.reply(354, "go on")
	if err := c.flush(); err != nil {
		return err
	}
	return c.content()
}

// path cuts "FROM:<address> args" into its parts.
func path(rest string) (address, args string) {
	_, rest, _ = strings.Cut(rest, "<")
	address, args, _ = strings.Cut(rest, ">")
	return address, strings.TrimSpace(args)
}
