package templates

import (
	"fmt"
	"html"
	"slices"
	"strings"
	"text/template"

	"github.com/vanng822/go-premailer/premailer"
)

// Mail is one compiled mail in one language. Safe for concurrent use.
type Mail struct {
	Name     string // welcome-missed
	Language string // of the text found, which may not be the one asked for

	subject, fromName, html, text part
	uses                          []string
}

// Rendered is a message ready to be sent.
type Rendered struct {
	Subject  string // one line
	FromName string // who signs; empty: the sender's own name
	HTML     string
	Text     string
}

// letter is what the layout is filled with, once per mail; all of it still holds tokens instead of Liquid.
type letter struct {
	Language, Subject, Preheader, Body, Footer string
	CSS                                        string // goes into the elements, but for what is under @media
	Dark                                       string // apart: a mail program that does not know it must not drop the rest
	Button                                     bool   // there is one, and it wears the company's colour
}

// compileMail makes a mail of its file and the footer of its language.
func compileMail(file, language, text, footer string) (*Mail, error) {
	src, problems := readSource(file, text, mailKeys)
	foot, footProblems := readSource("layout/footer."+language+".md", footer, nil)
	if all := append(problems, footProblems...); len(all) > 0 {
		return nil, fmt.Errorf("compile %s", all[0])
	}
	_, name, _ := split(file)
	m := &Mail{Name: name, Language: language, uses: src.uses()}
	htmlSource, textSource, err := compose(src, foot, language)
	if err != nil {
		return nil, fmt.Errorf("compile %s: %w", file, err)
	}
	if err := m.compileParts(src, htmlSource, textSource); err != nil {
		return nil, fmt.Errorf("compile %s: %w", file, err)
	}
	return m, nil
}

func (m *Mail) compileParts(src *source, htmlSource, textSource string) error {
	plainEngine := newEngine(m.Language, false)
	var err error
	if m.html, err = compilePart(newEngine(m.Language, true), htmlSource, true); err != nil {
		return err
	}
	if m.text, err = compilePart(plainEngine, textSource, false); err != nil {
		return err
	}
	if m.subject, err = compilePart(plainEngine, src.field("subject", m.Language), false); err != nil {
		return err
	}
	m.fromName, err = compilePart(plainEngine, src.field("from_name", m.Language), false)
	return err
}

// field is a value above the text, as Liquid; empty when it is not there.
func (s *source) field(key, language string) string {
	p := s.fields[key]
	if p == nil {
		return ""
	}
	var b strings.Builder
	for _, piece := range p.segments {
		if piece.kind == plain {
			b.WriteString(typeset(piece.source, language))
		} else {
			b.WriteString(piece.source)
		}
	}
	return b.String()
}

// compose makes the two Liquid sources of a mail: the whole letter with its CSS inlined, and the plain text.
func compose(src, foot *source, language string) (htmlSource, textSource string, err error) {
	sh := newShelf(src.body.text, foot.body.text, embedded("layout/letter.html"))
	body, footer := sh.parse(sh.protect(src.body, language)), sh.parse(sh.protect(foot.body, language))
	if found := append(body.problems(), footer.problems()...); len(found) > 0 {
		return "", "", fmt.Errorf("%s", strings.Join(found, "; "))
	}
	l := letter{
		Language: language, CSS: embedded("layout/letter.css"), Dark: embedded("layout/dark.css"),
		Subject:   html.EscapeString(src.field("subject", language)),
		Preheader: html.EscapeString(src.field("preheader", language)),
	}
	if l.Body, err = body.html(true); err != nil {
		return "", "", err
	}
	if l.Footer, err = footer.html(false); err != nil {
		return "", "", err
	}
	l.Button = strings.Contains(l.Body, `class="button"`)
	htmlSource, err = l.inlined(sh)
	textSource = sh.restore(body.text(language) + "\n-- \n" + footer.text(language))
	return htmlSource, textSource, err
}

// inlined sets the letter, moves its CSS into the elements, and puts the Liquid back.
func (l letter) inlined(sh *shelf) (string, error) {
	layout, err := template.New("letter").Delims("<%", "%>").Parse(embedded("layout/letter.html"))
	if err != nil {
		return "", fmt.Errorf("letter: %w", err)
	}
	var b strings.Builder
	if err := layout.Execute(&b, l); err != nil {
		return "", fmt.Errorf("letter: %w", err)
	}
	protected, err := sh.protectAll(b.String())
	if err != nil {
		return "", err
	}
	p, err := premailer.NewPremailerFromString(protected, premailer.NewOptions())
	if err != nil {
		return "", fmt.Errorf("inline css: %w", err)
	}
	out, err := p.Transform()
	if err != nil {
		return "", fmt.Errorf("inline css: %w", err)
	}
	return sh.restoreHTML(out), nil
}

func embedded(file string) string {
	b, err := shipped.ReadFile(file)
	if err != nil {
		panic(fmt.Sprintf("read embedded %s: %v", file, err)) // the binary itself is broken
	}
	return string(b)
}

// Render makes the message for one client. An error means that the text cannot be used for these values (a link that is
// none, a text that grows too long); nothing may be sent then.
func (m *Mail) Render(v Values) (Rendered, error) {
	var r Rendered
	bindings := v.bindings()
	for _, step := range []struct {
		into   *string
		render func(map[string]any) (string, error)
	}{
		{&r.Subject, m.subject.line}, {&r.FromName, m.fromName.line}, {&r.HTML, m.html.render}, {&r.Text, m.text.render},
	} {
		var err error
		if *step.into, err = step.render(bindings); err != nil {
			return Rendered{}, fmt.Errorf("render mail %s.%s: %w", m.Name, m.Language, err)
		}
	}
	r.Text = tidy(r.Text)
	return r, nil
}

// tidy takes out the empty lines that parts not shown leave behind.
func tidy(text string) string {
	for strings.Contains(text, "\n\n\n") {
		text = strings.ReplaceAll(text, "\n\n\n", "\n\n")
	}
	return strings.TrimLeft(text, "\n")
}

// Uses lists the variables of the mail's own text, footer excepted.
func (m *Mail) Uses() []string { return slices.Clone(m.uses) }

// Missing lists the variables that the mail uses and that have no value for this client, for the preview.
func (m *Mail) Missing(v Values) []string { return missing(m.uses, v.bindings()) }

func missing(names []string, bindings map[string]any) []string {
	var all []string
	for _, name := range names {
		group, field, nested := strings.Cut(name, ".")
		value := bindings[group]
		if nested {
			value = bindings[group].(map[string]any)[field]
		}
		if value == nil {
			all = append(all, name)
		}
	}
	return all
}
