// Package services gives a process its Postgres and its Redis.
//
// Open works in this order:
//
//  1. A service whose address the operator gave is asked for its version and
//     judged; nothing is started for it.
//  2. For the others a data folder is opened, and with it a shared lock that
//     every process using that folder holds until it ends, however it ends.
//  3. What already answers there (started by another process, or left behind
//     by one that was killed) is adopted; what does not is started as a child
//     in a session of its own, so that Ctrl-C reaches relance alone and work
//     is drained before its database goes.
//  4. Missing programs are looked for on the machine, then fetched; each rung
//     of that ladder is in a file of its own: machine.go, debian.go, npm.go.
//     Redis has a last rung inside the process, inprocess.go.
//
// Close lets go of the lock; the last process to do so stops what runs.
//
// The package never listens on the network (the in-process Redis on loopback,
// with a password, excepted), never runs a server as root, and never changes
// a service that it was given by address.
package services

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"

	"github.com/hibiken/asynq"
)

// ErrNotInstalled is returned when no rung of the ladder gave a service. The
// error that wraps it names the packages to install.
var ErrNotInstalled = errors.New("not installed and could not be fetched")

// Source is a place that programs come from: a rung of the ladder.
type Source string

// The rungs in the order in which they are tried.
const (
	FromMachine Source = "machine" // binaries that the machine has
	FromDebian  Source = "debian"  // Debian's packages, unpacked into the cache
	FromNPM     Source = "npm"     // the npm package that carries Postgres
	FromProcess Source = "process" // miniredis in this process
)

// Options says which services are wanted and where they may come from.
type Options struct {
	// DatabaseURL and RedisURL point to the operator's own services. Empty
	// means a private one, kept in DataDir.
	DatabaseURL, RedisURL string

	// NoDatabase leaves Postgres out: for a program that wants Redis alone.
	NoDatabase bool
	// NeedRedis asks for Redis too. Only serve and demo need it.
	NeedRedis bool

	// DataDir holds the private services' data; see DataDir. Required
	// unless both addresses are given.
	DataDir string
	// CacheDir keeps fetched programs, shared by all data folders. Empty
	// means the user's cache folder (/var/cache/relance for root).
	CacheDir string

	// Disposable trades safety at a power cut for speed: for tests only.
	Disposable bool
	// Without names rungs that must not be used: for tests of the others.
	Without []Source

	// Progress hears of slow work: what is done, and how many bytes of the
	// total are there (total 0: not known). Nil means silence.
	Progress func(what string, done, total int64)
	// Log receives starts and stops. Nil means silence.
	Log *slog.Logger
}

// Services are open until Close. The fields are not to be changed.
type Services struct {
	// DatabaseURL is for pgx; empty with Options.NoDatabase.
	DatabaseURL string
	// Redis is for asynq; nil unless Options.NeedRedis.
	Redis asynq.RedisConnOpt
	// Notices tell the operator, in sentences, what works but is not as
	// good as it should be.
	Notices []string

	log     *slog.Logger
	home    *home
	running []stopper
	once    sync.Once
	err     error
}

// A stopper is a private service. leave is called when others still use it,
// stop when nobody does.
type stopper interface {
	name() string
	leave()
	stop(ctx context.Context) error
}

// Open brings up what o asks for. Several processes may open the same folder
// at the same moment. On error nothing is left held or, unless others use it,
// running.
func Open(ctx context.Context, o Options) (*Services, error) {
	o = o.withDefaults()
	s := &Services{log: o.Log}
	if err := s.useOwn(ctx, o); err != nil {
		return nil, err
	}
	if !o.privateDatabase() && !o.privateRedis() {
		return s, nil
	}
	if err := s.openPrivate(ctx, o); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (o Options) withDefaults() Options {
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if o.Progress == nil {
		o.Progress = func(string, int64, int64) {}
	}
	return o
}

func (o Options) privateDatabase() bool { return !o.NoDatabase && o.DatabaseURL == "" }
func (o Options) privateRedis() bool    { return o.NeedRedis && o.RedisURL == "" }

// useOwn checks the services that were given by address.
func (s *Services) useOwn(ctx context.Context, o Options) error {
	var errs []error
	if !o.NoDatabase && o.DatabaseURL != "" {
		s.DatabaseURL = o.DatabaseURL
		errs = append(errs, checkDatabase(ctx, o.DatabaseURL))
	}
	if o.NeedRedis && o.RedisURL != "" {
		opt, notices, err := checkRedis(ctx, o.RedisURL)
		s.Redis = opt
		s.Notices = append(s.Notices, notices...)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// Close gives the services back and stops the private ones when no other
// process uses them. It may be called twice, and from several goroutines.
// Close connections to the services before.
func (s *Services) Close() error {
	s.once.Do(func() { s.err = s.close() })
	return s.err
}
