package web

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/look"
)

func TestConditionsInWords(t *testing.T) {
	book, err := look.LoadBook(wordFiles, "words")
	if err != nil {
		t.Fatal(err)
	}
	for source, want := range map[string]struct{ fr, en string }{
		`mail_basis`:          {"Base enregistrée pour lui écrire", "A recorded basis to write to it"},
		`not client.consumer`: {"Pas un particulier", "Not a consumer"},
		`has_ordered and client.closed_on == nil`:  {"A déjà commandé | Pas fermé", "Has ordered before | Not closed"},
		`within(last_order_on, "6 months")`:        {"Dernière commande il y a moins de 6 mois", "Last order less than 6 months ago"},
		`client.country in ["FR", "BE", "LU"]`:     {"Pays : FR, BE ou LU", "Country: FR, BE or LU"},
		`revenue_12m >= 1500 && weight_top <= 0.2`: {"Chiffre d’affaires sur douze mois : au moins 1 500 € | Place dans le portefeuille, depuis le haut : au plus 20 %", "Revenue of twelve months: at least €1,500 | Place in the portfolio, from the top: at most 20%"},
		`small_client or orders_12m < 3`:           {"Petit client ou commandes en douze mois : moins de 3", "A small client or orders in twelve months: less than 3"},
		`days_since(last_contact_with) > 90`:       {"Dernier échange il y a plus de 90 jours", "Last contact more than 90 days ago"},
		`last_order_on < date("2026-01-31")`:       {"Dernière commande avant le 31 janvier", "Last order before 31 January"},
		`revenue_12m > revenue_12m_before * 0.8`:   {},
		`not (small_client or has_ordered)`:        {},
		`client.attributes.colour == "red"`:        {},
		`this is no condition`:                     {},
		`has_ordered == (client.closed_on == nil)`: {},
		`client.sector startsWith "boul"`:          {"Secteur : commence par boul", "Sector: begins with boul"},
	} {
		for l, sentences := range map[string]string{"fr": want.fr, "en": want.en} {
			r := look.Reader{Words: book.In(l), Currency: "EUR", Zone: time.UTC, Now: sampleNow}
			said, ok := audienceWords(r, source)
			got := strings.ReplaceAll(strings.ReplaceAll(strings.Join(said, " | "), "\u00a0", " "), "\u202f", " ")
			if !ok {
				got = ""
			}
			if got != sentences {
				t.Errorf("%s in %s: %q, want %q", source, l, got, sentences)
			}
		}
	}
}

func TestEveryFactHasWords(t *testing.T) {
	book, err := look.LoadBook(wordFiles, "words")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range look.Languages {
		words := book.In(l)
		for _, f := range campaigns.FactTable {
			ids := []string{"fact." + f.Name}
			if f.Type == campaigns.YesNo {
				ids = append(ids, "fact.not."+f.Name)
			}
			if f.Type != campaigns.Hidden && slices.ContainsFunc(ids, func(id string) bool { return !words.Has(id) }) {
				t.Errorf("fact %s has no words in %s", f.Name, l)
			}
		}
	}
}
