package inbox

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/url"
	"slices"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"go.uber.org/goleak"

	"github.com/relance/relance/internal/mail"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// letter is a small message to the given address.
func letter(to string) mail.Message {
	return mail.Message{
		ID: 7, MessageID: "touch-7@relance.example", Subject: "Bonjour",
		From: mail.Address{Name: "Élodie", Email: "elodie@maison.example"}, To: mail.Address{Email: to},
		EnvelopeFrom: "bounce@maison.example", Text: "Bonjour.\n.point\n",
	}
}

// send takes messages through the real sender to the inbox.
func send(t *testing.T, url string, messages ...mail.Message) []mail.Result {
	t.Helper()
	sender, err := mail.New(mail.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer sender.Close()
	conn, err := sender.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	return conn.Send(context.Background(), messages)
}

func listen(t *testing.T, deliver Deliver) *Server {
	t.Helper()
	server, err := Listen(deliver, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return server
}

func TestTheInboxKeepsWhatIsSent(t *testing.T) {
	var mu sync.Mutex
	var got []string
	var body []byte
	server := listen(t, func(from string, to []string, raw []byte) error {
		mu.Lock()
		defer mu.Unlock()
		got, body = append(append(got, from), to...), raw
		return nil
	})
	if !mail.IsLoopback(server.URL()) {
		t.Errorf("%s is not a loopback address", server.URL())
	}
	for _, r := range send(t, server.URL(), letter("client@acme.example"), letter("hélène@acme.example")) {
		if r.Verdict != mail.Accepted {
			t.Errorf("%+v, want accepted", r)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	want := []string{"bounce@maison.example", "client@acme.example", "bounce@maison.example", "hélène@acme.example"}
	if !slices.Equal(got, want) {
		t.Errorf("envelopes %q, want %q", got, want)
	}
	if !bytes.Contains(body, []byte("Bonjour.\r\n.point\r\n")) || !bytes.Contains(body, []byte("<touch-7@relance.example>")) {
		t.Errorf("the message came as\n%s", body)
	}
}

func TestNobodyElsePutsMailIn(t *testing.T) {
	server := listen(t, func(string, []string, []byte) error {
		t.Error("a message was kept")
		return nil
	})
	u, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	for name, user := range map[string]*url.Userinfo{"no password": nil, "another one": url.UserPassword(u.User.Username(), "relance"), "an empty one": url.UserPassword(u.User.Username(), "")} {
		t.Run(name, func(t *testing.T) {
			client, err := smtp.Dial(u.Host)
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			if password, ok := user.Password(); ok {
				var refused *smtp.SMTPError
				if err := client.Auth(sasl.NewPlainClient("", user.Username(), password)); !errors.As(err, &refused) || refused.Code != 535 {
					t.Errorf("logging in: %v, want 535", err)
				}
			}
			var refused *smtp.SMTPError
			if err := client.Mail("x@acme.example", nil); !errors.As(err, &refused) || refused.Code != 502 && refused.Code != 530 {
				t.Errorf("MAIL: %v, want a refusal", err)
			}
		})
	}
}

func TestAMessageThatCannotBeKeptIsDeferred(t *testing.T) {
	server := listen(t, func(string, []string, []byte) error { return errors.New("disk full") })
	r := send(t, server.URL(), letter("client@acme.example"))[0]
	if r.Verdict != mail.Deferred || r.Code != 451 || r.Enhanced != "4.3.0" {
		t.Errorf("%+v, want deferred with 451 4.3.0", r)
	}
}

func TestCloseWaitsForTheMessageBeingKept(t *testing.T) {
	inside, release := make(chan struct{}), make(chan struct{})
	var kept bool
	server := listen(t, func(string, []string, []byte) error {
		close(inside)
		<-release
		kept = true
		return nil
	})
	done := make(chan struct{})
	go func() { defer close(done); send(t, server.URL(), letter("client@acme.example")) }()
	<-inside
	closed := make(chan struct{})
	go func() { server.Close(); close(closed) }()
	close(release)
	<-closed
	if !kept {
		t.Error("the message was not kept when Close returned")
	}
	<-done
}
