//go:build unix

package services

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
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
	if a.Addr == "" {
		return false
	}
	c := a.client()
	defer c.Close()
	return c.Ping(ctx).Err() == nil
}

// openRedis adopts the Redis that runs, else starts a child, else takes the
// one inside the process. Call it under the start lock.
func (s *Services) openRedis(ctx context.Context, h *home, o Options) error {
	r := &redisChild{home: h, opts: o}
	if h.run.Redis.Network == "unix" && h.run.Redis.answers(ctx) {
		s.Redis, s.running = h.run.Redis.option(), append(s.running, r)
		o.Log.Info("redis adopted", "addr", h.run.Redis.Addr)
		return nil
	}
	p, err := findRedis(ctx, h.owner, o)
	if err == nil {
		s.running = append(s.running, r)
		if err = r.start(ctx, p); err == nil {
			s.Redis = h.run.Redis.option()
		}
		return err
	}
	if !errors.Is(err, ErrNotInstalled) || o.excludes(FromProcess) {
		return fmt.Errorf("private Redis in %s: %w", h.dir, err)
	}
	return s.openInProcess(ctx, h, o, err)
}

// redisChild is a private redis-server on a unix socket, with an append-only
// log in the home's folder "redis".
type redisChild struct {
	home *home
	opts Options
}

func (r *redisChild) name() string { return "Redis" }
func (r *redisChild) leave()       {}

func (r *redisChild) start(ctx context.Context, p program) error {
	begun := time.Now()
	dir, err := r.home.folder("redis")
	if err != nil {
		return err
	}
	addr := redisAddress{Network: "unix", Addr: filepath.Join(r.home.run.Runtime, "redis.sock")}
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
		"--dir", dir, "--daemonize", "no", "--save", "",
		"--maxmemory-policy", "noeviction", "--appendonly", "yes", "--appendfsync", "everysec",
	}
	if r.opts.Disposable {
		set = append(set, "--appendfsync", "no")
	}
	return set
}

// stop lets Redis finish its log. It is asked for its pid first, because the
// answer to SHUTDOWN is a closed connection, before the process has ended.
func (r *redisChild) stop(ctx context.Context) error {
	addr := r.home.run.Redis
	if addr.Network != "unix" {
		return nil
	}
	c := addr.client()
	defer c.Close()
	info, err := c.Info(ctx, "server").Result()
	if err != nil {
		return nil // it does not run
	}
	pid, err := strconv.Atoi(infoField(info, "process_id"))
	if err != nil {
		return fmt.Errorf("pid of redis: %w", err)
	}
	_ = c.Shutdown(ctx).Err()
	return waitGone(ctx, pid, r.home.path("redis"))
}

// infoField finds one value in the answer to INFO.
func infoField(info, name string) string {
	for line := range strings.Lines(info) {
		if v, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(v)
		}
	}
	return ""
}
