//go:build unix

package services

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A home is the folder of a set of private services:
//
//	start.lock  held while somebody starts or stops them
//	users.lock  shared by all processes that use them
//	run.json    where they run, for those who adopt them
//	postgres/   redis/   their data, owned by the servers' user
//	postgres.log  redis.log
//
// The kernel drops the locks of a process that dies, so nothing here ever has
// to be cleaned by hand.
type home struct {
	dir   string
	owner identity // who the servers run as
	users *os.File // open while this process counts as a user
	run   runState
}

// runState is what run.json holds.
type runState struct {
	// Runtime is the short folder of the sockets: a socket's path may have
	// no more than about a hundred bytes, a data folder's any length.
	Runtime string `json:"runtime"`
	// Redis is set while a Redis of this home may be running.
	Redis redisAddress `json:"redis,omitzero"`
}

func openHome(o Options) (*home, error) {
	if o.DataDir == "" {
		return nil, errors.New("private services need a data folder: set RELANCE_DATA_DIR")
	}
	dir, err := filepath.Abs(o.DataDir)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	owner, err := serverIdentity(filepath.Join(dir, "postgres"))
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, owner.folderMode()); err != nil {
		return nil, fmt.Errorf("data folder: %w; choose another with RELANCE_DATA_DIR", err)
	}
	if err := owner.canReach(dir); err != nil {
		return nil, err
	}
	return &home{dir: dir, owner: owner}, nil
}

func (h *home) path(name string) string { return filepath.Join(h.dir, name) }

// lockStart waits until nobody else is starting or stopping services here.
func (h *home) lockStart(ctx context.Context) (unlock func(), err error) {
	return lockFile(ctx, h.path("start.lock"))
}

// join counts this process as a user. Call it under the start lock.
func (h *home) join() error {
	f, err := openLock(h.path("users.lock"))
	if err != nil {
		return err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_SH|unix.LOCK_NB); err != nil {
		f.Close()
		return fmt.Errorf("lock %s: %w", f.Name(), err)
	}
	h.users = f
	return nil
}

// leave stops counting this process and tells whether it was the last. Call
// it under the start lock.
func (h *home) leave() (last bool) {
	if h.users == nil {
		return false
	}
	defer h.users.Close()
	return unix.Flock(int(h.users.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil
}

// chooseRuntime finds the socket folder that is in use, or makes one.
func (h *home) chooseRuntime() error {
	if b, err := os.ReadFile(h.path("run.json")); err == nil {
		// A half-written file is as good as none: the services are then
		// found by their pid files or started anew.
		_ = json.Unmarshal(b, &h.run)
	}
	if h.run.Runtime != "" && h.owner.owns(h.run.Runtime) {
		return nil
	}
	sum := sha256.Sum256([]byte(h.dir))
	name := "relance-" + hex.EncodeToString(sum[:5])
	var errs []error
	for _, parent := range runtimeParents() {
		err := h.makeRuntime(filepath.Join(parent, name))
		if err == nil {
			return h.saveRun()
		}
		errs = append(errs, err)
	}
	return fmt.Errorf("no folder for sockets: %w", errors.Join(errs...))
}

// makeRuntime makes dir, or takes it over when it is there and truly ours:
// the parent may be open to everybody.
func (h *home) makeRuntime(dir string) error {
	err := os.Mkdir(dir, 0o700)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err == nil {
		err = h.owner.give(dir)
	}
	if err == nil && !h.owner.owns(dir) {
		err = fmt.Errorf("%s belongs to somebody else", dir)
	}
	if err == nil {
		h.run = runState{Runtime: dir}
	}
	return err
}

// runtimeParents lists short folders in the order of preference. $TMPDIR is
// not among them: on some systems it is long.
func runtimeParents() []string {
	if os.Geteuid() == 0 {
		return []string{"/run", "/tmp"}
	}
	if dir := os.Getenv("XDG_RUNTIME_DIR"); dir != "" && len(dir) < 60 {
		return []string{dir, "/tmp"}
	}
	return []string{"/tmp"}
}

// saveRun replaces run.json in one step.
func (h *home) saveRun() error {
	b, err := json.Marshal(h.run)
	if err != nil {
		return err
	}
	tmp := h.path("run.json.new")
	if err := os.WriteFile(tmp, b, 0o600); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	return os.Rename(tmp, h.path("run.json"))
}

// forgetRuntime removes the socket folder once nothing runs in it.
func (h *home) forgetRuntime() error {
	if h.run.Runtime == "" || !h.owner.owns(h.run.Runtime) {
		return nil
	}
	if err := os.RemoveAll(h.run.Runtime); err != nil {
		return fmt.Errorf("remove socket folder: %w", err)
	}
	return os.Remove(h.path("run.json"))
}

// folder makes a subfolder of the home that belongs to the servers' user.
func (h *home) folder(name string) (string, error) {
	dir := h.path(name)
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("data folder: %w", err)
	}
	return dir, h.owner.give(dir)
}

func openLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	return f, nil
}

// lockFile takes an exclusive lock, asking again every few milliseconds: a
// blocking flock could not be cancelled.
func lockFile(ctx context.Context, path string) (unlock func(), err error) {
	f, err := openLock(path)
	if err != nil {
		return nil, err
	}
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return func() { f.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		if err := pause(ctx, 5*time.Millisecond); err != nil {
			f.Close()
			return nil, fmt.Errorf("wait for %s, held by a process that starts or stops services: %w", path, err)
		}
	}
}

// pause waits for d, or less when ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
