package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/calendar"
)

// ErrSlot is returned for a day that is no slot of the campaign, or one that has passed.
var ErrSlot = errors.New("not a slot to write for")

// SlotText is a slot's own texts: what a newsletter says this time.
type SlotText struct {
	Campaign   string
	Slot       string            // its day, YYYY-MM-DD
	Texts      map[string]string // path → text, over the version's
	Author     string            // to push: a user's address or name, or another's name
	CreatedAt  time.Time
	ApprovedBy string // empty: not approved
	ApprovedAt *time.Time
	AuthorIDs  []int64 // the user who wrote it; none: no user
}

// WrittenBy reports whether it may be a user's own work, which he does not approve.
func (t *SlotText) WrittenBy(u User) bool {
	return author{t.Author, t.AuthorIDs}.same(author{u.Name, []int64{u.ID}})
}

// Slot is one slot of a campaign on slots, that has not passed.
type Slot struct {
	On   calendar.Date
	Text *SlotText // nil: nobody has written it yet
}

// slotsBehind is how many days a window can reach back; no issue of a newsletter is of use later.
const slotsBehind = 62

// Slots lists the next slots of a campaign, at most n, with their texts: those still in their window first. Nil for a
// campaign that is not on slots.
func (s *Store) Slots(ctx context.Context, campaign string, n int, now time.Time) ([]Slot, error) {
	var slots []Slot
	err := s.tx(ctx, "list the slots of "+campaign, func(tx pgx.Tx) error {
		c, err := readCampaign(ctx, tx, campaign, "")
		if err != nil {
			return err
		}
		days, err := s.slotDays(ctx, tx, c, n, now)
		if err != nil || len(days) == 0 {
			return err
		}
		slots = nil
		for _, day := range days {
			slots = append(slots, Slot{On: day})
			t, err := readSlotText(ctx, tx, campaign, day.String())
			if errors.Is(err, ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			slots[len(slots)-1].Text = &t
		}
		return nil
	})
	return slots, err
}

// slotDays are the days of the slots that can still be written for, by the approved definition, else the draft's.
func (s *Store) slotDays(ctx context.Context, tx pgx.Tx, c Campaign, n int, now time.Time) ([]calendar.Date, error) {
	version := c.VersionID
	if version == 0 {
		version = c.DraftID
	}
	var source string
	if err := tx.QueryRow(ctx, `SELECT source FROM campaign_version WHERE id = $1`, version).Scan(&source); err != nil {
		return nil, missing(err, "version of campaign", c.Name)
	}
	definition, problems := campaigns.Parse(c.Name+".yaml", source)
	if len(problems) > 0 {
		return nil, fmt.Errorf("campaign %s: %s: %w", c.Name, problems[0], ErrDefinition)
	}
	on, ok := definition.Trigger.(campaigns.On)
	if !ok {
		return nil, nil
	}
	settings, err := s.Settings(ctx)
	if err != nil {
		return nil, err
	}
	house, err := HouseOf(settings)
	if err != nil {
		return nil, err
	}
	today := house.Today(now)
	var days []calendar.Date
	for slot := on.Next(today - slotsBehind); slot != 0 && len(days) < n; slot = on.Next(slot) {
		if house.Add(slot, on.Window, "") >= today {
			days = append(days, slot)
		}
	}
	return days, nil
}

// slotsAhead is how far ahead a text may be written: two years of a monthly letter.
const slotsAhead = 24

// checkSlot refuses a day for which nothing can be written.
func (s *Store) checkSlot(ctx context.Context, tx pgx.Tx, c Campaign, slot string, now time.Time) error {
	if _, err := calendar.ParseDate(slot); err != nil {
		return fmt.Errorf("%q is no day such as 2026-12-01: %w", slot, ErrSlot)
	}
	days, err := s.slotDays(ctx, tx, c, slotsAhead, now)
	if err != nil {
		return err
	}
	if len(days) == 0 {
		return fmt.Errorf("campaign %s has no slots to come: %w", c.Name, ErrSlot)
	}
	for _, known := range days {
		if known.String() == slot {
			return nil
		}
	}
	return fmt.Errorf("%s is no coming slot of %s, the next is %s: %w", slot, c.Name, days[0], ErrSlot)
}

// PushSlotText stores a slot's texts, to be approved; changed is false when they are there already. Texts that differ
// from the approved ones need approval again, and what waits for them waits. ErrSlot for a day that is no coming slot,
// ErrConflict once something of the slot has left: clients of one issue read one text.
func (s *Store) PushSlotText(ctx context.Context, t SlotText, now time.Time) (changed bool, err error) {
	err = s.tx(ctx, fmt.Sprintf("push slot %s of %s", t.Slot, t.Campaign), func(tx pgx.Tx) error {
		c, err := readCampaign(ctx, tx, t.Campaign, "FOR NO KEY UPDATE OF c")
		if err != nil {
			return err
		}
		if err := s.checkSlot(ctx, tx, c, t.Slot, now); err != nil {
			return err
		}
		by, err := readAuthor(ctx, tx, t.Author)
		if err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `INSERT INTO slot_text AS s (campaign_id, slot, texts, author, author_ids, created_at) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (campaign_id, slot) DO UPDATE SET texts = $3, author = $4, author_ids = $5, created_at = $6, approved_by = NULL, approved_at = NULL
			WHERE s.texts <> $3`, c.ID, t.Slot, t.Texts, by.name, by.ids, now)
		if changed = err == nil && tag.RowsAffected() > 0; !changed {
			return err
		}
		if err := holdSlot(ctx, tx, c.ID, t.Slot); err != nil {
			return err
		}
		return logEvent(ctx, tx, Event{At: now, By: by.name, What: "slot.pushed", Noun: "campaign", Ref: t.Campaign, Detail: map[string]any{"slot": t.Slot}})
	})
	return changed, err
}

// holdSlot makes what is planned for a slot wait for its text again. Rows are held before it is asked whether any has
// left, so that a worker that claims at this moment is seen.
func holdSlot(ctx context.Context, tx pgx.Tx, campaign int, slot string) error {
	err := lockClients(ctx, tx, `SELECT client_id FROM touch WHERE campaign_id = $1 AND occasion = $2 AND state = 'planned' AND parent_id IS NULL`, campaign, slot)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE touch SET reason = 'no_slot_text', admitted_at = NULL WHERE campaign_id = $1 AND occasion = $2 AND state = 'planned' AND parent_id IS NULL`, campaign, slot)
	if err != nil {
		return err
	}
	var left bool
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM touch WHERE campaign_id = $1 AND occasion = $2 AND parent_id IS NULL
		AND state IN ('sending', 'unsure', 'sent', 'answered', 'failed', 'done', 'open'))`, campaign, slot).Scan(&left)
	if err == nil && left {
		err = fmt.Errorf("the text of %s has begun to leave: %w", slot, ErrConflict)
	}
	return err
}

// SlotText returns a slot's texts, approved or not, or ErrNotFound.
func (s *Store) SlotText(ctx context.Context, campaign, slot string) (SlotText, error) {
	return readSlotText(ctx, s.pool, campaign, slot)
}

func readSlotText(ctx context.Context, q asker, campaign, slot string) (SlotText, error) {
	t := SlotText{Campaign: campaign, Slot: slot}
	rows, err := q.Query(ctx, `SELECT s.texts, s.author, s.created_at, coalesce(s.approved_by, ''), s.approved_at, s.author_ids
		FROM slot_text s JOIN campaign c ON c.id = s.campaign_id WHERE c.name = $1 AND s.slot = $2`, campaign, slot)
	if err != nil {
		return t, fmt.Errorf("read slot %s of %s: %w", slot, campaign, err)
	}
	defer rows.Close()
	if rows.Next() {
		return t, rows.Scan(&t.Texts, &t.Author, &t.CreatedAt, &t.ApprovedBy, &t.ApprovedAt, &t.AuthorIDs)
	}
	if err := rows.Err(); err != nil {
		return t, fmt.Errorf("read slot %s of %s: %w", slot, campaign, err)
	}
	return t, fmt.Errorf("text of slot %s of %s: %w", slot, campaign, ErrNotFound)
}

// SlotTextsOf returns every text of a campaign's slots, in the order of their days.
func (s *Store) SlotTextsOf(ctx context.Context, campaign string) ([]SlotText, error) {
	rows, err := s.pool.Query(ctx, `SELECT c.name, s.slot, s.texts, s.author, s.created_at, coalesce(s.approved_by, ''), s.approved_at, s.author_ids
		FROM slot_text s JOIN campaign c ON c.id = s.campaign_id WHERE c.name = $1 ORDER BY s.slot`, campaign)
	if err != nil {
		return nil, fmt.Errorf("read the slots of %s: %w", campaign, err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[SlotText])
}

// ApproveSlotText lets a slot's texts leave. Their author may not approve them, unless self_approval is on. t is what was
// looked at: ErrConflict when it says something else by now.
func (s *Store) ApproveSlotText(ctx context.Context, t SlotText, by string, now time.Time) error {
	settings, err := s.Settings(ctx)
	if err != nil {
		return err
	}
	return s.approve(ctx, t.Campaign, by, "slot_approved", now, func(tx pgx.Tx, c Campaign, by author) (map[string]any, error) {
		if err := s.checkSlot(ctx, tx, c, t.Slot, now); err != nil {
			return nil, err
		}
		var written author
		err := tx.QueryRow(ctx, `SELECT author, author_ids FROM slot_text WHERE campaign_id = $1 AND slot = $2`, c.ID, t.Slot).Scan(&written.name, &written.ids)
		if err != nil {
			return nil, missing(err, "text of slot", t.Slot)
		}
		if err := notOwn("the text of "+t.Slot, by, written, settings); err != nil {
			return nil, err
		}
		tag, err := tx.Exec(ctx, `UPDATE slot_text SET approved_by = $3, approved_at = $4 WHERE campaign_id = $1 AND slot = $2 AND texts = $5`, c.ID, t.Slot, by.name, now, t.Texts)
		if err == nil && tag.RowsAffected() == 0 {
			err = fmt.Errorf("the text of %s was changed meanwhile: %w", t.Slot, ErrConflict)
		}
		return map[string]any{"slot": t.Slot}, err
	})
}
