package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/relance/relance/campaigns"
)

// ErrCampaignState is returned when a campaign is not in a state from which it could go where it was told to.
var ErrCampaignState = errors.New("not possible in this state")

// ErrOwnWork is returned when the author of a version would approve it himself.
var ErrOwnWork = errors.New("its author may not approve it")

// Campaign is a campaign and its versions by number.
type Campaign struct {
	ID        int
	Name      string
	State     string // draft, approved, running, paused, held, stopped
	VersionID int    // the approved version; 0: never approved
	Version   int    // its number
	DraftID   int    // a newer version that waits for approval; 0: none
	Draft     int    // its number
	StartedAt time.Time
	PassedOn  time.Time
	HeldWhy   string
}

// Newest is the version that a marketer works on: the draft, else what was approved.
func (c Campaign) Newest() int {
	if c.DraftID != 0 {
		return c.DraftID
	}
	return c.VersionID
}

// Version is one frozen definition with its texts.
type Version struct {
	ID         int
	Campaign   string
	CampaignID int
	Number     int
	Source     string
	Texts      map[string]string // path → text
	Author     string
	CreatedAt  time.Time
	ApprovedBy string // empty: not approved
	ApprovedAt time.Time
}

const campaignColumns = `c.id, c.name, c.state, coalesce(c.version_id, 0), coalesce(v.number, 0), coalesce(c.draft_id, 0), coalesce(d.number, 0),
	coalesce(c.started_at, '0001-01-01'), coalesce(c.passed_on::timestamptz, '0001-01-01'), coalesce(c.held_why, '')
	FROM campaign c LEFT JOIN campaign_version v ON v.id = c.version_id LEFT JOIN campaign_version d ON d.id = c.draft_id`

// Campaigns lists all campaigns by name.
func (s *Store) Campaigns(ctx context.Context) ([]Campaign, error) {
	rows, err := s.pool.Query(ctx, `SELECT `+campaignColumns+` ORDER BY c.name`)
	if err != nil {
		return nil, fmt.Errorf("list campaigns: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Campaign])
}

// Campaign returns one campaign by its name, or ErrNotFound.
func (s *Store) Campaign(ctx context.Context, name string) (Campaign, error) {
	return readCampaign(ctx, s.pool, name, "")
}

// asker is what a pool and a transaction have in common.
type asker interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

func readCampaign(ctx context.Context, q asker, name, lock string) (Campaign, error) {
	rows, err := q.Query(ctx, `SELECT `+campaignColumns+` WHERE c.name = $1 `+lock, name)
	if err != nil {
		return Campaign{}, fmt.Errorf("read campaign %s: %w", name, err)
	}
	c, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Campaign])
	return c, missing(err, "campaign", name)
}

// Version returns a version with its texts, or ErrNotFound.
func (s *Store) Version(ctx context.Context, id int) (Version, error) {
	v := Version{}
	err := s.pool.QueryRow(ctx, `SELECT v.id, c.name, c.id, v.number, v.source, v.texts, v.author, v.created_at, coalesce(v.approved_by, ''), coalesce(v.approved_at, '0001-01-01')
		FROM campaign_version v JOIN campaign c ON c.id = v.campaign_id WHERE v.id = $1`, id).
		Scan(&v.ID, &v.Campaign, &v.CampaignID, &v.Number, &v.Source, &v.Texts, &v.Author, &v.CreatedAt, &v.ApprovedBy, &v.ApprovedAt)
	return v, missing(err, "campaign version", fmt.Sprint(id))
}

// Draft is a definition that is stored to be approved.
type Draft struct {
	Name   string
	Source string
	Texts  map[string]string
	Author string // a user's address or name, or another's name
}

// trigger is the kind of the definition's trigger, for the checks in SQL; empty when it has mistakes, and cannot be approved.
func (d Draft) trigger() string {
	definition, _ := campaigns.Parse(d.Name+".yaml", d.Source)
	if definition == nil {
		return ""
	}
	return definition.Trigger.Kind()
}

// PushDraft stores a definition as a campaign's newest draft and returns the version's number; changed is false when the
// newest version, approved or not, says the same. What runs goes on running as it was approved.
func (s *Store) PushDraft(ctx context.Context, d Draft, now time.Time) (number int, changed bool, err error) {
	if d.Texts == nil {
		d.Texts = map[string]string{}
	}
	err = s.tx(ctx, "push campaign "+d.Name, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO campaign (name, state, created_at) VALUES ($1, 'draft', $2) ON CONFLICT (name) DO NOTHING`, d.Name, now)
		if err != nil {
			return err
		}
		c, err := readCampaign(ctx, tx, d.Name, "FOR NO KEY UPDATE OF c")
		if err != nil {
			return err
		}
		newest := max(c.DraftID, c.VersionID)
		var same bool
		err = tx.QueryRow(ctx, `SELECT coalesce((SELECT source = $2 AND texts = $3 FROM campaign_version WHERE id = $1), false)`, newest, d.Source, d.Texts).Scan(&same)
		if number = max(c.Draft, c.Version); err != nil || same {
			return err
		}
		changed = true
		by, err := readAuthor(ctx, tx, d.Author)
		if err != nil {
			return err
		}
		var id int
		err = tx.QueryRow(ctx, `INSERT INTO campaign_version (campaign_id, number, source, texts, author, author_ids, created_at, trigger)
			SELECT $1, coalesce(max(number), 0) + 1, $2, $3, $4, $5, $6, $7 FROM campaign_version WHERE campaign_id = $1 RETURNING id, number`,
			c.ID, d.Source, d.Texts, by.name, by.ids, now, d.trigger()).Scan(&id, &number)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE campaign SET draft_id = $2 WHERE id = $1`, c.ID, id); err != nil {
			return err
		}
		return logEvent(ctx, tx, Event{At: now, By: by.name, What: "campaign.pushed", Noun: "campaign", Ref: d.Name, Detail: map[string]any{"version": number}})
	})
	return number, changed, err
}

// ApproveDraft makes the draft the version that plans; the caller has checked it. Its author may not approve it, unless the
// setting self_approval is on; by is a user's address or name, or another's name. draftID names the version that was looked at: ErrConflict when there is a newer one.
func (s *Store) ApproveDraft(ctx context.Context, name string, draftID int, by string, now time.Time) error {
	settings, err := s.Settings(ctx)
	if err != nil {
		return err
	}
	return s.approve(ctx, name, by, "approved", now, func(tx pgx.Tx, c Campaign, by author) (map[string]any, error) {
		if c.DraftID != draftID || draftID == 0 {
			return nil, fmt.Errorf("draft %d: %w", c.Draft, ErrConflict)
		}
		var written author
		if err := tx.QueryRow(ctx, `SELECT author, author_ids FROM campaign_version WHERE id = $1`, draftID).Scan(&written.name, &written.ids); err != nil {
			return nil, err
		}
		if err := notOwn(fmt.Sprintf("version %d", c.Draft), by, written, settings); err != nil {
			return nil, err
		}
		if _, err := tx.Exec(ctx, `UPDATE campaign_version SET approved_by = $2, approved_at = $3 WHERE id = $1`, draftID, by.name, now); err != nil {
			return nil, err
		}
		_, err := tx.Exec(ctx, `UPDATE campaign SET version_id = draft_id, draft_id = NULL, state = CASE state WHEN 'draft' THEN 'approved' ELSE state END WHERE id = $1`, c.ID)
		return map[string]any{"version": c.Draft}, err
	})
}

// StartCampaign lets an approved, paused or stopped campaign run. The next planning pass plans for it. One that was stopped
// while it was held is held again, and ErrCampaignState says so: only ReleaseCampaign says that a person has looked.
func (s *Store) StartCampaign(ctx context.Context, name, by string, now time.Time) error {
	var held string
	err := s.changeCampaign(ctx, name, by, "started", now, func(tx pgx.Tx, c Campaign) (map[string]any, error) {
		if err := allowed(c, "approved", "paused", "stopped"); err != nil {
			return nil, err
		}
		if held = c.HeldWhy; held != "" {
			_, err := tx.Exec(ctx, `UPDATE campaign SET state = 'held' WHERE id = $1`, c.ID)
			return map[string]any{"held": held}, err
		}
		return nil, turn(ctx, tx, c, "running", now)
	})
	if err == nil && held != "" {
		err = fmt.Errorf("campaign %s was held when it was stopped, and is held again (%s): look at it and release it: %w", name, held, ErrCampaignState)
	}
	return err
}

// PauseCampaign stops what would leave; planning goes on, so that nothing is missed.
func (s *Store) PauseCampaign(ctx context.Context, name, by string, now time.Time) error {
	return s.turnCampaign(ctx, name, by, "paused", "paused", now, "running")
}

// ReleaseCampaign lets a held campaign run. Its next pass is not held for a surge, since a person has looked.
func (s *Store) ReleaseCampaign(ctx context.Context, name, by string, now time.Time) error {
	return s.turnCampaign(ctx, name, by, "released", "running", now, "held")
}

// StopCampaign ends a campaign: what it had planned is cancelled. Calls on lists, surveys on their way, and the calls that
// answers to them promise go on. One that is held stays so, should it be started again.
func (s *Store) StopCampaign(ctx context.Context, name, by string, now time.Time) error {
	return s.changeCampaign(ctx, name, by, "stopped", now, func(tx pgx.Tx, c Campaign) (map[string]any, error) {
		if err := allowed(c, "running", "paused", "held", "approved"); err != nil {
			return nil, err
		}
		if _, err := tx.Exec(ctx, `UPDATE campaign SET state = 'stopped' WHERE id = $1`, c.ID); err != nil {
			return nil, err
		}
		if err := lockClients(ctx, tx, `SELECT client_id FROM touch WHERE campaign_id = $1 AND state = 'planned'`, c.ID); err != nil {
			return nil, err
		}
		tag, err := tx.Exec(ctx, `UPDATE touch t SET state = 'cancelled', reason = 'campaign_stopped', ended_at = $2 WHERE campaign_id = $1 AND state = 'planned' AND NOT `+promisedCall, c.ID, now)
		return map[string]any{"cancelled": tag.RowsAffected()}, err
	})
}

func (s *Store) turnCampaign(ctx context.Context, name, by, what, to string, now time.Time, from ...string) error {
	return s.changeCampaign(ctx, name, by, what, now, func(tx pgx.Tx, c Campaign) (map[string]any, error) {
		if err := allowed(c, from...); err != nil {
			return nil, err
		}
		return nil, turn(ctx, tx, c, to, now)
	})
}

func turn(ctx context.Context, tx pgx.Tx, c Campaign, to string, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE campaign SET state = $2, held_why = NULL, started_at = CASE $2 WHEN 'running' THEN coalesce(started_at, $3) ELSE started_at END WHERE id = $1`, c.ID, to, now)
	return err
}

// approve is changeCampaign for what its author may not do: change is given who approves.
func (s *Store) approve(ctx context.Context, name, by, what string, now time.Time, change func(pgx.Tx, Campaign, author) (map[string]any, error)) error {
	return s.tx(ctx, "campaign "+name, func(tx pgx.Tx) error {
		who, err := readAuthor(ctx, tx, by)
		if err != nil {
			return err
		}
		return changeCampaign(ctx, tx, name, who.name, what, now, func(tx pgx.Tx, c Campaign) (map[string]any, error) { return change(tx, c, who) })
	})
}

// changeCampaign runs one change with the campaign locked, and notes who made it.
func (s *Store) changeCampaign(ctx context.Context, name, by, what string, now time.Time, change func(pgx.Tx, Campaign) (map[string]any, error)) error {
	return s.tx(ctx, "campaign "+name, func(tx pgx.Tx) error { return changeCampaign(ctx, tx, name, by, what, now, change) })
}

func changeCampaign(ctx context.Context, tx pgx.Tx, name, by, what string, now time.Time, change func(pgx.Tx, Campaign) (map[string]any, error)) error {
	c, err := readCampaign(ctx, tx, name, "FOR NO KEY UPDATE OF c")
	if err != nil {
		return err
	}
	detail, err := change(tx, c)
	if err != nil {
		return err
	}
	return logEvent(ctx, tx, Event{At: now, By: by, What: "campaign." + what, Noun: "campaign", Ref: name, Detail: detail})
}

func allowed(c Campaign, from ...string) error {
	for _, state := range from {
		if c.State == state {
			return nil
		}
	}
	return fmt.Errorf("it is %s: %w", c.State, ErrCampaignState)
}
