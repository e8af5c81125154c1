package templates

import (
	"fmt"
	"strings"

	"github.com/yuin/goldmark/ast"
)

// text renders the tree as plain text that reads well by itself: links with their address, lists with dashes, a line
// break where the file has one. Long lines are left to the reader's program, which knows its width.
func (m *markdown) text(language string) string {
	t := &plainText{m: m, colon: ":"}
	if language == "fr" {
		t.colon = nbsp + ":"
	}
	return t.blocks(m.root) + "\n"
}

type plainText struct {
	m     *markdown
	colon string // between the words of a link and its address
}

// blocks is the blocks below a node with an empty line between them. A line of tags takes no room of its own: what
// separates a block stands before it, so that it goes when the block does.
func (t *plainText) blocks(parent ast.Node) string {
	var b strings.Builder
	var before ast.Node
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		words := t.block(n)
		if t.onlyTags(words) {
			b.WriteString(words)
			continue
		}
		if before != nil {
			b.WriteString(gap(before, n))
		}
		b.WriteString(words)
		before = n
	}
	return b.String()
}

// gap keeps the entries of a list together, also where tags part it.
func gap(before, n ast.Node) string {
	if before.Kind() == ast.KindList && n.Kind() == ast.KindList || before.Kind() == ast.KindTextBlock {
		return "\n"
	}
	return "\n\n"
}

func (t *plainText) block(n ast.Node) string {
	switch n := n.(type) {
	case *ast.List:
		return t.list(n)
	case *ast.Blockquote:
		return indented("> ", "> ", t.blocks(n))
	case *ast.ThematicBreak:
		return "* * *"
	case *ast.Heading:
		return t.heading(n)
	case *ast.CodeBlock, *ast.FencedCodeBlock:
		return string(n.Lines().Value(t.m.source))
	}
	return t.inline(n)
}

// heading is in capitals; one with Liquid in it stays as it is, since a token must.
func (t *plainText) heading(n ast.Node) string {
	words := t.inline(n)
	if strings.Contains(words, t.m.shelf.mark) {
		return words
	}
	return strings.ToUpper(words)
}

func (t *plainText) onlyTags(words string) bool {
	return strings.HasPrefix(words, t.m.shelf.mark) && t.m.shelf.tagParagraphs().MatchString("<p>"+words+"</p>")
}

func (t *plainText) list(list *ast.List) string {
	var items []string
	number := list.Start
	for item := list.FirstChild(); item != nil; item = item.NextSibling() {
		mark := "- "
		if list.IsOrdered() {
			mark = fmt.Sprintf("%d. ", number)
			number++
		}
		items = append(items, indented(mark, strings.Repeat(" ", len(mark)), t.blocks(item)))
	}
	return strings.Join(items, "\n")
}

// indented begins the first line of a text with one mark and the others with another.
func indented(first, others, text string) string {
	return first + strings.ReplaceAll(text, "\n", "\n"+others)
}

// inline is the words of a block, on as many lines as in the file.
func (t *plainText) inline(parent ast.Node) string {
	var b strings.Builder
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.Text:
			b.Write(n.Segment.Value(t.m.source))
			if n.SoftLineBreak() || n.HardLineBreak() {
				b.WriteByte('\n')
			}
		case *ast.String:
			b.Write(n.Value)
		case *ast.AutoLink:
			b.Write(n.Label(t.m.source))
		case *ast.Link:
			b.WriteString(t.link(n))
		default:
			b.WriteString(t.inline(n))
		}
	}
	return b.String()
}

// link writes the words of a link, then its address: on a line of its own when the link is all of its paragraph.
func (t *plainText) link(n *ast.Link) string {
	words, address := t.inline(n), string(n.Destination)
	address = strings.TrimPrefix(strings.TrimPrefix(address, "mailto:"), "tel:")
	switch {
	case t.m.shelf.restore(words) == t.m.shelf.restore(address):
		return address
	case n.Parent().ChildCount() == 1:
		return words + t.colon + "\n" + address
	}
	return words + " (" + address + ")"
}
