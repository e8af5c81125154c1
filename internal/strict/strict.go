// Package strict reads YAML mappings that people write by hand: what is not known is a mistake, told with its place and the
// word that was probably meant, and all mistakes are told at once. Its callers keep the mistakes, and read on.
package strict

import (
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/relance/relance/internal/nearest"
)

// Report takes one mistake at a node. near is the word that was probably meant; it may be empty.
type Report func(at ast.Node, near, format string, args ...any)

// Keys returns a mapping's values by key, and reports keys that are unknown or written twice. Nil: n is no mapping.
func Keys(n ast.Node, known []string, report Report) map[string]ast.Node {
	mapping, ok := n.(*ast.MappingNode)
	if !ok {
		report(n, "", "expected %s here", strings.Join(known, ", "))
		return nil
	}
	found := map[string]ast.Node{}
	for _, pair := range mapping.Values {
		key := pair.Key.GetToken().Value
		switch {
		case !slices.Contains(known, key):
			report(pair.Key, nearest.Word(key, known), "unknown key %q; known here: %s", key, strings.Join(known, ", "))
		case found[key] != nil:
			report(pair.Key, "", "%q is written twice", key)
		default:
			found[key] = pair.Value
		}
	}
	return found
}

// Known says whether the word at a key is one of those known there, and reports one that is not.
func Known(at ast.Node, key, word string, known []string, report Report) bool {
	if slices.Contains(known, word) {
		return true
	}
	report(at, nearest.Word(word, known), "unknown %s %q; known: %s", key, word, strings.Join(known, ", "))
	return false
}
