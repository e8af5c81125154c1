package store_test

import (
	"testing"

	"github.com/relance/relance/internal/importer"
	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/internal/testkit"
)

// A credit note lowers revenue and is no order, whether its document says so on each line or on its head only, and
// whatever sign its amounts have.
func TestCreditNotesAreNoOrders(t *testing.T) {
	const want = "F1 100.00 t, A2 -30.00 f, R3 -20.00 f"
	const told = `SELECT string_agg(concat_ws(' ', ref, round(amount, 2), counts), ', ' ORDER BY id) FROM orders`
	t.Run("in one file", func(t *testing.T) {
		db := testkit.DB(t)
		st := store.New(db)
		put(t, st, importer.Clients, "ref,name\nA,Acme\n")
		put(t, st, importer.Orders, "Type de pièce;N° pièce;Code client;Date;Qté;PU HT\nFacture;F1;A;2026-01-31;10;10,0\nAvoir;A2;A;2026-01-31;3;10,0\nBon de retour;R3;A;2026-01-31;-2;10,0\n")
		if got := ask[string](t, db, told); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	})
	t.Run("in two files", func(t *testing.T) {
		db := testkit.DB(t)
		st := store.New(db)
		put(t, st, importer.Clients, "ref,name\nA,Acme\n")
		r := twoFiles(t, st, "N° pièce;Code client;Date;Type de pièce\nF1;A;2026-01-31;Facture\nA2;A;2026-01-31;Avoir\nR3;A;2026-01-31;Retour\n", "N° pièce;Qté;PU HT\nF1;10;10,0\nA2;3;10,0\nR3;-2;-10,0\n", false)
		if got := ask[string](t, db, told); got != want || len(r.Rejections) > 0 {
			t.Errorf("%s %v, want %s", got, r.Rejections, want)
		}
	})
}

// A retailer's export in one file gives its clients, its products and its orders; the clients' rows say the same again
// and again, and that is no mistake.
func TestOneFileOfARetailer(t *testing.T) {
	const file = "Row ID;Order ID;Order Date;Ship Date;Ship Mode;Customer ID;Customer Name;Segment;Country;City;Postal Code;Product ID;Category;Sub-Category;Product Name;Sales;Quantity;Discount;Profit\n" +
		"1;CA-1;11/8/2016;11/11/2016;Second Class;CG-12520;Claire Gute;Consumer;United States;Henderson;42420;FUR-1;Furniture;Bookcases;Shelf;261,96;2;0;41,91\n" +
		"2;CA-1;11/8/2016;11/11/2016;Second Class;CG-12520;Claire Gute;Consumer;United States;Henderson;42420;FUR-2;Furniture;Chairs;Chair;731,94;3;0,2;219,58\n" +
		"3;CA-2;6/13/2016;6/16/2016;First Class;CG-12520;Claire Gute;Consumer;United States;Los Angeles;90036;FUR-1;Furniture;Bookcases;Shelf;14,62;2;0,15;6,87\n"
	db := testkit.DB(t)
	st := store.New(db)
	wantCounts(t, "clients", put(t, st, importer.Clients, file), [4]int64{1, 0, 2, 0})
	wantCounts(t, "products", put(t, st, importer.Products, file), [4]int64{2, 0, 1, 0})
	wantCounts(t, "orders", put(t, st, importer.Orders, file), [4]int64{3, 0, 0, 0})
	if got := ask[string](t, db, `SELECT concat_ws('|', (SELECT concat_ws(' ', name, country, city, attributes) FROM client), sum(amount), min(ordered_on), max(delivered_on), count(*)) FROM orders`); got != "Claire Gute US {}|1008.52|2016-06-13|2016-11-11|2" {
		t.Error(got)
	}
}
