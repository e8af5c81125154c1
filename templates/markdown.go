package templates

import (
	"bytes"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
)

// shelf keeps Liquid out of the way of Markdown, HTML and CSS: each piece is replaced by a token, a plain word that
// all of them leave as it is, and put back at the end.
type shelf struct {
	mark   string // begins every token; occurs nowhere in the text
	pieces []segment
}

// newShelf makes a shelf whose tokens cannot be mistaken for words of the texts.
func newShelf(texts ...string) *shelf {
	mark := "qz"
	for strings.Contains(strings.Join(texts, " "), mark) {
		mark += "q"
	}
	return &shelf{mark: mark}
}

// token puts a piece aside. Objects and tags have tokens of different shape: qz7o, qz7t.
func (s *shelf) token(piece segment) string {
	s.pieces = append(s.pieces, piece)
	shape := "o"
	if piece.kind == tag {
		shape = "t"
	}
	return s.mark + strconv.Itoa(len(s.pieces)-1) + shape
}

// protect replaces all Liquid of a passage; each line of tags becomes a paragraph of its own.
func (s *shelf) protect(p *passage, language string) string {
	var b strings.Builder
	for _, piece := range p.segments {
		switch {
		case piece.kind == plain:
			b.WriteString(typeset(piece.source, language))
		case piece.kind == tag && onOwnLine(p.text, piece):
			b.WriteString("\n\n" + s.token(piece) + "\n\n")
		default:
			b.WriteString(s.token(piece))
		}
	}
	return b.String()
}

// protectAll replaces the Liquid of a finished document, such as the letter around a body.
func (s *shelf) protectAll(document string) (string, error) {
	segments, wrong := scan(document)
	if wrong != nil {
		return "", fmt.Errorf("letter: %s", wrong.message)
	}
	var b strings.Builder
	for _, piece := range segments {
		if piece.kind == plain {
			b.WriteString(piece.source)
		} else {
			b.WriteString(s.token(piece))
		}
	}
	return b.String(), nil
}

func (s *shelf) pattern() *regexp.Regexp { return regexp.MustCompile(s.mark + `(\d+)[ot]`) }

// restore puts the Liquid back into text.
func (s *shelf) restore(document string) string {
	return s.pattern().ReplaceAllStringFunc(document, func(token string) string { return s.piece(token).source })
}

func (s *shelf) piece(token string) segment {
	n, _ := strconv.Atoi(token[len(s.mark) : len(token)-1])
	return s.pieces[n]
}

var addressAttribute = regexp.MustCompile(`\b(href|src)="([^"]*)"`)

// restoreHTML puts the Liquid back into HTML. In an address, a value that is the whole beginning must be a safe link, and
// a value within is escaped as a part of one.
func (s *shelf) restoreHTML(document string) string {
	pattern := s.pattern()
	document = addressAttribute.ReplaceAllStringFunc(document, func(attribute string) string {
		m := addressAttribute.FindStringSubmatch(attribute)
		first := strings.HasPrefix(m[2], s.mark)
		address := pattern.ReplaceAllStringFunc(m[2], func(token string) string {
			filter := "link_part"
			switch {
			case first:
				filter, first = "link", false
			case strings.HasPrefix(m[2], "tel:"):
				filter = "link_phone"
			}
			return "{{ " + s.piece(token).inner + " | " + filter + " }}"
		})
		return m[1] + `="` + address + `"`
	})
	return s.restore(document)
}

// tagParagraphs are paragraphs that hold nothing but tags; the paragraph itself is dropped.
func (s *shelf) tagParagraphs() *regexp.Regexp {
	return regexp.MustCompile(`<p>((?:` + s.mark + `\d+t\s*)+)</p>`)
}

// markdown is a text as a tree, still with tokens.
type markdown struct {
	shelf  *shelf
	source []byte
	root   ast.Node
}

func (s *shelf) parse(protected string) *markdown {
	source := []byte(protected)
	return &markdown{s, source, goldmark.DefaultParser().Parse(text.NewReader(source))}
}

// problems lists what Markdown allows and letters do not: raw HTML, links that are not safe, tags within a link.
func (m *markdown) problems() []string {
	var found []string
	_ = ast.Walk(m.root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.RawHTML, *ast.HTMLBlock:
			found = append(found, "HTML is not used in texts: write Markdown")
		case *ast.Link:
			found = append(found, m.shelf.linkProblems(string(n.Destination))...)
		case *ast.Image:
			found = append(found, m.shelf.linkProblems(string(n.Destination))...)
		}
		return ast.WalkContinue, nil
	})
	return found
}

func (s *shelf) linkProblems(destination string) []string {
	for _, token := range s.pattern().FindAllString(destination, -1) {
		if s.piece(token).kind == tag {
			return []string{fmt.Sprintf("the link %q holds a tag: put the tag around the whole link", s.restore(destination))}
		}
	}
	if strings.HasPrefix(destination, s.mark) {
		return nil
	}
	if u, err := url.Parse(destination); err != nil || !safeScheme(u.Scheme) {
		return []string{fmt.Sprintf("the link %q must begin with https://, http://, mailto:, tel: or a variable", s.restore(destination))}
	}
	return nil
}

// html renders the tree as HTML, tokens intact. A line break in the file is one in the letter. A paragraph that is only
// one link becomes the letter's button when button is set.
func (m *markdown) html(button bool) (string, error) {
	md := goldmark.New(goldmark.WithRendererOptions(html.WithHardWraps(), html.WithXHTML()))
	var b bytes.Buffer
	if err := md.Renderer().Render(&b, m.source, m.root); err != nil {
		return "", fmt.Errorf("render markdown: %w", err)
	}
	out := m.shelf.tagParagraphs().ReplaceAllString(b.String(), "$1")
	if button {
		out = onlyLink.ReplaceAllString(out, buttonMarkup)
	}
	return out, nil
}

var onlyLink = regexp.MustCompile(`<p><a href="([^"]*)">([^<]*)</a></p>`)

const buttonMarkup = `<table role="presentation" class="action" cellpadding="0" cellspacing="0" border="0"><tr><td class="button"><a class="button-link" href="$1">$2</a></td></tr></table>`
