package store_test

import (
	"context"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/internal/testkit"
)

// TestFactTableNamesTheColumnsOfClientFact holds the one definition of facts and the table that the store fills together.
func TestFactTableNamesTheColumnsOfClientFact(t *testing.T) {
	db := testkit.DB(t)
	columns := lines(t, db, `SELECT column_name::text FROM information_schema.columns WHERE table_name = 'client_fact' ORDER BY 1`)
	named := regexp.MustCompile(`\bf\.(\w+)`)
	var asked []string
	for _, f := range campaigns.FactTable {
		for _, match := range named.FindAllStringSubmatch(f.SQL, -1) {
			asked = append(asked, match[1])
			if !slices.Contains(columns, match[1]) {
				t.Errorf("fact %s reads f.%s, which client_fact does not have", f.Name, match[1])
			}
		}
	}
	// What the store keeps for itself: the key, the day, the first order's id, and what weight_top is made from.
	own := []string{"as_of", "client_id", "first_order_id", "revenue_36m"}
	for _, c := range columns {
		if !slices.Contains(asked, c) && !slices.Contains(own, c) {
			t.Errorf("no fact tells column %s", c)
		}
	}
	if _, err := db.Exec(context.Background(), `SELECT `+columnsOf()+` FROM client c JOIN client_fact f ON f.client_id = c.id`); err != nil {
		t.Errorf("the facts' SQL: %v", err)
	}
}

func columnsOf() string {
	sql := "1"
	for _, f := range campaigns.FactTable {
		if f.SQL != "" {
			sql += ", " + f.SQL
		}
	}
	return sql
}

// factsOf shows a client's facts as of a day, counted by hand in each test.
const factsOf = `SELECT concat_ws(' ', f.created_on, first_order_on, coalesce(first_delivered_on::text, '-'), last_order_on, orders, orders_12m, trim_scale(revenue), trim_scale(revenue_12m),
	coalesce(rhythm_days::text, '-')) FROM client_fact f JOIN client c ON c.id = f.client_id WHERE c.ref = 'A'`

func TestFactsOfOrders(t *testing.T) {
	for _, test := range []struct{ name, orders, want string }{
		{"the window of 12 months ends today and begins after the same day a year ago",
			`('a', '2025-03-10', 10, true, false), ('b', '2025-03-11', 20, true, false), ('c', '2026-03-10', 40, true, false)`,
			"2025-03-10 2025-03-10 - 2026-03-10 3 2 70 60 -"},
		{"an order after today does not exist yet",
			`('a', '2026-03-01', 10, true, false), ('b', '2026-03-11', 20, true, false)`,
			"2026-03-01 2026-03-01 - 2026-03-01 1 1 10 10 -"},
		{"a credit note lowers revenue and is no order; a cancelled order is nowhere",
			`('a', '2026-01-01', 100, true, false), ('b', '2026-02-01', -30, false, false), ('c', '2026-02-02', 500, false, true)`,
			"2026-01-01 2026-01-01 - 2026-01-01 1 1 70 70 -"},
		{"three gaps make a rhythm, the median of distinct days",
			`('a', '2026-01-01', 1, true, false), ('b', '2026-01-01', 1, true, false), ('c', '2026-01-11', 1, true, false), ('d', '2026-01-31', 1, true, false), ('e', '2026-03-02', 1, true, false)`,
			"2026-01-01 2026-01-01 - 2026-03-02 5 5 5 5 20"},
		{"two gaps make none",
			`('a', '2026-01-01', 1, true, false), ('b', '2026-01-11', 1, true, false), ('c', '2026-01-31', 1, true, false)`,
			"2026-01-01 2026-01-01 - 2026-01-31 3 3 3 3 -"},
	} {
		t.Run(test.name, func(t *testing.T) {
			db := testkit.DB(t)
			mustExec(t, db, `INSERT INTO client (ref, name, imported_on) VALUES ('A', 'A', '2026-03-05')`)
			mustExec(t, db, `INSERT INTO orders (ref, client_id, ordered_on, amount, counts, cancelled)
				SELECT ref, (SELECT id FROM client), d::date, amount, counts, cancelled FROM (VALUES `+test.orders+`) AS o(ref, d, amount, counts, cancelled)`)
			if _, err := store.New(db).RefreshFacts(context.Background(), noonOf(2026, 3, 10), true); err != nil {
				t.Fatal(err)
			}
			if got := ask[string](t, db, factsOf); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func noonOf(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 12, 0, 0, 0, time.UTC)
}

// TestPlacesInThePortfolio: 900 of net revenue over five clients, of whom E got more back than it bought; B and C have the
// same and stand together.
func TestPlacesInThePortfolio(t *testing.T) {
	db := testkit.DB(t)
	mustExec(t, db, `INSERT INTO client (ref, name, imported_on) SELECT r, r, '2026-01-01' FROM unnest(ARRAY['A', 'B', 'C', 'D', 'E']) AS r`)
	mustExec(t, db, `INSERT INTO orders (ref, client_id, ordered_on, amount, counts) SELECT c.ref, c.id, '2026-02-01', v.amount, true
		FROM (VALUES ('A', 700), ('B', 100), ('C', 100), ('D', 50), ('E', -50)) AS v(ref, amount) JOIN client c USING (ref)`)
	st := store.New(db)
	if _, err := st.RefreshFacts(context.Background(), noonOf(2026, 3, 10), false); err != nil {
		t.Fatal(err)
	}
	shown := `SELECT concat_ws(' ', c.ref, coalesce(revenue_rank::text, '-'), round(revenue_share::numeric, 4), round(revenue_tail::numeric, 4), coalesce(weight_top::text, '-')) FROM client_fact f JOIN client c ON c.id = f.client_id ORDER BY c.ref`
	want := []string{"A 1 0.7778 1.0000 0.25", "B 2 0.1111 0.2222 0.5", "C 2 0.1111 0.2222 0.5", "D 4 0.0556 0.0000 1", "E - -0.0556 -0.0556 -"}
	if got := lines(t, db, shown); !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}

	// One client that is touched moves the others too.
	mustExec(t, db, `UPDATE orders SET amount = 800 WHERE ref = 'D'`)
	mustExec(t, db, `INSERT INTO client_stale SELECT id FROM client WHERE ref = 'D'`)
	done, err := st.RefreshFacts(context.Background(), noonOf(2026, 3, 10), false)
	if err != nil || done.All || done.Clients != 1 {
		t.Fatalf("refreshed %+v, %v; want the one that was touched", done, err)
	}
	want = []string{"A 2 0.4242 0.5152 0.5", "B 3 0.0606 0.0909 0.75", "C 3 0.0606 0.0909 0.75", "D 1 0.4848 1.0000 0.25", "E - -0.0303 -0.0303 -"}
	if got := lines(t, db, shown); !slices.Equal(got, want) {
		t.Errorf("after the order: got  %v\nwant %v", got, want)
	}
}

// TestWhoMayBeContacted shows one line per client: mail contact, has_mail, mail_basis, mail_opposed, has_phone, call_opposed, consumer.
func TestWhoMayBeContacted(t *testing.T) {
	for _, test := range []struct{ name, set, want string }{
		{"the main contact is written to", `INSERT INTO contact (client_id, key, name, email_key, main) SELECT id, k, k, k || '@x.fr', k = 'b' FROM client, unnest(ARRAY['a', 'b']) k`, "b t f f f f f"},
		{"an address that is wrong is not used", `INSERT INTO contact (client_id, key, name, email_key, main, wrong) SELECT id, 'a', 'a', 'a@x.fr', true, 'left' FROM client`, "- f f f f f f"},
		{"a generic address needs no basis", `INSERT INTO contact (client_id, key, name, email_key) SELECT id, 'a', 'a', 'info@x.fr' FROM client`, "a t t f f f f"},
		{"a recorded basis counts", `WITH p AS (INSERT INTO contact (client_id, key, name, email_key) SELECT id, 'a', 'a', 'a@x.fr' FROM client RETURNING id)
			INSERT INTO basis (contact_id, channel, kind, source, held_on) SELECT id, 'mail', 'information', 'CGV', '2026-01-01' FROM p`, "a t t f f f f"},
		{"a basis that was withdrawn does not", `WITH p AS (INSERT INTO contact (client_id, key, name, email_key) SELECT id, 'a', 'a', 'a@x.fr' FROM client RETURNING id)
			INSERT INTO basis (contact_id, channel, kind, source, held_on, withdrawn_at) SELECT id, 'mail', 'information', 'CGV', '2026-01-01', '2026-02-01' FROM p`, "a t f f f f f"},
		{"an address that opposes everywhere opposes here", `WITH p AS (INSERT INTO contact (client_id, key, name, email_key) SELECT id, 'a', 'a', 'info@x.fr' FROM client)
			INSERT INTO suppression (scope, address, why, source, at) VALUES ('mail', 'info@x.fr', 'opposition', 'stop page', '2026-01-01')`, "a t t t f f f"},
		{"a client of whom only a mobile number is known may be a consumer", `UPDATE client SET phone = '06 12 34 56 78', phone_e164 = '+33612345678'`, "- f f f t f t"},
		{"one with a landline is not", `UPDATE client SET phone = '01 12 34 56 78', phone_e164 = '+33112345678'`, "- f f f t f f"},
		{"one with a SIREN is not", `UPDATE client SET phone = '06 12 34 56 78', phone_e164 = '+33612345678', siren = '732829320'`, "- f f f t f f"},
		{"calls are opposed", `WITH c AS (UPDATE client SET phone = '01', phone_e164 = '+33112345678')
			INSERT INTO suppression (scope, address, why, source, at) VALUES ('call', '+33112345678', 'opposition', 'stop page', '2026-01-01')`, "- f f f t t f"},
		{"but not the service calls of a current contract", `WITH c AS (UPDATE client SET phone = '01', phone_e164 = '+33112345678'), k AS (INSERT INTO contract (ref, client_id, ends_on) SELECT 'K', id, '2026-12-31' FROM client)
			INSERT INTO suppression (scope, address, why, source, at) VALUES ('call', '+33112345678', 'opposition', 'stop page', '2026-01-01')`, "- f f f t f f"},
		{"everything is everything", `WITH c AS (UPDATE client SET phone = '01', phone_e164 = '+33112345678'), k AS (INSERT INTO contract (ref, client_id, ends_on) SELECT 'K', id, '2026-12-31' FROM client)
			INSERT INTO suppression (scope, address, why, source, at) VALUES ('everything', 'client:A', 'opposition', 'stop page', '2026-01-01')`, "- f f t t t f"},
	} {
		t.Run(test.name, func(t *testing.T) {
			db := testkit.DB(t)
			mustExec(t, db, `INSERT INTO client (ref, name, imported_on) VALUES ('A', 'A', '2026-03-05')`)
			mustExec(t, db, test.set)
			if _, err := store.New(db).RefreshFacts(context.Background(), noonOf(2026, 3, 10), true); err != nil {
				t.Fatal(err)
			}
			got := ask[string](t, db, `SELECT concat_ws(' ', coalesce(p.key, '-'), has_mail, mail_basis, mail_opposed, has_phone, call_opposed, consumer) FROM client_fact f LEFT JOIN contact p ON p.id = f.mail_contact_id`)
			if got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}
