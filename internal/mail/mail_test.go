package mail

import (
	"context"
	"fmt"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/relance/relance/internal/testkit/smtpsink"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// startSink runs a server for the length of a test.
func startSink(t testing.TB, opt smtpsink.Options) *smtpsink.Sink {
	t.Helper()
	sink, err := smtpsink.Start(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sink.Close)
	return sink
}

// newSender makes a sender to sink; what cfg leaves out is set for tests.
func newSender(t testing.TB, sink *smtpsink.Sink, cfg Config) *Sender {
	t.Helper()
	if cfg.URL == "" {
		cfg.URL = sink.URL()
	}
	if cfg.CommandTimeout == 0 {
		cfg.CommandTimeout = 10 * time.Second
	}
	if cfg.FinalTimeout == 0 {
		cfg.FinalTimeout = 10 * time.Second
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// takeConn takes a connection for the length of a test.
func takeConn(t testing.TB, s *Sender) *Conn {
	t.Helper()
	c, err := s.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Release)
	return c
}

// letter is a good message with its own recipient, sender of bounces and id.
func letter(n int) Message {
	return Message{
		ID:             int64(n),
		MessageID:      fmt.Sprintf("touch-%d@relance.example", n),
		From:           Address{Name: "Élodie Martin", Email: "elodie@maison.example"},
		ReplyTo:        Address{Email: "clients@maison.example"},
		To:             Address{Name: "Zoë", Email: fmt.Sprintf("client%d@acme.example", n)},
		Subject:        "Une question, s’il vous plaît",
		Text:           "Bonjour,\r\n\r\n.un point en tête de ligne\n..deux\r\nÀ bientôt",
		HTML:           "<p>Bonjour,</p>\n<p>.un point</p>",
		Date:           time.Date(2026, 3, 14, 9, 30, 0, 0, time.FixedZone("", 3600)),
		ListID:         "newsletter.maison.example",
		UnsubscribeURL: "https://maison.example/u/abcDEF_-123",
		EnvelopeFrom:   fmt.Sprintf("bounce+%d@maison.example", n),
	}
}

func letters(n int) []Message {
	list := make([]Message, n)
	for i := range list {
		list[i] = letter(i + 1)
	}
	return list
}

func verdicts(results []Result) []Verdict {
	list := make([]Verdict, len(results))
	for i, r := range results {
		list[i] = r.Verdict
	}
	return list
}
