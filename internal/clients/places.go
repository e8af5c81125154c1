package clients

import (
	"strings"
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// usual are names that the tables of Unicode do not have, folded.
var usual = map[string]string{
	"uk": "GB", "angleterre": "GB", "england": "GB", "ecosse": "GB", "scotland": "GB", "grandebretagne": "GB", "greatbritain": "GB",
	"usa": "US", "unitedstatesofamerica": "US", "etatsunisdamerique": "US", "hollande": "NL", "holland": "NL", "thenetherlands": "NL",
	"eire": "IE", "republiquetcheque": "CZ", "czechrepublic": "CZ", "deutschland": "DE", "belgie": "BE", "schweiz": "CH", "suisse": "CH",
	"espana": "ES", "italia": "IT", "osterreich": "AT", "polska": "PL", "nederland": "NL", "coreedusud": "KR", "southkorea": "KR",
	"russie": "RU", "russia": "RU", "turquie": "TR", "turkey": "TR", "rsa": "ZA", "uae": "AE", "francemetropolitaine": "FR",
	"metropolitanfrance": "FR", "channelislands": "JE", "capvert": "CV", "capeverde": "CV", "hongkong": "HK", "macao": "MO",
}

// names are the countries by folded French and English name and by three-letter code; made once, when first asked for.
var names = sync.OnceValue(func() map[string]string {
	table := make(map[string]string, 1000)
	for _, namer := range []display.Namer{display.French.Regions(), display.English.Regions()} {
		for a := 'A'; a <= 'Z'; a++ {
			for b := 'A'; b <= 'Z'; b++ {
				region, err := language.ParseRegion(string([]rune{a, b}))
				if err != nil || !region.IsCountry() || region.Canonicalize() != region {
					continue
				}
				table[Fold(namer.Name(region))] = region.String()
				table[Fold(region.ISO3())] = region.String()
			}
		}
	}
	for name, code := range usual {
		table[name] = code
	}
	delete(table, "")
	return table
})

// Country gives the ISO alpha-2 code of a code or of a French or English name. false: no such country.
func Country(typed string) (string, bool) {
	typed = strings.TrimSpace(typed)
	if len(typed) == 2 && !strings.EqualFold(typed, "uk") {
		region, err := language.ParseRegion(typed)
		if err != nil || !region.IsCountry() {
			return "", false
		}
		return region.Canonicalize().String(), true
	}
	code, ok := names()[Fold(typed)]
	return code, ok
}

// Language gives the two-letter code of a code (fr, fr-BE) or of a French or English name. false: not known.
func Language(typed string) (string, bool) {
	switch Fold(typed) {
	case "francais", "french", "fra", "fre":
		return "fr", true
	case "anglais", "english", "eng":
		return "en", true
	case "allemand", "german", "deutsch", "deu", "ger":
		return "de", true
	case "neerlandais", "dutch", "nederlands", "flamand", "nld", "dut":
		return "nl", true
	case "espagnol", "spanish", "espanol", "spa":
		return "es", true
	case "italien", "italian", "italiano", "ita":
		return "it", true
	case "portugais", "portuguese", "por":
		return "pt", true
	}
	tag, err := language.Parse(strings.TrimSpace(typed))
	if err != nil {
		return "", false
	}
	base, sure := tag.Base()
	return base.String(), sure == language.Exact && len(base.String()) == 2
}
