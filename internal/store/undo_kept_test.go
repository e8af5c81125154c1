package store_test

import (
	"context"
	"fmt"
	"reflect"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/relance/relance/internal/importer"
	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/internal/testkit"
)

// campaignOf makes a campaign, for touches that are written by hand.
func campaignOf(t *testing.T, db *pgxpool.Pool) {
	t.Helper()
	mustExec(t, db, `INSERT INTO campaign (name, state, created_at) VALUES ('c1', 'running', '2026-01-01')`)
	mustExec(t, db, `INSERT INTO campaign_version (campaign_id, number, source, author, created_at) VALUES (1, 1, '', 'x', '2026-01-01')`)
}

// touchOf makes a touch of a client in a state.
const touchOf = `INSERT INTO touch (client_id, contact_id, campaign_id, version_id, step, channel, occasion, triggered_on, due_at, state, sent_at, call_id, created_at)
	SELECT c.id, (SELECT min(id) FROM contact p WHERE p.client_id = c.id), 1, 1, 's', 'mail', '%[1]s', '2026-03-01', '2026-03-01', '%[1]s', %[2]s, %[3]s, '2026-03-01' FROM client c WHERE ref = 'N'`

// What hangs on a row that the run made keeps it; what was only planned goes with it.
func TestWhatIsInUseStays(t *testing.T) {
	const card = `INSERT INTO call (client_id, state, due_at, opened_at, attempts) SELECT id, 'open', '2026-03-01', '2026-03-01', %d FROM client WHERE ref = 'N'`
	for _, c := range []struct {
		name string
		sql  []string
		want []store.Kept
	}{
		{"nothing but facts", []string{`INSERT INTO client_fact (client_id, as_of, created_on) SELECT id, '2026-03-01', '2026-03-01' FROM client WHERE ref = 'N'`,
			`INSERT INTO client_stale SELECT id FROM client WHERE ref = 'N' ON CONFLICT DO NOTHING`}, nil},
		{"a planned, a cancelled and a skipped touch", []string{fmt.Sprintf(touchOf, "planned", "NULL", "NULL"), fmt.Sprintf(touchOf, "cancelled", "NULL", "NULL"), fmt.Sprintf(touchOf, "skipped", "NULL", "NULL")}, nil},
		{"a card that nobody touched", []string{fmt.Sprintf(card, 0), fmt.Sprintf(touchOf, "open", "NULL", "1")}, nil},
		{"a sent mail", []string{fmt.Sprintf(touchOf, "sent", "'2026-03-01'", "NULL")}, []store.Kept{{Noun: "client", Ref: "N", Why: store.KeptUsed, By: "touch"}}},
		{"one that is being sent", []string{fmt.Sprintf(touchOf, "sending", "NULL", "NULL")}, []store.Kept{{Noun: "client", Ref: "N", Why: store.KeptUsed, By: "touch"}}},
		{"a call that was tried", []string{fmt.Sprintf(card, 1), fmt.Sprintf(touchOf, "open", "NULL", "1")}, []store.Kept{{Noun: "client", Ref: "N", Why: store.KeptUsed, By: "call"}}},
		{"a visit that a rep logged", []string{`INSERT INTO activity (client_id, kind, at, by) SELECT id, 'visit', '2026-03-01', 'rep' FROM client WHERE ref = 'N'`},
			[]store.Kept{{Noun: "client", Ref: "N", Why: store.KeptUsed, By: "activity"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := testkit.DB(t)
			st := store.New(db)
			campaignOf(t, db)
			put(t, st, importer.Clients, "ref,name\nA,Alpha\n")
			run := put(t, st, importer.Clients, "ref,name\nN,New\n").Run
			for _, sql := range c.sql {
				mustExec(t, db, sql)
			}
			look, err := st.PreviewUndo(context.Background(), run, importedAt)
			if err != nil {
				t.Fatal(err)
			}
			u := undo(t, st, run)
			if !reflect.DeepEqual(look, u) {
				t.Errorf("foreseen %+v, done %+v", look, u)
			}
			if len(u.List)+len(c.want) > 0 && !reflect.DeepEqual(u.List, c.want) || int(u.Kept) != len(c.want) {
				t.Errorf("kept %+v", u)
			}
			if n := ask[int64](t, db, `SELECT count(*) FROM client WHERE ref = 'N'`); int(n) != len(c.want) {
				t.Errorf("the client is there %d times", n)
			}
			if n := ask[int64](t, db, `SELECT count(*) FROM touch`) + ask[int64](t, db, `SELECT count(*) FROM call`); n > 0 && len(c.want) == 0 {
				t.Errorf("%d touches and cards are left", n)
			}
		})
	}
}

func TestAClientStaysWithTheOrdersOfAnotherRunAndGoesWithThem(t *testing.T) {
	db := testkit.DB(t)
	st := store.New(db)
	clients := put(t, st, importer.Clients, "ref,name\nN,New\n").Run
	orders := put(t, st, importer.Orders, "order,client,ordered_on,amount\n1,N,2026-01-05,5\n").Run
	if u := undo(t, st, clients); len(u.List) != 1 || u.List[0] != (store.Kept{Noun: "client", Ref: "N", Why: store.KeptUsed, By: "orders"}) {
		t.Errorf("the clients: %+v", u)
	}
	if u := undo(t, st, orders); u.Removed["orders"] != 1 || u.Removed["order_line"] != 1 || u.Removed["client"] != 1 || u.Kept != 0 {
		t.Errorf("the orders: %+v", u)
	}
}

// What a person did since stays, and is listed.
func TestWhatAPersonChangedStays(t *testing.T) {
	db := testkit.DB(t)
	st := store.New(db)
	put(t, st, importer.Clients, "ref,name\nA,Alpha\n")
	put(t, st, importer.Activities, "ref,client,kind,at\nX,A,complaint,2026-02-01\n")
	run := put(t, st, importer.Activities, "ref,client,kind,at,minutes,closed_on\nX,A,complaint,2026-02-01,30,2026-02-05\nY,A,complaint,2026-02-02,,\nZ,A,visit,2026-02-02,,\n").Run
	people := put(t, st, importer.Contacts, "client,ref,name,phone\nA,P,Pia,0199000001\nA,Q,Quin,0199000002\n").Run
	mustExec(t, db, `UPDATE contact SET wrong = 'wrong_number' WHERE ref = 'P'`)
	mustExec(t, db, `UPDATE activity SET closed_on = '2026-02-20' WHERE ref = 'X'`)
	complaint := ask[int64](t, db, `SELECT id FROM activity WHERE ref = 'Y'`)
	if err := st.CloseComplaint(context.Background(), store.Sight{}, complaint, importedAt, "mia", importedAt); err != nil {
		t.Fatal(err)
	}
	want := []store.Kept{{Noun: "activity", Ref: "X", Column: "closed_on", Why: store.KeptChanged}, {Noun: "activity", Ref: "Y", Why: store.KeptChanged}}
	if u := undo(t, st, run); !reflect.DeepEqual(u.List, want) || u.Removed["activity"] != 1 || u.Restored["activity"] != 1 {
		t.Errorf("activities: %+v", u)
	}
	if got := ask[string](t, db, `SELECT string_agg(concat_ws(' ', ref, minutes, closed_on), ', ' ORDER BY ref) FROM activity`); got != "X 2026-02-20, Y 2026-03-02" {
		t.Errorf("activities: %s", got)
	}
	if u := undo(t, st, people); !reflect.DeepEqual(u.List, []store.Kept{{Noun: "contact", Ref: "A P", Why: store.KeptChanged}}) || u.Removed["contact"] != 1 {
		t.Errorf("contacts: %+v", u)
	}
}

// A basis belongs to its address: it holds again when the address is back, whichever run goes first.
func TestConsentComesBackWithItsAddress(t *testing.T) {
	const before = "P1 mail+call no alice@old.example++33199000011, P2 mail+call"
	for _, order := range [][]int{{1, 0}, {0, 1}} {
		db, st := moves(t)
		runs := []int64{
			put(t, st, importer.Contacts, peopleHead+"A,P1,Alice,alice@new.example,0199000021\nA,P2,Bruno,bruno@new.example,0199000012\n").Run,
			put(t, st, importer.Contacts, peopleHead+"A,P1,Alice,alice@newer.example,0199000021\nA,P2,Bruno,bruno@new.example,0199000012\n").Run,
		}
		if got, want := rights(t, db), "P1 no alice@newer.example++33199000021, P2 call"; got != want {
			t.Fatalf("after both: %s, want %s", got, want)
		}
		undo(t, st, runs[order[0]])
		if got, want := rights(t, db), []string{"P1 no alice@newer.example++33199000021, P2 mail+call", "P1 no alice@new.example++33199000021, P2 call"}[order[0]]; got != want {
			t.Errorf("after undoing run %d: %s, want %s", order[0], got, want)
		}
		undo(t, st, runs[order[1]])
		if got := rights(t, db); got != before {
			t.Errorf("in the order %v: %s, want %s", order, got, before)
		}
		if n := ask[int64](t, db, `SELECT count(*) FROM suppression WHERE run_id IS NOT NULL`); n != 0 {
			t.Errorf("%d oppositions are still carried", n)
		}
	}
}

// An opposition that came after the import is not the import's to take away.
func TestUndoingTakesNoWordBack(t *testing.T) {
	db, st := moves(t)
	run := put(t, st, importer.Contacts, peopleHead+"A,P1,Alice,alice@new.example,0199000011\n").Run
	mustExec(t, db, `INSERT INTO suppression (scope, address, why, source, touch_id, at) VALUES ('mail', 'alice@new.example', 'opposition', 'one-click', 9, '2026-03-03')`)
	undo(t, st, run)
	if got := ask[string](t, db, `SELECT string_agg(address || ' ' || scope, ', ' ORDER BY id) FROM suppression WHERE withdrawn_at IS NULL`); got != "alice@old.example everything, +33199000011 everything, alice@new.example mail" {
		t.Errorf("oppositions: %s", got)
	}
}
