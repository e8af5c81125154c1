package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
)

// Config is every environment variable, read once. An empty one means the default told here. NAME_FILE gives any of the
// secrets from a file.
type Config struct {
	DatabaseURL  string `env:"RELANCE_DATABASE_URL"`  // postgres://…; empty: a private Postgres
	RedisURL     string `env:"RELANCE_REDIS_URL"`     // redis://… or unix://…; empty: a private Redis
	SMTPURL      string `env:"RELANCE_SMTP_URL"`      // smtp://user:password@host:587, smtps://…, or inbox; empty: demo only
	BaseURL      string `env:"RELANCE_BASE_URL"`      // what links in mails start with; empty: http:// and the listen address
	Secret       string `env:"RELANCE_SECRET"`        // signs links; needed with an own database, else generated beside it
	Listen       string `env:"RELANCE_LISTEN"`        // staff pages; empty: 127.0.0.1:8080
	PublicListen string `env:"RELANCE_PUBLIC_LISTEN"` // when set, an address that serves the public pages alone
	DataDir      string `env:"RELANCE_DATA_DIR"`      // private services and the secret; empty: the user's data folder
	ImportDir    string `env:"RELANCE_IMPORT_DIR"`    // a folder whose files the scheduler imports; empty: none
	Clock        string `env:"RELANCE_CLOCK"`         // RFC 3339 or a date; sets the business clock, never with real mail
	Log          string `env:"RELANCE_LOG"`           // debug, info (empty), warn or error; text, or json after a comma
}

// readConfig reads the environment and checks it whole: every mistake is in the one error.
func readConfig() (Config, error) {
	var c Config
	if err := env.Parse(&c); err != nil {
		return c, fmt.Errorf("read the environment: %w", err)
	}
	var problems []error
	problems = append(problems, fromFile("RELANCE_DATABASE_URL", &c.DatabaseURL), fromFile("RELANCE_REDIS_URL", &c.RedisURL),
		fromFile("RELANCE_SMTP_URL", &c.SMTPURL), fromFile("RELANCE_SECRET", &c.Secret))
	problems = append(problems, c.check()...)
	return c, errors.Join(problems...)
}

func (c *Config) check() (problems []error) {
	wrong := func(name, format string, args ...any) {
		problems = append(problems, fmt.Errorf(name+": "+format, args...))
	}
	if c.DatabaseURL != "" && !hasScheme(c.DatabaseURL, "postgres", "postgresql") && !strings.Contains(c.DatabaseURL, "=") {
		wrong("RELANCE_DATABASE_URL", "want postgres://user:password@host/database")
	}
	if c.RedisURL != "" && !hasScheme(c.RedisURL, "redis", "rediss", "unix") {
		wrong("RELANCE_REDIS_URL", "want redis://host:6379 or unix:///path/to/socket")
	}
	if c.SMTPURL != "" && c.SMTPURL != "inbox" && !hasScheme(c.SMTPURL, "smtp", "smtps") {
		wrong("RELANCE_SMTP_URL", "want smtp://user:password@host:587, smtps://host:465, or inbox")
	}
	if c.BaseURL != "" && !hasScheme(c.BaseURL, "http", "https") {
		wrong("RELANCE_BASE_URL", "want the address that clients reach, such as https://relance.example.com")
	}
	if c.Secret != "" && len(c.Secret) < 32 {
		wrong("RELANCE_SECRET", "too short (%d characters); give at least 32, for example from `openssl rand -hex 32`", len(c.Secret))
	}
	for name, address := range map[string]string{"RELANCE_LISTEN": c.Listen, "RELANCE_PUBLIC_LISTEN": c.PublicListen} {
		if address == "" {
			continue
		}
		if _, _, err := net.SplitHostPort(address); err != nil {
			wrong(name, "want host:port, such as 127.0.0.1:8080 (%s)", err)
		}
	}
	if _, err := c.logLevel(); err != nil {
		problems = append(problems, err)
	}
	return problems
}

// clockAt returns the moment that RELANCE_CLOCK sets; a date means 00:00 in the company's zone. The zero time: not set.
func (c *Config) clockAt(zone *time.Location) (time.Time, error) {
	if c.Clock == "" {
		return time.Time{}, nil
	}
	if t, err := time.ParseInLocation(time.DateOnly, c.Clock, zone); err == nil {
		return t, nil
	}
	t, err := time.Parse(time.RFC3339, c.Clock)
	if err != nil {
		return t, fmt.Errorf("RELANCE_CLOCK: %q is neither a date (2026-03-14) nor RFC 3339 (2026-03-14T09:00:00+01:00)", c.Clock)
	}
	return t, nil
}

func (c *Config) logLevel() (slog.Level, error) {
	name, _, _ := strings.Cut(c.Log, ",")
	var level slog.Level
	if name == "" {
		return level, nil
	}
	if err := level.UnmarshalText([]byte(name)); err != nil {
		return level, fmt.Errorf("RELANCE_LOG: want debug, info, warn or error, then perhaps ,json")
	}
	return level, nil
}

// logger writes to stderr as RELANCE_LOG says.
func (c *Config) logger(errOut io.Writer) *slog.Logger {
	level, _ := c.logLevel() // checked at boot
	options := &slog.HandlerOptions{Level: level}
	if strings.HasSuffix(c.Log, "json") {
		return slog.New(slog.NewJSONHandler(errOut, options))
	}
	return slog.New(slog.NewTextHandler(errOut, options))
}

// masked is the effective configuration for people and logs: secrets and passwords are not in it.
func (c *Config) masked() []string {
	return []string{
		"RELANCE_DATABASE_URL=" + maskURL(c.DatabaseURL), "RELANCE_REDIS_URL=" + maskURL(c.RedisURL),
		"RELANCE_SMTP_URL=" + maskURL(c.SMTPURL), "RELANCE_BASE_URL=" + c.BaseURL, "RELANCE_SECRET=" + mask(c.Secret),
		"RELANCE_LISTEN=" + c.Listen, "RELANCE_PUBLIC_LISTEN=" + c.PublicListen, "RELANCE_DATA_DIR=" + c.DataDir,
		"RELANCE_IMPORT_DIR=" + c.ImportDir, "RELANCE_CLOCK=" + c.Clock, "RELANCE_LOG=" + c.Log,
	}
}

func mask(s string) string {
	if s == "" {
		return ""
	}
	return "***"
}

// maskURL keeps scheme, host and path. All else may be a secret: a user's name can be a token, a query a password.
func maskURL(s string) string {
	u, err := url.Parse(s)
	switch {
	case s == "" || s == inboxURL:
		return s
	case err != nil || u.Scheme == "":
		return "***"
	case u.User != nil:
		return u.Scheme + "://***@" + u.Host + u.Path
	}
	return u.Scheme + "://" + u.Host + u.Path
}

func hasScheme(s string, schemes ...string) bool {
	u, err := url.Parse(s)
	if err != nil {
		return false
	}
	for _, scheme := range schemes {
		if u.Scheme == scheme && (u.Host != "" || u.Path != "") {
			return true
		}
	}
	return false
}

func fromFile(name string, value *string) error {
	path := os.Getenv(name + "_FILE")
	if path == "" {
		return nil
	}
	if *value != "" {
		return fmt.Errorf("%s and %s_FILE are both set; keep one", name, name)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("%s_FILE: %w", name, err)
	}
	*value = strings.TrimSpace(string(text))
	return nil
}
