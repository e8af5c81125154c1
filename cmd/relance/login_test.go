package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/relance/relance/internal/mail"
	"github.com/relance/relance/internal/store"
)

func TestLogInLinksNeverGoIntoTheInbox(t *testing.T) {
	for smtp, want := range map[string]bool{inboxURL: false, "smtp://mail.example": true} {
		n := &node{nodeOptions: nodeOptions{smtp: smtp}, sender: new(mail.Sender)}
		if got := n.sendLogin() != nil; got != want {
			t.Errorf("with %s links are mailed: %v, want %v", smtp, got, want)
		}
	}
}

func TestAKeyIsReadOfAPlainFileOnly(t *testing.T) {
	dir := t.TempDir()
	key, large := filepath.Join(dir, "key.pem"), filepath.Join(dir, "large.pem")
	for name, text := range map[string]string{key: "PEM", large: strings.Repeat("x", longestKey+1)} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := readDKIM(store.Settings{"dkim_domain": "x.example", "dkim_key_file": key}); err != nil || string(got.Key) != "PEM" {
		t.Errorf("a key: %v, %v", got, err)
	}
	for _, name := range []string{"", dir, large, os.DevNull} {
		if _, err := readDKIM(store.Settings{"dkim_domain": "x.example", "dkim_key_file": name}); err == nil || !strings.Contains(err.Error(), "dkim_key_file") {
			t.Errorf("%q: %v, want a refusal that names the setting", name, err)
		}
	}
}
