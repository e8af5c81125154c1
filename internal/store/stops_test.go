package store_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/store"
)

// colleague is another contact of the client, without a number of its own.
func (f field) colleague(ref, email string) int64 {
	f.t.Helper()
	return query[int64](f, `INSERT INTO contact (client_id, key, name, email, email_key) SELECT id, $2, 'Colleague', $2, $2 FROM client WHERE ref = $1 RETURNING id`, ref, email)
}

// mailed is a mail that went to the contact's address.
func (f field) mailed(contact int64, occasion string) int64 {
	f.t.Helper()
	id := f.touch(contact, 1, "mail", occasion, 50)
	f.exec(`UPDATE touch SET state = 'sent', sent_at = due_at, address = (SELECT email_key FROM contact WHERE id = contact_id) WHERE id = $1`, id)
	return id
}

func (f field) stop(touch int64, scope store.StopScope, source string) {
	f.t.Helper()
	if err := f.Stop(f.ctx, touch, scope, source, noon()); err != nil {
		f.t.Fatal(err)
	}
}

func (f field) undoStop(touch int64) {
	f.t.Helper()
	if err := f.UndoStop(f.ctx, touch, noon().Add(time.Minute)); err != nil {
		f.t.Fatal(err)
	}
}

// suppressed lists what is suppressed now, each once.
func (f field) suppressed() string {
	f.t.Helper()
	return query[string](f, `SELECT coalesce(string_agg(line, ', ' ORDER BY line), '') FROM (SELECT DISTINCT concat_ws(' ', scope, address, why) AS line FROM suppression WHERE withdrawn_at IS NULL) s`)
}

func TestALinkTakesBackOnlyWhatItsMailboxSaid(t *testing.T) {
	f := newField(t)
	alice := f.mailed(f.contact("A", "alice@x.example"), "one")
	bruno := f.colleague("A", "bruno@x.example")
	first, second := f.mailed(bruno, "one"), f.mailed(bruno, "two")
	f.stop(alice, store.StopEverything, "stop page")
	const hers = "everything +33199000001 opposition, everything alice@x.example opposition"
	f.undoStop(first)
	if got := f.suppressed(); got != hers {
		t.Errorf("after a colleague's undo: %q", got)
	}
	if page, err := f.StopPage(f.ctx, first); err != nil || page.Undoable || !page.Stopped[store.StopEverything] {
		t.Errorf("the colleague's page: %+v, %v", page, err)
	}
	// What both said of the switchboard is kept twice: his word goes, hers stays.
	f.stop(first, store.StopCalls, "stop page")
	if page, err := f.StopPage(f.ctx, second); err != nil || !page.Undoable {
		t.Errorf("his page after his own stop: %+v, %v", page, err)
	}
	f.undoStop(second)
	if got := f.suppressed(); got != hers {
		t.Errorf("after his own stop and undo: %q", got)
	}
	f.undoStop(alice)
	if got := f.suppressed(); got != "" {
		t.Errorf("after her own undo: %q", got)
	}
}

func TestWhatIsSaidTwiceIsKeptTwice(t *testing.T) {
	f, contact := newCard(t, 1)
	mail := f.mailed(contact, "one")
	f.stop(mail, store.StopCalls, "stop page")
	// The stop has closed the card; a rep on the phone at that moment records on another.
	f.exec(`UPDATE call SET state = 'open', closed_at = NULL, closed_why = NULL; UPDATE touch SET state = 'open', reason = NULL, ended_at = NULL WHERE call_id = 1`)
	f.record(campaigns.Refused, noon())
	f.undoStop(mail)
	if got := f.suppressed(); got != "call +33199000002 opposition" {
		t.Errorf("the refusal on the phone after the link's undo: %q", got)
	}
	if got := f.cardLine(); got != "done 1 refused" {
		t.Errorf("the card on which it was said: %q", got)
	}
}

func TestABouncedMailboxMayOpposeToo(t *testing.T) {
	f := newField(t)
	mail := f.mailed(f.contact("A", "a@example.com"), "one")
	f.exec(`INSERT INTO suppression (scope, address, why, source, at) VALUES ('mail', 'a@example.com', 'bounce', '550 no such user', '2026-03-01')`)
	f.stop(mail, store.StopMail, "stop page")
	if got := f.suppressed(); got != "mail a@example.com bounce, mail a@example.com opposition" {
		t.Errorf("got %q", got)
	}
}

func TestAStopFromAnOldMailHoldsForTheAddressOfToday(t *testing.T) {
	f := newField(t)
	contact := f.contact("A", "alice@old.example")
	mail := f.mailed(contact, "one")
	f.exec(`UPDATE contact SET email = 'alice@new.example', email_key = 'alice@new.example' WHERE id = $1`, contact)
	f.stop(mail, store.StopMail, "one-click")
	if got := f.suppressed(); got != "mail alice@new.example opposition, mail alice@old.example opposition" {
		t.Errorf("got %q", got)
	}
	if page, err := f.StopPage(f.ctx, mail); err != nil || page.Address != "a…@old.example" {
		t.Errorf("the page shows %q, %v", page.Address, err)
	}
}

func TestAStopTakesTheCallOffTheList(t *testing.T) {
	const closed = "skipped opposed, skipped opposed"
	for _, c := range []struct {
		name, sql string
		scope     store.StopScope
		want      string // card, reason
	}{
		{"a stop of mails leaves it", `SELECT`, store.StopMail, "open, open"},
		{"a stop of calls", `SELECT`, store.StopCalls, closed},
		{"a stop of everything", `SELECT`, store.StopEverything, closed},
		{"a stop of calls under a current contract leaves it", `UPDATE client_fact SET under_contract = true`, store.StopCalls, "open, open"},
		{"a stop of everything under a current contract", `UPDATE client_fact SET under_contract = true`, store.StopEverything, closed},
		{"the client's switchboard", `UPDATE contact SET phone = NULL, phone_e164 = NULL`, store.StopCalls, closed},
		{"a number that cannot be normalised", `UPDATE contact SET phone = 'poste 12', phone_e164 = NULL; UPDATE client SET phone = NULL, phone_e164 = NULL`, store.StopCalls, closed},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, contact := newCard(t, 1)
			f.exec(c.sql)
			f.stop(f.mailed(contact, "one"), c.scope, "stop page")
			if got := query[string](f, `SELECT concat_ws(' ', k.state, closed_why) || ', ' || concat_ws(' ', t.state, t.reason) FROM call k JOIN touch t ON t.call_id = k.id`); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if c.want == closed {
				err := f.RecordOutcome(f.ctx, store.Outcome{Call: 1, Outcome: campaigns.Reached, By: "x"}, noon())
				if !errors.Is(err, store.ErrConflict) {
					t.Errorf("an outcome afterwards: %v", err)
				}
			}
		})
	}
}

func TestWhatIsTakenBackOpensTheCallsThatItClosed(t *testing.T) {
	for _, c := range []struct{ name, between, want string }{
		{"every list has its call again", `SELECT`, "A open, B open"},
		{"somebody else has opposed meanwhile", `INSERT INTO suppression (scope, address, why, source, at) VALUES ('call', '+33199000002', 'opposition', 'user', now())`, "A %s, B skipped opposed"},
		{"it is too late for the other", `UPDATE touch SET deadline_at = '2026-03-10T11:00:01Z' FROM client c WHERE c.id = client_id AND c.ref = 'B'`, "A open, B skipped opposed"},
	} {
		for undo, own := range map[string]string{"a refusal": "open", "a stop": "skipped opposed"} { // the card of the refusal is put back, not planned again
			t.Run(undo+": "+c.name, func(t *testing.T) {
				f, contact := newCard(t, 1)
				f.touch(f.contact("B", "b@example.com"), 1, "call", "one", 50)
				f.exec(`UPDATE client SET phone_e164 = '+33199000002', ref = upper(ref)`)
				f.open(noon())
				mail := f.mailed(contact, "one")
				if undo == "a refusal" {
					f.record(campaigns.Refused, noon())
				} else {
					f.stop(mail, store.StopCalls, "stop page")
				}
				if n := query[int](f, `SELECT count(*) FROM call WHERE state = 'open'`); n != 0 {
					t.Fatalf("%d cards are open after it", n)
				}
				f.exec(c.between)
				if undo == "a refusal" {
					if err := f.UndoOutcome(f.ctx, 1, "x", noon().Add(time.Minute)); err != nil {
						t.Fatal(err)
					}
				} else {
					f.undoStop(mail)
				}
				f.open(noon().Add(2 * time.Minute))
				got := query[string](f, `SELECT string_agg(concat_ws(' ', c.ref, t.state, t.reason), ', ' ORDER BY c.ref) FROM touch t JOIN client c ON c.id = t.client_id WHERE t.channel = 'call'`)
				if want := strings.Replace(c.want, "%s", own, 1); got != want {
					t.Errorf("got %q, want %q", got, want)
				}
			})
		}
	}
}

func TestARefusalTakesTheSameNumberOffOtherLists(t *testing.T) {
	f, _ := newCard(t, 1)
	other := f.touch(f.contact("B", "b@example.com"), 1, "call", "one", 50)
	stranger := f.touch(f.contact("C", "c@example.com"), 1, "call", "one", 50)
	f.exec(`UPDATE client SET phone_e164 = CASE ref WHEN 'B' THEN '+33199000002' WHEN 'C' THEN '+33199000003' ELSE phone_e164 END`)
	f.open(noon())
	f.record(campaigns.Refused, noon())
	if got := f.state(other) + ", " + f.state(stranger); got != "skipped opposed admitted, open admitted" {
		t.Errorf("got %q", got)
	}
}
