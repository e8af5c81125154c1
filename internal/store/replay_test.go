package store_test

import (
	"context"
	_ "embed"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/calendar"
	"github.com/relance/relance/internal/importer"
	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/internal/testkit"
)

// expectedSQL computes the touches of the replay from the orders alone; it shares nothing with the planner.
//
//go:embed testdata/replay.sql
var expectedSQL string

// firstDay and lastDay are Northwind's first and last order.
var (
	firstDay = calendar.NewDate(1996, time.July, 4)
	lastDay  = calendar.NewDate(1998, time.May, 6)
)

// replayed are the campaigns that infer something from orders.
var replayed = []string{"lost-client-questionnaire", "small-client-check-in", "welcome-call"}

// TestNorthwindReplayed moves the clock day by day over two years of real orders, with a planning pass each day, and
// compares every touch of a trigger (client, occasion, triggered_on) with an independent computation in SQL.
//
// The clients live by the holidays of their countries, whose laws the SQL holds. Argentina's are moved by decree from year to
// year; its three clients are put in France. The SQL reads nothing that a pass has written: when a call that nobody makes ends
// as too late, and when the next is tried, is computed too.
func TestNorthwindReplayed(t *testing.T) {
	db := testkit.DB(t)
	st := store.New(db)
	loadNorthwind(t, st)
	mustExec(t, db, `UPDATE client SET country = NULL WHERE country = 'AR'`)
	for _, name := range replayed {
		launch(t, st, name, at(firstDay))
	}
	planDaily(t, st, firstDay, lastDay)

	want := lines(t, db, expectedSQL)
	got := lines(t, db, `SELECT concat_ws(' ', g.name, c.ref, t.occasion, t.triggered_on) FROM touch t JOIN campaign g ON g.id = t.campaign_id JOIN client c ON c.id = t.client_id
		WHERE t.parent_id IS NULL ORDER BY 1`)
	compare(t, want, got)
	if n := ask[int64](t, db, `SELECT count(*) FROM pass WHERE held IS NOT NULL`); n != 0 {
		t.Errorf("%d passes were held", n)
	}
	for _, name := range replayed {
		n := 0
		for _, line := range got {
			if strings.HasPrefix(line, name) {
				n++
			}
		}
		t.Logf("%s: %d touches", name, n)
		if n == 0 {
			t.Errorf("%s planned nothing: the comparison proves nothing", name)
		}
	}
}

// smallThen are the check-ins of a first pass on an old base, computed from the orders alone: who makes the last tenth of
// twelve months' revenue and was created half a year ago or earlier. Clients of the same revenue stand in the tail together.
const smallThen = `
	WITH sale AS (SELECT o.client_id, o.ordered_on AS day, l.amount FROM orders o JOIN order_line l ON l.order_id = o.id WHERE o.ordered_on <= $1::date),
	year AS (SELECT c.id, c.ref, coalesce(sum(amount) FILTER (WHERE day > $1::date - interval '12 months'), 0) AS revenue, min(day) AS first, max(day) AS last
		FROM client c LEFT JOIN sale s ON s.client_id = c.id GROUP BY c.id),
	tail AS (SELECT *, sum(revenue) OVER (ORDER BY revenue) / sum(revenue) OVER () AS share FROM year)
	SELECT concat_ws(' ', ref, 'since:' || first, first + 182) FROM tail
	WHERE share <= 0.1 AND last >= $1::date - interval '12 months' AND first + 182 <= $1::date ORDER BY 1`

// TestNorthwindStartedOnAnOldBase starts a campaign after a year of orders: those who are due already are spread over a full
// period.
func TestNorthwindStartedOnAnOldBase(t *testing.T) {
	db := testkit.DB(t)
	st := store.New(db)
	start := calendar.NewDate(1997, time.September, 1)
	loadNorthwind(t, st)
	launch(t, st, "small-client-check-in", at(start))
	launch(t, st, "welcome-call", at(start))
	planDaily(t, st, start, start)

	want := lines(t, db, smallThen, start.Time())
	got := lines(t, db, `SELECT concat_ws(' ', c.ref, t.occasion, t.triggered_on) FROM touch t JOIN client c ON c.id = t.client_id WHERE t.occasion LIKE 'since:%' ORDER BY 1`)
	if len(want) < 15 {
		t.Fatalf("only %d: the comparison proves nothing", len(want))
	}
	compare(t, want, got)
	if n := ask[int](t, db, `SELECT count(*) FROM touch WHERE occasion LIKE 'since:%' AND due_at NOT BETWEEN '1997-09-01' AND '1998-03-02'`); n != 0 {
		t.Errorf("%d are due outside the first 182 days", n)
	}
	if most := ask[int](t, db, `SELECT max(n) FROM (SELECT count(*) AS n FROM touch WHERE occasion LIKE 'since:%' GROUP BY date_trunc('month', due_at)) m`); most > len(got)/2 {
		t.Errorf("%d of %d are due in one month", most, len(got))
	}
	if n := ask[int](t, db, `SELECT count(*) FROM touch t JOIN client_fact f USING (client_id) WHERE t.occasion = 'first-order' AND f.first_order_on < '1997-08-02'`); n != 0 {
		t.Errorf("%d welcome calls for orders of more than 30 days ago", n)
	}
}

func compare(t *testing.T, want, got []string) {
	t.Helper()
	for _, line := range want {
		if !slices.Contains(got, line) {
			t.Errorf("missing: %s", line)
		}
	}
	for _, line := range got {
		if !slices.Contains(want, line) {
			t.Errorf("not expected: %s", line)
		}
	}
}

// loadNorthwind imports the company as of its first order.
func loadNorthwind(t *testing.T, st *store.Store) {
	t.Helper()
	customers := string(dataFile(t, "northwind/customers.csv"))
	orders := joined(t, dataFile(t, "northwind/orders.csv"), dataFile(t, "northwind/order_details.csv"))
	for _, f := range []struct {
		kind importer.Kind
		text string
	}{{importer.Clients, customers}, {importer.Orders, orders}} {
		load(t, st, f.kind, f.text, at(firstDay))
	}
}

func load(t *testing.T, st *store.Store, kind importer.Kind, text string, now time.Time) {
	t.Helper()
	f, err := importer.Open(kind, importer.Text(string(kind), text), importer.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := st.Import(context.Background(), store.ImportSpec{Now: now, By: "test", File: string(kind)}, f)
	if err != nil || r.Rejected > 0 {
		t.Fatalf("import %s: %v %v", kind, err, r.Rejections)
	}
}

// launch pushes a shipped campaign, has it approved and starts it.
func launch(t *testing.T, st *store.Store, name string, now time.Time) {
	t.Helper()
	i := slices.IndexFunc(campaigns.Library(), func(f campaigns.File) bool { return f.Name == name })
	launchSource(t, st, name, campaigns.Library()[i].Source, now)
}

func launchSource(t *testing.T, st *store.Store, name, source string, now time.Time) {
	t.Helper()
	ctx := context.Background()
	if _, _, err := st.PushDraft(ctx, store.Draft{Name: name, Source: source, Author: "relance"}, now); err != nil {
		t.Fatal(err)
	}
	c, err := st.Campaign(ctx, name)
	if err != nil {
		t.Fatal(err)
	}
	if err := st.ApproveDraft(ctx, name, c.DraftID, "operator", now); err != nil {
		t.Fatal(err)
	}
	if err := st.StartCampaign(ctx, name, "operator", now); err != nil {
		t.Fatal(err)
	}
}

// at is noon of a day in the company's zone.
func at(d calendar.Date) time.Time {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		panic(err)
	}
	return d.In(paris).Add(12 * time.Hour)
}

func planDaily(t *testing.T, st *store.Store, from, to calendar.Date) {
	t.Helper()
	for day := from; day <= to; day++ {
		if _, err := st.Plan(context.Background(), at(day), store.PlanOptions{}); err != nil {
			t.Fatalf("plan on %s: %v", day, err)
		}
	}
}

func mustExec(t *testing.T, db *pgxpool.Pool, sql string, args ...any) {
	t.Helper()
	if _, err := db.Exec(context.Background(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

func lines(t *testing.T, db *pgxpool.Pool, sql string, args ...any) []string {
	t.Helper()
	rows, err := db.Query(context.Background(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return all
}
