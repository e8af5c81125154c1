package mail

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	gomail "github.com/wneessen/go-mail"
	"golang.org/x/net/idna"
)

// DKIM is the key that signs outgoing mail.
type DKIM struct {
	Domain   string // d=, the domain of the From address or above it
	Selector string // s=, the key stands at <selector>._domainkey.<domain>
	Key      []byte // PEM, RSA (2048 bits are usual; 1024 at least) or Ed25519, PKCS #1 or #8
}

// signedHeaders are covered by the signature. Both List-Unsubscribe headers
// must be (RFC 8058, 4); From is listed once more, so that nobody can add one.
// A header that a message lacks is signed as missing.
var signedHeaders = []string{
	"From", "Sender", "Reply-To", "To", "Subject", "Date", "Message-ID",
	"List-Id", "List-Unsubscribe", "List-Unsubscribe-Post",
	"MIME-Version", "Content-Type",
}

// signer signs raw messages with go-mail's DKIM. It is safe for concurrent use.
type signer struct {
	dkim *gomail.DKIMSigner
}

func newSigner(d DKIM) (*signer, error) {
	key, err := gomail.PrivKeyFromPEM(d.Key)
	if err != nil {
		return nil, fmt.Errorf("dkim key: want an RSA or Ed25519 private key in PEM: %w", err)
	}
	if r, ok := key.(*rsa.PrivateKey); ok && r.N.BitLen() < 1024 {
		return nil, fmt.Errorf("dkim key: %d bits are refused everywhere, use 2048", r.N.BitLen())
	}
	domain, err := idna.Lookup.ToASCII(d.Domain)
	if err != nil || domain == "" || !ascii(d.Selector) || d.Selector == "" {
		return nil, errors.New("dkim: domain and selector are needed, such as example.com and relance")
	}
	s := &signer{dkim: gomail.NewDKIMSigner(domain, d.Selector, key)}
	s.dkim.SignHeaders(signedHeaders...)
	s.dkim.OversignHeaders("From")
	// The first signature stores the algorithm inside the signer; made here,
	// before there are two goroutines, it leaves nothing to race for. It also
	// tries the key.
	if _, err := s.dkim.Sign([]byte("From: a@"+domain+"\r\n"), []byte("\r\n")); err != nil {
		return nil, fmt.Errorf("dkim: %w", err)
	}
	return s, nil
}

// sign returns the DKIM-Signature header for a raw message, with its CRLF.
func (s *signer) sign(header, body []byte) (string, error) {
	line, err := s.dkim.Sign(header, body)
	if err != nil {
		return "", fmt.Errorf("dkim sign: %w", err)
	}
	return refold(line), nil
}

// refold moves the folds of a DKIM-Signature to where they do no harm. go-mail
// 0.8.1 signs the line unfolded and then breaks it every 76 bytes. A break
// inside h= becomes a blank that was not signed, and a list of headers as long
// as ours never verifies. Between two tags there is a blank already, and in b=,
// the last tag, blanks do not count.
func refold(line string) string {
	line = strings.TrimSuffix(strings.ReplaceAll(line, "\r\n ", ""), "\r\n")
	tags, value, _ := strings.Cut(line, "; b=")
	var b strings.Builder
	b.WriteString(strings.ReplaceAll(tags, "; ", ";\r\n "))
	b.WriteString(";\r\n b=")
	for ; len(value) > foldAt; value = value[foldAt:] {
		b.WriteString(value[:foldAt] + "\r\n ")
	}
	b.WriteString(value + "\r\n")
	return b.String()
}

// foldAt is the length of a line of the signature's value.
const foldAt = 72

// Record is the text to publish at <selector>._domainkey.<domain> for the key.
func (d DKIM) Record() (string, error) {
	key, err := gomail.PrivKeyFromPEM(d.Key)
	if err != nil {
		return "", fmt.Errorf("dkim key: %w", err)
	}
	kind, public, err := publicKey(key.Public())
	if err != nil {
		return "", err
	}
	return "v=DKIM1; k=" + kind + "; p=" + base64.StdEncoding.EncodeToString(public), nil
}

// publicKey gives the tag k= and the bytes of the tag p= (RFC 6376, RFC 8463).
func publicKey(key crypto.PublicKey) (kind string, public []byte, err error) {
	switch k := key.(type) {
	case ed25519.PublicKey:
		return "ed25519", k, nil
	case *rsa.PublicKey:
		public, err = x509.MarshalPKIXPublicKey(k)
		return "rsa", public, err
	}
	return "", nil, fmt.Errorf("dkim key: %T is not supported", key)
}
