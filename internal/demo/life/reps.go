package life

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/store"
)

// calling is the part of its open calls that a rep makes on a day; the rest waits.
const calling = 0.8

var outcomes = []weighted[campaigns.Outcome]{{campaigns.Reached, 55}, {campaigns.NoAnswer, 22}, {campaigns.Voicemail, 5}, {campaigns.OrderTaken, 8},
	{campaigns.CallBack, 4}, {campaigns.OtherPerson, 2}, {campaigns.AlreadySeen, 2}, {campaigns.WrongNumber, 1}, {campaigns.Refused, 1}}

// notes are what reps write down, where an outcome leaves something to say.
var notes = map[campaigns.Outcome][]string{
	campaigns.Reached: {"Tout va bien, content des livraisons du matin.", "Veut recevoir le tarif des chocolats.", "Passe une commande la semaine prochaine.",
		"Cherche un sarrasin d’origine France, à lui proposer.", "Trouve les délais un peu longs en ce moment.", ""},
	campaigns.OrderTaken:  {"Commande prise : farines et emballages.", "Commande de beurre de tourage pour les galettes.", "Complément de commande, livraison jeudi."},
	campaigns.CallBack:    {"En service, rappeler après 14 h.", "Demande à être rappelé demain."},
	campaigns.OtherPerson: {"Eu la comptable, le gérant est là le matin."},
	campaigns.AlreadySeen: {"Vu la semaine dernière en tournée."},
}

// makeCalls lets every rep but the spared one work through its list, on days on which a company works.
func (l Life) makeCalls(ctx context.Context, now time.Time) error {
	settings, err := l.Store.Settings(ctx)
	if err != nil {
		return err
	}
	house, err := store.HouseOf(settings)
	if err != nil {
		return err
	}
	if day := house.Today(now); house.Quiet(day) || !house.Working(day, settings["country"]) {
		return nil
	}
	cards, err := l.Store.CallList(ctx, 0, true, house.Today(now).In(settings.Zone()), now)
	if err != nil {
		return err
	}
	for _, card := range cards {
		r := l.chance(ofCall, uint64(card.ID)<<8|uint64(card.Attempts)<<5|uint64(house.Today(now))&31)
		if card.RepRef == "" || card.RepRef == l.Spared || r.Float64() >= calling {
			continue
		}
		o := store.Outcome{Call: card.ID, Attempt: card.Attempts + 1, Outcome: oneOf(r, outcomes), By: card.RepName}
		if said := notes[o.Outcome]; len(said) > 0 {
			o.Note = said[r.IntN(len(said))]
		}
		if err := l.Store.RecordOutcome(ctx, o, now); err != nil && !errors.Is(err, store.ErrConflict) {
			return fmt.Errorf("call %d: %w", card.ID, err)
		}
	}
	return nil
}
