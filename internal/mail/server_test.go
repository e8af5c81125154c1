package mail

import (
	"strings"
	"testing"
)

func TestIsLoopback(t *testing.T) {
	for url, want := range map[string]bool{
		"smtp://localhost":                  true,
		"smtp://LOCALHOST.:1025":            true,
		"smtp://mail.localhost:25":          true,
		"smtp://127.0.0.1:2525":             true,
		"smtp://127.8.9.10":                 true,
		"smtps://[::1]:465":                 true,
		"smtp://[::ffff:127.0.0.1]:25":      true,
		"smtp://u:p@localhost:25?helo=me":   true,
		"smtp://mailpit:1025":               false,
		"smtp://localhost.example.com":      false,
		"smtp://127.0.0.1.example.com":      false,
		"smtp://localhost@mail.example.com": false,
		"smtp://10.0.0.1":                   false,
		"smtp://0.0.0.0:25":                 false,
		"http://localhost":                  false,
		"localhost:25":                      false,
		"inbox":                             false,
		"":                                  false,
	} {
		if got := IsLoopback(url); got != want {
			t.Errorf("%q: %v, want %v", url, got, want)
		}
	}
}

func TestServerAddresses(t *testing.T) {
	for _, tt := range []struct {
		url, address, policy string
	}{
		{"smtp://mail.example.com", "mail.example.com:587", "TLSMandatory"},
		{"smtp://mail.example.com:25?starttls=optional", "mail.example.com:25", "TLSOpportunistic"},
		{"smtp://mail.example.com?starttls=off", "mail.example.com:587", "NoTLS"},
		{"smtp://localhost:1025", "localhost:1025", "TLSOpportunistic"},
		{"smtp://localhost:1025?starttls=required", "localhost:1025", "TLSMandatory"},
		{"smtps://[2001:db8::1]", "[2001:db8::1]:465", "TLSMandatory"},
	} {
		s, err := parseServer(tt.url)
		if err != nil || s.address() != tt.address || s.starttls.String() != tt.policy {
			t.Errorf("%s: %s %s %v, want %s %s", tt.url, s.address(), s.starttls, err, tt.address, tt.policy)
		}
	}
}

func TestServerAddressErrorsNameTheFaultAndNotThePassword(t *testing.T) {
	for url, want := range map[string]string{
		"mail.example.com:25":                        "want smtp://",
		"smtp://":                                    "want smtp://",
		"smtp://u:secret@host:99999":                 "port",
		"smtp://u:secret@host?tls=off":               "tls=off is unknown",
		"smtps://u:secret@host?starttls=off":         "starttls=off is unknown",
		"smtp://u:secret@host?starttls=no":           "required|optional|off",
		"smtp://u:secret@host?auth=kerberos":         "scram-sha-256",
		"smtp://u:secret%zz@host":                    "escape special characters",
		"smtp://u:secret@host/path":                  "want smtp://",
		"smtp://u:secret@host?helo=a%0d%0aRCPT+TO:x": "helo=",
	} {
		_, err := New(Config{URL: url})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v, want %q and no password", url, err, want)
		}
	}
}
