package jobs

import (
	"time"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/mail"
	"github.com/relance/relance/internal/store"
)

// backOff is how long to wait after the nth refusal for now; after the last, the touch has failed.
func backOff() []time.Duration {
	return []time.Duration{5 * time.Minute, 15 * time.Minute, time.Hour, 4 * time.Hour}
}

// aboutUs is the least wait after a refusal that judges the sender: an operator has something to mend first.
const aboutUs = time.Hour

// settle says what a mail's result means for its touch, as of now (business time):
//
//	accepted                      sent
//	refused, the mailbox is none  failed; the address is not used again
//	refused, it judges us         planned again in an hour or more, at most 5 times; never suppressed
//	refused otherwise             failed, with the server's words
//	refused for now               planned again after 5 min, 15 min, 1 h, 4 h; failed at the fifth
//	not sent, not begun           planned, as if nothing had been
//	not sent, broken off          as refused for now: it may be this mail that the server chokes on
//	not known                     unsure
func settle(due *store.Due, r mail.Result, closesAt, now time.Time) store.Settled {
	s := store.Settled{ID: due.ID, Attempt: due.Attempt, At: now, ClosesAt: closesAt, Code: r.Code, Words: words(r)}
	switch {
	case r.Verdict == mail.Accepted:
		s.State = campaigns.Sent
	case r.Verdict == mail.Unknown:
		s.State, s.Reason = campaigns.Unsure, campaigns.ReasonNoReply
	case r.Verdict == mail.NotSent && r.Phase != mail.PhaseNone:
		return deferred(due, s, 0)
	case r.Verdict == mail.NotSent:
		s.State, s.Code, s.Words = campaigns.Planned, 0, ""
	case r.Verdict == mail.Deferred:
		return deferred(due, s, 0)
	case r.AboutUs():
		return deferred(due, s, aboutUs)
	default:
		s.State, s.Bounced = campaigns.Failed, r.BadAddress()
	}
	return s
}

// deferred plans again after the back-off, least at least, or gives up. Past its deadline the next admission ends it.
func deferred(due *store.Due, s store.Settled, least time.Duration) store.Settled {
	s.Reason, s.Deferred = campaigns.ReasonDeferred, true
	waits := backOff()
	if due.Deferrals >= len(waits) {
		s.State = campaigns.Failed
		return s
	}
	s.State, s.DueAt = campaigns.Planned, s.At.Add(max(least, waits[due.Deferrals]))
	if !due.DeadlineAt.IsZero() && s.DueAt.After(due.DeadlineAt) {
		s.DueAt = due.DeadlineAt.Add(time.Microsecond)
	}
	return s
}

// words are the server's, with its enhanced status in front.
func words(r mail.Result) string {
	if r.Enhanced == "" {
		return r.Words
	}
	return r.Enhanced + " " + r.Words
}
