package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/relance/relance/internal/services"
	"github.com/relance/relance/internal/store"
)

// place is a Postgres of its own, as durable as in real use, in a folder that goes with it.
type place struct {
	dir      string
	services *services.Services
	store    *store.Store
	log      io.Writer
}

func newPlace(ctx context.Context, log io.Writer) (p *place, err error) {
	p = &place{log: log}
	defer func() {
		if err != nil {
			p.close()
		}
	}()
	if p.dir, err = os.MkdirTemp("", "relance-bench-"); err != nil {
		return p, err
	}
	if err = os.Chmod(p.dir, 0o755); err != nil { // Postgres may run as another user
		return p, err
	}
	if p.services, err = services.Open(ctx, services.Options{DataDir: filepath.Join(p.dir, "data")}); err != nil {
		return p, err
	}
	if _, err = store.Migrate(ctx, p.services.DatabaseURL); err != nil {
		return p, err
	}
	p.store, err = store.Open(ctx, p.services.DatabaseURL)
	return p, err
}

func (p *place) close() {
	if p.store != nil {
		p.store.Close()
	}
	if p.services != nil {
		_ = p.services.Close()
	}
	_ = os.RemoveAll(p.dir)
}

// file is a path inside the folder.
func (p *place) file(name string) string { return filepath.Join(p.dir, name) }

func (p *place) say(format string, args ...any) { fmt.Fprintf(p.log, format+"\n", args...) }

// do runs statements one after the other.
func (p *place) do(ctx context.Context, statements ...string) error {
	for _, sql := range statements {
		if _, err := p.store.Pool().Exec(ctx, sql); err != nil {
			return fmt.Errorf("%.60s…: %w", sql, err)
		}
	}
	return nil
}

// settle writes out what earlier work left in memory, so that what is measured next does not pay for it.
func (p *place) settle(ctx context.Context) error { return p.do(ctx, `CHECKPOINT`) }

// copyOut writes a query's rows to a file, as \copy does.
func (p *place) copyOut(ctx context.Context, query, name string) error {
	f, err := os.Create(p.file(name))
	if err != nil {
		return err
	}
	defer f.Close()
	conn, err := p.store.Pool().Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if _, err := conn.Conn().PgConn().CopyTo(ctx, f, `COPY (`+query+`) TO STDOUT`); err != nil {
		return err
	}
	return f.Close()
}

// copyIn reads a file into a table, as \copy does, and tells how long it took.
func (p *place) copyIn(ctx context.Context, table, name string) (time.Duration, error) {
	f, err := os.Open(p.file(name))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	conn, err := p.store.Pool().Acquire(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Release()
	begun := time.Now()
	_, err = conn.Conn().PgConn().CopyFrom(ctx, f, `COPY `+table+` FROM STDIN`)
	return time.Since(begun), err
}
