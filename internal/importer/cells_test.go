package importer

import "testing"

func TestMended(t *testing.T) {
	if got := string(mended([]byte("L\u0092ANCRE et c\u009Cur — é"))); got != "L’ANCRE et cœur — é" {
		t.Errorf("%q", got)
	}
	if got := string(mended([]byte("déjà"))); got != "déjà" {
		t.Errorf("%q", got)
	}
}
