package templates

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
)

// Script is one compiled call script in one language. Safe for concurrent use.
type Script struct {
	Name     string
	Language string

	title, html, text part
	uses              []string
}

// Spoken is a script ready to be read to a client.
type Spoken struct {
	Title string        // one line; may be empty
	HTML  template.HTML // a fragment for a page: paragraphs, lists, emphasis, links; all values escaped
	Text  string
}

func compileScript(file, language, text string) (*Script, error) {
	src, problems := readSource(file, text, scriptKeys)
	if len(problems) > 0 {
		return nil, fmt.Errorf("compile %s", problems[0])
	}
	_, name, _ := split(file)
	s := &Script{Name: name, Language: language, uses: src.uses()}
	sh := newShelf(src.body.text)
	body := sh.parse(sh.protect(src.body, language))
	if found := body.problems(); len(found) > 0 {
		return nil, fmt.Errorf("compile %s: %s", file, strings.Join(found, "; "))
	}
	markup, err := body.html(false)
	if err != nil {
		return nil, fmt.Errorf("compile %s: %w", file, err)
	}
	if err := s.compileParts(src, sh.restoreHTML(markup), sh.restore(body.text(language))); err != nil {
		return nil, fmt.Errorf("compile %s: %w", file, err)
	}
	return s, nil
}

func (s *Script) compileParts(src *source, htmlSource, textSource string) error {
	plainEngine := newEngine(s.Language, false)
	var err error
	if s.html, err = compilePart(newEngine(s.Language, true), htmlSource, true); err != nil {
		return err
	}
	if s.text, err = compilePart(plainEngine, textSource, false); err != nil {
		return err
	}
	s.title, err = compilePart(plainEngine, src.field("title", s.Language), false)
	return err
}

// Render makes the script for one client.
func (s *Script) Render(v Values) (Spoken, error) {
	bindings := v.bindings()
	title, err := s.title.line(bindings)
	if err != nil {
		return Spoken{}, fmt.Errorf("render script %s.%s: %w", s.Name, s.Language, err)
	}
	markup, err := s.html.render(bindings)
	if err != nil {
		return Spoken{}, fmt.Errorf("render script %s.%s: %w", s.Name, s.Language, err)
	}
	text, err := s.text.render(bindings)
	if err != nil {
		return Spoken{}, fmt.Errorf("render script %s.%s: %w", s.Name, s.Language, err)
	}
	return Spoken{Title: title, HTML: template.HTML(markup), Text: tidy(text)}, nil
}

// Uses lists the variables of the script.
func (s *Script) Uses() []string { return slices.Clone(s.uses) }

// Missing lists the variables that the script uses and that have no value for this client.
func (s *Script) Missing(v Values) []string { return missing(s.uses, v.bindings()) }
