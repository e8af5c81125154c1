package templates

import (
	"errors"
	"strings"
	"testing"
)

// head is four lines; the body begins on line 4.
const head = "---\nsubject: \"Bonjour\"\n---\n"

func TestMistakesAreToldWithTheirPlaceAndTheWordMeant(t *testing.T) {
	for _, c := range []struct {
		name, file, text string
		want             Problem
	}{
		{"an unknown variable", "mails/a.fr.md", head + "Bonjour {{ contact.nam }}", Problem{Line: 4, Column: 12, Message: "unknown variable", Nearest: "contact.name"}},
		{"an unknown variable in a branch that rarely runs", "mails/a.fr.md", head + "x\n\n{% if order.on %}{{ order.amuont }}{% endif %}", Problem{Line: 6, Column: 21, Message: "unknown variable", Nearest: "order.amount"}},
		{"an unknown variable in the subject", "mails/a.fr.md", "---\nsubject: \"Bonjour {{ client.nme }}\"\n---\nx", Problem{Line: 2, Column: 22, Message: "unknown variable", Nearest: "client.name"}},
		{"a group instead of a variable", "mails/a.fr.md", head + "{{ basis }}", Problem{Line: 4, Column: 4, Message: "it holds basis.kind"}},
		{"an unknown filter", "mails/a.fr.md", head + "{{ order.amount | monney }}", Problem{Line: 4, Column: 19, Message: "unknown filter", Nearest: "money"}},
		{"a filter that would switch escaping off", "mails/a.fr.md", head + "{{ client.name | safe }}", Problem{Line: 4, Column: 18, Message: "unknown filter"}},
		{"a filter of the letter's own", "mails/a.fr.md", head + "{{ client.name | link_part }}", Problem{Line: 4, Column: 18, Message: "unknown filter"}},
		{"an unknown tag", "mails/a.fr.md", head + "{% iff order.on %}x{% endif %}", Problem{Line: 4, Column: 4, Message: "unknown tag", Nearest: "if"}},
		{"a tag that reads files", "mails/a.fr.md", head + "{% include 'mails/b' %}", Problem{Line: 4, Column: 4, Message: "unknown tag"}},
		{"a loop over a range", "mails/a.fr.md", head + "{% for i in (1..1000000) %}x{% endfor %}", Problem{Line: 4, Column: 8, Message: "over a list"}},
		{"loops too deep", "mails/a.fr.md", head + strings.Repeat("{% for r in answer.reasons %}", 3) + strings.Repeat("{% endfor %}", 3), Problem{Line: 4, Column: 62, Message: "loops cannot stand deeper"}},
		{"a tag that is not closed", "mails/a.fr.md", head + "x\n{% if order.on %}x", Problem{Line: 5, Column: 1, Message: "unterminated"}},
		{"braces that are not closed", "mails/a.fr.md", head + "x {{ client.name }\ny", Problem{Line: 4, Column: 3, Message: "is not closed"}},
		{"a tag that closes in another paragraph", "mails/a.fr.md", head + "a {% if order.on %}b\n\nc{% endif %}", Problem{Line: 6, Column: 2, Message: "opens in another paragraph"}},
		{"a tag within a line that closes on its own", "mails/a.fr.md", head + "a {% if order.on %}b\n{% endif %}", Problem{Line: 5, Column: 1, Message: "opens in another paragraph"}},
		{"a value made in a loop", "mails/a.fr.md", head + "{% for r in answer.reasons %}{% assign x = r %}{% endfor %}", Problem{Line: 4, Column: 33, Message: "assign cannot stand inside a loop"}},
		{"a link that runs a script", "mails/a.fr.md", head + "[x](javascript:alert%281%29)", Problem{Line: 4, Column: 1, Message: "must begin with https://"}},
		{"a link whose scheme is put together", "mails/a.fr.md", head + "[x](java{{ client.name }}:1)", Problem{Line: 4, Column: 1, Message: "must begin with https://"}},
		{"a link without its https", "mails/a.fr.md", head + "[x](www.example.com)", Problem{Line: 4, Column: 1, Message: "must begin with https://"}},
		{"raw HTML", "mails/a.fr.md", head + "<b>x</b>", Problem{Line: 4, Column: 1, Message: "HTML is not used"}},
		{"an unknown key", "mails/a.fr.md", "---\nsubjet: \"x\"\n---\nx", Problem{Line: 2, Column: 1, Message: "unknown key", Nearest: "subject"}},
		{"no subject", "mails/a.fr.md", "x", Problem{Line: 1, Column: 1, Message: "begins with a line ---"}},
		{"a key without its subject", "mails/a.fr.md", "---\npreheader: \"x\"\n---\nx", Problem{Line: 1, Column: 1, Message: `"subject" is missing`}},
		{"a file without language", "mails/a.md", head + "x", Problem{Message: "must end with a language"}},
		{"an unknown folder", "mail/a.fr.md", head + "x", Problem{Message: "unknown folder", Nearest: "mails"}},
		{"a footer without the link to say stop", "layout/footer.fr.md", "{{ company.name }}", Problem{Message: "link to say stop"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, problems := NewSet(map[string]string{c.file: c.text})
			if len(problems) == 0 {
				t.Fatal("no problem found")
			}
			got := problems[0]
			if got.File != c.file || got.Line != c.want.Line || got.Column != c.want.Column || got.Nearest != c.want.Nearest || !strings.Contains(got.Message, c.want.Message) {
				t.Errorf("got %+v\nwant %+v", got, c.want)
			}
		})
	}
}

func TestAllMistakesAreToldAtOnce(t *testing.T) {
	_, problems := NewSet(map[string]string{
		"mails/a.fr.md": "---\nsubject: \"{{ clien.name }}\"\nprehader: \"x\"\n---\n{{ a }} {{ b }}\n\n{{ c }}",
		"mails/b.fr.md": head + "{{ d }}",
	})
	if len(problems) != 6 {
		t.Errorf("found %d problems, want 6: %v", len(problems), problems)
	}
}

func TestATextWithAMistakeCannotBeUsedAndTheOthersCan(t *testing.T) {
	set, _ := NewSet(map[string]string{"mails/bad.fr.md": head + "{{ nobody }}", "mails/good.fr.md": head + "x"})
	if _, err := set.Mail("bad", "fr"); err == nil {
		t.Error("the bad mail compiled")
	}
	if _, err := set.Mail("good", "fr"); err != nil {
		t.Error(err)
	}
	if _, err := set.Mail("absent", "fr"); !errors.Is(err, ErrNoText) {
		t.Errorf("absent mail: %v, want ErrNoText", err)
	}
}

func TestCheckNamesWhatAStepLacks(t *testing.T) {
	files := Shipped().Files()
	delete(files, "mails/satisfaction-reminder.en.md")
	files["mails/satisfaction-invitation.fr.md"] = head + "sans lien"
	files["mails/welcome-missed.fr.md"] = head + "[x]({{ survey_url }})"
	files["mails/lost-client-reminder.en.md"] = head + "{% if order.on %}{% assign since = order.on %}{% endif %}[{{ since | date }}]({{ survey_url }})"
	files["mails/newsletter.fr.md"] = head + "[x]({{ company.site }})"
	set, problems := NewSet(files)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, c := range []struct{ name, kind, text, want string }{
		{"a language is missing", KindSurvey, "satisfaction", "mails/satisfaction-reminder.en.md: there is no such text"},
		{"an invitation without its link", KindSurvey, "satisfaction", "does not lead to the questionnaire"},
		{"a mail that pretends to be an invitation", KindMail, "welcome-missed", "in invitations and reminders only"},
		{"a link that is empty for some clients", KindMail, "newsletter", "for a client of whom little is known"},
		{"a value that is not always made", KindSurvey, "lost-client", "mails/lost-client-reminder.en.md: for a client of whom little is known: render mail lost-client-reminder.en"},
		{"a name that was misspelt", KindScript, "welcom", `did you mean "scripts/welcome.fr.md"?`},
		{"a questionnaire that is not there", KindSurvey, "satisfacton", `did you mean "questionnaires/satisfaction.yaml"?`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var all []string
			for _, p := range set.Check(c.kind, c.text, nil) {
				all = append(all, p.String())
			}
			if !strings.Contains(strings.Join(all, "\n"), c.want) {
				t.Errorf("no problem says %q:\n%s", c.want, strings.Join(all, "\n"))
			}
		})
	}
}
