package testkit

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

// Redis returns the address of an empty Redis that no other test sees. With
// a private server the test may flush it, or stop it, as faults do; with
// RELANCE_TEST_REDIS_URL it has a numbered database and must leave the rest of
// the server alone.
func Redis(t testing.TB) asynq.RedisConnOpt {
	t.Helper()
	if url := os.Getenv("RELANCE_TEST_REDIS_URL"); url != "" {
		return leaseRedis(t, url)
	}
	k, err := shared.keeper()
	if err != nil {
		unavailable(t, "Redis", err)
	}
	a, err := k.ask(question{Want: "redis"})
	if err != nil {
		unavailable(t, "Redis", err)
	}
	t.Cleanup(func() {
		if _, err := k.ask(question{Want: "close", ID: a.ID}); err != nil {
			t.Errorf("close the test's Redis: %v", err)
		}
	})
	return asynq.RedisClientOpt{Network: a.Network, Addr: a.Addr, Password: a.Password}
}

// leaseRedis takes a numbered database of a shared server. The lease stands
// in database 0 and names the process, so that several may run at once.
func leaseRedis(t testing.TB, url string) asynq.RedisConnOpt {
	t.Helper()
	opt, err := redis.ParseURL(url)
	if err != nil {
		t.Fatalf("RELANCE_TEST_REDIS_URL: %v", err)
	}
	ctx := context.WithoutCancel(t.Context())
	leases := redis.NewClient(opt)
	db, err := takeLease(ctx, leases)
	if err != nil {
		unavailable(t, "Redis", err)
	}
	own := *opt
	own.DB = db
	c := redis.NewClient(&own)
	t.Cleanup(func() {
		_ = c.FlushDB(ctx).Err()
		_ = leases.Del(ctx, leaseKey(db)).Err()
		_, _ = c.Close(), leases.Close()
	})
	return asynq.RedisClientOpt{
		Network: own.Network, Addr: own.Addr, DB: db,
		Username: own.Username, Password: own.Password, TLSConfig: own.TLSConfig,
	}
}

func leaseKey(db int) string { return fmt.Sprintf("relance-test:%d", db) }

func takeLease(ctx context.Context, c *redis.Client) (int, error) {
	const databases = 16 // what a server has unless set otherwise
	for db := 1; db < databases; db++ {
		err := c.SetArgs(ctx, leaseKey(db), os.Getpid(), redis.SetArgs{Mode: "NX", TTL: 20 * time.Minute}).Err()
		if err == nil {
			return db, nil
		}
		if err != redis.Nil {
			return 0, err
		}
	}
	return 0, fmt.Errorf("all %d databases of the shared server are taken", databases-1)
}
