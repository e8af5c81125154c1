//go:build unix

package services

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// inside are the options of a machine without any Redis.
func inside(dir string) Options {
	return Options{DataDir: dir, NoDatabase: true, NeedRedis: true, Without: []Source{FromMachine, FromDebian}}
}

func TestProcessesShareTheRedisInside(t *testing.T) {
	dir := dataFolder(t)
	host, guest := open(t, inside(dir)), open(t, inside(dir))
	a := host.Redis.MakeRedisClient().(redis.UniversalClient)
	b := guest.Redis.MakeRedisClient().(redis.UniversalClient)
	defer a.Close()
	defer b.Close()
	if err := a.Set(t.Context(), "k", "v", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if v, err := b.Get(t.Context(), "k").Result(); err != nil || v != "v" {
		t.Errorf("the guest reads %q, %v", v, err)
	}

	closeServices(t, host)
	until(t, "the guest to take over", func() bool { return b.Ping(t.Context()).Err() == nil })
}

func TestTheClockOfTheRedisInsideMoves(t *testing.T) {
	s := open(t, inside(dataFolder(t)))
	rdb := s.Redis.MakeRedisClient().(redis.UniversalClient)
	defer rdb.Close()
	if err := rdb.Set(t.Context(), "lease", "mine", time.Second).Err(); err != nil {
		t.Fatal(err)
	}
	until(t, "the lease to expire", func() bool { return rdb.Exists(t.Context(), "lease").Val() == 0 })
}

func TestTheRedisInsideAsksForItsPassword(t *testing.T) {
	s := open(t, inside(dataFolder(t)))
	rdb := redis.NewClient(&redis.Options{Addr: s.home.run.Redis.Addr})
	defer rdb.Close()
	if err := rdb.Ping(t.Context()).Err(); err == nil {
		t.Error("a stranger was let in")
	}
}

// until waits for a condition that some goroutine brings about.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
		if err := pause(t.Context(), 20*time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
}
