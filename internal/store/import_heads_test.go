package store_test

import (
	"context"
	"reflect"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/relance/relance/internal/importer"
	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/internal/testkit"
)

// twoFiles imports orders that come as heads and lines.
func twoFiles(t *testing.T, st *store.Store, heads, lines string, swapped bool) importer.Report {
	t.Helper()
	h, l := opened(t, importer.Orders, heads), opened(t, importer.Orders, lines)
	if h.Part() != importer.Heads || l.Part() != importer.Lines {
		t.Fatalf("the files hold %s and %s", h.Part(), l.Part())
	}
	spec := store.ImportSpec{File: "orders.csv, details.csv", Names: []string{"orders.csv", "details.csv"}, By: "test", Now: importedAt, AcceptRejected: true}
	files := []*importer.File{h, l}
	if swapped {
		spec.Names, files = []string{"details.csv", "orders.csv"}, []*importer.File{l, h}
	}
	r, err := st.Import(context.Background(), spec, files...)
	if err != nil {
		t.Fatal(err)
	}
	if r.Read != r.Created+r.Updated+r.Unchanged+r.Rejected {
		t.Errorf("%d read, %v", r.Read, counts(r))
	}
	return r
}

// The figures are those of the data's own README; its two files come in as they are.
func TestNorthwindComesInTwoFiles(t *testing.T) {
	db := testkit.DB(t)
	st := store.New(db)
	put(t, st, importer.Clients, string(dataFile(t, "northwind/customers.csv")))
	heads, lines := string(dataFile(t, "northwind/orders.csv")), string(dataFile(t, "northwind/order_details.csv"))
	wantCounts(t, "orders", twoFiles(t, st, heads, lines, false), [4]int64{830 + 2155, 0, 0, 0})
	if got, want := ask[string](t, db, orderSums), "830 830 2155 1265793.0395 1996-07-04 1998-05-06 21"; got != want {
		t.Errorf("orders: %s, want %s", got, want)
	}
	before := versions(t, db)
	wantCounts(t, "again, the other way round", twoFiles(t, st, heads, lines, true), [4]int64{0, 0, 830 + 2155, 0})
	if after := versions(t, db); after != before {
		t.Errorf("rows were written again")
	}
}

const (
	headsHead = "order,client,ordered_on\n"
	linesHead = "order,line,amount\n"
)

// ordersNow tells each order with its client, day, sum and lines.
func ordersNow(t *testing.T, db *pgxpool.Pool) string {
	t.Helper()
	return ask[string](t, db, `SELECT coalesce(string_agg(concat_ws(' ', o.ref, c.ref, o.ordered_on, o.amount, (SELECT string_agg(line || '=' || l.amount, '+' ORDER BY line) FROM order_line l WHERE l.order_id = o.id)), ', ' ORDER BY o.ref), '')
		FROM orders o JOIN client c ON c.id = o.client_id`)
}

func TestHeadsAndLinesFindEachOther(t *testing.T) {
	const known = "1 A 2026-01-05 30 1=10+2=20"
	for _, c := range []struct {
		name, heads, lines string
		want               [4]int64
		rejections         []importer.Rejection
		then               string
	}{
		{"the same again", "1,A,2026-01-05\n", "1,1,10\n1,2,20\n", [4]int64{0, 0, 3, 0}, nil, known},
		{"a new order", "2,B,2026-01-06\n", "2,1,5\n", [4]int64{2, 0, 0, 0}, nil, known + ", 2 B 2026-01-06 5 1=5"},
		{"a changed line leaves its head", "1,A,2026-01-05\n", "1,1,11\n1,2,20\n", [4]int64{0, 1, 2, 0}, nil, "1 A 2026-01-05 31 1=11+2=20"},
		{"a changed head leaves its lines", "1,B,2026-01-07\n", "1,1,10\n1,2,20\n", [4]int64{0, 1, 2, 0}, nil, "1 B 2026-01-07 30 1=10+2=20"},
		{"a head without lines", "1,A,2026-01-05\n3,A,2026-01-05\n", "1,1,10\n1,2,20\n", [4]int64{0, 0, 3, 1},
			[]importer.Rejection{{Line: 3, Column: "order", Reason: "no line of it in details.csv", File: "orders.csv"}}, known},
		{"lines of a known order without its head", "2,B,2026-01-06\n", "2,1,5\n1,1,12\n", [4]int64{2, 1, 0, 0}, nil, "1 A 2026-01-05 12 1=12, 2 B 2026-01-06 5 1=5"},
		{"lines of an order that nobody knows", "1,A,2026-01-05\n", "1,1,10\n1,2,20\n9,1,1\n", [4]int64{0, 0, 3, 1},
			[]importer.Rejection{{Line: 4, Column: "order", Reason: `no order "9" in orders.csv`, File: "details.csv"}}, known},
		{"an order of nobody takes its lines with it", "1,Z,2026-01-05\n2,B,2026-01-06\n", "1,1,99\n2,1,5\n", [4]int64{2, 0, 0, 2},
			[]importer.Rejection{{Line: 2, Column: "client", Reason: `no client "Z"; import clients first`, File: "orders.csv"}, {Line: 2, Column: "order", Reason: "its order on line 2 of orders.csv was rejected", File: "details.csv"}},
			known + ", 2 B 2026-01-06 5 1=5"},
		{"a head twice", "1,A,2026-01-05\n1,B,2026-01-05\n", "1,1,10\n1,2,20\n", [4]int64{0, 0, 3, 1},
			[]importer.Rejection{{Line: 3, Column: "order", Reason: "the same as on line 2", File: "orders.csv"}}, known},
		{"a line twice", "1,A,2026-01-05\n", "1,1,10\n1,2,20\n1,2,21\n", [4]int64{0, 0, 3, 1},
			[]importer.Rejection{{Line: 4, Column: "line", Reason: "the same as on line 3", File: "details.csv"}}, known},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := testkit.DB(t)
			st := store.New(db)
			put(t, st, importer.Clients, "ref,name\nA,Alpha\nB,Beta\n")
			twoFiles(t, st, headsHead+"1,A,2026-01-05\n", linesHead+"1,1,10\n1,2,20\n", false)
			before := everything(t, db)
			r := twoFiles(t, st, headsHead+c.heads, linesHead+c.lines, false)
			wantCounts(t, c.name, r, c.want)
			if len(r.Rejections)+len(c.rejections) > 0 && !reflect.DeepEqual(r.Rejections, c.rejections) {
				t.Errorf("rejected %+v", r.Rejections)
			}
			if got := ordersNow(t, db); got != c.then {
				t.Errorf("orders %s, want %s", got, c.then)
			}
			undo(t, st, r.Run)
			wantSame(t, "undone", everything(t, db), before)
		})
	}
}

func TestLinesMayComeAloneAndHeadsMayNot(t *testing.T) {
	db := testkit.DB(t)
	st := store.New(db)
	put(t, st, importer.Clients, "ref,name\nA,Alpha\n")
	put(t, st, importer.Orders, "order,client,ordered_on,line,amount\n1,A,2026-01-05,1,10\n")
	spec := store.ImportSpec{File: "details.csv", By: "test", Now: importedAt}
	r, err := st.Import(context.Background(), spec, opened(t, importer.Orders, linesHead+"1,1,10\n1,2,5\n9,1,1\n"))
	if err != nil {
		t.Fatal(err)
	}
	wantCounts(t, "lines", r, [4]int64{1, 0, 1, 1})
	if got := r.Rejections[0].Reason; got != `no order "9"; give the file of orders with it` {
		t.Errorf("rejected: %s", got)
	}
	if got := ordersNow(t, db); got != "1 A 2026-01-05 15 1=10+2=5" {
		t.Errorf("orders %s", got)
	}
	if _, err := st.Import(context.Background(), spec, opened(t, importer.Orders, headsHead+"1,A,2026-01-05\n")); err == nil {
		t.Error("heads alone came in")
	}
}
