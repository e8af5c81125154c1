package mail

import (
	"context"
	"hash/fnv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/relance/relance/internal/testkit/smtpsink"
)

// misfortunes are all the ways in which the sink fails without a delay.
func misfortunes() []smtpsink.Fault {
	var list []smtpsink.Fault
	for _, at := range []smtpsink.Phase{smtpsink.AtRcpt, smtpsink.AtData, smtpsink.AtEnd} {
		for _, code := range []int{421, 451, 550} {
			list = append(list, answer(at, code, "no"))
		}
		list = append(list, smtpsink.Fault{At: at, Action: smtpsink.Cut})
	}
	return append(list, smtpsink.Fault{At: smtpsink.AtEnd, Action: smtpsink.CutLate},
		smtpsink.Fault{At: smtpsink.AtContent, Action: smtpsink.Cut})
}

// TestNothingIsAcceptedTwiceWhateverGoesWrong is the law of the package: a
// caller that sends again what is NotSent or Deferred, and nothing else, ends
// with each message accepted once, or refused, or unknown; and the server has
// the accepted ones, at most the unknown ones, and no other.
func TestNothingIsAcceptedTwiceWhateverGoesWrong(t *testing.T) {
	faults := misfortunes()
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.String().Draw(t, "seed")
		percent := rapid.Uint32Range(0, 60).Draw(t, "percent")
		sink, err := smtpsink.Start(smtpsink.Options{
			NoPipelining: rapid.Bool().Draw(t, "one by one"),
			EagerData:    rapid.Bool().Draw(t, "eager"),
			PerConn:      rapid.IntRange(0, 4).Draw(t, "per connection"),
			Fault: func(rcpt string, seq int) smtpsink.Fault {
				h := fnv.New32a()
				h.Write([]byte(seed + rcpt + strings.Repeat("!", seq)))
				if draw := h.Sum32(); draw%100 < percent {
					return faults[int(draw/100)%len(faults)]
				}
				return smtpsink.Fault{}
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer sink.Close()
		checkLaw(t, sink, sendUntilSettled(t, sink, 10))
	})
}

// sendUntilSettled sends n messages as a caller should.
func sendUntilSettled(t *rapid.T, sink *smtpsink.Sink, n int) map[int64]Verdict {
	s, err := New(Config{URL: sink.URL()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ends := map[int64]Verdict{}
	pending := letters(n)
	for round := 0; len(pending) > 0; round++ {
		if round > 200 {
			t.Fatalf("%d messages do not come to an end", len(pending))
		}
		c, err := s.Conn(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		var again []Message
		unknown := 0
		for i, r := range c.Send(context.Background(), pending) {
			switch ends[r.ID] = r.Verdict; r.Verdict {
			case NotSent, Deferred:
				again = append(again, pending[i])
			case Unknown:
				unknown++
			}
		}
		c.Release()
		if unknown > 1 {
			t.Fatalf("%d unknown in one group", unknown)
		}
		pending = again
	}
	return ends
}

func checkLaw(t *rapid.T, sink *smtpsink.Sink, ends map[int64]Verdict) {
	counted := sink.ByMessageID()
	for id, verdict := range ends {
		n := counted[letter(int(id)).MessageID]
		switch {
		case verdict == Accepted && n == 1, verdict == Refused && n == 0, verdict == Unknown && n <= 1:
		default:
			t.Errorf("message %d ended %v, the server has it %d times", id, verdict, n)
		}
	}
	if len(ends) != 10 || sink.Malformed() != 0 {
		t.Errorf("%d ends, %d malformed lines", len(ends), sink.Malformed())
	}
}
