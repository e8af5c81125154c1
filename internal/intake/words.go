package intake

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/relance/relance/internal/importer"
)

// shownReasons is how many of them a person is told.
const shownReasons = 12

// Tell writes for people what became of the import of the named files: what they were taken for, the counts, what was
// mended, and why rows were rejected.
func (r Result) Tell(w io.Writer, names []string) error {
	var b strings.Builder
	for i, s := range r.Shapes {
		fmt.Fprintf(&b, "%s\n", names[i])
		tellShape(&b, s)
	}
	r.tellCounts(&b)
	tellList(&b, "Notes", r.Notes)
	r.tellReasons(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func (r Result) tellCounts(b *strings.Builder) {
	fmt.Fprintf(b, "  %s: %s read = %s created + %s updated + %s unchanged + %s rejected\n", r.Kind,
		figure(r.Read), figure(r.Created), figure(r.Updated), figure(r.Unchanged), figure(r.Rejected))
	switch {
	case r.DryRun && r.Refused:
		fmt.Fprintf(b, "  A dry run: nothing was stored. As it is, the import would be refused: too many rows are rejected.\n")
	case r.DryRun:
		fmt.Fprintf(b, "  A dry run: nothing was stored.\n")
	case r.Refused:
		fmt.Fprintf(b, "  Refused: so many rows were rejected that nothing was stored.\n")
	}
}

func (r Result) tellReasons(b *strings.Builder) {
	if r.Rejected == 0 {
		return
	}
	var lines []string
	for _, why := range r.Reasons[:min(len(r.Reasons), shownReasons)] {
		lines = append(lines, why.String())
	}
	if more := len(r.Reasons) - shownReasons; more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more reasons", more))
	}
	tellList(b, "Rejected", lines)
}

// String is the reason as people read it: how many, which column, why, and where to look.
func (r Reason) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s × ", figure(r.Rows))
	if r.File != "" {
		fmt.Fprintf(&b, "%s: ", r.File)
	}
	if r.Column != "" {
		fmt.Fprintf(&b, "%s: ", r.Column)
	}
	var lines []string
	for _, line := range r.Lines {
		lines = append(lines, fmt.Sprint(line))
	}
	word, more := "lines", ""
	if len(lines) == 1 {
		word = "line"
	}
	if r.Rows > int64(len(lines)) {
		more = " …"
	}
	shown := r.Reason
	if r.Rows == 1 {
		shown = r.Example
	}
	fmt.Fprintf(&b, "%s (%s %s%s", shown, word, strings.Join(lines, ", "), more)
	if shown != r.Example {
		fmt.Fprintf(&b, "; the first: %s", r.Example)
	}
	return b.String() + ")"
}

// Tell writes for people what files are taken for, with their first rows as they would be stored.
func (l Look) Tell(w io.Writer) error {
	var b strings.Builder
	for _, f := range l.Files {
		fmt.Fprintf(&b, "%s\n", f.Name)
		tellShape(&b, f.Shape)
		fmt.Fprintf(&b, "  Columns\n")
		for i, c := range f.Shape.Columns {
			fmt.Fprintf(&b, "    %s\n", columnLine(c, firstCell(f.Preview, i)))
		}
		if f.Part != importer.Flat {
			fmt.Fprintf(&b, "  It holds only the %s of orders; give the other file with it.\n", f.Part)
		}
		fmt.Fprintf(&b, "  First rows\n")
		for _, row := range f.Preview {
			fmt.Fprintf(&b, "    line %d: %s\n", row.Line, rowLine(row))
		}
		tellList(&b, "Notes", f.Shape.Notes)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func columnLine(c importer.Found, example string) string {
	use := "not used"
	switch c.How {
	case "unused":
	case "attribute":
		use = "kept as client.attributes." + c.Column
	default:
		use = fmt.Sprintf("%s (%s)", c.Column, map[string]string{"map": "as told", "name": "its own name", "usual": "its usual heading"}[c.How])
	}
	if example != "" {
		return fmt.Sprintf("%s → %s, such as %q", c.Heading, use, example)
	}
	return fmt.Sprintf("%s → %s", c.Heading, use)
}

// firstCell is the first cell under a heading that is not empty.
func firstCell(rows []importer.PreviewRow, at int) string {
	for _, r := range rows {
		if at < len(r.Cells) && r.Cells[at] != "" {
			return cut(r.Cells[at])
		}
	}
	return ""
}

func rowLine(row importer.PreviewRow) string {
	if row.Reason != "" {
		if row.Column != "" {
			return fmt.Sprintf("REJECTED, %s: %s", row.Column, row.Reason)
		}
		return "REJECTED, " + row.Reason
	}
	var parts []string
	for column, value := range row.Values {
		parts = append(parts, fmt.Sprintf("%s=%s", column, cut(value)))
	}
	slices.Sort(parts)
	return strings.Join(parts, "  ")
}

func cut(s string) string {
	if runes := []rune(s); len(runes) > 40 {
		return string(runes[:40]) + "…"
	}
	return s
}

// tellShape says what was found out about a file.
func tellShape(b *strings.Builder, s importer.Shape) {
	format := strings.ToUpper(s.Format)
	if s.Format == "jsonl" {
		format = "JSON Lines"
	}
	parts := []string{format}
	add := func(words, value string) {
		if value != "" {
			parts = append(parts, fmt.Sprintf(words, value))
		}
	}
	add("packed with %s", s.Packed)
	add("%s in it", s.Member)
	add("sheet %q", s.Sheet)
	add("%s", s.Encoding)
	add("cells parted by %s", s.Delimiter)
	add("decimal %s", s.Decimal)
	add("thousands parted by %s", s.Thousands)
	if s.Header > 1 {
		parts = append(parts, fmt.Sprintf("headings on line %d", s.Header))
	}
	fmt.Fprintf(b, "  %s\n", strings.Join(parts, ", "))
	tellDates(b, s.Dates)
	tellColumns(b, s.Columns)
}

func tellDates(b *strings.Builder, dates map[string]importer.DateOrder) {
	words := map[importer.DateOrder]string{importer.DayFirst: "day first", importer.MonthFirst: "month first", importer.ExcelSerial: "counted as spreadsheets do"}
	var parts []string
	for column, order := range dates {
		if word := words[order]; word != "" {
			parts = append(parts, column+" "+word)
		}
	}
	if len(parts) > 0 {
		slices.Sort(parts)
		fmt.Fprintf(b, "  Dates: %s\n", strings.Join(parts, ", "))
	}
}

// tellColumns lists each canonical column with the headings that it is read from, in the file's order.
func tellColumns(b *strings.Builder, columns []importer.Found) {
	var order, kept, unused []string
	headings := map[string][]string{}
	for _, c := range columns {
		switch c.How {
		case "unused":
			unused = append(unused, c.Heading)
		case "attribute":
			kept = append(kept, c.Heading)
		default:
			if headings[c.Column] == nil {
				order = append(order, c.Column)
			}
			headings[c.Column] = append(headings[c.Column], c.Heading)
		}
	}
	for i, column := range order {
		if from := strings.Join(headings[column], ", "); from != column {
			order[i] = fmt.Sprintf("%s ← %s", column, from)
		}
	}
	tellNames(b, "Used", order, "; ")
	tellNames(b, "Kept as attributes", kept, ", ")
	tellNames(b, "Not used", unused, ", ")
}

func tellNames(b *strings.Builder, title string, names []string, between string) {
	if len(names) > 0 {
		fmt.Fprintf(b, "  %s: %s\n", title, strings.Join(names, between))
	}
}

func tellList(b *strings.Builder, title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(b, "  %s\n", title)
	for _, line := range lines {
		fmt.Fprintf(b, "    %s\n", line)
	}
}

// figure writes 12345 as 12,345.
func figure(n int64) string {
	s := fmt.Sprint(n)
	for at := len(s) - 3; at > 0; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	return s
}
