package desk

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/templates"
)

// PushSlots stores the texts of slots/CAMPAIGN/YYYY-MM-DD/mails/… of a folder, those without mistakes, to be approved by
// someone else. A folder without slots is fine.
func (d *Desk) PushSlots(ctx context.Context, dir, by string, now time.Time) ([]Pushed, error) {
	found, err := filepath.Glob(filepath.Join(dir, "slots", "*", "*"))
	if err != nil {
		return nil, fmt.Errorf("read the slots of %s: %w", dir, err)
	}
	var pushed []Pushed
	for _, at := range found {
		if info, err := os.Stat(at); err != nil || !info.IsDir() {
			continue
		}
		folder, err := ReadFolder(at)
		if err != nil {
			return pushed, err
		}
		t := store.SlotText{Campaign: filepath.Base(filepath.Dir(at)), Slot: filepath.Base(at), Texts: folder.Texts, Author: by}
		p, err := d.PushSlot(ctx, t, now)
		if err != nil {
			return pushed, err
		}
		pushed = append(pushed, p)
	}
	return pushed, nil
}

// PushSlot stores one slot's texts, those of t, when they have no mistake.
func (d *Desk) PushSlot(ctx context.Context, t store.SlotText, now time.Time) (p Pushed, err error) {
	p = Pushed{Campaign: t.Campaign, Slot: t.Slot}
	if p.Problems, err = d.checkSlot(ctx, t); err == nil && len(p.Problems) == 0 {
		p.Changed, err = d.store.PushSlotText(ctx, t, now)
	}
	return p, err
}

// checkSlot looks at a slot's texts laid over those of the campaign's newest version.
func (d *Desk) checkSlot(ctx context.Context, t store.SlotText) ([]templates.Problem, error) {
	c, err := d.store.Campaign(ctx, t.Campaign)
	if err != nil {
		return nil, err
	}
	v, err := d.store.Version(ctx, c.Newest())
	if err != nil {
		return nil, err
	}
	var problems []templates.Problem
	for _, file := range slices.Sorted(maps.Keys(t.Texts)) {
		if _, ok := v.Texts[file]; !ok {
			problems = append(problems, templates.Problem{File: file, Message: fmt.Sprintf("no step of %s uses this text", t.Campaign)})
		}
	}
	if len(t.Texts) == 0 {
		problems = append(problems, templates.Problem{File: "slots/" + t.Campaign + "/" + t.Slot, Message: "the slot has no text of its own, such as mails/newsletter.fr.md"})
	}
	version, _ := templates.NewSet(v.Texts)
	set, _ := version.With(t.Texts)
	_, found := Check(t.Campaign+".yaml", v.Source, set)
	return append(problems, found...), nil
}

// ApproveSlot lets a slot's texts leave, when they have no mistake and by is not their author. seen is when the texts that
// were looked at had been written; zero: whichever are there. store.ErrConflict when they were changed since.
func (d *Desk) ApproveSlot(ctx context.Context, campaign, slot string, seen time.Time, by string, now time.Time) error {
	t, err := d.store.SlotText(ctx, campaign, slot)
	if err != nil {
		return err
	}
	if !seen.IsZero() && !seen.Equal(t.CreatedAt) {
		return fmt.Errorf("the text of %s was changed meanwhile: %w", slot, store.ErrConflict)
	}
	problems, err := d.checkSlot(ctx, t)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return Mistakes(problems)
	}
	return d.store.ApproveSlotText(ctx, t, by, now)
}
