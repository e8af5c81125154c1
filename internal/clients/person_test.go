package clients

import "testing"

func TestADeskIsNotGreetedByItsName(t *testing.T) {
	for name, want := range map[string]string{
		"Accueil": "", "ACCUEIL": "", "Comptabilité": "", "Service achats": "", "Reception": "",
		"Jeanne Accueil": "Jeanne Accueil", "Marie Durand": "Marie Durand", "": "",
	} {
		if got := Person(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
