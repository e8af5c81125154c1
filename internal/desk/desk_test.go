package desk_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/relance/relance/internal/desk"
	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/internal/testkit"
)

var now = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

func opened(t *testing.T) (*store.Store, *desk.Desk) {
	t.Helper()
	st := store.New(testkit.DB(t))
	d := desk.New(st)
	for range 2 { // the second time changes nothing
		if err := d.InstallShipped(context.Background(), now); err != nil {
			t.Fatal(err)
		}
	}
	return st, d
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	at := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestWhatIsPulledIsPushedUnchanged(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	_, d := opened(t)
	if _, err := d.Pull(ctx, dir); err != nil {
		t.Fatal(err)
	}
	pushed, err := d.Push(ctx, dir, "anne", now)
	if err != nil || len(pushed) != 5 {
		t.Fatalf("pushed %d, %v; want the 5 shipped", len(pushed), err)
	}
	for _, p := range pushed {
		if p.Changed || len(p.Problems) > 0 || p.Version != 1 {
			t.Errorf("%+v", p)
		}
	}
}

func TestMistakesAreToldWithTheirPlaceAndNothingIsStored(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	st, d := opened(t)
	if _, err := d.Pull(ctx, dir, "welcome-call"); err != nil {
		t.Fatal(err)
	}
	const file = "campaigns/welcome-call.yaml"
	write(t, dir, file, strings.Replace(read(t, dir, file), "call: welcome", "call: welcom", 1))
	pushed, err := d.Push(ctx, dir, "anne", now)
	i := slices.IndexFunc(pushed, func(p desk.Pushed) bool { return p.Campaign == "welcome-call" })
	if err != nil || i < 0 {
		t.Fatal(pushed, err)
	}
	if got := desk.Mistakes(pushed[i].Problems).Error(); !strings.Contains(got, `did you mean "scripts/welcome.fr.md"?`) {
		t.Errorf("mistakes: %s", got)
	}
	if c, err := st.Campaign(ctx, "welcome-call"); err != nil || c.Draft != 1 {
		t.Errorf("draft %d, %v; want the shipped one", c.Draft, err)
	}
}

func TestATextAloneMakesANewDraftOfItsCampaign(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	st, d := opened(t)
	if err := d.Approve(ctx, "welcome-call", "paul", now); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Pull(ctx, dir, "welcome-call"); err != nil {
		t.Fatal(err)
	}
	text := read(t, dir, "scripts/welcome.fr.md") + "\nMerci.\n"
	only := t.TempDir()
	write(t, only, "scripts/welcome.fr.md", text)
	pushed, err := d.Push(ctx, only, "anne", now)
	if err != nil || len(pushed) != 1 || !pushed[0].Changed || pushed[0].Version != 2 {
		t.Fatalf("%+v, %v", pushed, err)
	}
	c, err := st.Campaign(ctx, "welcome-call")
	if err != nil || c.Version != 1 || c.Draft != 2 {
		t.Errorf("version %d, draft %d, %v: what was approved must stay", c.Version, c.Draft, err)
	}
	if err := d.Approve(ctx, "welcome-call", "anne", now); !errors.Is(err, store.ErrOwnWork) {
		t.Errorf("anne approves her own: %v", err)
	}
}

func TestASlotNeedsItsOwnApprovedText(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	st, d := opened(t)
	if _, err := d.Pull(ctx, dir, "newsletter"); err != nil {
		t.Fatal(err)
	}
	issue := t.TempDir()
	write(t, issue, "slots/newsletter/2026-04-07/mails/newsletter.fr.md", read(t, dir, "mails/newsletter.fr.md"))
	pushed, err := d.PushSlots(ctx, issue, "anne", now)
	if err != nil || len(pushed) != 1 || !pushed[0].Changed {
		t.Fatalf("%+v, %v", pushed, err)
	}
	if texts, err := st.SlotTexts(ctx, "newsletter", "2026-04-07"); err != nil || texts != nil {
		t.Errorf("not approved, but %d texts may leave, %v", len(texts), err)
	}
	if err := d.ApproveSlot(ctx, "newsletter", "2026-04-07", time.Time{}, "anne", now); !errors.Is(err, store.ErrOwnWork) {
		t.Errorf("anne approves her own: %v", err)
	}
	if err := d.ApproveSlot(ctx, "newsletter", "2026-04-07", time.Time{}, "paul", now); err != nil {
		t.Fatal(err)
	}
	if texts, err := st.SlotTexts(ctx, "newsletter", "2026-04-07"); err != nil || len(texts) != 1 {
		t.Errorf("approved, but %d texts, %v", len(texts), err)
	}
}

func TestASlotIsRefused(t *testing.T) {
	ctx := context.Background()
	st, d := opened(t)
	c, err := st.Campaign(ctx, "newsletter")
	if err != nil {
		t.Fatal(err)
	}
	v, err := st.Version(ctx, c.Newest())
	if err != nil {
		t.Fatal(err)
	}
	good := map[string]string{"mails/newsletter.fr.md": v.Texts["mails/newsletter.fr.md"]}
	for name, x := range map[string]struct {
		campaign, slot string
		want           error
	}{
		"a Wednesday":                   {"newsletter", "2026-04-08", store.ErrSlot},
		"an issue of last month":        {"newsletter", "2026-02-03", store.ErrSlot},
		"a day written otherwise":       {"newsletter", "7/4/2026", store.ErrSlot},
		"a campaign without slots":      {"welcome-call", "2026-04-07", store.ErrSlot},
		"a campaign that is not there":  {"bulletin", "2026-04-07", store.ErrNotFound},
		"the first Tuesday of next May": {"newsletter", "2026-05-05", nil},
	} {
		texts := good
		if x.campaign == "welcome-call" {
			texts = map[string]string{"scripts/welcome.fr.md": "---\ntitle: \"Bienvenue\"\n---\nBonjour.\n"}
		}
		if p, err := d.PushSlot(ctx, store.SlotText{Campaign: x.campaign, Slot: x.slot, Texts: texts, Author: "anne"}, now); !errors.Is(err, x.want) {
			t.Errorf("%s: %v, %v; want %v", name, p.Problems, err, x.want)
		}
	}
	bad := strings.Replace(v.Texts["mails/newsletter.fr.md"], "{{ company.name }}", "{{ companie.name }}", -1)
	p, err := d.PushSlot(ctx, store.SlotText{Campaign: "newsletter", Slot: "2026-04-07", Texts: map[string]string{"mails/newsletter.fr.md": bad}, Author: "anne"}, now)
	if err != nil || len(p.Problems) < 2 || p.Problems[0].Line == 0 || p.Problems[0].File != "mails/newsletter.fr.md" {
		t.Errorf("a wrong variable twice: %+v, %v", p.Problems, err)
	}
	if _, err := st.SlotText(ctx, "newsletter", "2026-04-07"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a text with mistakes was stored: %v", err)
	}
}

func TestASlotsTextComesBackWithItsFolder(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	_, d := opened(t)
	const file = "slots/newsletter/2026-04-07/mails/newsletter.fr.md"
	if _, err := d.Pull(ctx, dir, "newsletter"); err != nil {
		t.Fatal(err)
	}
	want := strings.Replace(read(t, dir, "mails/newsletter.fr.md"), "Trois choses", "Quatre choses", 1)
	write(t, dir, file, want)
	if _, err := d.PushSlots(ctx, dir, "anne", now); err != nil {
		t.Fatal(err)
	}
	again := t.TempDir()
	if _, err := d.Pull(ctx, again, "newsletter"); err != nil || read(t, again, file) != want {
		t.Fatalf("pulled %v", err)
	}
	pushed, err := d.PushSlots(ctx, again, "paul", now)
	if err != nil || len(pushed) != 1 || pushed[0].Changed {
		t.Errorf("pushed again: %+v, %v; want nothing changed", pushed, err)
	}
}

func TestExplainSpeaksBothLanguages(t *testing.T) {
	ctx := context.Background()
	st, d := opened(t)
	_, err := st.Pool().Exec(ctx, `INSERT INTO client (ref, name, imported_on) VALUES ('P', 'Prospect', '2026-03-01')`)
	if err != nil {
		t.Fatal(err)
	}
	for language, want := range map[string]string{"fr": "Le client n’a pas encore commandé.", "en": "The client has not ordered yet."} {
		sentences, err := d.Explain(ctx, "welcome-call", "P", language, now)
		if err != nil || !strings.Contains(strings.Join(sentences, "\n"), want) {
			t.Errorf("%s: %q, %v; want %q", language, sentences, err, want)
		}
	}
	if _, err := d.Explain(ctx, "welcome-call", "nobody", "fr", now); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a client that is not there: %v", err)
	}
}
