package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/relance/relance/internal/calendar"
	"github.com/relance/relance/internal/importer"
	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/internal/testkit"
)

// shop is a company of made-up clients whose orders differ in everything that campaigns look at.
func shop(n int, seed uint64) (clients, orders []string) {
	r := rand.New(rand.NewPCG(seed, 7))
	clients, orders = []string{"ref,name,kind,phone"}, []string{"order,client,ordered_on,delivered_on,amount"}
	for i := range n {
		clients = append(clients, fmt.Sprintf("C%03d,Client %d,company,+3314%07d", i, i, i))
		day := calendar.NewDate(2024, time.January, 1) + calendar.Date(r.IntN(800))
		for j := range r.IntN(7) {
			delivered := ""
			if r.IntN(2) == 0 {
				delivered = (day + calendar.Date(r.IntN(12))).String()
			}
			orders = append(orders, fmt.Sprintf("O%03d-%d,C%03d,%s,%s,%d", i, j, i, day, delivered, 10+r.IntN(3000)))
			day += calendar.Date(1 + r.IntN(120))
		}
	}
	return clients, orders
}

// touchSums is every touch without the keys that differ from one database to the next.
const touchSums = `SELECT concat_ws(' ', g.name, c.ref, t.step, t.occasion, t.triggered_on, t.due_at, t.deadline_at, t.state, t.reason, t.figures)
	FROM touch t JOIN campaign g ON g.id = t.campaign_id JOIN client c ON c.id = t.client_id ORDER BY 1`

func openShop(t *testing.T, clients, orders []string, now time.Time) (*pgxpool.Pool, *store.Store) {
	t.Helper()
	db := testkit.DB(t)
	st := store.New(db)
	load(t, st, importer.Clients, strings.Join(clients, "\n"), now)
	load(t, st, importer.Orders, strings.Join(orders, "\n"), now)
	for _, name := range append([]string{"satisfaction-survey"}, replayed...) {
		launch(t, st, name, now)
	}
	return db, st
}

func plan(t *testing.T, st *store.Store, now time.Time, o store.PlanOptions) []store.PassReport {
	t.Helper()
	reports, err := st.Plan(context.Background(), now, o)
	if err != nil {
		t.Fatal(err)
	}
	return reports
}

func TestPlanningTwiceChangesNothing(t *testing.T) {
	now := noonOf(2026, 3, 10)
	clients, orders := shop(150, 1)
	db, st := openShop(t, clients, orders, now)

	dry := plan(t, st, now, store.PlanOptions{DryRun: true})
	if n := ask[int](t, db, `SELECT count(*) FROM touch`) + ask[int](t, db, `SELECT count(*) FROM pass`); n != 0 {
		t.Errorf("the dry run wrote %d rows", n)
	}
	first := plan(t, st, now, store.PlanOptions{})
	for i := range first {
		dry[i].Examples = nil
		if fmt.Sprint(dry[i]) != fmt.Sprint(first[i]) {
			t.Errorf("the dry run counted %v, the pass %v", dry[i], first[i])
		}
	}
	before := lines(t, db, touchSums)
	if len(before) < 20 {
		t.Fatalf("only %d touches: the test proves nothing", len(before))
	}
	for _, r := range plan(t, st, now.Add(time.Hour), store.PlanOptions{}) {
		if r.Planned+r.Rearmed+r.Cancelled+r.HeldOut+len(r.Skipped) != 0 || r.Held != nil {
			t.Errorf("the second pass did something: %+v", r)
		}
	}
	if after := lines(t, db, touchSums); !slices.Equal(before, after) {
		t.Error("the second pass changed touches")
	}
	for _, r := range first {
		results, err := st.Results(context.Background(), r.Campaign)
		skipped := 0
		for _, n := range r.Skipped {
			skipped += n
		}
		if err != nil || results.Planned() != r.Planned+skipped+r.HeldOut {
			t.Errorf("%s: the states sum up to %d, the pass made %d + %d + %d, %v", r.Campaign, results.Planned(), r.Planned, skipped, r.HeldOut, err)
		}
	}
}

func TestOrderOfImportChangesNothing(t *testing.T) {
	now := noonOf(2026, 3, 10)
	clients, orders := shop(150, 2)
	db, st := openShop(t, clients, orders, now)
	plan(t, st, now, store.PlanOptions{})

	mixed, head := slices.Clone(clients[1:]), clients[:1]
	rand.New(rand.NewPCG(3, 3)).Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
	later := slices.Clone(orders[1:])
	slices.Reverse(later)
	otherDB, other := openShop(t, append(slices.Clone(head), mixed...), append(slices.Clone(orders[:1]), later...), now)
	plan(t, other, now, store.PlanOptions{})

	want, got := lines(t, db, touchSums), lines(t, otherDB, touchSums)
	if len(want) < 20 {
		t.Fatalf("only %d touches: the test proves nothing", len(want))
	}
	compare(t, want, got)
}

// daily fires for everyone whose name was given in time: a campaign whose size the test decides.
const daily = `
campaign: daily
title: {fr: "Essai", en: "Trial"}
lever: retention
trigger:
  first_order: {after: 1 days, within: 30 days}
steps:
  - name: call
    call: welcome
    to: rep
`

func order(t *testing.T, db *pgxpool.Pool, from, n int, on string) {
	t.Helper()
	mustExec(t, db, `WITH c AS (INSERT INTO client (ref, name, kind, phone, imported_on) SELECT 'N' || i, 'N' || i, 'company', '01 44 00 00 00', $3::date FROM generate_series($1::int, $1::int + $2::int - 1) i RETURNING id, ref),
		o AS (INSERT INTO orders (ref, client_id, ordered_on, amount, counts) SELECT ref, id, $3::date, 10, true FROM c)
		INSERT INTO client_stale SELECT id FROM c`, from, n, on)
}

// TestACampaignHasBegunWithItsFirstPass: it was started on the wall clock, and then the clock was set back for a replay.
func TestACampaignHasBegunWithItsFirstPass(t *testing.T) {
	db := testkit.DB(t)
	st := store.New(db)
	first := calendar.NewDate(2020, time.March, 2)
	launch(t, st, "small-client-check-in", at(calendar.NewDate(2026, time.March, 2)))
	planDaily(t, st, first, first+2)
	if got := ask[time.Time](t, db, `SELECT started_at FROM campaign WHERE name = 'small-client-check-in'`); !got.Equal(at(first)) {
		t.Errorf("begun at %s, want the first pass at %s", got, at(first))
	}
}

func TestASurgeHoldsTheCampaignUntilItIsReleased(t *testing.T) {
	db := testkit.DB(t)
	st := store.New(db)
	ctx := context.Background()
	order(t, db, 0, 30, "2026-03-09")
	launchSource(t, st, "daily", daily, noonOf(2026, 3, 10))
	if r := plan(t, st, noonOf(2026, 3, 10), store.PlanOptions{})[0]; r.Planned != 30 || r.Held != nil {
		t.Fatalf("the first pass: %+v; the surge guard must leave it to start's own", r)
	}
	// The median of one pass of 30 allows 90.
	order(t, db, 1000, 91, "2026-03-10")
	r := plan(t, st, noonOf(2026, 3, 11), store.PlanOptions{})[0]
	if r.Held == nil || *r.Held != "surge: 91 would be planned, the limit is 90" {
		t.Fatalf("91 more: %+v", r)
	}
	if n := ask[int](t, db, `SELECT count(*) FROM touch`); n != 30 {
		t.Errorf("%d touches, want the 30 of before", n)
	}
	if got := ask[string](t, db, `SELECT concat_ws(' ', state, passed_on) FROM campaign`); got != "held 2026-03-10" {
		t.Errorf("campaign: %s", got)
	}
	if r := plan(t, st, noonOf(2026, 3, 11), store.PlanOptions{})[0]; r.Held == nil || r.Planned != 0 {
		t.Errorf("while held: %+v", r)
	}
	if err := st.ReleaseCampaign(ctx, "daily", "operator", noonOf(2026, 3, 11)); err != nil {
		t.Fatal(err)
	}
	if r := plan(t, st, noonOf(2026, 3, 11), store.PlanOptions{})[0]; r.Planned != 91 || r.Held != nil {
		t.Errorf("once released: %+v", r)
	}
}

func TestStoppingIsNoWayAroundAHold(t *testing.T) {
	db := testkit.DB(t)
	st, ctx := store.New(db), context.Background()
	order(t, db, 0, 1, "2026-03-09")
	launchSource(t, st, "daily", daily, noonOf(2026, 3, 10))
	plan(t, st, noonOf(2026, 3, 10), store.PlanOptions{})
	order(t, db, 1000, 21, "2026-03-10") // the limit is the floor, 20
	const why = "surge: 21 would be planned, the limit is 20"
	if r := plan(t, st, noonOf(2026, 3, 11), store.PlanOptions{})[0]; r.Held == nil || *r.Held != why {
		t.Fatalf("21 more: %+v", r)
	}
	if err := st.StopCampaign(ctx, "daily", "operator", noonOf(2026, 3, 11)); err != nil {
		t.Fatal(err)
	}
	if err := st.StartCampaign(ctx, "daily", "operator", noonOf(2026, 3, 11)); !errors.Is(err, store.ErrCampaignState) {
		t.Errorf("started: %v", err)
	}
	if got := ask[string](t, db, `SELECT state || ', ' || held_why FROM campaign`); got != "held, "+why {
		t.Errorf("once started again it is %s", got)
	}
	if r := plan(t, st, noonOf(2026, 3, 11), store.PlanOptions{})[0]; r.Planned != 0 || r.Held == nil || *r.Held != why {
		t.Errorf("its pass: %+v", r)
	}
	if err := st.ReleaseCampaign(ctx, "daily", "operator", noonOf(2026, 3, 11)); err != nil {
		t.Fatal(err)
	}
	if r := plan(t, st, noonOf(2026, 3, 11), store.PlanOptions{})[0]; r.Planned != 21 || r.Held != nil {
		t.Errorf("once released: %+v", r)
	}
}

func TestWhatIsArmedAgainCountsForTheSurgeGuard(t *testing.T) {
	db := testkit.DB(t)
	st := store.New(db)
	order(t, db, 0, 30, "2026-03-09")
	mustExec(t, db, `UPDATE client SET phone = NULL`)
	launchSource(t, st, "daily", daily, noonOf(2026, 3, 10))
	if r := plan(t, st, noonOf(2026, 3, 10), store.PlanOptions{})[0]; r.Skipped["no_number"] != 30 {
		t.Fatalf("the first pass: %+v", r)
	}
	mustExec(t, db, `UPDATE client SET phone = '01 44 00 00 00'`)
	mustExec(t, db, `INSERT INTO client_stale SELECT id FROM client`)
	// Nothing was planned before: the limit is the floor.
	r := plan(t, st, noonOf(2026, 3, 11), store.PlanOptions{})[0]
	if r.Held == nil || *r.Held != "surge: 30 would be planned, the limit is 20" || r.Rearmed != 0 {
		t.Fatalf("thirty cured: %+v", r)
	}
	if n := ask[int](t, db, `SELECT count(*) FROM touch WHERE state = 'planned'`); n != 0 {
		t.Errorf("%d touches are planned", n)
	}
	if err := st.ReleaseCampaign(context.Background(), "daily", "operator", noonOf(2026, 3, 11)); err != nil {
		t.Fatal(err)
	}
	if r := plan(t, st, noonOf(2026, 3, 11), store.PlanOptions{})[0]; r.Rearmed != 30 || r.Held != nil {
		t.Errorf("once released: %+v", r)
	}
	if n := ask[int](t, db, `SELECT rearmed FROM pass ORDER BY id DESC LIMIT 1`); n != 30 {
		t.Errorf("the pass says %d", n)
	}
}

func TestWhatIsArmedAgainFollowsTheVersionThatPlansIt(t *testing.T) {
	db := testkit.DB(t)
	st := store.New(db)
	order(t, db, 0, 1, "2026-03-09")
	mustExec(t, db, `UPDATE client SET phone = NULL`)
	launchSource(t, st, "daily", daily, noonOf(2026, 3, 10))
	plan(t, st, noonOf(2026, 3, 10), store.PlanOptions{})
	mustExec(t, db, `WITH p AS (INSERT INTO contact (client_id, key, name, email, email_key) SELECT id, 'k', 'K', 'k@example.com', 'k@example.com' FROM client RETURNING id)
		INSERT INTO basis (contact_id, channel, kind, source, held_on) SELECT id, 'mail', 'information', 'test', '2026-01-01' FROM p`)
	mustExec(t, db, `INSERT INTO client_stale SELECT id FROM client`)
	mails := strings.Replace(strings.Replace(daily, "    call: welcome", "    mail: welcome-missed", 1), "    to: rep\n", "", 1)
	ctx := context.Background()
	if _, _, err := st.PushDraft(ctx, store.Draft{Name: "daily", Source: mails, Author: "anne"}, noonOf(2026, 3, 11)); err != nil {
		t.Fatal(err)
	}
	c, err := st.Campaign(ctx, "daily")
	if err != nil {
		t.Fatal(err)
	}
	if err := st.ApproveDraft(ctx, "daily", c.DraftID, "paul", noonOf(2026, 3, 11)); err != nil {
		t.Fatal(err)
	}
	if r := plan(t, st, noonOf(2026, 3, 11), store.PlanOptions{})[0]; r.Rearmed != 1 {
		t.Fatalf("%+v", r)
	}
	if got := ask[string](t, db, `SELECT concat_ws(' ', t.state, t.channel, v.number) FROM touch t JOIN campaign_version v ON v.id = t.version_id`); got != "planned mail 2" {
		t.Errorf("the touch is %q, want the mail of version 2", got)
	}
}

func TestACauseThatHasGoneEndsWhatAHeldOrStoppedCampaignHas(t *testing.T) {
	for _, state := range []string{"running", "paused", "held", "stopped"} {
		t.Run(state, func(t *testing.T) {
			db := testkit.DB(t)
			st := store.New(db)
			order(t, db, 0, 2, "2026-03-09")
			launchSource(t, st, "daily", daily, noonOf(2026, 3, 10))
			plan(t, st, noonOf(2026, 3, 10), store.PlanOptions{})
			mustExec(t, db, `UPDATE touch SET state = 'open' WHERE id = (SELECT min(id) FROM touch)`)
			mustExec(t, db, `UPDATE campaign SET state = $1, held_why = CASE $1 WHEN 'held' THEN 'surge' END`, state)
			mustExec(t, db, `UPDATE orders SET cancelled = true, counts = false`)
			order(t, db, 10, 1, "2026-03-09") // for whom a campaign that runs would plan
			mustExec(t, db, `INSERT INTO client_stale SELECT id FROM client ON CONFLICT DO NOTHING`)
			reports := plan(t, st, noonOf(2026, 3, 11), store.PlanOptions{})
			if got := ask[string](t, db, `SELECT string_agg(concat_ws(' ', state, reason), ', ' ORDER BY id) FROM touch WHERE state NOT IN ('planned')`); got != "skipped cause_gone, cancelled cause_gone" {
				t.Errorf("the open and the planned one are: %s", got)
			}
			keeps := state == "held" || state == "stopped"
			if n := ask[int](t, db, `SELECT count(*) FROM touch WHERE state = 'planned'`); (n == 0) != keeps {
				t.Errorf("%d new ones", n)
			}
			if state == "held" && (len(reports) != 1 || reports[0].Held == nil || *reports[0].Held != "surge") || state == "stopped" && len(reports) != 0 {
				t.Errorf("reports: %+v", reports)
			}
			if n := ask[int](t, db, `SELECT count(*) FROM pass`); keeps && n != 1 {
				t.Errorf("%d passes", n)
			}
		})
	}
}

func TestOnlyARunningCampaignIsPlannedByItsName(t *testing.T) {
	st := store.New(testkit.DB(t))
	now := noonOf(2026, 3, 10)
	if _, _, err := st.PushDraft(context.Background(), store.Draft{Name: "daily", Source: daily, Author: "anne"}, now); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]error{"daily": store.ErrCampaignState, "nope": store.ErrNotFound} {
		if _, err := st.Plan(context.Background(), now, store.PlanOptions{Campaigns: []string{name}}); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
}

func TestASlotThatNoPassSawIsSaid(t *testing.T) {
	db := testkit.DB(t)
	st := store.New(db)
	launch(t, st, "newsletter", noonOf(2026, 2, 20))
	missed := func(day int) int {
		return plan(t, st, noonOf(2026, 3, day), store.PlanOptions{})[0].Skipped["slot_missed"]
	}
	plan(t, st, noonOf(2026, 2, 27), store.PlanOptions{})
	for _, c := range []struct{ day, want int }{{20, 1}, {20, 0}, {21, 0}} { // its slot was Tuesday, the 3rd
		if got := missed(c.day); got != c.want {
			t.Errorf("on 2026-03-%d: %d missed slots, want %d", c.day, got, c.want)
		}
	}
	if got := ask[string](t, db, `SELECT concat_ws(' ', ref, detail->'slots') FROM event WHERE what = 'campaign.slot_missed'`); got != `newsletter ["2026-03-03"]` {
		t.Errorf("the event says %q", got)
	}
}

func TestACancelledOrderTakesItsCallAway(t *testing.T) {
	db := testkit.DB(t)
	st := store.New(db)
	order(t, db, 0, 1, "2026-03-09")
	launchSource(t, st, "daily", daily, noonOf(2026, 3, 10))
	plan(t, st, noonOf(2026, 3, 10), store.PlanOptions{})
	change := func(set string, day int) store.PassReport {
		mustExec(t, db, `UPDATE orders SET `+set)
		mustExec(t, db, `INSERT INTO client_stale SELECT id FROM client ON CONFLICT DO NOTHING`)
		return plan(t, st, noonOf(2026, 3, day), store.PlanOptions{})[0]
	}
	if r := change("cancelled = true, counts = false", 11); r.Cancelled != 1 {
		t.Errorf("cancelled: %+v", r)
	}
	if got := ask[string](t, db, `SELECT concat_ws(' ', state, reason) FROM touch`); got != "cancelled cause_gone" {
		t.Errorf("touch: %s", got)
	}
	if r := change("cancelled = false, counts = true", 12); r.Rearmed != 1 {
		t.Errorf("back: %+v", r)
	}
	// The rule follows from the date of the order alone: it is true since the day after, whenever that was seen.
	if got := ask[string](t, db, `SELECT concat_ws(' ', state, triggered_on) FROM touch`); got != "planned 2026-03-10" {
		t.Errorf("touch: %s", got)
	}
}

func TestTheAuthorDoesNotApprove(t *testing.T) {
	st := store.New(testkit.DB(t))
	ctx, now := context.Background(), noonOf(2026, 3, 10)
	if _, _, err := st.PushDraft(ctx, store.Draft{Name: "daily", Source: daily, Author: "anne"}, now); err != nil {
		t.Fatal(err)
	}
	c, err := st.Campaign(ctx, "daily")
	if err != nil {
		t.Fatal(err)
	}
	if err := st.ApproveDraft(ctx, "daily", c.DraftID, "anne", now); !errors.Is(err, store.ErrOwnWork) {
		t.Errorf("anne approves: %v", err)
	}
	if err := st.StartCampaign(ctx, "daily", "anne", now); !errors.Is(err, store.ErrCampaignState) {
		t.Errorf("start of a draft: %v", err)
	}
	if err := st.ApproveDraft(ctx, "daily", c.DraftID, "paul", now); err != nil {
		t.Errorf("paul approves: %v", err)
	}
	if _, changed, err := st.PushDraft(ctx, store.Draft{Name: "daily", Source: daily, Author: "anne"}, now); changed || err != nil {
		t.Errorf("the same again: changed %v, %v", changed, err)
	}
}

func TestANameIsNoWayAroundApproval(t *testing.T) {
	const rename = `UPDATE app_user SET name = 'Anna' WHERE id = 1`
	for _, c := range []struct{ name, author, between, by, want string }{
		{"by her address", "anne@x.fr", `SELECT`, "anne@x.fr", "refused"},
		{"by her name", "anne@x.fr", `SELECT`, "Anne", "refused"},
		{"under another name", "Anne", rename, "Anna", "refused"},
		{"under another name, by her address", "Anne", rename, "anne@x.fr", "refused"},
		{"a colleague who has her name of then", "anne@x.fr", rename + `; UPDATE app_user SET name = 'Anne' WHERE id = 2`, "paul@x.fr", "Anne"},
		{"a colleague of the same name, who says who he is", "anne@x.fr", `UPDATE app_user SET name = 'Anne' WHERE id = 2`, "paul@x.fr", "Anne"},
		{"one of two of the same name", "anne@x.fr", `UPDATE app_user SET name = 'Anne' WHERE id = 2`, "Anne", "refused"},
		{"somebody else", "anne@x.fr", `SELECT`, "paul@x.fr", "Paul"},
		{"the operator, of hers", "anne@x.fr", `SELECT`, "operator", "operator"},
		{"the operator, of his own", "operator", `SELECT`, "operator", "refused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := testkit.DB(t)
			st, ctx, now := store.New(db), context.Background(), noonOf(2026, 3, 10)
			mustExec(t, db, `INSERT INTO app_user (name, email, role) VALUES ('Anne', 'anne@x.fr', 'marketer'), ('Paul', 'paul@x.fr', 'marketer')`)
			if _, _, err := st.PushDraft(ctx, store.Draft{Name: "daily", Source: daily, Author: c.author}, now); err != nil {
				t.Fatal(err)
			}
			mustExec(t, db, `INSERT INTO slot_text (campaign_id, slot, texts, author, author_ids, created_at) SELECT campaign_id, '2026-03-11', '{}', author, author_ids, created_at FROM campaign_version`)
			mustExec(t, db, c.between)
			err := st.ApproveDraft(ctx, "daily", 1, c.by, now)
			got := ask[string](t, db, `SELECT coalesce(approved_by, 'refused') FROM campaign_version`)
			if got != c.want || (c.want == "refused") != errors.Is(err, store.ErrOwnWork) {
				t.Errorf("%s, %v; want %s", got, err, c.want)
			}
			text, err := st.SlotText(ctx, "daily", "2026-03-11")
			if err != nil {
				t.Fatal(err)
			}
			if anne := (store.User{ID: 1, Name: "Anna"}); text.WrittenBy(anne) != (c.author != "operator") {
				t.Errorf("her own text: %v", text.WrittenBy(anne))
			}
		})
	}
}

func TestADeclaredBasisCanBeTakenBack(t *testing.T) {
	db := testkit.DB(t)
	st := store.New(db)
	ctx, now := context.Background(), noonOf(2026, 3, 10)
	order(t, db, 0, 2, "2026-03-09")
	mustExec(t, db, `INSERT INTO client (ref, name, imported_on) VALUES ('P', 'Prospect', '2026-03-01')`)
	mustExec(t, db, `INSERT INTO contact (client_id, key, name, email_key) SELECT id, 'k', 'K', 'k' || id || '@x.fr' FROM client`)
	d, err := st.DeclareBasis(ctx, store.Declaration{Kind: "information", Channel: "mail", Source: "CGV 2024, art. 12", HeldOn: calendar.NewDate(2026, 1, 1), Audience: "has_ordered", DeclaredBy: "anne"}, now)
	if err != nil || d.Contacts != 2 {
		t.Fatalf("declared for %d, %v; want the 2 that ordered", d.Contacts, err)
	}
	based := func() int {
		t.Helper()
		if _, err := st.RefreshFacts(ctx, now, false); err != nil {
			t.Fatal(err)
		}
		return ask[int](t, db, `SELECT count(*) FROM client_fact WHERE mail_basis`)
	}
	if n := based(); n != 2 {
		t.Errorf("%d clients have a basis, want 2", n)
	}
	if err := st.UndoBasis(ctx, d.ID, "anne", now); err != nil {
		t.Fatal(err)
	}
	if n := based(); n != 0 {
		t.Errorf("%d clients have a basis after the undo", n)
	}
	if err := st.UndoBasis(ctx, d.ID, "anne", now); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("undone twice: %v", err)
	}
}
