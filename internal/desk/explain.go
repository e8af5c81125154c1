package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/calendar"
	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/templates"
)

// Explain says in sentences, in French or English, why a campaign contacts a client or does not, with the figures that
// decided. store.ErrNotFound without such a campaign or client.
func (d *Desk) Explain(ctx context.Context, name, client, language string, now time.Time) ([]string, error) {
	e, err := d.store.Explain(ctx, name, client, now)
	if err != nil {
		return nil, err
	}
	settings, err := d.store.Settings(ctx)
	if err != nil {
		return nil, err
	}
	w := newWording(language, settings)
	var sentences []string
	if e.State != "running" {
		sentences = append(sentences, w.say("La campagne ne tourne pas (%s)\u00a0: rien ne part.", "The campaign is not running (%s): nothing leaves.", w.state(e.State)))
	}
	for _, v := range e.Verdicts {
		sentences = append(sentences, w.verdict(v))
	}
	return sentences, nil
}

// wording puts codes and figures into the words of one language.
type wording struct {
	english  bool
	currency string
	zone     *time.Location
}

func newWording(language string, s store.Settings) wording {
	return wording{english: strings.HasPrefix(language, "en"), currency: s["currency"], zone: s.Zone()}
}

// Why says in words what triggered a touch, with its figures.
func Why(t campaigns.Touch, language string, s store.Settings) string {
	w := newWording(language, s)
	sentence := w.say("déclenchée le %s", "triggered on %s", w.day(t.TriggeredOn)) + w.figures(figuresOf(t.Figures))
	if t.Reason != "" {
		sentence += " – " + lowerFirst(w.reason(t.Reason))
	}
	return sentence
}

// figuresOf reads the figures that a touch keeps; days come back as days.
func figuresOf(kept json.RawMessage) []campaigns.Figure {
	values := map[string]any{}
	if err := json.Unmarshal(kept, &values); err != nil {
		return nil // none, or made by a later version
	}
	var figures []campaigns.Figure
	for _, name := range slices.Sorted(maps.Keys(values)) {
		value := values[name]
		if text, ok := value.(string); ok {
			if day, err := calendar.ParseDate(text); err == nil {
				value = day
			}
		}
		figures = append(figures, campaigns.Figure{Name: name, Value: value})
	}
	return figures
}

func (w wording) say(fr, en string, args ...any) string {
	if w.english {
		return fmt.Sprintf(en, args...)
	}
	return fmt.Sprintf(fr, args...)
}

func (w wording) language() string { return w.say("fr", "en") }

func (w wording) day(d calendar.Date) string {
	return templates.FormatDate(d, "", w.language())
}

// verdict writes one line: about a touch that exists, or about what stands in the way of a new one.
func (w wording) verdict(v campaigns.Verdict) string {
	if v.Touch.Step != "" {
		return w.touch(v.Touch)
	}
	if v.Reason == "" {
		return w.say("Sera planifié au prochain passage", "Will be planned by the next pass") + w.figures(v.Figures) + "."
	}
	sentence := w.reason(v.Reason)
	if v.On != 0 && v.Reason == campaigns.ReasonNotYet {
		sentence += w.say(", à partir du %s", ", from %s on", w.day(v.On))
	}
	return sentence + w.figures(v.Figures) + "."
}

func (w wording) touch(t campaigns.Touch) string {
	sentence := w.say("Étape «\u00a0%s\u00a0» (%s), déclenchée le %s\u00a0: %s", "Step “%s” (%s), triggered on %s: %s", t.Step, t.Occasion, w.day(t.TriggeredOn), w.state(string(t.State)))
	if t.State == campaigns.Planned {
		sentence += w.say(" pour le %s", " for %s", w.day(calendar.DateOf(t.DueAt.In(w.zone))))
	}
	if t.Reason != "" {
		sentence += " – " + lowerFirst(w.reason(t.Reason))
	}
	return sentence + "."
}

// figures lists the values that decided, in brackets.
func (w wording) figures(list []campaigns.Figure) string {
	var parts []string
	for _, f := range list {
		if value := w.value(f); value != "" {
			parts = append(parts, w.figureName(f.Name)+w.say("\u00a0: ", ": ")+value)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, w.say("\u00a0; ", "; ")) + ")"
}

func (w wording) value(f campaigns.Figure) string {
	switch v := f.Value.(type) {
	case nil:
		return w.say("inconnu", "unknown")
	case calendar.Date:
		return w.day(v) // nothing for a day that is not known
	case bool:
		if v {
			return w.say("oui", "yes")
		}
		return w.say("non", "no")
	case float64:
		return w.number(f.Name, v)
	case int:
		return templates.FormatNumber(float64(v), 0, w.language())
	case string:
		return v
	}
	text, err := json.Marshal(f.Value)
	if err != nil {
		return ""
	}
	return string(text)
}

// number writes an amount, a share or a count, as the table of facts tells.
func (w wording) number(name string, v float64) string {
	i := slices.IndexFunc(campaigns.FactTable, func(f campaigns.Fact) bool { return f.Name == name })
	if i >= 0 && campaigns.FactTable[i].Unit == "money" {
		return templates.FormatMoney(v, w.currency, w.language())
	}
	if i >= 0 && campaigns.FactTable[i].Unit == "share" {
		return templates.FormatPercent(v, w.language())
	}
	decimals := 0
	if v != float64(int64(v)) {
		decimals = 1
	}
	return templates.FormatNumber(v, decimals, w.language())
}

func lowerFirst(s string) string {
	for i, r := range s {
		return strings.ToLower(string(r)) + s[i+len(string(r)):]
	}
	return s
}
