package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/mail"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrSetting is wrapped by every refusal of a setting: an unknown key or a value that is not allowed.
var ErrSetting = errors.New("setting refused")

// Setting is one business setting: a key that people write, its default and what it means.
type Setting struct {
	Key     string
	Default string
	Meaning string
	check   func(string) error
}

// defaultZone is the company's zone until it is set.
const defaultZone = "Europe/Paris"

// SettingTable is every business setting, in the order in which pages and docs show them.
// The defaults are those of a company of sixty people.
var SettingTable = []Setting{
	{"company", "", "the company's name, as clients know it; needed before anything is sent", text(200)},
	{"company_address", "", "postal address, shown at the foot of mails", text(400)},
	{"sender_email", "", "the address mails come from; needed before anything is sent", optional(email)},
	{"sender_name", "", "the name beside it; empty: the company's", text(200)},
	{"reply_to", "", "where replies go; empty: the rep's address, else the sender's", optional(email)},
	{"brand_colour", "#0b5f4c", "the company's colour, used once in mails and on the survey page", colour},
	{"zone", defaultZone, "the company's zone (IANA)", zone},
	{"country", "FR", "the company's country (ISO), for clients without one", country},
	{"language", "fr", "fr or en, for clients and users without one", oneOf("fr", "en")},
	{"currency", "EUR", "the one currency of amounts (ISO)", oneOf("EUR", "CHF", "GBP", "USD", "PLN", "CZK", "SEK", "DKK", "NOK", "HUF", "RON")},
	{"calling_hours", "08:30-12:00 13:30-18:00", "when companies are called, in their zone", hours},
	{"consumer_calling_hours", "10:00-13:00 14:00-20:00", "when consumers are called, in their zone", hours},
	{"sending_hours", "08:00-18:00", "when mails leave, in the client's zone", hours},
	{"quiet_weeks", "08-01..08-25 12-20..01-05", "days of the year when nobody is contacted; they do not count as silence", quiet},
	{"capacity_road", "4", "calls a day of a rep on the road", number(0, 500)},
	{"capacity_inside", "20", "calls a day of a rep inside", number(0, 500)},
	{"default_rep", "", "ref of the rep of clients without one; empty: the managers' list", text(100)},
	{"pressure_mail_7d", "1", "mails to one address in 7 days, all campaigns together", number(0, 100)},
	{"pressure_mail_30d", "2", "mails to one address in 30 days", number(0, 100)},
	{"pressure_survey_90d", "1", "surveys to one address in 90 days", number(0, 100)},
	{"pressure_call_30d", "4", "calls to one consumer's number in 30 days", number(1, 100)},
	{"refusal_days", "60", "days for which a consumer who refused is not called", number(1, 3650)},
	{"surge_least", "20", "touches that a pass may always plan without being held", number(1, 1000000)},
	{"surge_times", "3", "times what its passes usually plan, from which a campaign is held", number(1, 1000)},
	{"sending_per_minute", "25", "speed until the mail server is known to take more; 0: no limit", number(0, 1000000)},
	{"small_client_tail", "10", "per cent of 12 months' revenue made by those called small clients", number(0, 100)},
	{"freshness_least", "2", "working days that order data always stays fresh", number(1, 60)},
	{"freshness_most", "8", "working days after which order data is stale at the latest", number(1, 60)},
	{"import_max_rejected", "50", "per cent of a file's rows that may be rejected without asking again", number(0, 100)},
	{"import_max_mb", "500", "megabytes that a file may have that is brought by a page or the API", number(1, 100000)},
	{"import_keep_days", "30", "days for which files that came, and those of rejected rows, are kept", number(1, 3650)},
	{"self_approval", "no", "yes: a marketer may approve what he wrote", oneOf("yes", "no")},
	{"dkim_domain", "", "domain that signs; empty: not signed here", text(200)},
	{"dkim_selector", "relance", "selector of the DKIM key", text(100)},
	{"dkim_key_file", "", "path of the private key (PEM, RSA or Ed25519)", text(400)},
}

// Settings are the effective values: the stored ones, else the defaults.
type Settings map[string]string

// Int returns a number setting; the table's check guarantees that it is one.
func (s Settings) Int(key string) int {
	n, _ := strconv.Atoi(s[key]) // checked when it was set
	return n
}

// Yes reports a yes/no setting.
func (s Settings) Yes(key string) bool { return s[key] == "yes" }

// Zone returns the company's zone.
func (s Settings) Zone() *time.Location {
	loc, err := time.LoadLocation(s["zone"])
	if err != nil { // only on a machine without zone data
		return time.UTC
	}
	return loc
}

// Settings reads the effective settings.
func (s *Store) Settings(ctx context.Context) (Settings, error) {
	settings, err := readSettings(ctx, s.pool)
	if err != nil {
		return nil, fmt.Errorf("read the settings: %w", err)
	}
	return settings, nil
}

// querier is a pool or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

func readSettings(ctx context.Context, db querier) (Settings, error) {
	rows, err := db.Query(ctx, `SELECT key, value FROM setting`)
	if err != nil {
		return nil, err
	}
	stored := Settings{}
	var key, value string
	_, err = pgx.ForEachRow(rows, []any{&key, &value}, func() error {
		stored[key] = value
		return nil
	})
	return effective(stored), err
}

// effective lays the stored values over the defaults.
func effective(stored Settings) Settings {
	all := make(Settings, len(SettingTable))
	for _, t := range SettingTable {
		all[t.Key] = t.Default
	}
	maps.Copy(all, stored)
	return all
}

// ChangeSettings stores all the given values or none; every mistake is in the one error.
func (s *Store) ChangeSettings(ctx context.Context, values map[string]string, by string, now time.Time) error {
	var problems []error
	for key, value := range values {
		problems = append(problems, CheckSetting(key, value))
	}
	if err := errors.Join(problems...); err != nil {
		return err
	}
	return s.tx(ctx, "change the settings", func(tx pgx.Tx) error {
		for key, value := range values {
			_, err := tx.Exec(ctx, `INSERT INTO setting (key, value, changed_by, changed_at) VALUES ($1, $2, $3, $4)
				ON CONFLICT (key) DO UPDATE SET value = $2, changed_by = $3, changed_at = $4`, key, strings.TrimSpace(value), by, now)
			if err != nil {
				return err
			}
			if err := logEvent(ctx, tx, Event{At: now, By: by, What: "setting.changed", Noun: "setting", Ref: key, Detail: map[string]any{"value": value}}); err != nil {
				return err
			}
		}
		return nil
	})
}

// CheckSetting says what is wrong with a value, wrapping ErrSetting; nil: fine.
func CheckSetting(key, value string) error {
	for _, t := range SettingTable {
		if t.Key != key {
			continue
		}
		if err := t.check(strings.TrimSpace(value)); err != nil {
			return fmt.Errorf("%w: %s: %w", ErrSetting, key, err)
		}
		return nil
	}
	return fmt.Errorf("%w: %s is not a setting; `relance settings` lists them", ErrSetting, key)
}

func text(most int) func(string) error {
	return func(s string) error {
		if len(s) > most || strings.ContainsAny(s, "\r\n\x00") {
			return fmt.Errorf("want one line of at most %d bytes", most)
		}
		return nil
	}
}

func optional(check func(string) error) func(string) error {
	return func(s string) error {
		if s == "" {
			return nil
		}
		return check(s)
	}
}

func email(s string) error {
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s {
		return fmt.Errorf("want a plain address such as contact@example.com")
	}
	return nil
}

var (
	colourForm  = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
	countryForm = regexp.MustCompile(`^[A-Z]{2}$`)
	hoursForm   = regexp.MustCompile(`^([01]\d|2[0-4]):[0-5]\d-([01]\d|2[0-4]):[0-5]\d$`)
	quietForm   = regexp.MustCompile(`^(0[1-9]|1[0-2])-([0-2]\d|3[01])\.\.(0[1-9]|1[0-2])-([0-2]\d|3[01])$`)
)

func colour(s string) error {
	if !colourForm.MatchString(s) {
		return fmt.Errorf("want a colour such as #0b5f4c")
	}
	return nil
}

func country(s string) error {
	if !countryForm.MatchString(s) {
		return fmt.Errorf("want two capital letters such as FR")
	}
	return nil
}

func zone(s string) error {
	if _, err := time.LoadLocation(s); err != nil || s == "" {
		return fmt.Errorf("want a zone such as Europe/Paris")
	}
	return nil
}

func hours(s string) error { return spans(s, hoursForm, "want spans such as 08:30-12:00 13:30-18:00") }

func quiet(s string) error {
	return spans(s, quietForm, "want spans of month-day such as 08-01..08-25")
}

func spans(s string, form *regexp.Regexp, want string) error {
	for _, span := range strings.Fields(s) {
		if !form.MatchString(span) {
			return fmt.Errorf("%q: %s", span, want)
		}
		if from, to, isHours := strings.Cut(span, "-"); isHours && form == hoursForm && from >= to {
			return fmt.Errorf("%q ends before it starts", span)
		}
	}
	return nil
}

func number(least, most int) func(string) error {
	return func(s string) error {
		n, err := strconv.Atoi(s)
		if err != nil || n < least || n > most {
			return fmt.Errorf("want a whole number from %d to %d", least, most)
		}
		return nil
	}
}

func oneOf(words ...string) func(string) error {
	return func(s string) error {
		for _, w := range words {
			if s == w {
				return nil
			}
		}
		return fmt.Errorf("want one of %s", strings.Join(words, ", "))
	}
}
