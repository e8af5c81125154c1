package testkit_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"github.com/relance/relance/internal/testkit"
)

// again runs one test of this binary as a process of its own.
func again(t *testing.T, test string, env ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^"+test+"$", "-test.v")
	cmd.Env = append(os.Environ(), append(env, "RELANCE_TEST_AGAIN=1")...)
	return cmd
}

func onlyAgain(t *testing.T) {
	t.Helper()
	if os.Getenv("RELANCE_TEST_AGAIN") == "" {
		t.Skip("runs inside another test")
	}
}

// TestServersInUse holds services until it is killed.
func TestServersInUse(t *testing.T) {
	onlyAgain(t)
	var pid int
	err := testkit.DB(t).QueryRow(t.Context(), "SELECT split_part(pg_read_file('postmaster.pid'), E'\n', 1)::int").Scan(&pid)
	if err != nil {
		t.Fatal(err)
	}
	rdb := testkit.Redis(t).MakeRedisClient().(redis.UniversalClient)
	info, err := rdb.Info(t.Context(), "server").Result()
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(info, "process_id:")
	redisPID, _, _ := strings.Cut(after, "\r")
	fmt.Printf("pids %d %s\n", pid, redisPID)
	select {}
}

func TestNoServerOutlivesAKilledTest(t *testing.T) {
	testkit.DB(t) // skips where there are no services
	cmd := again(t, "TestServersInUse", "TMPDIR="+testkit.DataDir(t), "RELANCE_TEST_DATABASE_URL=", "RELANCE_TEST_REDIS_URL=")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var pids []int
	for lines := bufio.NewScanner(out); pids == nil && lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "pids "); ok {
			for _, f := range strings.Fields(rest) {
				pid, _ := strconv.Atoi(f)
				pids = append(pids, pid)
			}
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if len(pids) != 2 {
		t.Fatalf("pids of the servers: %v", pids)
	}
	for _, pid := range pids {
		waitEnd(t, pid)
	}
}

// waitEnd waits until a process has ended, reaped or not.
func waitEnd(t *testing.T, pid int) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; {
		if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) || isZombie(pid) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("process %d outlives its test", pid)
		}
		<-time.After(10 * time.Millisecond)
	}
}

func isZombie(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && strings.Contains(string(b), ") Z ")
}

// TestGivenServers runs where servers are given by address.
func TestGivenServers(t *testing.T) {
	onlyAgain(t)
	var name string
	if err := testkit.DB(t).QueryRow(t.Context(), "SELECT current_database()").Scan(&name); err != nil {
		t.Fatal(err)
	}
	a, b := testkit.Redis(t).(asynq.RedisClientOpt), testkit.Redis(t).(asynq.RedisClientOpt)
	if a.DB == 0 || b.DB == 0 || a.DB == b.DB {
		t.Errorf("databases of Redis: %d and %d", a.DB, b.DB)
	}
	if a.Addr != os.Getenv("WANT_REDIS") {
		t.Errorf("Redis at %s", a.Addr)
	}
	rdb := a.MakeRedisClient().(redis.UniversalClient)
	defer rdb.Close()
	if err := rdb.Set(t.Context(), "left", "behind", 0).Err(); err != nil {
		t.Fatal(err)
	}
}

func TestServersGivenByAddressAreUsedAndLeftClean(t *testing.T) {
	pool, opt := testkit.DB(t), testkit.Redis(t).(asynq.RedisClientOpt)
	cmd := again(t, "TestGivenServers", "WANT_REDIS="+opt.Addr,
		"RELANCE_TEST_DATABASE_URL="+pool.Config().ConnString(), "RELANCE_TEST_REDIS_URL=unix://"+opt.Addr)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestGivenServers") {
		t.Fatalf("%v\n%s", err, out)
	}
	rdb := opt.MakeRedisClient().(redis.UniversalClient)
	defer rdb.Close()
	info, err := rdb.Info(t.Context(), "keyspace").Result()
	if err != nil || strings.Contains(info, "db") {
		t.Errorf("left in Redis: %s, %v", info, err)
	}
	var left int
	err = pool.QueryRow(t.Context(), "SELECT count(*)::int FROM pg_database WHERE datname LIKE 'test\\_' || $1 || '\\_%'", strconv.Itoa(cmd.Process.Pid)).Scan(&left)
	if err != nil || left != 0 {
		t.Errorf("%d databases left, %v", left, err)
	}
}
