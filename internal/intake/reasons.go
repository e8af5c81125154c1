package intake

import (
	"iter"
	"regexp"
	"slices"

	"github.com/relance/relance/internal/importer"
)

// Reason is why rows were rejected, with how many there are and the first of them.
type Reason struct {
	File    string  `json:"file,omitempty"` // only when one import has several
	Column  string  `json:"column"`
	Reason  string  `json:"reason"` // without what differs from row to row
	Rows    int64   `json:"rows"`
	Lines   []int64 `json:"lines"`   // the first ones
	Example string  `json:"example"` // the first one's reason as it was given
}

// Reasons counts rejections by why. The zero value is ready. It keeps up to mostReasons of them; what comes beyond counts
// under the whole column.
type Reasons struct {
	order  []*Reason
	byText map[reasonKey]*Reason
}

type reasonKey struct{ file, column, reason string }

const (
	mostReasons = 500
	reasonLines = 5
)

// What differs from row to row: quoted cells, lines of the file.
var (
	quoted   = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	someLine = regexp.MustCompile(`\b(lines?) \d+`)
	cellLead = regexp.MustCompile(`^"…": `)
)

// Add counts one rejection.
func (c *Reasons) Add(r importer.Rejection) {
	key := reasonKey{r.File, r.Column, cellLead.ReplaceAllString(someLine.ReplaceAllString(quoted.ReplaceAllString(r.Reason, `"…"`), "$1 …"), "")}
	found := c.byText[key]
	if found == nil && len(c.order) >= mostReasons {
		key.reason = "other reasons"
		found = c.byText[key]
	}
	if found == nil {
		found = &Reason{File: r.File, Column: r.Column, Reason: key.reason, Example: r.Reason}
		if c.byText == nil {
			c.byText = map[reasonKey]*Reason{}
		}
		c.byText[key] = found
		c.order = append(c.order, found)
	}
	found.Rows++
	if len(found.Lines) < reasonLines {
		found.Lines = append(found.Lines, r.Line)
	}
}

// List gives the commonest first; of equally common ones the one that came first.
func (c *Reasons) List() []Reason {
	list := make([]Reason, 0, len(c.order))
	for _, r := range c.order {
		list = append(list, *r)
	}
	slices.SortStableFunc(list, func(a, b Reason) int { return int(b.Rows - a.Rows) })
	return list
}

// watch counts the rejections that pass.
func (c *Reasons) watch(all iter.Seq2[importer.Rejection, error]) iter.Seq2[importer.Rejection, error] {
	return func(yield func(importer.Rejection, error) bool) {
		for r, err := range all {
			if err == nil {
				c.Add(r)
			}
			if !yield(r, err) {
				return
			}
		}
	}
}
