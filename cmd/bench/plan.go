package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/relance/relance/internal/desk"
)

// plan shows many clients to the five shipped campaigns: once with nothing planned yet, and once when all is planned, so
// that the pass reads a history and finds nothing new. What is beside the first is \copy of the very touches it made,
// into the same table with the same indexes and keys.
func plan(ctx context.Context, o options) ([]figure, error) {
	n := o.size(1_000_000)
	p, err := newPlace(ctx, o.log)
	if err != nil {
		return nil, err
	}
	defer p.close()
	begun := time.Now()
	now := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	if err := p.fillCompany(ctx, n); err != nil {
		return nil, err
	}
	if err := p.startCampaigns(ctx, now); err != nil {
		return nil, err
	}
	p.say("plan: %d clients made in %.0f s", n, time.Since(begun).Seconds())
	m := planMeasures{}
	facts, err := p.runChild(ctx, task{What: "facts", Now: now}, o.profile)
	if err != nil {
		return nil, err
	}
	if err := p.do(ctx, `VACUUM (ANALYZE)`); err != nil {
		return nil, err
	}
	for range rounds {
		if err := p.planRound(ctx, now, &m, o.profile); err != nil {
			return nil, err
		}
	}
	roll, err := p.runChild(ctx, task{What: "facts", Now: now.AddDate(0, 0, 1)}, o.profile)
	if err != nil {
		return nil, err
	}
	return m.figures(n, facts, roll), nil
}

// planMeasures are seconds, a value per round, unless told.
type planMeasures struct {
	first, idle, floor  []float64
	firstPeak, idlePeak []float64 // MB
	touches             int
	words               string // touches per campaign
}

// planRound makes a first pass, copies its touches into the emptied table, and makes a pass that finds nothing new.
func (p *place) planRound(ctx context.Context, now time.Time, m *planMeasures, profile string) error {
	err := p.do(ctx, `TRUNCATE touch, response`, `DELETE FROM pass`, `UPDATE campaign SET passed_on = NULL`)
	if err != nil {
		return err
	}
	made, err := p.runChild(ctx, task{What: "plan", Now: now}, profile)
	if err != nil {
		return err
	}
	if err := p.copyOut(ctx, `SELECT * FROM touch ORDER BY id`, "touch"); err != nil {
		return err
	}
	if err := p.do(ctx, `TRUNCATE touch, response`, `CHECKPOINT`); err != nil {
		return err
	}
	floor, err := p.copyIn(ctx, "touch", "touch")
	if err != nil {
		return err
	}
	p.say("plan: \\copy of the same touches: %.1f s", floor.Seconds())
	if err := p.do(ctx, `VACUUM (ANALYZE) touch`); err != nil { // as autovacuum has done by the next day
		return err
	}
	idle, err := p.runChild(ctx, task{What: "plan", Now: now.Add(time.Hour)}, profile)
	if err != nil {
		return err
	}
	if idle.Rows > 0 {
		return fmt.Errorf("the second pass was to find nothing new, and made %d changes: %s", idle.Rows, idle.Words)
	}
	m.first, m.firstPeak = append(m.first, made.Seconds), append(m.firstPeak, made.PeakMB)
	m.idle, m.idlePeak = append(m.idle, idle.Seconds), append(m.idlePeak, idle.PeakMB)
	m.floor, m.touches, m.words = append(m.floor, floor.Seconds()), made.Rows, made.Words
	return nil
}

func (m *planMeasures) figures(n int, facts, roll done) []figure {
	touches := float64(m.touches)
	return []figure{
		atMost("nothing new", slices.Min(m.idle), "s", 10).noted("%d clients, five campaigns, %d touches in their history; best of %d", n, m.touches, rounds),
		atMost("nothing new, peak memory", slices.Max(m.idlePeak), "MB", 300).noted("of the planning process"),
		beside("new touches", touches/slices.Min(m.first), "rows/s", `\copy`, touches/slices.Min(m.floor), 0.7).
			noted("the whole first pass, reading, deciding and levelling included: %s; best of %d", m.words, rounds),
		atMost("new touches, peak memory", slices.Max(m.firstPeak), "MB", 300).noted("of the planning process"),
		{Name: "all facts made", Value: facts.Seconds, Unit: "s", Note: fmt.Sprintf("%d clients with their orders, contacts and bases, for the first time", n)},
		{Name: "facts rolled to the next day", Value: roll.Seconds, Unit: "s", Note: fmt.Sprintf("of all clients; the figures of %d change", roll.Rows)},
	}
}

// fillCompany makes n clients with a contact each and three orders on average over three years: small and large, new,
// regular and silent ones; six of ten may be written to. 200 reps share them.
func (p *place) fillCompany(ctx context.Context, n int) error {
	return p.do(ctx,
		`INSERT INTO setting (key, value, changed_by, changed_at) VALUES ('company', 'Banc', 'bench', now()), ('company_address', '1 rue du Banc, Paris', 'bench', now()), ('sender_email', 'news@example.com', 'bench', now())`,
		`INSERT INTO rep (ref, name, inside) SELECT 'R' || i, 'Rep ' || i, i % 4 = 0 FROM generate_series(1, 200) i`,
		fmt.Sprintf(`SET session_replication_role = replica; SELECT setseed(0.42);
			INSERT INTO client (ref, name, kind, siren, postcode, city, country, language, phone, phone_e164, rep_id, inside_rep_id, imported_on)
			SELECT 'C' || lpad(i::text, 7, '0'), 'Client ' || i, 'company', lpad(i::text, 9, '0'), lpad((1000 + i %% 95 * 1000)::text, 5, '0'), 'Lyon', 'FR', 'fr',
				'01' || lpad(i::text, 8, '0'), '+331' || lpad(i::text, 8, '0'), 1 + i %% 200, 4 + i %% 50 * 4, '2022-01-01' FROM generate_series(1, %d) i;
			INSERT INTO contact (client_id, key, name, email, email_key, main) SELECT id, e, 'Camille Martin', e, e, true
				FROM (SELECT id, 'camille' || id || '@example.com' AS e FROM client WHERE id %% 10 < 8) c;
			INSERT INTO basis (contact_id, channel, kind, source, held_on) SELECT id, 'mail', 'information', 'CGV 2024, art. 12', '2024-01-01' FROM contact WHERE client_id %% 10 < 6;
			INSERT INTO orders (ref, client_id, ordered_on, delivered_on, amount, counts)
			SELECT 'O' || id || '-' || k, id, day, day + 4, round((20 * exp(weight * 5))::numeric, 2), true
			FROM (SELECT id, k, weight, date '2026-03-10' - (last + (k - 1) * gap) AS day
				FROM (SELECT id, random() AS weight, (random() * random() * 900)::int AS last, 20 + (random() * 150)::int AS gap, 1 + (random() * 4)::int AS orders FROM client OFFSET 0) c, generate_series(1, c.orders) k) o;
			SET session_replication_role = DEFAULT`, n),
		`VACUUM (ANALYZE)`)
}

// startCampaigns lets the shipped campaigns run, for the first time.
func (p *place) startCampaigns(ctx context.Context, now time.Time) error {
	d := desk.New(p.store)
	if err := d.InstallShipped(ctx, now); err != nil {
		return err
	}
	for _, name := range []string{"welcome-call", "small-client-check-in", "satisfaction-survey", "newsletter", "lost-client-questionnaire"} {
		if err := d.Approve(ctx, name, "bench", now); err != nil {
			return err
		}
		if err := p.store.StartCampaign(ctx, name, "bench", now); err != nil {
			return err
		}
	}
	return nil
}
