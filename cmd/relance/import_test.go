package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/relance/relance/internal/importer"
	"github.com/relance/relance/internal/testkit"
)

// shell is a folder with files, and the program beside them.
type shell struct {
	t   *testing.T
	dir string
}

func newShell(t *testing.T, files map[string]string) shell {
	t.Helper()
	t.Setenv("RELANCE_DATABASE_URL", testkit.DatabaseURL(t))
	t.Setenv("RELANCE_CLOCK", "2026-03-10T09:00:00+01:00")
	s := shell{t, t.TempDir()}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// relance runs a command line in which @name is a file of the folder.
func (s shell) relance(input, line string) (code int, out, errOut string) {
	s.t.Helper()
	args := strings.Fields(strings.ReplaceAll(line, "@", s.dir+"/"))
	var o, e bytes.Buffer
	code = run(s.t.Context(), args, strings.NewReader(input), &o, &e)
	return code, strings.ReplaceAll(o.String(), s.dir+"/", ""), strings.ReplaceAll(e.String(), s.dir+"/", "")
}

func (s shell) read(name string) string {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, name))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

func TestImportFromTheCommandLine(t *testing.T) {
	s := newShell(t, map[string]string{
		"clients.csv": "Code client;Raison sociale;CP\nC1;Dupont;75001\nC2;Martin;69001\n;Sans code;13001\n",
		"heads.csv":   "orderNumber,orderDate,customerNumber\n1,2026-01-13,C1\n2,2026-01-14,C2\n",
		"lines.csv":   "orderNumber,productCode,quantityOrdered,priceEach\n1,P1,2,10.50\n2,P1,1,10.50\n",
		"unclear.csv": "ref;name;created_on\nC7;Petit;02/03/2025\n",
		"map.yaml":    "ref: Nom\nname: Nom\n",
	})
	for _, c := range []struct {
		input, line string
		code        int
		out, errOut string // in it
	}{
		{"", "import clients @clients.csv --look", 0, "Code client → ref (its usual heading), such as \"C1\"", ""},
		{"", "import list", 0, "No order is known yet.", ""},
		{"", "import clients @clients.csv --dry-run", 3, "clients: 3 read = 2 created + 0 updated + 0 unchanged + 1 rejected\n  A dry run: nothing was stored.", ""},
		{"", "import clients @clients.csv --rejected @clients.csv", 2, "", "is the file to import"},
		{"", "import clients @clients.csv --save", 2, "", "--source NAME"},
		{"", "import clients @clients.csv --rejected @bad.csv", 3, "    1 × ref: empty, but needed (line 4)\n  The rejected rows are in bad.csv: correct them and import that file.\n  Run 2. To take it back: relance import undo 2\n", ""},
		{"", "import rejected 2", 0, "4;ref;\"empty, but needed\";;Sans code;13001", ""},
		{"", "import rejected 7", 1, "", "it rejected nothing"},
		{"", "import orders @lines.csv @heads.csv", 0, "orders: 4 read = 4 created + 0 updated + 0 unchanged + 0 rejected", ""},
		{"", "import orders @lines.csv @heads.csv @lines.csv --rejected @bad.csv", 2, "", "give the files one by one"},
		{"", "import clients @unclear.csv", 1, "", "give --dates dmy or --dates mdy"},
		{"", "import clients @unclear.csv --dates dmy --source sage --save", 0, "1 created", ""},
		{"", "import clients @unclear.csv --source sage", 0, "1 unchanged", ""},
		{"", "import orders @lines.csv --source sage", 2, "", "holds clients, not orders"},
		{"", "source", 0, "sage    clients  saved by operator", ""},
		{"", "source show sage", 0, `"dates": "dmy"`, ""},
		{"", "source delete sage", 0, "", "its imports stay"},
		{"", "source delete sage", 1, "", "`relance source list`"},
		{"ref,name\nC9,Neuf\n", "import clients -", 0, "standard input\n", ""},
		{"Nom\nX\n", "import clients - --map @map.yaml", 0, "1 created", ""},
		{"", "import clients @unclear.csv --delimiter ab", 2, "", "--delimiter"},
		{"", "import clients " + s.dir, 2, "", ""},
		{"", "import client @clients.csv", 2, "", `did you mean "clients"`},
		{"", "import undo 3 --dry-run", 0, "would be undone; nothing was changed.\n  Gone, since it had made them: 2 order lines, 2 orders", ""},
		{"", "import undo 3", 0, "Import 3 of orders is undone.", ""},
		{"", "import undo 3", 1, "", "was undone"},
		{"", "import undo 99", 1, "", "`relance import list`"},
	} {
		code, out, errOut := s.relance(c.input, c.line)
		if code != c.code || !strings.Contains(out, c.out) || !strings.Contains(errOut, c.errOut) {
			t.Errorf("%s: exit %d, want %d\nout:\n%s\nerr:\n%s\nwant in it %q, %q", c.line, code, c.code, out, errOut, c.out, c.errOut)
		}
	}
	if got := s.read("bad.csv"); got != "\ufeffrelance_line;relance_column;relance_reason;Code client;Raison sociale;CP\r\n4;ref;\"empty, but needed\";;Sans code;13001\r\n" {
		t.Errorf("the file of rejected rows is %q", got)
	}
}

func TestTooManyRejectedRowsAreRefusedInWords(t *testing.T) {
	s := newShell(t, map[string]string{"clients.csv": "ref,name\nC1,A\n,B\n,C\n"})
	code, out, errOut := s.relance("", "import clients @clients.csv --json")
	var report importer.Report
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatalf("%v in %q", err, out)
	}
	if code != 1 || report.Applied || !report.Refused || report.Rejected != 2 {
		t.Errorf("exit %d, %+v", code, report)
	}
	for _, want := range []string{"2 of 3 rows", "2 × ref: empty, but needed (lines 3, 4)", "--accept-rejected"} {
		if !strings.Contains(errOut, want) {
			t.Errorf("%q does not say %q", errOut, want)
		}
	}
	if code, _, errOut := s.relance("", "import clients @clients.csv --accept-rejected"); code != 3 {
		t.Errorf("accepted: exit %d, %s", code, errOut)
	}
}

func TestTheReportHasEveryRejection(t *testing.T) {
	const bad = 2500
	s := newShell(t, map[string]string{"clients.csv": "ref,name\n" + strings.Repeat(",\"<x> \"\"rejections\"\":[\"\n", bad) + "C1,A\n"})
	code, out, errOut := s.relance("", "import clients @clients.csv --accept-rejected --json")
	var report struct {
		importer.Report
		Run, Read, Rejected int64
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil || code != 3 {
		t.Fatalf("exit %d, %v, %s", code, err, errOut)
	}
	if len(report.Rejections) != bad || report.Rejections[bad-1] != (importer.Rejection{Line: bad + 1, Column: "ref", Reason: "empty, but needed"}) || report.More {
		t.Errorf("%d rejections, more %t", len(report.Rejections), report.More)
	}
	if strings.Count(out, "\n") != 1 || !strings.HasPrefix(out, `{"kind":"clients","source":"","run":1,"dry_run":false,"applied":true,"read":2501,"created":1,`) {
		t.Errorf("the report begins %.120s", out)
	}
}

func TestTheHistoryAsJSON(t *testing.T) {
	s := newShell(t, map[string]string{"clients.csv": "ref,name\nC1,A\n"})
	for range 2 {
		s.relance("", "import clients @clients.csv")
	}
	_, out, errOut := s.relance("", "import list --json")
	want := ""
	for _, run := range []string{`"run":2,%s"created":0,"updated":0,"unchanged":1`, `"run":1,%s"created":1,"updated":0,"unchanged":0`} {
		want += "{" + fmt.Sprintf(run, `"kind":"clients","file":"clients.csv","source":null,"by":"operator","state":"done","error":null,"dry_run":false,`+
			`"started_at":"T","finished_at":"T","read":1,`) + `,"rejected":0,"undoable":true,"undone_at":null,"undone_by":null}` + "\n"
	}
	if got := timesBlanked(out); got != want {
		t.Errorf("%s\n%s\nwant\n%s", errOut, got, want)
	}
}

// timesBlanked writes T for each moment of the test's day.
func timesBlanked(s string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(s, `"2026-03-10T`)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		_, s, _ = strings.Cut(after, `"`)
		b.WriteString(`"T"`)
	}
}
