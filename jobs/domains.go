package jobs

import (
	"strings"
	"sync"
	"time"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/mail"
	"github.com/relance/relance/internal/store"
)

// refusalsOfADomain is how many mails in a row a receiving domain may refuse for what we are (RFC 3463, 5.7.x: policy,
// reputation, a missing DMARC) before the others to it wait: each further one would meet the same, and make it worse.
const refusalsOfADomain = 3

// domains remembers how the receiving domains stand to us, for one process. The zero value knows of none.
type domains struct {
	mu    sync.Mutex
	stand map[string]*standing // by domain; one that takes mail has no entry
}

type standing struct {
	refused int       // in a row
	until   time.Time // business time; zero: not held
}

// heard notes a result, and reports that it is the one from which on the domain's mails wait.
func (d *domains) heard(domain string, r mail.Result, now time.Time) (held bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case r.Verdict == mail.Accepted:
		delete(d.stand, domain)
	case r.Verdict == mail.Refused && r.AboutUs(): // refused for now is greylisting as a rule: it is about each recipient
		if d.stand == nil {
			d.stand = map[string]*standing{}
		}
		if d.stand[domain] == nil {
			d.stand[domain] = &standing{}
		}
		s := d.stand[domain]
		s.refused++
		if s.refused >= refusalsOfADomain && !now.Before(s.until) {
			s.until = now.Add(aboutUs)
			return true
		}
	}
	return false
}

// until is the time up to which mails to a domain wait; zero: they do not. Once it has passed, one more refusal holds them again.
func (d *domains) until(domain string, now time.Time) time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s := d.stand[domain]; s != nil && now.Before(s.until) {
		return s.until
	}
	return time.Time{}
}

// heldBack plans a touch again whose domain refuses us at the moment: nothing has left, and it is no try.
func heldBack(due *store.Due, until, now time.Time) store.Settled {
	return store.Settled{ID: due.ID, Attempt: due.Attempt, State: campaigns.Planned, Reason: campaigns.ReasonDeferred,
		DueAt: until, At: now, Words: "not sent: " + receiver(due) + " refuses this sender; see the answers to the mails before"}
}

// receiver is the domain of a touch's address.
func receiver(due *store.Due) string {
	return strings.ToLower(due.Address[strings.LastIndexByte(due.Address, '@')+1:])
}
