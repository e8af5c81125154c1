package smtpsink

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t testing.TB, opt Options) *Sink {
	t.Helper()
	s, err := Start(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// dial opens a connection whose greeting has been read.
func dial(t testing.TB, s *Sink) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	r := bufio.NewReader(conn)
	if _, err := r.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	return conn, r
}

// message is a whole transaction in one write, which needs no answers between.
func message(to, id, body string) string {
	return "MAIL FROM:<a@b.example>\r\nRCPT TO:<" + to + ">\r\nDATA\r\n" +
		"Subject: x\r\nmessage-ID: <" + id + ">\r\n\r\n" + body + "\r\n.\r\n"
}

// codes sends text and gives the codes of the next n answers; "end" is a
// connection that was closed.
func codes(t *testing.T, conn net.Conn, r *bufio.Reader, text string, n int) string {
	t.Helper()
	io.WriteString(conn, text)
	conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	var got []string
	for range n {
		line, err := r.ReadString('\n')
		if err != nil {
			return strings.Join(append(got, "end"), " ")
		}
		got = append(got, line[:3])
	}
	return strings.Join(got, " ")
}

func TestTheSinkCountsAndUndoublesDots(t *testing.T) {
	s := start(t, Options{Keep: true})
	conn, r := dial(t, s)
	text := message("x@y.example", "1@here", "..dot\r\nMessage-ID: <not@this>") + message("x@y.example", "1@here", "again")
	if got := codes(t, conn, r, text, 8); got != "250 250 354 250 250 250 354 250" {
		t.Errorf("answers %s", got)
	}
	if s.Accepted() != 2 || s.ByRecipient()["x@y.example"] != 2 || s.ByMessageID()["1@here"] != 2 || s.Duplicates() != 1 {
		t.Errorf("accepted %d, %v, %v", s.Accepted(), s.ByRecipient(), s.ByMessageID())
	}
	if raw := string(s.Messages()[0].Raw); !strings.Contains(raw, "\r\n.dot\r\n") {
		t.Errorf("kept %q", raw)
	}
	if codes(t, conn, r, message("x@y.example", "2@here", "a\nb"), 4); s.Malformed() != 1 {
		t.Errorf("%d malformed lines, want the bare LF", s.Malformed())
	}
}

func TestTheSinkIsStrictAboutTransactions(t *testing.T) {
	for _, tt := range []struct {
		name, text, want string
		opt              Options
	}{
		{"RCPT before MAIL", "RCPT TO:<a@b>\r\n", "503", Options{}},
		{"MAIL twice", "MAIL FROM:<a@b>\r\nMAIL FROM:<a@b>\r\n", "250 503", Options{}},
		{"MAIL again after RSET", "MAIL FROM:<a@b>\r\nRSET\r\nMAIL FROM:<a@b>\r\n", "250 250 250", Options{}},
		{"DATA without a recipient", "MAIL FROM:<a@b>\r\nDATA\r\n", "250 554", Options{}},
		{"DATA without a recipient, eager", "MAIL FROM:<a@b>\r\nDATA\r\n.\r\n", "250 354 554", Options{EagerData: true}},
		{"log-in missing", "MAIL FROM:<a@b>\r\n", "530", Options{User: "u"}},
		{"two messages allowed", message("a@b", "1", "") + message("a@b", "2", "") + message("a@b", "3", ""), "250 250 354 250 250 250 354 250 421 end", Options{PerConn: 2}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := start(t, tt.opt)
			conn, r := dial(t, s)
			if got := codes(t, conn, r, tt.text, len(strings.Fields(tt.want))); got != tt.want {
				t.Errorf("answers %s, want %s", got, tt.want)
			}
		})
	}
}

func TestFaultsStrikeByRecipientAndTurn(t *testing.T) {
	first := func(f Fault) func(string, int) Fault {
		return func(name string, seq int) Fault {
			if name == "bad@b" && seq == 0 {
				return f
			}
			return Fault{}
		}
	}
	for _, tt := range []struct {
		name, want string
		fault      Fault
		accepted   int
	}{
		{"refused at RCPT", "250 550 554 500", Fault{At: AtRcpt, Action: Answer, Code: 550, Words: "5.1.1 no"}, 0},
		{"refused at the end", "250 250 354 452", Fault{At: AtEnd, Action: Answer, Code: 452, Words: "4.2.2 full"}, 0},
		{"cut at DATA", "250 250 end", Fault{At: AtData, Action: Cut}, 0},
		{"cut in the content", "250 250 354 end", Fault{At: AtContent, Action: Cut}, 0},
		{"cut before counting", "250 250 354 end", Fault{At: AtEnd, Action: Cut}, 0},
		{"cut after counting", "250 250 354 end", Fault{At: AtEnd, Action: CutLate}, 1},
		{"slow", "250 250 354 250", Fault{At: AtEnd, Action: Slow, Delay: time.Millisecond}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := start(t, Options{Fault: first(tt.fault)})
			conn, r := dial(t, s)
			if got := codes(t, conn, r, message("bad@b", "1", ""), 4); got != tt.want {
				t.Errorf("answers %s, want %s", got, tt.want)
			}
			if s.Accepted() != tt.accepted {
				t.Errorf("%d accepted, want %d", s.Accepted(), tt.accepted)
			}
			conn, r = dial(t, s)
			if got := codes(t, conn, r, message("bad@b", "1", ""), 4); got != "250 250 354 250" {
				t.Errorf("the second time: %s", got)
			}
		})
	}
}

func TestCloseEndsWhatHangs(t *testing.T) {
	s := start(t, Options{Fault: func(string, int) Fault { return Fault{At: AtContent, Action: Hang} }})
	conn, r := dial(t, s)
	if got := codes(t, conn, r, message("a@b", "1", ""), 3); got != "250 250 354" {
		t.Errorf("answers %s", got)
	}
	s.Close()
	if got := codes(t, conn, r, "", 1); got != "end" {
		t.Errorf("after Close: %s", got)
	}
}

func TestWaitReturnsWhenEnoughArrived(t *testing.T) {
	s := start(t, Options{})
	done := make(chan bool)
	go func() { done <- s.Wait(t.Context().Done(), 2) }()
	conn, r := dial(t, s)
	codes(t, conn, r, message("a@b", "1", "")+message("a@b", "2", ""), 8)
	if !<-done {
		t.Error("Wait gave up")
	}
	over, cancel := context.WithCancel(context.Background())
	cancel()
	if s.Wait(over.Done(), 3) {
		t.Error("Wait counts what did not arrive")
	}
}

// BenchmarkSink is the bare rate: ten connections that only write, 10 kB each.
func BenchmarkSink(b *testing.B) {
	s := start(b, Options{})
	body := strings.Repeat(strings.Repeat("x", 74)+"\r\n", 130)
	var wg sync.WaitGroup
	for i := range 10 {
		conn, r := dial(b, s)
		text := []byte(message("a@b.example", fmt.Sprint(i), body))
		wg.Go(func() {
			for range b.N / 10 {
				conn.Write(text)
				for range 4 {
					r.ReadSlice('\n')
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(s.Accepted())/b.Elapsed().Seconds(), "msg/s")
}
