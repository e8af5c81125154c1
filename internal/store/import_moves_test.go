package store_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/relance/relance/internal/importer"
	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/internal/testkit"
)

const (
	peopleHead = "client,ref,name,email,phone\n"
	basisHead  = "client,ref,name,email,phone,mail_basis,call_basis,basis_source,basis_on\n"
)

// moves is a company A with Alice and Bruno, who consented to mails and calls; Alice opposes to all of it.
func moves(t *testing.T) (*pgxpool.Pool, *store.Store) {
	t.Helper()
	db := testkit.DB(t)
	st := store.New(db)
	put(t, st, importer.Clients, "ref,name,phone\nA,Alpha,0199000001\nB,Beta,0199000009\n")
	put(t, st, importer.Contacts, basisHead+"A,P1,Alice,alice@old.example,0199000011,consent,consent,form,2026-01-01\nA,P2,Bruno,bruno@x.example,0199000012,consent,consent,form,2026-01-01\n")
	for _, key := range []string{"alice@old.example", "+33199000011"} {
		mustExec(t, db, `INSERT INTO suppression (scope, address, why, source, touch_id, at) VALUES ('everything', $1, 'opposition', 'stop page', 7, '2026-02-01')`, key)
	}
	return db, st
}

// rights tells each contact's live bases, and what of theirs is suppressed.
func rights(t *testing.T, db *pgxpool.Pool) string {
	t.Helper()
	return ask[string](t, db, `SELECT string_agg(concat_ws(' ', p.ref, (SELECT string_agg(channel, '+' ORDER BY channel DESC) FROM basis b WHERE b.contact_id = p.id AND withdrawn_at IS NULL),
		(SELECT 'no ' || string_agg(DISTINCT address, '+' ORDER BY address DESC) FROM suppression s WHERE withdrawn_at IS NULL AND why = 'opposition' AND address IN (p.email_key, p.phone_e164, 'client:' || c.ref))), ', ' ORDER BY p.ref)
		FROM contact p JOIN client c ON c.id = p.client_id`)
}

func TestConsentStaysWithItsAddressAndOppositionWithThePerson(t *testing.T) {
	const before = "P1 mail+call no alice@old.example++33199000011, P2 mail+call"
	for _, c := range []struct {
		name  string
		files []string // one import each
		want  string
	}{
		{"the same again", []string{"A,P1,Alice,alice@old.example,0199000011\nA,P2,Bruno,Bruno@X.example,01 99 00 00 12\n"}, before},
		{"another address for the one, another person in the row of the other", []string{"A,P1,Alice,alice@new.example,0199000011\nA,P2,Mallory,mallory@x.example,0199000012\n"},
			"P1 call no alice@new.example++33199000011, P2 call"},
		{"another number", []string{"A,P1,Alice,alice@old.example,0199000021\nA,P2,Bruno,bruno@x.example,0199000022\n"},
			"P1 mail no alice@old.example++33199000021, P2 mail"},
		{"two who swap their addresses", []string{"A,P1,Alice,bruno@x.example,0199000011\nA,P2,Bruno,alice@old.example,0199000012\n"},
			"P1 call no bruno@x.example++33199000011, P2 call no alice@old.example"},
		{"cleared, and the same put back", []string{"A,P1,Alice,,\nA,P2,Bruno,,\n", "A,P1,Alice,alice@old.example,0199000011\nA,P2,Bruno,bruno@x.example,0199000012\n"}, before},
		{"cleared twice, and another put in", []string{"A,P1,Alice,,\nA,P2,Bruno,,\n", "A,P1,Alice,,\nA,P2,Bruno,,\n", "A,P1,Alice,alice@new.example,0199000021\nA,P2,Bruno,mallory@x.example,0199000022\n"},
			"P1 no alice@new.example++33199000021, P2"},
		{"a number that nobody can normalise", []string{"A,P1,Alice,alice@old.example,poste 12\nA,P2,Bruno,bruno@x.example,0199000012\n"},
			"P1 mail no client:A+alice@old.example, P2 mail+call no client:A"},
	} {
		t.Run(c.name, func(t *testing.T) {
			db, st := moves(t)
			if got := rights(t, db); got != before {
				t.Fatalf("before: %q", got)
			}
			for _, file := range c.files {
				put(t, st, importer.Contacts, peopleHead+file)
			}
			if got := rights(t, db); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			again(t, db, st, importer.Contacts, peopleHead+c.files[len(c.files)-1], int64(strings.Count(c.files[0], "\n")))
			if got := rights(t, db); got != c.want {
				t.Errorf("after the same file once more: %q", got)
			}
		})
	}
}

func TestWhatAnImportWithdrewIsKeptAndTold(t *testing.T) {
	db, st := moves(t)
	r := put(t, st, importer.Contacts, peopleHead+"A,P1,Alice,alice@new.example,0199000011\n")
	if got := ask[string](t, db, `SELECT string_agg(concat_ws(' ', channel, kind, source, held_on, withdrawn_at, withdrawn_run = (SELECT max(id) FROM import_run)), ', ') FROM basis WHERE withdrawn_at IS NOT NULL`); got != "mail consent form 2026-01-01 2026-03-02 09:00:00+00 t" {
		t.Errorf("the proof: %q", got)
	}
	if got := ask[string](t, db, `SELECT concat_ws(' ', scope, source, touch_id, at, run_id) FROM suppression WHERE address = 'alice@new.example'`); !strings.HasPrefix(got, "everything stop page 7 2026-02-01 00:00:00+00 ") {
		t.Errorf("the opposition carried over: %q", got)
	}
	if got := ask[string](t, db, `SELECT concat_ws(' ', by, ref = (SELECT max(id)::text FROM import_run), detail) FROM event WHERE what = 'import.addresses_changed'`); got != `test t {"channel": "mail", "bases_withdrawn": 1, "oppositions_carried": 1}` {
		t.Errorf("run %d told %q", r.Run, got)
	}
}

func TestASwitchboardKeepsItsOpposition(t *testing.T) {
	db, st := moves(t)
	mustExec(t, db, `INSERT INTO suppression (scope, address, why, source, at) VALUES ('call', '+33199000001', 'opposition', 'stop page', '2026-02-01')`)
	put(t, st, importer.Clients, "ref,name,phone\nA,Alpha,0199000002\nB,Beta,0199000008\n")
	if got := ask[string](t, db, `SELECT string_agg(address, ' ' ORDER BY address) FROM suppression WHERE run_id IS NOT NULL`); got != "+33199000002" {
		t.Errorf("carried to %q", got)
	}
	put(t, st, importer.Clients, "ref,name,phone\nA,Alpha,\n")
	if got := ask[string](t, db, `SELECT string_agg(address, ' ' ORDER BY address) FROM suppression WHERE run_id IS NOT NULL`); got != "+33199000002 client:A" {
		t.Errorf("once there is no number: %q", got)
	}
}

func TestASecondContactBringsNoConsentToAKnownAddress(t *testing.T) {
	for _, c := range []struct{ name, sql, row, want string }{
		{"a new address", `SELECT`, "A,N2,Nadia,nadia@x.example,0199000033,consent,consent,form,2026-02-01", "mail+call"},
		{"one that consented too", `SELECT`, "A,N2,Bruno,bruno@x.example,0199000012,information,consent,form,2026-02-01", "mail+call"},
		{"one without any basis", `DELETE FROM basis`, "A,N2,Bruno,bruno@x.example,0199000012,consent,consent,form,2026-02-01", ""},
		{"one whose basis was withdrawn", `UPDATE basis SET withdrawn_at = '2026-02-01' WHERE channel = 'mail'`, "A,N2,Bruno,bruno@x.example,0199000012,consent,consent,form,2026-02-01", "call"},
		{"one without any basis, at another client", `DELETE FROM basis`, "B,N2,Bruno,bruno@x.example,0199000033,consent,consent,form,2026-02-01", "call"},
		{"a number known with less than consent", `UPDATE basis SET kind = 'information'`, "A,N2,Bruno,nadia@x.example,0199000012,consent,consent,form,2026-02-01", "mail"},
	} {
		t.Run(c.name, func(t *testing.T) {
			db, st := moves(t)
			mustExec(t, db, c.sql)
			put(t, st, importer.Contacts, basisHead+c.row+"\n")
			if got := ask[string](t, db, `SELECT coalesce(string_agg(channel, '+' ORDER BY channel DESC), '') FROM basis b JOIN contact p ON p.id = contact_id WHERE p.ref = 'N2'`); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
