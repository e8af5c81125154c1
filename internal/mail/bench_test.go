package mail

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"github.com/relance/relance/internal/testkit/smtpsink"
)

// BenchmarkSend compares ways to send a two-part letter of 9 kB to a sink on
// the same machine: Conn.Send in groups of ten, with and without pipelining,
// and go-mail alone over kept connections. One operation is one message.
func BenchmarkSend(b *testing.B) {
	for _, connections := range []int{1, 4, 10} {
		b.Run(fmt.Sprintf("pipelined/%d", connections), func(b *testing.B) {
			benchSend(b, connections, smtpsink.Options{}, Config{})
		})
		b.Run(fmt.Sprintf("one by one/%d", connections), func(b *testing.B) {
			benchSend(b, connections, smtpsink.Options{NoPipelining: true}, Config{})
		})
		b.Run(fmt.Sprintf("go-mail alone/%d", connections), func(b *testing.B) {
			benchGoMail(b, connections)
		})
	}
	for _, key := range []string{"rsa", "ed25519"} {
		b.Run("pipelined, DKIM "+key+"/4", func(b *testing.B) {
			benchSend(b, 4, smtpsink.Options{}, Config{DKIM: testKey(b, key)})
		})
	}
}

// BenchmarkSendFarAway is the same with a server 20 ms away, ten connections:
// there the round trips decide.
func BenchmarkSendFarAway(b *testing.B) {
	for _, noPipelining := range []bool{false, true} {
		b.Run(fmt.Sprintf("pipelining %v", !noPipelining), func(b *testing.B) {
			benchSend(b, 10, smtpsink.Options{NoPipelining: noPipelining, Latency: 20 * time.Millisecond}, Config{})
		})
	}
}

// benchLetter is a letter of 9 kB once written.
func benchLetter() Message {
	m := letter(1)
	m.Text = strings.Repeat("Nous n’avons pas eu de vos nouvelles depuis le printemps.\n", 40)
	m.HTML = strings.Repeat("<p>Nous n’avons pas eu de vos nouvelles depuis le <b>printemps</b>.</p>\n", 60)
	return m
}

// share lets n workers do b.N messages, ten at a time.
func share(b *testing.B, n int, work func(count int)) {
	groups := make(chan int)
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			for count := range groups {
				work(count)
			}
		})
	}
	for left := b.N; left > 0; left -= 10 {
		groups <- min(10, left)
	}
	close(groups)
	wg.Wait()
}

func benchSend(b *testing.B, n int, opt smtpsink.Options, cfg Config) {
	sink := startSink(b, opt)
	cfg.MaxConns = n
	s := newSender(b, sink, cfg)
	group := make([]Message, 10)
	for i := range group {
		group[i] = benchLetter()
	}
	b.ResetTimer()
	share(b, n, func(count int) {
		c, err := s.Conn(context.Background())
		if err != nil {
			b.Error(err)
			return
		}
		defer c.Release()
		c.Send(context.Background(), group[:count])
	})
	b.StopTimer()
	report(b, sink)
}

func benchGoMail(b *testing.B, n int) {
	sink := startSink(b, smtpsink.Options{})
	s := newSender(b, sink, Config{})
	client, err := gomail.NewClient(s.server.host, gomail.WithPort(s.server.port),
		gomail.WithTLSPolicy(gomail.NoTLS), gomail.WithoutNoop(), gomail.WithoutRset())
	if err != nil {
		b.Fatal(err)
	}
	m := benchLetter()
	composer := composer{}
	pool := sync.Pool{New: func() any {
		kept, err := client.DialToSMTPClientWithContext(context.Background())
		if err != nil {
			b.Error(err)
		}
		b.Cleanup(func() { kept.Close() })
		return kept
	}}
	b.ResetTimer()
	share(b, n, func(count int) {
		kept := pool.Get()
		defer pool.Put(kept)
		for range count {
			msg, err := composer.mime(&m)
			if err == nil {
				err = client.SendWithSMTPClient(kept.(*smtp.Client), msg)
			}
			if err != nil {
				b.Error(err)
			}
		}
	})
	b.StopTimer()
	report(b, sink)
}

// report fails unless every message arrived, and gives messages per second.
func report(b *testing.B, sink *smtpsink.Sink) {
	if sink.Accepted() != b.N {
		b.Errorf("%d of %d accepted", sink.Accepted(), b.N)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
}
