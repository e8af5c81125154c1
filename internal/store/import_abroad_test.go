package store_test

import (
	"testing"

	"github.com/relance/relance/internal/importer"
	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/internal/testkit"
)

// A national number is dialled from the client's country also where a later file leaves the country out.
func TestNumbersAreDialledFromTheClientsCountry(t *testing.T) {
	db := testkit.DB(t)
	st := store.New(db)
	put(t, st, importer.Clients, "ref,name,country\nA,Acme,DE\nB,Beta,\n")
	put(t, st, importer.Clients, "ref,name,phone\nA,Acme,030 23125012\nB,Beta,01 99 00 12 34\n")
	put(t, st, importer.Contacts, "client,name,phone\nA,Ann,030 23125013\n")
	if got := ask[string](t, db, `SELECT string_agg(phone_e164, ' ' ORDER BY ref) || ' ' || (SELECT phone_e164 FROM contact) FROM client`); got != "+493023125012 +33199001234 +493023125013" {
		t.Error(got)
	}
}
