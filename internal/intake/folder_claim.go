package intake

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/relance/relance/internal/importer"
	"github.com/relance/relance/internal/store"
)

// claim says what a process is doing with files, for the one that finds them when it has died.
type claim struct {
	drop `json:"-"`
	path string // of the claim itself

	Kind     importer.Kind `json:"kind"`
	Source   string        `json:"source,omitempty"`
	Names    []fileName    `json:"names"`
	Run      int64         `json:"run"`      // of its import; 0: none has begun
	Tries    int           `json:"tries"`    // imports that began, but those that were broken off in good order
	Into     string        `json:"into"`     // done or failed, once it is decided; "": it is not
	As       []fileName    `json:"as"`       // what the files are called there
	Reported bool          `json:"reported"` // the reports stand; only the files have to be moved
}

// fileName is a name as the file system has it, which may be no text.
type fileName string

// MarshalText writes it so that JSON does not change it.
func (n fileName) MarshalText() ([]byte, error) { return []byte(url.PathEscape(string(n))), nil }

// UnmarshalText reads what MarshalText writes.
func (n *fileName) UnmarshalText(text []byte) error {
	name, err := url.PathUnescape(string(text))
	*n = fileName(name)
	return err
}

// String is the name as people may read it.
func (n fileName) String() string { return strings.ToValidUTF8(string(n), "?") }

// mostTries is how often an import that breaks off is begun again.
const mostTries = 3

// The ends of a claim's name, and of one that is not written yet.
const (
	claimEnd   = ".claim"
	unfinished = ".new"
)

// begun reads the claims that are there, which nobody else works at.
func (f *Folder) begun(drops []drop) ([]*claim, error) {
	var claims []*claim
	for _, d := range drops {
		entries, err := os.ReadDir(filepath.Join(d.dir, takingDir))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if strings.HasSuffix(e.Name(), claimEnd+unfinished) {
				_ = os.Remove(filepath.Join(d.dir, takingDir, e.Name())) // its writer died; if it stays, it does no harm
			}
			if !strings.HasSuffix(e.Name(), claimEnd) {
				continue
			}
			c := &claim{drop: d, path: filepath.Join(d.dir, takingDir, e.Name())}
			text, err := os.ReadFile(c.path)
			if err == nil {
				err = json.Unmarshal(text, c)
			}
			if err != nil {
				return nil, fmt.Errorf("read a claim: %w", err)
			}
			claims = append(claims, c)
		}
	}
	return claims, nil
}

// take claims the files of a batch and does what is to be done with them.
func (f *Folder) take(ctx context.Context, b batch) error {
	for _, name := range []string{takingDir, doneDir, failedDir} {
		if err := os.MkdirAll(filepath.Join(b.dir, name), 0o750); err != nil {
			return err
		}
	}
	for _, name := range b.names {
		if _, err := os.Lstat(filepath.Join(b.dir, takingDir, name)); err == nil {
			return nil // an earlier one of that name is still at it
		}
	}
	c := &claim{drop: b.drop, path: filepath.Join(b.dir, takingDir, rand.Text()+claimEnd), Kind: b.kind, Source: b.source}
	for _, name := range b.names {
		c.Names = append(c.Names, fileName(name))
	}
	if err := c.write(); err != nil {
		return err
	}
	return f.carryOn(ctx, c)
}

// title is what the files are called, for people.
func (c *claim) title() string { return strings.Join(c.titles(), ", ") }

func (c *claim) titles() (names []string) {
	for _, n := range c.Names {
		names = append(names, n.String())
	}
	return names
}

// at is where a file is worked at.
func (c *claim) at(name fileName) string { return filepath.Join(c.dir, takingDir, string(name)) }

// into is where the file that is called so stays.
func (c *claim) into(name string) string { return filepath.Join(c.dir, c.Into, name) }

// write keeps the claim so that it is whole whenever the machine stops.
func (c *claim) write() error {
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	out, err := os.OpenFile(c.path+unfinished, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o640)
	if err != nil {
		return err
	}
	_, err = out.Write(text)
	if err := errors.Join(err, out.Sync(), out.Close()); err != nil {
		_ = os.Remove(c.path + ".new")
		return fmt.Errorf("write a claim: %w", err)
	}
	return os.Rename(c.path+unfinished, c.path)
}

// carryOn does what remains of a claim. An error means that it stays for the next look.
func (f *Folder) carryOn(ctx context.Context, c *claim) error {
	if !c.Reported {
		if some, err := c.move(); err != nil || !some {
			return err
		}
		result, failure, err := f.doOnce(ctx, c)
		if err != nil {
			return fmt.Errorf("%s: %w", c.title(), err)
		}
		if err := c.decide(failure); err != nil {
			return err
		}
		if err := f.report(ctx, c, result, failure); err != nil {
			return err
		}
		f.log(c, result, failure)
	}
	return c.settle()
}

// move brings the files to where they are worked at. Without any of them there is nothing to do: they were taken back.
func (c *claim) move() (some bool, err error) {
	for _, name := range c.Names {
		err := os.Rename(filepath.Join(c.dir, string(name)), c.at(name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false, err
		}
	}
	var there []fileName
	for _, name := range c.Names {
		if _, err := os.Lstat(c.at(name)); err == nil {
			there = append(there, name)
		}
	}
	if len(there) == 0 {
		return false, os.Remove(c.path)
	}
	c.Names = there
	return true, nil
}

// doOnce imports the files, unless a run of theirs is done. The failure is about the files; the error about all else.
func (f *Folder) doOnce(ctx context.Context, c *claim) (result Result, failure, err error) {
	if c.Run != 0 {
		d, err := f.intake.store.Run(ctx, c.Run)
		if err != nil {
			return result, nil, err
		}
		switch d.State {
		case store.RunDone, store.RunUndone:
			return resultOf(d), nil, nil
		case store.RunRefused:
			return resultOf(d), errors.New(d.Error), nil
		case store.RunRunning:
			return result, nil, store.ErrImportUnderWay
		}
		if c.Tries >= mostTries {
			return resultOf(d), fmt.Errorf("it was begun %d times; the last time: %s", c.Tries, d.Error), nil
		}
	}
	result, err = f.imports(ctx, c)
	switch {
	case err == nil:
		return result, nil, nil
	case errors.Is(err, importer.ErrFile), errors.Is(err, store.ErrTooManyRejected), errors.Is(err, store.ErrSource):
		return result, err, nil
	}
	return result, nil, err
}

// resultOf is what a run that has ended left behind.
func resultOf(d store.RunDetail) Result {
	r := Result{Report: d.Report, Shapes: d.Shapes}
	if r.Kind == "" {
		r.Kind, r.Run = d.Kind, d.ID
	}
	var reasons Reasons
	for _, rejection := range r.Rejections {
		reasons.Add(rejection)
	}
	r.Reasons = reasons.List()
	return r
}

func (f *Folder) imports(ctx context.Context, c *claim) (result Result, err error) {
	now, err := f.intake.store.Now(ctx)
	if err != nil {
		return result, err
	}
	told, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	req := Request{Kind: c.Kind, Source: c.Source, By: By, Now: now, Wait: claimWait, Began: func(run int64) {
		c.Run, c.Tries = run, c.Tries+1
		if err := c.write(); err != nil {
			cancel(err) // nothing may be stored that the claim does not know of
		}
	}}
	for _, name := range c.Names {
		in, err := os.Open(c.at(name))
		if err != nil {
			return result, err
		}
		defer in.Close()
		info, err := in.Stat()
		if err != nil {
			return result, err
		}
		req.Files = append(req.Files, importer.Input{Name: name.String(), In: in, Size: info.Size()})
	}
	result, err = f.intake.Import(told, req)
	switch {
	case err == nil:
	case ctx.Err() != nil, errors.Is(err, store.ErrDatabaseGone):
		c.Tries--
		_ = c.write() // or it counts
	case told.Err() != nil:
		err = context.Cause(told)
	}
	return result, err
}

// log tells the operator, with the figures; the file's report has the rest.
func (f *Folder) log(c *claim, r Result, failure error) {
	attributes := []any{slog.String("file", c.title()), slog.String("kind", string(c.Kind)), slog.Int64("run", r.Run)}
	if failure != nil {
		f.intake.log.Warn("import from the folder failed", append(attributes, slog.Any("error", failure))...)
		return
	}
	f.intake.log.Info("import from the folder", append(attributes, slog.Int64("read", r.Read), slog.Int64("created", r.Created),
		slog.Int64("updated", r.Updated), slog.Int64("unchanged", r.Unchanged), slog.Int64("rejected", r.Rejected))...)
}

// decide chooses where the files go, and under which names: their own, or with the moment when these are taken.
func (c *claim) decide(failure error) error {
	into := doneDir
	if failure != nil {
		into = failedDir
	}
	if c.Into == into {
		return nil
	}
	c.Into, c.As = into, nil
	if err := os.MkdirAll(c.into(""), 0o750); err != nil {
		return err
	}
	stamp := time.Now().UTC().Format("20060102-150405")
	for _, name := range c.Names {
		as := shortened(string(name))
		end := filepath.Ext(as)
		stem := strings.TrimSuffix(as, end)
		for n := 1; c.isTaken(as); n++ {
			as = fmt.Sprintf("%s-%s%s", stem, stamp, end)
			if n > 1 {
				as = fmt.Sprintf("%s-%s-%d%s", stem, stamp, n, end)
			}
		}
		c.As = append(c.As, fileName(as))
	}
	return c.write()
}

// isTaken reports whether the name, or its report's, is there already.
func (c *claim) isTaken(name string) bool {
	for _, end := range []string{"", reportWords} {
		if _, err := os.Lstat(c.into(name + end)); err == nil {
			return true
		}
	}
	return false
}

// shortened leaves room for what is put behind a name: file systems end at 255 bytes.
func shortened(name string) string {
	const most = 200
	if len(name) <= most {
		return name
	}
	end := filepath.Ext(name)
	if len(end) > 20 {
		end = ""
	}
	return strings.ToValidUTF8(name[:most-len(end)], "") + end
}

// settle moves the files to where they stay, and lets go of the claim.
func (c *claim) settle() error {
	for i, name := range c.Names {
		err := os.Rename(c.at(name), c.into(string(c.As[i])))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return os.Remove(c.path)
}
