package campaigns

import (
	"testing"
)

// library returns a shipped campaign.
func library(t testing.TB, name string) *Definition {
	t.Helper()
	for _, f := range Library() {
		if f.Name != name {
			continue
		}
		d, problems := Parse(f.Path, f.Source)
		for _, p := range problems {
			t.Error(p)
		}
		if d == nil {
			t.FailNow()
		}
		return d
	}
	t.Fatalf("no campaign %q is shipped", name)
	return nil
}

func TestShippedCampaignsAreRightAndNamedAsTheirFiles(t *testing.T) {
	files := Library()
	if len(files) != 5 {
		t.Errorf("%d campaigns are shipped, want 5", len(files))
	}
	for _, f := range files {
		d := library(t, f.Name)
		if d.Name != f.Name || d.Title.FR == "" || d.Title.EN == "" || d.HoldOut != 0 {
			t.Errorf("%s: name %q, titles %q and %q, hold-out %v", f.Path, d.Name, d.Title.FR, d.Title.EN, d.HoldOut)
		}
	}
}
