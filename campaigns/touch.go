package campaigns

import (
	"encoding/json"
	"time"

	"github.com/relance/relance/internal/calendar"
)

// State is where a touch stands. The moves between states stand in the table moves; the store refuses the rest.
type State string

// The states of a touch.
const (
	Planned   State = "planned"   // waits for due_at and for the checks
	HeldOut   State = "held_out"  // deliberately not contacted, to measure effect
	Sending   State = "sending"   // claimed by a worker; written before the first byte leaves
	Open      State = "open"      // its call is on a rep's list
	Sent      State = "sent"      // accepted by the mail server, answer awaited or not
	Answered  State = "answered"  // the client answered
	Done      State = "done"      // closed: the call's outcome is known, or a survey closed without answer
	Failed    State = "failed"    // refused for good, with the server's words
	Unsure    State = "unsure"    // left, but what became of it is not known; never sent again by itself
	Skipped   State = "skipped"   // a check said no for good
	Cancelled State = "cancelled" // its cause has gone
)

// States lists every state, in the order in which pages write out the sum.
var States = []State{Planned, Sending, Open, Sent, Answered, Done, Failed, Unsure, Skipped, Cancelled, HeldOut}

// start is the state a touch comes from when it is planned.
const start State = ""

// moves holds every allowed change of state. docs/touch-states.md and the database's CHECK are compared with it by tests.
var moves = map[State][]State{
	start:     {Planned, HeldOut, Skipped},
	Planned:   {Sending, Open, Skipped, Cancelled},
	Skipped:   {Planned},
	Cancelled: {Planned},
	Sending:   {Sent, Failed, Unsure, Planned},
	Unsure:    {Sent, Answered, Failed, Planned},
	Sent:      {Answered, Failed, Done},
	Open:      {Open, Done, Skipped},
	Done:      {Open},
}

// CanMove reports whether a touch may go from one state to the other.
func CanMove(from, to State) bool {
	for _, s := range moves[from] {
		if s == to {
			return true
		}
	}
	return false
}

// Channel is how a step reaches the client.
type Channel string

// The channels.
const (
	Call   Channel = "call"
	Mail   Channel = "mail"
	Survey Channel = "survey"
)

// Reason is the stored code of why a touch waits, ended or was never made. Pages and messages put it into words.
type Reason string

// The reasons, in the order in which the checks ask (see Check). The first that applies is stored.
const (
	ReasonClosed      Reason = "client_closed"
	ReasonBlocked     Reason = "client_blocked"
	ReasonOpposed     Reason = "opposed"         // opposition or suppression on the channel
	ReasonNoBasis     Reason = "no_basis"        // mail without a recorded basis
	ReasonConsumer    Reason = "no_call_consent" // a consumer without consent or current contract
	ReasonComplaint   Reason = "open_complaint"
	ReasonNoAddress   Reason = "no_address"
	ReasonNoNumber    Reason = "no_number"
	ReasonHeldOut     Reason = "held_out"
	ReasonTooLate     Reason = "too_late"
	ReasonPaused      Reason = "campaign_paused"
	ReasonPressure    Reason = "pressure"
	ReasonHours       Reason = "outside_hours"
	ReasonQuietWeeks  Reason = "quiet_weeks"
	ReasonLevelled    Reason = "levelled"   // moved to another day so that the rep's day holds it
	ReasonDeferred    Reason = "deferred"   // the mail server said "not now"
	ReasonText        Reason = "text_fault" // its text could not be made into a mail: the company mends it
	ReasonCauseGone   Reason = "cause_gone" // what triggered it is no longer true
	ReasonMerged      Reason = "merged"     // two clients became one, who gets it already
	ReasonAudience    Reason = "not_in_audience"
	ReasonNotYet      Reason = "not_yet"    // explain only: the trigger has not fired
	ReasonTooOld      Reason = "too_old"    // explain only: the window of the trigger has passed
	ReasonStaleData   Reason = "stale_data" // a rule that infers from absence waits for orders
	ReasonAlready     Reason = "already"    // explain only: this occasion has its touch
	ReasonNoSlotText  Reason = "no_slot_text"
	ReasonSlotMissed  Reason = "slot_missed"
	ReasonUnreachable Reason = "unreachable"
	ReasonNoAnswer    Reason = "not_answered" // a survey closed without an answer
	ReasonAnswered    Reason = "answered"     // a reminder that is no longer needed
	ReasonNoOrder     Reason = "no_order"     // explain only: the rule needs an order
	ReasonOldClient   Reason = "old_client"   // explain only: it was a client long before its first order in the data
	ReasonNeverSilent Reason = "never_silent" // explain only: its rhythm is too slow for the rule's upper bound
	ReasonBeforeStart Reason = "before_start" // explain only: this year's day lay before the campaign's start
	ReasonSeen        Reason = "day_passed"   // explain only: it was not in the audience on its day
	ReasonNoStep      Reason = "no_step"      // explain only: no step of the campaign is for it
	ReasonStopped     Reason = "campaign_stopped"
	ReasonWorkerGone  Reason = "worker_gone" // unsure: who sent it went away meanwhile
	ReasonNoReply     Reason = "no_answer"   // unsure: it left, and the mail server never said whether it took it
)

// Reasons lists every reason: whoever puts them into words is tested against it.
var Reasons = []Reason{
	ReasonClosed, ReasonBlocked, ReasonOpposed, ReasonNoBasis, ReasonConsumer, ReasonComplaint, ReasonNoAddress,
	ReasonNoNumber, ReasonHeldOut, ReasonTooLate, ReasonPaused, ReasonPressure, ReasonHours, ReasonQuietWeeks,
	ReasonLevelled, ReasonDeferred, ReasonText, ReasonCauseGone, ReasonMerged, ReasonAudience, ReasonNotYet, ReasonTooOld, ReasonStaleData,
	ReasonAlready, ReasonNoSlotText, ReasonSlotMissed, ReasonUnreachable, ReasonNoAnswer, ReasonAnswered,
	ReasonNoOrder, ReasonOldClient, ReasonNeverSilent, ReasonBeforeStart, ReasonSeen, ReasonNoStep, ReasonStopped,
	ReasonWorkerGone, ReasonNoReply,
}

// Curable reports whether a touch skipped for this reason is planned again once the reason no longer holds.
func (r Reason) Curable() bool {
	switch r {
	case ReasonNoBasis, ReasonNoAddress, ReasonNoNumber, ReasonConsumer, ReasonComplaint, ReasonBlocked:
		return true
	}
	return false
}

// Touch is one step for one client, and contact, on one occasion, as the planner reads and makes it.
// ID 0 is a touch that is not stored yet.
type Touch struct {
	ID          int64
	ClientID    int64
	ContactID   int64 // 0: none (yet)
	RepID       int64 // 0: the managers' list
	Step        string
	Channel     Channel
	Occasion    string
	ParentID    int64 // 0: planned by the trigger
	TriggeredOn calendar.Date
	DueAt       time.Time
	DeadlineAt  time.Time // zero: none
	State       State
	Reason      Reason
	Outcome     Outcome
	Figures     json.RawMessage // what decided, for explain and the cards
	Priority    int
	Attempt     int
	SentAt      time.Time
	EndedAt     time.Time
	ClosesAt    time.Time // surveys: no answer is taken after; zero: never, or not sent yet
}

// Outcome is what came of a call, as the rep says it, or of an answer.
type Outcome string

// The outcomes of a call. Unreachable follows by itself after the last attempt.
const (
	Reached     Outcome = "reached"
	OrderTaken  Outcome = "order_taken"
	NoAnswer    Outcome = "no_answer"
	Voicemail   Outcome = "voicemail"
	CallBack    Outcome = "call_back"
	WrongNumber Outcome = "wrong_number"
	Refused     Outcome = "refused"
	OtherPerson Outcome = "other_person"
	AlreadySeen Outcome = "already_seen"
	Postponed   Outcome = "postponed"
	Unreachable Outcome = "unreachable"
)
