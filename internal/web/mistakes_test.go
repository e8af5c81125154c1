package web

import (
	"strings"
	"testing"
	"time"

	"github.com/relance/relance/internal/look"
	"github.com/relance/relance/templates"
)

// The mistakes are those that package templates really tells, so that a sentence changed there is missed here.
func TestMistakesAreToldInTheReadersLanguage(t *testing.T) {
	book, err := look.LoadBook(wordFiles, "words")
	if err != nil {
		t.Fatal(err)
	}
	for body, want := range map[string]string{
		"Bonjour {{ companie.name }}":                        "« companie.name » n’est pas une valeur connue. Vouliez-vous dire « company.name » ?",
		"Bonjour {{ contact.name | upcaze }}":                "« upcaze » n’est pas un filtre connu. Vouliez-vous dire « upcase » ?",
		"{% iff contact.name %}x{% endif %}":                 "« iff » n’est pas une instruction connue. Celles qui existent :",
		"Bonjour {{ contact.name":                            "« {{ » doit être fermé par « }} » sur la même ligne.",
		"Un {% if contact.name %}deux\n\ntrois{% endif %} x": "s’ouvre dans un autre paragraphe",
		"Bonjour {{ contact['name'] }}":                      "Les crochets ne servent pas ici",
		"<b>Bonjour</b>":                                     "Pas de HTML dans les textes",
		"[ici](javascript:x)":                                "Le lien « javascript:x » doit commencer par",
		"{{ client.revenue_12m | money: 2 }}":                "« money » ne prend rien après lui",
		"{{ contact }}":                                      "« contact » n’est pas une valeur à lui seul ; il contient contact.name",
		"{% for x in (1..9) %}\nx\n{% endfor %}":             "Une boucle parcourt une liste",
	} {
		_, problems := templates.NewSet(map[string]string{"mails/x.fr.md": "---\nsubject: \"Bonjour\"\n---\n" + body + "\n"})
		said := ""
		for _, p := range problems {
			words, own := mistakeWords(look.Reader{Words: book.In("fr"), Zone: time.UTC}, p.Message, p.Nearest)
			if !own {
				t.Errorf("%s: only in English: %s", body, p.Message)
			}
			said += strings.ReplaceAll(words, "\u00a0", " ") + " "
		}
		if !strings.Contains(said, want) {
			t.Errorf("%s: %q, want %q", body, said, want)
		}
	}
	_, problems := templates.NewSet(map[string]string{"mails/x.fr.md": "---\nsubject: \"\"\npreheader: \"\"\n---\nBonjour\n"})
	for _, p := range problems {
		if words, own := mistakeWords(look.Reader{Words: book.In("fr")}, p.Message, p.Nearest); !own || words != "Écrivez une ligne de texte." {
			t.Errorf("an empty subject: %q", words)
		}
	}
	if words, own := mistakeWords(look.Reader{Words: book.In("fr")}, "something new", ""); own || words != "something new" {
		t.Errorf("a sentence without words: %q", words)
	}
}
