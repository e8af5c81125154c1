//go:build unix

package services

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

func TestOwnServicesAreUsedAndNothingIsStarted(t *testing.T) {
	theirs := open(t, both(dataFolder(t)))
	socket := theirs.Redis.(asynq.RedisClientOpt).Addr
	s := open(t, Options{DatabaseURL: theirs.DatabaseURL, RedisURL: "unix://" + socket, NeedRedis: true})
	if s.home != nil || s.DatabaseURL != theirs.DatabaseURL {
		t.Errorf("home %v, database %s", s.home, s.DatabaseURL)
	}
	ask[int](t, s.DatabaseURL, "SELECT 1")
	rdb := s.Redis.MakeRedisClient().(redis.UniversalClient)
	defer rdb.Close()
	if err := rdb.Ping(t.Context()).Err(); err != nil || len(s.Notices) != 0 {
		t.Errorf("ping: %v, notices: %q", err, s.Notices)
	}
}

func TestARedisThatMayForgetIsNoticed(t *testing.T) {
	theirs := open(t, Options{DataDir: dataFolder(t), NoDatabase: true, NeedRedis: true})
	rdb := theirs.Redis.MakeRedisClient().(redis.UniversalClient)
	defer rdb.Close()
	for key, value := range map[string]string{"maxmemory-policy": "allkeys-lru", "appendonly": "no"} {
		if err := rdb.ConfigSet(t.Context(), key, value).Err(); err != nil {
			t.Fatal(err)
		}
	}
	url := "unix://" + theirs.Redis.(asynq.RedisClientOpt).Addr
	s := open(t, Options{NoDatabase: true, RedisURL: url, NeedRedis: true})
	if all := strings.Join(s.Notices, " "); !strings.Contains(all, "noeviction") || !strings.Contains(all, "append-only") {
		t.Errorf("notices: %q", s.Notices)
	}
}

func TestOwnServicesThatDoNotAnswerAreNamedTogether(t *testing.T) {
	_, err := Open(t.Context(), Options{
		DatabaseURL: "postgres://relance:hidden-word@127.0.0.1:1/relance",
		RedisURL:    "redis://:hidden-word@127.0.0.1:1/0", NeedRedis: true,
	})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"RELANCE_DATABASE_URL", "RELANCE_REDIS_URL"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not named in: %v", want, err)
		}
	}
	if strings.Contains(err.Error(), "hidden-word") {
		t.Errorf("the password is shown: %v", err)
	}
}

func TestARedisAddressKeepsItsUserAndDatabase(t *testing.T) {
	const url = "rediss://me:mine@redis.example:6380/3"
	opt, err := parseRedis(url)
	if err != nil {
		t.Fatal(err)
	}
	got := opt.(asynq.RedisClientOpt)
	if got.Username != "me" || got.Password != "mine" || got.DB != 3 || got.TLSConfig == nil || got.TLSConfig.ServerName != "redis.example" {
		t.Errorf("got %+v", got)
	}
}

func TestVersions(t *testing.T) {
	for v, old := range map[string]bool{
		"6.0.16": true, "5.0": true, "6.2.0": false, "7.0.15": false, "10.1": false, "unknown": false,
	} {
		if versionBefore(v, 6, 2) != old {
			t.Errorf("%s before 6.2: %v", v, !old)
		}
	}
}

func TestTheDataFolderHasAnOrder(t *testing.T) {
	ordinary := "/home/u/.local/share/relance"
	if os.Geteuid() == 0 {
		ordinary = "/var/lib/relance"
	}
	for _, c := range []struct {
		name string
		env  map[string]string
		want string
	}{
		{"the setting wins", map[string]string{"RELANCE_DATA_DIR": "/srv/r", "HOME": "/home/u"}, "/srv/r"},
		{"else the user's data folder, or root's", map[string]string{"HOME": "/home/u"}, ordinary},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := DataDir(func(k string) string { return c.env[k] })
			if err != nil || got != c.want {
				t.Errorf("got %s, %v; want %s", got, err, c.want)
			}
		})
	}
}

func TestTheSecretIsMadeOnceAndKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	all := make([]string, 8)
	var group sync.WaitGroup
	for i := range all {
		group.Go(func() {
			b, err := Secret(dir)
			if err != nil {
				t.Error(err)
			}
			all[i] = string(b)
		})
	}
	group.Wait()
	for _, s := range all {
		if s != all[0] || len(s) != 32 {
			t.Fatalf("secrets differ or are short: %x", all)
		}
	}
	path := filepath.Join(dir, "secret")
	if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", st.Mode(), err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Secret(dir); err == nil || !strings.Contains(err.Error(), "can be read by other users") {
		t.Errorf("an open secret was taken: %v", err)
	}
}
