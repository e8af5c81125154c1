package templates

import (
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/html"

	"github.com/relance/relance/internal/calendar"
)

// mailOf compiles one French mail with the body, and subject "Pour {{ client.name }}".
func mailOf(t testing.TB, body string) *Mail {
	t.Helper()
	set, problems := NewSet(map[string]string{"mails/m.fr.md": "---\nsubject: \"Pour {{ client.name }}\"\n---\n" + body})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	m, err := set.Mail("m", "fr")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func rendered(t testing.TB, m *Mail, v Values) Rendered {
	t.Helper()
	r, err := m.Render(v)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// elements counts the tags of a document, as a browser reads it, and gathers its link addresses.
func elements(t *testing.T, document string) (names map[string]int, links []string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	names = map[string]int{}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		names[n.Data]++
		for _, a := range n.Attr {
			if a.Key == "href" {
				links = append(links, a.Val)
			}
			if strings.HasPrefix(a.Key, "on") {
				t.Errorf("element %s has the attribute %s", n.Data, a.Key)
			}
		}
	}
	return names, links
}

func TestValuesAreDataNeverMarkupOrLiquid(t *testing.T) {
	m := mailOf(t, "Bonjour **{{ client.name }}**, voir [votre page {{ client.name }}](https://shop.example/{{ client.name }}?q={{ client.name }}) ou [ici]({{ company.site }}).")
	for _, name := range []string{
		"{{ company.name }}", "{% for i in (1..9) %}x{% endfor %}", "<script>alert(1)</script>", `" onmouseover="alert(1)`,
		"</a></p></td></table><img src=x onerror=alert(1)>", "&lt;b&gt;", "**fort** [lien](https://evil.example)", "qz0o qz1t", "$1 ${1} \\1",
	} {
		t.Run(name, func(t *testing.T) {
			v := Sample("fr")
			v.Client.Name = name
			r := rendered(t, m, v)
			names, links := elements(t, r.HTML)
			if names["script"]+names["img"] > 0 || names["strong"] != 1 || names["a"] != 3 {
				t.Errorf("the name changed the letter's structure: %v", names)
			}
			for _, l := range links {
				if !strings.HasPrefix(l, "https://shop.example/") && !strings.HasPrefix(l, "https://maison-brunel.example") && !strings.HasPrefix(l, "https://relance.maison-brunel.example/u/") {
					t.Errorf("the name made a link: %s", l)
				}
			}
			if r.Subject != "Pour "+name || !strings.Contains(r.Text, "Bonjour "+name+",") {
				t.Errorf("the name is not as it is:\n%s\n%s", r.Subject, r.Text)
			}
		})
	}
}

func TestASubjectStaysOnOneLine(t *testing.T) {
	v := Sample("fr")
	v.Client.Name = "Lenoir\r\nBcc: all@example.com\u2028x\x00\u202egnp"
	r := rendered(t, mailOf(t, "x"), v)
	if want := "Pour Lenoir Bcc: all@example.com x gnp"; r.Subject != want {
		t.Errorf("subject %q, want %q", r.Subject, want)
	}
}

func TestOnlySafeAddressesBecomeLinks(t *testing.T) {
	m := mailOf(t, "[notre site]({{ company.site }})")
	for _, site := range []string{"javascript:alert(1)", " JavaScript:alert(1)", "data:text/html,x", "www.example.com", "//example.com", "https:", "", "java\nscript:alert(1)"} {
		v := Sample("fr")
		v.Company.Site = site
		if r, err := m.Render(v); err == nil {
			t.Errorf("%q was accepted: %s", site, r.HTML)
		}
	}
	for site, want := range map[string]string{
		"https://example.com/a?b=1&c=2": `href="https://example.com/a?b=1&amp;c=2"`,
		"mailto:contact@example.com":    `href="mailto:contact@example.com"`,
		`https://example.com/"><script`: `href="https://example.com/%22%3E%3Cscript"`,
	} {
		v := Sample("fr")
		v.Company.Site = site
		if r := rendered(t, m, v); !strings.Contains(r.HTML, want) {
			t.Errorf("%q: no %s in %s", site, want, r.HTML)
		}
	}
}

func TestPhoneAndMailLinksKeepOnlyWhatBelongs(t *testing.T) {
	r := rendered(t, mailOf(t, "Appelez le [{{ rep.phone }}](tel:{{ rep.phone }})."), Sample("fr"))
	if !strings.Contains(r.HTML, `href="tel:0639981234"`) || !strings.Contains(r.Text, "Appelez le 06\u00a039\u00a098\u00a012\u00a034.") {
		t.Errorf("got\n%s\n%s", r.HTML, r.Text)
	}
}

func TestAColourThatIsNoneIsNotUsed(t *testing.T) {
	for colour, want := range map[string]string{
		"#aa3300": "#aa3300", "red;}body{display:none": ownColour, "": ownColour, "#fff": ownColour, "#12345g": ownColour,
	} {
		v := Sample("fr")
		v.Company.Colour = colour
		r := rendered(t, mailOf(t, "x"), v)
		if !strings.Contains(r.HTML, "border-bottom:3px solid "+want) || strings.Contains(r.HTML, "display:none\x7d") {
			t.Errorf("colour %q: want %s in %s", colour, want, r.HTML)
		}
	}
}

// Ratios as given by WCAG's own formula for these pairs: white on #0b5f4c is 7.7, white on #ffdd00 is 1.3.
func TestTheButtonStaysLegibleOnAnyColour(t *testing.T) {
	for colour, want := range map[string]string{"#0b5f4c": white, "#ffdd00": black, "#ffffff": black, "#000000": white} {
		if _, ink := buttonColours(colour); ink != want {
			t.Errorf("ink on %s is %s, want %s", colour, ink, want)
		}
	}
}

func TestTagsOnTheirOwnLinesLeaveNoTrace(t *testing.T) {
	m := mailOf(t, "Un.\n\n{% if order.on %}\nDeux, {{ order.amount | money }}.\n\n- a\n- b\n{% else %}\nRien.\n{% endif %}\n\nTrois.")
	with, without := rendered(t, m, Sample("fr")), rendered(t, m, Sparse("fr"))
	for _, c := range []struct{ name, got, want string }{
		{"shown, as text", with.Text, "Un.\n\nDeux, 1\u00a0234,50\u00a0€.\n\n- a\n- b\n\nTrois.\n"},
		{"not shown, as text", without.Text, "Un.\n\nRien.\n\nTrois.\n"},
		{"shown, as HTML", with.HTML, "1\u00a0234,50\u00a0€.</p>"},
	} {
		if !strings.Contains(c.got, c.want) {
			t.Errorf("%s: no %q in\n%s", c.name, c.want, c.got)
		}
	}
	if strings.Contains(with.HTML, "<p></p>") || strings.Contains(with.HTML, "qz") {
		t.Errorf("traces are left: %s", with.HTML)
	}
}

func TestEachMailHasOneStopLinkInBothParts(t *testing.T) {
	set := Shipped()
	for _, name := range shippedMails {
		for _, language := range Languages {
			m, err := set.Mail(name, language)
			if err != nil {
				t.Fatal(err)
			}
			v := Sample(language)
			r := rendered(t, m, v)
			if strings.Count(r.HTML, `href="`+v.StopURL+`"`) != 1 || strings.Count(r.Text, v.StopURL) != 1 {
				t.Errorf("%s.%s: not exactly one stop link in each part", name, language)
			}
			if !strings.Contains(r.Text, v.Company.Name+", "+v.Company.Address) {
				t.Errorf("%s.%s: who writes is not named with the address", name, language)
			}
		}
	}
}

func TestMissingNamesWhatAClientLacks(t *testing.T) {
	m := mailOf(t, "{{ contact.name | default: \"Bonjour\" }} {{ client.name }} {{ facts.orders_12m }} {{ order.amount | money | default: \"-\" }}")
	if got := strings.Join(m.Missing(Sparse("fr")), " "); got != "contact.name order.amount" {
		t.Errorf("missing: %q", got)
	}
	if got := m.Missing(Sample("fr")); got != nil {
		t.Errorf("missing with everything known: %v", got)
	}
}

func TestEveryDocumentedVariableCanBeUsedByEveryClient(t *testing.T) {
	for _, v := range []Values{{}, Sparse("en"), Sample("en")} {
		bindings := v.bindings()
		for _, variable := range Variables() {
			group, field, nested := strings.Cut(variable.Name, ".")
			value, ok := bindings[group]
			if nested {
				_, ok = value.(map[string]any)[field]
			}
			if !ok {
				t.Errorf("%s is documented but has no binding", variable.Name)
			}
		}
	}
	full, sparse := Sample("fr"), Sparse("fr")
	if got := missing(variableNames(), full.bindings()); got != nil {
		t.Errorf("the full sample lacks %v", got)
	}
	for _, name := range missing(variableNames(), sparse.bindings()) {
		for _, v := range Variables() {
			if v.Name == name && v.Always {
				t.Errorf("%s should always have a value", name)
			}
		}
	}
}

func TestALanguageThatIsNotThereFallsBackToFrench(t *testing.T) {
	set, _ := NewSet(map[string]string{"mails/m.fr.md": head + "x", "mails/n.en.md": head + "x"})
	for _, c := range []struct{ name, language, want string }{
		{"m", "de", "fr"}, {"m", "fr-BE", "fr"}, {"m", "", "fr"}, {"n", "fr", "en"}, {"n", "EN-gb", "en"},
	} {
		m, err := set.Mail(c.name, c.language)
		if err != nil || m.Language != c.want {
			t.Errorf("mail %s in %q: %v, %v; want %s", c.name, c.language, m, err, c.want)
		}
	}
}

func TestWithReplacesASlotsOwnText(t *testing.T) {
	base := Shipped()
	set, problems := base.With(map[string]string{"mails/newsletter.fr.md": "---\nsubject: \"Avril\"\n---\nLe texte d'avril."})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for s, want := range map[*Set]string{set: "Avril", base: "Trois choses utiles avant votre prochaine commande"} {
		m, err := s.Mail("newsletter", "fr")
		if err != nil {
			t.Fatal(err)
		}
		if r := rendered(t, m, Sample("fr")); r.Subject != want {
			t.Errorf("subject %q, want %q", r.Subject, want)
		}
	}
}

func TestFilesOfFreezesAllThatAStepNeeds(t *testing.T) {
	frozen, problems := NewSet(Shipped().FilesOf(KindSurvey, "lost-client"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if got := frozen.Check(KindSurvey, "lost-client", nil); len(got) > 0 {
		t.Error(got)
	}
	if len(frozen.Files()) != 7 { // two mails and a footer in two languages, one questionnaire
		t.Errorf("froze %d files, want 7", len(frozen.Files()))
	}
}

func TestAnsweredTextStaysInsideItsPlace(t *testing.T) {
	s, err := Shipped().Script("detractor", "fr")
	if err != nil {
		t.Fatal(err)
	}
	v := Sample("fr")
	v.Answer.Comment, v.Answer.Reasons = "<img src=x onerror=alert(1)>\n{{ company.name }}", []string{"<b>x</b>"}
	spoken, err := s.Render(v)
	if err != nil {
		t.Fatal(err)
	}
	names, _ := elements(t, string(spoken.HTML))
	if names["img"]+names["b"] > 0 || !strings.Contains(string(spoken.HTML), "{{ company.name }}") {
		t.Errorf("the comment changed the page: %s", spoken.HTML)
	}
}

func TestTextsCannotGrowWithoutBound(t *testing.T) {
	doubling := strings.Repeat("{% assign x = x | append: x %}", 40)
	m := mailOf(t, "{% assign x = client.name %}"+doubling+"{{ x }}")
	if _, err := m.Render(Sample("fr")); err == nil {
		t.Error("a text of terabytes was rendered")
	}
	long := mailOf(t, "{% for r in answer.reasons %}{{ answer.comment }}{% endfor %}")
	v := Sample("fr")
	v.Answer.Comment, v.Answer.Reasons = strings.Repeat("x", 4000), make([]string, 100)
	if _, err := long.Render(v); err == nil {
		t.Error("400 kB were rendered")
	}
}

func TestAMailIsCompiledOnceAndSharedSafely(t *testing.T) {
	set := Shipped()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			m, err := set.Mail("newsletter", "fr")
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := m.Render(Sample("fr")); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	a, _ := set.Mail("newsletter", "fr")
	b, _ := set.Mail("newsletter", "fr")
	if a != b {
		t.Error("the mail was compiled twice")
	}
}

func TestFormatsAreThoseOfTheLanguage(t *testing.T) {
	first := calendar.NewDate(2026, 5, 1)
	for _, c := range []struct{ name, got, want string }{
		{"the first of a month in French", FormatDate(first, "", "fr"), "1er mai 2026"},
		{"the first of a month in English", FormatDate(first, "", "en"), "1 May 2026"},
		{"a day with its weekday", FormatDate(first, "long", "fr"), "vendredi 1er mai 2026"}, // as calendars of 2026 show
		{"a short day", FormatDate(first, "short", "en"), "01/05/2026"},
		{"an amount in French", FormatMoney(1234.5, "EUR", "fr"), "1 234,50 €"},
		{"an amount in English", FormatMoney(1234.5, "EUR", "en"), "€1,234.50"},
		{"a whole amount", FormatMoney(4100, "EUR", "fr"), "4 100 €"},
		{"a negative amount", FormatMoney(-1234567.891, "GBP", "en"), "−£1,234,567.89"},
		{"less than half a cent is nothing", FormatMoney(-0.001, "EUR", "fr"), "0 €"},
		{"a currency without sign", FormatMoney(99.99, "CHF", "fr"), "99,99 CHF"},
		{"a share", FormatPercent(0.385, "fr"), "38,5 %"},
		{"a whole share", FormatPercent(-0.3, "en"), "−30%"},
	} {
		if got := strings.ReplaceAll(strings.ReplaceAll(c.got, nbsp, " "), nbsp, " "); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestTypesettingGivesFrenchItsSpaces(t *testing.T) {
	for _, c := range []struct{ language, text, want string }{
		{"fr", "Bonjour : l'avis « utile » ?", "Bonjour\u00a0: l’avis «\u00a0utile\u00a0»\u00a0?"},
		{"fr", "voir https://a.example/l'x : oui", "voir https://a.example/l'x\u00a0: oui"},
		{"en", "it's fine : really", "it’s fine : really"},
	} {
		if got := typeset(c.text, c.language); got != c.want {
			t.Errorf("%q in %s: %q, want %q", c.text, c.language, got, c.want)
		}
	}
}

// BenchmarkRender renders a mail whose HTML is 9 kB: one with the few values of a letter, one that is full of them.
func BenchmarkRender(b *testing.B) {
	plain := strings.Repeat("Une phrase de plus. ", 30) + "\n\n"
	hello := "Bonjour{% if contact.name %} {{ contact.name }}{% endif %}, votre commande{% if order.on %} du {{ order.on | date }}{% endif %} de {{ order.amount | money }} est prête.\n\n"
	for name, body := range map[string]string{
		"letter": hello + strings.Repeat(plain, 8) + "{{ rep.name | default: company.name }}",
		"dense":  strings.Repeat(hello+plain, 8),
	} {
		b.Run(name, func(b *testing.B) {
			m, v := mailOf(b, body), Sample("fr")
			b.ReportAllocs()
			for b.Loop() {
				if _, err := m.Render(v); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(rendered(b, m, v).HTML)), "html-bytes")
		})
	}
}
