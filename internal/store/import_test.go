package store_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/relance/relance/internal/importer"
	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/internal/testkit"
)

var importedAt = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// dataFile reads a file of the shared test data, or skips.
func dataFile(t *testing.T, name string) []byte {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for dir != "/" {
		b, err := os.ReadFile(filepath.Join(dir, "..", "shared", "data", name))
		if err == nil {
			return b
		}
		dir = filepath.Dir(dir)
	}
	t.Skipf("no shared test data: %s", name)
	return nil
}

func importText(t *testing.T, st *store.Store, kind importer.Kind, text string, spec store.ImportSpec, o importer.Options) importer.Report {
	t.Helper()
	f, err := importer.Open(kind, importer.Text(string(kind)+".csv", text), o)
	if err != nil {
		t.Fatalf("open %s: %v", kind, err)
	}
	spec.Now, spec.By, spec.File, spec.AcceptRejected = importedAt, "test", string(kind)+".csv", true
	r, err := st.Import(context.Background(), spec, f)
	if err != nil {
		t.Fatal(err)
	}
	if r.Read != r.Created+r.Updated+r.Unchanged+r.Rejected {
		t.Errorf("%s: %d read, but %d + %d + %d + %d", kind, r.Read, r.Created, r.Updated, r.Unchanged, r.Rejected)
	}
	return r
}

// put imports what must go in whole.
func put(t *testing.T, st *store.Store, kind importer.Kind, text string) importer.Report {
	t.Helper()
	r := importText(t, st, kind, text, store.ImportSpec{}, importer.Options{})
	for _, j := range r.Rejections {
		t.Errorf("%s line %d %s: %s", kind, j.Line, j.Column, j.Reason)
	}
	return r
}

// counts are created, updated, unchanged, rejected.
func counts(r importer.Report) [4]int64 {
	return [4]int64{r.Created, r.Updated, r.Unchanged, r.Rejected}
}

func wantCounts(t *testing.T, what string, r importer.Report, want [4]int64) {
	t.Helper()
	if counts(r) != want {
		t.Errorf("%s: created, updated, unchanged, rejected = %v, want %v; %v", what, counts(r), want, r.Rejections)
	}
}

func ask[T any](t *testing.T, db *pgxpool.Pool, sql string) T {
	t.Helper()
	var v T
	if err := db.QueryRow(context.Background(), sql).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

// joined makes a row per line of an orders file and a file of lines, as a company's export has it. A row of the orders
// file that has not as many cells as its heading keeps its cells, so that the importer sees it.
func joined(t *testing.T, orders, lines []byte) string {
	t.Helper()
	of, lf := rows(t, orders), rows(t, lines)
	byOrder := map[string][][]string{}
	for _, l := range lf[1:] {
		byOrder[l[0]] = append(byOrder[l[0]], l[1:])
	}
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	w.Write(append(append([]string{}, lf[0][1:]...), of[0]...))
	for _, o := range of[1:] {
		for _, l := range byOrder[o[0]] {
			w.Write(append(append([]string{}, l...), o...))
		}
	}
	w.Flush()
	return out.String()
}

func rows(t *testing.T, b []byte) [][]string {
	t.Helper()
	r := csv.NewReader(bytes.NewReader(b))
	r.FieldsPerRecord = -1
	all, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

const orderSums = `SELECT concat_ws(' ', count(*), count(*) FILTER (WHERE counts), (SELECT count(*) FROM order_line), trim_scale(sum(amount)), min(ordered_on), max(ordered_on), count(*) FILTER (WHERE delivered_on IS NULL)) FROM orders`

// The figures are those of the data's own README.
func TestNorthwindComesInWhole(t *testing.T) {
	db := testkit.DB(t)
	st := store.New(db)
	customers := string(dataFile(t, "northwind/customers.csv"))
	orders := joined(t, dataFile(t, "northwind/orders.csv"), dataFile(t, "northwind/order_details.csv"))

	wantCounts(t, "clients", put(t, st, importer.Clients, customers), [4]int64{91, 0, 0, 0})
	wantCounts(t, "contacts", put(t, st, importer.Contacts, customers), [4]int64{91, 0, 0, 0})
	wantCounts(t, "products", put(t, st, importer.Products, string(dataFile(t, "northwind/products.csv"))), [4]int64{77, 0, 0, 0})
	first := put(t, st, importer.Orders, orders)
	wantCounts(t, "orders", first, [4]int64{2155, 0, 0, 0})

	if got, want := ask[string](t, db, orderSums), "830 830 2155 1265793.0395 1996-07-04 1998-05-06 21"; got != want {
		t.Errorf("orders: %s, want %s", got, want)
	}
	top := `SELECT string_agg(ref || ' ' || sum, ', ' ORDER BY sum DESC) FROM (SELECT c.ref, trim_scale(sum(amount)) AS sum FROM orders JOIN client c ON c.id = client_id GROUP BY c.ref ORDER BY sum DESC LIMIT 5) x`
	if got, want := ask[string](t, db, top), "QUICK 110277.305, ERNSH 104874.9785, SAVEA 104361.95, RATTC 51097.8005, HUNGO 49979.905"; got != want {
		t.Errorf("top clients: %s, want %s", got, want)
	}
	years := `SELECT string_agg(y || ' ' || n || ' ' || s, ', ' ORDER BY y) FROM (SELECT extract(year FROM ordered_on) AS y, count(*) AS n, trim_scale(sum(amount)) AS s FROM orders GROUP BY 1) x`
	if got, want := ask[string](t, db, years), "1996 152 208083.97, 1997 408 617085.2035, 1998 270 440623.866"; got != want {
		t.Errorf("years: %s, want %s", got, want)
	}
	if got := ask[int64](t, db, `SELECT count(*) FROM client_stale`); got != 91 {
		t.Errorf("%d clients are stale, want 91", got)
	}
	if got := ask[string](t, db, `SELECT concat_ws('|', address, postcode, country, attributes) FROM client WHERE ref = 'ANATR'`); got != `Avda. de la Constitución 2222|05021|MX|{"fax": "(5) 555-3745", "contact_name": "Ana Trujillo", "contact_title": "Owner"}` {
		t.Errorf("ANATR: %s", got)
	}
	if got := ask[string](t, db, `SELECT newest_order_on::text FROM import_run WHERE kind = 'orders'`); got != "1998-05-06" {
		t.Errorf("newest order on %s, want 1998-05-06", got)
	}
	again(t, db, st, importer.Clients, customers, 91)
	again(t, db, st, importer.Contacts, customers, 91)
	again(t, db, st, importer.Orders, orders, 2155)
}

// again imports the same text once more: nothing may change, no row may even be written.
func again(t *testing.T, db *pgxpool.Pool, st *store.Store, kind importer.Kind, text string, rows int64) {
	t.Helper()
	before := versions(t, db)
	wantCounts(t, "the same "+string(kind)+" again", put(t, st, kind, text), [4]int64{0, 0, rows, 0})
	if after := versions(t, db); after != before {
		t.Errorf("%s: rows were written again: %s, before %s", kind, after, before)
	}
}

// versions sums up which row versions the tables hold.
func versions(t *testing.T, db *pgxpool.Pool) string {
	t.Helper()
	return ask[string](t, db, `SELECT concat_ws(' ',
		(SELECT md5(string_agg(ctid::text || xmin::text, ',' ORDER BY id)) FROM client), (SELECT md5(string_agg(ctid::text || xmin::text, ',' ORDER BY id)) FROM contact),
		(SELECT md5(string_agg(ctid::text || xmin::text, ',' ORDER BY id)) FROM orders), (SELECT md5(string_agg(ctid::text || xmin::text, ',' ORDER BY order_id, line)) FROM order_line),
		(SELECT md5(string_agg(ctid::text || xmin::text, ',' ORDER BY id)) FROM activity), (SELECT md5(string_agg(ctid::text || xmin::text, ',' ORDER BY id)) FROM contract),
		(SELECT md5(string_agg(ctid::text || xmin::text, ',' ORDER BY id)) FROM product), (SELECT count(*) FROM basis), (SELECT count(*) FROM suppression))`)
}

// An export that does not quote commas: rows with a cell too many are rejected, never shifted.
func TestMalformedNorthwindLosesItsBadRowsOnly(t *testing.T) {
	db := testkit.DB(t)
	st := store.New(db)
	r := importText(t, st, importer.Clients, string(dataFile(t, "northwind_malformed/customers.csv")), store.ImportSpec{}, importer.Options{})
	wantCounts(t, "clients", r, [4]int64{67, 0, 0, 24})
	var lines []int64
	for _, j := range r.Rejections {
		lines = append(lines, j.Line)
	}
	if want := []int64{8, 9, 10, 16, 19, 22, 23, 24, 27, 30, 31, 32, 35, 41, 58, 62, 63, 68, 70, 75, 77, 82, 85, 89}; !reflect.DeepEqual(lines, want) {
		t.Errorf("rejected lines %v, want %v", lines, want)
	}
	if got := ask[int64](t, db, `SELECT count(*) FROM client WHERE address ~ '^[0-9]+$' OR city ~* '^(place|rue)'`); got != 0 {
		t.Errorf("%d clients are shifted by a cell", got)
	}
	// Joined as text, so that the rows of one cell too many stay so.
	orders := joined(t, dataFile(t, "northwind_malformed/orders.csv"), dataFile(t, "northwind_malformed/order-details.csv"))
	r = importText(t, st, importer.Orders, orders, store.ImportSpec{}, importer.Options{})
	wantCounts(t, "orders", r, [4]int64{1716, 0, 0, 439})
	if got, want := ask[string](t, db, `SELECT concat_ws(' ', count(*), (SELECT count(*) FROM order_line), trim_scale(sum(amount))) FROM orders`), "654 1716 1046245.1605"; got != want {
		t.Errorf("orders: %s, want %s", got, want)
	}
	wantCounts(t, "orders again", importText(t, st, importer.Orders, orders, store.ImportSpec{}, importer.Options{}), [4]int64{0, 0, 1716, 439})
}

func TestDryRunCountsAsTheRealRunAndLeavesNothing(t *testing.T) {
	db := testkit.DB(t)
	st := store.New(db)
	customers := string(dataFile(t, "northwind_malformed/customers.csv"))
	orders := joined(t, dataFile(t, "northwind/orders.csv"), dataFile(t, "northwind/order_details.csv"))
	for _, f := range []struct {
		kind importer.Kind
		text string
	}{{importer.Clients, customers}, {importer.Orders, orders}, {importer.Orders, strings.Replace(orders, "1996-07-16", "1996-07-17", 1)}} {
		before := versions(t, db) + ask[string](t, db, `SELECT concat_ws(' ', (SELECT count(*) FROM import_run), (SELECT count(*) FROM client_stale))`)
		dry := importText(t, st, f.kind, f.text, store.ImportSpec{DryRun: true}, importer.Options{})
		if after := versions(t, db) + ask[string](t, db, `SELECT concat_ws(' ', (SELECT count(*) FROM import_run), (SELECT count(*) FROM client_stale))`); after != before {
			t.Errorf("%s: the dry run left something", f.kind)
		}
		real := importText(t, st, f.kind, f.text, store.ImportSpec{}, importer.Options{})
		dry.DryRun, dry.Run, dry.Applied = real.DryRun, real.Run, real.Applied // the three that tell a dry run from a real one
		if !reflect.DeepEqual(dry, real) {
			t.Errorf("%s: the dry run counted %v, the real one %v", f.kind, counts(dry), counts(real))
		}
	}
}

func TestOrdersAreReplacedLineByLine(t *testing.T) {
	db := testkit.DB(t)
	st := store.New(db)
	put(t, st, importer.Clients, "ref,name\nA,Alpha\nB,Beta\n")
	const head = "order,client,ordered_on,amount,product\n"
	const before = head + "1,A,2026-01-05,10.10,p\n1,A,2026-01-05,20.25,q\n2,B,2026-01-06,-5,p\n3,A,2026-01-07,7,\n"
	wantCounts(t, "before", put(t, st, importer.Orders, before), [4]int64{4, 0, 0, 0})
	for _, c := range []struct {
		name, text string
		want       [4]int64
		then       string // order:line=amount, and which orders count
	}{
		{"a changed amount", head + "1,A,2026-01-05,10.10,p\n1,A,2026-01-05,21,q\n", [4]int64{0, 2, 0, 0}, "1:1=10.10 1:2=21 2:1=-5 3:1=7 1=31.10+ 2=-5- 3=7+"},
		{"a line less", head + "1,A,2026-01-05,10.10,p\n", [4]int64{0, 1, 0, 0}, "1:1=10.10 2:1=-5 3:1=7 1=10.10+ 2=-5- 3=7+"},
		{"a line more", head + "1,A,2026-01-05,10.10,p\n1,A,2026-01-05,3,r\n", [4]int64{1, 1, 0, 0}, "1:1=10.10 1:2=3 2:1=-5 3:1=7 1=13.10+ 2=-5- 3=7+"},
		{"a later day", head + "3,A,2026-01-08,7,\n", [4]int64{0, 1, 0, 0}, "1:1=10.10 1:2=3 2:1=-5 3:1=7 1=13.10+ 2=-5- 3=7+"},
		{"the same product changed", head + "3,A,2026-01-08,7,z\n", [4]int64{0, 1, 0, 0}, "1:1=10.10 1:2=3 2:1=-5 3:1=7 1=13.10+ 2=-5- 3=7+"},
		{"a cancellation", "order,client,ordered_on,amount,cancelled\n3,A,2026-01-08,7,oui\n", [4]int64{0, 1, 0, 0}, "1:1=10.10 1:2=3 2:1=-5 3:1=7 1=13.10+ 2=-5- 3=7-"},
		{"no column for cancellation leaves it", head + "3,A,2026-01-08,7,z\n", [4]int64{0, 0, 1, 0}, "1:1=10.10 1:2=3 2:1=-5 3:1=7 1=13.10+ 2=-5- 3=7-"},
		{"another client", head + "3,B,2026-01-08,7,z\n", [4]int64{0, 1, 0, 0}, "1:1=10.10 1:2=3 2:1=-5 3:1=7 1=13.10+ 2=-5- 3=7-"},
	} {
		wantCounts(t, c.name, put(t, st, importer.Orders, c.text), c.want)
		got := ask[string](t, db, `SELECT (SELECT string_agg(o.ref || ':' || l.line || '=' || l.amount, ' ' ORDER BY o.ref, l.line) FROM order_line l JOIN orders o ON o.id = l.order_id)
			|| ' ' || (SELECT string_agg(ref || '=' || amount || CASE WHEN counts THEN '+' ELSE '-' END, ' ' ORDER BY ref) FROM orders)`)
		if got != c.then {
			t.Errorf("%s: %s, want %s", c.name, got, c.then)
		}
	}
	if got := ask[string](t, db, `SELECT string_agg(c.ref, ' ') FROM orders o JOIN client c ON c.id = o.client_id WHERE o.ref = '3'`); got != "B" {
		t.Errorf("order 3 is of %s, want B", got)
	}
}

func TestRowsThatOnlyTheDatabaseCanRefuse(t *testing.T) {
	db := testkit.DB(t)
	st := store.New(db)
	put(t, st, importer.Reps, "ref,name\nR1,Reine\n")
	for _, c := range []struct {
		name string
		kind importer.Kind
		text string
		want importer.Rejection
	}{
		{"a rep that nobody imported", importer.Clients, "ref,name,rep\nA,Alpha,R1\nB,Beta,R2\n", importer.Rejection{Line: 3, Column: "rep", Reason: `no rep "R2"; import reps first`}},
		{"a client twice", importer.Clients, "ref,name\nA,Alpha\nB,Beta\nA,Other\n", importer.Rejection{Line: 4, Column: "ref", Reason: "the same as on line 2"}},
		{"an order of nobody", importer.Orders, "order,client,ordered_on,amount\n1,A,2026-01-05,1\n2,Z,2026-01-05,1\n", importer.Rejection{Line: 3, Column: "client", Reason: `no client "Z"; import clients first`}},
		{"an order of two", importer.Orders, "order,client,ordered_on,amount\n1,A,2026-01-05,1\n1,B,2026-01-05,1\n", importer.Rejection{Line: 3, Column: "client", Reason: `order "1" is of client "A" on line 2`}},
		{"a line twice", importer.Orders, "order,client,ordered_on,amount,line\n1,A,2026-01-05,1,10\n1,A,2026-01-05,2,10\n", importer.Rejection{Line: 3, Column: "line", Reason: "the same as on line 2"}},
		{"an activity of nobody", importer.Activities, "client,kind,at\nZ,visite,2026-01-05\n", importer.Rejection{Line: 2, Column: "client", Reason: `no client "Z"; import clients first`}},
		{"a contact twice", importer.Contacts, "client,name,email\nA,Ann,a@example.org\nA,Anna,A@example.org\n", importer.Rejection{Line: 3, Column: "", Reason: "the same as on line 2"}},
	} {
		r := importText(t, st, c.kind, c.text, store.ImportSpec{}, importer.Options{})
		if len(r.Rejections) != 1 || r.Rejections[0] != c.want {
			t.Errorf("%s: %v, want %v", c.name, r.Rejections, c.want)
		}
	}
}

func TestAbsentColumnsStayAndEmptyCellsClear(t *testing.T) {
	db := testkit.DB(t)
	st := store.New(db)
	put(t, st, importer.Reps, "ref,name\nR1,Reine\n")
	put(t, st, importer.Clients, "ref,name,rep,sector,Code NAF,phone\nA,Alpha,R1,pain,10.71,01 99 00 12 34\n")
	state := func() string {
		return ask[string](t, db, `SELECT concat_ws('|', name, coalesce((SELECT ref FROM rep WHERE id = rep_id), '?'), coalesce(sector, '?'), attributes, coalesce(phone_e164, '?')) FROM client`)
	}
	wantCounts(t, "a name", put(t, st, importer.Clients, "ref,name\nA,Alpha SA\n"), [4]int64{0, 1, 0, 0})
	if got, want := state(), `Alpha SA|R1|pain|{"code_naf": "10.71"}|+33199001234`; got != want {
		t.Errorf("after a file without the columns: %s, want %s", got, want)
	}
	put(t, st, importer.Clients, "ref,name,rep,sector,Code NAF,phone,Zone de livraison\nA,Alpha SA,,,,,nord\n")
	if got, want := state(), `Alpha SA|?|?|{"zone_de_livraison": "nord"}|?`; got != want {
		t.Errorf("after a file with empty cells: %s, want %s", got, want)
	}
}

func TestBasesComeWithNewContactsOnly(t *testing.T) {
	db := testkit.DB(t)
	st := store.New(db)
	put(t, st, importer.Clients, "ref,name,country\nA,Alpha,\nB,Beta,Suisse\n")
	const head = "client,name,email,phone,mail_basis,call_basis,basis_source,basis_on\n"
	put(t, st, importer.Contacts, head+"A,Ann,Ann@Example.org,0199001234,information,,CGV 2024,2024-05-01\nB,Urs,info@example.net,044 668 18 00,générique,,,\n")
	if got, want := ask[string](t, db, `SELECT string_agg(concat_ws(' ', c.email_key, c.phone_e164, b.channel, b.kind, b.source, b.held_on), ', ' ORDER BY b.id) FROM basis b JOIN contact c ON c.id = contact_id`),
		"ann@example.org +33199001234 mail information CGV 2024 2024-05-01, info@example.net +41446681800 mail generic generic address 2026-03-02"; got != want {
		t.Errorf("bases: %s, want %s", got, want)
	}
	put(t, st, importer.Contacts, head+"A,Ann B.,ann@example.org,,consent,consent,form,2026-01-01\nB,Urs,info@example.net,044 668 18 00,,,,\n")
	if got := ask[int64](t, db, `SELECT count(*) FROM basis`); got != 2 {
		t.Errorf("%d bases after the contacts came again, want 2", got)
	}
	wantCounts(t, "a file that gains refs", put(t, st, importer.Contacts, "client,name,email,ref\nA,Ann B.,ann@example.org,C1\n"), [4]int64{0, 1, 0, 0})
	if got := ask[int64](t, db, `SELECT count(*) FROM contact`); got != 2 {
		t.Errorf("%d contacts, want 2: a file that gains refs doubles nobody", got)
	}
}

func TestActivitiesAndContractsComeTwiceWithoutEffect(t *testing.T) {
	db := testkit.DB(t)
	st := store.New(db)
	put(t, st, importer.Clients, "ref,name\nA,Alpha\n")
	const activities = "Code client;Type;Date;Durée;Commentaire;Date clôture\nA;Visite;13/01/2026 10:30;45;\"vu, sur\nplace\";\nA;Visite;13/01/2026 10:30;20;;\nA;Réclamation;14/01/2026;;casse;20/01/2026\n"
	wantCounts(t, "activities", put(t, st, importer.Activities, activities), [4]int64{3, 0, 0, 0})
	again(t, db, st, importer.Activities, activities, 3)
	wantCounts(t, "a longer visit", put(t, st, importer.Activities, strings.Replace(activities, ";45;", ";50;", 1)), [4]int64{0, 1, 2, 0})
	if got := ask[string](t, db, `SELECT string_agg(concat_ws(' ', kind, at AT TIME ZONE 'UTC', minutes, closed_on), ', ' ORDER BY id) FROM activity`); got != "visit 2026-01-13 10:30:00 50, visit 2026-01-13 10:30:00 20, complaint 2026-01-14 00:00:00 2026-01-20" {
		t.Errorf("activities: %s", got)
	}
	const contracts = "N° contrat,client,Date de fin,Type,Préavis,Montant\nK1,A,2026-12-31,Accord-cadre,90,1000.50\n"
	wantCounts(t, "contracts", put(t, st, importer.Contracts, contracts), [4]int64{1, 0, 0, 0})
	again(t, db, st, importer.Contracts, contracts, 1)
}
