// Package templates holds what clients and reps read, and makes it ready to be read: mails, call scripts and
// questionnaires, in French and English, and the letter that mails are set in.
//
// A text is a file that a marketer can write: a few YAML lines (subject, preheader, from_name), then Markdown, with
// Liquid for what differs from client to client. A Set is an unchanging snapshot of such files: the shipped ones
// (Shipped), or what a campaign version froze (NewSet, Set.With). The way from a file to a message:
//
//  1. scan: Liquid is found and set aside as opaque tokens; each variable, filter and tag is checked against the
//     documented lists (Variables, Filters), so that a misspelt name is a Problem with its line and column.
//  2. compile, once per set, text and language: Markdown, then the letter, then CSS inlining, with the tokens passing
//     through untouched; then Liquid is put back, escaped for where it stands (text, attribute, link address).
//  3. render, once per message: only Liquid runs, on the finished HTML, on the plain text and on the subject.
//
// Rendering is strict: an unknown variable is an error, never a hole. A known variable without a value for this client is
// nil: texts handle it with "if" or "default", and Mail.Missing names it for the preview.
//
// Values are data, never markup: HTML is escaped, a link must be http, https, mailto or tel, and no value can break a
// subject line. Texts cannot include files, loop without bound or grow without bound.
//
// The package does no I/O, reads no clock and sends nothing.
package templates

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/relance/relance/campaigns/survey"
)

//go:embed mails scripts questionnaires layout
var shipped embed.FS

// ErrNoText says that a set has no such text, in any language.
var ErrNoText = errors.New("no such text")

// Kinds of text, as Check takes them. KindSurvey is all that a survey step needs: the mails
// <name>-invitation and <name>-reminder and the questionnaire <name>.
const (
	KindMail   = "mail"
	KindScript = "script"
	KindSurvey = "survey"
)

// Languages are those in which texts may be written, the first being the one to fall back to.
var Languages = []string{"fr", "en"}

// Set is an unchanging snapshot of texts. Safe for concurrent use; each text is compiled at its first use and kept.
type Set struct {
	files map[string]string // path → source, as written
	mails map[string]func() (*Mail, error)
	calls map[string]func() (*Script, error)
	asked map[string]*survey.Questionnaire
}

// Shipped returns the texts that come with the program. Keep it: each call makes a new set, compiled anew.
func Shipped() *Set {
	set, problems := NewSet(shippedFiles())
	if len(problems) > 0 {
		panic(fmt.Sprintf("shipped texts: %v", problems)) // held by TestShipped; cannot depend on input
	}
	return set
}

// shippedFiles reads all embedded texts; the letter's own HTML and CSS are no texts.
func shippedFiles() map[string]string {
	files := map[string]string{}
	err := fs.WalkDir(shipped, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !isText(p) {
			return err
		}
		b, err := shipped.ReadFile(p)
		files[p] = string(b)
		return err
	})
	if err != nil {
		panic(fmt.Sprintf("read embedded texts: %v", err)) // the binary itself is broken
	}
	return files
}

func isText(p string) bool { return strings.HasSuffix(p, ".md") || strings.HasSuffix(p, ".yaml") }

// NewSet makes a set of the given files: path (mails/welcome-missed.fr.md) → text. The letter's footers, where not
// given, are the shipped ones. The set is usable even with problems: only the texts that have them give errors.
func NewSet(files map[string]string) (*Set, []Problem) {
	s := &Set{
		files: maps.Clone(files),
		mails: map[string]func() (*Mail, error){},
		calls: map[string]func() (*Script, error){},
		asked: map[string]*survey.Questionnaire{},
	}
	if s.files == nil {
		s.files = map[string]string{}
	}
	for _, language := range Languages {
		footer := "layout/footer." + language + ".md"
		if _, ok := s.files[footer]; !ok {
			b, _ := shipped.ReadFile(footer)
			s.files[footer] = string(b)
		}
	}
	var problems []Problem
	for _, file := range slices.Sorted(maps.Keys(s.files)) {
		s.register(file)
		problems = append(problems, s.problems(file)...)
	}
	return s, problems
}

// With returns a set in which the given files replace those of the same path, and the others stay: a draft over the
// shipped texts, or a slot's own newsletter over the frozen ones.
func (s *Set) With(files map[string]string) (*Set, []Problem) {
	all := maps.Clone(s.files)
	maps.Copy(all, files)
	return NewSet(all)
}

// register makes one file's text available, to be compiled when it is first used.
func (s *Set) register(file string) {
	folder, name, language := split(file)
	source := s.files[file]
	switch folder {
	case "mails":
		footer := s.files["layout/footer."+language+".md"]
		s.mails[name+"."+language] = sync.OnceValues(func() (*Mail, error) { return compileMail(file, language, source, footer) })
	case "scripts":
		s.calls[name+"."+language] = sync.OnceValues(func() (*Script, error) { return compileScript(file, language, source) })
	case "questionnaires":
		if q, problems := survey.Parse(source); len(problems) == 0 {
			s.asked[name] = q
		}
	}
}

// split takes mails/welcome-missed.fr.md apart: mails, welcome-missed, fr. A file without language gives "".
func split(file string) (folder, name, language string) {
	folder, base := path.Split(file)
	name = strings.TrimSuffix(base, path.Ext(base))
	if ext := path.Ext(name); ext != "" {
		name, language = strings.TrimSuffix(name, ext), ext[1:]
	}
	return strings.TrimSuffix(folder, "/"), name, language
}

// Files returns all source texts by path, for pull, and to freeze them with a version. The map is the caller's.
func (s *Set) Files() map[string]string { return maps.Clone(s.files) }

// FilesOf returns the files that one step needs, the letter's footers included: what a version freezes.
func (s *Set) FilesOf(kind, name string) map[string]string {
	found := map[string]string{}
	for file, source := range s.files {
		folder, base, _ := split(file)
		if folder == "layout" && kind != KindScript || belongs(kind, name, folder, base) {
			found[file] = source
		}
	}
	return found
}

func belongs(kind, name, folder, base string) bool {
	switch kind {
	case KindMail:
		return folder == "mails" && base == name
	case KindScript:
		return folder == "scripts" && base == name
	case KindSurvey:
		return folder == "questionnaires" && base == name ||
			folder == "mails" && (base == name+"-invitation" || base == name+"-reminder")
	}
	return false
}

// Mail returns the compiled mail in the language, else in French, else in any. ErrNoText when there is none at all.
func (s *Set) Mail(name, language string) (*Mail, error) {
	compile, ok := inLanguage(s.mails, name, language)
	if !ok {
		return nil, fmt.Errorf("mail %q: %w", name, ErrNoText)
	}
	return compile()
}

// Script returns the compiled call script in the language, with the same fall-back as Mail.
func (s *Set) Script(name, language string) (*Script, error) {
	compile, ok := inLanguage(s.calls, name, language)
	if !ok {
		return nil, fmt.Errorf("script %q: %w", name, ErrNoText)
	}
	return compile()
}

// Questionnaire returns the questionnaire, which carries all its languages. It must not be changed.
func (s *Set) Questionnaire(name string) (*survey.Questionnaire, error) {
	q, ok := s.asked[name]
	if !ok {
		return nil, fmt.Errorf("questionnaire %q: %w", name, ErrNoText)
	}
	return q, nil
}

func inLanguage[T any](texts map[string]T, name, language string) (T, bool) {
	language, _, _ = strings.Cut(strings.ToLower(language), "-")
	for _, l := range append([]string{language}, Languages...) {
		if t, ok := texts[name+"."+l]; ok {
			return t, true
		}
	}
	var none T
	return none, false
}
