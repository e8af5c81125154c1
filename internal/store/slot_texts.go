package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/relance/relance/internal/calendar"
)

// SlotText is a slot's own texts: what a newsletter says this time.
type SlotText struct {
	Campaign string
	Slot     string            // its day, YYYY-MM-DD
	Texts    map[string]string // path → text, over the version's
	Author   string
}

// PushSlotText stores a slot's texts, to be approved; changed is false when they are there already. Texts that differ from
// the approved ones need approval again.
func (s *Store) PushSlotText(ctx context.Context, t SlotText, now time.Time) (changed bool, err error) {
	if _, err := calendar.ParseDate(t.Slot); err != nil {
		return false, fmt.Errorf("slot of %s: %w", t.Campaign, err)
	}
	err = s.tx(ctx, fmt.Sprintf("push slot %s of %s", t.Slot, t.Campaign), func(tx pgx.Tx) error {
		c, err := readCampaign(ctx, tx, t.Campaign, "FOR UPDATE OF c")
		if err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `INSERT INTO slot_text AS s (campaign_id, slot, texts, author, created_at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (campaign_id, slot) DO UPDATE SET texts = $3, author = $4, created_at = $5, approved_by = NULL, approved_at = NULL
			WHERE s.texts <> $3`, c.ID, t.Slot, t.Texts, t.Author, now)
		if changed = err == nil && tag.RowsAffected() > 0; !changed {
			return err
		}
		return logEvent(ctx, tx, Event{At: now, By: t.Author, What: "slot.pushed", Noun: "campaign", Ref: t.Campaign, Detail: map[string]any{"slot": t.Slot}})
	})
	return changed, err
}

// SlotText returns a slot's texts, approved or not, or ErrNotFound.
func (s *Store) SlotText(ctx context.Context, campaign, slot string) (SlotText, error) {
	t := SlotText{Campaign: campaign, Slot: slot}
	err := s.pool.QueryRow(ctx, `SELECT s.texts, s.author FROM slot_text s JOIN campaign c ON c.id = s.campaign_id WHERE c.name = $1 AND s.slot = $2`, campaign, slot).Scan(&t.Texts, &t.Author)
	return t, missing(err, "text of slot", campaign+" "+slot)
}

// ApproveSlotText lets a slot's texts leave. Their author may not approve them, unless self_approval is on.
func (s *Store) ApproveSlotText(ctx context.Context, campaign, slot, by string, now time.Time) error {
	settings, err := s.Settings(ctx)
	if err != nil {
		return err
	}
	return s.changeCampaign(ctx, campaign, by, "slot_approved", now, func(tx pgx.Tx, c Campaign) (map[string]any, error) {
		var author string
		err := tx.QueryRow(ctx, `SELECT author FROM slot_text WHERE campaign_id = $1 AND slot = $2`, c.ID, slot).Scan(&author)
		if err != nil {
			return nil, missing(err, "text of slot", slot)
		}
		if author == by && !settings.Yes("self_approval") {
			return nil, fmt.Errorf("the text of %s was written by %s: %w; ask someone else, or set self_approval=yes", slot, author, ErrOwnWork)
		}
		_, err = tx.Exec(ctx, `UPDATE slot_text SET approved_by = $3, approved_at = $4 WHERE campaign_id = $1 AND slot = $2`, c.ID, slot, by, now)
		return map[string]any{"slot": slot}, err
	})
}
