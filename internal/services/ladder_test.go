//go:build unix

package services

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"
)

// cacheForTests keeps what the rungs fetch between runs, so that the ladder
// costs its download once a machine.
func cacheForTests(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(os.TempDir(), "relance-test-cache")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// tooSlow skips what downloads when the caller wants a short run.
func tooSlow(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("fetches packages")
	}
}

// fetchedOrSkip fails where services are required, and skips where a rung
// needs a network or a package client that this machine has not.
func fetchedOrSkip(t *testing.T, err error) {
	t.Helper()
	if errors.Is(err, ErrNotInstalled) && os.Getenv("REQUIRE_SERVICES") != "1" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestEachRungGivesAPostgresThatWorks(t *testing.T) {
	for _, c := range []struct {
		source  Source
		without []Source
	}{
		{FromMachine, nil},
		{FromDebian, []Source{FromMachine, FromNPM}},
		{FromNPM, []Source{FromMachine, FromDebian}},
	} {
		t.Run(string(c.source), func(t *testing.T) {
			tooSlow(t)
			o := Options{DataDir: dataFolder(t), CacheDir: cacheForTests(t), Disposable: true, Without: c.without}
			s, err := Open(t.Context(), o)
			fetchedOrSkip(t, err)
			defer closeServices(t, s)
			version := ask[int](t, s.DatabaseURL, "SELECT current_setting('server_version_num')::int")
			zone := ask[string](t, s.DatabaseURL, "SELECT (timestamptz '2026-07-01 12:00Z' AT TIME ZONE 'Europe/Paris')::text")
			folded := ask[string](t, s.DatabaseURL, "SELECT lower('ÉTÉ')")
			if version < 150000 || zone != "2026-07-01 14:00:00" || folded != "été" {
				t.Errorf("version %d, Paris at noon UTC %s, lower case %s", version, zone, folded)
			}
		})
	}
}

func TestEachRungGivesARedisThatWorks(t *testing.T) {
	for _, c := range []struct {
		source  Source
		without []Source
	}{
		{FromMachine, nil},
		{FromDebian, []Source{FromMachine, FromProcess}},
		{FromProcess, []Source{FromMachine, FromDebian}},
	} {
		t.Run(string(c.source), func(t *testing.T) {
			tooSlow(t)
			s, err := Open(t.Context(), Options{DataDir: dataFolder(t), CacheDir: cacheForTests(t), NoDatabase: true, NeedRedis: true, Without: c.without})
			fetchedOrSkip(t, err)
			defer closeServices(t, s)
			rdb := s.Redis.MakeRedisClient().(redis.UniversalClient)
			defer rdb.Close()
			if err := rdb.Set(t.Context(), "k", "v", 0).Err(); err != nil {
				t.Fatal(err)
			}
			if noticed := len(s.Notices) > 0; noticed != (c.source == FromProcess) {
				t.Errorf("notices: %q", s.Notices)
			}
		})
	}
}

func TestWithoutAnyRungTheErrorNamesThePackages(t *testing.T) {
	_, err := Open(t.Context(), Options{DataDir: dataFolder(t), NeedRedis: true,
		Without: []Source{FromMachine, FromDebian, FromNPM, FromProcess}})
	if !errors.Is(err, ErrNotInstalled) || !strings.Contains(err.Error(), "install the package postgresql") {
		t.Errorf("error: %v", err)
	}
	_, err = Open(t.Context(), Options{DataDir: dataFolder(t), NoDatabase: true, NeedRedis: true,
		Without: []Source{FromMachine, FromDebian, FromProcess}})
	if !errors.Is(err, ErrNotInstalled) || !strings.Contains(err.Error(), "install the package redis-server") {
		t.Errorf("error: %v", err)
	}
}

// A network namespace of its own has no route to anywhere, as a laptop in a
// train: the package clients are there and fail.
func TestOfflineTheErrorNamesThePackages(t *testing.T) {
	if dir := os.Getenv("RELANCE_OFFLINE_DIR"); dir != "" {
		_, err := Open(t.Context(), Options{DataDir: dir, CacheDir: dir, Without: []Source{FromMachine}})
		if !errors.Is(err, ErrNotInstalled) || !strings.Contains(err.Error(), "install the package postgresql") {
			t.Errorf("error: %v", err)
		}
		return
	}
	if os.Geteuid() != 0 || !haveNamespaces {
		t.Skip("needs root on Linux to be cut off the network")
	}
	tooSlow(t)
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestOfflineTheErrorNamesThePackages$", "-test.v")
	cmd.Env = append(os.Environ(), "RELANCE_OFFLINE_DIR="+dataFolder(t))
	cmd.SysProcAttr = cutOff()
	out, err := cmd.CombinedOutput()
	if errors.Is(err, syscall.EPERM) {
		t.Skip("this machine forbids network namespaces")
	}
	if err != nil {
		t.Errorf("offline: %v\n%s", err, out)
	}
}

// ask runs a query of one value.
func ask[T any](t *testing.T, url, query string) T {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())
	var v T
	if err := c.QueryRow(t.Context(), query).Scan(&v); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return v
}

func closeServices(t *testing.T, s *Services) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

// dataFolder is a folder that the servers' user can reach: the testing
// package closes its own to all but us.
func dataFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}
