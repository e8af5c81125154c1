package mail

import (
	"bytes"
	"fmt"
	"net/mail"
	"net/textproto"
	"slices"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// maxSubject bounds a subject, in bytes; longer ones are cut.
const maxSubject = 900

// parcel is one message ready for the wire.
type parcel struct {
	from, to  envelope
	signature string // the DKIM-Signature header with its CRLF, or nothing
	raw       []byte // header and body; belongs to the composer, until its next message
}

// utf8 says that the server must know SMTPUTF8.
func (p parcel) utf8() bool { return p.from.utf8 || p.to.utf8 }

// size is the length of the content in bytes, before dots are doubled.
func (p parcel) size() int { return len(p.signature) + len(p.raw) }

// composer writes messages one after the other into the same memory. Each
// connection has its own.
type composer struct {
	signer *signer // nil: not signed
	now    func() time.Time
	frame  bytes.Buffer
	raw    []byte
}

// compose writes m. An error wraps ErrMessage when m itself is at fault.
func (c *composer) compose(m *Message) (p parcel, err error) {
	if p.to, err = parseMailbox(m.To.Email); err != nil {
		return p, fmt.Errorf("%w: %w", errRecipient, err)
	}
	if p.from, err = m.envelopeFrom(); err != nil {
		return p, fmt.Errorf("%w: %w", errSender, err)
	}
	msg, err := c.mime(m)
	if err != nil {
		return p, err
	}
	c.frame.Reset()
	if _, err := msg.WriteTo(&c.frame); err != nil {
		return p, fmt.Errorf("write message: %w", err)
	}
	if p.raw, err = c.pour(m); err != nil {
		return p, err
	}
	if err := checkLines(p.raw); err != nil {
		return p, err
	}
	if c.signer != nil {
		header, body, _ := bytes.Cut(p.raw, []byte("\r\n\r\n"))
		p.signature, err = c.signer.sign(header, body)
	}
	return p, err
}

// mime gives go-mail the parts and headers of m.
func (c *composer) mime(m *Message) (*gomail.Msg, error) {
	if strings.TrimSpace(m.Text) == "" {
		return nil, fmt.Errorf("%w: there is no text", ErrMessage)
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := addresses(msg, m); err != nil {
		return nil, err
	}
	if err := headers(msg, m); err != nil {
		return nil, err
	}
	date := m.Date
	if date.IsZero() {
		date = c.now()
	}
	msg.SetDateWithValue(date)
	msg.SetBodyString(gomail.TypeTextPlain, textMark)
	if m.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, htmlMark)
	}
	return msg, nil
}

// go-mail writes the headers and the parts around these marks.
const (
	textMark = "the text stands here"
	htmlMark = "the html stands here"
)

// pour puts the two texts where go-mail wrote their marks: to have it encode and copy them itself takes more time than
// all the rest of a message. A mark begins its part, after an empty line, which no header holds.
func (c *composer) pour(m *Message) ([]byte, error) {
	frame, out := c.frame.Bytes(), c.raw[:0]
	for _, part := range []struct{ mark, text string }{{textMark, m.Text}, {htmlMark, m.HTML}} {
		if part.text == "" {
			continue
		}
		before, after, found := bytes.Cut(frame, []byte("\r\n\r\n"+part.mark))
		if !found {
			return nil, fmt.Errorf("write message: %q is missing", part.mark)
		}
		out = append(append(out, before...), "\r\n\r\n"...)
		out = appendQuoted(out, part.text)
		frame = after
	}
	c.raw = append(out, frame...)
	return c.raw, nil
}

func addresses(msg *gomail.Msg, m *Message) error {
	for _, a := range []struct {
		what    string
		address Address
		set     func(*mail.Address)
	}{
		{"from", m.From, msg.FromMailAddress},
		{"to", m.To, func(a *mail.Address) { msg.ToMailAddress(a) }},
		{"reply-to", m.ReplyTo, func(a *mail.Address) { msg.ReplyToMailAddress(a) }},
		{"sender", m.Sender, func(a *mail.Address) { msg.SetGenHeaderPreformatted("Sender", a.String()) }},
	} {
		optional := a.what == "reply-to" || a.what == "sender"
		if optional && (a.address == Address{} || (a.what == "sender" && a.address == m.From)) {
			continue
		}
		parsed, err := a.address.header()
		if err != nil {
			return fmt.Errorf("%s: %w", a.what, err)
		}
		a.set(parsed)
	}
	return nil
}

func headers(msg *gomail.Msg, m *Message) error {
	if err := checkID("message id", m.MessageID); err != nil {
		return err
	}
	msg.SetMessageIDWithValue(m.MessageID)
	msg.Subject(oneLine(m.Subject, maxSubject))
	if m.ListID != "" {
		if err := checkID("list id", m.ListID); err != nil {
			return err
		}
		msg.SetGenHeader("List-Id", "<"+m.ListID+">")
	}
	if m.UnsubscribeURL != "" {
		if err := checkUnsubscribe(m.UnsubscribeURL); err != nil {
			return err
		}
		msg.SetGenHeader(gomail.HeaderListUnsubscribe, "<"+m.UnsubscribeURL+">")
		msg.SetGenHeader(gomail.HeaderListUnsubscribePost, "List-Unsubscribe=One-Click")
	}
	for name, value := range m.Headers {
		if err := checkHeader(name); err != nil {
			return err
		}
		msg.SetGenHeader(gomail.Header(textproto.CanonicalMIMEHeaderKey(name)), oneLine(value, maxSubject))
	}
	return nil
}

// ownHeaders are set from the fields of Message, or describe the body, or are
// for servers to set.
var ownHeaders = []string{
	"from", "sender", "reply-to", "to", "cc", "bcc", "subject", "date", "message-id",
	"mime-version", "list-id", "list-unsubscribe", "list-unsubscribe-post",
	"dkim-signature", "received", "return-path",
}

// checkHeader accepts a header name that may be added.
func checkHeader(name string) error {
	lower := strings.ToLower(name)
	valid := name != "" && len(name) < 60 && strings.Trim(lower, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
	if !valid || slices.Contains(ownHeaders, lower) || strings.HasPrefix(lower, "content-") {
		return fmt.Errorf("%w: header %q may not be added", ErrMessage, name)
	}
	return nil
}
