package mail

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"github.com/relance/relance/internal/testkit/smtpsink"
)

// testKey makes a fresh DKIM key for maison.example.
func testKey(t testing.TB, kind string) *DKIM {
	t.Helper()
	var private any
	var err error
	if kind == "rsa" {
		private, err = rsa.GenerateKey(rand.Reader, 2048)
	} else {
		_, private, err = ed25519.GenerateKey(rand.Reader)
	}
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	block := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	return &DKIM{Domain: "maison.example", Selector: "relance", Key: block}
}

// sentAs sends m to a sink and gives what arrived.
func sentAs(t *testing.T, cfg Config, m Message) smtpsink.Message {
	t.Helper()
	sink := startSink(t, smtpsink.Options{Keep: true})
	results := takeConn(t, newSender(t, sink, cfg)).Send(context.Background(), []Message{m})
	if results[0].Verdict != Accepted {
		t.Fatalf("%+v", results[0])
	}
	if sink.Malformed() != 0 {
		t.Errorf("%d malformed lines", sink.Malformed())
	}
	return sink.Messages()[0]
}

func TestALetterArrivesAsItWasWritten(t *testing.T) {
	m := letter(1)
	m.Sender = Address{Email: "relance@maison.example"}
	m.Headers = map[string]string{"auto-submitted": "auto-generated"}
	got := sentAs(t, Config{}, m)
	if got.From != m.EnvelopeFrom || !slices.Equal(got.To, []string{m.To.Email}) {
		t.Errorf("envelope %q to %q", got.From, got.To)
	}
	parsed, err := mail.ReadMessage(bytes.NewReader(got.Raw))
	if err != nil {
		t.Fatal(err)
	}
	decoder := new(mime.WordDecoder)
	for name, want := range map[string]string{
		"From":                  "Élodie Martin <elodie@maison.example>",
		"Sender":                "<relance@maison.example>",
		"Reply-To":              "<clients@maison.example>",
		"To":                    "Zoë <client1@acme.example>",
		"Subject":               "Une question, s’il vous plaît",
		"Date":                  "Sat, 14 Mar 2026 09:30:00 +0100",
		"Message-Id":            "<touch-1@relance.example>",
		"List-Id":               "<newsletter.maison.example>",
		"List-Unsubscribe":      "<https://maison.example/u/abcDEF_-123>",
		"List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
		"Auto-Submitted":        "auto-generated",
		"User-Agent":            "",
	} {
		if value, err := decoder.DecodeHeader(parsed.Header.Get(name)); err != nil || value != want {
			t.Errorf("%s: %q, want %q (%v)", name, value, want, err)
		}
		if n := len(parsed.Header[name]); n > 1 {
			t.Errorf("%s stands %d times", name, n)
		}
	}
	texts := parts(t, parsed)
	if texts["text/plain"] != crlf(m.Text) || texts["text/html"] != crlf(m.HTML) {
		t.Errorf("parts %q", texts)
	}
}

// crlf gives every line of s the line end of mail.
func crlf(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\n", "\r\n")
}

// parts reads the alternatives of a message.
func parts(t *testing.T, m *mail.Message) map[string]string {
	t.Helper()
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("content type %q: %v", kind, err)
	}
	texts := map[string]string{}
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		part, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return texts
		}
		if err != nil {
			t.Fatal(err)
		}
		if part.Header.Get("Content-Transfer-Encoding") != "quoted-printable" {
			t.Errorf("encoding %q", part.Header.Get("Content-Transfer-Encoding"))
		}
		body, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			t.Fatal(err)
		}
		kind, charset, _ := mime.ParseMediaType(part.Header.Get("Content-Type"))
		if charset["charset"] != "UTF-8" {
			t.Errorf("charset %v", charset)
		}
		texts[kind] = string(body)
	}
}

func TestAnotherImplementationVerifiesTheSignature(t *testing.T) {
	for _, kind := range []string{"rsa", "ed25519"} {
		t.Run(kind, func(t *testing.T) {
			key := testKey(t, kind)
			record, err := key.Record()
			if err != nil {
				t.Fatal(err)
			}
			lookup := &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
				if name != "relance._domainkey.maison.example" {
					return nil, fmt.Errorf("looked up %s", name)
				}
				return []string{record}, nil
			}}
			for name, m := range map[string]Message{"two parts": letter(1), "long subject": longSubject(), "text only": textOnly()} {
				raw := sentAs(t, Config{DKIM: key}, m).Raw
				checkSignature(t, name, raw, lookup)
				// An added From, or a changed link, must not pass.
				for _, forged := range [][]byte{
					append([]byte("From: evil@other.example\r\n"), raw...),
					bytes.Replace(raw, []byte("/u/abc"), []byte("/u/xyz"), 1),
				} {
					if v, err := dkim.VerifyWithOptions(bytes.NewReader(forged), lookup); err == nil && len(v) == 1 && v[0].Err == nil {
						t.Errorf("%s: a forged copy passes", name)
					}
				}
			}
		})
	}
}

func checkSignature(t *testing.T, name string, raw []byte, lookup *dkim.VerifyOptions) {
	t.Helper()
	found, err := dkim.VerifyWithOptions(bytes.NewReader(raw), lookup)
	if err != nil || len(found) != 1 || found[0].Err != nil {
		for _, v := range found {
			err = errors.Join(err, v.Err)
		}
		t.Fatalf("%s: %d signatures: %v\n%s", name, len(found), err, raw)
	}
	for _, header := range []string{"From", "Subject", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post"} {
		if !slices.Contains(found[0].HeaderKeys, header) {
			t.Errorf("%s: %s is not signed: %v", name, header, found[0].HeaderKeys)
		}
	}
}

func longSubject() Message {
	m := letter(2)
	m.Subject = strings.Repeat("Une très longue phrase sans fin ", 20)
	return m
}

func textOnly() Message {
	m := letter(3)
	m.HTML, m.Text = "", "sans fin de ligne  "
	return m
}

func TestAddressesWithAccents(t *testing.T) {
	m := letter(1)
	m.To.Email = "hélène@acme.example"
	got := sentAs(t, Config{}, m)
	if !strings.Contains(got.Args, "SMTPUTF8") || got.To[0] != m.To.Email {
		t.Errorf("to %q with %q", got.To, got.Args)
	}
	m.To.Email = "contact@société.example"
	got = sentAs(t, Config{}, m)
	if strings.Contains(got.Args, "SMTPUTF8") || got.To[0] != "contact@xn--socit-esab.example" {
		t.Errorf("to %q with %q, want the domain in ASCII", got.To, got.Args)
	}

	m.To.Email = "hélène@acme.example"
	sink := startSink(t, smtpsink.Options{NoUTF8: true})
	r := takeConn(t, newSender(t, sink, Config{})).Send(context.Background(), []Message{m, letter(2)})
	if r[0].Verdict != Refused || r[0].Enhanced != "5.6.7" || r[1].Verdict != Accepted {
		t.Errorf("%+v, want the first refused with 5.6.7", r)
	}
}

// FuzzHeaders checks a law: whatever the texts, the headers that arrive are
// those that were set and no other, and the body is the one that was given.
func FuzzHeaders(f *testing.F) {
	f.Add("Bonjour", "Zoë", "auto-generated")
	f.Add("a\r\nBcc: x@y.example\r\n\r\n<script>", "b\nX-Evil: 1", "c\r\n\r\nd")
	f.Add("", "\"quoted\\\" <x@y>", "\x00\xff\u2028")
	f.Add("", "\u00e9\\", "")
	f.Add(strings.Repeat(" ", 200)+"x"+strings.Repeat(" x", 200), strings.Repeat("é", 300), " ")
	c := composer{now: time.Now}
	f.Fuzz(func(t *testing.T, subject, name, value string) {
		m := letter(1)
		m.Subject, m.To.Name, m.From.Name = subject, name, name
		m.Headers = map[string]string{"X-Note": value}
		p, err := c.compose(&m)
		if errors.Is(err, ErrMessage) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		checkHeaders(t, p.raw, subject, name)
	})
}

func checkHeaders(t *testing.T, raw []byte, subject, name string) {
	parsed, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("%v\n%q", err, raw)
	}
	var names []string
	for header, values := range parsed.Header {
		names = append(names, header)
		if len(values) != 1 {
			t.Errorf("%s stands %d times", header, len(values))
		}
	}
	slices.Sort(names)
	want := []string{"Content-Type", "Date", "From", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post",
		"Message-Id", "Mime-Version", "Reply-To", "Subject", "To", "X-Note"}
	if !slices.Equal(names, want) {
		t.Errorf("headers %q, want %q", names, want)
	}
	if got, err := new(mime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject")); err != nil || got != oneLine(subject, maxSubject) {
		t.Errorf("subject %q, want %q (%v)", got, oneLine(subject, maxSubject), err)
	}
	to, err := parsed.Header.AddressList("To")
	if err != nil || len(to) != 1 || to[0].Address != "client1@acme.example" || to[0].Name != (Address{Name: name}).shown() {
		t.Errorf("to %v, want the name %q (%v)", to, (Address{Name: name}).shown(), err)
	}
	if texts := parts(t, parsed); texts["text/plain"] != crlf(letter(1).Text) {
		t.Errorf("text %q", texts["text/plain"])
	}
}
