// Package links makes and opens the tokens in the addresses that clients are sent: /s/{token} for a questionnaire and
// /u/{token} for a stop.
//
// A token names its purpose and a touch, and carries a message authentication code made with the installation's secret,
// so that it needs no row of its own, cannot be guessed or changed, and works for as long as the touch exists. It holds
// nothing personal. Whether the questionnaire is still open is the store's to say.
package links

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrToken is returned for a token that was cut, changed, made with another secret, or made for another purpose.
var ErrToken = errors.New("this link is not valid")

// Purpose is what a token is for; one made for a stop never opens a questionnaire.
type Purpose byte

// The purposes.
const (
	Survey Purpose = 's'
	Stop   Purpose = 'u'
)

// macSize is 128 bits: far beyond guessing through a web server, and short enough for a link in a plain-text mail.
const macSize = 16

// Signer makes and opens tokens. It is safe for concurrent use.
type Signer struct{ key []byte }

// New derives the signing key from the installation's secret (HKDF, RFC 5869), so that the secret can serve others too.
func New(secret []byte) (*Signer, error) {
	key, err := hkdf.Key(sha256.New, secret, nil, "relance links v1", sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("derive the key for links: %w", err)
	}
	return &Signer{key: key}, nil
}

// Token returns the token that opens touch for purpose. The same input gives the same token.
func (s *Signer) Token(purpose Purpose, touch int64) string {
	body := binary.AppendUvarint([]byte{byte(purpose)}, uint64(touch))
	return base64.RawURLEncoding.EncodeToString(append(body, s.mac(body)...))
}

// Open returns the touch of a token made for purpose, or ErrToken.
func (s *Signer) Open(purpose Purpose, token string) (touch int64, err error) {
	if len(token) > 64 {
		return 0, ErrToken
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) < macSize+2 {
		return 0, ErrToken
	}
	body, mac := raw[:len(raw)-macSize], raw[len(raw)-macSize:]
	if !hmac.Equal(mac, s.mac(body)) || Purpose(body[0]) != purpose {
		return 0, ErrToken
	}
	id, n := binary.Uvarint(body[1:])
	if n != len(body)-1 || int64(id) <= 0 {
		return 0, ErrToken
	}
	return int64(id), nil
}

func (s *Signer) mac(body []byte) []byte {
	h := hmac.New(sha256.New, s.key)
	h.Write(body)
	return h.Sum(nil)[:macSize]
}
