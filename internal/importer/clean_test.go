package importer

import (
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
)

func TestWhatIsCleaned(t *testing.T) {
	for _, c := range []struct {
		name  string
		kind  Kind
		text  string
		o     Options
		want  []string
		notes []string // each is part of one
	}{
		{"numbers of French companies", Clients, "ref;name;siren;vat\n1;A;732 829 320 00074;fr 40 303 265 045\n2;B;732829321;FR40303265046\n3;C;3,56E+13;40303265045\n", Options{},
			[]string{"ref=1 name=A siren=732829320 vat=FR40303265045 attributes={\"siren_typed\":null,\"vat_typed\":null}", "ref=2 name=B attributes={\"siren_typed\":\"732829321\",\"vat_typed\":\"FR40303265046\"}",
				"ref=3 name=C vat=FR40303265045 attributes={\"siren_typed\":\"3,56E+13\",\"vat_typed\":null}"},
			[]string{"siren: not a SIREN or SIRET (length or check digit); kept as the attribute siren_typed (1 row; line 3)", "vat: not a VAT number", "siren: a spreadsheet has cut its digits; kept as the attribute siren_typed (1 row; line 4)"}},
		{"what other countries write there", Clients, "ref,name,country,siren,vat\n1,A,DE,HRB 12345,DE136308783\n2,B,US,12-3456789,12-3456789\n3,C,DE,,DE136308784\n", Options{},
			[]string{"ref=1 name=A siren=HRB 12345 vat=DE136308783 country=DE attributes={\"siren_typed\":null,\"vat_typed\":null}", "ref=2 name=B siren=12-3456789 vat=12-3456789 country=US attributes={\"siren_typed\":null,\"vat_typed\":null}",
				"ref=3 name=C country=DE attributes={\"siren_typed\":null,\"vat_typed\":\"DE136308784\"}"}, []string{"vat: not a VAT number"}},
		{"zeros that a spreadsheet ate", Clients, "ref;name;CP;pays;tel\n1;A;8000;;\n2;B;8000;BE;\n3;C;8000;;+32 81 22 12 34\n4;D;20000;FR;\n5;E;97410;;\n6;F;0800;FR;\n7;G;800;FR;\n8;H;8000.0;FR;\n9;I;AB12 3CD;GB;\n", Options{},
			[]string{"ref=1 name=A postcode=08000", "ref=2 name=B postcode=8000 country=BE", "ref=3 name=C postcode=8000 phone=+32 81 22 12 34 phone_e164=+3281221234", "ref=4 name=D postcode=20000 country=FR", "ref=5 name=E postcode=97410",
				"ref=6 name=F postcode=0800 country=FR", "ref=7 name=G postcode=800 country=FR", "ref=8 name=H postcode=08000 country=FR", "ref=9 name=I postcode=AB12 3CD country=GB"},
			[]string{"postcode: it had four digits; a leading zero was put back (2 rows; lines 2, 9)"}},
		{"a company elsewhere", Clients, "ref;name;CP\n1;A;8000\n", Options{Country: "BE"}, []string{"ref=1 name=A postcode=8000"}, nil},
		{"references that became numbers", Clients, "ref,name,rep\n17850.0,A,7.0\nv1.0,B,\n", Options{}, []string{"ref=17850 name=A rep=7", "ref=v1.0 name=B"}, []string{"ref: its numbers ended in .0, which was taken off (1 row; line 2)", "rep: its numbers"}},
		{"products keep theirs", Products, "ref,name\n1.0,A\n", Options{}, []string{"ref=1.0 name=A"}, nil},
		{"a SIRET for a reference", Clients, "Raison sociale;SIRET\nA;732 829 320 00074\nB;73282932000075\n", Options{},
			[]string{"ref=73282932000074 name=A siren=732829320 attributes={\"siren_typed\":null}", "ref=73282932000075 name=B attributes={\"siren_typed\":\"73282932000075\"}"}, []string{"siren: not a SIREN"}},
		{"names and addresses in pieces", Clients, "Code;Société;Prénom;Nom;Adresse;Complément d'adresse\n1;Acme;Ann;Roe;1 rue X;Bât. B\n2;;Ann;Roe;;BP 7\n", Options{},
			[]string{`ref=1 name=Acme address=1 rue X, Bât. B attributes={"nom":"Roe","prenom":"Ann"}`, `ref=2 name=Ann Roe address=BP 7 attributes={"nom":"Roe","prenom":"Ann"}`}, nil},
		{"slips in addresses", Contacts, "client,name,email\nA,B,b@gmial.com\nA,C,c@wanadoo.f\nA,D,d@free.fr\n", Options{},
			[]string{"client=A name=B email=b@gmial.com email_key=b@gmial.com", "client=A name=C email=c@wanadoo.f email_key=c@wanadoo.f", "client=A name=D email=d@free.fr email_key=d@free.fr"},
			[]string{"email: its domain looks like a slip for gmail.com; kept as it is (1 row; line 2)", "email: its ending looks like a slip for .fr; kept as it is (1 row; line 3)"}},
		{"telephones that nobody can dial", Contacts, "client,name,phone\nA,B,298\nA,C,01 99 00 12 34\n", Options{}, []string{"client=A name=B phone=298", "client=A name=C phone=01 99 00 12 34 phone_e164=+33199001234"}, []string{"phone: not a number as it is dialled in the company's country"}},
		{"a client's that nobody can dial", Clients, "ref,name,phone,country\nA,B,298,\nC,D,030 23125012,DE\n", Options{}, []string{"ref=A name=B phone=298", "ref=C name=D country=DE phone=030 23125012 phone_e164=+493023125012"}, []string{"phone: not a number that can be dialled from the client's country"}},
		{"who is not blocked", Clients, "ref;name;Bloqué\nA;A;Non\nB;B;impayé\nC;C;Oui\nD;D;0\n", Options{}, []string{"ref=A name=A", "ref=B name=B blocked=impayé", "ref=C name=C blocked=Oui", "ref=D name=D"}, nil},
		{"words of the company's own", Clients, "ref;name;Type client\nA;A;Société\nB;B;Grossiste\n", Options{}, []string{"ref=A name=A kind=company", "ref=B name=B"}, []string{"kind: words of the company's own under the heading Type client were not used (1 row; line 3)"}},
		{"a SIRET that the map gives as the reference", Clients, "Nom;SIRET;Code\nA;732 829 320 00074;1\n", Options{Map: map[string]string{"ref": "SIRET"}}, []string{`ref=73282932000074 name=A siren=732829320 attributes={"code":"1","siren_typed":null}`}, nil},
		{"credit notes with either sign", Orders, "Type de pièce;N° pièce;Code client;Date;Qté;PU HT;Montant HT\nFacture;1;A;2026-01-31;2;5,5;11\nAvoir;2;A;2026-01-31;2;5,5;11\nBon de retour;3;A;2026-01-31;-2;-5,5;-11\nFacture;4;A;2026-01-31;-1;5,5;-5,5\nAvoir;5;A;2026-01-31;0;5,5;0\n", Options{},
			[]string{"order=1 client=A ordered_on=2026-01-31 amount=11 quantity=2 unit_price=5.5 document=order", "order=2 client=A ordered_on=2026-01-31 amount=-11 quantity=-2 unit_price=5.5 document=credit",
				"order=3 client=A ordered_on=2026-01-31 amount=-11 quantity=-2 unit_price=5.5 document=credit", "order=4 client=A ordered_on=2026-01-31 amount=-5.5 quantity=-1 unit_price=5.5 document=order",
				"order=5 client=A ordered_on=2026-01-31 amount=0 quantity=0 unit_price=5.5 document=credit"}, nil},
		{"statuses", Orders, "order,client,date,amount,status\n1,A,2026-01-31,5,Shipped\n2,A,2026-01-31,5,Cancelled\n3,A,2026-01-31,5,On Hold\n4,A,2026-01-31,5,\n", Options{},
			[]string{"order=1 client=A ordered_on=2026-01-31 amount=5 status=Shipped cancelled=f", "order=2 client=A ordered_on=2026-01-31 amount=5 status=Cancelled cancelled=t", "order=3 client=A ordered_on=2026-01-31 amount=5 status=On Hold cancelled=f", "order=4 client=A ordered_on=2026-01-31 amount=5 cancelled=f"}, nil},
		{"the day of a cancellation", Orders, "order,client,date,amount,Cancelled at\n1,A,2026-01-31,5,\n2,A,2026-01-31,5,2026-02-01 10:00:00 +0100\n", Options{},
			[]string{"order=1 client=A ordered_on=2026-01-31 amount=5", "order=2 client=A ordered_on=2026-01-31 amount=5 cancelled=t"}, nil},
		{"other currencies", Orders, "order,client,date,amount\n1,A,2026-01-31,$5.50\n2,A,2026-01-31,5.50 €\n", Options{}, []string{"order=1 client=A ordered_on=2026-01-31 amount=5.50", "order=2 client=A ordered_on=2026-01-31 amount=5.50"},
			[]string{"amount: written in USD, read as EUR (1 row; line 2)"}},
		{"years of two digits", Orders, "order,client,date,amount\n1,A,31/01/26,5\n", Options{}, []string{"order=1 client=A ordered_on=2026-01-31 amount=5"}, []string{"ordered_on: its years have two digits"}},
		{"discounts in percent without a sign", Orders, "order,client,date,amount,remise\n1,A,2026-01-31,5,1\n2,A,2026-01-31,5,15\n3,A,2026-01-31,5,5 %\n4,A,2026-01-31,5,0\n", Options{},
			[]string{"order=1 client=A ordered_on=2026-01-31 amount=5 discount=0.01", "order=2 client=A ordered_on=2026-01-31 amount=5 discount=0.15", "order=3 client=A ordered_on=2026-01-31 amount=5 discount=0.05", "order=4 client=A ordered_on=2026-01-31 amount=5 discount=0.00"}, nil},
		{"discounts as shares", Orders, "order,client,date,amount,remise\n1,A,2026-01-31,5,0.5\n2,A,2026-01-31,5,1\n", Options{}, []string{"order=1 client=A ordered_on=2026-01-31 amount=5 discount=0.5", "order=2 client=A ordered_on=2026-01-31 amount=5 discount=1"}, nil},
		{"an order's own cells on its first row only", Orders, "Référence de la commande;Client;Date de la commande;Lignes de la commande/Article;Lignes de la commande/Quantité;Lignes de la commande/Prix unitaire\nS1;A;2026-01-31;P;1;5\n;;;Q;2;6\nS2;B;2026-02-01;P;3;5\n", Options{},
			[]string{"order=S1 client=A ordered_on=2026-01-31 quantity=1 unit_price=5 product=P", "order=S1 client=A ordered_on=2026-01-31 quantity=2 unit_price=6 product=Q", "order=S2 client=B ordered_on=2026-02-01 quantity=3 unit_price=5 product=P"}, nil},
		{"the same with the order on each row", Orders, "Name;Email;Created at;Lineitem quantity;Lineitem price;Lineitem sku\n#1;a@x.example;2026-01-31;1;5;P\n#1;;;2;6;Q\n#2;b@x.example;2026-02-01;3;5;P\n", Options{Map: map[string]string{"order": "Name", "client": "Email", "unit_price": "Lineitem price"}},
			[]string{"order=#1 client=a@x.example ordered_on=2026-01-31 quantity=1 unit_price=5 product=P", "order=#1 client=a@x.example ordered_on=2026-01-31 quantity=2 unit_price=6 product=Q", "order=#2 client=b@x.example ordered_on=2026-02-01 quantity=3 unit_price=5 product=P"}, nil},
		{"a file of orders read for its clients", Clients, "Order ID,Order Date,Customer ID,Customer Name,City,Sales\n1,2026-01-31,A,Ann,Paris,5\n2,2026-01-31,A,Ann,Lyon,6\n", Options{}, []string{"ref=A name=Ann", "ref=A name=Ann"}, nil},
	} {
		f, err := Open(c.kind, Text(c.name, c.text), c.o)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		rows, bad, err := everything(f)
		if err != nil || len(bad) > 0 || !reflect.DeepEqual(rows, c.want) {
			t.Errorf("%s: %v %v\n%s\nwant\n%s", c.name, bad, err, strings.Join(rows, "\n"), strings.Join(c.want, "\n"))
		}
		checkNotes(t, c.name, f.Shape().Notes, c.notes)
	}
}

func TestDiscountsThatCouldBeEither(t *testing.T) {
	for column, want := range map[string]string{
		"Remise %\n1,A,2026-01-31,5,0.5":                    `column discount: "0.5" under the heading "Remise %" could be a share or a percentage`,
		"remise\n1,A,2026-01-31,5,0.05\n2,A,2026-01-31,5,7": `column discount: "7" can only be a percentage, and "0.05" looks like a share`,
	} {
		_, err := Open(Orders, Text("test.csv", "order,client,date,amount,"+column+"\n"), Options{})
		if !errors.Is(err, ErrFile) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", column, err, want)
		}
	}
}

func checkNotes(t *testing.T, name string, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: notes %q, want %q", name, got, want)
		return
	}
	for i := range want {
		if !strings.Contains(got[i], want[i]) {
			t.Errorf("%s: note %q, want %q", name, got[i], want[i])
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	for _, c := range []struct {
		name string
		kind Kind
		text string
		want Rejection
	}{
		{"a quote", Orders, "order,client,date,amount,document\n1,A,2026-01-31,5,Devis\n", Rejection{Line: 2, Column: "document", Reason: "a quote is not an order"}},
		{"an order that is still one", Orders, "order,client,date,amount,status\n1,A,2026-01-31,5,Devis envoyé\n", Rejection{Line: 2, Column: "status", Reason: `"Devis envoyé": a quote is not an order`}},
		{"a document that nobody knows", Orders, "order,client,date,amount,document\n1,A,2026-01-31,5,XYZ\n", Rejection{Line: 2, Column: "document",
			Reason: `"XYZ": not a kind of document: order, invoice, delivery, credit note, return or quote; leave the column out if it means something else`}},
		{"a reference that a spreadsheet cut", Clients, "ref;name\n3,56E+13;A\n", Rejection{Line: 2, Column: "ref", Reason: `"3,56E+13": ` + lostDigits}},
		{"a SIRET that is none, where it is the reference", Clients, "SIRET;nom\nnéant;A\n", Rejection{Line: 2, Column: "ref", Reason: `"néant": the client's reference here, but not a SIRET or SIREN`}},
		{"an address with a comma", Contacts, "client;name;email\nA;B;b@wanadoo,fr\n", Rejection{Line: 2, Column: "email", Reason: `"b@wanadoo,fr": not an e-mail address; is wanadoo.fr meant?`}},
		{"an order without its client, though the one above has one", Orders, "order;client;Created at;Lineitem quantity;unit_price\n#1;;2026-01-31;1;5\n", Rejection{Line: 2, Column: "client", Reason: missingCell}},
		{"a kind that is none, under its own name", Clients, "ref;name;kind\nA;A;Grossiste\n", Rejection{Line: 2, Column: "kind", Reason: `"Grossiste": not a kind of client: company, sole_trader or consumer`}},
		{"a percentage for an amount", Orders, "order,client,date,amount\n1,A,2026-01-31,5 %\n", Rejection{Line: 2, Column: "amount", Reason: `"5 %": a percentage`}},
	} {
		f, err := Open(c.kind, Text(c.name, c.text), Options{})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if rows, bad, err := everything(f); err != nil || len(rows) > 0 || len(bad) != 1 || bad[0] != c.want {
			t.Errorf("%s: %q %v %v, want %v", c.name, rows, bad, err, c.want)
		}
	}
}

// everything reads an open file as readFile does.
func everything(f *File) (rows []string, bad []Rejection, err error) {
	for {
		row, err := f.Next()
		if errors.Is(err, io.EOF) {
			return rows, bad, nil
		}
		if err != nil {
			return nil, nil, err
		}
		if row.Reason != "" {
			bad = append(bad, Rejection{Line: row.Line, Column: row.Column, Reason: row.Reason})
			continue
		}
		var cells []string
		for i, c := range row.Cells {
			if c != nil {
				cells = append(cells, f.Columns()[i]+"="+string(c))
			}
		}
		rows = append(rows, strings.Join(cells, " "))
	}
}
