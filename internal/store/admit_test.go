package store_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/store"
)

// mailed writes down that a@example.com had a mail of campaign 2 five days ago.
const mailed = `INSERT INTO touch (client_id, contact_id, campaign_id, version_id, step, channel, occasion, triggered_on, due_at, state, address, sent_at, created_at)
	SELECT client_id, id, 2, 2, 's', 'mail', 'before', '2026-03-05', '2026-03-05', 'sent', 'a@example.com', '2026-03-05T12:00:00Z', '2026-03-05' FROM contact WHERE email_key = 'a@example.com' LIMIT 1`

func TestWhatWaitsForItsTextDoesNotForgetIt(t *testing.T) {
	for _, c := range []struct{ name, before, after string }{
		{"the address had a mail lately", mailed, `SELECT`},
		{"its campaign was paused for a while", `UPDATE campaign SET state = 'paused'`, `UPDATE campaign SET state = 'running'`},
		{"its campaign was held for a while", `UPDATE campaign SET state = 'held'`, `UPDATE campaign SET state = 'running'`},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newField(t)
			id := f.touch(f.contact("A", "a@example.com"), 1, "mail", "2026-03-03", 50)
			f.exec(`UPDATE campaign_version SET trigger = 'on'`)
			f.exec(c.before)
			f.admit(1)
			if _, err := f.Sweep(f.ctx, noon()); err != nil {
				t.Fatal(err)
			}
			f.exec(c.after)
			if _, err := f.AdmitDue(f.ctx, 1, campaigns.Mail, noon().Add(10*24*time.Hour), anyHour, store.AdmitAtOnce); err != nil {
				t.Fatal(err)
			}
			if got := f.state(id); got != "planned no_slot_text" {
				t.Errorf("no approved text, and it is %q", got)
			}
		})
	}
}

func TestWhatWaitsForItsTextTakesNothingFromOthers(t *testing.T) {
	f := newField(t)
	contact := f.contact("A", "a@example.com")
	waits := f.touch(contact, 1, "mail", "2026-03-03", 90)
	leaves := f.touch(contact, 2, "mail", "march", 10)
	f.exec(`UPDATE campaign_version SET trigger = 'on' WHERE campaign_id = 1`)
	f.admit(1)
	if got := f.state(waits) + ", " + f.state(leaves); got != "planned no_slot_text, planned admitted" {
		t.Errorf("got %q", got)
	}
}

func TestACampaignThatWaitsForAnswersIsNotHeldBack(t *testing.T) {
	f := newField(t)
	id := f.touch(f.contact("A", "a@example.com"), 1, "mail", "answer:5", 50) // as campaigns.FromAnswer makes it: without parent
	f.exec(`UPDATE campaign_version SET trigger = 'answer' WHERE campaign_id = 1`)
	f.exec(mailed)
	f.admit(1)
	if got := f.state(id); got != "planned admitted" {
		t.Errorf("got %q", got)
	}
}

func TestAPushTellsTheTriggerBesideTheVersion(t *testing.T) {
	f := newField(t)
	const head = "campaign: calls\ntitle: {fr: \"a\", en: \"b\"}\nlever: retention\n"
	const steps = "steps:\n  - name: call\n    call: check-in\n    to: rep\n"
	for _, c := range []struct{ name, source, want string }{
		{"in block style", head + "trigger:\n  contacts_per_year: {times: 2}\n" + steps, "contacts_per_year"},
		{"in flow style", head + "trigger: {contacts_per_year: {times: 3}}\n" + steps, "contacts_per_year"},
		{"with mistakes", head + "trigger: {contact_per_year: {times: 2}}\n" + steps, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, _, err := f.PushDraft(f.ctx, store.Draft{Name: "calls", Source: c.source, Author: "anne"}, noon()); err != nil {
				t.Fatal(err)
			}
			if got := query[string](f, `SELECT trigger FROM campaign_version ORDER BY id DESC LIMIT 1`); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestARoutineCallWaitsForAnOpenComplaintHoweverItIsWritten(t *testing.T) {
	f := newLoop(t)
	const source = "campaign: calls\ntitle: {fr: \"a\", en: \"b\"}\nlever: retention\ntrigger: {contacts_per_year: {times: 2}}\nsteps:\n  - name: call\n    call: check-in\n    to: rep\n"
	if _, _, err := f.PushDraft(f.ctx, store.Draft{Name: "calls", Source: source, Author: "anne"}, noon()); err != nil {
		t.Fatal(err)
	}
	f.exec(`UPDATE campaign SET version_id = draft_id, draft_id = NULL, state = 'running'`)
	id := f.step(f.person("A"), "calls", "call", "call", "since:2025-09-01", "planned")
	f.exec(`INSERT INTO activity (client_id, kind, at) SELECT id, 'complaint', '2026-03-01' FROM client`)
	f.refresh(noon())
	f.open(noon())
	if got := f.state(id); got != "skipped open_complaint" {
		t.Errorf("got %q", got)
	}
}

// TestWhatCameBetweenAdmissionAndClaimIsHeeded: the claim asks the cheap checks once more, and sends nowhere else than to
// the address of which they were asked.
func TestWhatCameBetweenAdmissionAndClaimIsHeeded(t *testing.T) {
	for _, c := range []struct {
		name, sql string
		asked     string // what the next admission makes of it
	}{
		{"its contact has another address, which opposes", `UPDATE contact SET email = 'bob@opposed.example', email_key = 'bob@opposed.example';
			INSERT INTO suppression (scope, address, why, source, at) VALUES ('everything', 'bob@opposed.example', 'opposition', 'stop page', '2026-01-01')`, "skipped opposed"},
		{"its contact has another address", `UPDATE contact SET email = 'new@example.com', email_key = 'new@example.com'`, "planned admitted"},
		{"its contact has none any more", `UPDATE contact SET email = NULL, email_key = NULL`, "skipped no_address"},
		{"its contact has left", `UPDATE contact SET wrong = 'left the company'`, "skipped no_address"},
		{"the client opposes", `INSERT INTO suppression (scope, address, why, source, at) VALUES ('mail', 'client:A', 'opposition', 'test', '2026-01-01')`, "skipped opposed"},
		{"the basis was withdrawn", `UPDATE basis SET withdrawn_at = '2026-03-10'`, "skipped no_basis"},
		{"the declaration was undone", `INSERT INTO basis_declaration (kind, channel, source, held_on, declared_by, declared_at, undone_at) VALUES ('information', 'mail', 's', '2020-01-01', 'x', '2020-01-01', '2026-03-10');
			UPDATE basis SET declaration_id = 1`, "skipped no_basis"},
		{"the client is blocked", `UPDATE client SET blocked = 'litigation'`, "skipped client_blocked"},
		{"the client closed", `UPDATE client SET closed_on = '2026-03-10'`, "skipped client_closed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newField(t)
			id := f.touch(f.contact("A", "a@example.com"), 1, "mail", "march", 50)
			f.admit(1)
			f.exec(c.sql)
			if due := f.claim(uuid.New(), 1); len(due) != 0 {
				t.Fatalf("claimed for %s", due[0].Address)
			}
			if got := f.state(id); got != "planned" {
				t.Errorf("after the claim it is %q", got)
			}
			f.admit(1)
			if got := f.state(id); got != c.asked {
				t.Errorf("asked again it is %q, want %q", got, c.asked)
			}
		})
	}
}

func TestACallFallsToTheOtherContactWhenItsOwnIsFlagged(t *testing.T) {
	f := newField(t)
	flagged := f.contact("A", "a@example.com")
	f.exec(`UPDATE client SET phone = NULL, phone_e164 = NULL`)
	f.exec(`UPDATE contact SET phone = '01 99 00 00 01', phone_e164 = '+33199000001', wrong = 'wrong_number'`)
	other := query[int64](f, `INSERT INTO contact (client_id, key, name, phone, phone_e164) SELECT id, 'b', 'B', '01 99 00 00 02', '+33199000002' FROM client RETURNING id`)
	id := f.touch(flagged, 1, "call", "march", 50)
	f.refresh(noon())
	f.open(noon())
	if got, on := f.state(id), query[int64](f, `SELECT coalesce(max(contact_id), 0) FROM call`); got != "open admitted" || on != other {
		t.Errorf("the touch is %q, the card is for contact %d, want %d", got, on, other)
	}
}

func TestAMailNamesTheBasisThatHolds(t *testing.T) {
	f := newField(t)
	contact := f.contact("A", "a@example.com")
	f.touch(contact, 1, "mail", "march", 50)
	f.exec(`INSERT INTO basis_declaration (kind, channel, source, held_on, declared_by, declared_at, undone_at) VALUES ('consent', 'mail', 'undone', '2024-01-01', 'anne', '2026-01-01', '2026-02-01')`)
	f.exec(`INSERT INTO basis (contact_id, channel, kind, source, held_on, declaration_id) VALUES ($1, 'mail', 'consent', 'undone', '2024-01-01', 1), ($1, 'mail', 'consent', 'to come', '2026-06-01', NULL)`, contact)
	f.refresh(noon())
	f.admit(1)
	due := f.claim(uuid.New(), 1)
	if len(due) != 1 || due[0].Basis.Source != "test" {
		t.Errorf("claimed %d, with the basis %+v", len(due), due)
	}
}
