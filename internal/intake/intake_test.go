package intake_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/relance/relance/internal/importer"
	"github.com/relance/relance/internal/intake"
	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/internal/testkit"
)

// importedAt is a Monday.
var importedAt = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

type fixture struct {
	db *pgxpool.Pool
	st *store.Store
	k  *intake.Intake
}

func setUp(t *testing.T) fixture {
	t.Helper()
	db := testkit.DB(t)
	st := store.New(db)
	return fixture{db, st, intake.New(st, slog.New(slog.DiscardHandler))}
}

// count asks for one number.
func (f fixture) count(t *testing.T, sql string) (n int) {
	t.Helper()
	if err := f.db.QueryRow(context.Background(), sql).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func (f fixture) imports(t *testing.T, req intake.Request) intake.Result {
	t.Helper()
	result, err := f.k.Import(context.Background(), req)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func request(kind importer.Kind, files ...importer.Input) intake.Request {
	return intake.Request{Kind: kind, Files: files, By: "ann", Now: importedAt}
}

const threeClients = "Code client;Raison sociale;CP\nC1;Dupont;75001\nC2;Martin;69001\n;Sans code;13001\n"

func TestLookLeavesNoTrace(t *testing.T) {
	f := setUp(t)
	look, err := f.k.Look(context.Background(), request(importer.Clients, importer.Text("clients.csv", threeClients)))
	if err != nil {
		t.Fatal(err)
	}
	file := look.Files[0]
	if got := file.Shape.Columns[0]; got != (importer.Found{Heading: "Code client", Column: "ref", How: "usual"}) {
		t.Errorf("the first heading is %+v", got)
	}
	if len(file.Preview) != 3 || file.Preview[0].Values["name"] != "Dupont" || file.Preview[2].Column != "ref" {
		t.Errorf("preview %+v", file.Preview)
	}
	if n := f.count(t, `SELECT (SELECT count(*) FROM client) + (SELECT count(*) FROM import_run)`); n != 0 {
		t.Errorf("%d rows were left behind", n)
	}
}

func TestRejectedRowsComeBackAndCanBeCorrected(t *testing.T) {
	f := setUp(t)
	var file bytes.Buffer
	req := request(importer.Clients, importer.Text("clients.csv", threeClients))
	req.Rejected = &file
	result := f.imports(t, req)
	if result.Created != 2 || result.Rejected != 1 || len(result.Reasons) != 1 || result.Reasons[0].Rows != 1 || result.Reasons[0].Lines[0] != 4 {
		t.Fatalf("%+v", result)
	}
	var kept bytes.Buffer
	if err := f.st.RejectedFile(context.Background(), result.Run, &kept); err != nil || kept.String() != file.String() {
		t.Errorf("the run keeps %q (%v), the request was given %q", kept.String(), err, file.String())
	}
	corrected := strings.Replace(file.String(), ";;Sans code", ";C3;Sans code", 1)
	again := f.imports(t, request(importer.Clients, importer.Text("clients.csv.rejected.csv", corrected)))
	if again.Created != 1 || again.Rejected != 0 {
		t.Errorf("the corrected file: %+v; it was %q", again.Report, corrected)
	}
	if n := f.count(t, `SELECT count(*) FROM client WHERE ref = 'C3' AND name = 'Sans code' AND postcode = '13001' AND attributes = '{}'`); n != 1 {
		t.Error("C3 is not as it was meant")
	}
}

func TestADryRunWritesTheFileAndKeepsNothing(t *testing.T) {
	f := setUp(t)
	var file bytes.Buffer
	req := request(importer.Clients, importer.Text("clients.csv", threeClients))
	req.DryRun, req.Rejected = true, &file
	if result := f.imports(t, req); result.Created != 2 || result.Run != 0 || !strings.Contains(file.String(), "Sans code") {
		t.Errorf("%+v, file %q", result.Report, file.String())
	}
	if n := f.count(t, `SELECT (SELECT count(*) FROM client) + (SELECT count(*) FROM upload)`); n != 0 {
		t.Errorf("%d rows were left behind", n)
	}
}

func TestWhatIsToldWinsOverWhatIsSaved(t *testing.T) {
	f := setUp(t)
	ctx := context.Background()
	clients := importer.Text("clients.csv", "ref;created_on;name\nC1;02/03/2025;Dupont\n")
	req := request(importer.Clients, clients)
	if _, err := f.k.Import(ctx, req); !errors.Is(err, importer.ErrFile) || !strings.Contains(err.Error(), "--dates") {
		t.Fatalf("02/03/2025 alone: %v, want ErrFile that names --dates", err)
	}
	req.Source, req.SaveSource, req.Options = "sage", true, importer.Options{Dates: importer.DayFirst}
	f.imports(t, req)
	if n := f.count(t, `SELECT count(*) FROM client WHERE created_on = '2025-03-02'`); n != 1 {
		t.Error("with dmy it is not the 2nd of March")
	}
	req.SaveSource, req.Options = false, importer.Options{}
	if result := f.imports(t, req); result.Unchanged != 1 {
		t.Errorf("with what was saved: %+v", result.Report)
	}
	req.Options = importer.Options{Dates: importer.MonthFirst}
	f.imports(t, req)
	if n := f.count(t, `SELECT count(*) FROM client WHERE created_on = '2025-02-03'`); n != 1 {
		t.Error("with mdy it is not the 3rd of February")
	}
	req.Kind = importer.Contacts
	if _, err := f.k.Import(ctx, req); !errors.Is(err, store.ErrSource) {
		t.Errorf("contacts under a source of clients: %v", err)
	}
}

const (
	orderHeads = "orderNumber,orderDate,customerNumber,status\n1,2026-01-13,C1,Shipped\n2,2026-01-14,C1,Shipped\n3,2026-01-15,C9,Shipped\n"
	orderLines = "orderNumber,productCode,quantityOrdered,priceEach\n1,P1,2,10.50\n2,P1,1,10.50\n2,P2,x,3.25\n"
)

func TestOrdersInTwoFilesGiveTheirRejectedRowsTogether(t *testing.T) {
	f := setUp(t)
	f.imports(t, request(importer.Clients, importer.Text("clients.csv", "ref,name\nC1,Dupont\n")))
	req := request(importer.Orders, importer.Text("lines.csv", orderLines), importer.Text("heads.csv", orderHeads))
	req.AcceptRejected = true
	groups, err := f.k.Groups(context.Background(), req)
	if err != nil || len(groups) != 1 || groups[0][0].Name != "heads.csv" || groups[0][1].Name != "lines.csv" {
		t.Fatalf("groups %v, %v", groups, err)
	}
	var file bytes.Buffer
	req.Files, req.Rejected = groups[0], &file
	result := f.imports(t, req)
	if result.Read != 6 || result.Rejected != 2 {
		t.Fatalf("%+v", result.Report)
	}
	archive, err := zip.NewReader(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]string{"heads.csv.rejected.csv": "2026-01-15,C9", "lines.csv.rejected.csv": "P2,x"} {
		member, err := archive.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		if text, _ := io.ReadAll(member); strings.Count(string(text), "\n") != 2 || !strings.Contains(string(text), row) {
			t.Errorf("%s holds %q, want one row with %s", name, text, row)
		}
	}
}

func TestHeadsAndLinesAreFoundAmongSeveralFiles(t *testing.T) {
	f := setUp(t)
	heads, lines := importer.Text("h", orderHeads), importer.Text("l", orderLines)
	flat := importer.Text("f", "order,client,ordered_on,amount\n1,C1,2026-01-13,5.00\n")
	for name, c := range map[string]struct {
		files []importer.Input
		want  string
	}{
		"flat files come one by one":       {[]importer.Input{flat, flat}, "f|f"},
		"the first heads take the first":   {[]importer.Input{lines, flat, heads}, "f|h,l"},
		"two pairs":                        {[]importer.Input{heads, heads, lines, lines}, "h,l|h,l"},
		"lines without heads stand alone":  {[]importer.Input{lines, lines, heads}, "l|h,l"},
		"what cannot be read stands alone": {[]importer.Input{importer.Text("x", "\x00"), heads, lines}, "x|h,l"},
	} {
		groups, err := f.k.Groups(context.Background(), request(importer.Orders, c.files...))
		if err != nil {
			t.Fatal(err)
		}
		var words []string
		for _, g := range groups {
			var names []string
			for _, in := range g {
				names = append(names, in.Name)
			}
			words = append(words, strings.Join(names, ","))
		}
		if got := strings.Join(words, "|"); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestGuess(t *testing.T) {
	const flat = "Order ID,Order Date,Customer ID,Customer Name,Country,City,Postal Code,Sales,Quantity\n1,2026-01-13,C1,Dupont,France,Paris,75001,5.00,1\n"
	for _, c := range []struct {
		name, text string
		want       importer.Kind
	}{
		{"orders.csv", flat, importer.Orders},
		{"Customers 2026.csv", flat, importer.Clients},
		{"superstore.csv", flat, importer.Orders},
		{"export.csv", "Code client;Raison sociale;CP\nC1;D;75001\n", importer.Clients},
		{"Liste des contacts clients.csv", "Code client;Contact;E-mail\nC1;Ann;a@x.fr\n", importer.Contacts},
		{"orderdetails.csv", orderLines, importer.Orders},
		{"report.csv", "ref;name;range;list_price\nP;Pen;a;1.00\n", importer.Products},
		{"contrats.csv", "ref;client;ends_on\nK;C1;2026-12-31\n", importer.Contracts},
		{"contrats.csv", "Code client;Raison sociale\nC1;D\n", importer.Clients}, // the name is wrong
	} {
		got, err := new(intake.Intake).Guess(c.name, importer.Text(c.name, c.text))
		if err != nil || got != c.want {
			t.Errorf("%s with %q: %s, %v; want %s", c.name, c.text, got, err, c.want)
		}
	}
	if _, err := new(intake.Intake).Guess("photo.csv", importer.Text("photo.csv", "a;b\n1;2\n")); !errors.Is(err, importer.ErrFile) {
		t.Errorf("a file of nothing: %v", err)
	}
}

func TestReasonsAreCountedWithoutWhatDiffers(t *testing.T) {
	var r intake.Reasons
	for i, reason := range []string{`"31/02/2026": no such day`, `no client "C9"; import clients first`, `"30/02/2026": no such day`, `the same as on line 7`, `the same as on line 12`, `"x": no such day`} {
		column := "ordered_on"
		if strings.HasPrefix(reason, "no client") {
			column = "client"
		}
		r.Add(importer.Rejection{Line: int64(i + 2), Column: column, Reason: reason})
	}
	var words []string
	for _, reason := range r.List() {
		words = append(words, reason.String())
	}
	want := []string{
		`3 × ordered_on: no such day (lines 2, 4, 7; the first: "31/02/2026": no such day)`,
		`2 × ordered_on: the same as on line … (lines 5, 6; the first: the same as on line 7)`,
		`1 × client: no client "C9"; import clients first (line 3)`,
	}
	if got := strings.Join(words, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

func TestEveryRejectionIsHandedOn(t *testing.T) {
	f := setUp(t)
	req := request(importer.Clients, importer.Text("clients.csv", "ref,name\n"+strings.Repeat(",x\n", 3000)+"C1,Dupont\n"))
	req.AcceptRejected = true
	seen := 0
	req.Rejections = func(all iter.Seq2[importer.Rejection, error]) error {
		for _, err := range all {
			if err != nil {
				return err
			}
			seen++
		}
		return nil
	}
	if result := f.imports(t, req); seen != 3000 || len(result.Rejections) != 1000 || !result.More || result.Reasons[0].Rows != 3000 {
		t.Errorf("handed on %d, %d in the report, reasons %+v", seen, len(result.Rejections), result.Reasons)
	}
}

// stopping is a file that never ends; whoever reads it is told to stop when it has been read for a while.
type stopping struct {
	stop  func()
	reads int
}

func (s *stopping) ReadAt(b []byte, _ int64) (int, error) {
	if s.reads++; s.reads == 100 {
		s.stop()
	}
	if s.reads > 10_000 {
		return 0, errors.New("read on after it was told to stop")
	}
	return copy(b, strings.Repeat("a;b\n", len(b)/4+1)), nil
}

func TestAnEndlessFileStopsWithTheContext(t *testing.T) {
	f := setUp(t)
	ctx, stop := context.WithCancel(t.Context())
	_, err := f.k.Import(ctx, request(importer.Clients, importer.Input{Name: "endless", In: &stopping{stop: stop}, Size: 1 << 40}))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want context.Canceled", err)
	}
}
