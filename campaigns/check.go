package campaigns

import "time"

// CheckOrder is the order in which the checks ask whether a client may be contacted, at planning and again when due. The
// first that applies is the reason stored. The set-based twin in the store, which asks when a touch is due, follows it.
var CheckOrder = []Reason{
	ReasonClosed, ReasonBlocked, ReasonOpposed, ReasonNoBasis, ReasonConsumer, ReasonComplaint, ReasonNoAddress,
	ReasonNoNumber, ReasonHeldOut, ReasonTooLate, ReasonPaused, ReasonPressure, ReasonHours,
}

// Ends reports whether the reason ends a touch. Campaign paused, pressure and hours only make it wait.
func (r Reason) Ends() bool {
	switch r {
	case ReasonClosed, ReasonBlocked, ReasonOpposed, ReasonNoBasis, ReasonConsumer, ReasonComplaint, ReasonNoAddress,
		ReasonNoNumber, ReasonHeldOut, ReasonTooLate:
		return true
	}
	return false
}

// Check asks whether a client may be contacted by a step now; empty: it may. Pressure is decided when due, in the store,
// since it needs what all campaigns sent; hours move due_at when a touch is made.
func (p *Pass) Check(s Step, f *Facts, deadline time.Time) Reason { return p.check(s, f, deadline) }

func (p *Pass) check(s Step, f *Facts, deadline time.Time) Reason {
	for _, reason := range CheckOrder {
		if p.applies(reason, s, f, deadline) {
			return reason
		}
	}
	return ""
}

// applies is the table of the checks: one line per reason.
func (p *Pass) applies(reason Reason, s Step, f *Facts, deadline time.Time) bool {
	call := s.Channel == Call
	switch reason {
	case ReasonClosed:
		return f.ClosedOn != 0 && f.ClosedOn <= p.today
	case ReasonBlocked:
		return f.Blocked != ""
	case ReasonOpposed:
		return call && f.CallOpposed || !call && f.MailOpposed
	case ReasonNoBasis: // a client without any address lacks the address, not the basis
		return !call && f.HasMail && !f.MailBasis
	case ReasonConsumer:
		return call && f.Consumer && !f.CallBasis && !f.UnderContract
	case ReasonComplaint:
		return f.OpenComplaints > 0 && (!call || p.checksIn())
	case ReasonNoAddress:
		return !call && !f.HasMail
	case ReasonNoNumber:
		return call && !f.HasPhone
	case ReasonHeldOut:
		return p.Definition.heldOut(f.Ref)
	case ReasonTooLate:
		return !deadline.IsZero() && p.Now.After(deadline)
	case ReasonPaused:
		return p.Paused
	}
	return false
}

// checksIn reports whether the campaign's calls are routine ones, which do not go out while a complaint is open.
func (p *Pass) checksIn() bool {
	_, ok := p.Definition.Trigger.(ContactsPerYear)
	return ok
}
