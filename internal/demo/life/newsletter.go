package life

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/relance/relance/internal/desk"
	"github.com/relance/relance/internal/store"
)

//go:embed newsletter.fr.md
var newsletterFR string

//go:embed newsletter.en.md
var newsletterEN string

// Newsletter writes the next issue in the name of author, and approves it in the name of another.
func Newsletter(ctx context.Context, st *store.Store, author, approver string, now time.Time) error {
	const campaign = "newsletter"
	slots, err := st.Slots(ctx, campaign, 1, now)
	if err != nil {
		return err
	}
	if len(slots) == 0 {
		return fmt.Errorf("a slot of %s: %w", campaign, store.ErrNotFound)
	}
	slot, office := slots[0].On.String(), desk.New(st)
	texts := map[string]string{"mails/newsletter.fr.md": newsletterFR, "mails/newsletter.en.md": newsletterEN}
	pushed, err := office.PushSlot(ctx, store.SlotText{Campaign: campaign, Slot: slot, Texts: texts, Author: author}, now)
	if err != nil {
		return err
	}
	if len(pushed.Problems) > 0 {
		return desk.Mistakes(pushed.Problems)
	}
	return office.ApproveSlot(ctx, campaign, slot, time.Time{}, approver, now)
}
