package importer

import (
	"math/big"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
)

// An American export that a French spreadsheet turned into decimal commas and windows-1252: the file decides everything.
func TestAnAmericanExportSavedInFrance(t *testing.T) {
	text := encoded(t, charmap.Windows1252, "Row ID;Order ID;Order Date;Ship Date;Ship Mode;Customer ID;Customer Name;City;Postal Code;Product ID;Product Name;Sales;Quantity;Discount;Profit\r\n"+
		"1;CA-2016-152156;11/8/2016;11/11/2016;Second Class;CG-12520;Claire Gute;Henderson;42420;FUR-BO-10001798;Bush Somerset Collection Bookcase;261,96;2;0;41,9136\r\n"+
		"2;CA-2016-138688;6/12/2016;6/16/2016;Second Class;DV-13045;Darrin Van Huff;Los Angeles;90036;OFF-LA-10000240;\"Self-Adhesive Address Labels for Typewriters; 8 ½\"\" × 11\"\"\";14,62;2;0;6,8714\r\n"+
		"3;US-2015-108966;10/11/2015;10/18/2015;Standard Class;SO-20335;Sean O’Donnell;Fort Lauderdale;33311;OFF-ST-10000760;Eldon Fold 'N Roll – Cart;22,368;2;0,2;2,5164\r\n"+
		"4;US-2015-108966;10/11/2015;10/18/2015;Standard Class;SO-20335;Sean O’Donnell;Fort Lauderdale;33311;FUR-TA-10000577;Bretford \"CR4500\" Table;957,5775;5;0,45;-383,031\r\n")
	f, err := Open(Orders, Text("x", text), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if s := f.Shape(); s.Encoding != "windows-1252" || s.Delimiter != "semicolon" || s.Decimal != "comma" || s.Dates["ordered_on"] != MonthFirst {
		t.Errorf("%+v", s)
	}
	sum := new(big.Rat)
	days := []string{}
	for row, err := f.Next(); err == nil; row, err = f.Next() {
		if row.Reason != "" {
			t.Fatalf("line %d, %s: %s", row.Line, row.Column, row.Reason)
		}
		for i, c := range f.Columns() {
			switch c {
			case "amount":
				n, _ := new(big.Rat).SetString(string(row.Cells[i]))
				sum.Add(sum, n)
			case "ordered_on":
				days = append(days, string(row.Cells[i]))
			}
		}
	}
	if sum.FloatString(4) != "1256.5255" || strings.Join(days, " ") != "2016-11-08 2016-06-12 2015-10-11 2015-10-11" {
		t.Errorf("%s, %v", sum.FloatString(4), days)
	}
}

// What the database of the sample shop writes, in both of its ways.
func TestASampleShopFromItsDatabase(t *testing.T) {
	want := "ref=103 name=Atelier graphique\nref=112 name=Signal \"Gift\" Stores"
	for name, text := range map[string]string{
		"as a file of its own": "customerNumber\tcustomerName\tphone\taddressLine2\n103\tAtelier graphique\t40.32.2555\t\\N\n112\tSignal \"Gift\" Stores\t7025551838\tLevel 3\\\n4\n",
		"as quoted CSV":        `"customerNumber","customerName","phone","addressLine2"` + "\n" + `"103","Atelier graphique","40.32.2555",\N` + "\n" + `"112","Signal \"Gift\" Stores","7025551838","Level 3` + "\\\n" + `4"` + "\n",
	} {
		rows, rejections, err := table(t, Clients, text, Options{})
		var short []string
		for _, r := range rows {
			r, _, _ = strings.Cut(r, " address")
			r, _, _ = strings.Cut(r, " phone")
			short = append(short, r)
		}
		if err != nil || len(rejections) > 0 || strings.Join(short, "\n") != want {
			t.Errorf("%s: %q %v %v", name, rows, rejections, err)
		}
	}
}
