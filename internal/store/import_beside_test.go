package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/importer"
	"github.com/relance/relance/internal/store"
)

// While an import has changed every client and contact and has not ended, a worker claims, records and marks without
// waiting for it: who has to wait is cut off after two seconds, and fails the test.
func TestDeliveringDoesNotWaitForAnImport(t *testing.T) {
	f := newField(t)
	for i := range 30 {
		c := f.contact(fmt.Sprintf("C%d", i), fmt.Sprintf("a%d@example.com", i))
		f.touch(c, 1, "mail", "one", 50)
	}
	f.admit(1)
	worker := uuid.New()
	deliver := func() {
		ctx, cancel := context.WithTimeout(f.ctx, 2*time.Second)
		defer cancel()
		claim := store.Claim{CampaignID: 1, Channel: campaigns.Mail, Worker: worker, N: 10}
		due, err := f.ClaimAndRecord(ctx, claim, nil, noon())
		if err != nil || len(due) == 0 {
			t.Fatalf("claimed %d, %v", len(due), err)
		}
		var results []store.Settled
		for _, d := range due {
			results = append(results, store.Settled{ID: d.ID, Attempt: d.Attempt, State: campaigns.Sent, At: noon()})
		}
		if _, err := f.ClaimAndRecord(ctx, claim, results, noon()); err != nil {
			t.Fatal(err)
		}
		if err := f.LogActivity(ctx, store.Sight{}, store.Logged{ClientRef: "C1", Kind: "visit", By: "rep"}, noon()); err != nil {
			t.Fatal(err)
		}
	}
	var file strings.Builder
	for i := range 30 {
		fmt.Fprintf(&file, "C%d,Changed %d,a%d@example.com\n", i, i, i)
	}
	during := store.ImportSpec{File: "x", By: "test", Now: noon(), PerLine: func(line int64, _ string) {
		if line == 2 { // told when all of it is written, and nothing is committed
			deliver()
		}
	}}
	for _, kind := range []importer.Kind{importer.Contacts, importer.Clients} {
		head := map[importer.Kind]string{importer.Contacts: "client,name,email\n", importer.Clients: "ref,name,sector\n"}[kind]
		file := opened(t, kind, head+file.String())
		r, err := f.Import(f.ctx, during, file)
		if err != nil || r.Updated != 30 {
			t.Fatalf("%s: %+v, %v", kind, counts(r), err)
		}
	}
}

// A rep says that a number is wrong while an import has changed that very contact: the rep waits for the end, and both hold.
func TestAnOutcomeAndAnImportOfTheSameContactDoNotLockEachOther(t *testing.T) {
	f, _ := newCard(t, 1)
	now := paris(t, "2026-03-10 09:30")
	said := make(chan error, 1)
	during := store.ImportSpec{File: "x", By: "test", Now: now, PerLine: func(int64, string) {
		go func() {
			said <- f.RecordOutcome(f.ctx, store.Outcome{Call: 1, Outcome: campaigns.WrongNumber, By: "rep"}, now)
		}()
		// Until it has waited for so long that Postgres would break the import off, should the two lock each other.
		for query[int](f, `SELECT count(*) FROM pg_stat_activity a JOIN pg_locks l USING (pid) WHERE datname = current_database() AND NOT granted AND waitstart < clock_timestamp() - interval '1100 ms'`) == 0 && len(said) == 0 {
			time.Sleep(20 * time.Millisecond)
		}
	}}
	if r, err := f.Import(f.ctx, during, opened(t, importer.Contacts, "client,name,email\na,Renamed,a@example.com\n")); err != nil || r.Updated != 1 {
		t.Fatalf("%v, %v", counts(r), err)
	}
	if err := <-said; err != nil {
		t.Fatal(err)
	}
	if got := query[string](f, `SELECT name || ' ' || wrong FROM contact`); got != "Renamed wrong_number" {
		t.Errorf("the contact is %s", got)
	}
}
