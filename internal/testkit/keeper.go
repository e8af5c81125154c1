package testkit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/hibiken/asynq"

	"github.com/relance/relance/internal/services"
)

// keeperVariable marks a process as a keeper; its value is the data folder.
const keeperVariable = "RELANCE_TESTKIT_KEEPER"

// A question goes to the keeper as one line of JSON, and its answer comes
// back as one.
type question struct {
	// Want is "database", "redis", or "close" for the Redis of that ID.
	Want string
	ID   int
}

type answer struct {
	DatabaseURL string // for "database"
	ID          int    // for "redis": to close it
	Network     string
	Addr        string
	Password    string
	Error       string // what went wrong, in words
}

// keeper is the test's end of the pipe.
type keeper struct {
	mu  sync.Mutex
	in  io.WriteCloser // closed by the kernel when the test ends
	out *json.Decoder
}

// startKeeper runs this binary again. Its words go nowhere: `go test` would
// wait for whoever holds its output.
func startKeeper() (*keeper, error) {
	dir, err := dataDir()
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), keeperVariable+"="+dir)
	cmd.Dir = os.TempDir()
	cmd.SysProcAttr = ownSession()
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start keeper of services: %w", err)
	}
	return &keeper{in: in, out: json.NewDecoder(out)}, nil
}

// dataDir is common to all test binaries of this work tree and user.
func dataDir() (string, error) {
	root, err := moduleRoot()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(root))
	name := "relance-test-" + strconv.Itoa(os.Getuid()) + "-" + hex.EncodeToString(sum[:4])
	return filepath.Join(os.TempDir(), name), nil
}

// moduleRoot walks up from the package under test, where go test starts it.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
}

func (k *keeper) ask(q question) (answer, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var a answer
	if err := json.NewEncoder(k.in).Encode(q); err != nil {
		return a, fmt.Errorf("keeper of services: %w", err)
	}
	if err := k.out.Decode(&a); err != nil {
		return a, fmt.Errorf("keeper of services: %w", err)
	}
	if a.Error != "" {
		return a, errors.New(a.Error)
	}
	return a, nil
}

// keep is the life of a keeper: it answers until the pipe closes, then gives
// everything back. The result is its exit code.
func keep(in io.Reader, out io.Writer) int {
	k := keeping{dir: os.Getenv(keeperVariable), redis: map[int]*services.Services{}}
	questions, answers := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var q question
		if questions.Decode(&q) != nil {
			break
		}
		a, err := k.answer(q)
		if err != nil {
			a.Error = err.Error()
		}
		if answers.Encode(a) != nil {
			break
		}
	}
	if k.close() != nil {
		return 1
	}
	return 0
}

// keeping is what a keeper holds.
type keeping struct {
	dir      string
	database *services.Services
	redis    map[int]*services.Services
	last     int
}

func (k *keeping) answer(q question) (answer, error) {
	ctx, cancel := context.WithTimeout(context.Background(), serviceTimeout)
	defer cancel()
	switch q.Want {
	case "database":
		return k.openDatabase(ctx)
	case "redis":
		return k.openRedis(ctx)
	default:
		return answer{}, k.closeRedis(q.ID)
	}
}

func (k *keeping) openDatabase(ctx context.Context) (answer, error) {
	if k.database == nil {
		s, err := services.Open(ctx, services.Options{DataDir: k.dir, Disposable: true})
		if err != nil {
			return answer{}, err
		}
		k.database = s
	}
	return answer{DatabaseURL: k.database.DatabaseURL}, nil
}

func (k *keeping) openRedis(ctx context.Context) (answer, error) {
	k.last++
	dir := k.redisDir(k.last)
	s, err := services.Open(ctx, services.Options{DataDir: dir, NoDatabase: true, NeedRedis: true, Disposable: true})
	if err != nil {
		return answer{}, err
	}
	k.redis[k.last] = s
	opt, ok := s.Redis.(asynq.RedisClientOpt)
	if !ok {
		return answer{}, fmt.Errorf("a private Redis of another kind: %T", s.Redis)
	}
	return answer{ID: k.last, Network: opt.Network, Addr: opt.Addr, Password: opt.Password}, nil
}

func (k *keeping) redisDir(id int) string {
	return fmt.Sprintf("%s-redis-%d-%d", k.dir, os.Getpid(), id)
}

func (k *keeping) closeRedis(id int) error {
	s := k.redis[id]
	delete(k.redis, id)
	if s == nil {
		return nil
	}
	return errors.Join(s.Close(), os.RemoveAll(k.redisDir(id)))
}

func (k *keeping) close() error {
	var errs []error
	for id := range k.redis {
		errs = append(errs, k.closeRedis(id))
	}
	if k.database != nil {
		errs = append(errs, k.database.Close())
	}
	return errors.Join(errs...)
}
