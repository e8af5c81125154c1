//go:build unix

package services

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
)

// fromMachine takes the newest usable Postgres that is installed, or the one
// of the given major version if that is not 0.
func (p *postgres) fromMachine(ctx context.Context, major int) (postgresBinaries, error) {
	var best postgresBinaries
	for _, dir := range installedPostgres() {
		bin, err := p.binariesIn(ctx, dir, nil, FromMachine)
		if err != nil || bin.major < oldestPostgres || (major != 0 && bin.major != major) {
			continue
		}
		if bin.major > best.major {
			best = bin
		}
	}
	if best.major == 0 {
		return best, errors.New("no usable Postgres on the path or in the usual folders")
	}
	return best, nil
}

// installedPostgres lists folders that may hold a server. Distributions keep
// them off the path, because they have several side by side.
func installedPostgres() []string {
	var dirs []string
	if path, err := exec.LookPath("postgres"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			dirs = append(dirs, filepath.Dir(real))
		}
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin",          // Debian
		"/usr/pgsql-*/bin",                   // Red Hat
		"/usr/libexec/postgresql*",           // Alpine
		"/opt/homebrew/opt/postgresql@*/bin", // Homebrew
		"/usr/local/opt/postgresql@*/bin",
		"/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
		"/Applications/Postgres.app/Contents/Versions/*/bin",
	} {
		found, _ := filepath.Glob(pattern)
		dirs = append(dirs, found...)
	}
	return dirs
}

var firstNumber = regexp.MustCompile(`\d+(\.\d+)?`)

// binariesIn asks the server in dir for its version, as the user who would
// run it, so that what that user cannot run does not count.
func (p *postgres) binariesIn(ctx context.Context, dir string, libs []string, source Source) (postgresBinaries, error) {
	bin := postgresBinaries{
		postgres: program{path: filepath.Join(dir, "postgres"), libs: libs, source: source},
		initdb:   program{path: filepath.Join(dir, "initdb"), libs: libs, source: source},
		source:   source,
	}
	for _, prog := range []program{bin.initdb, bin.postgres} {
		out, err := p.home.owner.command(ctx, "/", prog, "--version").CombinedOutput()
		if err != nil {
			return bin, fmt.Errorf("%s: %w: %s", prog.path, err, out)
		}
		bin.major, _ = strconv.Atoi(majorOf(firstNumber.FindString(string(out))))
	}
	return bin, nil
}

func majorOf(version string) string {
	for i, r := range version {
		if r == '.' {
			return version[:i]
		}
	}
	return version
}

// redisFromMachine takes redis-server, or its free successor, from the path.
func redisFromMachine(ctx context.Context, id identity, _ Options) (program, error) {
	for _, name := range []string{"redis-server", "valkey-server"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		p := program{path: path, source: FromMachine}
		if err := redisUsable(ctx, id, p); err != nil {
			return program{}, err
		}
		return p, nil
	}
	return program{}, errors.New("no redis-server on the path")
}

var redisVersion = regexp.MustCompile(`v=(\d+\.\d+)`)

func redisUsable(ctx context.Context, id identity, p program) error {
	out, err := id.command(ctx, "/", p, "--version").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", p.path, err, out)
	}
	m := redisVersion.FindSubmatch(out)
	if m == nil || versionBefore(string(m[1]), 6, 2) {
		return fmt.Errorf("%s is too old: %s", p.path, out)
	}
	return nil
}

// openCache makes the folder of fetched programs and locks it: processes with
// other data folders share it.
func openCache(ctx context.Context, id identity, o Options) (dir string, unlock func(), err error) {
	if dir = o.CacheDir; dir == "" {
		if dir, err = cacheDir(); err != nil {
			return "", nil, err
		}
	}
	if err := os.MkdirAll(dir, id.folderMode()); err != nil {
		return "", nil, fmt.Errorf("cache folder: %w", err)
	}
	if unlock, err = lockFile(ctx, filepath.Join(dir, "lock")); err != nil {
		return "", nil, err
	}
	return dir, unlock, nil
}
