package templates

import "strings"

// typeset gives plain text the spaces and apostrophes of printed French or English, which keyboards do not have:
// non-breaking spaces before : ; ! ? » and after «, and ’ between letters. Addresses are left as they are.
func typeset(s, language string) string {
	runes := []rune(s)
	for i, r := range runes {
		switch {
		case r == '\'' && between(runes, i) && !inAddress(runes, i):
			runes[i] = '’'
		case language != "fr" || r != ' ':
		case i+1 < len(runes) && strings.ContainsRune(":;!?»%€", runes[i+1]) && i > 0 && runes[i-1] != '\n':
			runes[i] = '\u00a0'
		case i > 0 && runes[i-1] == '«':
			runes[i] = '\u00a0'
		}
	}
	return string(runes)
}

func between(runes []rune, i int) bool {
	return i > 0 && i+1 < len(runes) && isWord(runes[i-1]) && isWord(runes[i+1])
}

func isWord(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= 'À'
}

// inAddress reports whether the word around i holds ://, as a link does.
func inAddress(runes []rune, i int) bool {
	from, to := i, i
	for from > 0 && runes[from-1] != ' ' && runes[from-1] != '\n' {
		from--
	}
	for to < len(runes) && runes[to] != ' ' && runes[to] != '\n' {
		to++
	}
	return strings.Contains(string(runes[from:to]), "://")
}
