package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/relance/relance/internal/store"
)

// pairs are the proposals, as refs.
func (w twins) pairs() string {
	w.Helper()
	return w.text(`SELECT string_agg(concat_ws(' ', a.ref, b.ref, d.kind), ', ' ORDER BY a.ref, b.ref) FROM duplicate d JOIN client a ON a.id = d.a_id JOIN client b ON b.id = d.b_id`)
}

func (w twins) search() store.DuplicateSearch {
	w.Helper()
	d, err := w.st.RefreshDuplicates(w.Context(), mergedAt)
	if err != nil {
		w.Fatal(err)
	}
	return d
}

func TestDuplicatesAreProposedUntilSomebodyDecides(t *testing.T) {
	w := newTwins(t)
	w.exec(`UPDATE client SET city = 'Brest', phone_e164 = '+33298000000' WHERE ref IN ('K', 'D');
		UPDATE client SET city = 'Nantes', siren = '732829320' WHERE ref = 'X'; UPDATE client SET name = 'Elsewhere', city = 'Lyon', siren = '732829320' WHERE ref = 'E'`)
	if d := w.search(); d.Same != 1 || d.Branches != 1 || d.Clients != 4 {
		t.Errorf("found %+v", d)
	}
	w.want(`SELECT string_agg(r ->> 'code', ' ') FROM duplicate, jsonb_array_elements(reasons) r WHERE kind = 'same'`, `same_phone same_name same_place`)
	if got, want := w.pairs(), "K D same, X E branches"; got != want {
		t.Fatalf("proposed: %s, want %s", got, want)
	}
	w.search()
	w.want(`SELECT count(*) FROM duplicate`, `2`)

	if err := w.st.MarkDistinct(t.Context(), "D", "K", "test", mergedAt); err != nil {
		t.Fatal(err)
	}
	if _, err := w.st.SetGroup(t.Context(), "E", "X", false, "test", mergedAt); err != nil {
		t.Fatal(err)
	}
	w.search()
	if got := w.pairs(); got != "" {
		t.Errorf("still proposed: %s", got)
	}
	if err := w.st.UnmarkDistinct(t.Context(), "K", "D", "test", mergedAt); err != nil {
		t.Fatal(err)
	}
	w.search()
	if got, want := w.pairs(), "K D same"; got != want {
		t.Errorf("proposed again: %s, want %s", got, want)
	}
	w.merge("K", "D")
	w.want(`SELECT count(*) FROM duplicate`, `0`)
	if err := w.st.MarkDistinct(t.Context(), "K", "D", "test", mergedAt); !errors.Is(err, store.ErrMerge) {
		t.Errorf("telling one client apart from itself: %v", err)
	}
}

// Of three alike, what is proposed about one that goes is proposed about the one that stays.
func TestAProposalFollowsTheMergedClient(t *testing.T) {
	w := newTwins(t)
	w.exec(`UPDATE client SET name = 'Hôtel du Port', city = 'Brest' WHERE ref <> 'X'`)
	w.search()
	w.want(`SELECT count(*) FROM duplicate`, `2`)
	m := w.merge("E", "K")
	if got := w.pairs(); !strings.Contains(got, "D E same") {
		t.Errorf("proposed: %s, want D and E", got)
	}
	w.undo(m.ID)
	w.search()
	w.want(`SELECT count(*) FROM duplicate`, `2`)
}

func TestGroups(t *testing.T) {
	w := newTwins(t)
	w.exec(`INSERT INTO client_fact (client_id, as_of, created_on, revenue_12m) SELECT id, '2026-03-10', '2026-01-01', id * 100 FROM client`)
	set := func(ref, parent string, free bool) error {
		_, err := w.st.SetGroup(t.Context(), ref, parent, free, "test", mergedAt)
		return err
	}
	for _, member := range []string{"D", "X"} {
		if err := set(member, "K", false); err != nil {
			t.Fatal(err)
		}
	}
	for name, err := range map[string]error{"its own parent": set("K", "K", false), "a circle": set("K", "X", false)} {
		if !errors.Is(err, store.ErrMerge) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := set("E", "Les Indépendants", false); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a parent that is no client: %v", err)
	}
	for _, ref := range []string{"K", "X"} {
		g, err := w.st.ClientGroup(t.Context(), ref)
		if err != nil || g.Name != "K" || g.Parent != "Durand" || g.Clients != 3 || g.Revenue12m != 600 || g.Members[0].Ref != "K" || g.Members[1].Ref != "X" {
			t.Errorf("group of %s: %+v %v", ref, g, err)
		}
	}
	if err := set("E", "Les Indépendants", true); err != nil {
		t.Fatal(err)
	}
	if g, err := w.st.ClientGroup(t.Context(), "E"); err != nil || g.Name != "Les Indépendants" || g.Parent != "" || g.Clients != 1 {
		t.Errorf("a free name: %+v %v", g, err)
	}
	w.merge("E", "K") // E becomes the parent
	g, err := w.st.ClientGroup(t.Context(), "D")
	if err != nil || g.Name != "E" || g.Clients != 3 {
		t.Errorf("after the parent was merged: %+v %v", g, err)
	}
	if err := set("D", "", false); err != nil {
		t.Fatal(err)
	}
	if g, err := w.st.ClientGroup(t.Context(), "D"); err != nil || g.Name != "" || len(g.Members) != 0 {
		t.Errorf("out of it: %+v %v", g, err)
	}
}

func TestAHundredThousandClientsAreSearchedInSeconds(t *testing.T) {
	if testing.Short() {
		t.Skip("short")
	}
	w := newTwins(t)
	w.exec(`DELETE FROM client; INSERT INTO client (ref, name, city, postcode, phone_e164, imported_on)
		SELECT 'L' || n, 'Maison ' || md5(n::text), 'Town' || chr(97 + n % 26) || chr(97 + n / 26 % 26), lpad((n % 900 * 100)::text, 5, '0'), '+332' || lpad(n::text, 8, '0'), '2026-01-01' FROM generate_series(1, 99000) n;
		INSERT INTO client (ref, name, city, postcode, phone_e164, imported_on) SELECT 'M' || ref, upper(name) || ' SARL', city, postcode, phone_e164, imported_on FROM client WHERE id % 99 = 50`)
	doubles := w.text(`SELECT count(*) FROM client WHERE ref LIKE 'ML%'`)
	began := w.text(`SELECT clock_timestamp()`)
	d := w.search()
	took := w.text(fmt.Sprintf(`SELECT extract(epoch FROM clock_timestamp() - '%s')::numeric(8, 2)`, began))
	t.Logf("%d clients, %d pairs in %s s", d.Clients, d.Same, took)
	if fmt.Sprint(d.Same) != doubles {
		t.Errorf("%d pairs, want %s", d.Same, doubles)
	}
	w.want(`SELECT extract(epoch FROM clock_timestamp() - '`+began+`') < 30`, `true`)
	last, err := w.st.LastDuplicateSearch(t.Context())
	if err != nil || last.Same != d.Same || last.Clients != d.Clients || !slices.Equal(last.Crowds, d.Crowds) {
		t.Errorf("the last search: %+v %v", last, err)
	}
}
