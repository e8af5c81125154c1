package links

import (
	"errors"
	"testing"

	"pgregory.net/rapid"
)

func signer(t *testing.T, secret string) *Signer {
	t.Helper()
	s, err := New([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAnyTouchComesBack(t *testing.T) {
	s := signer(t, "0123456789abcdef0123456789abcdef")
	rapid.Check(t, func(t *rapid.T) {
		touch := rapid.Int64Range(1, 1<<62).Draw(t, "touch")
		if got, err := s.Open(Survey, s.Token(Survey, touch)); err != nil || got != touch {
			t.Fatalf("touch %d came back as %d, %v", touch, got, err)
		}
	})
}

func TestAChangedTokenOpensNothing(t *testing.T) {
	s := signer(t, "0123456789abcdef0123456789abcdef")
	token := s.Token(Survey, 41)
	for i := range token {
		for _, c := range []byte("AZaz09-_=") {
			changed := token[:i] + string(c) + token[i+1:]
			if changed == token {
				continue
			}
			if touch, err := s.Open(Survey, changed); !errors.Is(err, ErrToken) {
				t.Fatalf("%s, changed at %d to %c, opened touch %d", token, i, c, touch)
			}
		}
	}
	for name, bad := range map[string]string{
		"empty": "", "cut": token[:len(token)-1], "longer": token + "A", "for a stop": s.Token(Stop, 41),
		"of another secret": signer(t, "another secret of thirty-two byte").Token(Survey, 41), "touch 0": s.Token(Survey, 0), "negative": s.Token(Survey, -1),
	} {
		if _, err := s.Open(Survey, bad); !errors.Is(err, ErrToken) {
			t.Errorf("a token %s was opened", name)
		}
	}
}
