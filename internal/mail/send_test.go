package mail

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/relance/relance/internal/testkit/smtpsink"
)

// always and once say how often the second of three messages meets its fault.
const (
	once   = 1
	always = 1000
)

// onSecond strikes the second message, the first n times that it is asked for.
func onSecond(n int, f smtpsink.Fault) func(string, int) smtpsink.Fault {
	return func(name string, seq int) smtpsink.Fault {
		if strings.Contains(name, "2@") && seq < n {
			return f
		}
		return smtpsink.Fault{}
	}
}

func answer(at smtpsink.Phase, code int, words string) smtpsink.Fault {
	return smtpsink.Fault{At: at, Action: smtpsink.Answer, Code: code, Words: words}
}

func TestVerdictOfEachFaultAtEachPhase(t *testing.T) {
	cut := func(at smtpsink.Phase) smtpsink.Fault { return smtpsink.Fault{At: at, Action: smtpsink.Cut} }
	hang := func(at smtpsink.Phase) smtpsink.Fault { return smtpsink.Fault{At: at, Action: smtpsink.Hang} }
	const rest = NotSent
	tests := []struct {
		name   string
		mail   bool // the fault is MAIL's
		times  int
		fault  smtpsink.Fault
		second Result // Verdict, Phase, Code and Enhanced are compared
		third  Verdict
	}{
		{"a sender refused for good", true, always, answer(0, 550, "5.7.1 not you"), Result{Verdict: Refused, Phase: PhaseMail, Code: 550, Enhanced: "5.7.1"}, Accepted},
		{"a sender refused for now", true, always, answer(0, 451, "4.7.1 slow down"), Result{Verdict: Deferred, Phase: PhaseMail, Code: 451, Enhanced: "4.7.1"}, Accepted},
		{"421 to MAIL, once: another connection", true, once, answer(0, 421, "4.7.0 enough"), Result{Verdict: Accepted, Phase: PhaseFinal, Code: 250, Enhanced: "2.0.0"}, Accepted},
		{"421 to MAIL on new connections too", true, always, answer(0, 421, "4.3.2 closing"), Result{Verdict: Deferred, Phase: PhaseMail, Code: 421, Enhanced: "4.3.2"}, Deferred},
		{"cut at MAIL, once", true, once, cut(0), Result{Verdict: Accepted, Phase: PhaseFinal, Code: 250, Enhanced: "2.0.0"}, Accepted},
		{"cut at MAIL", true, always, cut(0), Result{Verdict: NotSent, Phase: PhaseMail}, rest},
		{"silence at MAIL", true, always, hang(0), Result{Verdict: NotSent, Phase: PhaseMail}, rest},

		{"a recipient refused for good", false, always, answer(smtpsink.AtRcpt, 550, "5.1.1 unknown"), Result{Verdict: Refused, Phase: PhaseRcpt, Code: 550, Enhanced: "5.1.1"}, Accepted},
		{"a recipient refused for now", false, always, answer(smtpsink.AtRcpt, 452, "4.2.2 full"), Result{Verdict: Deferred, Phase: PhaseRcpt, Code: 452, Enhanced: "4.2.2"}, Accepted},
		{"cut at RCPT, once", false, once, cut(smtpsink.AtRcpt), Result{Verdict: Accepted, Phase: PhaseFinal, Code: 250, Enhanced: "2.0.0"}, Accepted},
		{"cut at RCPT", false, always, cut(smtpsink.AtRcpt), Result{Verdict: NotSent, Phase: PhaseRcpt}, rest},
		{"silence at RCPT, once: no second try", false, once, hang(smtpsink.AtRcpt), Result{Verdict: NotSent, Phase: PhaseRcpt}, rest},
		{"silence at RCPT", false, always, hang(smtpsink.AtRcpt), Result{Verdict: NotSent, Phase: PhaseRcpt}, rest},

		{"DATA refused for good", false, always, answer(smtpsink.AtData, 554, "5.7.1 no"), Result{Verdict: Refused, Phase: PhaseData, Code: 554, Enhanced: "5.7.1"}, Accepted},
		{"DATA refused for now", false, always, answer(smtpsink.AtData, 451, "later"), Result{Verdict: Deferred, Phase: PhaseData, Code: 451}, Accepted},
		{"a server out of step at DATA", false, always, answer(smtpsink.AtData, 250, "ok"), Result{Verdict: Deferred, Phase: PhaseData, Code: 250}, Accepted},
		{"cut at DATA", false, always, cut(smtpsink.AtData), Result{Verdict: NotSent, Phase: PhaseData}, rest},
		{"silence at DATA", false, always, hang(smtpsink.AtData), Result{Verdict: NotSent, Phase: PhaseData}, rest},

		{"cut in the content, all of it already handed over", false, always, cut(smtpsink.AtContent), Result{Verdict: Unknown, Phase: PhaseFinal}, rest},
		{"content refused for good", false, always, answer(smtpsink.AtEnd, 552, "5.3.4 too big"), Result{Verdict: Refused, Phase: PhaseFinal, Code: 552, Enhanced: "5.3.4"}, Accepted},
		{"content refused for now", false, always, answer(smtpsink.AtEnd, 452, "4.3.1 disk full"), Result{Verdict: Deferred, Phase: PhaseFinal, Code: 452, Enhanced: "4.3.1"}, Accepted},
		{"421 to the final dot", false, always, answer(smtpsink.AtEnd, 421, "4.3.0 closing"), Result{Verdict: Deferred, Phase: PhaseFinal, Code: 421, Enhanced: "4.3.0"}, Accepted},
		{"cut before acceptance", false, always, cut(smtpsink.AtEnd), Result{Verdict: Unknown, Phase: PhaseFinal}, rest},
		{"cut after acceptance", false, always, smtpsink.Fault{At: smtpsink.AtEnd, Action: smtpsink.CutLate}, Result{Verdict: Unknown, Phase: PhaseFinal}, rest},
		{"silence after the content", false, always, hang(smtpsink.AtEnd), Result{Verdict: Unknown, Phase: PhaseFinal}, rest},
	}
	for _, tt := range tests {
		for _, mode := range []struct {
			name string
			opt  smtpsink.Options
		}{
			{"pipelined", smtpsink.Options{}},
			{"pipelined, 354 without recipients", smtpsink.Options{EagerData: true}},
			{"one by one", smtpsink.Options{NoPipelining: true}},
		} {
			t.Run(tt.name+"/"+mode.name, func(t *testing.T) {
				t.Parallel()
				opt := mode.opt
				if tt.mail {
					opt.MailFault = onSecond(tt.times, tt.fault)
				} else {
					opt.Fault = onSecond(tt.times, tt.fault)
				}
				sink := startSink(t, opt)
				cfg := Config{}
				if tt.fault.Action == smtpsink.Hang {
					cfg.CommandTimeout, cfg.FinalTimeout = 100*time.Millisecond, 100*time.Millisecond
				}
				results := takeConn(t, newSender(t, sink, cfg)).Send(context.Background(), letters(3))
				checkTrio(t, sink, results, tt.second, tt.third, tt.fault.Action == smtpsink.CutLate)
			})
		}
	}
}

// checkTrio compares the results of three messages with the expected ones, and
// with what the server counted: it has the accepted ones, once each, and no
// other (the unknown one excepted, when it took it).
func checkTrio(t *testing.T, sink *smtpsink.Sink, got []Result, second Result, third Verdict, unknownTaken bool) {
	t.Helper()
	if want := []Verdict{Accepted, second.Verdict, third}; !slices.Equal(verdicts(got), want) {
		t.Fatalf("verdicts %v, want %v\n%+v", verdicts(got), want, got)
	}
	s := got[1]
	if s.Phase != second.Phase || s.Code != second.Code || s.Enhanced != second.Enhanced || s.Words == "" || s.At.IsZero() {
		t.Errorf("second: %+v, want %+v with words and a time", s, second)
	}
	counted := sink.ByMessageID()
	for i, r := range got {
		want := 0
		if r.Verdict == Accepted || (i == 1 && unknownTaken) {
			want = 1
		}
		if n := counted[letter(i+1).MessageID]; n != want {
			t.Errorf("message %d: %v, but the server counts %d, want %d", i+1, r.Verdict, n, want)
		}
		if r.ID != int64(i+1) {
			t.Errorf("result %d has id %d", i, r.ID)
		}
	}
	if sink.Malformed() != 0 {
		t.Errorf("%d malformed lines", sink.Malformed())
	}
}

func TestAGroupIsAcceptedOnceEach(t *testing.T) {
	for _, noPipelining := range []bool{false, true} {
		t.Run(fmt.Sprintf("pipelining %v", !noPipelining), func(t *testing.T) {
			sink := startSink(t, smtpsink.Options{NoPipelining: noPipelining})
			c := takeConn(t, newSender(t, sink, Config{}))
			for range 3 {
				c.Send(context.Background(), letters(10))
			}
			if sink.Accepted() != 30 || sink.Connections() != 1 {
				t.Errorf("%d accepted on %d connections, want 30 on 1", sink.Accepted(), sink.Connections())
			}
			for id, n := range sink.ByMessageID() {
				if n != 3 {
					t.Errorf("%s accepted %d times, want 3", id, n)
				}
			}
		})
	}
}

func TestServerThatServesTwoMessagesPerConnection(t *testing.T) {
	for _, noPipelining := range []bool{false, true} {
		sink := startSink(t, smtpsink.Options{PerConn: 2, NoPipelining: noPipelining})
		results := takeConn(t, newSender(t, sink, Config{})).Send(context.Background(), letters(7))
		for i, r := range results {
			if r.Verdict != Accepted {
				t.Errorf("message %d: %+v", i+1, r)
			}
		}
		if sink.Duplicates() != 0 || sink.Accepted() != 7 || sink.Connections() != 4 {
			t.Errorf("%d accepted, %d twice, %d connections; want 7, 0, 4", sink.Accepted(), sink.Duplicates(), sink.Connections())
		}
	}
}

func TestAContentThatDidNotWhollyLeaveWasNotSent(t *testing.T) {
	for _, action := range []smtpsink.Action{smtpsink.Cut, smtpsink.Hang} {
		sink := startSink(t, smtpsink.Options{Fault: onSecond(always, smtpsink.Fault{At: smtpsink.AtContent, Action: action})})
		s := newSender(t, sink, Config{FinalTimeout: 500 * time.Millisecond})
		group := letters(3)
		// More than all socket buffers on the way can hold.
		group[1].Text = strings.Repeat("une ligne de texte assez longue\n", 1<<18)
		results := takeConn(t, s).Send(context.Background(), group)
		if got := verdicts(results); !slices.Equal(got, []Verdict{Accepted, NotSent, NotSent}) || results[1].Phase != PhaseContent {
			t.Errorf("action %d: %v at %q, want the second not sent at the content", action, got, results[1].Phase)
		}
		if sink.Accepted() != 1 {
			t.Errorf("the server has %d messages, want 1", sink.Accepted())
		}
	}
}

func TestAConnectionClosedWhileItWaitedIsDialledAgain(t *testing.T) {
	sink := startSink(t, smtpsink.Options{PerConn: 2})
	s := newSender(t, sink, Config{})
	c := takeConn(t, s)
	c.Send(context.Background(), letters(2))
	c.Release()
	c = takeConn(t, s) // the same one, which the server will not serve again
	if got := verdicts(c.Send(context.Background(), letters(1))); got[0] != Accepted {
		t.Errorf("verdict %v, want accepted on a new connection", got[0])
	}
	if sink.Connections() != 2 {
		t.Errorf("%d connections, want 2", sink.Connections())
	}
}

func TestAConnectionThatTheServerEndsIsNotKept(t *testing.T) {
	sink := startSink(t, smtpsink.Options{Fault: func(string, int) smtpsink.Fault {
		return answer(smtpsink.AtEnd, 421, "4.3.0 closing")
	}})
	c := takeConn(t, newSender(t, sink, Config{}))
	if r := c.Send(context.Background(), letters(1)); r[0].Verdict != Deferred || c.link != nil {
		t.Errorf("%+v, connection kept: %v", r[0], c.link != nil)
	}
}

func TestNoMessageBeginsOnceTheContextIsOver(t *testing.T) {
	sink := startSink(t, smtpsink.Options{})
	s := newSender(t, sink, Config{})
	c := takeConn(t, s)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	results := c.Send(ctx, letters(2))
	if got := verdicts(results); !slices.Equal(got, []Verdict{NotSent, NotSent}) || results[0].Phase != PhaseNone {
		t.Errorf("%+v, want both not begun", results)
	}
	// The connection is still good.
	if got := verdicts(c.Send(context.Background(), letters(1))); got[0] != Accepted || sink.Connections() != 1 {
		t.Errorf("%v on %d connections, want accepted on the first", got, sink.Connections())
	}
}

func TestAnAnswerDueIsAwaitedForTheGracePeriodOnly(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	fault := func(rcpt string, _ int) smtpsink.Fault {
		cancel() // the context ends while the message is on its way
		return smtpsink.Fault{At: smtpsink.AtEnd, Action: smtpsink.Hang}
	}
	sink := startSink(t, smtpsink.Options{Fault: fault})
	s := newSender(t, sink, Config{FinalTimeout: time.Hour, CommandTimeout: time.Hour, Grace: 50 * time.Millisecond})
	results := takeConn(t, s).Send(ctx, letters(2))
	if got := verdicts(results); !slices.Equal(got, []Verdict{Unknown, NotSent}) {
		t.Errorf("%v, want unknown and not sent", got)
	}
}

func TestAnUnreachableServerSendsNothing(t *testing.T) {
	sink := startSink(t, smtpsink.Options{})
	s := newSender(t, sink, Config{})
	c := takeConn(t, s)
	sink.Close()
	for _, r := range c.Send(context.Background(), letters(3)) {
		if r.Verdict != NotSent || r.Words == "" {
			t.Errorf("%+v, want not sent, with words", r)
		}
	}
	if _, err := s.Conn(context.Background()); err != nil && !strings.Contains(err.Error(), "connect to mail server 127.0.0.1:") {
		t.Errorf("error %q does not name the server", err)
	}
}

func TestAMessageThatCannotBeWrittenSparesItsNeighbours(t *testing.T) {
	tests := []struct {
		name     string
		spoil    func(*Message)
		enhanced string
	}{
		{"recipient without a domain", func(m *Message) { m.To.Email = "client" }, "5.1.3"},
		{"recipient with a command in it", func(m *Message) { m.To.Email = "a@b.example>\r\nRCPT TO:<x@y.example" }, "5.1.3"},
		{"bounce address with a line end", func(m *Message) { m.EnvelopeFrom = "a@b.example\r\nDATA" }, "5.1.7"},
		{"From that is none", func(m *Message) { m.From.Email = "" }, "5.6.0"},
		{"message id with a line end", func(m *Message) { m.MessageID = "a@b\r\nBcc: x@y" }, "5.6.0"},
		{"list id with a bracket", func(m *Message) { m.ListID = "a> <b" }, "5.6.0"},
		{"unsubscribe link with a blank", func(m *Message) { m.UnsubscribeURL = "https://a.example/ b" }, "5.6.0"},
		{"unsubscribe link that is a script", func(m *Message) { m.UnsubscribeURL = "javascript:alert(1)" }, "5.6.0"},
		{"unsubscribe link longer than a line", func(m *Message) { m.UnsubscribeURL = "https://a.example/" + strings.Repeat("x", 1000) }, "5.6.0"},
		{"header that is ours", func(m *Message) { m.Headers = map[string]string{"bcc": "x@y.example"} }, "5.6.0"},
		{"header name with a colon", func(m *Message) { m.Headers = map[string]string{"X: y\r\nBcc": "x@y.example"} }, "5.6.0"},
		{"no text", func(m *Message) { m.Text = " \n" }, "5.6.0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sink := startSink(t, smtpsink.Options{})
			group := letters(3)
			tt.spoil(&group[1])
			results := takeConn(t, newSender(t, sink, Config{})).Send(context.Background(), group)
			want := Result{Verdict: Refused, Phase: PhaseCompose, Enhanced: tt.enhanced}
			checkTrio(t, sink, results, want, Accepted, false)
		})
	}
}
