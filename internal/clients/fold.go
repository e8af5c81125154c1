package clients

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold is the form under which headings and words are compared: lower case letters and digits only, accents off, so
// that "N° Client", "n_client" and "NClient" are one.
func Fold(s string) string {
	if plain := foldASCII(s); plain != "" || s == "" {
		return plain
	}
	var b strings.Builder
	for _, r := range norm.NFKD.String(strings.NewReplacer("°", "", "º", "", "œ", "oe", "Œ", "oe", "æ", "ae", "ß", "ss").Replace(s)) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// foldASCII is Fold for what has no other letters; "" when there are some, or nothing to keep.
func foldASCII(s string) string {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= 0x80:
			return ""
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			out = append(out, c)
		case c >= 'A' && c <= 'Z':
			out = append(out, c+'a'-'A')
		}
	}
	return string(out)
}
