package store

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/calendar"
)

// FirstPass tells what the next pass of a campaign would plan, whatever its state: as approved, else as its draft says.
// It plans nothing. ErrDefinition when it cannot be read, ErrNotFound without such a campaign.
func (s *Store) FirstPass(ctx context.Context, name string, now time.Time) (PassReport, error) {
	if _, err := s.RefreshFacts(ctx, now, false); err != nil {
		return PassReport{}, err
	}
	reports, err := s.plan(ctx, now, PlanOptions{DryRun: true, Campaigns: []string{name}, trial: name}, false)
	if err != nil {
		return PassReport{}, err
	}
	return reports[0], nil
}

// AudienceCount is how many clients a campaign could reach today, and why it would not reach the others.
type AudienceCount struct {
	Clients     int                      `json:"clients"`     // of the company
	Audience    int                      `json:"audience"`    // for whom the audience's condition holds
	Contactable int                      `json:"contactable"` // of these, those whom no check stands against
	Excluded    map[campaigns.Reason]int `json:"excluded"`    // the others of the audience, by the first reason that applies
	Channels    map[string]int           `json:"channels"`    // the contactable ones, by the channel of their first step
}

// CountAudience counts a definition's audience as of now.
func (s *Store) CountAudience(ctx context.Context, d *campaigns.Definition, now time.Time) (AudienceCount, error) {
	count := AudienceCount{Excluded: map[campaigns.Reason]int{}, Channels: map[string]int{}}
	pass, err := s.look(ctx, d, now)
	if err != nil {
		return count, err
	}
	err = s.eachClient(ctx, pass, func(f *campaigns.Facts, _ []campaigns.Touch) error {
		count.Clients++
		if !d.Audience.Holds(&pass.Moment, f) {
			return nil
		}
		count.Audience++
		i := slices.IndexFunc(d.Steps, func(step campaigns.Step) bool { return step.Only.Holds(&pass.Moment, f) })
		if i < 0 {
			count.Excluded[campaigns.ReasonNoStep]++
		} else if reason := pass.Check(d.Steps[i], f, time.Time{}); reason != "" {
			count.Excluded[reason]++
		} else {
			count.Contactable++
			count.Channels[string(d.Steps[i].Channel)]++
		}
		return nil
	})
	return count, err
}

// Explanation is why a campaign contacts a client or does not.
type Explanation struct {
	Client   string
	State    string // of the campaign
	Verdicts []campaigns.Verdict
	Known    time.Time // orders are known up to this day; zero: none
}

// Explain asks a campaign, as approved or else as its draft says, about one client. ErrNotFound without such a campaign or client.
func (s *Store) Explain(ctx context.Context, name, client string, now time.Time) (Explanation, error) {
	e := Explanation{Client: client}
	if _, err := s.RefreshFacts(ctx, now, false); err != nil {
		return e, err
	}
	c, err := s.Campaign(ctx, name)
	if err != nil {
		return e, err
	}
	var id int64
	if err := s.pool.QueryRow(ctx, `SELECT id FROM client WHERE ref = $1`, client).Scan(&id); err != nil {
		return e, missing(err, "client", client)
	}
	list, err := s.trial(ctx, name, now)
	if err != nil {
		return e, err
	}
	e.State, e.Known = c.State, list[0].pass.Known.Time()
	reader, err := newPlanReader(list)
	if err != nil {
		return e, err
	}
	err = reader.each(ctx, s.pool, id, id+1, func(f *campaigns.Facts, history [][]campaigns.Touch) error {
		e.Verdicts = list[0].pass.Explain(f, history[0])
		return nil
	})
	return e, err
}

// trial readies one campaign as FirstPass would plan it.
func (s *Store) trial(ctx context.Context, name string, now time.Time) (list []*planned, err error) {
	settings, err := s.Settings(ctx)
	if err != nil {
		return nil, err
	}
	err = s.tx(ctx, "look at campaign "+name, func(tx pgx.Tx) error {
		m, err := moment(ctx, tx, settings, now)
		if err != nil {
			return err
		}
		list, err = loadPlanned(ctx, tx, settings, m, nil, name)
		return err
	})
	if err == nil && len(list) == 0 {
		err = Missing{"campaign", name}
	}
	return list, err
}

// look readies a definition that is not stored, or not as it stands here.
func (s *Store) look(ctx context.Context, d *campaigns.Definition, now time.Time) (*campaigns.Pass, error) {
	if _, err := s.RefreshFacts(ctx, now, false); err != nil {
		return nil, err
	}
	settings, err := s.Settings(ctx)
	if err != nil {
		return nil, err
	}
	var pass *campaigns.Pass
	err = s.tx(ctx, "look at a definition", func(tx pgx.Tx) error {
		m, err := moment(ctx, tx, settings, now)
		pass = d.At(m)
		return err
	})
	return pass, err
}

// eachClient shows every client to see, in the order of their ids, without history.
func (s *Store) eachClient(ctx context.Context, pass *campaigns.Pass, see func(*campaigns.Facts, []campaigns.Touch) error) error {
	return s.eachOf(ctx, &planned{pass: pass}, see, func() {})
}

// eachOf shows every client and its touches of one campaign; chunk is called after each range of clients.
func (s *Store) eachOf(ctx context.Context, p *planned, see func(*campaigns.Facts, []campaigns.Touch) error, chunk func()) error {
	reader, err := newPlanReader([]*planned{p})
	if err != nil {
		return err
	}
	var least, most int64
	if err := s.pool.QueryRow(ctx, `SELECT coalesce(min(id), 1), coalesce(max(id), 0) FROM client`).Scan(&least, &most); err != nil {
		return err
	}
	for from := least; from <= most; from += clientsAtOnce {
		err := reader.each(ctx, s.pool, from, from+clientsAtOnce, func(f *campaigns.Facts, history [][]campaigns.Touch) error {
			return see(f, history[0])
		})
		if err != nil {
			return err
		}
		chunk()
	}
	return nil
}

// Outlook is what a campaign would plan on one day, as the facts stand now.
type Outlook struct {
	Campaign string                   `json:"campaign"`
	Day      string                   `json:"day"` // YYYY-MM-DD
	Planned  int                      `json:"planned"`
	Skipped  map[campaigns.Reason]int `json:"skipped"`
	HeldOut  int                      `json:"held_out"`
	Due      map[string]int           `json:"-"` // what of all these days is due on this one, by channel
}

// Forecast plans day by day, today first, for every running or paused campaign, and writes nothing: it shows what the
// calendar will bring, not what clients will do.
func (s *Store) Forecast(ctx context.Context, now time.Time, days int) ([]Outlook, error) {
	all, err := s.Campaigns(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := s.RefreshFacts(ctx, now, false); err != nil {
		return nil, err
	}
	var outlooks []Outlook
	for _, c := range all {
		if c.State != "running" && c.State != "paused" {
			continue
		}
		list, err := s.trial(ctx, c.Name, now)
		if err != nil {
			return nil, err
		}
		found, err := s.forecast(ctx, list[0], days)
		if err != nil {
			return nil, fmt.Errorf("forecast campaign %s: %w", c.Name, err)
		}
		outlooks = append(outlooks, found...)
	}
	return outlooks, nil
}

// forecast adds up the ranges of clients, so that a large base is never in memory at once.
func (s *Store) forecast(ctx context.Context, p *planned, days int) ([]Outlook, error) {
	outlooks := make([]Outlook, days)
	today := p.pass.House.Today(p.pass.Now)
	for i := range outlooks {
		outlooks[i] = Outlook{Campaign: p.name, Day: (today + calendar.Date(i)).String(), Skipped: map[campaigns.Reason]int{}, Due: map[string]int{}}
	}
	var facts []campaigns.Facts
	var history [][]campaigns.Touch
	err := s.eachOf(ctx, p, func(f *campaigns.Facts, touches []campaigns.Touch) error {
		kept := *f
		kept.Attributes = bytes.Clone(f.Attributes)
		facts, history = append(facts, kept), append(history, slices.Clone(touches))
		return nil
	}, func() {
		for i, day := range p.pass.Forecast(facts, history, days) {
			outlooks[i].Planned += day.Planned
			outlooks[i].HeldOut += day.HeldOut
			for reason, n := range day.Skipped {
				outlooks[i].Skipped[reason] += n
			}
			for channel, n := range day.Due {
				outlooks[i].Due[string(channel)] += n
			}
		}
		facts, history = facts[:0], history[:0]
	})
	return outlooks, err
}

// OutlookDays is how far the pages look ahead.
const OutlookDays = 30

// KeepOutlook forecasts the next OutlookDays and keeps the sums for the pages, with their time. It is run after the daily
// pass: for a large base it takes as long as thirty of them.
func (s *Store) KeepOutlook(ctx context.Context, now time.Time) error {
	outlooks, err := s.Forecast(ctx, now, OutlookDays)
	if err != nil {
		return err
	}
	var names, days, channels []string
	var counts []int
	for _, o := range outlooks {
		for channel, n := range o.Due {
			names, days, channels, counts = append(names, o.Campaign), append(days, o.Day), append(channels, channel), append(counts, n)
		}
	}
	return s.tx(ctx, "keep the forecast", func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `LOCK outlook IN EXCLUSIVE MODE`); err != nil { // two processes may have forecast the same
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM outlook`); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO outlook (campaign_id, day, channel, touches) SELECT c.id, x.day::date, x.channel, x.n
			FROM unnest($1::text[], $2::text[], $3::text[], $4::int[]) AS x(name, day, channel, n) JOIN campaign c ON c.name = x.name`, names, days, channels, counts)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE campaign SET outlook_at = CASE WHEN state IN ('running', 'paused') THEN $1::timestamptz END`, now)
		return err
	})
}

// ExampleClient names the client of an example.
type ExampleClient struct{ Ref, Name string }

// ExampleClients names the clients of a first pass's examples, in their order.
func (s *Store) ExampleClients(ctx context.Context, examples []PassExample) ([]ExampleClient, error) {
	ids := make([]int64, len(examples))
	for i, e := range examples {
		ids[i] = e.ClientID
	}
	rows, err := s.pool.Query(ctx, `SELECT c.ref, c.name FROM unnest($1::bigint[]) WITH ORDINALITY AS e(id, n) JOIN client c ON c.id = e.id ORDER BY e.n`, ids)
	if err != nil {
		return nil, fmt.Errorf("name the examples: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[ExampleClient])
}
