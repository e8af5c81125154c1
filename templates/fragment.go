package templates

import (
	"regexp"
	"slices"
	"sync/atomic"

	"github.com/osteele/liquid"
	"github.com/osteele/liquid/render"
)

// fragment is an object, or a block of tags up to its end. It reads some of the message's values and changes none, so
// that equal values say the same: the footer of one mail is that of most others, and is not run again.
type fragment struct {
	template *liquid.Template
	plain    bool // a variable by itself, which needs no Liquid when its value is a text
	escape   bool // for HTML
	reads    []value
	known    bool                   // reads is all that it depends on
	last     atomic.Pointer[memory] // what it said last; nil: nothing yet, or it cannot be remembered
}

// value names one of the message's values. field is empty where the group is the value itself.
type value struct{ group, field string }

// memory is what a fragment said for the values that it read.
type memory struct {
	values []any
	said   string
}

// alone is a variable that stands alone in an object.
var alone = regexp.MustCompile(`^[a-z_]+(\.[a-z0-9_]+)?$`)

func newFragment(s segment, t *liquid.Template, escape bool) *fragment {
	f := &fragment{template: t, escape: escape, plain: s.kind == object && alone.MatchString(s.inner)}
	f.reads, f.known = valuesIn(s.source)
	return f
}

// valuesIn lists the values that Liquid may read: all words in it, of which some are none. It does not know for Liquid
// that cannot be scanned.
func valuesIn(source string) (all []value, known bool) {
	segments, mistake := scan(source)
	for _, s := range segments {
		words := lex(s.inner)
		for i, l := range words {
			if l.kind != 'w' || i > 0 && words[i-1].kind == '.' {
				continue
			}
			v := value{group: l.text}
			if i+2 < len(words) && words[i+1].kind == '.' && words[i+2].kind == 'w' {
				v.field = words[i+2].text
			}
			if !slices.Contains(all, v) {
				all = append(all, v)
			}
		}
	}
	return all, mistake == nil
}

func (f *fragment) render(bindings map[string]any) (string, error) {
	if f.plain {
		if s, ok := f.reads[0].text(bindings); ok {
			return f.escaped(s), nil
		}
	}
	if m := f.last.Load(); m != nil && m.holds(f.reads, bindings) {
		return m.said, nil
	}
	var out bounded
	if err := f.template.FRender(&out, bindings); err != nil {
		return "", err
	}
	said := out.b.String()
	f.remember(said, bindings)
	return said, nil
}

func (f *fragment) escaped(s string) string {
	if f.escape {
		return render.HtmlEscaper.Replace(s)
	}
	return s
}

// text is the value when it is a text.
func (v value) text(bindings map[string]any) (string, bool) {
	found := bindings[v.group]
	if v.field != "" {
		group, _ := found.(map[string]any)
		found = group[v.field]
	}
	s, ok := found.(string)
	return s, ok
}

// in finds the value, or what it would be a property of; nil: none.
func (v value) in(bindings map[string]any) any {
	found := bindings[v.group]
	if group, ok := found.(map[string]any); ok && v.field != "" {
		return group[v.field]
	}
	return found
}

func (m *memory) holds(reads []value, bindings map[string]any) bool {
	for i, v := range reads {
		if m.values[i] != v.in(bindings) {
			return false
		}
	}
	return true
}

// remember keeps what was said, unless it depends on a list or a whole group.
func (f *fragment) remember(said string, bindings map[string]any) {
	if !f.known {
		return
	}
	values := make([]any, len(f.reads))
	for i, v := range f.reads {
		values[i] = v.in(bindings)
		switch values[i].(type) {
		case map[string]any, []any:
			return
		}
	}
	f.last.Store(&memory{values, said})
}
