package clients_test

import (
	"strings"
	"testing"

	"github.com/relance/relance/internal/clients"
)

func TestEmailTypos(t *testing.T) {
	for typed, want := range map[string]string{
		"a@gmial.com": "gmail.com", "a@gmai.com": "gmail.com", "a@gmaill.com": "gmail.com", "A@GMIAL.COM": "gmail.com", "a@hotmial.fr": "hotmail.fr", "a@wanado.fr": "wanadoo.fr",
		"a@wanadoo.f": "wanadoo.fr", "a@gmail.con": "gmail.com", "a@firme.cmo": "firme.com", "a@orage.fr": "orange.fr", "a@yaho.fr": "yahoo.fr", "a@outlok.com": "outlook.com",
		"a@laposte.net.": "laposte.net", "a@wanadoo,fr": "wanadoo.fr", "a@wanadoo..f": "wanadoo.fr",
		"a@gmail.com": "", "a@mail.com": "", "a@email.com": "", "a@ymail.com": "", "a@free.fr": "", "a@fred.fr": "", "a@sur.fr": "", "a@yahoo.be": "", "a@firme.co": "", "a@firme.fr": "",
		"a": "", "": "", "a@": "", "a@.con": "",
	} {
		if got := clients.EmailTypo(typed); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}

// FuzzEmail: a key is its own key, has one @, nothing that nobody sees, and the same whatever the case.
func FuzzEmail(f *testing.F) {
	f.Add(" Ann@Example.ORG ")
	f.Add("carl@Bücher.example")
	f.Fuzz(func(t *testing.T, typed string) {
		clients.EmailTypo(typed)
		key, ok := clients.EmailKey(typed)
		if !ok {
			return
		}
		if again, ok := clients.EmailKey(key); !ok || again != key {
			t.Fatalf("%q gives %q, which gives %q", typed, key, again)
		}
		if strings.Count(key, "@") != 1 || strings.ContainsAny(key, " \t\r\n,;<>\"") {
			t.Fatalf("%q gives %q", typed, key)
		}
		if upper, _ := clients.EmailKey(strings.ToUpper(key)); strings.ToLower(strings.ToUpper(key)) == key && upper != key {
			t.Fatalf("%q in capitals gives %q", key, upper)
		}
	})
}

// FuzzPhone: what is normalised stays so, dialled from anywhere, and its digits are those that were typed.
func FuzzPhone(f *testing.F) {
	f.Add("01 99 00 12 34", "FR")
	f.Add("0033(0)383244378", "FR")
	f.Add("Tél. 030 23125 012", "DE")
	f.Fuzz(func(t *testing.T, typed, country string) {
		number, ok := clients.Phone(typed, country)
		if !ok {
			return
		}
		if again, ok := clients.Phone(number, "US"); !ok || again != number {
			t.Fatalf("%q gives %s, which gives %q", typed, number, again)
		}
		if ascii(typed) && !strings.HasSuffix(onlyDigits(typed), number[len(number)-4:]) {
			t.Fatalf("%q ends in other digits than %s", typed, number)
		}
	})
}

func ascii(s string) bool { return strings.IndexFunc(s, func(r rune) bool { return r > 127 }) < 0 }

func TestDocumentsAndStatuses(t *testing.T) {
	for word, want := range map[string]clients.Document{
		"Facture": clients.Order, "Bon de livraison": clients.Order, "Bon de commande": clients.Order, "out_invoice": clients.Order, "Facture d'avoir": clients.Credit,
		"Facture d’avoir": clients.Credit, "Bon d’avoir financier": clients.Credit, "Credit Memo": clients.Credit, "out_refund": clients.Credit, "RETOUR": clients.Credit,
		"Devis": clients.Quote, "Facture pro forma": clients.Quote, "Acompte": "", "FA": "", "3": "", "": "",
	} {
		if got, ok := clients.ParseDocument(word); got != want || ok != (want != "") {
			t.Errorf("%q: %q %t, want %q", word, got, ok, want)
		}
	}
	for word, want := range map[string][2]bool{
		"Cancelled": {true, false}, "Annulée": {true, false}, "wc-refunded": {true, false}, "voided": {true, false}, "Shipped": {}, "On Hold": {}, "Disputed": {}, "Resolved": {},
		"In Process": {}, "Soldée": {}, "partially_refunded": {}, "Devis envoyé": {false, true}, "Draft": {false, true}, "": {},
	} {
		if cancelled, quote := clients.ParseStatus(word); cancelled != want[0] || quote != want[1] {
			t.Errorf("%q: %t %t, want %v", word, cancelled, quote, want)
		}
	}
}

func TestNumbersWithWords(t *testing.T) {
	for typed, want := range map[string]string{
		"Tél. : 01 99 00 12 34": "+33199001234", "T: +33 1 99 00 12 34": "+33199001234", "01 99 00 12 34 poste 12": "", "01 99 00 12 34 (M. Paul)": "", "0800 FLOWERS": "",
		"01 99 00 12 34 / 06 39 98 12 34": "", "1,99E+08": "", "0": "", "": "",
	} {
		if got, _ := clients.Phone(typed, "FR"); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}
