package jobs

import (
	"testing"
	"time"

	"github.com/relance/relance/internal/store"
)

func TestADigestIsAListToReadOnAPhone(t *testing.T) {
	slot := time.Date(2026, 3, 10, 6, 0, 0, 0, time.UTC)
	deadline := time.Date(2026, 3, 12, 17, 0, 0, 0, time.UTC)
	lines := []store.DigestLine{
		{RepID: 3, RepName: "Anne", RepTo: "anne@example.com", Client: "Boulangerie Martin", City: "Lyon", Reasons: 2, DeadlineAt: &deadline},
		{RepID: 3, RepName: "Anne", RepTo: "anne@example.com", Client: "Chez Paul", Reasons: 1, CallBackAgreed: true},
	}
	settings := store.Settings{"company": "Brunel", "sender_email": "bonjour@brunel.example", "language": "fr", "zone": "Europe/Paris"}
	for _, c := range []struct{ language, subject, text string }{
		{"", "2 appels aujourd’hui", "Bonjour Anne,\n\nVoici votre liste du jour.\n\n1. Boulangerie Martin (Lyon) – 2 raisons, avant le 12/03\n2. Chez Paul – rappel convenu\n\nLes fiches, avec les raisons et quoi dire\u00a0: https://r.example/calls\n"},
		{"en", "2 calls today", "Good morning Anne,\n\nHere is your list for today.\n\n1. Boulangerie Martin (Lyon) – 2 reasons, before 12 March\n2. Chez Paul – call back agreed\n\nThe cards, with the reasons and what to say: https://r.example/calls\n"},
	} {
		lines[0].Language = c.language
		m := digestMail(lines, slot, slot, settings, "https://r.example")
		if m.Subject != c.subject || m.Text != c.text {
			t.Errorf("in %q:\n%s\n%s", c.language, m.Subject, m.Text)
		}
		if m.From.Name != "Brunel" || m.To.Email != "anne@example.com" {
			t.Errorf("from %v to %v", m.From, m.To)
		}
	}
	if got := len(byRep(append(lines, store.DigestLine{RepID: 4}))); got != 2 {
		t.Errorf("%d reps of 2", got)
	}
}
