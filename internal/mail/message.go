package mail

import (
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/idna"
)

// ErrMessage marks a message that can never be sent as it is: an address that
// is none, a header that could carry another, a line too long for mail.
var ErrMessage = errors.New("message cannot be sent")

// The causes that have an enhanced status of their own.
var (
	errRecipient = errors.New("recipient")
	errSender    = errors.New("envelope sender")
	errUTF8      = fmt.Errorf("%w: the server takes no address with accents", ErrMessage)
)

// enhancedOf gives an ErrMessage the status that a server would have used
// (RFC 3463, RFC 6531).
func enhancedOf(err error) string {
	switch {
	case errors.Is(err, errUTF8):
		return "5.6.7"
	case errors.Is(err, errRecipient):
		return "5.1.3"
	case errors.Is(err, errSender):
		return "5.1.7"
	}
	return "5.6.0"
}

// Address is a name and a mailbox. The name is free text; newlines in it are
// harmless, they become blanks.
type Address struct {
	Name  string // what the reader sees; may be empty
	Email string // local@domain, without brackets
}

// Message is what one touch sends: everything already rendered.
type Message struct {
	ID        int64   // the touch, given back in the Result
	MessageID string  // without brackets, the same for every attempt: local@domain
	From      Address // the person or team who writes
	ReplyTo   Address // empty: answers go to From
	Sender    Address // written only when it is not empty and not From
	To        Address // the one recipient
	Subject   string
	Text      string    // the plain text; needed
	HTML      string    // empty: a mail of plain text only
	Date      time.Time // the Date header; zero: now
	ListID    string    // identifier without brackets, such as newsletter.example.com; empty: none
	// UnsubscribeURL is the address of one-click unsubscription (RFC 8058),
	// https outside of a demo; empty for mail that is not marketing.
	UnsubscribeURL string
	// Headers adds others, such as Auto-Submitted; names that Message sets
	// itself or that describe the body are an error.
	Headers map[string]string
	// EnvelopeFrom receives the bounces; empty: From.
	EnvelopeFrom string
}

// envelope is a mailbox in the form that goes on the wire.
type envelope struct {
	address string // domain in ASCII
	utf8    bool   // the local part is not ASCII: the server must know SMTPUTF8
}

// parseMailbox checks a bare address. Quoted local parts, address literals and
// comments are refused: no client has one, and each is a way to smuggle.
func parseMailbox(email string) (envelope, error) {
	at := strings.LastIndexByte(email, '@')
	if at < 1 || at == len(email)-1 || len(email) > 254 || strings.ContainsAny(email, "\"\\<>()[],;: \t\r\n") {
		return envelope{}, fmt.Errorf("%w: the address is malformed", ErrMessage)
	}
	domain, err := idna.Lookup.ToASCII(email[at+1:])
	if err != nil || strings.ContainsRune(email[:at], '@') {
		return envelope{}, fmt.Errorf("%w: the address's domain is malformed", ErrMessage)
	}
	address := email[:at] + "@" + domain
	parsed, err := mail.ParseAddress(address)
	if err != nil || parsed.Address != address {
		return envelope{}, fmt.Errorf("%w: the address is malformed", ErrMessage)
	}
	return envelope{address: address, utf8: !ascii(address)}, nil
}

// header gives the address as net/mail writes it, safe in any header.
func (a Address) header() (*mail.Address, error) {
	e, err := parseMailbox(a.Email)
	if err != nil {
		return nil, err
	}
	return &mail.Address{Name: a.shown(), Address: e.address}, nil
}

// maxName bounds a display name, in bytes.
const maxName = 200

// shown is the name without what no name needs: line ends, and the backslash,
// which net/mail leaves bare in an encoded name, so that some cannot read it.
func (a Address) shown() string {
	return oneLine(strings.ReplaceAll(a.Name, "\\", " "), maxName)
}

// envelopeFrom is the address that bounces go to.
func (m *Message) envelopeFrom() (envelope, error) {
	if m.EnvelopeFrom != "" {
		return parseMailbox(m.EnvelopeFrom)
	}
	return parseMailbox(m.From.Email)
}

// ascii says that s is printable ASCII without blanks at all.
func ascii(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// checkUnsubscribe accepts one absolute web address that needs no escaping.
func checkUnsubscribe(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") ||
		!ascii(address) || strings.ContainsAny(address, "<>,") {
		return fmt.Errorf("%w: the unsubscribe link is not an absolute web address", ErrMessage)
	}
	return nil
}

// checkID accepts what may stand between the brackets of Message-ID and List-Id.
func checkID(what, id string) error {
	if id == "" || !ascii(id) || len(id) > 250 || strings.ContainsAny(id, "<>()[],;:\\\"") {
		return fmt.Errorf("%w: the %s is malformed", ErrMessage, what)
	}
	return nil
}
