package look

import (
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// Languages are those that pages exist in; the first is the one to fall back to.
var Languages = []string{"fr", "en"}

// Book holds the messages of all languages. It is safe for concurrent use.
type Book struct {
	words map[string]Words
}

// Words are the messages in one language.
type Words struct {
	Language  string
	localizer *i18n.Localizer
}

// LoadBook reads every fr.yaml and en.yaml in dir: id → text, or id → {one, other}. French is written there with plain
// spaces; the non-breaking ones that its punctuation wants are set here.
func LoadBook(files fs.FS, dir string) (*Book, error) {
	bundle := i18n.NewBundle(language.French)
	bundle.RegisterUnmarshalFunc("yaml", func(data []byte, v any) error { return yaml.Unmarshal(data, v) })
	book := &Book{words: map[string]Words{}}
	for _, l := range Languages {
		file := path.Join(dir, l+".yaml")
		text, err := fs.ReadFile(files, file)
		if err != nil {
			return nil, fmt.Errorf("read the words: %w", err)
		}
		if l == "fr" {
			text = []byte(SetFrench(string(text)))
		}
		if _, err := bundle.ParseMessageFileBytes(text, l+".yaml"); err != nil {
			return nil, fmt.Errorf("read the words in %s: %w", file, err)
		}
	}
	for _, l := range Languages {
		book.words[l] = Words{Language: l, localizer: i18n.NewLocalizer(bundle, l)}
	}
	return book, nil
}

// In returns the words in the language, such as fr or fr-BE; in French when there are none.
func (b *Book) In(lang string) Words {
	lang, _, _ = strings.Cut(strings.ToLower(lang), "-")
	if w, ok := b.words[lang]; ok {
		return w
	}
	return b.words[Languages[0]]
}

// T returns the message, with the named values filled in: T("calls.late", "n", 2). The value called n chooses the
// plural. Without such a message the id itself comes back, which the tests of every page look for.
func (w Words) T(id string, pairs ...any) string {
	config := &i18n.LocalizeConfig{MessageID: id}
	data := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		name := fmt.Sprint(pairs[i])
		data[name] = pairs[i+1]
		if n, whole := pairs[i+1].(int); whole {
			data[name] = number(float64(n), 0, w.Language)
			if name == "n" {
				config.PluralCount = n % 1_000_000 // French counts millions otherwise, which no page needs
				if n != 0 && n%1_000_000 == 0 {
					config.PluralCount = 2
				}
			}
		}
	}
	config.TemplateData = data
	text, err := w.localizer.Localize(config)
	if err != nil && text == "" {
		return id
	}
	return text
}

// Has reports whether there is such a message in this language.
func (w Words) Has(id string) bool {
	_, tag, err := w.localizer.LocalizeWithTag(&i18n.LocalizeConfig{MessageID: id, PluralCount: 2})
	if err != nil {
		return false
	}
	base, _ := tag.Base()
	return base.String() == w.Language
}

// SetFrench puts the non-breaking spaces that French punctuation wants: before : ; ! ? » % €, and after «.
func SetFrench(text string) string { return french.Replace(text) }

var french = strings.NewReplacer(" :", nbsp+":", " ;", nbsp+";", " !", nbsp+"!", " ?", nbsp+"?", " »", nbsp+"»", "« ", "«"+nbsp, " %", nbsp+"%", " €", nbsp+"€")
