package intake

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/relance/relance/internal/importer"
)

// drop is a folder in which files arrive.
type drop struct {
	dir    string
	kind   importer.Kind // "": the beginning of a file's name tells it
	source string        // whose saved settings hold; "": none
}

// The folders that are made beside the files.
const (
	takingDir = ".taking"
	doneDir   = "done"
	failedDir = "failed"
)

// drops are the folder itself, and its sub-folders named by a kind or a saved source.
func (f *Folder) drops(ctx context.Context) ([]drop, error) {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return nil, err
	}
	sources, err := f.intake.store.Sources(ctx)
	if err != nil {
		return nil, err
	}
	drops := []drop{{dir: f.dir}}
	for _, e := range entries {
		name := e.Name()
		if !e.IsDir() || strings.HasPrefix(name, ".") || name == doneDir || name == failedDir {
			continue
		}
		d := drop{dir: filepath.Join(f.dir, name)}
		if kind := importer.Kind(name); slices.Contains(importer.Kinds(), kind) {
			d.kind = kind
		} else {
			for _, s := range sources {
				if s.Name == name && !s.ChangedAt.IsZero() {
					d.kind, d.source = s.Kind, s.Name
				}
			}
		}
		if d.kind == "" {
			f.say(d.dir, errors.New("its name is neither a kind nor a saved source; nothing is taken from it"))
			continue
		}
		f.say(d.dir, nil)
		drops = append(drops, d)
	}
	return drops, nil
}

// seen is a file that waits, as it was at the last look.
type seen struct {
	drop
	name    string
	size    int64
	written time.Time     // of the file
	since   time.Time     // wall time since when it has not changed
	still   bool          // it is the same as at the look before
	part    importer.Part // of a file of orders that is still; "": not looked at yet
}

// batch is what one import takes.
type batch struct {
	drop
	names []string
}

// ready gives what can be taken, in an order in which files that refer to each other can be imported.
func (f *Folder) ready(drops []drop) []batch {
	now := time.Now()
	waiting := map[string]seen{}
	for _, d := range drops {
		entries, err := os.ReadDir(d.dir)
		f.say("files of "+d.dir, err)
		for _, e := range entries {
			path := filepath.Join(d.dir, e.Name())
			if s, ok := f.file(d, e); ok {
				waiting[path] = s.after(f.seen[path], now)
			}
		}
	}
	f.seen = waiting
	list := make([]seen, 0, len(waiting))
	for _, s := range waiting {
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b seen) int {
		return cmp.Or(cmp.Compare(rank(a.kind), rank(b.kind)), a.written.Compare(b.written), cmp.Compare(a.dir, b.dir), cmp.Compare(a.name, b.name))
	})
	return f.batches(list, now)
}

// file tells whether an entry is a file to import, and of which kind. What is not, and not meant to be, is told once.
func (f *Folder) file(d drop, e fs.DirEntry) (seen, bool) {
	name := e.Name()
	path := filepath.Join(d.dir, name)
	if e.IsDir() || passedOver(name) {
		return seen{}, false
	}
	info, err := e.Info()
	if errors.Is(err, fs.ErrNotExist) {
		return seen{}, false
	}
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is no file, such as a link; it is left alone")
	}
	if err == nil && d.kind == "" {
		if d.kind = kindAtBeginning(name); d.kind == "" {
			err = errors.New("its name does not begin with a kind (" + kindList() + "); it is left alone")
		}
	}
	f.say(path, err)
	if err != nil {
		return seen{}, false
	}
	return seen{drop: d, name: name, size: info.Size(), written: info.ModTime()}, true
}

// passedOver are names of files that are hidden, or still being brought.
func passedOver(name string) bool {
	lower := strings.ToLower(name)
	for _, end := range []string{".tmp", ".part", ".partial", ".filepart", ".crdownload", "~"} {
		if strings.HasSuffix(lower, end) {
			return true
		}
	}
	return strings.HasPrefix(name, ".")
}

// kindAtBeginning is the kind that a name begins with, whatever its case, or "".
func kindAtBeginning(name string) importer.Kind {
	lower := strings.ToLower(name)
	for _, k := range importer.Kinds() {
		if strings.HasPrefix(lower, string(k)) {
			return k
		}
	}
	return ""
}

func kindList() string {
	var names []string
	for _, k := range importer.Kinds() {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}

func rank(k importer.Kind) int { return slices.Index(importer.Kinds(), k) }

// after is the file with what the look before has shown.
func (s seen) after(before seen, now time.Time) seen {
	s.since = now
	if before.name != "" && before.size == s.size && before.written.Equal(s.written) && before.kind == s.kind {
		s.since, s.still, s.part = before.since, true, before.part
	}
	return s
}

// batches puts what is still together. A file waits a while for one that it may refer to and that is still being written,
// and heads of orders for their lines.
func (f *Folder) batches(list []seen, now time.Time) []batch {
	var ready []batch
	taken := map[string]bool{}
	for i, s := range list {
		path := filepath.Join(s.dir, s.name)
		if !s.still || taken[path] || now.Sub(s.since) < growWait && grows(list[:i], s.kind) {
			continue
		}
		names := []string{s.name}
		if part := f.partOf(s); part != importer.Flat {
			other, found := f.partner(list, s, part, taken)
			if !found && now.Sub(s.since) < f.patience {
				continue
			}
			if found {
				names = append(names, other)
				taken[filepath.Join(s.dir, other)] = true
			}
		}
		taken[path] = true
		ready = append(ready, batch{s.drop, names})
	}
	return ready
}

// grows reports whether a file of an earlier kind is still being written.
func grows(earlier []seen, kind importer.Kind) bool {
	return slices.ContainsFunc(earlier, func(s seen) bool { return !s.still && rank(s.kind) < rank(kind) })
}

// partner is the oldest file beside that holds the other part of orders.
func (f *Folder) partner(list []seen, s seen, part importer.Part, taken map[string]bool) (name string, found bool) {
	for _, o := range list {
		if o.dir == s.dir && o.kind == s.kind && o.still && !taken[filepath.Join(o.dir, o.name)] {
			if p := f.partOf(o); p != importer.Flat && p != part {
				return o.name, true
			}
		}
	}
	return "", false
}

// partOf looks once at what a file of orders holds. One that cannot be read is taken as it is: importing it says why.
func (f *Folder) partOf(s seen) importer.Part {
	if s.kind != importer.Orders {
		return importer.Flat
	}
	path := filepath.Join(s.dir, s.name)
	if known := f.seen[path].part; known != "" {
		return known
	}
	s.part = importer.Flat
	if g, err := f.glance(path, s); err == nil {
		s.part = g.Part
	}
	f.seen[path] = s
	return s.part
}

func (f *Folder) glance(path string, s seen) (g importer.Glance, err error) {
	in, err := os.Open(path)
	if err != nil {
		return g, err
	}
	defer in.Close()
	req := Request{Kind: s.kind, Source: s.source}
	options, err := f.intake.options(f.ctx, req)
	if err != nil {
		return g, fmt.Errorf("%s: %w", s.name, err)
	}
	return importer.GlanceAt(s.kind, importer.Input{Name: s.name, In: interruptible{in, f.ctx}, Size: s.size}, options)
}
