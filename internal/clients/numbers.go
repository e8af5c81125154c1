package clients

import (
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// Phone gives the number in E.164 (+33199001234), dialled from country (ISO alpha-2). false: it cannot be decided, so
// it is kept as typed and still dialled by a person. A leading zero that a spreadsheet ate is put back, because then
// only one number is possible.
func Phone(typed, country string) (string, bool) {
	typed = strings.TrimSpace(typed)
	if start := strings.IndexAny(typed, "+(0123456789"); start > 0 && start < 16 { // Tél. : 01 …
		typed = typed[start:]
	}
	if len(typed) < 4 || len(typed) > 40 || strings.ContainsFunc(typed, unicode.IsLetter) {
		return "", false // letters would be dropped, or dialled as digits
	}
	n, err := phonenumbers.Parse(typed, country)
	if err != nil || !phonenumbers.IsValidNumber(n) || n.GetExtension() != "" {
		return "", false
	}
	return phonenumbers.Format(n, phonenumbers.E164), true
}

// SIREN gives the nine digits of a French company number, from a SIREN or a SIRET typed with or without blanks. false:
// it has another length, or its check digit is wrong.
func SIREN(typed string) (string, bool) {
	digits, ok := digitsOf(typed)
	if !ok {
		return "", false
	}
	switch len(digits) {
	case 9:
		return digits, digits != "000000000" && luhn(digits)
	case 14:
		return digits[:9], digits[:9] != "000000000" && luhn(digits[:9]) && siretHolds(digits)
	}
	return "", false
}

// SIRET gives the fourteen digits of a French establishment. false: it is none.
func SIRET(typed string) (string, bool) {
	digits, _ := digitsOf(typed)
	if _, ok := SIREN(digits); !ok || len(digits) != 14 {
		return "", false
	}
	return digits, true
}

// siretHolds checks all fourteen digits; the establishments of La Poste ran out of such numbers, and have a sum of digits
// that five divides.
func siretHolds(digits string) bool {
	const laPoste = "356000000"
	if luhn(digits) {
		return true
	}
	sum := 0
	for i := range len(digits) {
		sum += digit(digits, i)
	}
	return digits[:9] == laPoste && sum%5 == 0
}

// digitsOf takes off blanks, points and hyphens; false: there is something else.
func digitsOf(typed string) (string, bool) {
	digits := make([]byte, 0, 14)
	for _, r := range typed {
		switch {
		case r >= '0' && r <= '9':
			digits = append(digits, byte(r))
		case unicode.IsSpace(r), r == '.', r == '-':
		default:
			return "", false
		}
	}
	return string(digits), true
}

// luhn wants a sum (see luhnSum) that ends in 0.
func luhn(digits string) bool { return luhnSum(digits)%10 == 0 }

// luhnSum adds the digits, every second one from the right doubled and summed across.
func luhnSum(digits string) int {
	sum := 0
	for i := range len(digits) {
		d := digit(digits, len(digits)-1-i)
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum
}

// EmailKey is the form under which addresses are compared, so that one mailbox has one: trimmed, lower case, accents
// composed, the domain as it goes on the wire (xn--…). false: it is no address that mail could be sent to, or has letters
// that nobody sees. What stands behind a + belongs to the key: only the mailbox's own server knows what it means.
func EmailKey(typed string) (string, bool) {
	if strings.ContainsFunc(typed, unseen) {
		return "", false
	}
	local, domain, ok := strings.Cut(norm.NFC.String(strings.ToLower(strings.TrimSpace(typed))), "@")
	if !ok || strings.ContainsFunc(domain, notInAddress) {
		return "", false
	}
	domain, err := idna.Lookup.ToASCII(domain)
	key := local + "@" + domain
	if err != nil || local == "" || len(local) > 64 || len(key) > 254 || strings.ContainsFunc(local, notInAddress) {
		return "", false
	}
	labels := strings.Split(domain, ".")
	if len(labels) < 2 || strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(local, "..") {
		return "", false
	}
	for _, label := range labels {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || strings.Contains(label, "_") {
			return "", false
		}
	}
	return key, true
}

// unseen are format characters: zero width, soft hyphens, changes of direction.
func unseen(r rune) bool { return unicode.Is(unicode.Cf, r) }

func notInAddress(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune("@,;:<>()[]\"\\", r)
}
