//go:build unix

package services

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// fetchTimeout bounds the fetching of programs, over a slow line.
const fetchTimeout = 10 * time.Minute

// A program is a binary of ours to run, with the folders of the libraries
// that came with it.
type program struct {
	path   string
	libs   []string
	source Source
}

func (p program) env() []string {
	if len(p.libs) == 0 {
		return nil
	}
	all := strings.Join(p.libs, ":")
	return []string{"LD_LIBRARY_PATH=" + all, "DYLD_LIBRARY_PATH=" + all}
}

// postgresBinaries are the two programs that a private cluster needs.
type postgresBinaries struct {
	postgres, initdb program
	major            int
	source           Source
}

// oldestPostgres is the first major version with what the schema uses
// (UNIQUE NULLS NOT DISTINCT and MERGE).
const oldestPostgres = 15

func (o Options) excludes(s Source) bool { return slices.Contains(o.Without, s) }

// findBinaries climbs the ladder. A cluster that exists needs the version
// that made it.
func (p *postgres) findBinaries(ctx context.Context) (postgresBinaries, error) {
	major := p.version()
	rungs := []struct {
		source Source
		find   func(context.Context, int) (postgresBinaries, error)
	}{
		{FromMachine, p.fromMachine},
		{FromDebian, p.fromDebian},
		{FromNPM, p.fromNPM},
	}
	var errs []error
	for _, r := range rungs {
		if p.opts.excludes(r.source) {
			continue
		}
		bin, err := r.find(ctx, major)
		if err == nil {
			return bin, nil
		}
		errs = append(errs, fmt.Errorf("from %s: %w", r.source, err))
	}
	want := "the package postgresql (15 or later)"
	if major != 0 {
		want = fmt.Sprintf("Postgres %d, which made the data that is there (the package postgresql-%d)", major, major)
	}
	return postgresBinaries{}, fmt.Errorf("postgres is %w: install %s, or set RELANCE_DATABASE_URL: %w", ErrNotInstalled, want, errors.Join(errs...))
}

// findRedis climbs the ladder up to the process itself, which openRedis does.
func findRedis(ctx context.Context, id identity, o Options) (program, error) {
	rungs := []struct {
		source Source
		find   func(context.Context, identity, Options) (program, error)
	}{
		{FromMachine, redisFromMachine},
		{FromDebian, redisFromDebian},
	}
	var errs []error
	for _, r := range rungs {
		if o.excludes(r.source) {
			continue
		}
		p, err := r.find(ctx, id, o)
		if err == nil {
			return p, nil
		}
		errs = append(errs, fmt.Errorf("from %s: %w", r.source, err))
	}
	return program{}, fmt.Errorf("redis is %w: install the package redis-server (6.2 or later), or set RELANCE_REDIS_URL: %w", ErrNotInstalled, errors.Join(errs...))
}
