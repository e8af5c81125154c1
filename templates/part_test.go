package templates

import "testing"

func TestPartSaysWhatLiquidSays(t *testing.T) {
	values := Sample("fr")
	values.Client.Name = `Müller & "Sons" <fils>`
	bindings := values.bindings()
	for name, source := range map[string]string{
		"nothing to fill in":                "<p>Bonjour.</p>\n",
		"the same value often":              "{{ client.name }}, {{client.name}} et {{ client.name }}",
		"a value that is no text":           "{{ facts.orders_12m }} {{ order.on | date: \"long\" }} {{ today }}",
		"no value":                          "[{{ rep.phone }}{{ answer.comment }}{{ closes_on }}]",
		"a filter":                          "{{ client.name | upcase | truncate: 4 }}{{ answer.comment | default: client.name }}",
		"a property of a text":              "{{ stop_url.size }} {{ client.name.size }}",
		"a text in quotes":                  "{{ 'a' }}{{ \"<b>\" }}{{ true }}{{ nil }}",
		"blocks in blocks":                  "a{% if client.city %}b{% unless client.sector %}c{% endunless %}{{ client.name }}{% else %}d{% endif %}e{% if client.city %}b{% endif %}",
		"a choice over lines":               "{% case basis.kind %}\n{% when \"consent\" %}\n1\n{% else %}\n2 {{ client.name }}\n{% endcase %}\n",
		"a loop":                            "{% for r in answer.reasons %}{{ forloop.index }}:{{ r }},{% endfor %}",
		"dashes that eat blanks":            "a  {{- client.name -}}  b",
		"a name made before":                "{% assign who = client.name %}{{ who }} {% if who %}{{ who | upcase }}{% endif %}",
		"a comment that holds half a block": "{% comment %}{% if x %}{% endcomment %}{{ client.name }}",
		"braces of a style":                 "<style>@media print{a{color:red}}</style>{{ client.name }}",
	} {
		for _, escape := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				e := newEngine("fr", escape)
				whole, wholeErr := e.ParseAndRenderString(source, bindings)
				p, err := compilePart(e, source, escape)
				got := ""
				if err == nil {
					got, err = p.render(bindings)
				}
				if (err == nil) != (wholeErr == nil) || err == nil && got != whole {
					t.Errorf("got  %q, %v\nwant %q, %v", got, err, whole, wholeErr)
				}
			})
		}
	}
}

func TestPartKeepsWhatRepeatsOnce(t *testing.T) {
	p, err := compilePart(newEngine("fr", true), "{{ client.name }} {{ client.name }} {% if client.city %}à {{ client.city }}{% endif %}", true)
	if err != nil || len(p.fragments) != 2 {
		t.Errorf("%d fragments, want 2: the name and the block; %v", len(p.fragments), err)
	}
}

// Each fragment remembers what it said last; the same text is asked for clients that differ in one value.
func TestPartForgetsWhatAnotherClientWasTold(t *testing.T) {
	const source = "{{ rep.name | default: company.name }}|{% if contact.name %}{{ contact.name }}{% endif %}|{{ order.amount | money: company.currency }}|{% for r in answer.reasons %}{{ r }}{% endfor %}|{{ client['name'] }}"
	e := newEngine("fr", true)
	p, err := compilePart(e, source, true)
	if err != nil {
		t.Fatal(err)
	}
	first := Sample("fr")
	others := []Values{first, first, first, first, first, first, first}
	others[1].Rep.Name = ""
	others[2].Contact.Name = "Autre"
	others[3].Order.Amount++
	others[4].Answer.Reasons = []string{"prix", "délai"}
	others[5].Client.Name = "Autre client"
	for i := range 2 * len(others) {
		bindings := others[i%len(others)].bindings()
		want, err := e.ParseAndRenderString(source, bindings)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := p.render(bindings); err != nil || got != want {
			t.Errorf("client %d: got %q, %v, want %q", i, got, err, want)
		}
	}
}
