package templates

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

const textsDoc = "../docs/texts.md"

// docs/texts.md is written from the tables of this package, so that it cannot say anything else than they do.
func TestTheTextsReferenceIsUpToDate(t *testing.T) {
	want := textsReference()
	if *update {
		if err := os.MkdirAll("../docs", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(textsDoc, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(textsDoc)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is out of date: go test ./templates -update", textsDoc)
	}
}

func textsReference() string {
	var b strings.Builder
	b.WriteString(textsIntro)
	b.WriteString("## Variables\n\nA variable without \"always\" may have no value for a client. Say what to write then: `{{ contact.name | default: \"Madame, Monsieur\" }}`, or `{% if order.on %} du {{ order.on | date }}{% endif %}`. The preview lists the clients for whom one is missing. A name that is not in this table is an error, and the text cannot be approved.\n\n| variable | type | meaning | always |\n| --- | --- | --- | --- |\n")
	for _, v := range Variables() {
		always := ""
		if v.Always {
			always = "yes"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", v.Name, v.Type, v.Meaning, always)
	}
	b.WriteString("\nAn amount, a date or a number is written with a filter: `{{ order.amount | money }}`, `{{ order.on | date }}`.\n\n## Filters\n\n| filter | what it gives |\n| --- | --- |\n")
	for _, f := range Filters() {
		fmt.Fprintf(&b, "| `%s` | %s |\n", f.Name, f.Meaning)
	}
	fmt.Fprintf(&b, "\n## Tags\n\n`%s`. A tag that opens on a line of its own closes on a line of its own; one that opens within a paragraph closes within it. Loops go over lists (`{%% for r in answer.reasons %%}`) and stand at most %d deep.\n", strings.Join(tagNames, "`, `"), maxLoops)
	return strings.TrimSpace(b.String()) + "\n"
}

const textsIntro = `# Writing texts

What clients and reps read stands in files that a marketer can edit: ` + "`relance campaign pull`" + ` writes them to a folder, ` + "`relance campaign push`" + ` takes them back as a draft, and nothing reaches a client before it is approved. What was approved is frozen.

| file | what |
| --- | --- |
| ` + "`mails/<name>.<language>.md`" + ` | a mail. A survey called ` + "`satisfaction`" + ` has two: ` + "`satisfaction-invitation`" + ` and ` + "`satisfaction-reminder`" + ` |
| ` + "`scripts/<name>.<language>.md`" + ` | what a rep says on the telephone |
| ` + "`questionnaires/<name>.yaml`" + ` | the questions of a survey, both languages in one file |
| ` + "`layout/footer.<language>.md`" + ` | what stands under every mail: who writes, why, and the link to say stop |

The language is ` + "`fr`" + ` or ` + "`en`" + `. A client whose language is another one gets the French text.

A mail begins with a few lines, then the letter itself:

` + "```" + `
---
subject: "Votre commande du {{ order.on | date }}"
preheader: "What a mailbox shows beside the subject"
from_name: "{{ rep.name | default: company.name }}"
---
Bonjour{% if contact.name %} {{ contact.name }}{% endif %},

…
` + "```" + `

Only ` + "`subject`" + ` is needed. A script may begin with ` + "`title`" + ` in the same way.

The letter is Markdown: an empty line begins a paragraph, a line break is kept, ` + "`## `" + ` makes a heading, ` + "`- `" + ` a list, ` + "`**bold**`" + ` and ` + "`[words](https://…)`" + ` what they look like. A paragraph that is nothing but one link becomes the button, in the company's colour: use one at most. HTML is not used. The plain-text part is made from the same text. French spacing (` + "`:`" + `, ` + "`?`" + `, « ») and apostrophes are set for you.

`
