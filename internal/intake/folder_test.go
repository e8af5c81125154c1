package intake

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/relance/relance/internal/importer"
	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/internal/testkit"
)

// watchVariable makes this binary a process that watches a folder: a test kills it.
const watchVariable = "RELANCE_TEST_WATCH"

func TestMain(m *testing.M) {
	if dir := os.Getenv(watchVariable); dir != "" {
		if err := watch(dir, os.Getenv("RELANCE_TEST_WATCH_DB")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func watch(dir, url string) error {
	st, err := store.Open(context.Background(), url)
	if err != nil {
		return err
	}
	f, err := NewFolder(New(st, slog.New(slog.NewTextHandler(os.Stderr, nil))), dir)
	if err != nil {
		return err
	}
	f.every = 10 * time.Millisecond
	f.Start()
	select {}
}

// watched is a folder, and the program that watches it, look by look.
type watchedFolder struct {
	*Folder
	t   *testing.T
	db  *pgxpool.Pool
	st  *store.Store
	log *bytes.Buffer
}

func newWatched(t *testing.T) *watchedFolder {
	t.Helper()
	db := testkit.DB(t)
	st := store.New(db)
	log := &bytes.Buffer{}
	f, err := NewFolder(New(st, slog.New(slog.NewTextHandler(log, nil))), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Stop)
	return &watchedFolder{f, t, db, st, log}
}

// put writes a file, with its folders.
func (w *watchedFolder) put(name, text string) {
	w.t.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// looks looks n times: a file is taken at the second look that finds it unchanged.
func (w *watchedFolder) looks(n int) {
	w.t.Helper()
	for range n {
		if err := w.look(context.Background()); err != nil {
			w.t.Fatal(err)
		}
	}
}

// tree lists the files below the folder.
func (w *watchedFolder) tree() string {
	var names []string
	_ = filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, _ error) error {
		if !d.IsDir() {
			name, _ := filepath.Rel(w.dir, path)
			names = append(names, name)
		}
		return nil
	})
	slices.Sort(names)
	return strings.Join(names, " ")
}

func (w *watchedFolder) read(name string) string {
	w.t.Helper()
	text, err := os.ReadFile(filepath.Join(w.dir, name))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(text)
}

func (w *watchedFolder) wantTree(when, want string) {
	w.t.Helper()
	if got := w.tree(); got != want {
		w.t.Errorf("%s:\n got %s\nwant %s\nlog:\n%s", when, got, want, w.log)
	}
}

func (w *watchedFolder) count(sql string) (n int) {
	w.t.Helper()
	if err := w.db.QueryRow(context.Background(), sql).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

const someClients = "ref,name\nC1,Dupont\nC2,Martin\n"

func TestFilesOfTheFolderAreImportedInTheOrderOfTheirKinds(t *testing.T) {
	w := newWatched(t)
	w.put("orders/o.csv", "order,client,ordered_on,amount\n1,C1,2026-01-13,5.00\n2,C9,2026-01-14,6.00\n3,C1,2026-01-15,1.00\n4,C2,2026-01-15,1.00\n")
	w.put("Clients du jour.csv", someClients)
	w.put("contacts/c.csv", "client,name\nC1,Ann\n")
	w.looks(1)
	if n := w.count(`SELECT count(*) FROM import_run`); n != 0 {
		t.Errorf("%d files were taken at the first look", n)
	}
	w.looks(1)
	w.wantTree("afterwards", "contacts/done/c.csv contacts/done/c.csv.report.json contacts/done/c.csv.report.txt "+
		"done/Clients du jour.csv done/Clients du jour.csv.report.json done/Clients du jour.csv.report.txt "+
		"orders/done/o.csv orders/done/o.csv.rejected.csv orders/done/o.csv.report.json orders/done/o.csv.report.txt")
	if got := w.read("orders/done/o.csv.report.txt"); !strings.Contains(got, "orders: 4 read = 3 created + 0 updated + 0 unchanged + 1 rejected") || !strings.Contains(got, "relance import undo 3") {
		t.Errorf("the report says\n%s", got)
	}
	var report importer.Report
	if err := json.Unmarshal([]byte(w.read("orders/done/o.csv.report.json")), &report); err != nil || report.Run != 3 || report.Rejected != 1 || report.Rejections[0].Line != 3 {
		t.Errorf("the report for programs: %+v, %v", report, err)
	}
	if got := w.read("orders/done/o.csv.rejected.csv"); !strings.Contains(got, "2,C9,2026-01-14,6.00") {
		t.Errorf("the rejected rows are %q", got)
	}
	w.looks(3)
	if n := w.count(`SELECT count(*) FROM import_run WHERE started_by = 'folder'`); n != 3 {
		t.Errorf("%d runs for three files", n)
	}
}

func TestANightlyFileKeepsItsNameAndItsHistory(t *testing.T) {
	w := newWatched(t)
	for range 3 {
		w.put("clients.csv", someClients)
		w.looks(2)
	}
	names := strings.Fields(w.tree())
	if len(names) != 9 || names[len(names)-3] != "done/clients.csv" && !slices.Contains(names, "done/clients.csv") {
		t.Errorf("three nights left %v", names)
	}
	if n := w.count(`SELECT count(*) FROM import_run WHERE state = 'done'`); n != 3 {
		t.Errorf("%d runs in three nights", n)
	}
}

func TestAFileOfASourceIsReadWithItsSettings(t *testing.T) {
	w := newWatched(t)
	err := w.st.SaveSource(context.Background(), store.Source{Name: "sage clients", Kind: importer.Clients, Options: importer.Options{Dates: importer.DayFirst}}, "ann", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	unclear := "ref;name;created_on\nC7;Petit;02/03/2025\n"
	w.put("sage clients/export.csv", unclear)
	w.put("clients/export.csv", unclear)
	w.looks(2)
	if n := w.count(`SELECT count(*) FROM client WHERE created_on = '2025-03-02'`); n != 1 {
		t.Error("with the settings of the source it is not the 2nd of March")
	}
	if n := w.count(`SELECT count(*) FROM import_run WHERE source = 'sage clients'`); n != 1 {
		t.Error("the run does not name its source")
	}
	if got := w.read("clients/failed/export.csv.report.txt"); !strings.Contains(got, "give --dates dmy or --dates mdy") {
		t.Errorf("without them the report says %q", got)
	}
	if got := w.read("clients/failed/export.csv.report.json"); !strings.Contains(got, `"error": "`) || !strings.Contains(got, `"applied": false`) {
		t.Errorf("and for programs %q", got)
	}
	if got := w.read("clients/failed/export.csv"); got != unclear {
		t.Errorf("the file is %q", got)
	}
}

func TestTooManyRejectedRowsFailWithTheRowsBeside(t *testing.T) {
	w := newWatched(t)
	w.put("clients/c.csv", "ref,name\nC1,A\n"+strings.Repeat(",B\n", 40))
	w.looks(2)
	w.wantTree("afterwards", "clients/failed/c.csv clients/failed/c.csv.rejected.csv clients/failed/c.csv.report.json clients/failed/c.csv.report.txt")
	if got := w.read("clients/failed/c.csv.report.txt"); !strings.Contains(got, "40 of 41 rows") || !strings.Contains(got, "40 × ref: empty, but needed") {
		t.Errorf("the report says %q", got)
	}
}

func TestHeadsWaitForTheirLines(t *testing.T) {
	w := newWatched(t)
	w.put("clients/c.csv", someClients)
	w.looks(2)
	w.put("orders/heads.csv", "orderNumber,orderDate,customerNumber\n1,2026-01-13,C1\n")
	w.looks(3)
	w.put("orders/lines.csv", "orderNumber,productCode,quantityOrdered,priceEach\n1,P1,2,10.50\n")
	w.looks(2)
	if n := w.count(`SELECT count(*) FROM orders WHERE amount = 21`); n != 1 || !strings.Contains(w.tree(), "orders/done/lines.csv") || !strings.Contains(w.tree(), "orders/done/heads.csv.report.txt") {
		t.Errorf("%d orders; %s", n, w.tree())
	}
	w.patience = 0
	w.put("orders/heads.csv", "orderNumber,orderDate,customerNumber\n2,2026-01-13,C1\n")
	w.looks(2)
	if got := w.read("orders/failed/heads.csv.report.txt"); !strings.Contains(got, "give the file of lines with it") {
		t.Errorf("alone: %q", got)
	}
}

func TestWhatIsNotMeantToBeTakenStays(t *testing.T) {
	w := newWatched(t)
	if err := os.Symlink("/etc/passwd", filepath.Join(w.dir, "clients-link.csv")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"clients.csv.part", ".clients.csv", "clients.csv.tmp", "notes.csv", "holidays/h.csv"} {
		w.put(name, someClients)
	}
	before := w.tree()
	w.looks(4)
	w.wantTree("afterwards", before)
	for _, said := range []string{"clients-link.csv", "notes.csv", "holidays"} {
		if n := strings.Count(w.log.String(), said); n != 1 {
			t.Errorf("%s is told %d times:\n%s", said, n, w.log)
		}
	}
}

func TestAFileThatGrowsIsNotTaken(t *testing.T) {
	w := newWatched(t)
	text := "ref,name\n"
	for n := range 4 {
		text += fmt.Sprintf("C%d,Client\n", n)
		w.put("clients/c.csv", text)
		w.put("orders/o.csv", "order,client,ordered_on,amount\n1,C3,2026-01-13,5.00\n")
		w.looks(1)
	}
	if n := w.count(`SELECT count(*) FROM import_run`); n != 0 {
		t.Errorf("%d files were taken while the clients grew", n)
	}
	w.looks(1)
	if n := w.count(`SELECT count(*) FROM client`) + w.count(`SELECT count(*) FROM orders`); n != 5 {
		t.Errorf("%d clients and orders; %s\n%s", n, w.tree(), w.log)
	}
}

func TestStrangeNames(t *testing.T) {
	w := newWatched(t)
	names := []string{"a b'\"$(x).csv", "\xff\xfe.csv", "é;\n.csv", strings.Repeat("x", 240) + ".csv", "-rf", "%41.csv"}
	for _, name := range names {
		w.put("clients/"+name, someClients)
	}
	w.looks(2)
	entries, err := os.ReadDir(filepath.Join(w.dir, "clients", "done"))
	if err != nil || len(entries) != 3*len(names) {
		t.Errorf("%d entries in done, %v\n%s", len(entries), err, w.log)
	}
	if n := w.count(`SELECT count(*) FROM import_run WHERE state = 'done'`); n != len(names) {
		t.Errorf("%d runs", n)
	}
}

func TestAFolderThatCannotBeWrittenIsToldOnce(t *testing.T) {
	if os.Geteuid() == 0 {
		// Root may write everywhere: a file in the place of the folder is in the way just as well.
		w := newWatched(t)
		w.put("clients/done", "in the way")
		w.put("clients/c.csv", someClients)
		w.looks(5)
		if n := strings.Count(w.log.String(), "level=WARN"); n != 1 || w.count(`SELECT count(*) FROM import_run`) != 0 {
			t.Errorf("told %d times:\n%s", n, w.log)
		}
		if err := os.Remove(filepath.Join(w.dir, "clients/done")); err != nil {
			t.Fatal(err)
		}
		w.looks(1)
		w.wantTree("once it has gone", "clients/done/c.csv clients/done/c.csv.report.json clients/done/c.csv.report.txt")
		return
	}
	w := newWatched(t)
	w.put("clients/c.csv", someClients)
	if err := os.Chmod(filepath.Join(w.dir, "clients"), 0o555); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.Chmod(filepath.Join(w.dir, "clients"), 0o755) }()
	w.looks(5)
	if n := strings.Count(w.log.String(), "level=WARN"); n != 1 || w.count(`SELECT count(*) FROM import_run`) != 0 {
		t.Errorf("told %d times:\n%s", n, w.log)
	}
}

// interrupted leaves a file as a process does that dies at some point.
func (w *watchedFolder) interrupted(run int64, moved, reported bool) {
	w.t.Helper()
	w.put("clients/.taking/x", "")
	_ = os.Remove(filepath.Join(w.dir, "clients/.taking/x"))
	name := "clients/c.csv"
	if moved {
		name = "clients/.taking/c.csv"
	}
	w.put(name, someClients)
	c := &claim{path: filepath.Join(w.dir, "clients/.taking/1.claim"), Kind: importer.Clients, Names: []fileName{"c.csv"}, Run: run, Tries: 1}
	if reported {
		w.put("clients/done/c.csv.report.txt", "reported")
		c.Into, c.As, c.Reported = doneDir, []fileName{"c.csv"}, true
	}
	if err := c.write(); err != nil {
		w.t.Fatal(err)
	}
}

func TestWhatADeadProcessBeganIsTakenUp(t *testing.T) {
	const all = "clients/done/c.csv clients/done/c.csv.report.json clients/done/c.csv.report.txt"
	for name, c := range map[string]struct {
		run             string // what it has come to: none, done, failed
		moved, reported bool
		runs            int // that are done in the end
		tree            string
	}{
		"claimed only":                   {"none", false, false, 1, all},
		"moved":                          {"none", true, false, 1, all},
		"the import broke off":           {"failed", true, false, 1, all},
		"imported":                       {"done", true, false, 1, all},
		"reported":                       {"done", true, true, 1, "clients/done/c.csv clients/done/c.csv.report.txt"},
		"the files have been taken away": {"none", false, false, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWatched(t)
			var run int64
			if c.run != "none" {
				result, err := w.intake.Import(context.Background(), Request{Kind: importer.Clients, Files: []importer.Input{importer.Text("c.csv", someClients)}, By: By, Now: time.Now()})
				if err != nil {
					t.Fatal(err)
				}
				run = result.Run
			}
			if c.run == "failed" {
				if _, err := w.db.Exec(context.Background(), `UPDATE import_run SET state = 'failed', error = 'broken off'`); err != nil {
					t.Fatal(err)
				}
			}
			w.interrupted(run, c.moved, c.reported)
			if c.runs == 0 {
				_ = os.Remove(filepath.Join(w.dir, "clients/c.csv"))
			}
			w.looks(1)
			w.wantTree("taken up", c.tree)
			if n := w.count(`SELECT count(*) FROM import_run WHERE state = 'done'`); n != c.runs {
				t.Errorf("%d runs are done, want %d", n, c.runs)
			}
		})
	}
}

func TestAnImportThatAlwaysBreaksOffIsGivenUp(t *testing.T) {
	w := newWatched(t)
	if _, err := w.db.Exec(context.Background(), `ALTER TABLE client ADD CHECK (name <> 'Dupont')`); err != nil {
		t.Fatal(err)
	}
	w.put("clients/c.csv", someClients)
	w.looks(8)
	if got := w.read("clients/failed/c.csv.report.txt"); !strings.Contains(got, "it was begun 3 times") {
		t.Errorf("the report says %q", got)
	}
	if n := w.count(`SELECT count(*) FROM import_run WHERE state = 'failed'`); n != 3 {
		t.Errorf("%d runs failed", n)
	}
}

func TestOneProcessWatches(t *testing.T) {
	w := newWatched(t)
	other, err := NewFolder(w.intake, w.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Stop()
	w.put("clients/c.csv", someClients)
	for range 3 {
		w.looks(1)
		if err := other.look(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if other.lease != nil || w.count(`SELECT count(*) FROM import_run`) != 1 {
		t.Error("two watch")
	}
	w.Stop()
	w.put("clients/c.csv", someClients)
	for range 2 {
		if err := other.look(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if w.count(`SELECT count(*) FROM import_run`) != 2 {
		t.Error("the other does not take over")
	}
}

// TestKilledProcessesImportEachFileOnce kills the process that watches again and again, whatever it is at.
func TestKilledProcessesImportEachFileOnce(t *testing.T) {
	w := newWatched(t)
	url := testkit.DatabaseURL(t)
	st, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	const files = 80
	for n := range files {
		w.put(fmt.Sprintf("clients/c%d.csv", n), fmt.Sprintf("ref,name\nC%d,Client\n", n))
	}
	finished := func() bool {
		entries, _ := filepath.Glob(filepath.Join(w.dir, "clients/done/*.csv"))
		waiting, _ := os.ReadDir(filepath.Join(w.dir, "clients/.taking"))
		return len(entries) == files && len(waiting) == 0
	}
	kills := 0
	for end := time.Now().Add(time.Minute); !finished() && time.Now().Before(end); kills++ {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), watchVariable+"="+w.dir, "RELANCE_TEST_WATCH_DB="+url)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(70+kills*37%100) * time.Millisecond) // some while, to be killed at any point
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	var done, clients int
	err = st.Pool().QueryRow(t.Context(), `SELECT (SELECT count(*) FROM import_run WHERE state = 'done'), (SELECT count(*) FROM client)`).Scan(&done, &clients)
	if err != nil || done != files || clients != files || !finished() {
		t.Errorf("after %d kills: %d runs done, %d clients of %d files; %v\n%s", kills, done, clients, files, err, w.tree())
	}
	t.Logf("killed %d times", kills)
	if kills < 3 {
		t.Errorf("it was killed %d times only", kills)
	}
	reports, _ := filepath.Glob(filepath.Join(w.dir, "clients/done/*.report.txt"))
	if len(reports) != files {
		t.Errorf("%d reports of %d files", len(reports), files)
	}
}
