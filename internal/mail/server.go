package mail

import (
	"fmt"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	gomail "github.com/wneessen/go-mail"
)

// server is the address of the relay, as written in RELANCE_SMTP_URL.
type server struct {
	host     string
	port     int
	implicit bool             // TLS from the first byte (smtps)
	starttls gomail.TLSPolicy // what to do about STARTTLS otherwise
	user     string           // empty: no log-in
	password string
	auth     string // the mechanism asked for; empty: the best that is offered
	helo     string // our name in EHLO; empty: the machine's
}

// parseServer reads
//
//	smtp://[user:password@]host[:587][?starttls=required|optional|off][&auth=…][&helo=…]
//	smtps://[user:password@]host[:465][?auth=…][&helo=…]
//
// STARTTLS is required unless the host is a loopback one or the address says
// otherwise. An unknown parameter is an error: a misspelt one must not send
// passwords in the clear.
func parseServer(raw string) (server, error) {
	u, err := url.Parse(raw)
	if err != nil {
		// The error of url.Parse repeats the address, password and all.
		return server{}, fmt.Errorf("smtp address cannot be read: escape special characters of the password as %%xx")
	}
	s := server{host: u.Hostname(), implicit: u.Scheme == "smtps"}
	if (u.Scheme != "smtp" && !s.implicit) || s.host == "" || strings.Trim(u.Path, "/") != "" {
		return server{}, fmt.Errorf("smtp address %q: want smtp://host:port or smtps://host:port", u.Redacted())
	}
	if s.port, err = port(u.Port(), s.implicit); err != nil {
		return server{}, fmt.Errorf("smtp address %q: %w", u.Redacted(), err)
	}
	s.user = u.User.Username()
	s.password, _ = u.User.Password()
	if err := s.parameters(u.Query()); err != nil {
		return server{}, fmt.Errorf("smtp address %q: %w", u.Redacted(), err)
	}
	return s, nil
}

func port(text string, implicit bool) (int, error) {
	if text == "" && implicit {
		return 465, nil
	}
	if text == "" {
		return 587, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 65535 {
		return 0, fmt.Errorf("port %q is none", text)
	}
	return n, nil
}

// mechanisms are the values of the parameter auth.
var mechanisms = map[string]gomail.SMTPAuthType{
	"plain":         gomail.SMTPAuthPlain,
	"login":         gomail.SMTPAuthLogin,
	"cram-md5":      gomail.SMTPAuthCramMD5,
	"scram-sha-1":   gomail.SMTPAuthSCRAMSHA1,
	"scram-sha-256": gomail.SMTPAuthSCRAMSHA256,
	"xoauth2":       gomail.SMTPAuthXOAUTH2,
}

func (s *server) parameters(q url.Values) error {
	s.starttls = gomail.TLSMandatory
	if loopbackHost(s.host) {
		s.starttls = gomail.TLSOpportunistic
	}
	for key := range q {
		value := q.Get(key)
		switch {
		case key == "starttls" && value == "required" && !s.implicit:
			s.starttls = gomail.TLSMandatory
		case key == "starttls" && value == "optional" && !s.implicit:
			s.starttls = gomail.TLSOpportunistic
		case key == "starttls" && value == "off" && !s.implicit:
			s.starttls = gomail.NoTLS
		case key == "auth" && mechanisms[value] != "":
			s.auth = value
		case key == "helo" && ascii(value):
			s.helo = value
		default:
			return fmt.Errorf("parameter %s=%s is unknown; there are starttls=required|optional|off (smtp only), auth=%s, helo=NAME",
				key, value, strings.Join(slices.Sorted(maps.Keys(mechanisms)), "|"))
		}
	}
	return nil
}

// address is host:port.
func (s server) address() string { return net.JoinHostPort(s.host, strconv.Itoa(s.port)) }

// IsLoopback says whether an SMTP address leads to this very machine, judging
// by its text alone: a loopback IP, localhost, or a name under it. A name that
// DNS might one day resolve elsewhere is not; nor is an address that cannot be
// read, nor the word "inbox", which the caller knows.
func IsLoopback(smtpURL string) bool {
	s, err := parseServer(smtpURL)
	return err == nil && loopbackHost(s.host)
}

func loopbackHost(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Unmap().IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}
