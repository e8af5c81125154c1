package letters

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/templates"
)

// version returns the version with a slot's texts laid over it. Occasions of campaigns that are not on slots share one
// compiled version.
func (w *Writer) version(ctx context.Context, k key) (*Version, error) {
	plain, err := w.kept(key{version: k.version}, func() (*Version, error) { return w.load(ctx, k.version) })
	if err != nil || k.slot == "" {
		return plain, err
	}
	if _, onSlots := plain.Definition.Trigger.(campaigns.On); !onSlots {
		return plain, nil
	}
	return w.kept(k, func() (*Version, error) { return w.overlay(ctx, plain, k.slot) })
}

// kept returns what is in the cache, or makes it. Two callers may make the same at once; either is right.
func (w *Writer) kept(k key, make func() (*Version, error)) (*Version, error) {
	w.mu.Lock()
	v, ok := w.versions[k]
	w.mu.Unlock()
	if ok {
		return v, nil
	}
	v, err := make()
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.versions) >= keptVersions {
		clear(w.versions)
	}
	w.versions[k] = v
	return v, nil
}

func (w *Writer) load(ctx context.Context, id int) (*Version, error) {
	v, err := w.store.Version(ctx, id)
	if err != nil {
		return nil, err
	}
	definition, problems := campaigns.Parse(v.Campaign+".yaml", v.Source)
	if len(problems) > 0 {
		return nil, fmt.Errorf("%w: campaign %s, version %d: %s", ErrText, v.Campaign, v.Number, problems[0])
	}
	texts, mistakes := templates.NewSet(v.Texts)
	if len(mistakes) > 0 {
		return nil, fmt.Errorf("%w: campaign %s, version %d: %s", ErrText, v.Campaign, v.Number, mistakes[0])
	}
	return &Version{Version: v, Definition: definition, Texts: texts}, nil
}

// overlay lays the approved texts of a slot over the version's. Without them nothing may leave for the slot.
func (w *Writer) overlay(ctx context.Context, plain *Version, slot string) (*Version, error) {
	texts, err := w.store.SlotTexts(ctx, plain.Campaign, slot)
	if err != nil {
		return nil, err
	}
	if texts == nil {
		return nil, fmt.Errorf("%w: campaign %s has no approved text for slot %s", ErrText, plain.Campaign, slot)
	}
	set, mistakes := plain.Texts.With(texts)
	if len(mistakes) > 0 {
		return nil, fmt.Errorf("%w: campaign %s, slot %s: %s", ErrText, plain.Campaign, slot, mistakes[0])
	}
	v := *plain
	v.Texts = set
	return &v, nil
}

// settings returns what all letters share, read anew when it is older than settingsFor.
func (w *Writer) settings(ctx context.Context) (house, error) {
	w.mu.Lock()
	h, fresh := w.house, time.Since(w.readAt) < settingsFor
	w.mu.Unlock()
	if fresh {
		return h, nil
	}
	settings, err := w.store.Settings(ctx)
	if err != nil {
		return house{}, err
	}
	h.settings, h.zone = settings, settings.Zone()
	if h.calendar, err = store.HouseOf(settings); err != nil {
		return house{}, err
	}
	h.company = templates.Company{
		Name: settings["company"], Address: settings["company_address"], Email: first(settings["reply_to"], settings["sender_email"]),
		Colour: settings["brand_colour"], Currency: settings["currency"],
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.house, w.readAt = h, time.Now()
	maps.DeleteFunc(w.versions, func(k key, _ *Version) bool { return k.slot != "" }) // a slot's text may be approved anew
	return h, nil
}
