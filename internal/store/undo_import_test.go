package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/relance/relance/internal/importer"
	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/internal/testkit"
)

// seeds is how many random histories each law is tried on; RELANCE_TEST_SEEDS asks for more.
func seeds(few int) int {
	if n, err := strconv.Atoi(os.Getenv("RELANCE_TEST_SEEDS")); err == nil {
		return n
	}
	return few
}

// history makes random small files about the same few clients, reps, products and orders.
type history struct {
	*rand.Rand
	made     int  // files so far, which their values name
	distinct bool // each row has a value that no other file has
}

func newHistory(seed int) *history { return &history{Rand: rand.New(rand.NewPCG(uint64(seed), 7))} }

func (h *history) pick(list ...string) string { return list[h.IntN(len(list))] }

// file draws a kind and writes a file of it. Each row has a key of few; each other column is there or not.
func (h *history) file() (importer.Kind, string) {
	h.made++
	switch h.IntN(9) {
	case 0:
		return importer.Reps, h.table([]string{"ref", "name"}, []string{"email", "phone", "inside", "capacity"}, "R", 3)
	case 1:
		return importer.Products, h.table([]string{"ref", "name"}, []string{"range", "list_price", "cost"}, "P", 3)
	case 2, 3:
		return importer.Clients, h.table([]string{"ref", "name"}, []string{"phone", "sector", "potential", "created_on", "rep", "Couleur", "Taille"}, "C", 5)
	case 4:
		return importer.Contacts, h.table([]string{"client", "ref", "name"}, []string{"email", "phone", "role", "main"}, "K", 4)
	case 5:
		return importer.Activities, h.table([]string{"client", "ref", "kind", "at"}, []string{"minutes", "note", "closed_on"}, "A", 4)
	case 6:
		return importer.Contracts, h.table([]string{"client", "ref", "ends_on"}, []string{"notice_days", "amount", "starts_on"}, "T", 3)
	}
	return importer.Orders, h.orders()
}

func (h *history) table(needed, free []string, keys string, most int) string {
	columns := append([]string{}, needed...)
	for _, c := range free {
		if h.IntN(3) > 0 {
			columns = append(columns, c)
		}
	}
	var out strings.Builder
	fmt.Fprintln(&out, strings.Join(columns, ","))
	for _, k := range h.Perm(most)[:1+h.IntN(most)] {
		var cells []string
		for _, c := range columns {
			if c == "ref" {
				cells = append(cells, keys+strconv.Itoa(k))
				continue
			}
			cells = append(cells, h.cell(c))
		}
		fmt.Fprintln(&out, strings.Join(cells, ","))
	}
	return out.String()
}

// cell draws a value; sometimes it is empty, often it names the file, now and then it is one that other files have too.
func (h *history) cell(column string) string {
	n := h.made
	if h.IntN(4) == 0 && !h.distinct {
		n = 0
	}
	switch column {
	case "client":
		return "C" + strconv.Itoa(h.IntN(5))
	case "rep":
		return h.pick("", "R0", "R1", "R2")
	case "kind":
		return h.pick("visit", "complaint", "note")
	case "name":
		return fmt.Sprintf("Name %d", n)
	case "at", "ends_on":
		return fmt.Sprintf("2026-%02d-%02d", 1+n%12, 1+h.IntN(20))
	}
	if h.IntN(5) == 0 {
		return ""
	}
	switch column {
	case "email":
		return fmt.Sprintf("p%d.%d@example.org", n, h.IntN(3))
	case "phone":
		return fmt.Sprintf("01990000%02d", n%100)
	case "inside", "main":
		return h.pick("yes", "no")
	case "capacity", "minutes", "notice_days", "list_price", "cost", "potential", "amount":
		return strconv.Itoa(1 + n)
	case "created_on", "closed_on", "starts_on":
		return fmt.Sprintf("2025-%02d-10", 1+n%12)
	}
	return fmt.Sprintf("v%d", n)
}

func (h *history) orders() string {
	columns := []string{"order", "client", "ordered_on", "amount"}
	for _, c := range []string{"line", "product", "quantity", "delivered_on", "cancelled"} {
		if h.IntN(2) == 0 {
			columns = append(columns, c)
		}
	}
	var out strings.Builder
	fmt.Fprintln(&out, strings.Join(columns, ","))
	for _, o := range h.Perm(4)[:1+h.IntN(4)] {
		client, day := h.cell("client"), fmt.Sprintf("2026-01-%02d", 1+(h.made+h.IntN(2))%28)
		for line := range 1 + h.IntN(3) {
			var cells []string
			for _, c := range columns {
				cells = append(cells, map[string]string{"order": "O" + strconv.Itoa(o), "client": client, "ordered_on": day, "line": strconv.Itoa(line + 1), "product": h.pick("", "P0", "P1", "P7"),
					"amount": strconv.Itoa(h.amount() + line - 4), "quantity": strconv.Itoa(1 + h.IntN(3)), "delivered_on": h.pick("", "2026-02-01", "2026-02-0"+strconv.Itoa(1+h.made%9)),
					"cancelled": h.pick("", "", "yes")}[c])
			}
			fmt.Fprintln(&out, strings.Join(cells, ","))
		}
	}
	return out.String()
}

func (h *history) amount() int {
	if h.distinct || h.IntN(2) == 0 {
		return h.made * 10
	}
	return 5
}

// everything is all rows of what imports write, with all columns.
func everything(t *testing.T, db *pgxpool.Pool) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, table := range []string{"rep", "product", "client", "contact", "basis", "suppression", "orders", "order_line", "activity", "contract"} {
		all[table] = ask[string](t, db, `SELECT coalesce(string_agg(x::text, E'\n' ORDER BY x::text), '') FROM `+table+` x`)
	}
	return all
}

func wantSame(t *testing.T, what string, got, want map[string]string) {
	t.Helper()
	for table := range want {
		if got[table] != want[table] {
			t.Errorf("%s: %s:\n%s\nwant\n%s", what, table, got[table], want[table])
		}
	}
}

// beginning is a company with some of everything, people who consented, and one who opposed.
func beginning(t *testing.T) (*pgxpool.Pool, *store.Store) {
	t.Helper()
	db := testkit.DB(t)
	st := store.New(db)
	put(t, st, importer.Reps, "ref,name\nR0,Rita\nR1,Rolf\n")
	put(t, st, importer.Products, "ref,name\nP0,Pin\n")
	put(t, st, importer.Clients, "ref,name,phone,rep,Couleur\nC0,Zero,0199000900,R0,bleu\nC1,One,,,\nC2,Two,0199000902,,vert\n")
	put(t, st, importer.Contacts, "client,ref,name,email,phone,mail_basis,call_basis,basis_source,basis_on\nC0,K0,Kim,kim@example.org,0199000910,consent,consent,form,2026-01-01\nC1,K1,Kai,kai@example.org,0199000911,consent,consent,form,2026-01-01\n")
	put(t, st, importer.Orders, "order,client,ordered_on,line,amount,product\nO0,C0,2026-01-02,1,10.50,P0\nO0,C0,2026-01-02,2,7,\nO1,C2,2026-01-03,1,-3,P0\n")
	put(t, st, importer.Activities, "ref,client,kind,at\nA0,C0,visit,2026-01-05\n")
	put(t, st, importer.Contracts, "ref,client,ends_on\nT0,C1,2026-12-31\n")
	mustExec(t, db, `INSERT INTO suppression (scope, address, why, source, touch_id, at) VALUES ('everything', 'kim@example.org', 'opposition', 'stop page', 7, '2026-02-01'), ('call', '+33199000900', 'opposition', 'call', 8, '2026-02-01')`)
	return db, st
}

func undo(t *testing.T, st *store.Store, run int64) store.Undone {
	t.Helper()
	u, err := st.UndoImport(context.Background(), run, "test", importedAt)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// Undoing the newest run at any point of any history brings back every row and column, ids included.
func TestUndoingTheLastRunIsAsIfItNeverWas(t *testing.T) {
	for seed := range seeds(3) {
		db, st := beginning(t)
		h := newHistory(seed)
		for range 8 {
			before := everything(t, db)
			kind, text := h.file()
			run := importText(t, st, kind, text, store.ImportSpec{}, importer.Options{}).Run
			u := undo(t, st, run)
			wantSame(t, fmt.Sprintf("seed %d, %s\n%s", seed, kind, text), everything(t, db), before)
			if u.Kept != 0 {
				t.Errorf("seed %d, %s\n%s: kept %v", seed, kind, text, u.List)
			}
			if t.Failed() {
				return
			}
			importText(t, st, kind, text, store.ImportSpec{}, importer.Options{})
		}
	}
}

// Whatever came on top of each other, and in whatever order it is undone: when all is undone, all is as before.
func TestUndoingAllRunsInAnyOrderEndsWhereItBegan(t *testing.T) {
	for seed := range seeds(6) {
		db, st := beginning(t)
		before := everything(t, db)
		h := newHistory(1000 + seed)
		var runs []int64
		var story strings.Builder
		for range 2 + h.IntN(6) {
			kind, text := h.file()
			run := importText(t, st, kind, text, store.ImportSpec{}, importer.Options{}).Run
			fmt.Fprintf(&story, "run %d, %s:\n%s", run, kind, text)
			runs = append(runs, run)
		}
		h.Shuffle(len(runs), func(i, j int) { runs[i], runs[j] = runs[j], runs[i] })
		for _, run := range runs {
			undo(t, st, run)
		}
		wantSame(t, fmt.Sprintf("seed %d: undone in the order %v\n%s", seed, runs, story.String()), everything(t, db), before)
		if n := ask[int64](t, db, `SELECT count(*) FROM import_image i JOIN import_run r ON r.id = run_id WHERE state = 'undone'`); n != 0 {
			t.Errorf("seed %d: %d images are left", seed, n)
		}
		if t.Failed() {
			return
		}
	}
}

// rowsByRef is what imports wrote, by table and ref, then by column, with refs instead of ids. Consent has laws of its own.
func rowsByRef(t *testing.T, db *pgxpool.Pool) map[string]map[string]string {
	t.Helper()
	const client, rep = `(SELECT ref FROM client c WHERE c.id = t.client_id)`, `(SELECT ref FROM rep r WHERE r.id = t.rep_id)`
	all := map[string]map[string]string{}
	for table, sql := range map[string]string{
		"rep":        `SELECT ref, to_jsonb(t) FROM rep t`,
		"product":    `SELECT ref, to_jsonb(t) FROM product t`,
		"client":     `SELECT ref, to_jsonb(t) || jsonb_build_object('rep_id', ` + rep + `) || coalesce((SELECT jsonb_object_agg('attributes.' || k, v) FROM jsonb_each(attributes) a(k, v)), '{}') FROM client t`,
		"contact":    `SELECT ` + client + ` || ' ' || ref, to_jsonb(t) - 'client_id' FROM contact t`,
		"activity":   `SELECT ref, to_jsonb(t) || jsonb_build_object('client_id', ` + client + `) FROM activity t`,
		"contract":   `SELECT ref, to_jsonb(t) || jsonb_build_object('client_id', ` + client + `) FROM contract t`,
		"orders":     `SELECT ref, to_jsonb(t) - '{amount,counts}'::text[] || jsonb_build_object('client_id', ` + client + `) FROM orders t`,
		"order_line": `SELECT (SELECT ref FROM orders o WHERE o.id = order_id) || ' ' || line, to_jsonb(t) - 'order_id' || jsonb_build_object('product_id', (SELECT ref FROM product p WHERE p.id = product_id)) FROM order_line t`,
	} {
		list, err := db.Query(context.Background(), `SELECT ref, key, value FROM (`+sql+`) x (ref, row) CROSS JOIN jsonb_each_text(row)
			WHERE value IS NOT NULL AND key <> ALL ('{id,run_id,attributes,email_was,phone_was,inside_rep_id}')`)
		if err != nil {
			t.Fatal(err)
		}
		var ref, column, value string
		_, err = pgx.ForEachRow(list, []any{&ref, &column, &value}, func() error {
			if all[table+"/"+ref] == nil {
				all[table+"/"+ref] = map[string]string{}
			}
			all[table+"/"+ref][column] = value
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// differences are the rows, and the columns of rows in both, in which two databases differ.
func differences(a, b map[string]map[string]string) (rows, columns map[string]bool) {
	rows, columns = map[string]bool{}, map[string]bool{}
	for ref := range a {
		if b[ref] == nil {
			rows[ref] = true
			continue
		}
		for c := range a[ref] {
			if a[ref][c] != b[ref][c] {
				columns[ref+"/"+c] = true
			}
		}
	}
	return rows, columns
}

// When each row of each file has something that no other file has: what is undone, in any order, is as if it never came,
// but for what is listed as kept.
func TestWhatWasUndoneNeverCameButForWhatIsListed(t *testing.T) {
	for seed := range seeds(5) {
		h := newHistory(2000 + seed)
		h.distinct = true
		type imported struct {
			kind importer.Kind
			text string
			run  int64
		}
		var all []imported
		db, st := beginning(t)
		whole := "ref,name\nC0,Zero\nC1,One\nC2,Two\nC3,Three\nC4,Four\n"
		put(t, st, importer.Clients, whole)
		put(t, st, importer.Reps, "ref,name\nR0,Rita\nR1,Rolf\nR2,Ruth\n")
		for range 2 + h.IntN(6) {
			kind, text := h.file()
			all = append(all, imported{kind, text, importText(t, st, kind, text, store.ImportSpec{}, importer.Options{}).Run})
		}
		gone, listed := map[int64]bool{}, map[string]bool{}
		var story strings.Builder
		for _, i := range h.Perm(len(all))[:1+h.IntN(len(all))] {
			u := undo(t, st, all[i].run)
			gone[all[i].run] = true
			for _, k := range u.List {
				listed[k.Noun+"/"+k.Ref], listed[k.Noun+"/"+k.Ref+"/"+k.Column] = true, true
			}
			fmt.Fprintf(&story, "undone %d: %v\n", u.Run, u.List)
		}
		other, st2 := beginning(t)
		put(t, st2, importer.Clients, whole)
		put(t, st2, importer.Reps, "ref,name\nR0,Rita\nR1,Rolf\nR2,Ruth\n")
		for _, i := range all {
			fmt.Fprintf(&story, "run %d, %s:\n%s", i.run, i.kind, i.text)
			if !gone[i.run] {
				importText(t, st2, i.kind, i.text, store.ImportSpec{}, importer.Options{})
			}
		}
		a, b := rowsByRef(t, db), rowsByRef(t, other)
		for _, side := range [][2]map[string]map[string]string{{a, b}, {b, a}} {
			rows, columns := differences(side[0], side[1])
			for ref := range rows {
				if !listed[ref] {
					t.Errorf("seed %d: %s is there or is not; here %v, there %v", seed, ref, a[ref], b[ref])
				}
			}
			for column := range columns {
				ref := column[:strings.LastIndex(column, "/")]
				if !listed[column] && !listed[ref+"/"] {
					t.Errorf("seed %d: %s differs: here %v, there %v", seed, column, a[ref], b[ref])
				}
			}
		}
		if t.Failed() {
			t.Fatal(story.String())
		}
	}
}

func TestARunIsUndoneOnceAndOnlyWhenItWasApplied(t *testing.T) {
	_, st := beginning(t)
	r := put(t, st, importer.Clients, "ref,name\nC9,Nine\n")
	undo(t, st, r.Run)
	if _, err := st.UndoImport(context.Background(), r.Run, "test", importedAt); !errors.Is(err, store.ErrUndo) || !strings.Contains(err.Error(), "on 2026-03-02 by test already") {
		t.Errorf("twice: %v", err)
	}
	if _, err := st.UndoImport(context.Background(), 99999, "test", importedAt); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an unknown run: %v", err)
	}
}
