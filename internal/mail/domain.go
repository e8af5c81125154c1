package mail

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// Resolver looks up TXT records. *net.Resolver is one.
type Resolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
}

// RecordState is what a look-up says about one DNS record.
type RecordState string

const (
	RecordGood    RecordState = "good"
	RecordMissing RecordState = "missing" // there is none
	RecordWrong   RecordState = "wrong"   // there is one, and receivers will not honour it
	RecordUnknown RecordState = "unknown" // DNS did not answer
)

// Record is one DNS record that receivers judge our mail by.
type Record struct {
	Name    string // where it was looked for
	Text    string // as published; empty when there is none
	State   RecordState
	Problem string // what is wrong and what to publish; empty when good
}

// DomainReport is what receivers find about a sending domain.
type DomainReport struct {
	Domain string // in ASCII
	SPF    Record
	DKIM   Record
	DMARC  Record
}

// Good says that mail from the domain meets what large receivers ask for.
func (d DomainReport) Good() bool {
	return d.SPF.State == RecordGood && d.DKIM.State == RecordGood && d.DMARC.State == RecordGood
}

// CheckDomain looks up what receivers will: SPF, the DKIM key of selector, and
// DMARC. It does not ask whether the relay's address is covered by SPF, which
// only the relay's operator knows. domain is that of the From address.
func CheckDomain(ctx context.Context, r Resolver, domain, selector string) DomainReport {
	if name, err := idna.Lookup.ToASCII(domain); err == nil {
		domain = name
	}
	return DomainReport{
		Domain: domain,
		SPF:    checkSPF(ctx, r, domain),
		DKIM:   checkKey(ctx, r, domain, selector),
		DMARC:  checkDMARC(ctx, r, domain),
	}
}

// CheckKey says whether the key that is published is the one that signs.
func (d DKIM) CheckKey(ctx context.Context, r Resolver) Record {
	rec := checkKey(ctx, r, d.Domain, d.Selector)
	ours, err := d.Record()
	if rec.State == RecordGood && (err != nil || tag(rec.Text, "p") != tag(ours, "p")) {
		rec.State, rec.Problem = RecordWrong, "the published key is not the one that signs; publish "+ours
	}
	return rec
}

// Aligned says whether a domain that signs or bounces speaks for the domain of
// the From address, as DMARC's relaxed mode sees it.
func Aligned(from, other string) bool {
	return organization(from) == organization(other)
}

// organization is the registrable domain: example.co.uk of mail.example.co.uk.
func organization(domain string) string {
	domain = strings.ToLower(strings.TrimSuffix(domain, "."))
	if name, err := publicsuffix.EffectiveTLDPlusOne(domain); err == nil {
		return name
	}
	return domain
}

// lookup finds the one record at name that begins with version. Several are as
// bad as none: receivers then use neither.
func lookup(ctx context.Context, r Resolver, name, version, wanted string) Record {
	rec := Record{Name: name, State: RecordGood}
	texts, err := r.LookupTXT(ctx, name)
	var dns *net.DNSError
	if err != nil && (!errors.As(err, &dns) || !dns.IsNotFound) {
		rec.State, rec.Problem = RecordUnknown, "DNS did not answer: "+err.Error()
		return rec
	}
	var found []string
	for _, t := range texts {
		if strings.HasPrefix(strings.ToLower(t), version) {
			found = append(found, t)
		}
	}
	rec.Text = strings.Join(found, " | ")
	switch len(found) {
	case 0:
		rec.State, rec.Problem = RecordMissing, fmt.Sprintf("there is none; publish a TXT record at %s such as %q", name, wanted)
	case 1:
	default:
		rec.State, rec.Problem = RecordWrong, fmt.Sprintf("there are %d; receivers use none of them: keep one", len(found))
	}
	return rec
}

// maxLookups is how many DNS look-ups an SPF record may cost (RFC 7208, 4.6.4).
const maxLookups = 10

func checkSPF(ctx context.Context, r Resolver, domain string) Record {
	rec := lookup(ctx, r, domain, "v=spf1", "v=spf1 include:your-relay.example ~all")
	if rec.State != RecordGood {
		return rec
	}
	costs := 0
	for _, term := range strings.Fields(strings.ToLower(rec.Text))[1:] {
		mechanism := strings.TrimLeft(term, "+-~?")
		if i := strings.IndexAny(mechanism, ":=/"); i >= 0 {
			mechanism = mechanism[:i]
		}
		switch mechanism {
		case "include", "a", "mx", "ptr", "exists", "redirect":
			costs++
		}
		if term == "all" || term == "+all" {
			rec.State, rec.Problem = RecordWrong, "it lets the whole world send for the domain: end it with ~all or -all"
		}
	}
	if costs > maxLookups {
		rec.State, rec.Problem = RecordWrong, fmt.Sprintf("it costs %d look-ups, receivers stop at %d", costs, maxLookups)
	}
	return rec
}

func checkDMARC(ctx context.Context, r Resolver, domain string) Record {
	const wanted = "v=DMARC1; p=none"
	rec := lookup(ctx, r, "_dmarc."+domain, "v=dmarc1", wanted)
	if org := organization(domain); rec.State == RecordMissing && org != domain {
		rec = lookup(ctx, r, "_dmarc."+org, "v=dmarc1", wanted)
	}
	if rec.State != RecordGood {
		return rec
	}
	switch p := strings.ToLower(tag(rec.Text, "p")); p {
	case "none", "quarantine", "reject":
	default:
		rec.State, rec.Problem = RecordWrong, fmt.Sprintf("its policy p=%s is none of none, quarantine, reject", p)
	}
	return rec
}

func checkKey(ctx context.Context, r Resolver, domain, selector string) Record {
	if selector == "" {
		return Record{State: RecordMissing, Problem: "no selector is set: mail leaves unsigned, unless the relay signs it"}
	}
	// The version is optional in a key record, so every record counts.
	rec := lookup(ctx, r, selector+"._domainkey."+domain, "", "v=DKIM1; k=rsa; p=…")
	if rec.State != RecordGood {
		return rec
	}
	if err := parseKey(rec.Text); err != nil {
		rec.State, rec.Problem = RecordWrong, err.Error()
	}
	return rec
}

// parseKey checks a published key.
func parseKey(text string) error {
	p := tag(text, "p")
	if p == "" {
		return errors.New("the key is revoked: its p= is empty")
	}
	raw, err := base64.StdEncoding.DecodeString(p)
	if err != nil {
		return errors.New("the key p= is not base64; it may have been cut")
	}
	switch kind := tag(text, "k"); kind {
	case "ed25519":
		if len(raw) != 32 {
			return fmt.Errorf("the Ed25519 key has %d bytes, want 32", len(raw))
		}
	case "", "rsa":
		return parseRSA(raw)
	default:
		return fmt.Errorf("the key is of kind %q; receivers know rsa and ed25519", kind)
	}
	return nil
}

func parseRSA(raw []byte) error {
	key, err := x509.ParsePKIXPublicKey(raw)
	if err != nil {
		return errors.New("the RSA key cannot be read; it may have been cut")
	}
	if k, ok := key.(*rsa.PublicKey); !ok || k.N.BitLen() < 1024 {
		return errors.New("the RSA key is shorter than 1024 bits; use 2048")
	}
	return nil
}

// tag gives the value of name in "a=1; b=2", without blanks.
func tag(text, name string) string {
	for part := range strings.SplitSeq(text, ";") {
		key, value, _ := strings.Cut(part, "=")
		if strings.TrimSpace(key) == name {
			return strings.Join(strings.Fields(value), "")
		}
	}
	return ""
}
