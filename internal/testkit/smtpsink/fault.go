package smtpsink

import "time"

// Phase is the moment of a transaction at which a Fault strikes.
type Phase uint8

const (
	AtRcpt    Phase = iota + 1 // instead of the answer to RCPT
	AtData                     // instead of the answer to DATA
	AtContent                  // after the first line of the content; only Cut and Hang make sense
	AtEnd                      // instead of the answer to the final dot
)

// Action is what a Fault does.
type Action uint8

const (
	Answer  Action = iota + 1 // answer Code and Words; the message is not accepted
	Cut                       // close the connection without an answer; not accepted
	CutLate                   // count the message as accepted, then close without an answer
	Hang                      // never answer, until the client hangs up or the sink closes
	Slow                      // answer as usual, after Delay
)

// Fault is one scripted misfortune. The zero Fault is none.
type Fault struct {
	At     Phase // ignored for MAIL faults
	Action Action
	Code   int           // for Answer
	Words  string        // for Answer; an enhanced status stands at its beginning
	Delay  time.Duration // for Slow
}
