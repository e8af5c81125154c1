package clients_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"testing"

	"github.com/relance/relance/internal/clients"
)

// rows of a shared data file without its heading, or a skip.
func rows(t *testing.T, name string) [][]string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != "/"; dir = filepath.Dir(dir) {
		in, err := os.Open(filepath.Join(dir, "..", "shared", "data", name))
		if err != nil {
			continue
		}
		defer in.Close()
		all, err := csv.NewReader(in).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return all[1:]
	}
	t.Skip("no shared test data")
	return nil
}

// The expected form is what a person decided for each sample; empty means that it must not be guessed.
func TestFrenchNumbersAsTyped(t *testing.T) {
	for _, r := range rows(t, "phones/fr_raw_samples.csv") {
		if got, _ := clients.Phone(r[0], "FR"); got != r[1] {
			t.Errorf("%q (%s): %q, want %q", r[0], r[2], got, r[1])
		}
	}
}

// The samples are libphonenumber's own, dialled from home as people there write them, and from abroad.
func TestNumbersOfEurope(t *testing.T) {
	for _, r := range rows(t, "phones/eu_example_numbers.csv") {
		home, ok := clients.Phone(r[3]+r[4], r[0])
		if !ok || home != r[5] {
			t.Errorf("%s %s %s%s: %q, want %q", r[0], r[2], r[3], r[4], home, r[5])
		}
		if abroad, ok := clients.Phone("00"+r[1]+" "+r[4], "FR"); !ok || abroad != r[5] {
			t.Errorf("00%s %s from France: %q, want %q", r[1], r[4], abroad, r[5])
		}
	}
}

func TestSIREN(t *testing.T) {
	// 732 829 320 is the example of the French administration; the SIRET's last five digits are its establishment's.
	for typed, want := range map[string]string{"732 829 320": "732829320", "73282932000074": "732829320", "732829321": "", "73282932": "", "000000000": "", "FR732829320": ""} {
		got, ok := clients.SIREN(typed)
		if ok != (want != "") || ok && got != want {
			t.Errorf("%q: %q %t, want %q", typed, got, ok, want)
		}
	}
}

func TestEmailKey(t *testing.T) {
	for typed, want := range map[string]string{
		" Ann@Example.ORG ": "ann@example.org", "a.b+c@x.example": "a.b+c@x.example", "é@exemple.example": "é@exemple.example",
		// One mailbox, one key: in letters and on the wire, composed or not, in full-width letters.
		"carl@Bücher.example": "carl@xn--bcher-kva.example", "carl@xn--bcher-kva.example": "carl@xn--bcher-kva.example", "carl@bu\u0308cher.example": "carl@xn--bcher-kva.example",
		"carl@ｅｘａｍｐｌｅ.example": "carl@example.example", "re\u0301my@x.example": "r\u00e9my@x.example", "RE\u0301MY@x.example": "r\u00e9my@x.example",
		"carl\u200b@x.example": "", "carl@x\u00ad.example": "", "carl@x.example\u202c": "", "carl@x\uff20y.example": "", "carl@xn--a.example": "",
		"ann": "", "ann@": "", "@x.org": "", "a@b": "", "a@b@c.org": "", "a b@c.org": "", "a@c..org": "", ".a@c.org": "", "a@-c.org": "", "a@c.org;b@c.org": "", "a@c.org\nbcc": "",
	} {
		got, ok := clients.EmailKey(typed)
		if ok != (want != "") || ok && got != want {
			t.Errorf("%q: %q %t, want %q", typed, got, ok, want)
		}
	}
}

func TestCountriesAndLanguages(t *testing.T) {
	for typed, want := range map[string]string{
		"fr": "FR", "France": "FR", "ALLEMAGNE": "DE", "Germany": "DE", "Royaume-Uni": "GB", "UK": "GB", "USA": "US", "États-Unis": "US", "Etats Unis": "US", "Suisse": "CH",
		"Switzerland": "CH", "Belgique": "BE", "DEU": "DE", "Ireland": "IE", "Venezuela": "VE", "Brésil": "BR", "Côte d’Ivoire": "CI", "La Réunion": "RE", "Atlantis": "", "ZZ": "", "EU": "", "": "",
	} {
		got, ok := clients.Country(typed)
		if ok != (want != "") || ok && got != want {
			t.Errorf("country %q: %q %t, want %q", typed, got, ok, want)
		}
	}
	for typed, want := range map[string]string{"fr": "fr", "FR": "fr", "de-CH": "de", "Français": "fr", "anglais": "en", "klingonais": ""} {
		got, ok := clients.Language(typed)
		if ok != (want != "") || ok && got != want {
			t.Errorf("language %q: %q %t, want %q", typed, got, ok, want)
		}
	}
}

func TestFold(t *testing.T) {
	for typed, want := range map[string]string{"N° Client": "nclient", "Raison sociale": "raisonsociale", "Tél.": "tel", "customerID": "customerid", "Œuvre": "oeuvre", "#DATE DE CLASSEMENT": "datedeclassement"} {
		if got := clients.Fold(typed); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}
