package mail

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestRepliesAreRead(t *testing.T) {
	for _, tt := range []struct {
		name, text, enhanced, words string
	}{
		{"plain words", "mailbox unavailable", "", "mailbox unavailable"},
		{"an enhanced status", "5.1.1 no such user", "5.1.1", "no such user"},
		{"a long detail", "5.7.515 Access denied", "5.7.515", "Access denied"},
		{"only a status", "4.2.2", "4.2.2", ""},
		{"the status on each line", "5.7.1 refused\n5.7.1 see https://x.example", "5.7.1", "refused see https://x.example"},
		{"a version is no status", "1.2.3 hello", "", "1.2.3 hello"},
		{"an IP is no status", "5.1.2.3 hello", "", "5.1.2.3 hello"},
		{"control characters", "a\x00\x1b[31m b\tc", "", "a [31m b c"},
		{"broken UTF-8", "caf\xe9", "", "caf\uFFFD"},
	} {
		if r := newReply(550, tt.text); r.enhanced != tt.enhanced || r.words != tt.words {
			t.Errorf("%s: %q %q, want %q %q", tt.name, r.enhanced, r.words, tt.enhanced, tt.words)
		}
	}
	long := newReply(550, strings.Repeat("é", 1000)).words
	if len(long) > maxWords || !utf8.ValidString(long) {
		t.Errorf("%d bytes, valid %v", len(long), utf8.ValidString(long))
	}
}

func TestWhomARefusalBlames(t *testing.T) {
	for _, tt := range []struct {
		name           string
		r              Result
		us, badAddress bool
	}{
		{"unknown user", Result{Verdict: Refused, Phase: PhaseRcpt, Code: 550, Enhanced: "5.1.1"}, false, true},
		{"unknown user, no status", Result{Verdict: Refused, Phase: PhaseRcpt, Code: 550}, false, true},
		{"malformed recipient", Result{Verdict: Refused, Phase: PhaseCompose, Enhanced: "5.1.3"}, false, true},
		{"mailbox full", Result{Verdict: Refused, Phase: PhaseRcpt, Code: 552, Enhanced: "5.2.2"}, false, false},
		{"unknown user, for now", Result{Verdict: Deferred, Phase: PhaseRcpt, Code: 450, Enhanced: "4.1.1"}, false, false},
		{"no DMARC", Result{Verdict: Refused, Phase: PhaseFinal, Code: 550, Enhanced: "5.7.515"}, true, false},
		{"relay denied", Result{Verdict: Refused, Phase: PhaseRcpt, Code: 554, Enhanced: "5.7.1"}, true, false},
		{"sender refused, no status", Result{Verdict: Refused, Phase: PhaseMail, Code: 550}, true, false},
		{"rate limited", Result{Verdict: Deferred, Phase: PhaseRcpt, Code: 421, Enhanced: "4.7.28"}, true, false},
		{"our bounce address", Result{Verdict: Refused, Phase: PhaseCompose, Enhanced: "5.1.7"}, true, false},
		{"spam content, no status", Result{Verdict: Refused, Phase: PhaseFinal, Code: 550}, false, false},
		{"accepted", Result{Verdict: Accepted, Phase: PhaseFinal, Code: 250, Enhanced: "2.0.0"}, false, false},
	} {
		if us, bad := tt.r.AboutUs(), tt.r.BadAddress(); us != tt.us || bad != tt.badAddress {
			t.Errorf("%s: about us %v, bad address %v; want %v, %v", tt.name, us, bad, tt.us, tt.badAddress)
		}
	}
}
