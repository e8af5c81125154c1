package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/relance/relance/internal/testkit"
)

// A day in the life of a client that came in twice.
func TestAClientThatIsThereTwice(t *testing.T) {
	t.Setenv("RELANCE_DATABASE_URL", testkit.DatabaseURL(t))
	file := filepath.Join(t.TempDir(), "clients.csv")
	if err := os.WriteFile(file, []byte("ref,name,city,phone\nC1,Hôtel du Port,Brest,02 98 00 00 00\nC2,HOTEL DU PORT SARL,BREST,\nC3,Garage Petit,Lyon,\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	want := func(code int, args ...string) string {
		t.Helper()
		var out, errOut bytes.Buffer
		if got := run(t.Context(), args, strings.NewReader(""), &out, &errOut); got != code {
			t.Fatalf("%q: exit %d, want %d: %s", args, got, code, errOut.String())
		}
		return out.String()
	}
	want(0, "import", "clients", file)

	if out := want(0, "clients", "duplicates", "--json"); !strings.Contains(out, `"kind":"same"`) || !strings.Contains(out, `"code":"same_name"`) {
		t.Errorf("duplicates: %s", out)
	}
	var merged struct {
		Merge         int64
		Kept, Dropped string
		Filled        []string
	}
	if err := json.Unmarshal([]byte(want(0, "clients", "merge", "C2", "C1", "--json")), &merged); err != nil {
		t.Fatal(err)
	}
	if merged.Kept != "C2" || merged.Dropped != "C1" || strings.Join(merged.Filled, " ") != "phone phone_e164" {
		t.Errorf("merged: %+v", merged)
	}
	if out := want(0, "import", "clients", file, "--json"); !strings.Contains(out, `"unchanged":3`) {
		t.Errorf("the same file again: %s", out)
	}
	want(2, "clients", "merge", "C2", "C1")
	want(1, "clients", "merge", "C2", "C9")
	if out := want(0, "clients", "merges"); !strings.Contains(out, "HOTEL DU PORT SARL") {
		t.Errorf("merges: %s", out)
	}
	want(0, "clients", "unmerge", "1")
	want(1, "clients", "unmerge", "1")
	want(0, "clients", "distinct", "C1", "C2")
	if out := want(0, "clients", "duplicates", "--json"); out != "" {
		t.Errorf("told apart, and proposed all the same: %s", out)
	}
	want(0, "clients", "group", "C3", "C1")
	want(2, "clients", "group", "C1", "C3")
	if out := want(0, "clients", "group", "C1"); !strings.Contains(out, "Garage Petit") {
		t.Errorf("group: %s", out)
	}
	want(0, "clients", "group", "C3", "--none")
}
