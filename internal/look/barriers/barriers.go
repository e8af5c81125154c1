// Package barriers finds in a rendered page what keeps somebody out: who hears the page instead of seeing it, who cannot
// use a mouse, who enlarges it on a phone. It knows the rules of WCAG 2.2 that markup alone can break and that pages of
// forms, tables and lists do break: a language, a title and one main heading; headings in order; a name for every field,
// button, link, frame and drawing; references that lead somewhere; no control inside another. Colours are computed from
// the style sheet by a test of package look. What needs eyes, such as the order of focus, it cannot know.
//
// Tests of pages call it; no binary does.
package barriers

import (
	"fmt"
	"strings"

	"github.com/PuerkitoBio/goquery"
)

// Find lists what is wrong with a page, a sentence each; none: nothing was found.
func Find(markup string) ([]string, error) {
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(markup))
	if err != nil {
		return nil, fmt.Errorf("read the page: %w", err)
	}
	p := &page{doc: doc}
	for _, look := range []func(){p.whole, p.headings, p.references, p.fields, p.controls, p.pictures, p.tables, p.lists} {
		look()
	}
	return p.found, nil
}

type page struct {
	doc   *goquery.Document
	found []string
}

func (p *page) say(format string, args ...any) {
	p.found = append(p.found, fmt.Sprintf(format, args...))
}

// outer shows where something is wrong.
func outer(s *goquery.Selection) string {
	markup, err := goquery.OuterHtml(s)
	if err != nil {
		return goquery.NodeName(s)
	}
	if len(markup) > 90 {
		markup = strings.ToValidUTF8(markup[:90], "") + "…"
	}
	return markup
}

func (p *page) whole() {
	if p.doc.Find("html").AttrOr("lang", "") == "" {
		p.say("the page has no language")
	}
	if strings.TrimSpace(p.doc.Find("head title").Text()) == "" {
		p.say("the page has no title")
	}
	for _, only := range []string{"main", "h1"} {
		if n := p.doc.Find(only).Length(); n != 1 {
			p.say("%d %s, want one", n, only)
		}
	}
	viewport := p.doc.Find("meta[name=viewport]").AttrOr("content", "")
	if viewport == "" || strings.Contains(viewport, "user-scalable") || strings.Contains(viewport, "maximum-scale") {
		p.say("the page cannot be enlarged: viewport %q", viewport)
	}
}

// headings may go deeper by one level at a time.
func (p *page) headings() {
	level := 0
	p.doc.Find("h1, h2, h3, h4, h5, h6").Each(func(_ int, h *goquery.Selection) {
		next := int(goquery.NodeName(h)[1] - '0')
		if next > level+1 {
			p.say("a heading of level %d follows one of level %d: %s", next, level, outer(h))
		}
		if strings.TrimSpace(h.Text()) == "" {
			p.say("an empty heading: %s", outer(h))
		}
		level = next
	})
}

// references must lead to one element each.
func (p *page) references() {
	known := map[string]int{}
	p.doc.Find("[id]").Each(func(_ int, s *goquery.Selection) { known[s.AttrOr("id", "")]++ })
	for id, n := range known {
		if n > 1 {
			p.say("%d elements are called %q", n, id)
		}
	}
	for _, name := range []string{"for", "aria-describedby", "aria-labelledby", "aria-controls"} {
		p.doc.Find("[" + name + "]").Each(func(_ int, s *goquery.Selection) {
			for _, id := range strings.Fields(s.AttrOr(name, "")) {
				if known[id] == 0 {
					p.say("%s leads to %q, which is nowhere: %s", name, id, outer(s))
				}
			}
		})
	}
	p.doc.Find(`a[href^="#"]`).Each(func(_ int, a *goquery.Selection) {
		if id := strings.TrimPrefix(a.AttrOr("href", ""), "#"); known[id] == 0 {
			p.say("a link leads to %q, which is nowhere: %s", id, outer(a))
		}
	})
}

// fields need a label, and a group of choices its question.
func (p *page) fields() {
	p.doc.Find("input, select, textarea").Each(func(_ int, f *goquery.Selection) {
		kind := f.AttrOr("type", "text")
		if kind == "hidden" || kind == "submit" || f.AttrOr("aria-label", "") != "" {
			return
		}
		label := f.Closest("label")
		if id := f.AttrOr("id", ""); id != "" && label.Length() == 0 {
			label = p.doc.Find(`label[for="` + id + `"]`)
		}
		if strings.TrimSpace(label.Text()) == "" {
			p.say("a field without a label: %s", outer(f))
		}
	})
	p.doc.Find("fieldset").Each(func(_ int, f *goquery.Selection) {
		if f.Find("input[type=radio], input[type=checkbox]").Length() > 1 && strings.TrimSpace(f.Find("legend").Text()) == "" {
			p.say("choices without their question: %s", outer(f))
		}
	})
}

// controls need a name, and none may stand in another.
func (p *page) controls() {
	p.doc.Find("button, a[href], summary").Each(func(_ int, c *goquery.Selection) {
		if strings.TrimSpace(c.Text()+c.AttrOr("aria-label", "")) == "" {
			p.say("a control without a name: %s", outer(c))
		}
		if c.ParentsFiltered("button, a[href], summary").Length() > 0 {
			p.say("a control inside another: %s", outer(c))
		}
	})
	p.doc.Find("[tabindex]").Each(func(_ int, s *goquery.Selection) {
		if s.AttrOr("tabindex", "") > "0" {
			p.say("an order of focus of its own: %s", outer(s))
		}
	})
	p.doc.Find("form form").Each(func(_ int, f *goquery.Selection) { p.say("a form in a form: %s", outer(f)) })
}

// pictures, frames and bars need to be said.
func (p *page) pictures() {
	for kind, name := range map[string]string{"img": "alt", "svg[role=img]": "aria-label", "iframe": "title", "progress": "aria-label", "nav": "aria-label"} {
		p.doc.Find(kind).Each(func(_ int, s *goquery.Selection) {
			if strings.TrimSpace(s.AttrOr(name, "")) == "" {
				p.say("%s without %s: %s", kind, name, outer(s))
			}
		})
	}
	p.doc.Find("svg:not([role=img]):not([aria-hidden=true])").Each(func(_ int, s *goquery.Selection) {
		p.say("a drawing that is neither said nor hidden: %s", outer(s))
	})
}

func (p *page) tables() {
	p.doc.Find("th").Each(func(_ int, th *goquery.Selection) {
		if strings.TrimSpace(th.Text()) == "" {
			p.say("a column without a heading: %s", outer(th.Parent()))
		}
	})
}

// lists hold their own items only.
func (p *page) lists() {
	for list, items := range map[string]string{"ul, ol": "li", "dl": "dt, dd, div"} {
		p.doc.Find(list).Each(func(_ int, l *goquery.Selection) {
			if l.Children().Not(items).Length() > 0 {
				p.say("a list holds something that is no item: %s", outer(l))
			}
		})
	}
}
