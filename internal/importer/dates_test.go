package importer

import (
	"fmt"
	"testing"
	"time"
)

func TestDates(t *testing.T) {
	for _, c := range []struct {
		cell  string
		order DateOrder
		want  string // "": refused
	}{
		{"2026-03-14", "", "2026-03-14"}, {"2026/3/4", "", "2026-03-04"}, {"20260314", "", "2026-03-14"}, {"1996-07-04 00:00:00.000", "", "1996-07-04"},
		{"2010-12-01T08:26:00Z", "", "2010-12-01"}, {"14/03/2026", DayFirst, "2026-03-14"}, {"4.3.2026", DayFirst, "2026-03-04"}, {"03/14/2026", MonthFirst, "2026-03-14"},
		{"13/03/2026", "", "2026-03-13"}, {"12/13/2026", "", "2026-12-13"}, {"03/03/2026", "", "2026-03-03"}, {"03/04/2026", "", ""}, {"14/03/2026", MonthFirst, ""}, {"03/14/2026", DayFirst, ""},
		{"29/02/2026", DayFirst, ""}, {"29/02/2024", DayFirst, "2024-02-29"}, {"14/03.2026", DayFirst, ""}, {"2026-13-01", "", ""},
		{"1/1/1", DayFirst, ""}, {"1/1/123", DayFirst, ""}, {"demain", DayFirst, ""}, {"2026-03", "", ""}, {"14/03/2026", YearFirst, ""}, {"2026-03-14x", "", ""}, {"202603145", "", ""}, {"", "", ""},
		// Years of two digits.
		{"14/03/26", DayFirst, "2026-03-14"}, {"05.01.24", DayFirst, "2024-01-05"}, {"1/5/24", MonthFirst, "2024-01-05"}, {"31/12/69", DayFirst, "2069-12-31"}, {"31/12/70", DayFirst, "1970-12-31"},
		{"05/01/24", "", ""}, {"31/12/99", "", "1999-12-31"}, {"99-12-31", "", ""},
		// Months in letters.
		{"05-janv.-24", "", "2024-01-05"}, {"5 janvier 2024", MonthFirst, "2024-01-05"}, {"1er févr. 2024", "", "2024-02-01"}, {"Jan 5, 2024", DayFirst, "2024-01-05"}, {"January 5th, 2024", "", "2024-01-05"},
		{"5-Jan-2024", "", "2024-01-05"}, {"31 août 2023", "", "2023-08-31"}, {"31 aou\u0302t 2023", "", "2023-08-31"}, {"lundi 5 janvier 2024", "", "2024-01-05"}, {"Mon, 05 Jan 2024 10:00:00 +0100", "", "2024-01-05"},
		{"mar. 2 janvier 2024", "", "2024-01-02"}, {"Mar 2, 2024", "", "2024-03-02"}, {"2024-Jan-05", "", "2024-01-05"}, {"5. März 2024", "", "2024-03-05"}, {"Jan 2024", "", ""}, {"5 jui 2024", "", ""},
		{"31 juin 2024", "", ""}, {"5 brumaire 2024", "", ""}, {"Jan 5", "", ""}, {"5 janvier", "", ""},
		// Days counted by a spreadsheet.
		{"45292", ExcelSerial, "2024-01-01"}, {"45291", ExcelSerial, "2023-12-31"}, {"45292.75", ExcelSerial, "2024-01-01"}, {"45292,75", ExcelSerial, "2024-01-01"}, {"36526", ExcelSerial, "2000-01-01"},
		{"45292", DayFirst, ""}, {"45292", "", ""}, {"2024-01-01", ExcelSerial, "2024-01-01"}, {"05/01/2024", ExcelSerial, ""}, {"10124", ExcelSerial, ""},
		// Times.
		{"05/01/2024 14:30", DayFirst, "2024-01-05"}, {"05/01/2024 à 14h30", DayFirst, "2024-01-05"}, {"1/5/2024, 2:30:15 PM", MonthFirst, "2024-01-05"}, {"20240105143000", "", "2024-01-05"}, {"05/01/2024 25:00", DayFirst, ""},
	} {
		d, reason := readDate([]byte(c.cell), c.order)
		if _, _, ok := readClock(d.rest); !ok && reason == "" {
			reason = notADate
		}
		if (reason == "") != (c.want != "") || (reason == "" && string(d.appendDate(nil)) != c.want) {
			t.Errorf("%q as %q: %s %s, want %q", c.cell, c.order, d.appendDate(nil), reason, c.want)
		}
	}
}

func TestMoments(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	for cell, want := range map[string]string{ // in UTC
		"2024-01-05": "2024-01-04T23:00:00Z", "05/01/2024 14:30": "2024-01-05T13:30:00Z", "05/07/2024 14h30": "2024-07-05T12:30:00Z", "05/07/2024 à 14 h": "2024-07-05T12:00:00Z",
		"2024-01-05T10:00:00Z": "2024-01-05T10:00:00Z", "2024-01-05T10:00:00.123+02:00": "2024-01-05T08:00:00Z", "2024-01-05 10:00:00 +0100": "2024-01-05T09:00:00Z", "2024-01-05 10:00:00+00": "2024-01-05T10:00:00Z",
		"5 Jan 2024, 2:30 PM": "2024-01-05T13:30:00Z", "5 Jan 2024 12:05 am": "2024-01-04T23:05:00Z", "5 Jan 2024 12 PM": "2024-01-05T11:00:00Z", "20240105143015": "2024-01-05T13:30:15Z",
		"31/03/2024 08:00": "2024-03-31T06:00:00Z", // the day the clocks change
		"05/01/2024 24:00": "", "05/01/2024 14:60": "", "05/01/2024 13 PM": "", "05/01/2024 vers midi": "", "05/01/2024 10:0": "", "05/01/202410:00": "", "2024-01-05 10:00 CET": "", "05/01/2024 14": "",
	} {
		got, reason := readMoment([]byte(cell), DayFirst, paris)
		if (reason == "") != (want != "") || reason == "" && got.UTC().Format(time.RFC3339) != want {
			t.Errorf("%q: %s %s, want %q", cell, got.UTC().Format(time.RFC3339), reason, want)
		}
	}
}

// FuzzDate compares with package time: every day, however written, is read as itself under its order, as no other day
// under another, and nothing that comes along gives a day that is none.
func FuzzDate(f *testing.F) {
	f.Add(int64(0), "31/02/2024")
	f.Add(int64(44000), "lundi 5 janv. 24 à 14h30")
	f.Add(int64(45292), "45292,75")
	f.Fuzz(func(t *testing.T, days int64, any string) {
		checkAnyDate(t, any)
		day := time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(uint64(days)%100000))
		for layout, order := range map[string]DateOrder{"2006-01-02": "", "20060102": "", "02/01/2006": DayFirst, "2.1.2006": DayFirst, "01-02-2006": MonthFirst, "2 January 2006": "", "Jan 2, 2006": "",
			"Monday, 02-Jan-2006": "", "2006-01-02T15:04:05Z": ""} {
			d, reason := readDate([]byte(day.Format(layout)), order)
			if got := string(d.appendDate(nil)); reason != "" || got != day.Format(time.DateOnly) {
				t.Fatalf("%s: %s %s", day.Format(layout), got, reason)
			}
		}
		if serial := int(day.Sub(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)).Hours() / 24); serial >= 20000 && serial < 80000 {
			if d, reason := readDate(fmt.Append(nil, serial), ExcelSerial); reason != "" || string(d.appendDate(nil)) != day.Format(time.DateOnly) {
				t.Fatalf("%d: %v %s, want %s", serial, d, reason, day)
			}
		}
	})
}

// checkAnyDate: what is read without an order is the same day under each order that reads it; what could be two days is
// not read without one.
func checkAnyDate(t *testing.T, cell string) {
	days := map[DateOrder]string{}
	for _, order := range []DateOrder{"", DayFirst, MonthFirst, YearFirst} {
		d, reason := readDate([]byte(cell), order)
		if reason != "" {
			continue
		}
		days[order] = string(d.appendDate(nil))
		if _, err := time.Parse(time.DateOnly, days[order]); err != nil {
			t.Fatalf("%q gives %v", cell, err)
		}
	}
	sure := days[""]
	for order, day := range days {
		if sure != "" && day != sure {
			t.Fatalf("%q is %s, but %s as %s", cell, sure, day, order)
		}
	}
	if sure == "" && days[DayFirst] != "" && days[DayFirst] == days[MonthFirst] {
		t.Fatalf("%q is %s either way, but not read", cell, days[DayFirst])
	}
	if again, reason := readDate([]byte(sure), ""); sure != "" && (reason != "" || string(again.appendDate(nil)) != sure) {
		t.Fatalf("%q gives %s, which gives %v %s", cell, sure, again, reason)
	}
}
