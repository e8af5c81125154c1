package mail

import (
	"strings"
	"time"
	"unicode"
)

// Verdict is what is known about one message after Send. The zero value is
// NotSent: nothing left, so a message is only ever promoted from it.
//
// The table, in the order in which it is asked ("was it delivered?" first):
//
//	what happened                                                 verdict
//	the server answered 2xx to the final dot                      Accepted
//	it answered 5xx to MAIL, RCPT, DATA or the final dot          Refused
//	it answered 4xx to one of them                                Deferred
//	421 before the content, on a connection that had served       asked again on a
//	  others or was kept from before                              new connection
//	421 before the content, on a connection just made             Deferred, with all
//	                                                              that follow it
//	connection lost, or silence, before the final dot was         NotSent
//	  wholly handed to the network
//	connection lost, silence or nonsense after the final dot      Unknown, and the
//	                                                              rest is NotSent
//	the message cannot be written or addressed (see ErrMessage)   Refused, Code 0
//	not begun: context over, connection lost before, no server    NotSent
type Verdict uint8

const (
	NotSent  Verdict = iota // provably not accepted by anybody: sending again is free
	Accepted                // the server took it and answers for it
	Refused                 // refused for good (5xx, or it could never be sent)
	Deferred                // refused for now (4xx): try later, more slowly
	Unknown                 // the content left and no answer came: never send it again by itself
)

// String is the verdict in lower case, for logs and metrics.
func (v Verdict) String() string {
	switch v {
	case Accepted:
		return "accepted"
	case Refused:
		return "refused"
	case Deferred:
		return "deferred"
	case Unknown:
		return "unknown"
	}
	return "not_sent"
}

// Phase is the place in a delivery where a verdict fell.
type Phase string

const (
	PhaseNone    Phase = ""        // the message was never begun
	PhaseCompose Phase = "compose" // it could not be written
	PhaseMail    Phase = "mail"    // the answer to MAIL: about the sender
	PhaseRcpt    Phase = "rcpt"    // the answer to RCPT: about the recipient
	PhaseData    Phase = "data"    // the answer to DATA
	PhaseContent Phase = "content" // while the content was written
	PhaseFinal   Phase = "final"   // the answer to the final dot
)

// Result is what became of one message.
type Result struct {
	ID      int64   // the message's ID
	Verdict Verdict // what is known
	// Phase is where the verdict fell; empty when the message was never begun.
	// A NotSent with a phase was begun: it may be the very message that the
	// server chokes on, so it counts as an attempt.
	Phase    Phase
	Code     int    // the server's code; 0 without an answer
	Enhanced string // the enhanced status such as "5.1.1"; empty when the server gave none
	// Words are the server's own, or ours when it said nothing; one line of
	// 500 bytes at most. They may hold an address: store them, never log them.
	Words string
	At    time.Time // when the verdict fell, by Config.Now
}

// AboutUs says that a refusal judges the sender (its domain, its address, its
// log-in, its reputation) and not the recipient: the next messages would meet
// the same, the client must not be suppressed, and an operator has work to do.
// 550 5.7.515, which asks for DMARC, is the usual example.
func (r Result) AboutUs() bool {
	if r.Verdict != Refused && r.Verdict != Deferred {
		return false
	}
	return r.Phase == PhaseMail || r.Code == 530 || r.Code == 535 || r.Enhanced == "5.1.7" ||
		strings.HasPrefix(r.Enhanced, "5.7.") || strings.HasPrefix(r.Enhanced, "4.7.")
}

// BadAddress says that the refusal means this address does not exist or never
// will accept mail, so that it may be kept from further use.
func (r Result) BadAddress() bool {
	if r.Verdict != Refused || r.AboutUs() {
		return false
	}
	switch r.Enhanced {
	case "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1":
		return true
	case "":
		return r.Phase == PhaseRcpt && (r.Code == 550 || r.Code == 551 || r.Code == 553)
	}
	return false
}

// reply is one answer of the server.
type reply struct {
	code     int
	enhanced string
	words    string
}

func (r reply) positive() bool { return r.code >= 200 && r.code < 300 }

// verdict reads a refusal. An answer that is neither 4xx nor 5xx where one of
// the two was due (a server out of step) is taken as "not now".
func (r reply) verdict() Verdict {
	if r.code >= 500 && r.code < 600 {
		return Refused
	}
	return Deferred
}

// closing says that the server ends the connection (RFC 5321, 3.8).
func (r reply) closing() bool { return r.code == 421 }

// maxWords bounds what is kept of a server's answer, in bytes.
const maxWords = 500

// newReply reads the text of an answer: its lines joined, the enhanced status
// that each of them repeats taken out once.
func newReply(code int, text string) reply {
	r := reply{code: code}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		status, rest := cutEnhanced(line)
		if status != "" {
			r.enhanced = status
		}
		lines[i] = rest
	}
	r.words = oneLine(strings.Join(lines, " "), maxWords)
	return r
}

// cutEnhanced splits "5.1.1 no such user" (RFC 2034).
func cutEnhanced(line string) (status, rest string) {
	word, rest, _ := strings.Cut(line, " ")
	parts := strings.Split(word, ".")
	if len(parts) != 3 || len(parts[0]) != 1 || !strings.Contains("245", parts[0]) {
		return "", line
	}
	for _, p := range parts[1:] {
		if len(p) == 0 || len(p) > 3 || strings.Trim(p, "0123456789") != "" {
			return "", line
		}
	}
	return word, rest
}

// oneLine makes valid, printable text of at most limit bytes out of any bytes:
// control characters and runs of blanks become one space. A limit of 0 is none.
func oneLine(s string, limit int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.Join(strings.FieldsFunc(s, blank), " ")
	if limit > 0 && len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "")
	}
	return s
}

// blank keeps the no-break spaces of French typography, which are not ASCII.
func blank(r rune) bool {
	return r == ' ' || unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
}
