//go:build unix

package services

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sys/unix"
)

// both are the services that most tests here want.
func both(dir string) Options {
	return Options{DataDir: dir, NeedRedis: true, Disposable: true}
}

func open(t *testing.T, o Options) *Services {
	t.Helper()
	s, err := Open(t.Context(), o)
	fetchedOrSkip(t, err)
	t.Cleanup(func() { closeServices(t, s) })
	return s
}

// pids are the servers' processes of an open home.
func pids(t *testing.T, s *Services) (postgresPID, redisPID int) {
	t.Helper()
	postgresPID = ask[int](t, s.DatabaseURL, "SELECT split_part(pg_read_file('postmaster.pid'), E'\n', 1)::int")
	rdb := s.Redis.MakeRedisClient().(redis.UniversalClient)
	defer rdb.Close()
	info, err := rdb.Info(t.Context(), "server").Result()
	if err != nil {
		t.Fatal(err)
	}
	redisPID, err = strconv.Atoi(infoField(info, "process_id"))
	if err != nil {
		t.Fatal(err)
	}
	return postgresPID, redisPID
}

// gone fails unless both processes ended: Close returns after them.
func gone(t *testing.T, dir string, pg, rd int) {
	t.Helper()
	if runsIn(pg, filepath.Join(dir, "postgres")) || runsIn(rd, filepath.Join(dir, "redis")) {
		t.Errorf("still running: Postgres %d or Redis %d", pg, rd)
	}
}

func TestTheFirstStartsAndTheLastStops(t *testing.T) {
	dir := dataFolder(t)
	all := make([]*Services, 4)
	var group sync.WaitGroup
	for i := range all {
		group.Go(func() {
			s, err := Open(context.Background(), both(dir))
			if err != nil {
				t.Error(err)
			}
			all[i] = s
		})
	}
	group.Wait()
	if t.Failed() {
		t.FailNow()
	}
	pg, rd := pids(t, all[0])
	for i, s := range all {
		p, r := pids(t, s)
		if p != pg || r != rd {
			t.Errorf("user %d has servers %d and %d, the first %d and %d", i, p, r, pg, rd)
		}
		closeServices(t, s)
		closeServices(t, s) // a second time changes nothing
	}
	gone(t, dir, pg, rd)
	if _, err := os.Stat(filepath.Join(dir, "run.json")); err == nil {
		t.Error("run.json is left")
	}
}

func TestServersKeepDataAndStartFastTheSecondTime(t *testing.T) {
	dir := dataFolder(t)
	s := open(t, Options{DataDir: dir, NeedRedis: true})
	ask[string](t, s.DatabaseURL, "SELECT set_config('a.b', 'c', false)")
	ask[int64](t, s.DatabaseURL, "WITH t AS (SELECT lo_create(4711) AS id) SELECT id::int8 FROM t")
	rdb := s.Redis.MakeRedisClient().(redis.UniversalClient)
	if err := rdb.Set(t.Context(), "kept", "yes", 0).Err(); err != nil {
		t.Fatal(err)
	}
	rdb.Close()
	closeServices(t, s)

	begun := time.Now()
	s = open(t, Options{DataDir: dir, NeedRedis: true})
	if took := time.Since(begun); took > 5*time.Second { // 0.1 s on an idle machine
		t.Errorf("second start took %v", took)
	}
	if n := ask[int](t, s.DatabaseURL, "SELECT count(*)::int FROM pg_largeobject_metadata WHERE oid = 4711"); n != 1 {
		t.Error("Postgres lost what it had")
	}
	rdb = s.Redis.MakeRedisClient().(redis.UniversalClient)
	defer rdb.Close()
	if v, err := rdb.Get(t.Context(), "kept").Result(); err != nil || v != "yes" {
		t.Errorf("Redis lost what it had: %q, %v", v, err)
	}
}

func TestServersAreNotRootAndHaveASessionOfTheirOwn(t *testing.T) {
	dir := dataFolder(t)
	s := open(t, both(dir))
	pg, rd := pids(t, s)
	ours, err := unix.Getsid(0)
	if err != nil {
		t.Fatal(err)
	}
	for _, pid := range []int{pg, rd} {
		if sid, err := unix.Getsid(pid); err != nil || sid == ours {
			t.Errorf("process %d is in session %d, ours is %d: %v", pid, sid, ours, err)
		}
	}
	for _, name := range []string{"postgres", "redis"} {
		st, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if uid := st.Sys().(*syscall.Stat_t).Uid; uid == 0 || st.Mode().Perm() != 0o700 {
			t.Errorf("%s belongs to user %d, mode %v", name, uid, st.Mode())
		}
	}
}

// heldByAnother opens services in another process and returns once they run.
func heldByAnother(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestHoldForAnother$")
	cmd.Env = append(os.Environ(), "RELANCE_HOLD_DIR="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "open\n" {
		t.Fatalf("the other process said %q: %v", line, err)
	}
	return cmd
}

// TestHoldForAnother is the other process.
func TestHoldForAnother(t *testing.T) {
	dir := os.Getenv("RELANCE_HOLD_DIR")
	if dir == "" {
		t.Skip("runs inside other tests")
	}
	if _, err := Open(t.Context(), both(dir)); err != nil {
		t.Fatal(err)
	}
	fmt.Println("open")
	select {} // until killed
}

func TestOrphansOfAKilledProcessAreAdopted(t *testing.T) {
	dir := dataFolder(t)
	needServices(t, dir)
	other := heldByAnother(t, dir)
	mine := open(t, both(dir))
	pg, rd := pids(t, mine)
	closeServices(t, mine)
	if !runsIn(pg, filepath.Join(dir, "postgres")) || !runsIn(rd, filepath.Join(dir, "redis")) {
		t.Fatal("servers were stopped under the other process")
	}
	kill(t, other)

	s := open(t, both(dir))
	p, r := pids(t, s)
	if p != pg || r != rd {
		t.Errorf("servers %d and %d were not adopted, got %d and %d", pg, rd, p, r)
	}
	closeServices(t, s)
	gone(t, dir, pg, rd)
}

// needServices skips, once, where the servers cannot be had at all.
func needServices(t *testing.T, dir string) {
	t.Helper()
	s, err := Open(t.Context(), both(dir))
	fetchedOrSkip(t, err)
	closeServices(t, s)
}

func kill(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
}

func TestEverythingKilledAtOnceStartsAgain(t *testing.T) {
	dir := dataFolder(t)
	needServices(t, dir)
	other := heldByAnother(t, dir)
	mine := open(t, both(dir))
	pg, rd := pids(t, mine)
	closeServices(t, mine)
	for _, pid := range []int{pg, rd} {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	kill(t, other)

	s := open(t, both(dir))
	if p, r := pids(t, s); p == pg || r == rd {
		t.Errorf("servers %d and %d are the dead ones", p, r)
	}
}

func TestAnAdoptedServerWhoseSocketsWereSweptAwayIsRestarted(t *testing.T) {
	dir := dataFolder(t)
	needServices(t, dir)
	other := heldByAnother(t, dir)
	mine := open(t, both(dir))
	runtime := mine.home.run.Runtime
	closeServices(t, mine)
	kill(t, other)
	if err := os.RemoveAll(runtime); err != nil {
		t.Fatal(err)
	}

	s := open(t, both(dir))
	pg, rd := pids(t, s)
	closeServices(t, s)
	gone(t, dir, pg, rd)
}

func TestAPidFileThatNamesAStrangerDoesNotStopUs(t *testing.T) {
	dir := dataFolder(t)
	closeServices(t, open(t, both(dir)))
	stranger := fmt.Sprintf("%d\n%s\n1\n5432\n/nowhere\n\n0 0\nready\n", os.Getpid(), dir)
	path := filepath.Join(dir, "postgres", "postmaster.pid")
	if err := os.WriteFile(path, []byte(stranger), 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, both(dir))
	if pg, _ := pids(t, s); pg == os.Getpid() {
		t.Error("took this process for Postgres")
	}
}

func TestAnInitialisationThatWasCutShortIsDoneAgain(t *testing.T) {
	dir := dataFolder(t)
	if err := os.MkdirAll(filepath.Join(dir, "postgres.new", "base"), 0o700); err != nil {
		t.Fatal(err)
	}
	s := open(t, both(dir))
	ask[int](t, s.DatabaseURL, "SELECT 1")
}

func TestADataFolderMayHaveALongName(t *testing.T) {
	dir := filepath.Join(dataFolder(t), strings.Repeat("long ", 40), strings.Repeat("é", 100))
	s := open(t, both(dir))
	pids(t, s)
}

func TestAClosedFolderIsNamed(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root's servers run as another user")
	}
	closed := filepath.Join(dataFolder(t), "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), both(filepath.Join(closed, "data")))
	if err == nil || !strings.Contains(err.Error(), closed+" is closed to user") {
		t.Errorf("error: %v", err)
	}
}
