package services

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/hibiken/asynq"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/redis/go-redis/v9"
)

// checkTimeout bounds the question to a service given by address.
const checkTimeout = 10 * time.Second

// checkDatabase asks the operator's Postgres for its version. Errors never
// carry the password: pgx leaves it out.
func checkDatabase(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	c, err := pgx.Connect(ctx, url)
	var refused *pgconn.PgError
	switch {
	case errors.As(err, &refused):
		return fmt.Errorf("RELANCE_DATABASE_URL: Postgres refuses; check the user, the password and the name of the database: %w", err)
	case err != nil:
		return fmt.Errorf("RELANCE_DATABASE_URL: Postgres does not answer; check the address and that it runs: %w", err)
	}
	defer c.Close(ctx)
	var version int
	if err := c.QueryRow(ctx, "SELECT current_setting('server_version_num')::int").Scan(&version); err != nil {
		return fmt.Errorf("RELANCE_DATABASE_URL: ask for the version: %w", err)
	}
	if version < 150000 {
		return fmt.Errorf("RELANCE_DATABASE_URL: Postgres %d is too old; relance needs 15 or later", version/10000)
	}
	return nil
}

// checkRedis asks the operator's Redis for its version, and warns when it may
// forget tasks.
func checkRedis(ctx context.Context, url string) (asynq.RedisConnOpt, []string, error) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	opt, err := parseRedis(url)
	if err != nil {
		return nil, nil, fmt.Errorf("RELANCE_REDIS_URL: write it as redis://user:password@host:6379/0, rediss://, unix:///path or redis-sentinel://: %w", err)
	}
	c, ok := opt.MakeRedisClient().(redis.UniversalClient)
	if !ok {
		return nil, nil, errors.New("RELANCE_REDIS_URL: not a Redis address")
	}
	defer c.Close()
	info, err := c.Info(ctx, "server").Result()
	if err != nil {
		return nil, nil, fmt.Errorf("RELANCE_REDIS_URL: Redis does not answer; check the address and that it runs: %w", err)
	}
	if v := infoField(info, "redis_version"); versionBefore(v, 6, 2) {
		return nil, nil, fmt.Errorf("RELANCE_REDIS_URL: Redis %s is too old; relance needs 6.2 or later", v)
	}
	return opt, forgetfulness(ctx, c), nil
}

// parseRedis leaves sentinels to asynq's parser, and the rest to go-redis's,
// which also knows user names.
func parseRedis(url string) (asynq.RedisConnOpt, error) {
	if strings.HasPrefix(url, "redis-sentinel://") {
		return asynq.ParseRedisURI(url)
	}
	o, err := redis.ParseURL(url)
	if err != nil {
		return nil, err
	}
	return asynq.RedisClientOpt{
		Network: o.Network, Addr: o.Addr, DB: o.DB,
		Username: o.Username, Password: o.Password, TLSConfig: o.TLSConfig,
	}, nil
}

// forgetfulness lists settings under which Redis loses tasks. Managed
// services forbid the question, which is no reason to refuse them.
func forgetfulness(ctx context.Context, c redis.UniversalClient) []string {
	var notices []string
	policy, err := c.ConfigGet(ctx, "maxmemory-policy").Result()
	if err == nil && policy["maxmemory-policy"] != "" && policy["maxmemory-policy"] != "noeviction" {
		notices = append(notices, "Redis may evict tasks when its memory is full: set maxmemory-policy noeviction.")
	}
	log, err := c.ConfigGet(ctx, "appendonly").Result()
	if err == nil && log["appendonly"] == "no" {
		notices = append(notices, "Redis keeps no append-only log, so a restart delays what was queued: set appendonly yes.")
	}
	return notices
}

// versionBefore compares "7.0.15" with major.minor; what is not a version is
// not before anything.
func versionBefore(v string, major, minor int) bool {
	parts := strings.SplitN(v, ".", 3)
	if len(parts) < 2 {
		return false
	}
	a, errA := strconv.Atoi(parts[0])
	b, errB := strconv.Atoi(parts[1])
	return errA == nil && errB == nil && (a < major || a == major && b < minor)
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
