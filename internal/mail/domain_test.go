package mail

import (
	"context"
	"net"
	"strings"
	"testing"
)

// zone is a resolver that knows these names.
type zone map[string][]string

func (z zone) LookupTXT(_ context.Context, name string) ([]string, error) {
	if texts, ok := z[name]; ok {
		if len(texts) == 1 && texts[0] == "SERVFAIL" {
			return nil, &net.DNSError{Err: "server misbehaving", Name: name, IsTemporary: true}
		}
		return texts, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

func TestCheckDomain(t *testing.T) {
	key, err := testKey(t, "rsa").Record()
	if err != nil {
		t.Fatal(err)
	}
	const spf, dmarc, dkim = "shop.maison.example", "_dmarc.maison.example", "relance._domainkey.shop.maison.example"
	good := zone{spf: {"google-site-verification=x", "v=spf1 include:_spf.relay.example ~all"}, dmarc: {"v=DMARC1; p=reject; rua=mailto:x@maison.example"}, dkim: {key}}
	tests := []struct {
		name    string
		at      string
		texts   []string // nil: no record
		which   func(DomainReport) Record
		state   RecordState
		problem string
	}{
		{"SPF missing", spf, nil, spfOf, RecordMissing, "publish a TXT record"},
		{"two SPF records", spf, []string{"v=spf1 a -all", "v=spf1 mx -all"}, spfOf, RecordWrong, "there are 2"},
		{"SPF open to the world", spf, []string{"v=spf1 +all"}, spfOf, RecordWrong, "whole world"},
		{"SPF with eleven look-ups", spf, []string{"v=spf1 " + strings.Repeat("include:x.example ", 11) + "-all"}, spfOf, RecordWrong, "11 look-ups"},
		{"SPF with ten look-ups", spf, []string{"v=spf1 " + strings.Repeat("include:x.example ", 9) + "mx/24 ip4:192.0.2.0/24 -all"}, spfOf, RecordGood, ""},
		{"DNS down", spf, []string{"SERVFAIL"}, spfOf, RecordUnknown, "did not answer"},
		{"DMARC of the organization", dmarc, good[dmarc], dmarcOf, RecordGood, ""},
		{"DMARC missing", dmarc, nil, dmarcOf, RecordMissing, "_dmarc.maison.example"},
		{"DMARC without a policy", dmarc, []string{"v=DMARC1; rua=mailto:x@y.example"}, dmarcOf, RecordWrong, "policy"},
		{"DKIM missing", dkim, nil, dkimOf, RecordMissing, "publish"},
		{"DKIM revoked", dkim, []string{"v=DKIM1; p="}, dkimOf, RecordWrong, "revoked"},
		{"DKIM cut", dkim, []string{key[:200]}, dkimOf, RecordWrong, "cut"},
		{"DKIM good, with blanks", dkim, []string{strings.Replace(key, "p=", "p= ", 1)}, dkimOf, RecordGood, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			z := zone{}
			for name, texts := range good {
				z[name] = texts
			}
			delete(z, tt.at)
			if tt.texts != nil {
				z[tt.at] = tt.texts
			}
			report := CheckDomain(context.Background(), z, "shop.maison.example", "relance")
			got := tt.which(report)
			if got.State != tt.state || !strings.Contains(got.Problem, tt.problem) || (tt.problem == "") != (got.Problem == "") {
				t.Errorf("%+v, want %s with %q", got, tt.state, tt.problem)
			}
			if report.Good() != (tt.state == RecordGood) {
				t.Errorf("Good is %v", report.Good())
			}
		})
	}
}

func spfOf(d DomainReport) Record   { return d.SPF }
func dkimOf(d DomainReport) Record  { return d.DKIM }
func dmarcOf(d DomainReport) Record { return d.DMARC }

func TestCheckKeyComparesWithTheSigningKey(t *testing.T) {
	for _, kind := range []string{"rsa", "ed25519"} {
		ours, other := testKey(t, kind), testKey(t, kind)
		published, err := ours.Record()
		if err != nil {
			t.Fatal(err)
		}
		z := zone{"relance._domainkey.maison.example": {published}}
		if got := ours.CheckKey(context.Background(), z); got.State != RecordGood {
			t.Errorf("%s: %+v, want good", kind, got)
		}
		if got := other.CheckKey(context.Background(), z); got.State != RecordWrong {
			t.Errorf("%s: %+v, want wrong", kind, got)
		}
	}
}

func TestAligned(t *testing.T) {
	for _, tt := range []struct {
		from, other string
		want        bool
	}{
		{"maison.fr", "maison.fr", true},
		{"maison.fr", "mail.Maison.fr.", true},
		{"maison.co.uk", "autre.co.uk", false},
		{"maison.fr", "maison.com", false},
	} {
		if got := Aligned(tt.from, tt.other); got != tt.want {
			t.Errorf("%s and %s: %v, want %v", tt.from, tt.other, got, tt.want)
		}
	}
}

func TestBadKeysAreRefusedAtOnce(t *testing.T) {
	good := testKey(t, "ed25519")
	for name, d := range map[string]DKIM{
		"no PEM":      {Domain: "a.example", Selector: "s", Key: []byte("x")},
		"no selector": {Domain: "a.example", Key: good.Key},
		"no domain":   {Selector: "s", Key: good.Key},
	} {
		if _, err := New(Config{URL: "smtp://localhost", DKIM: &d}); err == nil || !strings.HasPrefix(err.Error(), "dkim") {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if _, err := New(Config{URL: "smtp://localhost", DKIM: good}); err != nil {
		t.Errorf("a good key: %v", err)
	}
}
