package desk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/templates"
)

// longestFile bounds a file of the folder, in bytes.
const longestFile = 1 << 20

// textFolders are where a folder keeps its texts; definitions stand in campaigns.
var textFolders = []string{"mails", "scripts", "questionnaires", "layout"}

// Folder is what a marketer keeps: definitions by the campaign's name, and texts by path.
type Folder struct {
	Definitions map[string]string
	Texts       map[string]string
}

// ReadFolder reads campaigns/*.yaml and the texts beside. Other files are left alone.
func ReadFolder(dir string) (Folder, error) {
	f := Folder{Definitions: map[string]string{}, Texts: map[string]string{}}
	err := filepath.WalkDir(dir, func(at string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, at)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		folder, base := path.Split(name)
		folder = strings.TrimSuffix(folder, "/")
		definition := folder == "campaigns" && path.Ext(base) == ".yaml"
		if !definition && !slices.Contains(textFolders, folder) {
			return nil
		}
		text, err := readText(at)
		if err != nil {
			return err
		}
		if definition {
			f.Definitions[strings.TrimSuffix(base, ".yaml")] = text
		} else if path.Ext(base) == ".md" || path.Ext(base) == ".yaml" {
			f.Texts[name] = text
		}
		return nil
	})
	if err != nil {
		return f, fmt.Errorf("read folder %s: %w", dir, err)
	}
	return f, nil
}

func readText(at string) (string, error) {
	info, err := os.Stat(at)
	if err != nil {
		return "", err
	}
	if info.Size() > longestFile {
		return "", fmt.Errorf("%s is longer than 1 MB", at)
	}
	text, err := os.ReadFile(at)
	return string(text), err
}

// Pushed is what became of one campaign of a folder.
type Pushed struct {
	Campaign string
	Slot     string // the text of this day; empty: the definition
	Version  int
	Changed  bool // false: the newest version says the same
	Problems []templates.Problem
}

// Push stores the campaigns of a folder as drafts, those without mistakes; texts that campaigns have kept from before are
// used where the folder has none. A folder of texts only gives a new draft to every campaign that uses one of them.
func (d *Desk) Push(ctx context.Context, dir, by string, now time.Time) ([]Pushed, error) {
	folder, err := ReadFolder(dir)
	if err != nil {
		return nil, err
	}
	if slots, _ := filepath.Glob(filepath.Join(dir, "slots", "*", "*")); len(folder.Definitions)+len(folder.Texts)+len(slots) == 0 {
		return nil, fmt.Errorf("%s has neither campaigns/*.yaml nor texts under %s", dir, strings.Join(textFolders, ", "))
	}
	there, err := d.store.Campaigns(ctx)
	if err != nil {
		return nil, err
	}
	sources := maps.Clone(folder.Definitions)
	before := map[string]store.Version{}
	for _, c := range there {
		v, err := d.store.Version(ctx, c.Newest())
		if err != nil {
			return nil, err
		}
		before[c.Name] = v
		if _, ok := sources[c.Name]; !ok && overlaps(v.Texts, folder.Texts) {
			sources[c.Name] = v.Source
		}
	}
	var pushed []Pushed
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		p, err := d.pushOne(ctx, name, sources[name], before[name].Texts, folder.Texts, by, now)
		if err != nil {
			return pushed, err
		}
		pushed = append(pushed, p)
	}
	return pushed, nil
}

func overlaps(a, b map[string]string) bool {
	for file := range b {
		if _, ok := a[file]; ok {
			return true
		}
	}
	return false
}

func (d *Desk) pushOne(ctx context.Context, name, source string, before, texts map[string]string, by string, now time.Time) (Pushed, error) {
	p := Pushed{Campaign: name}
	file := "campaigns/" + name + ".yaml"
	all := maps.Clone(texts)
	for path, text := range before {
		if _, ok := all[path]; !ok {
			all[path] = text
		}
	}
	set, _ := templates.Shipped().With(all) // mistakes of a text come up where a step uses it
	definition, problems := Check(file, source, set)
	if definition != nil && definition.Name != name {
		problems = append(problems, templates.Problem{File: file, Line: 1, Column: 1,
			Message: fmt.Sprintf("the file is called %s, but the campaign %s: give both one name", name, definition.Name)})
	}
	if p.Problems = problems; len(problems) > 0 {
		return p, nil
	}
	var err error
	p.Version, p.Changed, err = d.store.PushDraft(ctx, store.Draft{Name: name, Source: source, Texts: textsOf(definition, set), Author: by}, now)
	return p, err
}

// Pull writes the newest version of every campaign, or of the named ones, into a folder as Push reads it. It overwrites
// what is there, and returns the paths that it wrote.
func (d *Desk) Pull(ctx context.Context, dir string, names ...string) ([]string, error) {
	if len(names) == 0 {
		all, err := d.store.Campaigns(ctx)
		if err != nil {
			return nil, err
		}
		for _, c := range all {
			names = append(names, c.Name)
		}
	}
	files := map[string]string{}
	for _, name := range names {
		c, err := d.store.Campaign(ctx, name)
		if err != nil {
			return nil, err
		}
		v, err := d.store.Version(ctx, c.Newest())
		if err != nil {
			return nil, err
		}
		files["campaigns/"+name+".yaml"] = v.Source
		maps.Copy(files, v.Texts)
		slots, err := d.store.SlotTextsOf(ctx, name)
		if err != nil {
			return nil, err
		}
		for _, t := range slots {
			for file, text := range t.Texts {
				files[path.Join("slots", name, t.Slot, file)] = text
			}
		}
	}
	written := slices.Sorted(maps.Keys(files))
	for _, name := range written {
		if err := writeText(dir, name, files[name]); err != nil {
			return nil, err
		}
	}
	return written, nil
}

// writeText writes one file; a name that would leave the folder is refused.
func writeText(dir, name, text string) error {
	if !filepath.IsLocal(name) {
		return errors.New("a text is called " + name + ", which lies outside the folder")
	}
	at := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		return err
	}
	return os.WriteFile(at, []byte(text), 0o644)
}

// CheckFolder returns all mistakes of a folder's campaigns, with the shipped texts where it has none, and needs no database.
func CheckFolder(dir string) ([]templates.Problem, error) {
	folder, err := ReadFolder(dir)
	if err != nil {
		return nil, err
	}
	set, problems := templates.Shipped().With(folder.Texts)
	for _, name := range slices.Sorted(maps.Keys(folder.Definitions)) {
		_, found := Check("campaigns/"+name+".yaml", folder.Definitions[name], set)
		problems = append(problems, found...)
	}
	return unique(problems), nil
}
