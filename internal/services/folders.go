package services

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// DataDir is where data lives when nothing else is set: RELANCE_DATA_DIR,
// else the user's data folder, else, for root, whose own folder the servers'
// user may not enter, /var/lib/relance. The folder need not exist.
func DataDir(getenv func(string) string) (string, error) {
	if dir := getenv("RELANCE_DATA_DIR"); dir != "" {
		return filepath.Abs(dir)
	}
	if os.Geteuid() == 0 {
		return "/var/lib/relance", nil
	}
	if dir := getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "relance"), nil
	}
	if dir := getenv("LOCALAPPDATA"); dir != "" {
		return filepath.Join(dir, "relance"), nil
	}
	if dir := getenv("HOME"); dir != "" {
		return filepath.Join(dir, ".local", "share", "relance"), nil
	}
	return "", errors.New("no home folder: set RELANCE_DATA_DIR")
}

// cacheDir keeps fetched programs.
func cacheDir() (string, error) {
	if os.Geteuid() == 0 {
		return "/var/cache/relance", nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("cache folder: %w", err)
	}
	return filepath.Join(dir, "relance"), nil
}

// secretBytes is the length of the secret: enough for HMAC-SHA-256 keys.
const secretBytes = 32

// Secret returns the secret that signs links and sessions of an installation
// with private services, and makes it the first time. It is readable by its
// owner alone. An installation with a database of its own is given its secret
// by RELANCE_SECRET instead, because several machines must agree on it.
func Secret(dataDir string) ([]byte, error) {
	path := filepath.Join(dataDir, "secret")
	b, err := readSecret(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return b, err
	}
	b = make([]byte, secretBytes)
	rand.Read(b) // never fails
	if err := writeOnce(path, b); err != nil {
		return nil, fmt.Errorf("secret: %w", err)
	}
	// Another process may have been first: what is on the disk counts.
	return readSecret(path)
}

func readSecret(path string) ([]byte, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("secret: %w", err)
	}
	if st.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("secret: %s can be read by other users: chmod 600 it, or delete it, which ends all sessions and links", path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("secret: %w", err)
	}
	if len(b) != secretBytes {
		return nil, fmt.Errorf("secret: %s has %d bytes instead of %d: restore it, or delete it, which ends all sessions and links", path, len(b), secretBytes)
	}
	return b, nil
}

// writeOnce puts a whole file in place unless there is one.
func writeOnce(path string, b []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".secret-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(b)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
