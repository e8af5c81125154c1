package strict

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

func TestEveryMistakeInAMappingIsTold(t *testing.T) {
	for _, c := range []struct {
		name, source string
		keys         []string
		mistakes     []string
	}{
		{"all known", "title: a\nsteps: [b]", []string{"steps", "title"}, nil},
		{"a misspelt key, and the others are read", "titel: a\nsteps: b", []string{"steps"}, []string{`1:1 unknown key "titel"; known here: title, steps (title)`}},
		{"two mistakes", "steps: a\nsteps: b\ncolour: c", []string{"steps"}, []string{`2:1 "steps" is written twice ()`, `3:1 unknown key "colour"; known here: title, steps ()`}},
		{"a list", "- a", nil, []string{"1:1 expected title, steps here ()"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			file, err := parser.ParseBytes([]byte(c.source), 0, parser.AllowDuplicateMapKey())
			if err != nil {
				t.Fatal(err)
			}
			var told []string
			found := Keys(file.Docs[0].Body, []string{"title", "steps"}, func(at ast.Node, near, format string, args ...any) {
				p := at.GetToken().Position
				told = append(told, fmt.Sprintf("%d:%d %s (%s)", p.Line, p.Column, fmt.Sprintf(format, args...), near))
			})
			if keys := slices.Sorted(maps.Keys(found)); !slices.Equal(keys, c.keys) || !slices.Equal(told, c.mistakes) {
				t.Errorf("keys %q, mistakes %q; want %q and %q", keys, told, c.keys, c.mistakes)
			}
		})
	}
}
