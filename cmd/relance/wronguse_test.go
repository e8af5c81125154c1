package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/relance/relance/internal/testkit"
)

// relance runs one command with nothing in the environment but what is given, and returns its exit code and its words.
func relance(t *testing.T, env map[string]string, args ...string) (code int, words string) {
	t.Helper()
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "RELANCE_") {
			t.Setenv(name, "")
		}
	}
	for name, value := range env {
		t.Setenv(name, value)
	}
	var out, errOut bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(""), &out, &errOut)
	return code, out.String() + errOut.String()
}

func TestWrongSettingsAreToldTogether(t *testing.T) {
	code, words := relance(t, map[string]string{
		"RELANCE_SECRET": "short", "RELANCE_LISTEN": "8080", "RELANCE_SMTP_URL": "mail.example.com", "RELANCE_LOG": "loud", "RELANCE_BASE_URL": "relance.example.com",
		"RELANCE_REDIS_URL": "redis.example.com", "RELANCE_DATABASE_URL": "db.example.com",
	}, "plan")
	if code != 1 {
		t.Errorf("exit code %d", code)
	}
	for _, want := range []string{
		"RELANCE_SECRET: too short (5 characters)", "RELANCE_LISTEN: want host:port", "RELANCE_SMTP_URL: want smtp://", "RELANCE_LOG: want debug",
		"RELANCE_BASE_URL: want the address", "RELANCE_REDIS_URL: want redis://", "RELANCE_DATABASE_URL: want postgres://",
	} {
		if !strings.Contains(words, want) {
			t.Errorf("%q is not in:\n%s", want, words)
		}
	}
}

func TestWrongUseSaysWhatToDo(t *testing.T) {
	schema := map[string]string{"RELANCE_DATABASE_URL": testkit.DatabaseURL(t), "RELANCE_SECRET": strings.Repeat("s", 32)}
	if code, words := relance(t, schema, "migrate"); code != 0 {
		t.Fatal(words)
	}
	clients := filepath.Join(t.TempDir(), "clients.csv")
	if err := os.WriteFile(clients, []byte("ref;city\n1;Paris\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		code int
		want string
	}{
		"an unknown command":             {[]string{"bogus"}, 2, "relance --help"},
		"no command":                     {nil, 2, "Usage: relance <command>"},
		"a group without its command":    {[]string{"campaign"}, 2, "campaign approve <name>"},
		"a command with a letter less":   {[]string{"calls", "dne"}, 2, `(did you mean "done"?)` + "\nTry relance calls --help."},
		"a word for a number":            {[]string{"forecast", "--days", "ten"}, 2, `--days: want a whole number, not "ten"`},
		"a language that there is not":   {[]string{"campaign", "explain", "newsletter", "C1", "--language", "de"}, 2, `"de" is not one of fr, en` + "\n"},
		"a state with a letter less":     {[]string{"touches", "--state", "plannd"}, 2, `(did you mean "planned"?)`},
		"an outcome with a letter less":  {[]string{"calls", "done", "1", "--outcome", "reachd"}, 2, `(did you mean "reached"?)`},
		"a call that there is not":       {[]string{"calls", "done", "9", "--outcome", "reached"}, 1, "`relance calls` has those of today"},
		"a campaign with a letter less":  {[]string{"campaign", "pause", "newsleter"}, 1, `(did you mean "newsletter"?); ` + "`relance campaign list`"},
		"a client that there is not":     {[]string{"touches", "--client", "C9"}, 1, "want its ref"},
		"a rep that there is not":        {[]string{"calls", "--rep", "XX"}, 1, "`relance import reps`"},
		"nobody whom one knows":          {[]string{"campaign", "approve", "newsletter", "--as", "bob"}, 2, `--as "bob": no such user`},
		"a slot that is no day":          {[]string{"campaign", "approve", "newsletter", "--slot", "soon"}, 2, "YYYY-MM-DD"},
		"a slot without a text":          {[]string{"campaign", "approve", "newsletter", "--slot", "2026-12-01"}, 1, "slots/newsletter/2026-12-01"},
		"a preview without any client":   {[]string{"campaign", "preview", "newsletter"}, 1, "`relance import clients`"},
		"a declaration that is not":      {[]string{"basis", "undo", "99"}, 1, "`relance basis list`"},
		"serve without a role":           {[]string{"serve", "--roles", ""}, 2, "web, worker, scheduler"},
		"a role that there is not":       {[]string{"serve", "--roles", "webb"}, 2, "web, worker, scheduler"},
		"serve without a mail server":    {[]string{"serve"}, 1, "RELANCE_SMTP_URL: needed"},
		"an unknown setting":             {[]string{"settings", "set", "compny=x"}, 2, "`relance settings` lists them"},
		"a rep without the rep's ref":    {[]string{"user", "add", "a@example.com", "--name", "A", "--role", "rep"}, 2, "--rep: needed"},
		"a file that is not there":       {[]string{"import", "orders", "nothere.csv"}, 2, "no such file"},
		"a file without a needed column": {[]string{"import", "clients", clients}, 1, "no column for name"},
		"a kind that there is not":       {[]string{"import", "order", clients}, 2, `"orders"`},
		"a campaign never approved":      {[]string{"campaign", "start", "newsletter"}, 1, "relance campaign approve newsletter"},
		"a folder that is not there":     {[]string{"campaign", "check", "nosuch"}, 1, "neither a folder nor a campaign"},
		"a file for a folder":            {[]string{"campaign", "check", clients}, 2, "is a file; name the folder"},
		"an unknown fact":                {[]string{"basis", "declare", "--kind", "information", "--source", "S", "--on", "2024-01-01", "--audience", "revenu_12m > 10"}, 2, `column 1: unknown fact "revenu_12m" (did you mean "revenue_12m"?)`},
		"a day in another form":          {[]string{"basis", "declare", "--kind", "information", "--source", "S", "--on", "01/01/2024"}, 2, "YYYY-MM-DD"},
		"a send that is not unsure":      {[]string{"unsure", "sent", "99"}, 1, "`relance unsure` lists"},
		"nothing that runs":              {[]string{"plan"}, 0, "No campaign is running"},
	} {
		t.Run(name, func(t *testing.T) {
			if code, words := relance(t, schema, c.args...); code != c.code || !strings.Contains(words, c.want) {
				t.Errorf("exit code %d, want %d with %q in:\n%s", code, c.code, c.want, words)
			}
		})
	}
}

func TestCtrlCIsToldInWords(t *testing.T) {
	var words bytes.Buffer
	if code := exitCode(fmt.Errorf("import orders.csv: %w", context.Canceled), &words); code != 1 || words.String() != "relance: import orders.csv: stopped before the end\n" {
		t.Errorf("exit code %d: %s", code, words.String())
	}
}

func TestAnEmptyDatabaseIsRefusedByName(t *testing.T) {
	url := testkit.DatabaseURL(t)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), `DROP SCHEMA public CASCADE; CREATE SCHEMA public`); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"RELANCE_DATABASE_URL": url, "RELANCE_SECRET": strings.Repeat("s", 32)}
	for _, command := range []string{"plan", "settings", "calls", "forecast"} {
		if code, words := relance(t, env, command); code != 1 || !strings.Contains(words, "run `relance migrate`") {
			t.Errorf("%s: exit code %d: %s", command, code, words)
		}
	}
}
