package importer

import (
	"bytes"
	"math"
	"strconv"
	"time"
)

// read gives the value of a cell in the form that its type has in records; problem: it has none.
func (s *sheetRows) read(kind string, look style) (cell []byte, t cellType, problem string, err error) {
	switch kind {
	case "s":
		number, err := strconv.Atoi(string(bytes.TrimSpace(s.raw)))
		if err != nil && len(s.raw) == 0 {
			return nil, textCell, "", nil
		}
		text, ok, err := s.book.texts.at(number)
		if !ok && err == nil {
			problem = "refers to a text that the workbook has not"
		}
		return text, textCell, problem, err
	case "str":
		return restoreSigns(s.raw, 0), textCell, "", nil
	case "inlineStr":
		return s.raw, textCell, "", nil
	case "b":
		return boolOf(s.raw), boolCell, "", nil
	case "e":
		return nil, textCell, "", nil
	case "d":
		return dayOrMoment(s.raw), dateCell, "", nil
	}
	cell, t = numberOf(bytes.TrimSpace(s.raw), look, s.book.from1904)
	return cell, t, "", nil
}

func boolOf(raw []byte) []byte {
	switch string(bytes.TrimSpace(raw)) {
	case "":
		return nil
	case "1", "true":
		return []byte("true")
	}
	return []byte("false")
}

// dayOrMoment writes 2026-03-14T08:26:00.000 as other dates are, midnight as the day alone.
func dayOrMoment(raw []byte) []byte {
	raw, _, _ = bytes.Cut(bytes.TrimSpace(raw), []byte{'.'})
	return bytes.TrimSuffix(bytes.Replace(bytes.TrimSuffix(raw, []byte{'Z'}), []byte{'T'}, []byte{' '}, 1), []byte(" 00:00:00"))
}

// exactDigits is how many digits spreadsheets keep; what is behind them is noise of their arithmetic.
const exactDigits = 15

// numberOf writes a number as its format means it: a day, a time, a code with zeros in front, or the number without noise.
func numberOf(raw []byte, look style, from1904 bool) ([]byte, cellType) {
	if len(raw) == 0 {
		return nil, textCell
	}
	if look.date || look.clock {
		if cell, t := momentOf(raw, look, from1904); cell != nil {
			return cell, t
		}
	}
	number := raw
	if len(raw) > exactDigits || !plain(raw) {
		n, err := strconv.ParseFloat(string(raw), 64)
		if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
			return raw, textCell
		}
		number = withoutNoise(n)
	}
	if look.width > len(number) && allDigits(number) {
		return append(bytes.Repeat([]byte{'0'}, look.width-len(number)), number...), numberCell
	}
	return number, numberCell
}

func withoutNoise(n float64) []byte {
	if n == 0 {
		return []byte{'0'}
	}
	digits := strconv.AppendFloat(nil, n, 'e', exactDigits-1, 64)
	return decimalOf(digits)
}

// lastDay is 9999-12-31 as spreadsheets count it.
const lastDay = 2958465

// momentOf writes a count of days, whose part is the time, as 2026-03-14, 2026-03-14 08:26:00 or 08:26:00; nil: it is none.
func momentOf(raw []byte, look style, from1904 bool) ([]byte, cellType) {
	n, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || !(n >= 0 && n <= lastDay+1) {
		return nil, textCell
	}
	days := math.Floor(n)
	seconds := math.Round((n - days) * 86400)
	if look.clock && days == 0 && seconds < 86400 {
		return time.Unix(int64(seconds), 0).UTC().AppendFormat(nil, time.TimeOnly), textCell
	}
	if !from1904 && days == 60 && seconds < 86400 {
		return []byte("1900-02-29"), dateCell // spreadsheets have this day, the calendar has not
	}
	t := epoch(from1904, days).AddDate(0, 0, int(days)).Add(time.Duration(seconds) * time.Second)
	if seconds == 0 || seconds == 86400 {
		return t.AppendFormat(nil, time.DateOnly), dateCell
	}
	return t.AppendFormat(nil, time.DateTime), dateCell
}

// epoch is day 0. Spreadsheets that begin in 1900 count a 29 February that was not, so that days after it begin earlier.
func epoch(from1904 bool, days float64) time.Time {
	switch {
	case from1904:
		return time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	case days < 60:
		return time.Date(1899, 12, 31, 0, 0, 0, 0, time.UTC)
	}
	return time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
}
