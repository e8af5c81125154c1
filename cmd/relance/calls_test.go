package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/internal/testkit"
)

// callsOf is a database with two open calls: one on R1's list, with a reason, and one that belongs to nobody.
const callsOf = `
	INSERT INTO rep (ref, name) VALUES ('R1', 'Claire Martin'), ('R2', 'Luc Petit');
	INSERT INTO client (ref, name, phone_e164, imported_on) VALUES ('A', 'Atelier A', '+33199000001', '2020-01-01'), ('B', 'Boutique B', NULL, '2020-01-01');
	INSERT INTO contact (client_id, key, name) VALUES (1, 'p', 'Paule Petit');
	INSERT INTO client_fact (client_id, as_of, created_on) VALUES (1, '2026-03-10', '2020-01-01');
	INSERT INTO campaign (name, state, created_at) VALUES ('welcome-call', 'running', '2026-03-01');
	INSERT INTO call (client_id, contact_id, rep_id, state, due_at, deadline_at, priority, opened_at)
		VALUES (1, 1, 1, 'open', '2026-03-10T07:30Z', '2026-03-20T17:00Z', 80, '2026-03-10'), (2, NULL, NULL, 'open', '2026-03-10T07:30Z', NULL, 50, '2026-03-10');`

func TestCallsAreListedAndRecorded(t *testing.T) {
	url := testkit.DatabaseURL(t)
	t.Setenv("RELANCE_DATABASE_URL", url)
	t.Setenv("RELANCE_CLOCK", "2026-03-10T09:00:00+01:00")
	st, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if _, err := st.Pool().Exec(t.Context(), callsOf); err != nil {
		t.Fatal(err)
	}
	source := "campaign: welcome-call\ntitle: {fr: A, en: B}\nlever: retention\ntrigger:\n  first_order: {after: 5 working days, within: 30 days}\nsteps:\n  - name: call\n    call: welcome\n    to: rep\n"
	for _, sql := range []string{
		`INSERT INTO campaign_version (campaign_id, number, source, author, created_at) VALUES (1, 1, $1, 'x', '2026-03-01')`,
		`INSERT INTO touch (client_id, contact_id, campaign_id, version_id, step, channel, rep_id, occasion, call_id, triggered_on, due_at, state, figures, created_at)
			VALUES (1, 1, 1, 1, 'call', 'call', 1, 'first-order', 1, '2026-03-09', '2026-03-10T07:30Z', 'open', jsonb_build_object('of', left($1, 8)), '2026-03-09')`,
	} {
		if _, err := st.Pool().Exec(t.Context(), sql, source); err != nil {
			t.Fatal(err)
		}
	}
	relance := func(args ...string) (int, string, string) {
		var out, errOut bytes.Buffer
		code := run(t.Context(), args, strings.NewReader(""), &out, &errOut)
		return code, out.String(), errOut.String()
	}
	const first = `{"id":1,"client":"A","name":"Atelier A","contact":"Paule Petit","phone":"+33199000001","rep":"R1","due_at":"2026-03-10T07:30:00Z","deadline_at":"2026-03-20T17:00:00Z","priority":80,"attempts":0,` +
		`"reasons":[{"campaign":"welcome-call","occasion":"first-order","triggered_on":"2026-03-09","figures":{"of":"campaign"}}]}`
	const nobodys = `{"id":2,"client":"B","name":"Boutique B","contact":null,"phone":null,"rep":null,"due_at":"2026-03-10T07:30:00Z","deadline_at":null,"priority":50,"attempts":0,"reasons":[]}`
	for _, c := range []struct {
		args, want string
		code       int
	}{
		{"calls --json", first + "\n" + nobodys, 0},
		{"calls --rep R1 --json", first, 0},
		{"calls --rep R2 --json", "", 0},
		{"calls --rep R3", "", 1},
		{"calls done 1 --outcome happy", "", 2},
		{"calls done 1 --outcome call_back --at Monday", "", 2},
		{"calls done 7 --outcome reached", "", 1},
		{"calls done 1 --outcome call_back --at 2026-03-12T16:45 --note soon", "", 0},
		{"calls --rep R1 --json", "", 0}, // not today any more
		{"calls done 1 --outcome reached", "", 0},
		{"calls done 1 --outcome reached", "", 1},
	} {
		code, out, errOut := relance(strings.Fields(c.args)...)
		if code != c.code || sameLines(t, out) != sameLines(t, c.want) {
			t.Errorf("relance %s: exit %d, want %d\n%s%s\nwant %s", c.args, code, c.code, out, errOut, c.want)
		}
	}
	var due string
	if err := st.Pool().QueryRow(t.Context(), `SELECT string_agg(outcome || coalesce(' ' || to_char(next_at AT TIME ZONE 'Europe/Paris', 'MM-DD HH24:MI'), ''), ', ' ORDER BY id) FROM activity`).Scan(&due); err != nil || due != "call_back 03-12 16:45, reached" {
		t.Errorf("history: %q, %v", due, err)
	}
}

// sameLines brings JSON lines into one form; times are the same moment in any zone.
func sameLines(t *testing.T, text string) string {
	t.Helper()
	var lines []string
	for line := range strings.Lines(text) {
		var v any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("%q is no JSON: %v", line, err)
		}
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(b))
	}
	return strings.Join(lines, "\n")
}
