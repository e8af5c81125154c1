package calendar

import (
	"testing"
	"time"
)

func TestNextAllowed(t *testing.T) {
	h := house(t)
	paris := h.Zone()
	reunion := h.Location("", "FR", "97400")
	for _, c := range []struct {
		name    string
		use     Use
		from    string
		country string
		loc     *time.Location
		want    string
	}{
		{"in the hours it is now", ToCall, "2026-11-23T09:15:00+01:00", "FR", paris, "2026-11-23T09:15:00+01:00"},
		{"before them it is their start", ToCall, "2026-11-23T00:00:00+01:00", "FR", paris, "2026-11-23T08:30:00+01:00"},
		{"noon is over", ToCall, "2026-11-23T12:00:00+01:00", "FR", paris, "2026-11-23T13:30:00+01:00"},
		{"consumers have other hours", ToCallConsumer, "2026-11-23T08:30:00+01:00", "FR", paris, "2026-11-23T10:00:00+01:00"},
		{"consumers may be called at 19", ToCallConsumer, "2026-11-23T19:00:00+01:00", "FR", paris, "2026-11-23T19:00:00+01:00"},
		{"after them it is tomorrow", ToSend, "2026-11-23T18:00:00+01:00", "FR", paris, "2026-11-24T08:00:00+01:00"},
		{"Friday evening is Monday", ToSend, "2026-11-27T20:00:00+01:00", "FR", paris, "2026-11-30T08:00:00+01:00"},
		{"over the change to summer time", ToCall, "2026-03-28T10:00:00+01:00", "FR", paris, "2026-03-30T08:30:00+02:00"},
		{"Easter Monday is none", ToCall, "2026-04-04T10:00:00+02:00", "FR", paris, "2026-04-07T08:30:00+02:00"},
		{"August waits", ToCall, "2026-08-10T10:00:00+02:00", "FR", paris, "2026-08-26T08:30:00+02:00"},
		{"the turn of the year waits", ToSend, "2026-12-19T10:00:00+01:00", "FR", paris, "2027-01-06T08:00:00+01:00"},
		{"a client on Réunion lives three hours ahead", ToSend, "2026-11-23T04:00:00+01:00", "FR", reunion, "2026-11-23T08:00:00+04:00"},
		{"for him it is evening at 16 in Paris", ToSend, "2026-11-23T16:00:00+01:00", "FR", reunion, "2026-11-24T08:00:00+04:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			from, err := time.Parse(time.RFC3339, c.from)
			if err != nil {
				t.Fatal(err)
			}
			got := h.NextAllowed(c.use, from, c.country, c.loc)
			if s := got.Format(time.RFC3339); s != c.want {
				t.Errorf("got %s, want %s", s, c.want)
			}
			if again := h.NextAllowed(c.use, got, c.country, c.loc); !again.Equal(got) {
				t.Errorf("what is allowed moved on to %s", again)
			}
		})
	}
}

func TestOtherHalfOfTheDay(t *testing.T) {
	h := house(t)
	morning := time.Date(2026, 11, 23, 9, 0, 0, 0, h.Zone())
	wednesday := time.Date(2026, 11, 25, 0, 0, 0, 0, h.Zone())
	if got := h.OtherHalf(ToCall, wednesday, morning, "FR", h.Zone()).Format("2006-01-02 15:04"); got != "2026-11-25 13:30" {
		t.Errorf("after a morning comes %s, want the afternoon", got)
	}
	if got := h.OtherHalf(ToCall, wednesday, morning.Add(6*time.Hour), "FR", h.Zone()).Format("2006-01-02 15:04"); got != "2026-11-25 08:30" {
		t.Errorf("after an afternoon comes %s, want the morning", got)
	}
}

func TestClientsLiveInTheirZone(t *testing.T) {
	h := house(t)
	for _, c := range []struct{ name, zone, country, postcode, want string }{
		{"its own zone", "Asia/Tokyo", "FR", "75001", "Asia/Tokyo"},
		{"its country's", "", "PT", "1000", "Europe/Lisbon"},
		{"an overseas region by its postcode", "", "FR", "97110", "America/Guadeloupe"},
		{"an overseas region without a country told", "", "", "97200", "America/Martinique"},
		{"the company's", "", "", "75001", "Europe/Paris"},
		{"a zone that does not exist is the company's", "Mars/Olympus", "DE", "", "Europe/Paris"},
		{"a country that is not listed is the company's", "", "ZZ", "", "Europe/Paris"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := h.Location(c.zone, c.country, c.postcode).String(); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	for code, zone := range zoneOfCountry {
		if _, err := time.LoadLocation(zone); err != nil {
			t.Errorf("%s: %v", code, err)
		}
	}
}

func TestMistakesInSettingsAreTold(t *testing.T) {
	for _, s := range []string{"", "8-12", "12:00-08:30", "08:30", "25:00-26:00"} {
		if h, err := ParseHours(s); err == nil {
			t.Errorf("hours %q became %v", s, h)
		}
	}
	for _, s := range []string{"08-01", "13-01..13-02", "02-30..03-01"} {
		if q, err := ParseSpans(s); err == nil {
			t.Errorf("span %q became %v", s, q)
		}
	}
}

func TestPeriods(t *testing.T) {
	h := house(t)
	for _, c := range []struct{ text, from, want string }{
		{"5 working days", "2026-11-23", "2026-11-30"},
		{"1 working day", "2026-11-27", "2026-11-30"},
		{"30 days", "2026-01-31", "2026-03-02"},
		{"2 weeks", "2026-11-23", "2026-12-07"},
		{"6 months", "2026-08-31", "2027-02-28"},
		{"1 year", "2024-02-29", "2025-02-28"},
	} {
		p, err := ParsePeriod(c.text)
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		if got := h.Add(date(t, c.from), p, "FR"); got != date(t, c.want) || p.String() != c.text {
			t.Errorf("%s after %s is %s, want %s; written %q", c.text, c.from, got, c.want, p)
		}
	}
	for _, c := range []struct{ text, want string }{
		{"five days", `"five days" is no period: write a number and a unit, such as "10 days"`},
		{"5 workin days", `"5 workin days" is no period here: the unit "workin days" is not known (working days?); known here: days, working days`},
		{"2.5 days", `"2.5 days" is no period: days come in whole numbers`},
		{"-3 days", `"-3 days" is no period: write a number and a unit, such as "10 days"`},
	} {
		if _, err := ParsePeriod(c.text, InDays, InWorkingDays); err == nil || err.Error() != c.want {
			t.Errorf("%q: %v, want %s", c.text, err, c.want)
		}
	}
}
