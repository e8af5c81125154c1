package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/relance/relance/internal/mail"
	"github.com/relance/relance/internal/store"
)

// DoctorCmd looks at everything that relance needs and says how to mend what is wrong.
type DoctorCmd struct {
	JSON bool `help:"One object per line."`
}

// finding is one line of the doctor's report.
type finding struct {
	Check string `json:"check"`
	OK    bool   `json:"ok"`
	Says  string `json:"says"` // what was found, and what to do when it is not ok
}

// Run prints every finding, and fails when one is bad.
func (c *DoctorCmd) Run(app *App) error {
	findings := app.examine(app.Context())
	bad := 0
	for _, f := range findings {
		if !f.OK {
			bad++
		}
		if c.JSON {
			if err := app.JSON(f); err != nil {
				return err
			}
			continue
		}
		mark := "ok  "
		if !f.OK {
			mark = "BAD "
		}
		fmt.Fprintf(app.Out, "%s %-12s %s\n", mark, f.Check, f.Says)
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d checks need attention", bad, len(findings))
	}
	return nil
}

func (a *App) examine(ctx context.Context) []finding {
	var found []finding
	note := func(check string, err error, fine string) bool {
		if err != nil {
			found = append(found, finding{check, false, err.Error()})
			return false
		}
		found = append(found, finding{check, true, fine})
		return true
	}
	_, err := a.secret()
	note("secret", err, "there")
	if !note("services", a.openServices(ctx, true), "Postgres and Redis answer") {
		return found
	}
	for _, notice := range a.services.Notices {
		found = append(found, finding{"services", true, notice})
	}
	status, err := store.CheckSchema(ctx, a.services.DatabaseURL)
	if !note("schema", err, fmt.Sprintf("version %d", status.Have)) {
		return found
	}
	st, err := a.Store(ctx)
	if !note("clock", err, "set") {
		return found
	}
	settings, err := st.Settings(ctx)
	if !note("settings", err, "read") {
		return found
	}
	note("company", needed(settings, "company", "sender_email"), settings["company"])
	return append(found, a.examineMail(ctx, settings)...)
}

// examineMail checks the server, and what mailbox providers will look for in DNS.
func (a *App) examineMail(ctx context.Context, settings store.Settings) []finding {
	switch a.Config.SMTPURL {
	case "":
		return []finding{{"mail", true, "no mail server is set (RELANCE_SMTP_URL): nothing leaves this machine"}}
	case inboxURL:
		return []finding{{"mail", true, "mail stays in the built-in inbox (RELANCE_SMTP_URL=inbox): nothing leaves this machine"}}
	}
	key, err := readDKIM(settings)
	if err != nil {
		return []finding{{"dkim", false, err.Error()}}
	}
	sender, err := mail.New(mail.Config{URL: a.Config.SMTPURL, DKIM: key, Log: a.Log})
	if err != nil {
		return []finding{{"mail", false, "RELANCE_SMTP_URL: " + err.Error()}}
	}
	defer sender.Close()
	if err := sender.Check(ctx); err != nil {
		return []finding{{"mail", false, err.Error()}}
	}
	if strings.HasPrefix(a.Config.baseURL(), "http://") && reachOf(a.Config.SMTPURL) == reachRemote {
		return []finding{{"base url", false, "RELANCE_BASE_URL must be https:// for one-click unsubscription (RFC 8058)"}}
	}
	found := []finding{{"mail", true, "the server answers and lets us in"}}
	_, domain, _ := strings.Cut(settings["sender_email"], "@")
	if domain == "" || reachOf(a.Config.SMTPURL) == reachLoopback {
		return found
	}
	return append(found, examineDomain(ctx, domain, settings["dkim_selector"], key)...)
}

func needed(settings store.Settings, keys ...string) error {
	for _, key := range keys {
		if settings[key] == "" {
			return fmt.Errorf("the setting %s is empty; relance settings set %s=…", key, key)
		}
	}
	return nil
}

// readDKIM reads the signing key that the settings name; nil: mails are not signed here.
func readDKIM(settings store.Settings) (*mail.DKIM, error) {
	if settings["dkim_domain"] == "" {
		return nil, nil
	}
	key, err := readKeyFile(settings["dkim_key_file"])
	if err != nil {
		return nil, fmt.Errorf("the setting dkim_key_file: %w", err)
	}
	return &mail.DKIM{Domain: settings["dkim_domain"], Selector: settings["dkim_selector"], Key: key}, nil
}

// longestKey is more than the PEM of any key.
const longestKey = 16 << 10

// readKeyFile reads a plain file of a key's size: a device or a pipe would be read for ever.
func readKeyFile(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > longestKey {
		return nil, fmt.Errorf("%s is not a file of at most %d kB", name, longestKey>>10)
	}
	return os.ReadFile(name)
}

// examineDomain asks DNS what mailbox providers will ask.
func examineDomain(ctx context.Context, domain, selector string, key *mail.DKIM) []finding {
	report := mail.CheckDomain(ctx, net.DefaultResolver, domain, selector)
	var found []finding
	for check, record := range map[string]mail.Record{"spf": report.SPF, "dkim": report.DKIM, "dmarc": report.DMARC} {
		found = append(found, finding{check, record.Problem == "", first(record.Problem, record.Text)})
	}
	slices.SortFunc(found, func(a, b finding) int { return strings.Compare(a.Check, b.Check) })
	if key == nil {
		return found
	}
	published := key.CheckKey(ctx, net.DefaultResolver)
	found = append(found, finding{"dkim key", published.Problem == "", first(published.Problem, "the published key is the one that signs")})
	if !mail.Aligned(domain, key.Domain) {
		found = append(found, finding{"dkim domain", false, fmt.Sprintf("mails come from %s and are signed for %s: DMARC wants them alike", domain, key.Domain)})
	}
	return found
}

func first(words ...string) string {
	for _, w := range words {
		if w != "" {
			return w
		}
	}
	return ""
}
