package store_test

import (
	"slices"
	"testing"

	"github.com/relance/relance/internal/importer"
	"github.com/relance/relance/internal/store"
)

// Two systems of one company: K and D are one client.
const (
	twinClients    = "ref,name,city,phone,sector\nK,Durand,,,bakery\nD,Durand SARL,Brest,02 98 00 00 00,\n"
	twinContacts   = "client,ref,name,email\nK,1,Anne,a@x.example\nD,1,Bob,b@x.example\nD,,Anne,a@x.example\n"
	twinOrders     = "order,client,ordered_on,amount\nO1,K,2026-01-05,10\nO2,D,2026-01-06,20\n"
	twinActivities = "client,kind,at,note\nD,visit,2026-01-07,theirs\nK,visit,2026-01-07,ours\n"
	twinContracts  = "ref,client,ends_on\nT1,D,2027-01-01\n"
)

var twinFiles = []struct {
	kind importer.Kind
	text string
}{{importer.Clients, twinClients}, {importer.Contacts, twinContacts}, {importer.Orders, twinOrders}, {importer.Activities, twinActivities}, {importer.Contracts, twinContracts}}

// imported brings all files in, and merges D into K.
func imported(t *testing.T) (twins, store.Merged) {
	w := newTwins(t)
	w.exec(`DELETE FROM client`)
	for _, f := range twinFiles {
		put(t, w.st, f.kind, f.text)
	}
	return w, w.merge("K", "D")
}

func TestTheSameFilesAfterAMergeChangeNothing(t *testing.T) {
	w, m := imported(t)
	before := w.picture()
	for _, f := range twinFiles {
		n := int64(len(rows(t, []byte(f.text))) - 1)
		wantCounts(t, string(f.kind), put(t, w.st, f.kind, f.text), [4]int64{0, 0, n, 0})
	}
	w.wantPicture(before)
	w.undo(m.ID)
	for _, f := range twinFiles {
		n := int64(len(rows(t, []byte(f.text))) - 1)
		wantCounts(t, string(f.kind)+" after parting", put(t, w.st, f.kind, f.text), [4]int64{0, 0, n, 0})
	}
}

// A file of one system alone: what it says of the merged client, it has said before.
func TestAFileWithTheAliasAloneChangesWhatHasChangedSince(t *testing.T) {
	w, _ := imported(t)
	before := w.picture()
	wantCounts(t, "as it was", put(t, w.st, importer.Clients, "ref,name,city,phone,sector\nD,Durand SARL,Brest,02 98 00 00 00,\n"), [4]int64{0, 0, 1, 0})
	w.wantPicture(before)
	wantCounts(t, "moved", put(t, w.st, importer.Clients, "ref,name,city,phone,sector\nD,Durand SARL,Quimper,02 98 00 00 00,\n"), [4]int64{0, 1, 0, 0})
	w.want(`SELECT concat_ws('|', ref, name, city, phone_e164, sector) FROM client`, `K|Durand|Quimper|+33298000000|bakery`)
	wantCounts(t, "again", put(t, w.st, importer.Clients, "ref,name,city,phone,sector\nD,Durand SARL,Quimper,02 98 00 00 00,\n"), [4]int64{0, 0, 1, 0})
	w.want(`SELECT count(*) FROM client`, `1`)
}

func TestTheKeptClientsOwnRowWins(t *testing.T) {
	w, _ := imported(t)
	wantCounts(t, "both rows", put(t, w.st, importer.Clients, "ref,name,city,sector\nD,Durand Bis,Quimper,toys\nK,Durand Frères,Lyon,\n"), [4]int64{0, 1, 1, 0})
	w.want(`SELECT concat_ws('|', ref, name, city, coalesce(sector, 'none')) FROM client`, `K|Durand Frères|Lyon|none`)
}

// What the kept client never told, and merging filled, follows the file of the one who told it.
func TestAFilledColumnFollowsItsSource(t *testing.T) {
	w, _ := imported(t)
	wantCounts(t, "both rows", put(t, w.st, importer.Clients, "ref,name,city\nK,Durand,\nD,Durand SARL,Quimper\n"), [4]int64{0, 1, 1, 0})
	w.want(`SELECT city FROM client`, `Quimper`)
	wantCounts(t, "the kept one alone", put(t, w.st, importer.Clients, "ref,name,city\nK,Durand,\n"), [4]int64{0, 0, 1, 0})
	w.want(`SELECT city FROM client`, `Quimper`)
}

func TestNewRowsUnderTheAliasComeToTheKeptClientAndGoBackWithIt(t *testing.T) {
	w, m := imported(t)
	wantCounts(t, "orders", put(t, w.st, importer.Orders, "order,client,ordered_on,amount\nO3,D,2026-02-05,10\nO4,K,2026-02-06,20\n"), [4]int64{2, 0, 0, 0})
	wantCounts(t, "contacts", put(t, w.st, importer.Contacts, "client,ref,name,email\nD,2,Cleo,c@x.example\nK,2,Dan,d@x.example\n"), [4]int64{2, 0, 0, 0})
	wantCounts(t, "activities", put(t, w.st, importer.Activities, "client,kind,at,note\nK,visit,2026-01-07,ours\nD,visit,2026-01-07,theirs\nD,visit,2026-01-07,theirs too\nK,call,2026-02-01,x\nD,call,2026-02-01,y\n"), [4]int64{3, 0, 2, 0})
	wantCounts(t, "contracts", put(t, w.st, importer.Contracts, "ref,client,ends_on\nT2,D,2027-01-01\n"), [4]int64{1, 0, 0, 0})
	for _, table := range []string{"orders", "contact", "activity", "contract"} {
		w.want(`SELECT count(*) FROM `+table+` WHERE client_id <> (SELECT id FROM client WHERE ref = 'K')`, `0`)
	}
	w.undo(m.ID)
	w.want(`SELECT string_agg(concat_ws(' ', o.ref, c.ref), ', ' ORDER BY o.ref) FROM orders o JOIN client c ON c.id = o.client_id`, `O1 K, O2 D, O3 D, O4 K`)
	w.want(`SELECT string_agg(concat_ws(' ', p.name, p.key, c.ref), ', ' ORDER BY p.name, p.key) FROM contact p JOIN client c ON c.id = p.client_id`, `Anne 1 K, Anne a@x.example D, Bob 1 D, Cleo 2 D, Dan 2 K`)
	w.want(`SELECT string_agg(concat_ws(' ', a.kind, a.note, c.ref), ', ' ORDER BY a.kind, a.note) FROM activity a JOIN client c ON c.id = a.client_id`, `call x K, call y D, visit ours K, visit theirs D, visit theirs too D`)
	w.want(`SELECT string_agg(concat_ws(' ', t.ref, c.ref), ', ' ORDER BY t.ref) FROM contract t JOIN client c ON c.id = t.client_id`, `T1 D, T2 D`)
	w.want(`SELECT (SELECT count(*) FROM orders WHERE came_as IS NOT NULL) + (SELECT count(*) FROM contact WHERE came_as IS NOT NULL) + (SELECT count(*) FROM activity WHERE came_as IS NOT NULL) + (SELECT count(*) FROM contract WHERE came_as IS NOT NULL)`, `0`)
}

// The company moves an order to the client that is left: it is its own from then on.
func TestARowThatComesUnderTheKeptRefIsItsOwn(t *testing.T) {
	w, m := imported(t)
	put(t, w.st, importer.Orders, "order,client,ordered_on,amount\nO2,K,2026-01-06,20\n")
	w.undo(m.ID)
	w.want(`SELECT c.ref FROM orders o JOIN client c ON c.id = o.client_id WHERE o.ref = 'O2'`, `K`)
}

func TestGroupsNameTheClientThatIsLeft(t *testing.T) {
	w, _ := imported(t)
	put(t, w.st, importer.Clients, "ref,name,group\nM,Member,D\nH,Head,H\n")
	w.want(`SELECT string_agg(concat_ws(' ', ref, group_ref), ', ' ORDER BY ref) FROM client`, `H H, K, M K`)
}

func TestAGroupThatComesBackToItselfIsRejected(t *testing.T) {
	w := newTwins(t)
	r := importText(t, w.st, importer.Clients, "ref,name,group\nK,Durand,D\nP,Other,K\n", store.ImportSpec{AcceptRejected: true}, importer.Options{})
	wantCounts(t, "no circle yet", r, [4]int64{1, 1, 0, 0})
	r = importText(t, w.st, importer.Clients, "ref,name,group\nD,Durand SARL,P\nX,Elsewhere,\n", store.ImportSpec{AcceptRejected: true}, importer.Options{})
	wantCounts(t, "a circle over three", r, [4]int64{0, 0, 1, 1})
	if !slices.ContainsFunc(r.Rejections, func(j importer.Rejection) bool { return j.Line == 2 && j.Column == "group" }) {
		t.Errorf("rejected: %+v", r.Rejections)
	}
}
