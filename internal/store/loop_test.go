package store_test

import (
	"testing"
	"time"

	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/internal/testkit"
)

// paris reads a time of day in the company's zone.
func paris(t *testing.T, s string) time.Time {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", s, zone)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// newLoop is a database in which shipped campaigns run since 2 February 2026, with one rep.
func newLoop(t *testing.T, names ...string) field {
	pool := testkit.DB(t)
	f := field{t, t.Context(), pool, store.New(pool)}
	for _, name := range names {
		launch(t, f.Store, name, paris(t, "2026-02-02 09:00"))
	}
	f.exec(`INSERT INTO rep (ref, name, email) VALUES ('R1', 'Claire Martin', 'claire@example.com')`)
	return f
}

// person is a contact whose client has a rep, a number of its own, and facts.
func (f field) person(ref string) int64 {
	f.t.Helper()
	contact := f.contact(ref, ref+"@example.com")
	f.exec(`UPDATE contact SET phone = '01 99 00 00 02', phone_e164 = '+33199000002' WHERE id = $1`, contact)
	f.exec(`UPDATE client SET rep_id = 1`)
	f.refresh(paris(f.t, "2026-03-01 06:00"))
	return contact
}

func (f field) refresh(now time.Time) {
	f.t.Helper()
	if _, err := f.RefreshFacts(f.ctx, now, true); err != nil {
		f.t.Fatal(err)
	}
}

// step puts a touch of a campaign's step in place, in the given state.
func (f field) step(contact int64, campaign, step, channel, occasion, state string) int64 {
	f.t.Helper()
	return query[int64](f, `INSERT INTO touch (client_id, contact_id, campaign_id, version_id, step, channel, rep_id, occasion, triggered_on, due_at, state, priority, created_at)
		SELECT p.client_id, p.id, g.id, g.version_id, $3, $4, 1, $5, '2026-03-02', '2026-03-02T08:00:00Z', $6, 50, '2026-03-02T08:00:00Z' FROM contact p, campaign g
		WHERE p.id = $1 AND g.name = $2 RETURNING id`, contact, campaign, step, channel, occasion, state)
}

func (f field) follow(now time.Time) {
	f.t.Helper()
	if _, err := f.FollowUp(f.ctx, now); err != nil {
		f.t.Fatal(err)
	}
}

// picture is every row that a contact's story is told in, history left out.
func (f field) picture() string {
	f.t.Helper()
	return query[string](f, `SELECT jsonb_build_object(
		'call', (SELECT jsonb_agg(k ORDER BY id) FROM call k), 'touch', (SELECT jsonb_agg(t ORDER BY id) FROM touch t), 'contact', (SELECT jsonb_agg(p ORDER BY id) FROM contact p),
		'response', (SELECT jsonb_agg(r ORDER BY touch_id) FROM response r),
		'suppression', (SELECT jsonb_agg(s ORDER BY id) FROM suppression s WHERE withdrawn_at IS NULL))::text`)
}
