package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/relance/relance/internal/calendar"
	"github.com/relance/relance/internal/importer"
	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/internal/testkit"
)

// A heading that is no column of clients is an attribute, which an audience can name and compare; who has none is not
// in it. An attribute whose cell is empty in a later file is gone.
func TestOtherHeadingsServeAudiences(t *testing.T) {
	db := testkit.DB(t)
	st := store.New(db)
	put(t, st, importer.Clients, "Code;Raison sociale;Nombre d’étoiles;Catégorie\nA;Acme;4;Loisirs\nB;Beta;2,5;Tourisme\nC;Gamma;;Tourisme\nD;Delta;12;Tourisme\n")
	put(t, st, importer.Contacts, "client,name,email\nA,a,a@x.example\nB,b,b@x.example\nC,c,c@x.example\nD,d,d@x.example\n")
	now := time.Date(2026, 6, 1, 9, 0, 0, 0, time.UTC)
	if _, err := st.RefreshFacts(context.Background(), now, true); err != nil {
		t.Fatal(err)
	}
	reached := func(audience string) int64 {
		t.Helper()
		d, err := st.DeclareBasis(context.Background(), store.Declaration{Kind: "information", Channel: "mail", Source: audience, HeldOn: calendar.NewDate(2026, 1, 1), Audience: audience, DeclaredBy: "test"}, now)
		if err != nil {
			t.Fatal(err)
		}
		if err := st.UndoBasis(context.Background(), d.ID, "test", now); err != nil {
			t.Fatal(err)
		}
		return int64(d.Contacts)
	}
	for audience, want := range map[string]int64{
		`number(client.attributes.nombre_d_etoiles) >= 3`: 2, `number(client.attributes.nombre_d_etoiles) < 3`: 1, `client.attributes.nombre_d_etoiles == ""`: 1,
		`client.attributes.categorie == "Tourisme"`: 3, `client.attributes.of_nobody == "x"`: 0,
	} {
		if got := reached(audience); got != want {
			t.Errorf("%s: %d, want %d", audience, got, want)
		}
	}
	put(t, st, importer.Clients, "Code;Raison sociale;Nombre d’étoiles\nA;Acme;\n")
	if got := reached(`number(client.attributes.nombre_d_etoiles) >= 3`); got != 1 {
		t.Errorf("after the cell was emptied: %d, want 1", got)
	}
}
