package importer

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// The survey judges columns by their first rows. A file that was put together from two systems may say otherwise farther
// down: cells that only the other order of dates, or the other decimal sign, can read. Each is rejected; but when there
// are too many for mistakes, those beside them that either can read may have been read wrongly, and the whole file is
// refused at its end.

// contrary counts a cell that could not be read as decided, if the other way reads it.
func (f *File) contrary(i int, cell []byte) {
	switch form := f.heading.used[i].form; {
	case isDate(form) && f.options.Dates == "":
		other := MonthFirst
		if f.dates[i] == MonthFirst {
			other = DayFirst
		}
		if d, reason := readDate(cell, other); reason == "" && d.order == other && f.dates[i] != "" {
			f.against[i].add(cell)
		}
	case isNumber(form) && f.options.Decimal == 0 && f.decimals[i] != 0:
		if proof(cell) == '.'+','-f.decimals[i] {
			f.against[i].add(cell)
		}
	}
}

// end is what Next gives behind the last row.
func (f *File) end(err error) error {
	if !errors.Is(err, io.EOF) {
		return err
	}
	var unclear []string
	for i, e := range f.against {
		if int64(e.count)*typos <= f.count || f.count <= enough { // in a short file, the survey has seen them all
			continue
		}
		p := f.heading.used[i]
		sentence := fmt.Sprintf("column %s: %d cells such as %q have another decimal sign than the first rows; give --decimal point or --decimal comma, the others will be rejected", p.name, e.count, e.cell)
		if isDate(p.form) {
			sentence = fmt.Sprintf("column %s: %d dates such as %q have another order than those of the first rows; give --dates dmy or --dates mdy, the others will be rejected", p.name, e.count, e.cell)
		}
		unclear = append(unclear, sentence)
	}
	if len(unclear) == 0 {
		return io.EOF
	}
	return fileError("%s", strings.Join(unclear, "; and "))
}
