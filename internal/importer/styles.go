package importer

import "strings"

// style is what a cell's number format makes of its number.
type style struct {
	date  bool // a day, perhaps with a time
	clock bool // a time of day only
	width int  // digits that are shown at least, with zeros in front, when it is a code such as 08000; else 0
}

// mostStyles is how many different looks the format allows for cells.
const mostStyles = 1 << 16

// loadStyles reads the number formats of cells.
func (w *workbook) loadStyles(part string) error {
	var sheet struct {
		Formats []struct {
			ID   int    `xml:"numFmtId,attr"`
			Code string `xml:"formatCode,attr"`
		} `xml:"numFmts>numFmt"`
		Cells []struct {
			Format int `xml:"numFmtId,attr"`
		} `xml:"cellXfs>xf"`
	}
	if err := w.decode(part, &sheet); err != nil {
		return err
	}
	known := map[int]style{}
	for _, f := range sheet.Formats {
		known[f.ID] = styleOf(f.Code)
	}
	for _, c := range sheet.Cells[:min(len(sheet.Cells), mostStyles)] {
		s, told := known[c.Format]
		if !told {
			s = builtIn(c.Format)
		}
		w.styles = append(w.styles, s)
	}
	return nil
}

// builtIn are the formats that every spreadsheet knows by number.
func builtIn(id int) style {
	switch {
	case id >= 14 && id <= 17, id == 22, id >= 27 && id <= 36, id >= 50 && id <= 58:
		return style{date: true}
	case id >= 18 && id <= 21, id == 45, id == 47:
		return style{clock: true}
	}
	return style{}
}

// styleOf reads a format such as dd/mm/yyyy or 00000.
func styleOf(code string) style {
	code = bareFormat(code)
	if strings.EqualFold(code, "general") || strings.EqualFold(code, "standard") {
		return style{}
	}
	lower := strings.ToLower(code)
	switch {
	case strings.ContainsAny(lower, "dy"), strings.Contains(lower, "m") && !strings.ContainsAny(lower, "hs0#"):
		return style{date: true}
	case strings.Contains(lower, "[h]"), strings.Contains(lower, "[m]"), strings.Contains(lower, "[s]"):
		return style{} // hours that are counted, not a time of day
	case strings.ContainsAny(lower, "hs"):
		return style{clock: true}
	}
	return style{width: codeWidth(code)}
}

// bareFormat is the first part of a format, for positive numbers, without quoted texts, colours and filling signs.
func bareFormat(code string) string {
	var out strings.Builder
	for i := 0; i < len(code); i++ {
		switch c := code[i]; c {
		case ';':
			return out.String()
		case '\\', '_', '*':
			i++
		case '"':
			for i++; i < len(code) && code[i] != '"'; i++ {
			}
		case '[':
			end := strings.IndexByte(code[i:], ']')
			if end < 0 {
				return out.String()
			}
			if inside := strings.ToLower(code[i : i+end+1]); strings.Trim(inside, "[]hms") == "" {
				out.WriteString(inside[:2] + "]")
			}
			i += end
		default:
			out.WriteByte(c)
		}
	}
	return out.String()
}

// codeWidth is how many digits a format of zeros shows at least: 5 for 00000, 10 for a telephone's 0# ## ## ## ##.
func codeWidth(code string) int {
	digits := strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '\u00a0' {
			return -1
		}
		return r
	}, code)
	if strings.Trim(digits, "0#") != "" || !strings.HasPrefix(digits, "0") || len(digits) < 2 {
		return 0
	}
	return len(digits)
}
