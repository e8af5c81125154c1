package company

import (
	"math/rand/v2"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// trade is what a client does, with how its name begins.
type trade struct{ sector, title string }

func trades() []trade {
	return []trade{
		{"boulangerie", "Boulangerie"}, {"boulangerie", "Maison"}, {"boulangerie", "Fournil"}, {"pâtisserie", "Pâtisserie"}, {"pâtisserie", "Chocolaterie"},
		{"restaurant", "Restaurant"}, {"restaurant", "Brasserie"}, {"restaurant", "Bistrot"}, {"restaurant", "Pizzeria"}, {"restaurant", "Crêperie"},
		{"traiteur", "Traiteur"}, {"hôtel", "Hôtel"}, {"camping", "Camping"}, {"salon de thé", "Salon de thé"},
	}
}

func surnames() []string {
	return strings.Fields("Aubrac Bellanger Castaing Delmotte Escoffin Fauquet Garmond Hennequet Isambard Jolivard Kerloch Lagardelle Marsollier Nivelon Ollivon Paturel Quesnoy Rambourg Sauvaget Tournefol Urbanel Vasselot Wattelin Yvernaux Zellmann Bourdival Chavignac Dorgeval Estrabaud Fontrobert Grandcourt Hautpré Jauvert Lestrade Malpertuis Noirmont Peyrabout Rochevert Saintonge Trébuchon Valcourt Verdanne")
}

func firstNames() []string {
	return strings.Fields("Camille Nicolas Sophie Julien Nathalie Thomas Claire Vincent Isabelle Mathieu Aurélie Laurent Céline Olivier Émilie François Hélène Sébastien Delphine Antoine Karim Fatima Yann Maëlle Hugo Léa Samir Inès Benoît Élodie Gaëlle Raphaël")
}

// poetic names follow a trade instead of a family's.
func poetic() []string {
	return []string{"du Vieux Moulin", "de la Halle", "des Quatre Vents", "du Port", "de la Fontaine", "du Marché", "des Tilleuls", "de la Gare", "du Lavoir", "des Remparts", "de l’Écluse", "du Grand Chêne", "de la Source", "du Pont Neuf", "des Marronniers", "de la Plage", "du Clocher", "des Trois Épis", "de l’Horloge", "du Canal", "de la Treille", "des Arcades"}
}

// nameOf makes a name that nobody else has.
func nameOf(r *rand.Rand, t trade, taken map[string]bool) string {
	for tries := 0; ; tries++ {
		name := t.title + " " + pick(r, surnames())
		if t.title != "Maison" && t.title != "Fournil" && r.IntN(2) == 0 {
			name = t.title + " " + pick(r, poetic())
		}
		if tries > 20 {
			name += " & " + pick(r, surnames())
		}
		if !taken[name] {
			taken[name] = true
			return name
		}
	}
}

// slug is the part of an address that a name gives: lower case letters and digits, joined by hyphens.
func slug(name string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(strings.ReplaceAll(strings.ToLower(name), "œ", "oe")) {
		switch {
		case r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r):
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return strings.Trim(b.String(), "-")
}
