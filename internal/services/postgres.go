//go:build unix

package services

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// postgres is a private cluster in the home's folder "postgres". It listens
// on a unix socket only, and lets in the user of this process as "relance".
type postgres struct {
	home *home
	opts Options
}

func (p *postgres) name() string { return "Postgres" }
func (p *postgres) data() string { return p.home.path("postgres") }
func (p *postgres) leave()       {}

// url addresses a database of the cluster.
func (p *postgres) url(database string) string {
	return "postgres://relance@/" + database + "?host=" + p.home.run.Runtime
}

// bootTimeout is generous because after a crash Postgres replays its log.
const bootTimeout = 60 * time.Second

// ensure returns the address of a cluster that answers, and makes, starts or
// adopts it as needed. Call it under the start lock.
func (p *postgres) ensure(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, bootTimeout+fetchTimeout)
	defer cancel()
	adopted, err := p.adopt(ctx)
	if err != nil {
		return "", err
	}
	if !adopted {
		if err := p.makeAndStart(ctx); err != nil {
			return "", err
		}
	}
	return p.url("relance"), p.createDatabase(ctx)
}

// adopt waits for a server that runs already and tells whether there is one.
func (p *postgres) adopt(ctx context.Context) (bool, error) {
	pid := p.pid()
	if pid.process == 0 {
		return false, nil
	}
	if !runsIn(pid.process, p.data()) {
		return false, p.clearStale(ctx, pid)
	}
	ctx, cancel := context.WithTimeout(ctx, bootTimeout)
	defer cancel()
	for !p.answers(ctx) {
		switch pid := p.pid(); {
		case !runsIn(pid.process, p.data()):
			return false, p.clearStale(ctx, pid) // it was on its way out
		case pid.ready && !exists(filepath.Join(p.home.run.Runtime, ".s.PGSQL.5432")):
			return false, p.stop(ctx) // its socket folder was swept away
		}
		if err := pause(ctx, 10*time.Millisecond); err != nil {
			return false, fmt.Errorf("process %d has the data but does not answer: %w", pid.process, err)
		}
	}
	p.opts.Log.Info("postgres adopted", "pid", pid.process)
	return true, nil
}

// pidFile is what postmaster.pid tells.
type pidFile struct {
	process int  // 0: there is no such file
	ready   bool // it lets clients in
}

func (p *postgres) pid() pidFile {
	b, err := os.ReadFile(filepath.Join(p.data(), "postmaster.pid"))
	if err != nil {
		return pidFile{}
	}
	lines := append(strings.Split(string(b), "\n"), make([]string, 8)...)
	process, _ := strconv.Atoi(strings.TrimSpace(lines[0]))
	return pidFile{process: process, ready: strings.TrimSpace(lines[7]) == "ready"}
}

// clearStale waits for the backends of a server that was killed, then removes
// its pid files if their number is still taken: by a stranger, or by a corpse
// that nobody has reaped. Postgres would take either for a rival.
func (p *postgres) clearStale(ctx context.Context, pid pidFile) error {
	if err := waitEmpty(ctx, p.data()); err != nil {
		return err
	}
	if errors.Is(syscall.Kill(pid.process, 0), syscall.ESRCH) {
		return nil
	}
	socket := filepath.Join(p.home.run.Runtime, ".s.PGSQL.5432")
	for _, path := range []string{filepath.Join(p.data(), "postmaster.pid"), socket, socket + ".lock"} {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove stale pid file: %w", err)
		}
	}
	return nil
}

func (p *postgres) answers(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	c, err := pgx.Connect(ctx, p.url("postgres"))
	if err != nil {
		return false
	}
	return c.Close(ctx) == nil
}

func (p *postgres) makeAndStart(ctx context.Context) error {
	bin, err := p.findBinaries(ctx)
	if err != nil {
		return err
	}
	if p.version() == 0 {
		if err := p.initialise(ctx, bin); err != nil {
			return err
		}
	}
	return p.start(ctx, bin)
}

// version is the major version that the cluster's data is for; 0 when there
// is no cluster yet.
func (p *postgres) version() int {
	b, err := os.ReadFile(filepath.Join(p.data(), "PG_VERSION"))
	if err != nil {
		return 0
	}
	v, _ := strconv.Atoi(strings.TrimSpace(string(b)))
	return v
}

// initialise makes the cluster beside its place and moves it there whole, so
// that a kill in the middle leaves nothing half made; the initdb of a killed
// process may be at work there still.
func (p *postgres) initialise(ctx context.Context, bin postgresBinaries) error {
	p.opts.Progress("preparing the private Postgres", 0, 0)
	dir := p.home.path("postgres.new")
	if err := waitEmpty(ctx, dir); err != nil {
		return err
	}
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("clear unfinished cluster: %w", err)
	}
	if _, err := p.home.folder("postgres.new"); err != nil {
		return err
	}
	// C.UTF-8 sorts alike everywhere and knows accented letters; systems
	// without it get the plain C locale.
	var failed error
	for _, locale := range []string{"C.UTF-8", "C"} {
		args := []string{"--pgdata=" + dir, "--username=relance", "--encoding=UTF8", "--locale=" + locale, "--auth=peer", "--no-instructions"}
		if p.opts.Disposable {
			args = append(args, "--no-sync")
		}
		cmd := p.home.owner.command(ctx, dir, bin.initdb, args...)
		out, err := cmd.CombinedOutput()
		if err == nil {
			return p.admit(dir)
		}
		failed = fmt.Errorf("initdb: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return failed
}

// admit lets the user of this process in as relance, and nobody else: the
// socket folder is closed, and should another program share the servers' user
// it is refused still.
func (p *postgres) admit(dir string) error {
	name := p.home.owner.name
	if p.home.owner.drop {
		name = "root"
	}
	files := map[string]string{
		"pg_hba.conf":   "local all all peer map=relance\n",
		"pg_ident.conf": "relance \"" + name + "\" relance\n",
	}
	for file, text := range files {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			return fmt.Errorf("cluster access: %w", err)
		}
	}
	if err := os.Rename(dir, p.data()); err != nil {
		return fmt.Errorf("place cluster: %w", err)
	}
	return nil
}

func (p *postgres) start(ctx context.Context, bin postgresBinaries) error {
	begun := time.Now()
	args := append([]string{"-D", p.data(), "-c", "unix_socket_directories=" + p.home.run.Runtime}, p.settings()...)
	c, err := p.home.start(p.data(), bin.postgres, "postgres.log", args...)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, bootTimeout)
	defer cancel()
	ready := func() bool {
		pid := p.pid()
		return pid.process == c.cmd.Process.Pid && pid.ready
	}
	if err := c.waitReady(ctx, ready); err != nil {
		return err
	}
	p.opts.Log.Info("postgres started", "pid", c.cmd.Process.Pid, "source", bin.source, "took", time.Since(begun).Round(time.Millisecond))
	return nil
}

// settings fit a small company's machine: a gigabyte of memory for Postgres
// at the most, and bulk imports that do not force checkpoints.
func (p *postgres) settings() []string {
	set := []string{
		"listen_addresses=", "port=5432", "unix_socket_permissions=0700",
		"max_connections=100", "shared_buffers=256MB", "effective_cache_size=1GB",
		"work_mem=16MB", "maintenance_work_mem=256MB", "max_wal_size=4GB",
		"wal_level=minimal", "max_wal_senders=0", "wal_compression=on",
		"random_page_cost=1.1", "jit=off", "timezone=UTC", "log_timezone=UTC",
		"lc_messages=C", "log_min_messages=warning", "log_min_error_statement=panic",
	}
	if p.opts.Disposable {
		set = append(set, "fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=300")
	}
	var args []string
	for _, s := range set {
		args = append(args, "-c", s)
	}
	return args
}

func (p *postgres) createDatabase(ctx context.Context) error {
	c, err := pgx.Connect(ctx, p.url("postgres"))
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer c.Close(ctx)
	var there bool
	err = c.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = 'relance')").Scan(&there)
	if err == nil && !there {
		_, err = c.Exec(ctx, "CREATE DATABASE relance")
	}
	if err != nil {
		return fmt.Errorf("create database: %w", err)
	}
	return nil
}

// stop asks for a fast shutdown, and for an immediate one, which costs a
// replay at the next start, if that does not come to an end.
func (p *postgres) stop(ctx context.Context) error {
	pid := p.pid().process
	if pid == 0 || !runsIn(pid, p.data()) {
		return nil
	}
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT} {
		if err := syscall.Kill(pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("signal process %d: %w", pid, err)
		}
		half, cancel := context.WithTimeout(ctx, closeTimeout/2)
		err := waitGone(half, pid, p.data())
		cancel()
		if err == nil {
			p.opts.Log.Info("postgres stopped", "pid", pid, "signal", sig.String())
			return nil
		}
	}
	return fmt.Errorf("process %d ignores signals", pid)
}
