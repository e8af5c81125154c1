package templates

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// FuzzText holds the law that a text without problems compiles, renders or says why not, and that no text and no
// value puts a script or a foreign element into a letter.
func FuzzText(f *testing.F) {
	for _, seed := range []string{
		"Bonjour {{ client.name }}", "{% if order.on %}\n- a\n{% endif %}", "[x]({{ stop_url }})", "> a\n> {{ answer.comment }}",
		"{% for r in answer.reasons %}{{ r }}{% endfor %}", "{{ order.amount | money | date }}", "{{ facts.rhythm | divided_by: 0 }}",
		"{%- comment -%}<b>{%- endcomment -%}", "![x](https://a.example/{{ client.ref }}.png)", "qz0t {{ today }} qzqz", "{{ 'a' | append: \"}}\" }}",
		"<https://a.example> `{{ client.name }}`", "{% case basis.kind %}{% when \"x\" %}{% endcase %}", "{{ answer.reasons | join: client }}",
	} {
		f.Add(seed, "Lenoir <b>")
	}
	f.Fuzz(func(t *testing.T, body, name string) {
		set, problems := NewSet(map[string]string{"mails/m.fr.md": head + body})
		if len(problems) > 0 {
			return
		}
		m, err := set.Mail("m", "fr")
		if err != nil {
			t.Fatalf("no problem was found in %q, but: %v", body, err)
		}
		v := Sample("fr")
		v.Client.Name, v.Answer.Comment = name, name
		r, err := m.Render(v)
		if err != nil {
			return
		}
		if strings.ContainsAny(r.Subject, "\r\n") {
			t.Fatalf("subject %q", r.Subject)
		}
		root, err := html.Parse(strings.NewReader(r.HTML))
		if err != nil {
			t.Fatal(err)
		}
		for n := range root.Descendants() {
			if n.Type == html.ElementNode && !inLetters[n.Data] {
				t.Fatalf("element <%s> from %q, %q:\n%s", n.Data, body, name, r.HTML)
			}
		}
	})
}

// inLetters are the elements that the letter and Markdown make.
var inLetters = map[string]bool{
	"html": true, "head": true, "meta": true, "title": true, "style": true, "body": true, "div": true, "table": true, "tbody": true, "tr": true, "td": true,
	"p": true, "a": true, "br": true, "ul": true, "ol": true, "li": true, "strong": true, "em": true, "blockquote": true, "hr": true, "img": true,
	"h1": true, "h2": true, "h3": true, "h4": true, "h5": true, "h6": true, "code": true, "pre": true,
}
