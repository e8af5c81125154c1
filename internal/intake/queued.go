package intake

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/relance/relance/internal/importer"
	"github.com/relance/relance/internal/store"
)

// noteEvery is how often (wall time) a queued run tells how far it is.
const noteEvery = time.Second

// RunQueued does the imports that pages have asked for, the oldest first, until none waits. Nothing is returned for what is
// wrong with a file: its run says it. While another import works, the queue waits: it returns, to be called again.
func (k *Intake) RunQueued(ctx context.Context) error {
	for ctx.Err() == nil {
		run, asked, err := k.store.NextQueued(ctx)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		err = k.runQueued(ctx, run, asked)
		if errors.Is(err, store.ErrImportUnderWay) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// runQueued does one, and notes why it could not even begin.
func (k *Intake) runQueued(ctx context.Context, run int64, asked store.Queued) error {
	now, err := k.store.Now(ctx)
	if err != nil {
		return err
	}
	result, err := k.spooled(ctx, run, asked, now)
	switch {
	case err == nil, errors.Is(err, store.ErrTooManyRejected):
		k.log.Info("import", slog.Int64("run", run), slog.String("kind", string(asked.Kind)), slog.Bool("dry_run", asked.DryRun), slog.Bool("applied", result.Applied),
			slog.Int64("read", result.Read), slog.Int64("rejected", result.Rejected))
		return nil
	case ctx.Err() != nil:
		return k.giveBack(ctx, run)
	case errors.Is(err, store.ErrImportUnderWay), errors.Is(err, store.ErrDatabaseGone):
		return err
	}
	k.log.Warn("import failed", slog.Int64("run", run), slog.String("kind", string(asked.Kind)), slog.Any("error", err))
	// A run that began says itself why it failed.
	if err := k.store.FailQueued(ctx, run, err.Error(), now); err != nil && !errors.Is(err, store.ErrConflict) {
		return err
	}
	return nil
}

// giveBack has a run that this process must leave wait for another one.
func (k *Intake) giveBack(ctx context.Context, run int64) error {
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := k.store.Requeue(last, run); err != nil && !errors.Is(err, store.ErrConflict) { // it waits still
		return err
	}
	return ctx.Err()
}

// spooled brings the run's files to this machine for as long as it takes.
func (k *Intake) spooled(ctx context.Context, run int64, asked store.Queued, now time.Time) (result Result, err error) {
	req := Request{Kind: asked.Kind, Source: asked.Source, SaveSource: asked.SaveSource, Options: asked.Options, By: asked.By, Now: now,
		DryRun: asked.DryRun, AcceptRejected: asked.AcceptRejected, Run: run, Progress: k.noting(ctx, run)}
	for i, id := range asked.Uploads {
		spool, err := k.store.OpenUpload(ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			return result, fmt.Errorf("the file is kept no longer; bring it again: %w", err)
		}
		if err != nil {
			return result, err
		}
		defer func() { err = errors.Join(err, spool.Close()) }()
		name := spool.Upload.Name
		if i < len(asked.Names) {
			name = asked.Names[i]
		}
		req.Files = append(req.Files, importer.Input{Name: name, In: spool, Size: spool.Size})
	}
	return k.Import(ctx, req)
}

// noting tells the pages how far the run is. That they are told is a courtesy: an error is not worth the run.
func (k *Intake) noting(ctx context.Context, run int64) func(done, total int64) {
	var last time.Time
	return func(done, total int64) {
		if time.Since(last) < noteEvery {
			return
		}
		last = time.Now()
		if err := k.store.NoteProgress(ctx, run, done, total); err != nil && ctx.Err() == nil {
			k.log.Debug("progress of an import", slog.Int64("run", run), slog.Any("error", err))
		}
	}
}
