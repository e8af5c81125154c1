package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// CampaignLine is a campaign in the list.
type CampaignLine struct {
	Name, State, HeldWhy string
	Source               string // of the approved version, else of the draft
	Version              int    // number of the approved version; 0: never approved
	Draft                int    // number of a newer draft; 0: none
	StartedAt            *time.Time
	PassedOn             *time.Time
	States               map[string]int // touches by state
	Soon                 map[string]int // planned and foreseen for the next 30 days, by channel
	OutlookAt            *time.Time     // when it was foreseen; nil: only what is planned already counts
}

// Planned is the sum of all states: what was ever planned.
func (c CampaignLine) Planned() int {
	sum := 0
	for _, n := range c.States {
		sum += n
	}
	return sum
}

// CampaignLines lists every campaign: those that run first, then by name.
func (s *Store) CampaignLines(ctx context.Context, now time.Time) ([]CampaignLine, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT g.name, g.state, coalesce(g.held_why, ''), coalesce(v.source, d.source, ''), coalesce(v.number, 0), coalesce(d.number, 0), g.started_at, g.passed_on,
		       coalesce((SELECT jsonb_object_agg(state, n) FROM (SELECT state, count(*) AS n FROM touch WHERE campaign_id = g.id GROUP BY state) x), '{}'),
		       coalesce((SELECT jsonb_object_agg(channel, n) FROM (SELECT channel, sum(n) AS n FROM (
		           SELECT channel, count(*) AS n FROM touch WHERE campaign_id = g.id AND state = 'planned' AND due_at < $1::timestamptz + interval '30 days' GROUP BY channel
		           UNION ALL SELECT channel, touches FROM outlook WHERE campaign_id = g.id AND day > $1::date AND day <= $1::date + 30 AND g.state IN ('running', 'paused')) y GROUP BY channel) x), '{}'),
		       CASE WHEN g.state IN ('running', 'paused') THEN g.outlook_at END
		FROM campaign g LEFT JOIN campaign_version v ON v.id = g.version_id LEFT JOIN campaign_version d ON d.id = g.draft_id
		ORDER BY array_position(ARRAY['held', 'running', 'paused', 'approved', 'draft', 'stopped'], g.state), g.name`, now)
	if err != nil {
		return nil, fmt.Errorf("list the campaigns: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[CampaignLine])
}

// CampaignPage is a campaign with what its page shows besides the line.
type CampaignPage struct {
	CampaignLine
	VersionID, DraftID int // 0: none
	Author, ApprovedBy string
	ApprovedAt         *time.Time
	DraftAuthor        string
	DraftSource        string
	DraftAt            *time.Time
	Reasons            []ReasonCount
	Days               []DayCount // what is planned, day by day
	Asked              int        // invitations to a questionnaire that left; a reminder is none
	Contacted          int        // clients reached by mail or survey
	OrderedSince       int        // of them, those with an order after it
	Answers            []json.RawMessage
	Outcomes           map[string]int // of calls
	LastPass           *PassLine
}

// ReasonCount is how many touches were skipped, or wait, for a reason.
type ReasonCount struct {
	State, Reason string
	Count         int
}

// DayCount is how much is planned for a day (midnight UTC of the civil day) and channel.
type DayCount struct {
	Day     time.Time
	Channel string
	Count   int
}

// PassLine is the newest planning pass.
type PassLine struct {
	At                                            time.Time
	Planned, Rearmed, Cancelled, Skipped, HeldOut int
	Held                                          string
}

// CampaignPage returns the campaign, or ErrNotFound. Days are those of the company's zone.
func (s *Store) CampaignPage(ctx context.Context, name, zone string, now time.Time) (CampaignPage, error) {
	lines, err := s.CampaignLines(ctx, now)
	if err != nil {
		return CampaignPage{}, err
	}
	var page CampaignPage
	for _, line := range lines {
		if line.Name == name {
			page.CampaignLine = line
		}
	}
	if page.Name == "" {
		return page, fmt.Errorf("campaign %q: %w", name, ErrNotFound)
	}
	err = s.tx(ctx, "read campaign "+name, func(tx pgx.Tx) error {
		var id int
		err := tx.QueryRow(ctx, `SELECT g.id, coalesce(v.id, 0), coalesce(d.id, 0), coalesce(v.author, ''), coalesce(v.approved_by, ''), v.approved_at,
				coalesce(d.author, ''), coalesce(d.source, ''), d.created_at
			FROM campaign g LEFT JOIN campaign_version v ON v.id = g.version_id LEFT JOIN campaign_version d ON d.id = g.draft_id WHERE g.name = $1`, name).
			Scan(&id, &page.VersionID, &page.DraftID, &page.Author, &page.ApprovedBy, &page.ApprovedAt, &page.DraftAuthor, &page.DraftSource, &page.DraftAt)
		if err != nil {
			return err
		}
		return readCampaignCounts(ctx, tx, id, zone, now, &page)
	})
	return page, err
}

func readCampaignCounts(ctx context.Context, tx pgx.Tx, id int, zone string, now time.Time, page *CampaignPage) (err error) {
	rows, _ := tx.Query(ctx, `SELECT state, reason, count(*) FROM touch WHERE campaign_id = $1 AND reason IS NOT NULL AND state IN ('skipped', 'planned', 'cancelled', 'held_out')
		GROUP BY 1, 2 ORDER BY 3 DESC, 2`, id)
	if page.Reasons, err = pgx.CollectRows(rows, pgx.RowToStructByPos[ReasonCount]); err != nil {
		return err
	}
	rows, _ = tx.Query(ctx, `SELECT day, channel, sum(n)::int FROM (
		SELECT (due_at AT TIME ZONE $2)::date AS day, channel, count(*) AS n FROM touch
		WHERE campaign_id = $1 AND state = 'planned' AND due_at < $3::timestamptz + interval '30 days' GROUP BY 1, 2
		UNION ALL SELECT day, channel, touches FROM outlook WHERE campaign_id = $1 AND $4
		AND day > ($3::timestamptz AT TIME ZONE $2)::date AND day <= ($3::timestamptz AT TIME ZONE $2)::date + 30) x
		GROUP BY 1, 2 ORDER BY 1, 2`, id, zone, now, page.OutlookAt != nil)
	if page.Days, err = pgx.CollectRows(rows, pgx.RowToStructByPos[DayCount]); err != nil {
		return err
	}
	err = tx.QueryRow(ctx, `SELECT count(DISTINCT (client_id, occasion)) FROM touch
		WHERE campaign_id = $1 AND channel = 'survey' AND state IN ('sent', 'answered', 'done', 'unsure')`, id).Scan(&page.Asked)
	if err != nil {
		return err
	}
	err = tx.QueryRow(ctx, `SELECT count(*), count(*) FILTER (WHERE EXISTS (SELECT FROM orders o WHERE o.client_id = x.client_id AND o.counts AND o.ordered_on > x.first AND o.ordered_on <= $2::date))
		FROM (SELECT client_id, min(sent_at)::date AS first FROM touch WHERE campaign_id = $1 AND sent_at IS NOT NULL AND state IN ('sent', 'answered', 'done') GROUP BY 1) x`, id, now).
		Scan(&page.Contacted, &page.OrderedSince)
	if err != nil {
		return err
	}
	rows, _ = tx.Query(ctx, `SELECT r.answers FROM response r JOIN touch t ON t.id = r.touch_id WHERE t.campaign_id = $1`, id)
	if page.Answers, err = pgx.CollectRows(rows, pgx.RowTo[json.RawMessage]); err != nil {
		return err
	}
	err = tx.QueryRow(ctx, `SELECT coalesce(jsonb_object_agg(outcome, n), '{}') FROM (SELECT outcome, count(*) AS n FROM touch
		WHERE campaign_id = $1 AND channel = 'call' AND state = 'done' AND outcome IS NOT NULL GROUP BY 1) x`, id).Scan(&page.Outcomes)
	if err != nil {
		return err
	}
	rows, _ = tx.Query(ctx, `SELECT at, planned, rearmed, cancelled, skipped, held_out, coalesce(held, '') FROM pass WHERE campaign_id = $1 ORDER BY id DESC LIMIT 1`, id)
	passes, err := pgx.CollectRows(rows, pgx.RowToStructByPos[PassLine])
	if len(passes) > 0 {
		page.LastPass = &passes[0]
	}
	return err
}

// TouchQuestion is which touches of a campaign a list shows. Empty fields do not restrict.
type TouchQuestion struct {
	Campaign, State, Reason string
	After                   int64 // id of the last one shown; 0: from the start
	Limit                   int
}

// TouchLines lists touches in the order in which they were made.
func (s *Store) TouchLines(ctx context.Context, q TouchQuestion) ([]TouchLine, error) {
	rows, err := s.pool.Query(ctx, touchLines+`
		WHERE g.name = $1 AND ($2 = '' OR t.state = $2) AND ($3 = '' OR t.reason = $3) AND t.id > $4 ORDER BY t.id LIMIT $5`,
		q.Campaign, q.State, q.Reason, q.After, q.Limit)
	if err != nil {
		return nil, fmt.Errorf("list the touches of %s: %w", q.Campaign, err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[TouchLine])
}

// CampaignVersionLine is one version in a campaign's history.
type CampaignVersionLine struct {
	Number             int
	Source             string
	Texts              map[string]string
	Author, ApprovedBy string
	CreatedAt          time.Time
	ApprovedAt         *time.Time
}

// CampaignVersions lists the versions of a campaign, the newest first.
func (s *Store) CampaignVersions(ctx context.Context, name string) ([]CampaignVersionLine, error) {
	rows, err := s.pool.Query(ctx, `SELECT v.number, v.source, v.texts, v.author, coalesce(v.approved_by, ''), v.created_at, v.approved_at
		FROM campaign_version v JOIN campaign g ON g.id = v.campaign_id WHERE g.name = $1 ORDER BY v.number DESC LIMIT 50`, name)
	if err != nil {
		return nil, fmt.Errorf("list the versions of %s: %w", name, err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[CampaignVersionLine])
}
