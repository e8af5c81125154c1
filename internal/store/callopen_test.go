package store_test

import (
	"testing"
	"time"

	"github.com/relance/relance/campaigns"
)

func (f field) open(now time.Time) {
	f.t.Helper()
	if _, err := f.OpenCalls(f.ctx, now, anyHour); err != nil {
		f.t.Fatal(err)
	}
}

func (f field) close(now time.Time) {
	f.t.Helper()
	if _, err := f.CloseCalls(f.ctx, now); err != nil {
		f.t.Fatal(err)
	}
}

func TestANewReasonJoinsTheOpenCard(t *testing.T) {
	f := newField(t)
	contact := f.contact("A", "a@example.com")
	first := f.touch(contact, 1, "call", "one", 50)
	f.exec(`UPDATE touch SET deadline_at = '2026-03-20T18:00:00Z' WHERE id = $1`, first)
	f.open(noon())
	second := f.touch(contact, 2, "call", "two", 80)
	f.exec(`UPDATE touch SET deadline_at = '2026-03-12T18:00:00Z' WHERE id = $1`, second)
	f.open(noon())
	if got := query[int](f, `SELECT count(*) FROM call`); got != 1 {
		t.Fatalf("%d cards", got)
	}
	if got := query[string](f, `SELECT priority || ' ' || to_char(deadline_at AT TIME ZONE 'UTC', 'MM-DD') || ' ' || (SELECT count(*) FROM touch WHERE call_id = call.id AND state = 'open') FROM call`); got != "80 03-12 2" {
		t.Errorf("card has priority, deadline and reasons %q", got)
	}
	// One of the two causes goes: the card takes the priority of the other. Both: it closes and says so.
	f.exec(`UPDATE touch SET state = 'skipped', reason = 'cause_gone', ended_at = $2 WHERE id = $1`, second, noon())
	f.close(noon())
	if got := query[string](f, `SELECT state || ' ' || priority FROM call`); got != "open 50" {
		t.Errorf("after one cause has gone: %q", got)
	}
	f.exec(`UPDATE touch SET state = 'skipped', reason = 'cause_gone', ended_at = $2 WHERE id = $1`, first, noon())
	f.close(noon())
	if got := query[string](f, `SELECT state || ' ' || closed_why FROM call`); got != "skipped cause_gone" {
		t.Errorf("after both: %q", got)
	}
}

func TestACallOnASlotWaitsForItsText(t *testing.T) {
	f := newField(t)
	contact := f.contact("A", "a@example.com")
	id := f.touch(contact, 1, "call", "2026-03-10", 50)
	f.exec(`UPDATE campaign_version SET trigger = 'on' WHERE campaign_id = 1`)
	f.open(noon())
	if got := f.state(id); got != "planned no_slot_text" {
		t.Errorf("without a text: %q", got)
	}
	f.exec(`INSERT INTO slot_text (campaign_id, slot, texts, author, created_at) VALUES (1, '2026-03-10', '{}', 'anne', $1)`, noon())
	f.open(noon().Add(10 * time.Minute))
	if got := f.state(id); got != "planned no_slot_text" {
		t.Errorf("before its approval: %q", got)
	}
	f.exec(`UPDATE slot_text SET approved_by = 'paul', approved_at = $1`, noon().Add(15*time.Minute))
	f.open(noon().Add(20 * time.Minute))
	if got := f.state(id); got != "open admitted" {
		t.Errorf("once approved: %q", got)
	}
	// What an answer has made has no slot of its own.
	answered := f.touch(f.contact("B", "b@example.com"), 1, "call", "answer:1", 50)
	f.exec(`UPDATE touch SET parent_id = $2 WHERE id = $1`, answered, id)
	f.open(noon().Add(20 * time.Minute))
	if got := f.state(answered); got != "open admitted" {
		t.Errorf("after an answer: %q", got)
	}
}

func TestACardPastItsDeadlineIsClosed(t *testing.T) {
	f := newField(t)
	id := f.touch(f.contact("A", "a@example.com"), 1, "call", "one", 50)
	f.exec(`UPDATE touch SET deadline_at = '2026-03-12T18:00:00Z'`)
	f.open(noon())
	f.close(noon().AddDate(0, 0, 2))
	if got := f.state(id); got != "open admitted" {
		t.Errorf("before its deadline: %q", got)
	}
	f.close(noon().AddDate(0, 0, 3))
	if got := f.state(id) + ", " + query[string](f, `SELECT state || ' ' || closed_why FROM call`); got != "skipped too_late admitted, skipped too_late" {
		t.Errorf("after it: %q", got)
	}
}

func TestTheChecksForCalls(t *testing.T) {
	for _, c := range []struct{ name, sql, want string }{
		{"nothing against it", `SELECT`, "open admitted"},
		{"the number opposes", `INSERT INTO suppression (scope, address, why, source, at) VALUES ('call', '+33199000001', 'opposition', 'test', '2026-01-01')`, "skipped opposed"},
		{"a service call under a contract goes on", `INSERT INTO suppression (scope, address, why, source, at) VALUES ('call', '+33199000001', 'opposition', 'test', '2026-01-01');
			INSERT INTO client_fact (client_id, as_of, created_on, under_contract) SELECT id, '2026-03-10', '2020-01-01', true FROM client`, "open admitted"},
		{"a consumer without consent", `UPDATE client SET kind = 'consumer'`, "skipped no_call_consent"},
		{"a consumer with consent", `UPDATE client SET kind = 'consumer'; INSERT INTO basis (contact_id, channel, kind, source, held_on) SELECT id, 'call', 'consent', 'form', '2026-01-01' FROM contact`, "open admitted"},
		{"a consumer whose consent begins tomorrow", `UPDATE client SET kind = 'consumer'; INSERT INTO basis (contact_id, channel, kind, source, held_on) SELECT id, 'call', 'consent', 'form', '2026-03-11' FROM contact`, "skipped no_call_consent"},
		{"a consumer who refused last month", `UPDATE client SET kind = 'consumer'; INSERT INTO basis (contact_id, channel, kind, source, held_on) SELECT id, 'call', 'consent', 'form', '2026-01-01' FROM contact;
			INSERT INTO activity (client_id, kind, at, outcome) SELECT id, 'call', '2026-02-10', 'refused' FROM client`, "planned pressure"},
		{"a consumer whose number refused at another client", `UPDATE client SET kind = 'consumer'; INSERT INTO basis (contact_id, channel, kind, source, held_on) SELECT id, 'call', 'consent', 'form', '2026-01-01' FROM contact;
			WITH o AS (INSERT INTO client (ref, name, phone_e164, imported_on) VALUES ('O', 'O', '+33199000001', '2020-01-01') RETURNING id)
			INSERT INTO activity (client_id, kind, at, outcome) SELECT id, 'call', '2026-02-10', 'refused' FROM o`, "planned pressure"},
		{"a consumer whose namesake of another number refused", `UPDATE client SET kind = 'consumer'; INSERT INTO basis (contact_id, channel, kind, source, held_on) SELECT id, 'call', 'consent', 'form', '2026-01-01' FROM contact;
			WITH o AS (INSERT INTO client (ref, name, phone_e164, imported_on) VALUES ('O', 'O', '+33199000002', '2020-01-01') RETURNING id)
			INSERT INTO activity (client_id, kind, at, outcome) SELECT id, 'call', '2026-02-10', 'refused' FROM o`, "open admitted"},
		{"a consumer who refused before the days that are set", `UPDATE client SET kind = 'consumer'; INSERT INTO basis (contact_id, channel, kind, source, held_on) SELECT id, 'call', 'consent', 'form', '2026-01-01' FROM contact;
			INSERT INTO setting VALUES ('refusal_days', '20', 'test', '2026-01-01'); INSERT INTO activity (client_id, kind, at, outcome) SELECT id, 'call', '2026-02-10', 'refused' FROM client`, "open admitted"},
		{"a consumer called as often as is set", `UPDATE client SET kind = 'consumer'; INSERT INTO basis (contact_id, channel, kind, source, held_on) SELECT id, 'call', 'consent', 'form', '2026-01-01' FROM contact;
			INSERT INTO setting VALUES ('pressure_call_30d', '2', 'test', '2026-01-01'); INSERT INTO activity (client_id, kind, at, outcome) SELECT id, 'call', day, 'no_answer' FROM client, unnest('{2026-03-01,2026-03-05}'::timestamptz[]) AS day`, "planned pressure"},
		{"neither SIREN nor order, and a mobile number", `UPDATE client SET kind = NULL, phone = '06 39 98 00 00', phone_e164 = '+33639980000'`, "skipped no_call_consent"},
		{"a complaint is open", `INSERT INTO activity (client_id, kind, at) SELECT id, 'complaint', '2026-03-01' FROM client`, "open admitted"},
		{"a complaint is open and the call is a routine one", `INSERT INTO activity (client_id, kind, at) SELECT id, 'complaint', '2026-03-01' FROM client;
			UPDATE campaign_version SET trigger = 'contacts_per_year'`, "skipped open_complaint"},
		{"no number at all", `UPDATE client SET phone = NULL, phone_e164 = NULL`, "skipped no_number"},
		{"a number that cannot be normalised can still be dialled", `UPDATE client SET phone = 'poste 12', phone_e164 = NULL`, "open admitted"},
		{"the deadline has passed", `UPDATE touch SET deadline_at = '2026-03-09'`, "skipped too_late"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newField(t)
			id := f.touch(f.contact("A", "a@example.com"), 1, "call", "one", 50)
			f.exec(c.sql)
			f.open(noon())
			if got := f.state(id); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestReasonsThatTheStoreWritesMayBeWritten(t *testing.T) {
	// The moves that admission, claims, sweeps and cards make are all in the table of moves.
	for _, m := range []struct{ from, to campaigns.State }{
		{campaigns.Planned, campaigns.Skipped}, {campaigns.Planned, campaigns.Sending}, {campaigns.Planned, campaigns.Open},
		{campaigns.Sending, campaigns.Sent}, {campaigns.Sending, campaigns.Failed}, {campaigns.Sending, campaigns.Unsure}, {campaigns.Sending, campaigns.Planned},
		{campaigns.Unsure, campaigns.Sent}, {campaigns.Unsure, campaigns.Failed}, {campaigns.Unsure, campaigns.Planned}, {campaigns.Open, campaigns.Skipped},
	} {
		if !campaigns.CanMove(m.from, m.to) {
			t.Errorf("%s → %s is not in the table", m.from, m.to)
		}
	}
}

func TestWhatForbidsACallClosesItsCardToo(t *testing.T) {
	for _, c := range []struct{ name, sql, want string }{
		{"nothing", `SELECT`, "open admitted, open"},
		{"the client has closed", `UPDATE client SET closed_on = '2026-03-10'`, "skipped client_closed admitted, skipped client_closed"},
		{"the client is blocked", `UPDATE client SET blocked = 'litigation'`, "skipped client_blocked admitted, skipped client_blocked"},
		{"the number opposes, by an import", `INSERT INTO suppression (scope, address, why, source, at) VALUES ('call', '+33199000001', 'opposition', 'test', '2026-01-01')`, "skipped opposed admitted, skipped opposed"},
		{"it is a consumer without consent", `UPDATE client SET kind = 'consumer'`, "skipped no_call_consent admitted, skipped no_call_consent"},
		{"a complaint, and the call is promised", `INSERT INTO activity (client_id, kind, at) SELECT id, 'complaint', '2026-03-10' FROM client`, "open admitted, open"},
		{"a complaint, and the call is a routine one", `INSERT INTO activity (client_id, kind, at) SELECT id, 'complaint', '2026-03-10' FROM client; UPDATE campaign_version SET trigger = 'contacts_per_year'`, "skipped open_complaint admitted, skipped open_complaint"},
		{"opposed, though a call-back was agreed", `UPDATE call SET attempts = 1, outcome = NULL, due_at = '2026-03-20'; INSERT INTO suppression (scope, address, why, source, at) VALUES ('everything', 'client:A', 'opposition', 'test', '2026-01-01')`, "skipped opposed admitted, skipped opposed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newField(t)
			id := f.touch(f.contact("A", "a@example.com"), 1, "call", "one", 50)
			f.open(noon())
			f.exec(c.sql)
			f.close(noon().Add(time.Hour))
			if got := f.state(id) + ", " + query[string](f, `SELECT concat_ws(' ', state, closed_why) FROM call`); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
