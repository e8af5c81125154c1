package importer

import (
	"slices"
	"testing"
)

func TestAFileThatDoesNotFitIsStillShown(t *testing.T) {
	in := Text("x.csv", "Export du 3 mai\nMachin;Truc;Ville\nA1;Dupont;Nantes\nA2;Durand;Brest\n")
	if _, err := Open(Clients, in, Options{}); err == nil {
		t.Fatal("it is no file of clients, but it opens")
	}
	p, err := PeekAt(Clients, in, Options{Header: 2}, 10)
	if err != nil {
		t.Fatal(err)
	}
	var headings []string
	for _, c := range p.Shape.Columns {
		headings = append(headings, c.Heading)
	}
	if !slices.Equal(headings, []string{"Machin", "Truc", "Ville"}) || p.Shape.Columns[2].Column != "city" || p.Shape.Header != 2 || p.Shape.Delimiter != "semicolon" {
		t.Errorf("shape %+v", p.Shape)
	}
	if len(p.Rows) != 4 || p.Rows[3].Line != 4 || !slices.Equal(p.Rows[3].Cells, []string{"A2", "Durand", "Brest"}) {
		t.Errorf("rows %+v", p.Rows)
	}
}

func TestNeededColumnsComeFirst(t *testing.T) {
	list := ColumnsOf(Contracts)
	if len(list) != 8 || list[0] != (Column{"ref", true}) || list[2] != (Column{"ends_on", true}) || list[3] != (Column{"kind", false}) {
		t.Errorf("%v", list)
	}
	if ColumnsOf("x") != nil {
		t.Error("an unknown kind has columns")
	}
}
