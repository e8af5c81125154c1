package importer

import (
	"fmt"
	"strings"
)

// shownLines is how many lines a note names.
const shownLines = 5

// notes count what was mended or is doubtful in good rows: once per column and text, in the order of their first rows.
type notes struct {
	row    []noteKey // of the row being read; kept when it turns out to be good
	order  []noteKey
	counts map[noteKey]*noteCount
}

type noteKey struct{ column, text string }

type noteCount struct {
	rows  int64
	lines []int64 // the first ones
}

// note says something about a column of the row being read, such as "a leading zero was put back". The text is the same
// for all rows: it holds no value of the row.
func (f *File) note(column, text string) {
	f.notes.row = append(f.notes.row, noteKey{column, text})
}

// keep counts the notes of a good row.
func (n *notes) keep(line int64) {
	for _, key := range n.row {
		count := n.counts[key]
		if count == nil {
			if n.counts == nil {
				n.counts = map[noteKey]*noteCount{}
			}
			count = &noteCount{}
			n.counts[key] = count
			n.order = append(n.order, key)
		}
		count.rows++
		if len(count.lines) < shownLines {
			count.lines = append(count.lines, line)
		}
	}
}

// sentences are the notes with their figures: "postcode: a leading zero was put back (556 rows; lines 7, 9, 12 …)".
func (n *notes) sentences() []string {
	all := []string{}
	for _, key := range n.order {
		count := n.counts[key]
		var lines []string
		for _, line := range count.lines {
			lines = append(lines, fmt.Sprint(line))
		}
		where := "lines " + strings.Join(lines, ", ")
		rows := fmt.Sprintf("%d rows", count.rows)
		if count.rows == 1 {
			rows, where = "1 row", "line "+lines[0]
		}
		if count.rows > shownLines {
			where += " …"
		}
		all = append(all, fmt.Sprintf("%s: %s (%s; %s)", key.column, key.text, rows, where))
	}
	return all
}
