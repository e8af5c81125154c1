package clients_test

import (
	"strings"
	"testing"

	"github.com/relance/relance/internal/clients"
)

// Numbers that firms show in public, and such with a digit changed. Another program agrees, but for a few that it does not know.
const rightVAT = `ATU 142 43 102|ATU15159209|ATU 54300000|ATU61195628
BE (0)468.561.072|BE 0202.239.951|BE 444.503.092|BE0897290877|BE697449992|BE 0795 013 186
BG 103873594|BG 124 551 319|BG131202360|BG7111042925|BG7542011030|BG8032056031
CHE-107.787.577|CHE-107.787.577 TVA|CHE107787577MWST
CY 10246672X|CY-10008489 A|CY00632993 F|CY-10259033P
CZ 25123891|CZ 640229/4448|CZ 640903926|CZ 654123789|CZ 682127228|CZ00023205|CZ7205151536|CZ 6956220612
DE - 113866163|DE 118619592|DE 813 11 38 75|DE136308783|DE 221.304.969
DK 10 50 32 80|DK 2566 2202|DK: 21599336|DK-27630308
EE 100 931 558|EE 100523487|EE101256753
EL 039868210|EL 94051189|EL: 094279805|El 800 179 925|GR 094501040
ES - Q0818001J|ES 54362315K|ES A-28184661|ES J99216582|ES R9600075G|ES U99216426|ES W4003922D|ES X-5253868-R|ES Y5277343F|ES Z5277343K|Es-a58951310
FI 02459042|FI 0982651-1|FI- 01968312|FI-214 95 540
FR 04409414364|FR 114 248 728 36|FR 61 954 506 077|FR K 7399859412|FR83404833048|Fr 40 303 265 045|FR16000063601|FR32000000330|FR 41-343848552
GB 980 7806 84|GB802311782|XI 980780684|GBGD001|GBHA500
HR 33392005961
HU -12509403|HU 10672101|HU11377304
IE 0005306C|IE 632 3420 C|IE 8223200u|IE6433435IH|IE6433435OA|IE6599001W|IE8D79739I|IE9Y71814N
IT - 01404480202|IT 00 595 000 217|IT 12920760159|IT: 02331250163
LT 100001354118|LT 119511515|LT290068995116|LT 100005066013
LU 10059929|LU.248.70.640|LU: 2294 4200
LV 4000 3521 600|LV 90000528023|LV-42103048183
MT 1039-6417|MT 20630321|MT 1167-9112
NL 001241 643 B01|NL 8225.69.759 b01|NL.8186.43.778.B.01|NL4495445B01|NL001309675B01|NL117621729B01
NO 995 525 828 MVA
PL 5211355116|PL 584-030-44-72|PL 777 26 68 285
PT 500 019 720|PT 500135.495|PT503038083
RO 11358544|RO 573768|RO 1630615123457|RO 185 472 90
SE 202 100-5000 01|SE 390 806 051 401|SE-556666-4438-01
SI 26808498|SI 3609 7152|SI 50223054
SK 1078449064|SK 202 274 96 19|SK2022193459`

const wrongVAT = `ATU 143 43 102|ATU15169209|ATU46080904|AT1 142 43 102|ATU 151592092
BE 0406.139.583|BE 0793 013 186|BE 456.973.432|BE697449982|BE 02A2.239.951|BE 0220,764.971
BG 131 172 009|BG 147147471|BG 200940556|BG 10X8735941
CHE-107.787.578
CY 10246672F|CY-10009489 A|CY00632893 F|CY-12259033P
CZ 25557481|CZ 48207726|CZ 640913926|CZ 8058018314|CZ 95123891
DE 125014855|DE 246 495 415|DE 813 91 38 75|DE - 266297673|DE 011125440
DK 11 96 56 58|DK 2565 2202|DK10159817
EE 100 941 558|EE101256754
EL 094013834|EL094501140
ES 54362415K|ES K-2814015-F|ES-x-2322300w|Es-a48951310|ES B-583784312|ESA2818466A
FR 04409414264|FR 21 326 565 603|FR K 7399859312|FR L 7399859412|FR 84 323 140 391|FR000076090
GB 802311781|GBGD500|GBHA499
IE 4731823H|IE 632 3421 C|IE 5339273F|IE8D79729I|IE 4550C59S
IT 00687129980
LT 100001354|LT 100001509922
LV 40003189715|LV 90000528022|LV-10103241337
NL 009122746B00|NL 001241643801|NL B06753742B01
SE 55643359201
SK 1078449164|SK 302 274 96 19|SK 2030 237 945|SK A078449064|SK 2010 237 945`

func TestVATNumbers(t *testing.T) {
	for _, n := range strings.FieldsFunc(rightVAT, func(r rune) bool { return r == '|' || r == '\n' }) {
		got, check := clients.VAT(n, "US")
		if check != clients.Right || strings.ContainsAny(got, " .-:/") {
			t.Errorf("%s: %q %v, want it right", n, got, check)
		}
		if again, check := clients.VAT(got, "US"); again != got || check != clients.Right {
			t.Errorf("%s gives %s, which gives %q", n, got, again)
		}
	}
	for _, n := range strings.FieldsFunc(wrongVAT, func(r rune) bool { return r == '|' || r == '\n' }) {
		country := strings.ToUpper(n[:2])
		if country == "EL" {
			country = "GR"
		}
		if got, check := clients.VAT(n, country); check != clients.Wrong || got != "" {
			t.Errorf("%s: %q %v, want it wrong", n, got, check)
		}
	}
}

func TestVATWithoutItsCountry(t *testing.T) {
	for _, c := range []struct {
		typed, country, want string
		check                clients.Check
	}{
		{"40 303 265 045", "FR", "FR40303265045", clients.Right}, {"0468.561.072", "BE", "BE0468561072", clients.Right}, {"DE136308783", "FR", "DE136308783", clients.Right},
		{"094501040", "GR", "EL094501040", clients.Right}, {"303 265 045", "FR", "", clients.Wrong}, {"40303265045", "BE", "", clients.Wrong}, {"", "FR", "", clients.Wrong},
		{"3,03265E+08", "FR", "", clients.Wrong}, {"exonéré", "FR", "", clients.Wrong}, {"12-3456789", "US", "", clients.Unknown}, {"EU372000041", "FR", "", clients.Wrong},
	} {
		if got, check := clients.VAT(c.typed, c.country); got != c.want || check != c.check {
			t.Errorf("%q of %s: %q %v, want %q %v", c.typed, c.country, got, check, c.want, c.check)
		}
	}
}

func TestSIRET(t *testing.T) {
	for _, n := range []string{"0 5 7 8 1 3 1 3 1 0 0 0 2 6", "329.338.88300153", "73282932000074", "356 000 000 09075", "35600000000048", "35600000049837"} {
		if _, ok := clients.SIRET(n); !ok {
			t.Errorf("%s: want it right", n)
		}
	}
	for _, n := range []string{"35600000049838", "73282932000075", "73282932100074", "732829320", "3,56E+13", "00000000000000"} {
		if got, ok := clients.SIRET(n); ok {
			t.Errorf("%s: %s, want it wrong", n, got)
		}
	}
}

// FuzzVAT: what is right stays right when it is written again, and no digit is invented or lost but leading zeros.
func FuzzVAT(f *testing.F) {
	f.Add("FR 40 303 265 045", "FR")
	f.Add("0468.561.072", "BE")
	f.Add("CHE-107.787.577 TVA", "CH")
	f.Fuzz(func(t *testing.T, typed, country string) {
		got, check := clients.VAT(typed, country)
		if (check == clients.Right) != (got != "") {
			t.Fatalf("%q: %q %v", typed, got, check)
		}
		if check != clients.Right {
			return
		}
		if again, check := clients.VAT(got, country); again != got || check != clients.Right {
			t.Fatalf("%q gives %q, which gives %q", typed, got, again)
		}
		if a, b := strings.TrimLeft(onlyDigits(typed), "0"), strings.TrimLeft(onlyDigits(got), "0"); a != b {
			t.Fatalf("%q has the digits %s, %q has %s", typed, a, got, b)
		}
	})
}

// FuzzSIREN: a right number has its own nine digits, and another last digit makes it wrong.
func FuzzSIREN(f *testing.F) {
	f.Add("732 829 320")
	f.Add("35600000049837")
	f.Fuzz(func(t *testing.T, typed string) {
		siren, ok := clients.SIREN(typed)
		if !ok {
			return
		}
		if !strings.HasPrefix(onlyDigits(typed), siren) {
			t.Fatalf("%q gives %s", typed, siren)
		}
		changed := []byte(siren)
		changed[8] = '0' + (changed[8]-'0'+1)%10
		if _, ok := clients.SIREN(string(changed)); ok {
			t.Fatalf("both %s and %s are right", siren, changed)
		}
	})
}

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}
