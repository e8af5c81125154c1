package nearest

import "testing"

func TestWord(t *testing.T) {
	known := []string{"client.name", "client.city", "contact.name", "survey_url"}
	for _, c := range []struct{ name, word, want string }{
		{"a letter is missing", "client.nam", "client.name"},
		{"two letters are swapped", "clinet.city", "client.city"},
		{"case does not matter", "Survey_URL", "survey_url"},
		{"nothing resembles it", "weather", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Word(c.word, known); got != c.want {
				t.Errorf("Word(%q) = %q, want %q", c.word, got, c.want)
			}
		})
	}
}
