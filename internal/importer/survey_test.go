package importer

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

const orderHead = "order;client;ordered_on;delivered_on;quantity;unit_price\n"

// What the file decides is taken, column by column; what it does not decide is asked for, all at once.
func TestWhatAFileDecides(t *testing.T) {
	for _, c := range []struct {
		name, rows string
		o          Options
		want       string // the last row, or what the error says
	}{
		{"one column proves the order for another that is written alike", "1;A;05/02/2026;13/02/2026;1;1,5\n", Options{}, "ordered_on=2026-02-05 quantity=1 unit_price=1.5 delivered_on=2026-02-13"},
		{"not for one that is written otherwise", "1;A;05/02/2026;13.02.2026;1;1,5\n", Options{}, `column ordered_on: "05/02/2026" and all others could have the day or the month first`},
		{"each column has its own order", "1;A;31/01/2026;01-31-2026;1;1,5\n", Options{}, "ordered_on=2026-01-31 quantity=1 unit_price=1.5 delivered_on=2026-01-31"},
		{"one column proves the decimal sign for the file", "1;A;2026-01-31;;1.234;1,5\n", Options{}, "quantity=1234 unit_price=1.5"},
		{"each column has its own decimal sign", "1;A;2026-01-31;;1.5;1,5\n", Options{}, "quantity=1.5 unit_price=1.5"},
		{"everything that is unclear is asked at once", "1;A;05/02/2026;06.02.2026;1.234;1.234\n", Options{},
			"could have the day or the month first; give --dates dmy or --dates mdy; and column quantity: \"1.234\" and all others could have decimals or thousands; give --decimal point or --decimal comma; and column unit_price: "},
		{"settings answer it", "1;A;05/02/2026;06.02.2026;1.234;1.234\n", Options{Dates: MonthFirst, Decimal: ','}, "ordered_on=2026-05-02 quantity=1234 unit_price=1234 delivered_on=2026-06-02"},
		{"a column that contradicts itself", "1;A;31/01/2026;;1;1,5\n1;A;01/31/2026;;1;1,5\n", Options{}, `column ordered_on: "31/01/2026" has the day first, "01/31/2026" the month; give --dates`},
		{"a mistake among a thousand is one of its row", strings.Repeat("1;A;31/01/2026;;1;1,5\n", 1000) + "1;A;01/31/2026;;1;1,5\n1;A;05/02/2026;;1;1,5\n", Options{}, "ordered_on=2026-02-05"},
		{"numbers that contradict each other", "1;A;2026-01-31;;1;1,5\n1;A;2026-01-31;;1;2.5\n", Options{}, `column unit_price: "2.5" has a decimal point, "1,5" a decimal comma; give --decimal`},
		{"days as spreadsheets count them", "1;A;45356;;1;1,5\n", Options{}, "ordered_on=2024-03-05"},
		{"some counted, some written", "1;A;45356;;1;1,5\n1;A;05/03/2024;;1;1,5\n", Options{}, `"45356" is a spreadsheet's count of days, "05/03/2024" a date`},
		{"dates that are the same either way", "1;A;05/05/2026;;1;1,5\n", Options{}, "ordered_on=2026-05-05"},
	} {
		rows, _, err := table(t, Orders, orderHead+c.rows, c.o)
		got := strings.Join(rows, "\n")
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, c.want) || (err != nil && !errors.Is(err, ErrFile)) {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// A file put together from two systems is refused, though its first rows are clear; a few mistakes are not.
func TestTwoSystemsInOneFile(t *testing.T) {
	first := orderHead + strings.Repeat("1;A;31/01/2026;;1;1,5\n", enough+10)
	for _, c := range []struct{ name, rows, want string }{
		{"dates", strings.Repeat("1;A;01/31/2026;;1;1,5\n1;A;02/03/2026;;1;1,5\n", 100), `column ordered_on: 100 dates such as "01/31/2026" have another order than those of the first rows; give --dates`},
		{"numbers", strings.Repeat("1;A;31/01/2026;;1;1.55\n", 100), `column unit_price: 100 cells such as "1.55" have another decimal sign`},
		{"a few mistakes", strings.Repeat("1;A;01/31/2026;;1;1,5\n1;A;31/01/2026;;1;1.55\n", 10), ""},
	} {
		_, rejections, err := table(t, Orders, first+c.rows, Options{})
		if c.want == "" && err == nil && len(rejections) == 20 {
			continue
		}
		if !errors.Is(err, ErrFile) || !strings.Contains(err.Error(), c.want) || c.want == "" {
			t.Errorf("%s: %d rejected, %v, want %q", c.name, len(rejections), err, c.want)
		}
	}
	if _, rejections, err := table(t, Orders, first+strings.Repeat("1;A;01/31/2026;;1;1,5\n", 100), Options{Dates: DayFirst}); err != nil || len(rejections) != 100 {
		t.Errorf("when told: %d rejected, %v", len(rejections), err)
	}
}

func TestWhatWasFoundIsShown(t *testing.T) {
	f, err := Open(Orders, Text("x", orderHead+"1;A;31/01/2026;;1\u202f234,5;1,5\n"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := f.Shape()
	if want := map[string]DateOrder{"ordered_on": DayFirst, "delivered_on": ""}; s.Decimal != "comma" || s.Thousands != "narrow no-break space" || !reflect.DeepEqual(s.Dates, want) {
		t.Errorf("%+v", s)
	}
	for number, want := range map[string]string{"1 234": "blank", "1\u00a0234,5": "no-break space", "1’234.5": "apostrophe", "1.234,5": "point", "1,234,567": "comma", "1234,5": "", "1234.5": "", "1.234": ""} {
		if got := thousandsWord(thousandsOf([]byte(number))); got != want {
			t.Errorf("%s: %q, want %q", number, got, want)
		}
	}
}

// Heads have no amounts, lines neither client nor date.
func TestPartsOfOrders(t *testing.T) {
	for heads, want := range map[string]Part{"order,client,ordered_on,city": Heads, "order,product,quantity,unit_price": Lines, "order,client,ordered_on,amount": Flat} {
		f, err := Open(Orders, Text("x", heads+"\n"), Options{})
		if err != nil || f.Part() != want {
			t.Errorf("%s: %v, want %s", heads, err, want)
		}
	}
}
