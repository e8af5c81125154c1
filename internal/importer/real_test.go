package importer

import (
	"math/big"
	"os"
	"path/filepath"
	"testing"
)

// openReal opens a file of the shared test data.
func openReal(t *testing.T, kind Kind, o Options, name ...string) *File {
	t.Helper()
	path := filepath.Join(append([]string{dataDir(t)}, name...)...)
	in, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	info, err := in.Stat()
	if err != nil {
		t.Fatal(err)
	}
	f, err := Open(kind, Input{path, in, info.Size()}, o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// The figures are those that shared/data/README.md gives for the file.
func TestRealOrderLines(t *testing.T) {
	if testing.Short() {
		t.Skip("half a million lines")
	}
	f := openReal(t, Orders, Options{}, "online_retail", "online_retail_2010_2011.csv.gz")
	var bad, good int
	sum, customers := new(big.Rat), map[string]bool{}
	places := map[string]int{}
	for i, c := range f.Columns() {
		places[c] = i
	}
	product, quantity, price := new(big.Rat), new(big.Rat), new(big.Rat)
	for row, err := f.Next(); err == nil; row, err = f.Next() {
		if row.Reason != "" {
			if bad++; row.Column != "client" {
				t.Fatalf("line %d, %s: %s", row.Line, row.Column, row.Reason)
			}
			continue
		}
		good++
		quantity.SetString(string(row.Cells[places["quantity"]]))
		price.SetString(string(row.Cells[places["unit_price"]]))
		sum.Add(sum, product.Mul(quantity, price))
		customers[string(row.Cells[places["client"]])] = true
	}
	if f.Read() != 541909 || bad != 135080 || good != 541909-135080 || len(customers) != 4372 || sum.FloatString(3) != "8300065.814" {
		t.Errorf("%d read, %d without client, %d good, of %d clients, worth %s", f.Read(), bad, good, len(customers), sum.FloatString(3))
	}
	if s := f.Shape(); s.Packed != "gzip" || s.Delimiter != "comma" || s.Decimal != "point" || s.Encoding != "utf-8" || s.Header != 1 {
		t.Errorf("%+v", s)
	}
}

// A French export of 5,411 firms: the figures are those of shared/data/README.md.
func TestRealFrenchFirms(t *testing.T) {
	f := openReal(t, Clients, Options{Map: map[string]string{"ref": "COURRIEL", "name": "NOM COMMERCIAL", "created_on": "DATE DE CLASSEMENT"}}, "fr_campings", "campings.csv")
	places := map[string]int{}
	for i, c := range f.Columns() {
		places[c] = i
	}
	first, last := "9999", ""
	for row, err := f.Next(); err == nil; row, err = f.Next() {
		if row.Reason != "" {
			continue
		}
		day := string(row.Cells[places["created_on"]])
		first, last = min(first, day), max(last, day)
	}
	s := f.Shape()
	if f.Read() != 5411 || first != "2009-12-29" || last != "2013-06-07" || s.Delimiter != "semicolon" || s.Dates["created_on"] != DayFirst {
		t.Errorf("%d read, from %s to %s, %+v", f.Read(), first, last, s)
	}
}

// The other files of the shared data open as they are, with as many rows as they have lines below the headings.
func TestRealFilesOpen(t *testing.T) {
	for _, c := range []struct {
		kind Kind
		name string
		o    Options
		rows int64
		bad  int64
	}{
		{Clients, "northwind/customers.csv", Options{}, 91, 0},
		{Contacts, "northwind/customers.csv", Options{}, 91, 0},
		{Products, "northwind/products.csv", Options{}, 77, 0},
		{Clients, "northwind_malformed/customers.csv", Options{}, 91, 24},
		{Orders, "northwind/orders.csv", Options{}, 830, 0},
		{Orders, "northwind/order_details.csv", Options{}, 2155, 0},
		{Orders, "northwind_malformed/orders.csv", Options{}, 830, 176},
		{Orders, "northwind_malformed/order-details.csv", Options{}, 2155, 0},
		{Orders, "cdnow/CDNOW_master.txt.gz", Options{Map: map[string]string{"client": "customer_id", "order": "date", "ordered_on": "date", "amount": "dollar_value"}}, 69659, 0},
	} {
		f := openReal(t, c.kind, c.o, filepath.FromSlash(c.name))
		var bad int64
		row, err := f.Next()
		for ; err == nil; row, err = f.Next() {
			if row.Reason != "" {
				bad++
			}
		}
		if f.Read() != c.rows || bad != c.bad {
			t.Errorf("%s as %s (%s): %d rows, %d bad, want %d, %d", c.name, c.kind, f.Part(), f.Read(), bad, c.rows, c.bad)
		}
	}
}
