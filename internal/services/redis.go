//go:build unix

package services

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

// redisAddress is where a private Redis listens.
type redisAddress struct {
	Network  string `json:"network"`
	Addr     string `json:"addr"`
	Password string `json:"password,omitempty"`
}

func (a redisAddress) option() asynq.RedisConnOpt {
	return asynq.RedisClientOpt{Network: a.Network, Addr: a.Addr, Password: a.Password}
}

// client asks once, quickly: it is only for questions about life and death.
func (a redisAddress) client() *redis.Client {
	return redis.NewClient(&redis.Options{
		Network: a.Network, Addr: a.Addr, Password: a.Password,
		MaxRetries: -1, DialerRetries: 1, DialTimeout: time.Second, PoolSize: 1,
	})
}

func (a redisAddress) answers(ctx context.Context) bool {
	// A bare dial first: go-redis would write to the log that nobody is there.
	dialer := net.Dialer{Timeout: time.Second}
	conn, err := dialer.DialContext(ctx, a.Network, a.Addr)
	if err != nil {
		return false
	}
	conn.Close()
	c := a.client()
	defer c.Close()
	return c.Ping(ctx).Err() == nil
}

// openRedis adopts the Redis that runs, else starts a child, else takes the
// one inside the process. Call it under the start lock.
func (s *Services) openRedis(ctx context.Context, h *home, o Options) error {
	r := &redisChild{home: h, opts: o}
	adopted, err := r.adopt(ctx)
	if err != nil {
		return err
	}
	if !adopted {
		p, err := findRedis(ctx, h.owner, o)
		if errors.Is(err, ErrNotInstalled) && !o.excludes(FromProcess) {
			return s.openInProcess(ctx, h, o, err)
		}
		if err == nil {
			err = r.start(ctx, p)
		}
		if err != nil {
			return fmt.Errorf("private Redis in %s: %w", h.dir, err)
		}
	}
	s.Redis, s.running = h.run.Redis.option(), append(s.running, r)
	return nil
}

// redisChild is a private redis-server on a unix socket, with an append-only
// log in the home's folder "redis".
type redisChild struct {
	home *home
	opts Options
}

func (r *redisChild) name() string { return "Redis" }
func (r *redisChild) leave()       {}
func (r *redisChild) data() string { return r.home.path("redis") }

// address is the same whenever the home has the same socket folder.
func (r *redisChild) address() redisAddress {
	return redisAddress{Network: "unix", Addr: filepath.Join(r.home.run.Runtime, "redis.sock")}
}

// pid is that of the server which works on our data; 0 when none does.
func (r *redisChild) pid() int {
	b, err := os.ReadFile(filepath.Join(r.data(), "redis.pid"))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil || !runsIn(pid, r.data()) {
		return 0
	}
	return pid
}

// adopt waits for a server that runs already and tells whether there is one.
func (r *redisChild) adopt(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, bootTimeout)
	defer cancel()
	pid := r.pid()
	for addr := r.address(); pid != 0; pid = r.pid() {
		if addr.answers(ctx) {
			r.opts.Log.Info("redis adopted", "pid", pid)
			r.home.run.Redis = addr
			return true, r.home.saveRun()
		}
		if !exists(addr.Addr) {
			return false, r.stop(ctx) // its socket folder was swept away
		}
		if err := pause(ctx, 10*time.Millisecond); err != nil {
			return false, fmt.Errorf("private Redis: process %d has the data but does not answer: %w", pid, err)
		}
	}
	return false, nil
}

func (r *redisChild) start(ctx context.Context, p program) error {
	begun := time.Now()
	dir, err := r.home.folder("redis")
	if err != nil {
		return err
	}
	addr := r.address()
	c, err := r.home.start(dir, p, "redis.log", r.settings(dir, addr.Addr)...)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, bootTimeout)
	defer cancel()
	if err := c.waitReady(ctx, func() bool { return addr.answers(ctx) }); err != nil {
		return err
	}
	r.opts.Log.Info("redis started", "pid", c.cmd.Process.Pid, "source", p.source, "took", time.Since(begun).Round(time.Millisecond))
	r.home.run.Redis = addr
	return r.home.saveRun()
}

func (r *redisChild) settings(dir, socket string) []string {
	set := []string{
		"--port", "0", "--unixsocket", socket, "--unixsocketperm", "700",
		"--dir", dir, "--pidfile", filepath.Join(dir, "redis.pid"), "--daemonize", "no", "--save", "",
		"--maxmemory-policy", "noeviction", "--appendonly", "yes", "--appendfsync", "everysec",
	}
	if r.opts.Disposable {
		set = append(set, "--appendfsync", "no")
	}
	return set
}

// stop lets Redis finish its log.
func (r *redisChild) stop(ctx context.Context) error {
	pid := r.pid()
	if pid == 0 {
		return nil
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("signal process %d: %w", pid, err)
	}
	return waitGone(ctx, pid, r.data())
}
