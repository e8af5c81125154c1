package store_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/calendar"
)

// against are things that speak against a contact; $1 is the client's ref.
func against() []string {
	return []string{
		`UPDATE client SET closed_on = '2026-03-01' WHERE ref = $1`,
		`UPDATE client SET blocked = 'unpaid' WHERE ref = $1`,
		`INSERT INTO suppression (scope, address, why, source, at) VALUES ('mail', lower($1) || '@example.com', 'opposition', 'test', '2026-01-01')`,
		`INSERT INTO suppression (scope, address, why, source, at) VALUES ('call', 'client:' || $1, 'opposition', 'test', '2026-01-01')`,
		`INSERT INTO suppression (scope, address, why, source, at) VALUES ('everything', 'client:' || $1, 'opposition', 'test', '2026-01-01')`,
		`UPDATE basis b SET withdrawn_at = '2026-01-01' FROM contact p JOIN client c ON c.id = p.client_id WHERE p.id = b.contact_id AND c.ref = $1`,
		`INSERT INTO activity (client_id, kind, at) SELECT id, 'complaint', '2026-03-01' FROM client WHERE ref = $1`,
		`UPDATE contact p SET wrong = 'left' FROM client c WHERE c.id = p.client_id AND c.ref = $1`,
		`UPDATE client SET kind = 'consumer' WHERE ref = $1`,
		`INSERT INTO contract (ref, client_id, ends_on) SELECT 'K' || ref, id, '2027-01-01' FROM client WHERE ref = $1`,
		`UPDATE client SET phone = NULL, phone_e164 = NULL WHERE ref = $1`,
		`UPDATE touch t SET deadline_at = '2026-03-10T11:00:00Z' FROM client c WHERE c.id = t.client_id AND c.ref = $1`,
		`INSERT INTO basis (contact_id, channel, kind, source, held_on) SELECT p.id, 'call', 'consent', 'form', '2026-03-11' FROM contact p JOIN client c ON c.id = p.client_id WHERE c.ref = $1`,
		`INSERT INTO basis (contact_id, channel, kind, source, held_on) SELECT p.id, 'call', 'consent', 'form', '2026-03-10' FROM contact p JOIN client c ON c.id = p.client_id WHERE c.ref = $1`,
		`UPDATE contact p SET email = 'Info@' || c.ref || '.example', email_key = 'info@' || lower(c.ref) || '.example' FROM client c WHERE c.id = p.client_id AND c.ref = $1`,
		`WITH other AS (INSERT INTO contact (client_id, key, name, phone, phone_e164) SELECT id, 'other', 'Other', '01 99 00 00 77', '+33199000077' FROM client WHERE ref = $1)
			UPDATE contact p SET wrong = 'wrong_number' FROM client c WHERE c.id = p.client_id AND c.ref = $1`,
		`INSERT INTO suppression (scope, address, why, source, at) SELECT 'call', '+33199000077', 'opposition', 'test', '2026-01-01' FROM client WHERE ref = $1 ON CONFLICT DO NOTHING`,
		`UPDATE client SET kind = NULL, phone = '06 39 98 00 00', phone_e164 = '+33639980000' WHERE ref = $1`,
	}
}

// TestTheStoreAndTheCampaignsRefuseForTheSameReason draws clients with several things against them, and asks both
// twins of the checks: the pure one, from facts, and the one in SQL, when due.
func TestTheStoreAndTheCampaignsRefuseForTheSameReason(t *testing.T) {
	f := newField(t)
	const source = "campaign: win-back\ntitle: {fr: \"a\", en: \"b\"}\nlever: retention\ntrigger: {contacts_per_year: {times: 2}}\nsteps:\n  - name: call\n    call: check-in\n    to: rep\n"
	definition, problems := campaigns.Parse("win-back.yaml", source)
	for _, p := range problems {
		t.Log(p)
	}
	if definition == nil {
		t.Fatal("the definition is wrong")
	}
	f.exec(`UPDATE campaign_version SET source = $1, trigger = $2`, source, definition.Trigger.Kind())
	draw := rand.New(rand.NewPCG(1, 2))
	touches := map[string][2]int64{}
	for i := range 100 {
		ref := fmt.Sprint("C", i)
		contact := f.contact(ref, fmt.Sprintf("c%d@example.com", i))
		touches[ref] = [2]int64{f.touch(contact, 1, "mail", "one", 50), f.touch(contact, 1, "call", "two", 50)}
		for _, sql := range against() {
			if draw.IntN(8) == 0 {
				f.exec(sql, ref)
			}
		}
	}
	if _, err := f.RefreshFacts(f.ctx, noon(), true); err != nil {
		t.Fatal(err)
	}
	type known struct {
		facts    campaigns.Facts
		deadline time.Time
	}
	all := map[string]known{}
	for ref, ids := range touches {
		all[ref] = known{checkedFacts(f, ref), query[time.Time](f, `SELECT coalesce(deadline_at, '0001-01-01'::timestamptz) FROM touch WHERE id = $1`, ids[0])}
	}
	f.admit(1)
	f.open(noon())
	pass := definition.At(campaigns.Moment{Now: noon(), House: calendar.New(calendar.Rules{})})
	met := map[campaigns.Reason]int{}
	for ref, ids := range touches {
		for i, channel := range []campaigns.Channel{campaigns.Mail, campaigns.Call} {
			k := all[ref]
			deadline := k.deadline
			if deadline.Year() == 1 {
				deadline = time.Time{}
			}
			want := pass.Check(campaigns.Step{Channel: channel}, &k.facts, deadline)
			got := campaigns.Reason(query[string](f, `SELECT coalesce(reason, '') FROM touch WHERE id = $1`, ids[i]))
			if got != want {
				t.Errorf("%s by %s: the store says %q, the campaigns %q", ref, channel, got, want)
			}
			met[want]++
		}
	}
	if len(met) < 10 {
		t.Errorf("too few reasons were drawn: %v", met)
	}
}

// checkedFacts reads what the checks ask.
func checkedFacts(f field, ref string) (facts campaigns.Facts) {
	f.t.Helper()
	var closed *time.Time
	err := f.pool.QueryRow(f.ctx, `SELECT c.ref, c.closed_on, coalesce(c.blocked, ''), consumer, open_complaints, under_contract, has_mail, has_phone, mail_basis, call_basis, mail_opposed, call_opposed
		FROM client c JOIN client_fact f ON f.client_id = c.id WHERE c.ref = $1`, ref).
		Scan(&facts.Ref, &closed, &facts.Blocked, &facts.Consumer, &facts.OpenComplaints, &facts.UnderContract, &facts.HasMail, &facts.HasPhone,
			&facts.MailBasis, &facts.CallBasis, &facts.MailOpposed, &facts.CallOpposed)
	if err != nil {
		f.t.Fatal(err)
	}
	if closed != nil {
		facts.ClosedOn = calendar.DateOf(*closed)
	}
	return facts
}
