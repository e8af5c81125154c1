package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/internal/testkit"
)

// noon is a Tuesday on which everything is open.
func noon() time.Time { return time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC) }

// anyHour lets everybody be contacted at once.
func anyHour(_ campaigns.Channel, _ store.Place, now time.Time) (time.Time, campaigns.Reason) {
	return now, ""
}

// field is a database with two running campaigns, written to by SQL.
type field struct {
	t    *testing.T
	ctx  context.Context
	pool *pgxpool.Pool
	*store.Store
}

func newField(t *testing.T) field {
	pool := testkit.DB(t)
	f := field{t, t.Context(), pool, store.New(pool)}
	for _, name := range []string{"newsletter", "win-back"} {
		f.exec(`WITH c AS (INSERT INTO campaign (name, state, created_at) VALUES ($1, 'running', $2) RETURNING id)
			INSERT INTO campaign_version (campaign_id, number, source, author, created_at) SELECT id, 1, '', 'test', $2 FROM c`, name, noon())
	}
	return f
}

func (f field) exec(sql string, args ...any) {
	f.t.Helper()
	if _, err := f.pool.Exec(f.ctx, sql, args...); err != nil {
		f.t.Fatal(err)
	}
}

func query[T any](f field, sql string, args ...any) (v T) {
	f.t.Helper()
	if err := f.pool.QueryRow(f.ctx, sql, args...).Scan(&v); err != nil {
		f.t.Fatalf("%s: %v", sql, err)
	}
	return v
}

// contact makes a client with one contact and a basis for mail, and returns the contact's id.
func (f field) contact(ref, email string) int64 {
	f.t.Helper()
	return query[int64](f, `WITH c AS (INSERT INTO client (ref, name, kind, country, phone, phone_e164, imported_on) VALUES ($1, $1, 'company', 'FR', '01 99 00 00 01', '+33199000001', '2020-01-01') RETURNING id),
		p AS (INSERT INTO contact (client_id, key, name, email, email_key, main) SELECT id, $2, 'Somebody', $2, $2, true FROM c RETURNING id),
		b AS (INSERT INTO basis (contact_id, channel, kind, source, held_on) SELECT id, 'mail', 'information', 'test', '2020-01-01' FROM p)
		SELECT id FROM p`, ref, email)
}

// touch plans a touch of the campaign with this number, due at noon.
func (f field) touch(contact int64, campaign int, channel, occasion string, priority int) int64 {
	f.t.Helper()
	return query[int64](f, `INSERT INTO touch (client_id, contact_id, campaign_id, version_id, step, channel, occasion, triggered_on, due_at, state, priority, created_at)
		SELECT client_id, id, $2, $2, $3, $3, $4, '2026-03-10', $6, 'planned', $5, $6 FROM contact WHERE id = $1 RETURNING id`,
		contact, campaign, channel, occasion, priority, noon())
}

func (f field) admit(campaign int) store.Admitted {
	f.t.Helper()
	a, err := f.AdmitDue(f.ctx, campaign, campaigns.Mail, noon(), anyHour, store.AdmitAtOnce)
	if err != nil {
		f.t.Fatal(err)
	}
	return a
}

// state is a touch's state, reason and whether it is admitted, in one word.
func (f field) state(id int64) string {
	f.t.Helper()
	return query[string](f, `SELECT state || CASE WHEN reason IS NULL THEN '' ELSE ' ' || reason END || CASE WHEN admitted_at IS NULL THEN '' ELSE ' admitted' END FROM touch WHERE id = $1`, id)
}

func (f field) claim(worker uuid.UUID, n int, results ...store.Settled) []store.Due {
	f.t.Helper()
	due, err := f.ClaimAndRecord(f.ctx, store.Claim{Worker: worker, CampaignID: 1, Channel: campaigns.Mail, Domain: "example.com", N: n}, results, noon())
	if err != nil {
		f.t.Fatal(err)
	}
	return due
}

func TestTheChecksWhenDueStoreTheFirstReason(t *testing.T) {
	for _, c := range []struct{ name, sql, want string }{
		{"nothing against it", `SELECT`, "planned admitted"},
		{"the client closed, and is blocked too", `UPDATE client SET closed_on = '2026-03-01', blocked = 'unpaid'`, "skipped client_closed"},
		{"the client closes later", `UPDATE client SET closed_on = '2026-04-01'`, "planned admitted"},
		{"the client is blocked, and opposes too", `UPDATE client SET blocked = 'unpaid'; INSERT INTO suppression (scope, address, why, source, at) VALUES ('mail', 'a@example.com', 'opposition', 'test', '2026-01-01')`, "skipped client_blocked"},
		{"the address opposes", `INSERT INTO suppression (scope, address, why, source, at) VALUES ('everything', 'a@example.com', 'opposition', 'test', '2026-01-01')`, "skipped opposed"},
		{"the client opposes", `INSERT INTO suppression (scope, address, why, source, at) VALUES ('mail', 'client:A', 'opposition', 'test', '2026-01-01')`, "skipped opposed"},
		{"it opposes to calls only", `INSERT INTO suppression (scope, address, why, source, at) VALUES ('call', 'a@example.com', 'opposition', 'test', '2026-01-01')`, "planned admitted"},
		{"the opposition was withdrawn", `INSERT INTO suppression (scope, address, why, source, at, withdrawn_at) VALUES ('mail', 'a@example.com', 'opposition', 'test', '2026-01-01', '2026-02-01')`, "planned admitted"},
		{"the basis was withdrawn", `UPDATE basis SET withdrawn_at = '2026-01-01'`, "skipped no_basis"},
		{"the declaration was undone", `INSERT INTO basis_declaration (kind, channel, source, held_on, declared_by, declared_at, undone_at) VALUES ('information', 'mail', 's', '2020-01-01', 'x', '2020-01-01', '2026-01-01'); UPDATE basis SET declaration_id = 1`, "skipped no_basis"},
		{"a generic address needs no basis", `DELETE FROM basis; UPDATE contact SET email = 'info@example.com', email_key = 'info@example.com'`, "planned admitted"},
		{"a complaint is open", `INSERT INTO activity (client_id, kind, at) SELECT id, 'complaint', '2026-03-01' FROM client`, "skipped open_complaint"},
		{"the complaint is closed", `INSERT INTO activity (client_id, kind, at, closed_on) SELECT id, 'complaint', '2026-03-01', '2026-03-05' FROM client`, "planned admitted"},
		{"the contact was flagged", `UPDATE contact SET wrong = 'left the company'`, "skipped no_address"},
		{"the deadline has passed", `UPDATE touch SET deadline_at = '2026-03-10T11:59:59Z'`, "skipped too_late"},
		{"the questionnaire that it reminds of was answered", `UPDATE touch SET step = 'q/reminder', parent_id = (SELECT max(id) FROM touch) + 1;
			INSERT INTO touch (client_id, contact_id, campaign_id, version_id, step, channel, occasion, triggered_on, due_at, state, created_at)
			SELECT client_id, id, 1, 1, 'q', 'survey', 'march', '2026-03-01', '2026-03-01', 'answered', '2026-03-01' FROM contact`, "cancelled cause_gone"},
		{"its slot has no text", `UPDATE campaign_version SET trigger = 'on'`, "planned no_slot_text"},
		{"its slot has no text, and quiet weeks moved it", `UPDATE campaign_version SET trigger = 'on'; UPDATE touch SET reason = 'quiet_weeks'`, "planned no_slot_text"},
		{"its slot's text is approved", `UPDATE campaign_version SET trigger = 'on'; UPDATE touch SET occasion = '2026-03-03', reason = 'no_slot_text'; INSERT INTO slot_text (campaign_id, slot, texts, author, created_at, approved_by, approved_at)
			VALUES (1, '2026-03-03', '{}', 'anne', '2026-03-01', 'paul', '2026-03-02')`, "planned admitted"},
		{"its slot's text waits for approval", `UPDATE campaign_version SET trigger = 'on'; UPDATE touch SET occasion = '2026-03-03'; INSERT INTO slot_text (campaign_id, slot, texts, author, created_at) VALUES (1, '2026-03-03', '{}', 'anne', '2026-03-01')`, "planned no_slot_text"},
		{"the campaign is paused", `UPDATE campaign SET state = 'paused'`, "planned"},
		{"the address had a mail five days ago", `INSERT INTO touch (client_id, contact_id, campaign_id, version_id, step, channel, occasion, triggered_on, due_at, state, address, sent_at, created_at)
			SELECT client_id, id, 2, 2, 's', 'mail', 'before', '2026-03-05', '2026-03-05', 'unsure', 'a@example.com', '2026-03-05T12:00:00Z', '2026-03-05' FROM contact`, "planned pressure"},
		{"it had one that failed", `INSERT INTO touch (client_id, contact_id, campaign_id, version_id, step, channel, occasion, triggered_on, due_at, state, address, sent_at, created_at)
			SELECT client_id, id, 2, 2, 's', 'mail', 'before', '2026-03-05', '2026-03-05', 'failed', 'a@example.com', '2026-03-05T12:00:00Z', '2026-03-05' FROM contact`, "planned admitted"},
		{"it follows from an answer", `INSERT INTO touch (client_id, contact_id, campaign_id, version_id, step, channel, occasion, triggered_on, due_at, state, address, sent_at, created_at)
			SELECT client_id, id, 2, 2, 's', 'mail', 'before', '2026-03-05', '2026-03-05', 'sent', 'a@example.com', '2026-03-05T12:00:00Z', '2026-03-05' FROM contact;
			UPDATE touch SET parent_id = 7 WHERE state = 'planned'`, "planned admitted"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newField(t)
			id := f.touch(f.contact("A", "a@example.com"), 1, "mail", "march", 50)
			f.exec(c.sql)
			f.admit(1)
			if got := f.state(id); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestPressureMovesToTheDayItIsOver(t *testing.T) {
	f := newField(t)
	id := f.touch(f.contact("A", "a@example.com"), 1, "mail", "march", 50)
	f.exec(`INSERT INTO touch (client_id, contact_id, campaign_id, version_id, step, channel, occasion, triggered_on, due_at, state, address, sent_at, created_at)
		SELECT client_id, id, 2, 2, 's', 'mail', d::text, '2026-03-01', '2026-03-01', 'sent', 'a@example.com', d, '2026-03-01'
		FROM contact, unnest(ARRAY['2026-02-20T09:00:00Z', '2026-02-25T09:00:00Z']::timestamptz[]) d`)
	f.admit(1)
	// Two in thirty days: the older one leaves the window on 22 March.
	if got, want := query[time.Time](f, `SELECT due_at FROM touch WHERE id = $1`, id), time.Date(2026, 3, 22, 9, 0, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("moved to %s, want %s", got, want)
	}
}

func TestPriorityDecidesWhoeverAsksFirst(t *testing.T) {
	for _, asks := range []int{1, 2} {
		t.Run(fmt.Sprint("campaign ", asks), func(t *testing.T) {
			f := newField(t)
			// The same address at two clients.
			low := f.touch(f.contact("A", "a@example.com"), 1, "mail", "march", 40)
			high := f.touch(f.contact("B", "a@example.com"), 2, "mail", "march", 60)
			f.admit(asks)
			if got, want := f.state(low)+", "+f.state(high), "planned pressure, planned admitted"; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestTwoCampaignsAtTheSameMomentDoNotBothWrite(t *testing.T) {
	f := newField(t)
	for i := range 40 {
		email := fmt.Sprintf("c%d@example.com", i)
		f.touch(f.contact(fmt.Sprint("A", i), email), 1, "mail", "march", 50)
		f.touch(f.contact(fmt.Sprint("B", i), email), 2, "mail", "march", 50)
	}
	errs := make(chan error, 2)
	for campaign := 1; campaign <= 2; campaign++ {
		go func() {
			_, err := f.AdmitDue(f.ctx, campaign, campaigns.Mail, noon(), anyHour, store.AdmitAtOnce)
			errs <- err
		}()
	}
	for range 2 {
		if err := <-errs; err != nil {
			t.Fatal(err)
		}
	}
	if got := query[int](f, `SELECT count(*) FROM touch WHERE admitted_at IS NOT NULL`); got != 40 {
		t.Errorf("%d admitted for 40 addresses", got)
	}
}

func TestOutsideHoursWaitsUntilTheyBeginButNotPastTheDeadline(t *testing.T) {
	f := newField(t)
	free := f.touch(f.contact("A", "a@example.com"), 1, "mail", "march", 50)
	bound := f.touch(f.contact("B", "b@example.com"), 1, "mail", "march", 50)
	f.exec(`UPDATE touch SET deadline_at = '2026-03-10T18:00:00Z' WHERE id = $1`, bound)
	tomorrow := noon().Add(20 * time.Hour)
	closed := func(_ campaigns.Channel, p store.Place, _ time.Time) (time.Time, campaigns.Reason) {
		if p.Country != "FR" {
			t.Errorf("asked for country %q", p.Country)
		}
		return tomorrow, campaigns.ReasonHours
	}
	if _, err := f.AdmitDue(f.ctx, 1, campaigns.Mail, noon(), closed, store.AdmitAtOnce); err != nil {
		t.Fatal(err)
	}
	if got := query[time.Time](f, `SELECT due_at FROM touch WHERE id = $1 AND reason = 'outside_hours'`, free); !got.Equal(tomorrow) {
		t.Errorf("due at %s", got)
	}
	if _, err := f.AdmitDue(f.ctx, 1, campaigns.Mail, noon().Add(7*time.Hour), anyHour, store.AdmitAtOnce); err != nil {
		t.Fatal(err)
	}
	if got := f.state(bound); got != "skipped too_late" {
		t.Errorf("after its deadline: %q", got)
	}
}

func TestAClaimIsTakenOnceAndSettledOnce(t *testing.T) {
	f := newField(t)
	for i := range 25 {
		f.touch(f.contact(fmt.Sprint("A", i), fmt.Sprintf("a%d@example.com", i)), 1, "mail", "march", 50)
	}
	f.admit(1)
	one, two := uuid.New(), uuid.New()
	first, second := f.claim(one, 10), f.claim(two, 10)
	if len(first) != 10 || len(second) != 10 {
		t.Fatalf("claimed %d and %d, want 10 and 10", len(first), len(second))
	}
	if d := first[0]; d.Attempt != 1 || d.Address == "" || d.Campaign != "newsletter" || d.Basis.Kind != "information" {
		t.Errorf("claimed %+v", d)
	}
	sent := store.Settled{ID: first[0].ID, Attempt: 1, State: campaigns.Sent, At: noon()}
	if rest := f.claim(one, 10, sent); len(rest) != 5 {
		t.Errorf("claimed %d of the 5 left", len(rest))
	}
	// A result that comes again, or of an older attempt, changes nothing.
	f.claim(one, 0, store.Settled{ID: first[0].ID, Attempt: 1, State: campaigns.Failed, At: noon()},
		store.Settled{ID: first[1].ID, Attempt: 0, State: campaigns.Sent, At: noon()})
	if got := f.state(first[0].ID) + ", " + f.state(first[1].ID); got != "sent admitted, sending admitted" {
		t.Errorf("states %q", got)
	}
}

func TestWhatBecameOfAMail(t *testing.T) {
	later := noon().Add(5 * time.Minute)
	for _, c := range []struct {
		name   string
		result store.Settled
		want   string
	}{
		{"accepted", store.Settled{State: campaigns.Sent}, "sent admitted"},
		{"refused for good", store.Settled{State: campaigns.Failed, Code: 554, Words: "no"}, "failed admitted"},
		{"not known", store.Settled{State: campaigns.Unsure, Reason: "no_answer"}, "unsure no_answer admitted"},
		{"refused for now is asked anew when due", store.Settled{State: campaigns.Planned, Reason: "deferred", DueAt: later, Deferred: true}, "planned deferred"},
		{"provably not sent stays admitted", store.Settled{State: campaigns.Planned}, "planned admitted"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newField(t)
			id := f.touch(f.contact("A", "a@example.com"), 1, "mail", "march", 50)
			f.admit(1)
			f.claim(uuid.New(), 10)
			c.result.ID, c.result.Attempt, c.result.At = id, 1, noon()
			f.claim(uuid.New(), 0, c.result)
			if got := f.state(id); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestABouncedMailboxIsNotUsedAgainAtAnyClient(t *testing.T) {
	f := newField(t)
	id := f.touch(f.contact("A", "a@example.com"), 1, "mail", "march", 50)
	other := f.touch(f.contact("B", "a@example.com"), 2, "mail", "march", 40)
	f.admit(1)
	f.claim(uuid.New(), 10)
	f.claim(uuid.New(), 0, store.Settled{ID: id, Attempt: 1, State: campaigns.Failed, At: noon(), Code: 550, Words: "5.1.1 no such user", Bounced: true})
	f.exec(`UPDATE touch SET due_at = $2 WHERE id = $1`, other, noon())
	f.admit(2)
	if got := f.state(other); got != "skipped opposed" {
		t.Errorf("the other client's touch: %q", got)
	}
}

func TestAStopBetweenAdmissionAndClaimIsHeeded(t *testing.T) {
	f := newField(t)
	f.touch(f.contact("A", "a@example.com"), 1, "mail", "march", 50)
	f.admit(1)
	f.exec(`INSERT INTO suppression (scope, address, why, source, at) VALUES ('mail', 'a@example.com', 'opposition', 'stop page', $1)`, noon())
	if due := f.claim(uuid.New(), 10); len(due) != 0 {
		t.Errorf("claimed %d touches of someone who said stop", len(due))
	}
}

func TestTheSendsOfAGoneWorkerBecomeUnsure(t *testing.T) {
	f := newField(t)
	dead, alive := uuid.New(), uuid.New()
	for i := range 4 {
		f.touch(f.contact(fmt.Sprint("A", i), fmt.Sprintf("a%d@example.com", i)), 1, "mail", "march", 50)
	}
	f.admit(1)
	for _, id := range []uuid.UUID{dead, alive} {
		if err := f.Heartbeat(f.ctx, store.Process{ID: id, Host: "here", PID: 1, Roles: "worker", Mail: "loopback"}); err != nil {
			t.Fatal(err)
		}
	}
	lost, kept := f.claim(dead, 2), f.claim(alive, 2)
	f.exec(`UPDATE process SET seen_at = now() - interval '31 seconds' WHERE id = $1`, dead)
	swept, err := f.Sweep(f.ctx, noon())
	if err != nil || swept.Unsure != 2 {
		t.Fatalf("swept %+v, %v", swept, err)
	}
	if got := f.state(kept[0].ID); got != "sending admitted" {
		t.Errorf("of the live worker: %q", got)
	}

	t.Run("the late result of that attempt settles one", func(t *testing.T) {
		f.claim(dead, 0, store.Settled{ID: lost[0].ID, Attempt: 1, State: campaigns.Sent, At: noon()})
		if got := f.state(lost[0].ID); got != "sent admitted" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("not sent, said late, does not plan it again", func(t *testing.T) {
		f.claim(dead, 0, store.Settled{ID: lost[1].ID, Attempt: 1, State: campaigns.Planned, At: noon()})
		if got := f.state(lost[1].ID); got != "unsure worker_gone admitted" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("a person may send it again", func(t *testing.T) {
		if err := f.SendAgain(f.ctx, lost[1].ID, "anne@example.com", noon()); err != nil {
			t.Fatal(err)
		}
		if got := f.state(lost[1].ID); got != "planned" {
			t.Errorf("got %q", got)
		}
		if err := f.SettleSent(f.ctx, lost[1].ID, "anne@example.com", noon()); err == nil {
			t.Error("a planned touch was settled as sent")
		}
	})
}

func TestClaimsWithoutAnAnswerAreGivenBack(t *testing.T) {
	f := newField(t)
	worker := uuid.New()
	for i := range 3 {
		f.touch(f.contact(fmt.Sprint("A", i), fmt.Sprintf("a%d@example.com", i)), 1, "mail", "march", 50)
	}
	f.admit(1)
	due := f.claim(worker, 3)
	n, err := f.GiveBack(f.ctx, worker, []int64{due[0].ID})
	if err != nil || n != 2 {
		t.Fatalf("gave back %d, %v", n, err)
	}
	if got := f.state(due[0].ID) + ", " + f.state(due[1].ID); got != "sending admitted, planned admitted" {
		t.Errorf("states %q", got)
	}
}

func TestASlotIsDoneOnceHoweverManyAskForIt(t *testing.T) {
	f := newField(t)
	slot := noon()
	ran := 0
	work := func(context.Context) error { ran++; return nil }
	for range 3 {
		if _, err := f.DoSlot(f.ctx, "plan", slot, uuid.New(), noon(), work); err != nil {
			t.Fatal(err)
		}
	}
	// An earlier slot is caught up by the later one.
	if _, err := f.DoSlot(f.ctx, "plan", slot.Add(-24*time.Hour), uuid.New(), noon(), work); err != nil {
		t.Fatal(err)
	}
	if ran != 1 {
		t.Errorf("ran %d times", ran)
	}
	failing := fmt.Errorf("no")
	if done, err := f.DoSlot(f.ctx, "plan", slot.Add(time.Hour), uuid.New(), noon(), func(context.Context) error { return failing }); done || err != failing {
		t.Errorf("done %v, %v", done, err)
	}
	if done, err := f.DoSlot(f.ctx, "plan", slot.Add(time.Hour), uuid.New(), noon(), work); !done || err != nil {
		t.Errorf("a slot that failed is asked again: done %v, %v", done, err)
	}
}

func TestOneSchedulerLeadsAndItsEndFreesTheLock(t *testing.T) {
	f := newField(t)
	lease, err := f.Lead(f.ctx)
	if err != nil || lease == nil {
		t.Fatal(lease, err)
	}
	if second, err := f.Lead(f.ctx); err != nil || second != nil {
		t.Fatalf("a second one leads: %v, %v", second, err)
	}
	if err := lease.Close(f.ctx); err != nil {
		t.Fatal(err)
	}
	third, err := f.Lead(f.ctx)
	if err != nil || third == nil {
		t.Fatal("nobody leads", err)
	}
	if err := third.Close(f.ctx); err != nil {
		t.Fatal(err)
	}
}
