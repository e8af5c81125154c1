package testkit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/relance/relance/internal/store"
)

// A template is a migrated database that tests are cloned from.
type template struct {
	admin *pgxpool.Pool // of the database postgres
	name  string
	next  *atomic.Int64 // numbers this process's clones
}

// DB returns a pool on a migrated, empty database that no other test sees. It
// is closed and dropped when the test ends.
func DB(t testing.TB) *pgxpool.Pool {
	t.Helper()
	tpl, err := shared.template()
	if err != nil {
		unavailable(t, "Postgres", err)
	}
	pool, drop, err := tpl.clone(t.Context())
	if err != nil {
		t.Fatalf("database for the test: %v", err)
	}
	t.Cleanup(func() {
		pool.Close()
		if err := drop(); err != nil {
			t.Errorf("drop the test's database: %v", err)
		}
	})
	return pool
}

// DatabaseURL is the address of a database as DB gives it, for code that
// opens its own connections.
func DatabaseURL(t testing.TB) string {
	t.Helper()
	return DB(t).Config().ConnString()
}

// openTemplate makes the template when it is the first to need it. An
// advisory lock makes the others wait, in whatever process.
func openTemplate(ctx context.Context) (template, error) {
	url, err := serverURL()
	if err != nil {
		return template{}, err
	}
	admin, err := pgxpool.New(ctx, withDatabase(url, "postgres"))
	if err != nil {
		return template{}, err
	}
	sum, err := migrationsSum()
	if err != nil {
		return template{}, err
	}
	t := template{admin: admin, name: "template_" + sum, next: new(atomic.Int64)}
	return t, pgx.BeginFunc(ctx, admin, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(5823176029)"); err != nil {
			return err
		}
		return t.make(ctx, url)
	})
}

// serverURL is the given server's address, or the keeper's.
func serverURL() (string, error) {
	if url := os.Getenv("RELANCE_TEST_DATABASE_URL"); url != "" {
		return url, nil
	}
	k, err := shared.keeper()
	if err != nil {
		return "", err
	}
	a, err := k.ask(question{Want: "database"})
	return a.DatabaseURL, err
}

// withDatabase changes the database that an address names.
func withDatabase(url, name string) string {
	scheme, rest, _ := strings.Cut(url, "://")
	before, query, hasQuery := strings.Cut(rest, "?")
	host, _, _ := strings.Cut(before, "/")
	out := scheme + "://" + host + "/" + name
	if hasQuery {
		out += "?" + query
	}
	return out
}

// migrationsSum changes whenever a migration does.
func migrationsSum() (string, error) {
	files := store.Migrations()
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return "", err
	}
	h := sha256.New()
	for _, name := range names {
		b, err := fs.ReadFile(files, name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%s %d\n%s", name, len(b), b)
	}
	return hex.EncodeToString(h.Sum(nil)[:6]), nil
}

// make builds the template under another name first: under its own it is
// always complete. It also sweeps what killed tests left behind.
func (t template) make(ctx context.Context, url string) error {
	var there bool
	err := t.admin.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", t.name).Scan(&there)
	if err != nil || there {
		return err
	}
	if err := t.sweep(ctx); err != nil {
		return err
	}
	draft := t.name + "_draft"
	for _, sql := range []string{"DROP DATABASE IF EXISTS " + draft + " WITH (FORCE)", "CREATE DATABASE " + draft} {
		if _, err := t.admin.Exec(ctx, sql); err != nil {
			return err
		}
	}
	if _, err := store.Migrate(ctx, withDatabase(url, draft)); err != nil {
		return err
	}
	_, err = t.admin.Exec(ctx, "ALTER DATABASE "+draft+" RENAME TO "+t.name)
	return err
}

// sweep drops clones of processes that are gone, and all but the newest few
// templates of earlier migrations.
func (t template) sweep(ctx context.Context) error {
	const query = `
		SELECT datname FROM pg_database WHERE datname LIKE 'test\_%'
		UNION ALL
		(SELECT datname FROM pg_database WHERE datname LIKE 'template\_%' ORDER BY oid DESC OFFSET 3)`
	rows, err := t.admin.Query(ctx, query)
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, name := range names {
		if ownerLives(name) {
			continue
		}
		if _, err := t.admin.Exec(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)"); err != nil {
			return err
		}
	}
	return nil
}

// ownerLives reads the process from a clone's name, test_<pid>_<n>.
func ownerLives(name string) bool {
	parts := strings.Split(name, "_")
	if parts[0] != "test" || len(parts) != 3 {
		return false
	}
	pid, err := strconv.Atoi(parts[1])
	return err == nil && !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}

// clone copies the template.
func (t template) clone(ctx context.Context) (*pgxpool.Pool, func() error, error) {
	name := fmt.Sprintf("test_%d_%d", os.Getpid(), t.next.Add(1))
	if _, err := t.admin.Exec(ctx, "CREATE DATABASE "+name+" TEMPLATE "+t.name); err != nil {
		return nil, nil, err
	}
	drop := func() error {
		_, err := t.admin.Exec(context.Background(), "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
		return err
	}
	config, err := pgxpool.ParseConfig(withDatabase(t.admin.Config().ConnString(), name))
	if err != nil {
		return nil, nil, errors.Join(err, drop())
	}
	config.MaxConns = 10
	pool, err := pgxpool.NewWithConfig(context.WithoutCancel(ctx), config)
	if err != nil {
		return nil, nil, errors.Join(err, drop())
	}
	return pool, drop, nil
}
