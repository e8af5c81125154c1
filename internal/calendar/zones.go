package calendar

import (
	"strings"
	"time"
	_ "time/tzdata" // a static binary on a bare machine must know its zones
)

// zoneOfCountry names the zone in which most of a country's businesses live. Countries that are not here live in the
// company's zone until the client's own is told.
var zoneOfCountry = map[string]string{
	"AR": "America/Argentina/Buenos_Aires", "AT": "Europe/Vienna", "AU": "Australia/Sydney", "BE": "Europe/Brussels",
	"BG": "Europe/Sofia", "BR": "America/Sao_Paulo", "CA": "America/Toronto", "CH": "Europe/Zurich", "CI": "Africa/Abidjan",
	"CL": "America/Santiago", "CM": "Africa/Douala", "CN": "Asia/Shanghai", "CO": "America/Bogota", "CY": "Asia/Nicosia",
	"CZ": "Europe/Prague", "DE": "Europe/Berlin", "DK": "Europe/Copenhagen", "DZ": "Africa/Algiers", "EE": "Europe/Tallinn",
	"ES": "Europe/Madrid", "FI": "Europe/Helsinki", "FR": "Europe/Paris", "GB": "Europe/London", "GF": "America/Cayenne",
	"GP": "America/Guadeloupe", "GR": "Europe/Athens", "HK": "Asia/Hong_Kong", "HR": "Europe/Zagreb", "HU": "Europe/Budapest",
	"IE": "Europe/Dublin", "IL": "Asia/Jerusalem", "IN": "Asia/Kolkata", "IS": "Atlantic/Reykjavik", "IT": "Europe/Rome",
	"JP": "Asia/Tokyo", "LI": "Europe/Vaduz", "LT": "Europe/Vilnius", "LU": "Europe/Luxembourg", "LV": "Europe/Riga",
	"MA": "Africa/Casablanca", "MC": "Europe/Monaco", "MQ": "America/Martinique", "MT": "Europe/Malta",
	"MX": "America/Mexico_City", "NC": "Pacific/Noumea", "NL": "Europe/Amsterdam", "NO": "Europe/Oslo",
	"NZ": "Pacific/Auckland", "PE": "America/Lima", "PF": "Pacific/Tahiti", "PL": "Europe/Warsaw", "PM": "America/Miquelon",
	"PT": "Europe/Lisbon", "RE": "Indian/Reunion", "RO": "Europe/Bucharest", "RS": "Europe/Belgrade", "RU": "Europe/Moscow",
	"SE": "Europe/Stockholm", "SG": "Asia/Singapore", "SI": "Europe/Ljubljana", "SK": "Europe/Bratislava", "SN": "Africa/Dakar",
	"TN": "Africa/Tunis", "TR": "Europe/Istanbul", "UA": "Europe/Kyiv", "US": "America/New_York", "VE": "America/Caracas",
	"YT": "Indian/Mayotte", "ZA": "Africa/Johannesburg",
}

// overseas names the country code under which a French postcode lives.
var overseas = map[string]string{
	"971": "GP", "972": "MQ", "973": "GF", "974": "RE", "975": "PM", "976": "YT", "987": "PF", "988": "NC",
}

// Location returns the zone a client lives in: its own when told and known, else that of its country (French overseas
// regions by their postcode), else the company's.
func (h *House) Location(zone, code, postcode string) *time.Location {
	if zone == "" {
		zone = h.zoneName(code, postcode)
	}
	if zone == "" {
		return h.rules.Zone
	}
	if loc, ok := h.zones.Load(zone); ok {
		return loc.(*time.Location)
	}
	loc, err := time.LoadLocation(zone)
	if err != nil { // a mistake in a file; the company's hours are the safe ones
		loc = h.rules.Zone
	}
	h.zones.Store(zone, loc)
	return loc
}

func (h *House) zoneName(code, postcode string) string {
	if code == "" {
		code = h.rules.Country
	}
	if code == "FR" && len(postcode) >= 3 && strings.HasPrefix(postcode, "9") {
		if region, ok := overseas[postcode[:3]]; ok {
			return zoneOfCountry[region]
		}
	}
	if code == h.rules.Country {
		return ""
	}
	return zoneOfCountry[code]
}

// location returns a zone that the embedded data is known to hold.
func location(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	return loc
}
