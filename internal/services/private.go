//go:build unix

package services

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// openPrivate starts or adopts the private services under the start lock, so
// that two processes never start the same one.
func (s *Services) openPrivate(ctx context.Context, o Options) error {
	h, err := openHome(o)
	if err != nil {
		return err
	}
	unlock, err := h.lockStart(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if err := h.join(); err != nil {
		return err
	}
	s.home = h
	if err := h.chooseRuntime(); err != nil {
		return err
	}
	if o.privateDatabase() {
		p := &postgres{home: h, opts: o}
		s.running = append(s.running, p)
		if s.DatabaseURL, err = p.ensure(ctx); err != nil {
			return fmt.Errorf("private Postgres in %s: %w", h.dir, err)
		}
	}
	if o.privateRedis() {
		return s.openRedis(ctx, h, o)
	}
	return nil
}

// closeTimeout bounds a stop: Postgres writes a last checkpoint, Redis its
// log; both take well under a second unless the disk is in trouble.
const closeTimeout = 30 * time.Second

// close is Close, once.
func (s *Services) close() error {
	if s.home == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	unlock, err := s.home.lockStart(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if !s.home.leave() {
		for _, r := range s.running {
			r.leave()
		}
		return nil
	}
	return s.stopAll(ctx)
}

// stopAll stops in the reverse of the order of starting. It also stops what
// another process started and this one never asked for.
func (s *Services) stopAll(ctx context.Context) error {
	var errs []error
	for _, r := range s.withLeftBehind() {
		if err := r.stop(ctx); err != nil {
			errs = append(errs, fmt.Errorf("stop private %s: %w", r.name(), err))
		}
	}
	return errors.Join(append(errs, s.home.forgetRuntime())...)
}

func (s *Services) withLeftBehind() []stopper {
	all := []stopper{}
	seen := map[string]bool{}
	for i := len(s.running) - 1; i >= 0; i-- {
		all = append(all, s.running[i])
		seen[s.running[i].name()] = true
	}
	for _, other := range []stopper{&redisChild{home: s.home, opts: Options{Log: s.log}}, &postgres{home: s.home, opts: Options{Log: s.log}}} {
		if !seen[other.name()] {
			all = append(all, other)
		}
	}
	return all
}
