package mail

import (
	"context"
	"errors"
	"net"
)

// Conn is a connection that one goroutine owns, from Sender.Conn to Release.
type Conn struct {
	*workspace
	sender *Sender // nil once released
	link   *link   // nil after it broke
}

// workspace is the memory of a connection, kept for the next one.
type workspace struct {
	composer composer
	out      []byte // what the next write carries
}

// Release gives the connection back; c is of no use afterwards. It may be
// called twice.
func (c *Conn) Release() {
	if c.sender == nil {
		return
	}
	if c.link != nil {
		c.sender.park(c.link)
	}
	c.sender.slots <- c.workspace
	c.sender, c.link, c.workspace = nil, nil, nil
}

// Send sends a group of messages, in their order, and returns one result for
// each, in the same order, whatever happens. Ten at most keep small what one
// crash can leave unknown.
//
// A server that ends the connection between two messages, as many do after so
// many, is dialled again and the rest goes on; after an Unknown, a silence, or
// a failure on a connection just made, the rest stays NotSent. When ctx ends,
// no further message is begun, and answers already due are awaited for Grace.
func (c *Conn) Send(ctx context.Context, messages []Message) []Result {
	b := newBatch(ctx, c, messages)
	for {
		b.kept = c.link != nil
		before := b.answered
		err := b.run()
		if err == nil {
			break
		}
		if errors.Is(err, errStopped) {
			b.giveUp(err)
			break
		}
		c.hangUp()
		if !again(err, b.kept || b.answered > before) {
			b.giveUp(err)
			break
		}
		c.sender.cfg.Log.Debug("mail connection ended, dialling again", "answered", b.answered, "error", err)
	}
	if b.answered > 0 {
		c.sender.heard()
	}
	return b.results
}

// again says whether a broken connection is worth another one at once: when it
// had been good for something, or may only have been stale.
func again(err error, useful bool) bool {
	var slow net.Error
	silent := errors.As(err, &slow) && slow.Timeout()
	return useful && !silent && !errors.Is(err, errUnknown)
}

// hangUp drops the connection.
func (c *Conn) hangUp() {
	if c.link != nil {
		c.link.drop()
		c.link = nil
	}
}
