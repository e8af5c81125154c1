package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/internal/testkit"
)

var mergedAt = time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)

// twins is a database with clients that may be one, to be merged and parted.
type twins struct {
	*testing.T
	db *pgxpool.Pool
	st *store.Store
}

func newTwins(t *testing.T) twins {
	db := testkit.DB(t)
	w := twins{t, db, store.New(db)}
	w.exec(`INSERT INTO rep (ref, name) VALUES ('R1', 'Julie'), ('R2', 'Marc');
		INSERT INTO campaign (name, state, created_at) VALUES ('survey', 'running', now()), ('calls', 'running', now());
		INSERT INTO campaign_version (campaign_id, number, source, author, created_at) VALUES (1, 1, '', 'x', now()), (2, 1, '', 'x', now());
		UPDATE campaign SET version_id = id;
		INSERT INTO client (ref, name, imported_on) VALUES ('K', 'Durand', '2026-01-01'), ('D', 'Durand SARL', '2026-01-01'), ('X', 'Elsewhere', '2026-01-01'), ('E', 'Durand et fils', '2026-01-01')`)
	return w
}

func (w twins) exec(sql string, args ...any) {
	w.Helper()
	if _, err := w.db.Exec(context.Background(), sql, args...); err != nil {
		w.Fatalf("%s: %v", sql, err)
	}
}

func (w twins) text(sql string) string {
	w.Helper()
	var s *string
	if err := w.db.QueryRow(context.Background(), `SELECT (`+sql+`)::text`).Scan(&s); err != nil {
		w.Fatalf("%s: %v", sql, err)
	}
	if s == nil {
		return ""
	}
	return *s
}

func (w twins) want(sql, want string) {
	w.Helper()
	if got := w.text(sql); got != want {
		w.Errorf("%s: %s, want %s", sql, got, want)
	}
}

func (w twins) merge(keep, drop string) store.Merged {
	w.Helper()
	m, err := w.st.MergeClients(context.Background(), keep, drop, "test", mergedAt)
	if err != nil {
		w.Fatal(err)
	}
	return m
}

func (w twins) undo(merge int64) store.Unmerged {
	w.Helper()
	u, err := w.st.UndoMerge(context.Background(), merge, "test", mergedAt.Add(time.Hour))
	if err != nil {
		w.Fatal(err)
	}
	return u
}

// businessTables are those that hold something; the others of a client are made again.
var businessTables = []string{"client", "contact", "orders", "order_line", "contract", "activity", "call", "touch", "response", "basis", "suppression", "client_alias", "distinct_pair"}

// picture is everything that a merge may touch, row by row.
func (w twins) picture() (rows []string) {
	w.Helper()
	for _, table := range businessTables {
		list := w.text(fmt.Sprintf(`SELECT string_agg('%[1]s ' || to_jsonb(t)::text, E'\n' ORDER BY to_jsonb(t)::text COLLATE "C") FROM %[1]s t`, table))
		if list != "" {
			rows = append(rows, strings.Split(list, "\n")...)
		}
	}
	return rows
}

func (w twins) wantPicture(before []string) {
	w.Helper()
	after := w.picture()
	for _, r := range before {
		if !slices.Contains(after, r) {
			w.Errorf("gone: %s", r)
		}
	}
	for _, r := range after {
		if !slices.Contains(before, r) {
			w.Errorf("came: %s", r)
		}
	}
}

// Whatever refers to a client or a contact is known to the merge: a later table fails here first.
func TestMergingKnowsEveryTableOfAClient(t *testing.T) {
	w := newTwins(t)
	refers := func(table string) string {
		return w.text(fmt.Sprintf(`SELECT string_agg(c.conrelid::regclass || '.' || a.attname, ' ' ORDER BY 1, c.conrelid::regclass::text, a.attname) FROM pg_constraint c
			JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey) WHERE c.contype = 'f' AND c.confrelid = '%s'::regclass`, table))
	}
	sorted := func(s string) string {
		list := strings.Fields(s)
		slices.Sort(list)
		return strings.Join(list, " ")
	}
	want := "activity.client_id call.client_id client_alias.client_id client_fact.client_id client_month.client_id client_stale.client_id contact.client_id contract.client_id distinct_pair.a_id distinct_pair.b_id duplicate.a_id duplicate.b_id orders.client_id touch.client_id"
	if got := sorted(refers("client")); got != want {
		t.Errorf("tables that refer to a client:\n%s, want\n%s", got, want)
	}
	if got, want := sorted(refers("contact")), "activity.contact_id basis.contact_id call.contact_id touch.contact_id"; got != want {
		t.Errorf("tables that refer to a contact: %s, want %s", got, want)
	}
	loose := w.text(`SELECT string_agg(table_name || '.' || column_name, ' ' ORDER BY 1) FROM information_schema.columns WHERE table_schema = 'public' AND column_name IN ('client_id', 'client', 'client_ref')`)
	for _, column := range strings.Fields(loose) {
		if !strings.Contains(want, column) {
			t.Errorf("%s names a client and the merge does not know it", column)
		}
	}
}

// filled is a client with every column told.
const filledClient = `UPDATE client SET kind = 'company', siren = '732829320', vat = 'FR44732829320', group_ref = 'HOLDING', sector = 'bakery', address = '3 rue de Siam', postcode = '29200',
	city = 'Brest', country = 'FR', language = 'fr', zone = 'Europe/Paris', phone = '02 98 00 00 00', phone_e164 = '+33298000000', rep_id = 1, inside_rep_id = 2, potential = 1200.50,
	loss_risk = 'low', visits_per_year = 4, blocked = 'unpaid', created_on = '2020-01-01', closed_on = '2026-02-01', attributes = '{"a": "1", "b": "2"}' WHERE ref = 'D'`

func TestEmptyColumnsAreFilledAndEmptiedAgain(t *testing.T) {
	w := newTwins(t)
	w.exec(filledClient)
	w.exec(`UPDATE client SET attributes = '{"b": "mine"}', sector = 'mine' WHERE ref = 'K'`)
	before := w.picture()
	m := w.merge("K", "D")
	columns := w.text(`SELECT string_agg(column_name, ' ' ORDER BY column_name) FROM information_schema.columns WHERE table_name = 'client' AND table_schema = 'public'`)
	for _, c := range strings.Fields(columns) {
		own := slices.Contains([]string{"id", "ref", "name", "closed_on", "attributes", "imported_on", "run_id", "sector"}, c)
		if filled := slices.Contains(m.Filled, c); filled == own {
			t.Errorf("column %s is filled: %v", c, filled)
		}
	}
	w.want(`SELECT attributes FROM client WHERE ref = 'K'`, `{"a": "1", "b": "mine"}`)
	w.want(`SELECT potential || ' ' || city || ' ' || sector || ' ' || coalesce(closed_on::text, 'open') FROM client WHERE ref = 'K'`, `1200.50 Brest mine open`)
	if u := w.undo(m.ID); len(u.Stays) != 0 {
		t.Errorf("stays: %+v", u.Stays)
	}
	w.wantPicture(before)
}

func TestAFilledValueThatSomebodyChangedStays(t *testing.T) {
	w := newTwins(t)
	w.exec(filledClient)
	m := w.merge("K", "D")
	w.exec(`UPDATE client SET city = 'Quimper', attributes = attributes || '{"a": "3"}' WHERE ref = 'K'`)
	u := w.undo(m.ID)
	want := []store.StaysAsItIs{{Noun: "client", Ref: "K", Column: "city", Why: "changed since the merge"}, {Noun: "client", Ref: "K", Column: "attributes.a", Why: "changed since the merge"}}
	if !slices.Equal(u.Stays, want) {
		t.Errorf("stays: %+v, want %+v", u.Stays, want)
	}
	w.want(`SELECT concat_ws(' ', city, siren, attributes) FROM client WHERE ref = 'K'`, `Quimper {"a": "3"}`)
	w.want(`SELECT city FROM client WHERE ref = 'D'`, `Brest`)
}

func TestAnAddressIsTakenWholeOrNotAtAll(t *testing.T) {
	w := newTwins(t)
	w.exec(filledClient)
	w.exec(`UPDATE client SET city = 'Lyon' WHERE ref = 'K'`)
	w.merge("K", "D")
	w.want(`SELECT concat_ws(' ', address, postcode, city) FROM client WHERE ref = 'K'`, `Lyon`)
}

func TestWhatSomebodyRefusedHoldsForTheMergedClient(t *testing.T) {
	w := newTwins(t)
	w.exec(`INSERT INTO contact (client_id, key, name, email, email_key, phone_e164) VALUES (1, 'a@x.example', 'Anne', 'a@x.example', 'a@x.example', '+33600000001'), (2, 'a@x.example', 'Anne', 'a@x.example', 'a@x.example', '+33600000001'),
			(1, 'b@x.example', 'Bob', 'b@x.example', 'b@x.example', NULL), (2, 'c@x.example', 'Cleo', 'c@x.example', 'c@x.example', NULL);
		INSERT INTO basis (contact_id, channel, kind, source, held_on, withdrawn_at) VALUES (1, 'mail', 'information', 'CGV', '2025-01-01', NULL), (2, 'mail', 'information', 'CGV', '2025-01-01', '2025-06-01'),
			(2, 'call', 'consent', 'form', '2025-01-01', NULL), (1, 'call', 'consent', 'form', '2024-01-01', '2024-06-01'), (3, 'mail', 'information', 'CGV', '2025-01-01', NULL), (4, 'mail', 'information', 'CGV', '2025-01-01', NULL);
		INSERT INTO suppression (scope, address, why, source, at) VALUES ('call', 'client:D', 'opposition', 'call', '2026-01-01')`)
	before := w.picture()
	m := w.merge("K", "D")
	if m.Withdrawn != 2 {
		t.Errorf("%d bases withdrawn, want the mail basis of one and the consent to calls of the other", m.Withdrawn)
	}
	w.want(`SELECT string_agg(p.name || ' ' || b.channel, ', ' ORDER BY p.name) FROM basis b JOIN contact p ON p.id = b.contact_id WHERE b.withdrawn_at IS NULL AND p.client_id = 1`, `Bob mail, Cleo mail`)
	w.want(`SELECT count(*) FROM suppression WHERE address = 'client:K' AND withdrawn_at IS NULL`, `1`)
	w.undo(m.ID)
	w.wantPicture(before)
}

func TestWhatIsSaidAgainstTheMergedClientHoldsForBothAfterwards(t *testing.T) {
	w := newTwins(t)
	m := w.merge("K", "D")
	w.exec(`INSERT INTO suppression (scope, address, why, source, at) VALUES ('everything', 'client:K', 'opposition', 'call', '2026-03-10T09:30:00Z')`)
	w.undo(m.ID)
	w.want(`SELECT string_agg(address, ' ' ORDER BY address) FROM suppression WHERE scope = 'everything' AND withdrawn_at IS NULL`, `client:D client:K`)
}

// touch adds a touch and returns its id.
func (w twins) touch(client int, contact any, campaign int, occasion, state string, call any) int64 {
	w.Helper()
	var id int64
	err := w.db.QueryRow(context.Background(), `INSERT INTO touch (client_id, contact_id, campaign_id, version_id, step, channel, occasion, triggered_on, due_at, state, call_id, created_at)
		VALUES ($1, $2, $3, $3, 'first', CASE WHEN $3 = 1 THEN 'survey' ELSE 'call' END, $4, '2026-03-01', '2026-03-01', $5, $6, '2026-03-01') RETURNING id`, client, contact, campaign, occasion, state, call).Scan(&id)
	if err != nil {
		w.Fatal(err)
	}
	return id
}

func (w twins) states(ids ...int64) string {
	w.Helper()
	return w.text(fmt.Sprintf(`SELECT string_agg(concat_ws(' ', c.ref, t.occasion, t.state, t.reason), ', ' ORDER BY t.id) FROM touch t JOIN client c ON c.id = t.client_id WHERE t.id IN (%s)`,
		strings.Trim(strings.ReplaceAll(fmt.Sprint(ids), " ", ","), "[]")))
}

func TestNothingPlannedReachesOneClientTwice(t *testing.T) {
	for _, test := range []struct {
		name               string
		kept, dropped      string // occasion and state of each one's touch
		wantKept, wantDrop string
	}{
		{"both planned for one occasion", "2026 planned", "2026 planned", "K 2026 planned", "K merged:D:2026 cancelled merged"},
		{"both planned for two occasions", "since:2026-01-01 planned", "since:2026-02-01 planned", "K since:2026-01-01 planned", "K merged:D:since:2026-02-01 cancelled merged"},
		{"the kept one got it", "2026 answered", "2026 planned", "K 2026 answered", "K merged:D:2026 cancelled merged"},
		{"the dropped one got it", "2026 planned", "2026 sent", "K merged:K:2026 cancelled merged", "K merged:D:2026 sent"},
		{"both got it", "2026 sent", "2026 answered", "K 2026 sent", "K merged:D:2026 answered"},
		{"the kept one got it another year", "2025 sent", "2026 planned", "K 2025 sent", "K 2026 planned"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newTwins(t)
			kept, keptState, _ := strings.Cut(test.kept, " ")
			dropped, droppedState, _ := strings.Cut(test.dropped, " ")
			k, d := w.touch(1, nil, 1, kept, keptState, nil), w.touch(2, nil, 1, dropped, droppedState, nil)
			before := w.picture()
			m := w.merge("K", "D")
			if got, want := w.states(k, d), test.wantKept+", "+test.wantDrop; got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			w.undo(m.ID)
			w.wantPicture(before)
		})
	}
}

// card opens one for a client, with one reason.
func (w twins) card(client int, day string, priority int) (call, touch int64) {
	w.Helper()
	err := w.db.QueryRow(context.Background(), `INSERT INTO call (client_id, rep_id, state, due_at, deadline_at, priority, opened_at) VALUES ($1, 1, 'open', $2::date, $2::date + 10, $3, '2026-03-01') RETURNING id`, client, day, priority).Scan(&call)
	if err != nil {
		w.Fatal(err)
	}
	return call, w.touch(client, nil, 2, fmt.Sprint("answer:", client), "open", call)
}

const cardLines = `SELECT string_agg(concat_ws(' ', c.ref, k.state, k.closed_why, k.due_at::date, k.deadline_at::date, k.priority, (SELECT count(*) FROM touch t WHERE t.call_id = k.id AND t.state = 'open')), ', ' ORDER BY k.id) FROM call k JOIN client c ON c.id = k.client_id`

func TestTwoOpenCardsBecomeOne(t *testing.T) {
	w := newTwins(t)
	w.card(1, "2026-03-05", 50)
	w.card(2, "2026-03-03", 80)
	before := w.picture()
	m := w.merge("K", "D")
	w.want(cardLines, `K open 2026-03-03 2026-03-13 80 2, K skipped merged 2026-03-03 2026-03-13 80 0`)
	w.undo(m.ID)
	w.wantPicture(before)
}

func TestTheOnlyCardGoesAndComesBack(t *testing.T) {
	w := newTwins(t)
	w.card(2, "2026-03-03", 80)
	before := w.picture()
	m := w.merge("K", "D")
	w.want(cardLines, `K open 2026-03-03 2026-03-13 80 1`)
	w.undo(m.ID)
	w.wantPicture(before)
}

func TestACardThatGotAnotherReasonMeanwhileIsParted(t *testing.T) {
	w := newTwins(t)
	card, _ := w.card(2, "2026-03-03", 80)
	m := w.merge("K", "D")
	w.touch(1, nil, 2, "first-order", "open", card)
	w.undo(m.ID)
	w.want(cardLines, `K open 2026-03-03 2026-03-13 80 1, D open 2026-03-03 2026-03-13 80 1`)
}

func TestACallThatWasMadeMeanwhileStaysMade(t *testing.T) {
	w := newTwins(t)
	w.card(1, "2026-03-05", 50)
	_, theirs := w.card(2, "2026-03-03", 80)
	m := w.merge("K", "D")
	w.exec(`UPDATE call SET state = 'done', outcome = 'reached', closed_at = '2026-03-10T09:30:00Z' WHERE id = 1; UPDATE touch SET state = 'done', outcome = 'reached' WHERE call_id = 1 AND state = 'open'`)
	w.undo(m.ID)
	if got, want := w.states(theirs), "D answer:2 done"; got != want {
		t.Errorf("its reason: %s, want %s", got, want)
	}
	w.want(`SELECT string_agg(concat_ws(' ', c.ref, k.state), ', ' ORDER BY k.id) FROM call k JOIN client c ON c.id = k.client_id`, `K done, D skipped`)
}

// What came in between: under the kept client it stays there; for the other's persons, and from its touches, it goes back.
func TestWhatHappenedMeanwhileGoesWhereItBelongs(t *testing.T) {
	w := newTwins(t)
	w.exec(`INSERT INTO contact (client_id, key, name) VALUES (2, 'Anne', 'Anne')`)
	sent := w.touch(2, 1, 1, "2026", "sent", nil)
	m := w.merge("K", "D")
	w.exec(`INSERT INTO activity (client_id, kind, at, note, by) VALUES (1, 'note', '2026-03-10T10:00:00Z', 'x', 'Julie');
		INSERT INTO orders (ref, client_id, ordered_on, came_as) VALUES ('O1', 1, '2026-03-10', NULL), ('O2', 1, '2026-03-10', 'D')`)
	reminder, forAnne, own := w.touch(1, nil, 1, "answer:1", "planned", nil), w.touch(1, 1, 1, "2027", "planned", nil), w.touch(1, nil, 1, "2027", "planned", nil)
	w.exec(`UPDATE touch SET parent_id = $1 WHERE id = $2`, sent, reminder)
	w.undo(m.ID)
	if got, want := w.states(sent, reminder, forAnne, own), "D 2026 sent, D answer:1 planned, D 2027 planned, K 2027 planned"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	w.want(`SELECT string_agg(o.ref || ' ' || c.ref || coalesce(' ' || came_as, ''), ', ' ORDER BY o.ref) FROM orders o JOIN client c ON c.id = o.client_id`, `O1 K, O2 D`)
	w.want(`SELECT c.ref FROM activity a JOIN client c ON c.id = a.client_id`, `K`)
}

func TestMergesOfMergedClients(t *testing.T) {
	w := newTwins(t)
	w.exec(`INSERT INTO orders (ref, client_id, ordered_on) VALUES ('OD', 2, '2026-01-01'), ('OE', 4, '2026-01-01'), ('OK', 1, '2026-01-01')`)
	before := w.picture()
	first := w.merge("D", "E")
	second := w.merge("K", "E") // named by the alias: it is D that goes
	if second.Kept != "K" || second.Dropped != "D" {
		t.Errorf("merged %s into %s", second.Dropped, second.Kept)
	}
	w.want(`SELECT string_agg(a.ref || ' ' || c.ref, ', ' ORDER BY a.ref) FROM client_alias a JOIN client c ON c.id = a.client_id`, `D K, E K`)
	if _, err := w.st.UndoMerge(t.Context(), first.ID, "test", mergedAt); !errors.Is(err, store.ErrMerge) || !strings.Contains(err.Error(), fmt.Sprintf("undo merge %d first", second.ID)) {
		t.Errorf("undoing the first: %v", err)
	}
	if _, err := w.st.MergeClients(t.Context(), "K", "E", "test", mergedAt); !errors.Is(err, store.ErrMerge) {
		t.Errorf("merging what is one: %v", err)
	}
	w.undo(second.ID)
	w.want(`SELECT string_agg(a.ref || ' ' || c.ref, ', ' ORDER BY a.ref) FROM client_alias a JOIN client c ON c.id = a.client_id`, `E D`)
	w.undo(first.ID)
	w.wantPicture(before)
	if _, err := w.st.UndoMerge(t.Context(), first.ID, "test", mergedAt); !errors.Is(err, store.ErrConflict) {
		t.Errorf("undoing twice: %v", err)
	}
	if _, err := w.st.MergeClients(t.Context(), "K", "nobody", "test", mergedAt); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("merging nobody: %v", err)
	}
}

// Whatever hangs on two clients: after a merge all of it is at one, and after parting them everything is as it was.
func TestPartingRestoresWhatMergingFound(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := newTwins(t)
			w.furnish(rand.New(rand.NewPCG(seed, 7)))
			before := w.picture()
			first := w.merge("K", "D")
			w.want(`SELECT count(*) FROM client WHERE ref = 'D'`, `0`)
			second := w.merge("E", "K")
			w.want(`SELECT count(*) FROM (SELECT client_id FROM contact UNION SELECT client_id FROM orders UNION SELECT client_id FROM contract UNION SELECT client_id FROM activity UNION SELECT client_id FROM touch UNION SELECT client_id FROM call) c WHERE client_id NOT IN (3, 4)`, `0`)
			w.undo(second.ID)
			w.undo(first.ID)
			w.wantPicture(before)
		})
	}
}

// furnish hangs things on the clients K, D, X and E.
func (w twins) furnish(r *rand.Rand) {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	for client := 1; client <= 4; client++ {
		for _, name := range []string{"a", "b", "c"} {
			if r.IntN(2) == 0 {
				continue
			}
			var contact int64
			key := pick(name, name+"@x.example")
			err := w.db.QueryRow(context.Background(), `INSERT INTO contact (client_id, key, name, email_key, phone_e164, main) VALUES ($1, $2, $3, nullif($4, ''), nullif($5, ''), $6) RETURNING id`,
				client, key, name, pick("", name+"@x.example"), pick("", "+3360000000"+pick("1", "2")), r.IntN(2) == 0).Scan(&contact)
			if err != nil {
				w.Fatal(err)
			}
			for _, channel := range []string{"mail", "call"} {
				w.exec(`INSERT INTO basis (contact_id, channel, kind, source, held_on, withdrawn_at) VALUES ($1, $2, 'consent', 'x', '2025-01-01', nullif($3, '')::timestamptz)`, contact, channel, pick("", "2025-05-05"))
			}
			w.touch(client, contact, 1, pick("2025", "2026"), pick("planned", "sent", "answered", "skipped", "held_out"), nil)
		}
		for i := range r.IntN(3) {
			w.exec(`INSERT INTO orders (ref, client_id, ordered_on, amount, counts) VALUES ($1, $2, '2026-02-01', 10, true)`, fmt.Sprintf("O%d-%d", client, i), client)
			w.exec(`INSERT INTO activity (client_id, kind, at) VALUES ($1, 'visit', '2026-02-01')`, client)
			w.exec(`INSERT INTO contract (ref, client_id, ends_on) VALUES ($1, $2, '2027-01-01')`, fmt.Sprintf("T%d-%d", client, i), client)
		}
		if r.IntN(2) == 0 {
			w.card(client, fmt.Sprintf("2026-03-%02d", 1+r.IntN(9)), 10*r.IntN(9))
		}
		if r.IntN(2) == 0 {
			w.touch(client, nil, 2, pick("first-order", "silent:2026-01-01"), pick("planned", "done", "cancelled"), nil)
		}
		if r.IntN(3) == 0 {
			w.exec(`INSERT INTO suppression (scope, address, why, source, at) SELECT $2, 'client:' || ref, 'opposition', 'call', '2026-01-01' FROM client WHERE id = $1`, client, pick("call", "everything"))
		}
		w.exec(`UPDATE client SET group_ref = nullif($2, ''), sector = nullif($3, ''), rep_id = $4, attributes = jsonb_build_object($5::text, 'v') WHERE id = $1`, client, pick("", "D", "K", "G"), pick("", "bakery"), 1+r.IntN(2), pick("a", "b"))
	}
	w.exec(`INSERT INTO distinct_pair (a_id, b_id, by, at) VALUES (2, 3, 'x', '2026-01-01')`)
}
