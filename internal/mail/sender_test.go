package mail

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/relance/relance/internal/testkit/smtpsink"
)

// certificate is a fresh one for 127.0.0.1, and the roots that trust it.
func certificate(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	server = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	return server, &tls.Config{RootCAs: roots}
}

// with puts credentials and parameters into the address of a sink.
func with(sink *smtpsink.Sink, user, parameters string) string {
	url := strings.Replace(sink.URL(), "://", "://"+user, 1)
	return url + parameters
}

func TestEncryptionAndLogIn(t *testing.T) {
	server, client := certificate(t)
	const user = "relance%40maison:s3cr%2Fet@"
	login := smtpsink.Options{User: "relance@maison", Password: "s3cr/et"}
	encrypted := func(opt smtpsink.Options, implicit bool) smtpsink.Options {
		opt.TLS, opt.Implicit = server, implicit
		return opt
	}
	tests := []struct {
		name             string
		opt              smtpsink.Options
		user, parameters string
		tls              *tls.Config
		fails            string // part of the error; empty: the letter is accepted
	}{
		{"STARTTLS and a password", encrypted(login, false), user, "?starttls=required", client, ""},
		{"TLS from the first byte and a password", encrypted(login, true), user, "", client, ""},
		{"a mechanism asked for", encrypted(login, true), user, "?auth=plain", client, ""},
		{"a mechanism that is not offered", encrypted(login, true), user, "?auth=cram-md5", client, "CRAM-MD5"},
		{"a wrong password", encrypted(login, false), "relance%40maison:wrong@", "", client, "535"},
		{"a password on loopback without encryption", login, user, "", nil, ""},
		{"STARTTLS required and not offered", smtpsink.Options{}, "", "?starttls=required", client, "STARTTLS"},
		{"an unknown certificate", encrypted(login, false), user, "?starttls=required", nil, "certificate"},
		{"an unknown certificate, TLS first", encrypted(login, true), user, "", nil, "certificate"},
		{"log-in where there is none", smtpsink.Options{}, user, "", nil, "AUTH"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sink := startSink(t, tt.opt)
			s := newSender(t, sink, Config{URL: with(sink, tt.user, tt.parameters), TLS: tt.tls})
			conn, err := s.Conn(context.Background())
			if tt.fails != "" {
				if err == nil || !strings.Contains(err.Error(), tt.fails) || strings.Contains(err.Error(), "s3cr") {
					t.Fatalf("error %v, want %q and no password", err, tt.fails)
				}
				if check := s.Check(context.Background()); check == nil {
					t.Error("Check finds nothing wrong")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Release()
			if r := conn.Send(context.Background(), letters(3)); r[2].Verdict != Accepted {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestAPasswordNeverGoesUnencryptedToAnotherMachine(t *testing.T) {
	sink := startSink(t, smtpsink.Options{User: "u", Password: "p"})
	s := newSender(t, sink, Config{URL: with(sink, "u:p@", "?starttls=off&auth=plain")})
	s.server.host = "mail.example.com" // what the address says; the dial still goes to the sink
	conn, err := net.Dial("tcp", sink.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := s.greet(conn); err == nil || !strings.Contains(err.Error(), "unencrypted") {
		t.Errorf("error %v, want a refusal to log in", err)
	}
}

func TestConnWaitsForAFreeConnectionAndKeepsIt(t *testing.T) {
	sink := startSink(t, smtpsink.Options{})
	s := newSender(t, sink, Config{MaxConns: 2})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			c, err := s.Conn(context.Background())
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Release()
			c.Send(context.Background(), []Message{letter(i)})
		})
	}
	wg.Wait()
	if sink.Accepted() != 8 || sink.Connections() > 2 {
		t.Errorf("%d accepted on %d connections, want 8 on 2 at most", sink.Accepted(), sink.Connections())
	}

	a, b := takeConn(t, s), takeConn(t, s)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := s.Conn(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a third connection: %v, want to wait in vain", err)
	}
	a.Release()
	a.Release() // twice is harmless
	b.Release()
	if _, err := s.Conn(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestAnIdleConnectionSaysGoodBye(t *testing.T) {
	sink := startSink(t, smtpsink.Options{})
	s := newSender(t, sink, Config{IdleTimeout: time.Millisecond})
	takeConn(t, s).Release()
	for deadline := time.Now().Add(5 * time.Second); sink.Open() > 0; {
		if time.Now().After(deadline) {
			t.Fatal("the idle connection stays open")
		}
		time.Sleep(time.Millisecond)
	}
	if c := takeConn(t, s); c.Send(context.Background(), letters(1))[0].Verdict != Accepted {
		t.Error("no new connection is made afterwards")
	}
}

func TestAClosedSenderGivesNoConnection(t *testing.T) {
	s := newSender(t, startSink(t, smtpsink.Options{}), Config{})
	c := takeConn(t, s)
	s.Close()
	if _, err := s.Conn(context.Background()); !errors.Is(err, ErrClosed) {
		t.Errorf("error %v, want ErrClosed", err)
	}
	// The one in use goes on, and is quit when it is released.
	if c.Send(context.Background(), letters(1))[0].Verdict != Accepted {
		t.Error("the connection in use was cut")
	}
}

func TestCheckDialsOnlyAfterSilence(t *testing.T) {
	sink := startSink(t, smtpsink.Options{})
	s := newSender(t, sink, Config{})
	for range 3 {
		if err := s.Check(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if sink.Connections() != 1 {
		t.Errorf("%d connections, want 1", sink.Connections())
	}
}

func TestDialingEndsWithItsContext(t *testing.T) {
	// A server that accepts and never greets.
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	s, err := New(Config{URL: "smtp://" + silent.Addr().String(), DialTimeout: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := s.Conn(ctx); err == nil {
		t.Error("a silent server gives a connection")
	}
}

func TestTheRateHoldsOverAllConnections(t *testing.T) {
	sink := startSink(t, smtpsink.Options{})
	// 6,000 a minute are 100 a second, and as many at once.
	s := newSender(t, sink, Config{PerMinute: 6000})
	start := time.Now()
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			c, err := s.Conn(context.Background())
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Release()
			for range 4 {
				c.Send(context.Background(), letters(10))
			}
		})
	}
	wg.Wait()
	if sink.Accepted() != 120 {
		t.Errorf("%d accepted, want 120", sink.Accepted())
	}
	if took := time.Since(start); took < 190*time.Millisecond {
		t.Errorf("120 messages took %s, want 0.2 s at 100 a second after the first 100", took)
	}
}

func TestAnImpatientContextStopsAtTheRate(t *testing.T) {
	sink := startSink(t, smtpsink.Options{})
	s := newSender(t, sink, Config{PerMinute: 1})
	c := takeConn(t, s)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	results := c.Send(ctx, letters(3))
	if results[0].Verdict != Accepted || results[1].Verdict != NotSent || results[2].Verdict != NotSent {
		t.Errorf("%v, want the first accepted, the others not sent", verdicts(results))
	}
	s.SetRate(0)
	if r := c.Send(context.Background(), letters(3)); r[2].Verdict != Accepted || sink.Connections() != 1 {
		t.Errorf("without a limit: %v on %d connections", verdicts(r), sink.Connections())
	}
}
