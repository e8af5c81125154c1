package life

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strconv"
	"time"

	"github.com/relance/relance/campaigns/survey"
	"github.com/relance/relance/internal/store"
)

// answering is how many of those asked answer, and stopping how many of them all say stop instead.
const (
	answering = 0.36
	stopping  = 0.012
)

// slowest is the most days that a client takes to answer.
const slowest = 4

// readMail lets those who were asked lately do what they do on this day.
func (l Life) readMail(ctx context.Context, now time.Time) error {
	asked, err := l.Store.AskedSince(ctx, now.AddDate(0, 0, -slowest-1), now)
	if err != nil {
		return err
	}
	for _, a := range asked {
		r := l.chance(ofTouch, uint64(a.TouchID))
		day := 1 + r.IntN(slowest)
		if int(now.Sub(a.SentAt).Hours()/24+0.5) != day { // half a day either way: mails leave all morning
			continue
		}
		switch does := r.Float64(); {
		case does < answering:
			err = l.answer(ctx, a, r, now)
		case does < answering+stopping:
			err = l.Store.Stop(ctx, a.TouchID, store.StopMail, "stop page", now)
		}
		if err != nil && !errors.Is(err, store.ErrSurveyClosed) {
			return fmt.Errorf("invitation %d: %w", a.TouchID, err)
		}
	}
	return nil
}

func (l Life) answer(ctx context.Context, a store.Asked, r *rand.Rand, now time.Time) error {
	q, err := l.Questionnaires.Questionnaire(ctx, a.VersionID, a.Step)
	if err != nil {
		return err
	}
	form, known := fill(q.Name, a.Language, r)
	if !known {
		return nil // a questionnaire of the visitor's own: nobody here knows what to say
	}
	answers, problems := survey.Read(q, form)
	if len(problems) > 0 {
		return nil // the visitor has changed it
	}
	body, err := json.Marshal(answers)
	if err != nil {
		return err
	}
	answer := store.Answer{Questionnaire: q.Name, Language: a.Language, Answers: body, CallMe: answers.CallMe(q)}
	if score, ok := answers.Score(q); ok {
		answer.Score = &score
	}
	return l.Store.RecordAnswer(ctx, a.TouchID, answer, now)
}

// fill writes what a client says in a shipped questionnaire, as its form would post it.
func fill(questionnaire, language string, r *rand.Rand) (form url.Values, known bool) {
	switch questionnaire {
	case "satisfaction":
		return satisfied(language, r), true
	case "lost-client":
		return gone(language, r), true
	}
	return nil, false
}

var scores = []weighted[int]{{10, 20}, {9, 25}, {8, 24}, {7, 15}, {6, 7}, {5, 5}, {4, 2}, {3, 1}, {2, 1}}

var strengths = []weighted[string]{{"quality", 30}, {"range", 14}, {"delivery", 16}, {"advice", 18}, {"contact", 14}, {"price", 5}, {"after_sales", 9}}

var weaknesses = []weighted[string]{{"delivery", 32}, {"price", 30}, {"range", 14}, {"contact", 10}, {"after_sales", 10}, {"quality", 6}}

func satisfied(language string, r *rand.Rand) url.Values {
	score := oneOf(r, scores)
	form := url.Values{"recommend": {strconv.Itoa(score)}}
	if score >= 7 {
		form["strengths"] = several(r, strengths, 1+r.IntN(3))
	}
	if score <= 8 {
		form["weaknesses"] = several(r, weaknesses, 1+r.IntN(2))
	}
	switch {
	case score <= 6:
		form.Set("comment", of(r, language, unhappy))
	case r.Float64() < 0.3:
		form.Set("comment", of(r, language, happy))
	}
	if score <= 6 && r.Float64() < 0.35 || r.Float64() < 0.03 {
		form.Set("call_me", "yes")
	}
	return form
}

var reasons = []weighted[string]{{"price", 26}, {"other_supplier", 22}, {"less_need", 18}, {"delivery", 14}, {"no_visit", 12}, {"stopped", 6}, {"quality", 5}, {"other", 4}}

func gone(language string, r *rand.Rand) url.Values {
	form := url.Values{"reasons": several(r, reasons, 1+r.IntN(2))}
	form.Set("order_again", oneOf(r, []weighted[string]{{"maybe", 5}, {"yes", 3}, {"no", 2}}))
	if r.Float64() < 0.45 {
		form.Set("comment", of(r, language, absent))
	}
	if form.Get("order_again") != "no" && r.Float64() < 0.15 {
		form.Set("call_me", "yes")
	}
	return form
}

// several draws n different values.
func several(r *rand.Rand, from []weighted[string], n int) (list []string) {
	seen := map[string]bool{}
	for len(list) < n {
		if v := oneOf(r, from); !seen[v] {
			seen[v] = true
			list = append(list, v)
		}
	}
	return list
}

// remark is what a client writes, in French and English.
type remark struct{ fr, en string }

func of(r *rand.Rand, language string, remarks []remark) string {
	said := remarks[r.IntN(len(remarks))]
	if language == "en" {
		return said.en
	}
	return said.fr
}

var unhappy = []remark{
	{"Deux livraisons en retard le mois dernier, sans que personne ne nous prévienne.", "Two late deliveries last month, and nobody warned us."},
	{"Le beurre de tourage a encore augmenté. On aimerait être prévenus avant de voir la facture.", "The lamination butter went up again. We would like to know before we see the invoice."},
	{"Une palette est arrivée avec trois sacs percés ; l’avoir n’est toujours pas fait.", "A pallet came with three torn bags; the credit note is still missing."},
	{"J’ai appelé trois fois pour une référence en rupture, personne n’a rappelé.", "I called three times about an item out of stock, and nobody called back."},
	{"Le chauffeur passe maintenant à 10 h, en plein service. Avant c’était 6 h 30.", "The driver now comes at 10, in the middle of service. It used to be 6:30."},
}

var happy = []remark{
	{"Toujours un conseil juste sur les farines. Merci à l’équipe.", "Always good advice on flours. Thanks to the team."},
	{"Rien à redire, continuez.", "Nothing to complain about, carry on."},
	{"Le nouveau praliné plaît beaucoup à nos clients.", "Our customers love the new praline."},
	{"Ce serait bien d’avoir les boîtes pâtissières en 18 cm.", "It would be good to have cake boxes in 18 cm."},
	{"Commande du soir livrée le lendemain matin : parfait pour nous.", "Ordered in the evening, delivered in the morning: perfect for us."},
}

var absent = []remark{
	{"Nous avons regroupé nos achats chez un seul fournisseur, à Tours.", "We now buy everything from one supplier, in Tours."},
	{"Nous faisons moins de pâtisserie depuis le départ de notre tourier.", "We make less pastry since our laminator left."},
	{"Plus personne n’est passé nous voir depuis l’an dernier.", "Nobody has come to see us since last year."},
	{"À tarif égal je reviendrais, le chocolat était meilleur chez vous.", "For the same price I would come back: your chocolate was better."},
	{"Travaux dans le fournil jusqu’au printemps, on verra ensuite.", "The bakery is being rebuilt until spring, then we will see."},
}
