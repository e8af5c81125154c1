package importer

// Shape is what was found out about a file, for people and for JSON.
type Shape struct {
	Format    string               `json:"format"` // csv, xlsx, jsonl
	Packed    string               `json:"packed"` // gzip, zip, or "" when it is as it is
	Member    string               `json:"member"` // of the archive
	Encoding  string               `json:"encoding"`
	Delimiter string               `json:"delimiter"` // these signs in words, see ParseSign; "" when the format has none
	Quote     string               `json:"quote"`
	Decimal   string               `json:"decimal"`   // "" when no number has shown one
	Thousands string               `json:"thousands"` // only when one was seen
	Dates     map[string]DateOrder `json:"dates"`     // of each column that holds dates
	Sheet     string               `json:"sheet"`     // of a workbook, that is read
	Sheets    []string             `json:"sheets"`    // all of it
	Header    int64                `json:"header"`    // line of the headings; 0 when the format has none
	Columns   []Found              `json:"columns"`   // in the file's order
	Notes     []string             `json:"notes"`     // what was mended in rows read so far, with figures
}

// Found is a heading of the file and what is made of it.
type Found struct {
	Heading string `json:"heading"`
	Column  string `json:"column"` // canonical, or the attribute's name; "" when it is unused
	How     string `json:"how"`    // map, name, usual, attribute, unused
}

// Shape tells what was found out. Its notes grow while rows are read.
func (f *File) Shape() Shape {
	s := Shape{Packed: f.packing.how, Member: f.packing.member, Header: f.headline.line, Dates: map[string]DateOrder{},
		Sheets: []string{}, Columns: []Found{}, Notes: append(f.heading.sentences(), f.notes.sentences()...), Thousands: thousandsWord(f.thousands)}
	f.source.describe(&s)
	for i, p := range f.heading.used {
		if isDate(p.form) {
			s.Dates[p.name] = f.dates[i]
		}
		if f.decimals[i] != 0 {
			s.Decimal = signWord(f.decimals[i])
		}
	}
	for i, name := range f.heading.names {
		column, how := f.heading.use(i, f.kind)
		s.Columns = append(s.Columns, Found{Heading: name, Column: column, How: how})
	}
	return s
}

// thousandsWord names what parts thousands.
func thousandsWord(sign rune) string {
	switch sign {
	case 0:
		return ""
	case '.':
		return "point"
	case ',':
		return "comma"
	case ' ':
		return "blank"
	case '\u00a0':
		return "no-break space"
	case '\u202f', '\u2009':
		return "narrow no-break space"
	}
	return "apostrophe"
}
