package store_test

import (
	"errors"
	"testing"

	"github.com/relance/relance/internal/store"
)

func TestWhatWaitsForAnIssueWaitsForItsApproval(t *testing.T) {
	f := newLoop(t, "newsletter")
	contact := f.person("C1")
	f.step(contact, "newsletter", "mail", "mail", "2026-04-07", "planned")
	f.exec(`UPDATE touch SET admitted_at = '2026-04-07 09:00+02'`)
	now := paris(t, "2026-03-20 10:00")
	state := func() string {
		return query[string](f, `SELECT state || ' ' || coalesce(reason, 'free') || CASE WHEN admitted_at IS NULL THEN '' ELSE ' admitted' END FROM touch`)
	}
	push := func(words string) error {
		_, err := f.PushSlotText(f.ctx, store.SlotText{Campaign: "newsletter", Slot: "2026-04-07", Texts: map[string]string{"mails/newsletter.fr.md": words}, Author: "anne"}, now)
		return err
	}
	if err := push("one"); err != nil || state() != "planned no_slot_text" {
		t.Fatalf("a new text: %s, %v", state(), err)
	}
	seen, err := f.SlotText(f.ctx, "newsletter", "2026-04-07")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.ApproveSlotText(f.ctx, seen, "anne", now); !errors.Is(err, store.ErrOwnWork) {
		t.Errorf("its author approves it: %v", err)
	}
	if err := push("two"); err != nil {
		t.Fatal(err)
	}
	if err := f.ApproveSlotText(f.ctx, seen, "paul", now); !errors.Is(err, store.ErrConflict) {
		t.Errorf("approving what was replaced: %v", err)
	}
	seen.Texts["mails/newsletter.fr.md"] = "two"
	if err := f.ApproveSlotText(f.ctx, seen, "paul", now); err != nil {
		t.Fatal(err)
	}
	f.exec(`UPDATE touch SET reason = NULL, admitted_at = '2026-04-07 09:00+02'`)
	if err := push("three"); err != nil || state() != "planned no_slot_text" {
		t.Errorf("an edit after approval: %s, %v", state(), err)
	}
	if texts, err := f.SlotTexts(f.ctx, "newsletter", "2026-04-07"); err != nil || texts != nil {
		t.Errorf("it may leave without a new approval: %v, %v", texts, err)
	}
	f.exec(`UPDATE touch SET state = 'sending'`)
	if err := push("four"); !errors.Is(err, store.ErrConflict) {
		t.Errorf("an edit while it leaves: %v", err)
	}
	if slots, err := f.Slots(f.ctx, "newsletter", 2, now); err != nil || len(slots) != 2 || slots[0].On.String() != "2026-04-07" || slots[0].Text.Texts["mails/newsletter.fr.md"] != "three" || slots[1].On.String() != "2026-05-05" || slots[1].Text != nil {
		t.Errorf("slots: %+v, %v", slots, err)
	}
	if slots, err := f.Slots(f.ctx, "newsletter", 1, paris(t, "2026-04-09 10:00")); err != nil || slots[0].On.String() != "2026-04-07" {
		t.Errorf("within its window of three working days the issue can still be written: %+v, %v", slots, err)
	}
	if slots, err := f.Slots(f.ctx, "newsletter", 1, paris(t, "2026-04-11 10:00")); err != nil || slots[0].On.String() != "2026-05-05" {
		t.Errorf("after its window it cannot: %+v, %v", slots, err)
	}
}

func TestWhatIsForeseenIsKept(t *testing.T) {
	f := newLoop(t, "newsletter")
	f.person("C1")
	f.exec(`INSERT INTO basis (contact_id, channel, kind, source, held_on) SELECT id, 'mail', 'information', 'CGV', '2026-01-01' FROM contact`)
	now := paris(t, "2026-03-20 10:00")
	f.refresh(now)
	for range 2 { // the second replaces the first
		if err := f.KeepOutlook(f.ctx, now); err != nil {
			t.Fatal(err)
		}
	}
	if got := query[string](f, `SELECT string_agg(day || ' ' || channel || ' ' || touches, ', ') FROM outlook`); got != "2026-04-07 mail 1" {
		t.Errorf("foreseen %q; the first Tuesday of April is the 7th, and one client has a basis", got)
	}
	lines, err := f.CampaignLines(f.ctx, now)
	if err != nil || lines[0].Soon["mail"] != 1 || lines[0].OutlookAt == nil || !lines[0].OutlookAt.Equal(now) {
		t.Errorf("the list shows %+v, %v", lines, err)
	}
}
