package mail

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"
)

// command is one line to the server and the phase that its answer belongs to.
type command struct {
	phase Phase
	line  string
}

// commands opens the transaction for p on this connection.
func (l *link) commands(p parcel) []command {
	list := make([]command, 0, 4)
	if l.dirty {
		list = append(list, command{PhaseNone, "RSET\r\n"})
	}
	from := "MAIL FROM:<" + p.from.address + ">"
	if l.size {
		from += " SIZE=" + strconv.Itoa(p.size())
	}
	if p.utf8() {
		from += " BODY=8BITMIME SMTPUTF8"
	}
	return append(list,
		command{PhaseMail, from + "\r\n"},
		command{PhaseRcpt, "RCPT TO:<" + p.to.address + ">\r\n"},
		command{PhaseData, "DATA\r\n"})
}

// opening is what the server made of MAIL, RCPT and DATA.
type opening struct {
	refused *reply // the first answer that was not what the message needed
	phase   Phase  // where it fell
	content bool   // DATA was answered 354: content must follow, even an empty one
}

// deliver takes the next message through MAIL, RCPT and DATA, and leaves its
// content ready to be written. With pipelining that write also carries the
// commands of the message after; without, it is made and answered here.
func (b *batch) deliver(p parcel) error {
	o, err := b.open(b.conn.link.commands(p))
	if err != nil {
		return err
	}
	l := b.conn.link
	if o.refused != nil && o.refused.closing() {
		return b.closing(*o.refused, o.phase)
	}
	// Without content the transaction stays open on some servers.
	l.dirty = !o.content
	index := b.next
	if o.refused != nil {
		b.answer(index, o.refused.verdict(), o.phase, *o.refused)
		index = -1
	} else {
		b.conn.out = appendContent(b.conn.out, []byte(p.signature))
		b.conn.out = appendContent(b.conn.out, p.raw)
	}
	b.next, b.phase = b.next+1, PhaseNone
	if o.content {
		// A recipient refused, and the content asked for all the same: the
		// empty one is what RFC 2920 (3.1) wants; nobody receives it.
		b.conn.out = append(b.conn.out, ".\r\n"...)
		b.due = &due{index: index, end: len(b.conn.out)}
	}
	if l.pipelining {
		return nil
	}
	return b.settle()
}

// open puts the commands of a message to the server: all in one write, behind
// the content of the message before, or one by one until a refusal.
func (b *batch) open(commands []command) (o opening, err error) {
	l := b.conn.link
	if l.pipelining {
		for _, c := range commands {
			b.conn.out = append(b.conn.out, c.line...)
		}
	}
	if err := b.settle(); err != nil {
		return o, err
	}
	for _, c := range commands {
		b.phase = c.phase
		if !l.pipelining {
			b.conn.out = append(b.conn.out, c.line...)
			if _, err := b.write(b.conn.sender.cfg.CommandTimeout); err != nil {
				return o, err
			}
		}
		r, err := b.read()
		if err != nil {
			return o, err
		}
		if c.phase == PhaseNone && !r.positive() && !r.closing() {
			return o, fmt.Errorf("the server refused to start anew: %d %s", r.code, r.words)
		}
		o.take(c.phase, r)
		if o.refused != nil && (!l.pipelining || r.closing()) {
			break
		}
	}
	return o, nil
}

// take notes one answer.
func (o *opening) take(phase Phase, r reply) {
	good := r.positive()
	if phase == PhaseData {
		o.content = r.code == 354
		good = o.content
	}
	if !good && o.refused == nil {
		o.refused, o.phase = &r, phase
	}
}

// closing handles 421 before the content. From a connection that has worked or
// waited it only means "not on this one"; from a fresh one it is meant for us.
func (b *batch) closing(r reply, phase Phase) error {
	if b.kept || b.conn.link.answered > 0 {
		return errClosing
	}
	b.busy, b.phase = r, phase
	return errBusy
}

// settle writes what waits, and takes the answer that is due.
func (b *batch) settle() error {
	d, cfg := b.due, &b.conn.sender.cfg
	b.due = nil
	if d == nil {
		_, err := b.write(cfg.CommandTimeout)
		return err
	}
	written, err := b.write(cfg.FinalTimeout)
	if err != nil {
		return b.contentLost(d, written, err)
	}
	r, err := b.read()
	switch {
	case err != nil:
		return b.contentLost(d, written, err)
	case d.index < 0:
		// The answer to an empty content nobody was to receive says nothing.
	case r.positive():
		b.answer(d.index, Accepted, PhaseFinal, r)
	default:
		b.answer(d.index, r.verdict(), PhaseFinal, r)
	}
	if r.closing() {
		return errClosing
	}
	return b.extend(cfg.CommandTimeout)
}

// contentLost judges the message whose content was on the wire when the
// connection broke. Whether its final dot was handed over decides.
func (b *batch) contentLost(d *due, written int, err error) error {
	switch {
	case d.index < 0:
		return err
	case written < d.end:
		b.next, b.phase = d.index, PhaseContent
		return err
	}
	b.decide(d.index, Result{Verdict: Unknown, Phase: PhaseFinal, Words: oneLine(err.Error(), maxWords)})
	return fmt.Errorf("%w: %w", errUnknown, err)
}

// write sends what waits, and returns how many of its bytes left.
func (b *batch) write(timeout time.Duration) (int, error) {
	out := b.conn.out
	if len(out) == 0 {
		return 0, nil
	}
	b.conn.out = out[:0]
	if err := b.extend(timeout); err != nil {
		return 0, err
	}
	w := b.conn.link.client.Text.W
	n, err := w.Write(out)
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		return n - w.Buffered(), lost(err)
	}
	return n, nil
}

// read takes one answer of the server.
func (b *batch) read() (reply, error) {
	code, text, err := b.conn.link.client.Text.ReadResponse(0)
	if err != nil {
		return reply{}, lost(err)
	}
	return newReply(code, text), nil
}

// extend gives the server another timeout to answer, or only the grace period
// once the context is over. The order matters: see hurryWhenOver.
func (b *batch) extend(timeout time.Duration) error {
	err := b.conn.link.extend(timeout)
	if err == nil && b.ctx.Err() != nil {
		err = b.conn.link.extend(min(timeout, b.conn.sender.cfg.Grace))
	}
	return err
}

// lost puts a connection cut by the server in words.
func lost(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the server closed the connection: %w", err)
	}
	return err
}
