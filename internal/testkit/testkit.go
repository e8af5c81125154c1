// Package testkit gives tests real services.
//
//   - DB is a database of the test's own, cloned in milliseconds from a
//     template that the migrations made.
//   - Redis is a server of the test's own, which it may flush or kill.
//
// The first use in a test binary starts a keeper: the same binary once more,
// which opens the private services (see package services) and holds them while
// the pipe to the test is open. However the test ends, the pipe closes and the
// keeper lets go; the last keeper of a `go test ./...` stops the servers. So
// packages that run at the same time share one Postgres, and nothing is left.
//
// RELANCE_TEST_DATABASE_URL and RELANCE_TEST_REDIS_URL name servers to use
// instead: the role must be allowed to create databases.
//
// Without any way to have a service its tests are skipped and say why; with
// REQUIRE_SERVICES=1 they fail. The package may be imported by tests only.
package testkit

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// serviceTimeout bounds what a test waits for a service, the first fetch of
// its programs included.
const serviceTimeout = 5 * time.Minute

// unavailable skips the test, or fails it where services are required.
func unavailable(t testing.TB, what string, err error) {
	t.Helper()
	if os.Getenv("REQUIRE_SERVICES") == "1" {
		t.Fatalf("%s: %v", what, err)
	}
	t.Skipf("%s: %v", what, err)
}

// shared is what all tests of this binary use together. It is the one piece
// of state that a package of ours keeps: tests have no other place that is
// common to them.
var shared struct {
	keeper   func() (*keeper, error)
	template func() (template, error)
}

// init runs the keeper when this process is one, and never returns then. A
// TestMain could do it too, but each package would need one, and a package
// that forgot it would leave servers behind after a panic.
func init() {
	if os.Getenv(keeperVariable) != "" {
		os.Exit(keep(os.Stdin, os.Stdout))
	}
	shared.keeper = sync.OnceValues(startKeeper)
	shared.template = sync.OnceValues(func() (template, error) {
		ctx, cancel := context.WithTimeout(context.Background(), serviceTimeout)
		defer cancel()
		return openTemplate(ctx)
	})
}

// DataDir is an empty folder for private services, removed when the test
// ends. t.TempDir would not do: it is closed to the user whom the servers run
// as when root tests.
func DataDir(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}
