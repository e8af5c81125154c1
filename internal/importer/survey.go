package importer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// enough rows to judge columns that are clear or empty; an unclear one is followed to the end of the file.
const enough = 20000

// look reads rows until every date column has shown which part comes first, and every number which sign is decimal.
// What stays unclear at the end of the file, or contradicts itself, is one error that says all that must be given.
func (f *File) look() error {
	seen := make([]evidence, len(f.heading.used))
	for rows := 0; rows < enough || f.open(seen); rows++ {
		r, err := f.rows.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if f.fit(&r); f.broken(r) == "" {
			f.see(seen, r)
		}
	}
	f.dates, f.decimals, f.percent = make([]DateOrder, len(seen)), make([]byte, len(seen)), make([]bool, len(seen))
	var unclear []string
	for i := range seen {
		unclear = append(unclear, f.decide(i, seen)...)
		if open := f.decideShare(i, seen[i].share); open != "" {
			unclear = append(unclear, open)
		}
		if seen[i].thousands != 0 {
			f.thousands = seen[i].thousands
		}
	}
	if len(unclear) > 0 {
		return fileError("%s", strings.Join(unclear, "; and "))
	}
	return nil
}

// evidence is what the cells of one column have shown.
type evidence struct {
	dayFirst, monthFirst example
	serial, written      example // days counted as spreadsheets do, dates in any other form
	point, comma         example
	unclear              example // could be either
	thousands            rune
	share                shareEvidence // of discounts
}

// example is the first cell that showed something, and how many did.
type example struct {
	cell  []byte
	count int
}

func (e *example) add(cell []byte) {
	if e.count++; e.count == 1 {
		e.cell = bytes.Clone(cell)
	}
}

// first keeps a copy of the first cell that it is called with.
func first(kept *[]byte, cell []byte) {
	if *kept == nil {
		*kept = bytes.Clone(cell)
	}
}

// typos is how many cells must say one thing for one that says the other to be a mistake of its row.
const typos = 1000

// contradict reports whether both are said too often for either to be a mistake.
func contradict(a, b example) bool { return min(a.count, b.count)*typos > max(a.count, b.count) }

// open reports whether a column is still unclear.
func (f *File) open(seen []evidence) bool {
	for i, p := range f.heading.used {
		e := &seen[i]
		told := isDate(p.form) && f.options.Dates != "" || !isDate(p.form) && f.options.Decimal != 0
		if e.unclear.count > 0 && !told && e.dayFirst.count+e.monthFirst.count+e.point.count+e.comma.count == 0 {
			return true
		}
	}
	return false
}

func (f *File) see(seen []evidence, r record) {
	for i, p := range f.heading.used {
		typed := r.types != nil && r.types[p.cell] != textCell
		if p.form == fraction {
			seen[i].share.see(f.trimmed(r.cells[p.cell]), typed)
		}
		if typed {
			continue
		}
		cell := f.trimmed(r.cells[p.cell])
		switch {
		case cell == nil:
		case isDate(p.form):
			seen[i].seeDate(cell)
		case isNumber(p.form):
			seen[i].seeNumber(cell)
		}
	}
}

func (e *evidence) seeDate(cell []byte) {
	if isSerial(cell) {
		e.serial.add(cell)
		return
	}
	d, reason := readDate(cell, DayFirst)
	if reason != "" {
		d, reason = readDate(cell, MonthFirst)
	}
	if reason != "" {
		return
	}
	e.written.add(cell)
	switch {
	case d.order == DayFirst:
		e.dayFirst.add(cell)
	case d.order == MonthFirst:
		e.monthFirst.add(cell)
	case d.order == "" && d.day != d.month:
		e.unclear.add(cell)
	}
}

func (e *evidence) seeNumber(cell []byte) {
	if _, reason := readNumber(nil, cell, '.'); reason != "" {
		if _, reason := readNumber(nil, cell, ','); reason != "" {
			return
		}
	}
	switch proof(cell) {
	case '?':
		e.unclear.add(cell)
	case '.':
		e.point.add(cell)
	case ',':
		e.comma.add(cell)
	}
	if e.thousands == 0 && len(cell) > 4 {
		e.thousands = thousandsOf(cell)
	}
}

// decide judges one column by itself, else by what the others prove without contradiction; it gives what must be told.
func (f *File) decide(i int, seen []evidence) (unclear []string) {
	p, e := f.heading.used[i], seen[i]
	switch {
	case isDate(p.form) && f.options.Dates != "":
		f.dates[i] = f.options.Dates
	case isDate(p.form):
		return f.decideDate(i, seen)
	case !isNumber(p.form):
	case f.options.Decimal != 0:
		f.decimals[i] = f.options.Decimal
	case contradict(e.point, e.comma):
		return []string{fmt.Sprintf("column %s: %q has a decimal point, %q a decimal comma; give --decimal point or --decimal comma, the others will be rejected", p.name, e.point.cell, e.comma.cell)}
	case e.point.count > e.comma.count:
		f.decimals[i] = '.'
	case e.comma.count > 0:
		f.decimals[i] = ','
	default:
		if f.decimals[i] = elsewhere(seen); f.decimals[i] == 0 && e.unclear.count > 0 {
			return []string{fmt.Sprintf("column %s: %q and all others could have decimals or thousands; give --decimal point or --decimal comma", p.name, e.unclear.cell)}
		}
	}
	return nil
}

// elsewhere is the decimal sign that the file's other columns prove, when they prove only one.
func elsewhere(seen []evidence) byte {
	point, comma := false, false
	for _, e := range seen {
		point, comma = point || e.point.count > 0, comma || e.comma.count > 0
	}
	switch {
	case point && !comma:
		return '.'
	case comma && !point:
		return ','
	}
	return 0
}

func (f *File) decideDate(i int, seen []evidence) (unclear []string) {
	name, e := f.heading.used[i].name, seen[i]
	switch {
	case contradict(e.dayFirst, e.monthFirst):
		return []string{fmt.Sprintf("column %s: %q has the day first, %q the month; give --dates dmy or --dates mdy, the others will be rejected", name, e.dayFirst.cell, e.monthFirst.cell)}
	case contradict(e.serial, e.written):
		return []string{fmt.Sprintf("column %s: %q is a spreadsheet's count of days, %q a date; write all of them one way, or give --dates with that of those to import", name, e.serial.cell, e.written.cell)}
	case e.serial.count > e.written.count:
		f.dates[i] = ExcelSerial
	case e.dayFirst.count > e.monthFirst.count:
		f.dates[i] = DayFirst
	case e.monthFirst.count > 0:
		f.dates[i] = MonthFirst
	case e.unclear.count > 0:
		if f.dates[i] = sameWriting(e.unclear.cell, seen); f.dates[i] == "" {
			return []string{fmt.Sprintf("column %s: %q and all others could have the day or the month first; give --dates dmy or --dates mdy", name, e.unclear.cell)}
		}
	}
	return nil
}

// sameWriting is the order that the dates of other columns prove which are written with the same signs, when they prove
// only one: one program wrote them all.
func sameWriting(cell []byte, seen []evidence) DateOrder {
	day, month := false, false
	for _, e := range seen {
		day = day || (e.dayFirst.count > 0 && separatorOf(e.dayFirst.cell) == separatorOf(cell))
		month = month || (e.monthFirst.count > 0 && separatorOf(e.monthFirst.cell) == separatorOf(cell))
	}
	switch {
	case day && !month:
		return DayFirst
	case month && !day:
		return MonthFirst
	}
	return ""
}

// separatorOf is the first sign of a date that is no digit.
func separatorOf(cell []byte) byte {
	rest := bytes.TrimLeft(cell, "0123456789")
	if len(rest) == 0 {
		return 0
	}
	return rest[0]
}

// thousandsOf is what parts the thousands of a number as written; 0: nothing.
func thousandsOf(cell []byte) rune {
	digits := 0
	for i, r := range string(cell) {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case digits > 0 && parts(r, 0) && bytes.ContainsAny(cell[i+1:], "0123456789"):
			if (r == '.' || r == ',') && !bytes.ContainsAny(cell[i+1:], ".,") {
				return 0 // the only one of its kind: decimals
			}
			return r
		}
	}
	return 0
}

// isSerial recognises a date as spreadsheets count it: days since 1900, of the years 1954 to 2119, perhaps with a part.
func isSerial(cell []byte) bool {
	days, part, _ := bytes.Cut(cell, []byte{'.'})
	return len(days) == 5 && days[0] >= '2' && days[0] <= '7' && allDigits(days) && allDigits(part)
}

func isDate(f form) bool { return f == date || f == moment }

func isNumber(f form) bool { return f == number || f == fraction || f == whole }
