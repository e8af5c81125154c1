package mail

import (
	"context"
	"errors"
	"fmt"
)

// The ways in which a run ends early; Send decides what follows.
var (
	// errStopped: the context ended between two messages; the connection is good.
	errStopped = errors.New("stopped before this message")
	// errUnknown: the connection broke on a message that had left.
	errUnknown = errors.New("connection lost while another message waited for its answer")
	// errBusy: the server closes a connection just made.
	errBusy = errors.New("the server takes no mail now")
	// errClosing: the server ends a connection that it had served.
	errClosing = errors.New("the server ended the connection")
)

// batch is one Send: messages on their way to verdicts.
//
// Messages before next have a verdict, except that the content of one of them
// may be written, or waiting to be, and its answer due. Those from next on have
// not reached DATA: whatever breaks, they were not sent.
type batch struct {
	ctx      context.Context
	conn     *Conn
	messages []Message
	results  []Result

	next     int   // the first message that is not decided and not due
	phase    Phase // where message next is; none when it has not begun
	answered int   // verdicts given by the server
	kept     bool  // the connection was open before this run and may be stale
	due      *due  // the content whose answer is awaited, or nil
	busy     reply // the answer behind errBusy
}

// due is a content that ends with a dot at offset end of the bytes to write.
type due struct {
	index int // the message; -1 for the empty content after a refusal
	end   int
}

func newBatch(ctx context.Context, c *Conn, messages []Message) *batch {
	b := &batch{ctx: ctx, conn: c, messages: messages, results: make([]Result, len(messages))}
	for i := range messages {
		b.results[i].ID = messages[i].ID
	}
	return b
}

// run takes messages to their verdicts until none is left or an error ends the
// connection. It dials when there is none.
func (b *batch) run() error {
	if b.next == len(b.messages) {
		return nil
	}
	if b.conn.link == nil {
		l, err := b.conn.sender.dial(b.ctx)
		if err != nil {
			return err
		}
		b.conn.link = l
	}
	b.due, b.phase, b.conn.out = nil, PhaseNone, b.conn.out[:0]
	defer b.hurryWhenOver(b.conn.link)()
	for b.next < len(b.messages) {
		if err := b.ready(); err != nil {
			return err
		}
		p, refusal := b.compose(&b.messages[b.next])
		if refusal != nil {
			b.decide(b.next, *refusal)
			b.next++
			continue
		}
		if err := b.deliver(p); err != nil {
			return err
		}
	}
	return b.settle()
}

// hurryWhenOver shortens the wait for answers once the context is over. stop
// returns when it no longer touches the connection, which has other users.
func (b *batch) hurryWhenOver(l *link) (stop func()) {
	done := make(chan struct{})
	cancel := context.AfterFunc(b.ctx, func() {
		defer close(done)
		l.extend(b.conn.sender.cfg.Grace)
	})
	return func() {
		if !cancel() {
			<-done
		}
	}
}

// ready waits for the turn of the next message. When there is something to wait
// for, the message before is finished first: its server is not kept waiting.
func (b *batch) ready() error {
	limiter := b.conn.sender.limiter
	if b.ctx.Err() == nil && limiter.Allow() {
		return nil
	}
	if err := b.settle(); err != nil {
		return err
	}
	err := b.ctx.Err()
	if err == nil {
		err = limiter.Wait(b.ctx)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errStopped, err)
	}
	return nil
}

// compose writes a message, or says why it can never be sent here.
func (b *batch) compose(m *Message) (parcel, *Result) {
	p, err := b.conn.composer.compose(m)
	if err == nil && p.utf8() && !b.conn.link.utf8 {
		err = errUTF8
	}
	if err == nil {
		return p, nil
	}
	r := &Result{Verdict: Deferred, Phase: PhaseCompose, Words: oneLine(err.Error(), maxWords)}
	if errors.Is(err, ErrMessage) {
		r.Verdict, r.Enhanced = Refused, enhancedOf(err)
	}
	return p, r
}

// decide gives message i its verdict.
func (b *batch) decide(i int, r Result) {
	r.ID, r.At = b.messages[i].ID, b.conn.sender.cfg.Now()
	b.results[i] = r
}

// answer gives message i the verdict of the server.
func (b *batch) answer(i int, v Verdict, at Phase, r reply) {
	b.decide(i, Result{Verdict: v, Phase: at, Code: r.code, Enhanced: r.enhanced, Words: r.words})
	b.answered++
	b.conn.link.answered++
}

// giveUp leaves the remaining messages unsent and says why.
func (b *batch) giveUp(err error) {
	left := Result{Verdict: NotSent, Words: oneLine(err.Error(), maxWords)}
	if errors.Is(err, errBusy) {
		left = Result{Verdict: Deferred, Code: b.busy.code, Enhanced: b.busy.enhanced, Words: b.busy.words}
	}
	for i := b.next; i < len(b.messages); i++ {
		left.Phase = PhaseNone
		if i == b.next {
			left.Phase = b.phase
		}
		b.decide(i, left)
	}
}
