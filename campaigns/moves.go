package campaigns

import "time"

// move says what becomes of a touch that exists: its cause has gone, it has come too late, or it is armed again.
func (p *Pass) move(f *Facts, h *Touch, history []Touch, now firing) (Decision, bool) {
	switch h.State {
	case Planned:
		return p.keep(f, h, now)
	case Open:
		if !p.caused(f, h, now) {
			return ended(h, Skipped, ReasonCauseGone, p), true
		}
	case Skipped, Cancelled:
		if !followed(h, history) {
			return p.rearm(f, h, now)
		}
	}
	return Decision{}, false
}

// keep cancels a planned touch whose cause has gone, or skips it when its deadline has passed. A touch that a client has
// been promised by its own answer has its cause in that answer and stays. The audience is asked once, when a touch is
// planned: one who is small today and no longer next week keeps the call that was due to him.
func (p *Pass) keep(f *Facts, h *Touch, now firing) (Decision, bool) {
	switch {
	case !p.caused(f, h, now):
		return ended(h, Cancelled, ReasonCauseGone, p), true
	case !h.DeadlineAt.IsZero() && p.Now.After(h.DeadlineAt):
		return ended(h, Skipped, ReasonTooLate, p), true
	}
	return Decision{}, false
}

// caused reports whether what triggered a touch is still true.
func (p *Pass) caused(f *Facts, h *Touch, now firing) bool {
	return fromAnswer(h) || p.Definition.Trigger.holds(p, f, h, now)
}

func ended(h *Touch, state State, reason Reason, p *Pass) Decision {
	t := *h
	t.State, t.Reason, t.EndedAt = state, reason, p.Now
	t.Figures = nil // those stored stay
	return Decision{Touch: t, From: h.State}
}

// followed reports whether another touch was made from the end of this one: a questionnaire in place of a call, say.
func followed(h *Touch, history []Touch) bool {
	for i := range history {
		if history[i].ParentID == h.ID && h.ID != 0 {
			return true
		}
	}
	return false
}

// rearm plans a touch again whose cause is back, or whose curable reason is cured, when nothing was delivered and its
// occasion is still the one that fires. What was cured keeps the day it triggered on; a cause that came back is asked for its day again.
func (p *Pass) rearm(f *Facts, h *Touch, now firing) (Decision, bool) {
	again := h.State == Cancelled || h.Reason == ReasonCauseGone
	if !again && !h.Reason.Curable() || h.ParentID != 0 || h.Outcome != "" || !h.SentAt.IsZero() {
		return Decision{}, false
	}
	if !now.is(h.Occasion) || !now.fires(p.today) || now.blind && !p.Fresh || !p.holds(p.Definition.Audience, f) {
		return Decision{}, false
	}
	if h.State == Cancelled && p.seen(now) { // by a stop, and a campaign that starts again does not go back to days it has seen
		return Decision{}, false
	}
	step, ok := p.Definition.Step(h.Step)
	if !ok || p.check(step, f, time.Time{}).Ends() { // most are still not cured: ask before anything is made
		return Decision{}, false
	}
	t := p.blank(step, f)
	t.ID, t.Occasion, t.TriggeredOn, t.Attempt = h.ID, h.Occasion, h.TriggeredOn, h.Attempt
	if again {
		t.TriggeredOn = p.triggered(now)
	}
	t.Figures = encode(p.Definition.Trigger.figures(p, f, now))
	p.schedule(&t, step, f, p.turn(f, now, t.TriggeredOn))
	t.State, t.Reason = p.admit(step, f, t)
	return Decision{Touch: t, From: h.State}, true
}
