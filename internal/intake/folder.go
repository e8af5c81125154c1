package intake

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/relance/relance/internal/store"
)

// Folder imports what programs put in a folder, such as the nightly exports of an ERP. What a file holds is said by the
// sub-folder that it comes to, named by a kind or by a saved source, or by its name's beginning in the folder itself.
//
//  1. A file that has not changed between two looks is taken: a claim is written, then it moves to .taking beside it.
//  2. It is imported. As soon as there is a run, the claim names it.
//  3. The reports are written to done or failed beside it, the file moves there, and the claim goes.
//
// When the process dies in between, the claim tells the next one where it was: a run that is done is not done again. Any
// number of processes may watch the same folder; one of them works. Stop may be called twice, or without Start.
type Folder struct {
	dir      string
	intake   *Intake
	every    time.Duration // between two looks
	patience time.Duration // of heads of orders for their lines, and the other way round

	lease *store.Lease      // nil: another process watches
	seen  map[string]seen   // by path: the files that wait
	said  map[string]string // by what it is about: what was said last, to say it once

	ctx  context.Context
	stop context.CancelFunc
	loop sync.WaitGroup
	once sync.Once
}

// By is who started the imports of the watched folder.
const By = "folder"

const (
	lookEvery   = 2 * time.Second
	claimWait   = 10 * time.Minute // for an import of somebody else to end
	partnerWait = 2 * time.Minute
	growWait    = time.Minute // for a file that another may need and that is still being written
)

// NewFolder makes what watches dir, an existing folder; it does nothing before Start.
func NewFolder(k *Intake, dir string) (*Folder, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%s is not a folder", dir)
	}
	f := &Folder{dir: dir, intake: k, every: lookEvery, patience: partnerWait, seen: map[string]seen{}, said: map[string]string{}}
	f.ctx, f.stop = context.WithCancel(context.Background())
	return f, nil
}

// Start begins to look. It never fails: what is missing now may be there at the next look, and is logged once.
func (f *Folder) Start() { f.loop.Go(f.run) }

// Stop breaks off the import under way, which the next start takes up again.
func (f *Folder) Stop() {
	f.once.Do(func() {
		f.stop()
		f.loop.Wait()
		f.resign()
	})
}

func (f *Folder) run() {
	ticker := time.NewTicker(f.every)
	defer ticker.Stop()
	for {
		err := f.look(f.ctx)
		if f.ctx.Err() != nil {
			return
		}
		f.say("look", err)
		select {
		case <-ticker.C:
		case <-f.ctx.Done():
			return
		}
	}
}

// look takes up what was begun, then takes what is ready.
func (f *Folder) look(ctx context.Context) error {
	watching, err := f.watching(ctx)
	if err != nil || !watching {
		return err
	}
	drops, err := f.drops(ctx)
	if err != nil {
		return err
	}
	begun, err := f.begun(drops)
	if err != nil {
		return err
	}
	for _, c := range begun {
		f.say("begun: "+c.title(), f.carryOn(ctx, c))
	}
	for _, b := range f.ready(drops) {
		if ctx.Err() == nil {
			f.say("take from "+b.dir, f.take(ctx, b))
		}
	}
	return ctx.Err()
}

// watching says whether this process is the one that watches, and becomes it when none is.
func (f *Folder) watching(ctx context.Context) (bool, error) {
	if f.lease != nil {
		err := f.lease.Check(ctx)
		if err == nil {
			return true, nil
		}
		f.resign()
		return false, err
	}
	lease, err := f.intake.store.WatchFolder(ctx)
	f.lease = lease
	return lease != nil, err
}

func (f *Folder) resign() {
	if f.lease == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = f.lease.Close(ctx) // the session ends, and the lock with it
	f.lease = nil
}

// say logs what is in the way when it changes, and when it has gone; not at each look.
func (f *Folder) say(about string, err error) {
	words := ""
	if err != nil && !errors.Is(err, context.Canceled) {
		words = err.Error()
	}
	if f.said[about] == words {
		return
	}
	f.said[about] = words
	if words == "" {
		delete(f.said, about)
		f.intake.log.Info("the watched folder: no longer in the way", slog.String("about", about))
		return
	}
	f.intake.log.Warn("the watched folder", slog.String("about", about), slog.String("error", words))
}
