package jobs

import (
	"testing"
	"time"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/mail"
	"github.com/relance/relance/internal/store"
)

func TestADomainThatRefusesUsIsLeftAlone(t *testing.T) {
	start := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	policy := mail.Result{Verdict: mail.Refused, Phase: mail.PhaseFinal, Code: 550, Enhanced: "5.7.515"}
	nobody := mail.Result{Verdict: mail.Refused, Phase: mail.PhaseRcpt, Code: 550, Enhanced: "5.1.1"}
	greylisted := mail.Result{Verdict: mail.Deferred, Phase: mail.PhaseRcpt, Code: 451, Enhanced: "4.7.1"}
	taken := mail.Result{Verdict: mail.Accepted}
	for _, c := range []struct {
		name    string
		results []mail.Result
		after   time.Duration // when it is asked, from the first result on
		want    time.Duration // until when it waits, from then on; 0: it does not
	}{
		{"two refusals are none", []mail.Result{policy, policy}, 0, 0},
		{"three in a row", []mail.Result{policy, policy, policy}, 0, time.Hour},
		{"those under way meanwhile do not prolong it", []mail.Result{policy, policy, policy, policy, policy}, 0, time.Hour},
		{"one was taken in between", []mail.Result{policy, policy, taken, policy, policy}, 0, 0},
		{"one was taken afterwards", []mail.Result{policy, policy, policy, taken}, 0, 0},
		{"a mailbox that does not exist says nothing about us", []mail.Result{nobody, nobody, nobody}, 0, 0},
		{"greylisting is about each recipient", []mail.Result{greylisted, greylisted, greylisted}, 0, 0},
		{"an hour later it is tried again", []mail.Result{policy, policy, policy}, time.Hour, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			var d domains
			for _, r := range c.results {
				d.heard("big.example", r, start)
			}
			want := time.Time{}
			if c.want != 0 {
				want = start.Add(c.want)
			}
			if got := d.until("big.example", start.Add(c.after)); got != want {
				t.Errorf("it waits until %v, want %v", got, want)
			}
			if got := d.until("other.example", start); !got.IsZero() {
				t.Errorf("another domain waits until %v", got)
			}
		})
	}
}

func TestOneMoreRefusalHoldsADomainAgain(t *testing.T) {
	var d domains
	now := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	policy := mail.Result{Verdict: mail.Refused, Code: 550, Enhanced: "5.7.1"}
	told := 0
	for i := range 4 {
		if i == 3 {
			now = now.Add(aboutUs)
		}
		if d.heard("big.example", policy, now) {
			told++
		}
	}
	if got := d.until("big.example", now); got != now.Add(aboutUs) || told != 2 {
		t.Errorf("until %v, told %d times; want an hour from %v, and twice", got, told, now)
	}
}

func TestWhatIsHeldBackIsNoTry(t *testing.T) {
	now := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	s := heldBack(&store.Due{ID: 7, Attempt: 2, Address: "A.B@Big.Example"}, now.Add(time.Hour), now)
	if s.State != campaigns.Planned || s.Deferred || s.DueAt != now.Add(time.Hour) || s.Attempt != 2 || s.Reason != campaigns.ReasonDeferred {
		t.Errorf("%+v", s)
	}
	if want := "not sent: big.example refuses this sender; see the answers to the mails before"; s.Words != want {
		t.Errorf("words %q", s.Words)
	}
}
