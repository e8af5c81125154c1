//go:build unix

package services

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// An identity is the user that the servers run as: ourselves, or, since
// Postgres refuses root, an unprivileged user of the machine.
type identity struct {
	uid, gid uint32
	name     string
	drop     bool // we are root and become this user in the child
}

// serverIdentity prefers the user who owns the cluster already, because
// Postgres refuses anybody else's data.
func serverIdentity(cluster string) (identity, error) {
	if os.Geteuid() != 0 {
		return identityOf(user.Current())
	}
	if st, err := os.Stat(cluster); err == nil {
		uid := st.Sys().(*syscall.Stat_t).Uid
		if uid != 0 {
			return dropped(user.LookupId(strconv.FormatUint(uint64(uid), 10)))
		}
	}
	for _, name := range []string{"postgres", "nobody"} {
		if id, err := dropped(user.Lookup(name)); err == nil {
			return id, nil
		}
	}
	return identity{}, fmt.Errorf("private services do not run as root and this machine has neither a user postgres nor nobody: run relance as another user")
}

func dropped(u *user.User, err error) (identity, error) {
	id, err := identityOf(u, err)
	id.drop = true
	return id, err
}

func identityOf(u *user.User, err error) (identity, error) {
	if err != nil {
		return identity{}, fmt.Errorf("user for private services: %w", err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return identity{}, fmt.Errorf("user %s: %w", u.Username, err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return identity{}, fmt.Errorf("user %s: %w", u.Username, err)
	}
	return identity{uid: uint32(uid), gid: uint32(gid), name: u.Username}, nil
}

// folderMode is the mode of the home: root's must let the servers' user pass
// to its own folders inside.
func (id identity) folderMode() os.FileMode {
	if id.drop {
		return 0o755
	}
	return 0o700
}

// give hands a file or folder to the servers' user.
func (id identity) give(path string) error {
	if !id.drop {
		return nil
	}
	if err := os.Lchown(path, int(id.uid), int(id.gid)); err != nil {
		return fmt.Errorf("give %s to user %s: %w", path, id.name, err)
	}
	return nil
}

// owns tells whether dir is a folder, not a link, of the servers' user and
// closed to all others.
func (id identity) owns(dir string) bool {
	st, err := os.Lstat(dir)
	if err != nil || !st.IsDir() || st.Mode().Perm()&0o077 != 0 {
		return false
	}
	return st.Sys().(*syscall.Stat_t).Uid == id.uid
}

// canReach tells, in words, which folder on the way to dir the servers' user
// may not enter.
func (id identity) canReach(dir string) error {
	if !id.drop {
		return nil
	}
	for p := dir; ; p = filepath.Dir(p) {
		st, err := os.Stat(p)
		if err != nil {
			return fmt.Errorf("data folder: %w", err)
		}
		if !id.mayEnter(st) {
			return fmt.Errorf("data folder %s: %s is closed to user %s, who runs the private services; set RELANCE_DATA_DIR to a folder outside it, such as /var/lib/relance", dir, p, id.name)
		}
		if p == filepath.Dir(p) {
			return nil
		}
	}
}

func (id identity) mayEnter(st os.FileInfo) bool {
	sys, perm := st.Sys().(*syscall.Stat_t), st.Mode().Perm()
	switch {
	case sys.Uid == id.uid:
		return perm&0o100 != 0
	case sys.Gid == id.gid:
		return perm&0o010 != 0
	default:
		return perm&0o001 != 0
	}
}
