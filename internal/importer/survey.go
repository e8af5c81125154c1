package importer

import (
	"errors"
	"io"
)

// enough rows to judge columns that are clear or empty; an unclear one is followed to the end of the file.
const enough = 20000

// survey reads rows until every date column has shown which part comes first, and numbers which sign is decimal. What
// stays unclear at the end of the file is an error that says what to give.
func (f *File) survey() error {
	v := &view{file: f, dates: make([]DateOrder, len(f.heading.used)), unclear: make([][]byte, len(f.heading.used))}
	for rows := 0; !v.done(rows); rows++ {
		r, err := f.records.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if r.problem == "" && f.heading.wrongWidth(r.cells) == "" {
			v.see(r.cells)
		}
	}
	f.dates, f.decimal = v.dates, v.decimal
	for i, p := range f.heading.used {
		if f.options.Dates != "" {
			f.dates[i] = f.options.Dates
		}
		if v.openDate(i) {
			return fileError("column %s: %q and all others could have the day or the month first; give --dates dmy or --dates mdy", p.name, v.unclear[i])
		}
	}
	if f.options.Decimal != 0 {
		f.decimal = f.options.Decimal
	}
	if f.decimal == 0 && v.unclearNumber != nil {
		return fileError("%q and all others could have decimals or thousands; give --decimal point or --decimal comma", v.unclearNumber)
	}
	return nil
}

// view is what the survey has seen.
type view struct {
	file          *File
	dates         []DateOrder
	unclear       [][]byte // a date of each column that could be either
	decimal       byte
	unclearNumber []byte
}

func (v *view) done(rows int) bool {
	open := v.decimal == 0 && v.file.options.Decimal == 0
	if open && rows < enough || open && v.unclearNumber != nil {
		return false
	}
	for i, p := range v.file.heading.used {
		if isDate(p.form) && v.dates[i] == "" && v.file.options.Dates == "" && (rows < enough || v.unclear[i] != nil) {
			return false
		}
	}
	return true
}

func (v *view) openDate(i int) bool {
	return v.file.dates[i] == "" && v.unclear[i] != nil
}

func (v *view) see(cells [][]byte) {
	for i, p := range v.file.heading.used {
		cell := v.file.trimmed(cells[p.cell])
		switch {
		case cell == nil:
		case isDate(p.form) && v.dates[i] == "":
			v.seeDate(i, cell)
		case v.decimal == 0 && (p.form == number || p.form == fraction || p.form == whole):
			v.seeNumber(cell)
		}
	}
}

func (v *view) seeDate(i int, cell []byte) {
	d, reason := readDate(cell, DayFirst)
	if reason != "" {
		d, reason = readDate(cell, MonthFirst)
	}
	switch {
	case reason != "":
	case d.order != "":
		v.dates[i] = d.order
	case v.unclear[i] == nil && d.day != d.month:
		v.unclear[i] = append([]byte(nil), cell...)
	}
}

func (v *view) seeNumber(cell []byte) {
	if _, reason := readNumber(nil, cell, '.'); reason != "" {
		if _, reason := readNumber(nil, cell, ','); reason != "" {
			return
		}
	}
	switch sign := proof(cell); {
	case sign == '?' && v.unclearNumber == nil:
		v.unclearNumber = append([]byte(nil), cell...)
	case sign == '.' || sign == ',':
		v.decimal = sign
	}
}

func isDate(f form) bool { return f == date || f == moment }
