package jobs_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/hibiken/asynq"

	"github.com/relance/relance/internal/mail"
	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/jobs"
)

// processVariable makes this binary a relance of its own: the tests kill it.
const processVariable = "RELANCE_JOBS_PROCESS"

func TestMain(m *testing.M) {
	if spec := os.Getenv(processVariable); spec != "" {
		if err := process(spec); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// place is where a process finds everything.
type place struct {
	Database                string
	Network, Addr, Password string // Redis
	SMTP                    string
	Scheduler               bool
	Worker                  bool
	Log                     string // level
}

func (p place) redis() asynq.RedisClientOpt {
	return asynq.RedisClientOpt{Network: p.Network, Addr: p.Addr, Password: p.Password}
}

// process works until SIGTERM.
func process(spec string) error {
	var p place
	if err := json.Unmarshal([]byte(spec), &p); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	st, err := store.Open(ctx, p.Database)
	if err != nil {
		return err
	}
	defer st.Close()
	sender, err := mail.New(mail.Config{URL: p.SMTP})
	if err != nil {
		return err
	}
	defer sender.Close()
	config := jobs.Config{
		Store: st, Redis: p.redis(), Sender: sender, Letters: plainLetters{},
		Process: store.Process{ID: uuid.New(), Host: "test", PID: os.Getpid(), Roles: "worker", Mail: "loopback"},
		Tick:    200 * time.Millisecond, Beat: time.Second,
		Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
		Passes: jobs.Passes{Plan: func(ctx context.Context, now time.Time) error {
			_, err := st.Pool().Exec(ctx, `INSERT INTO test_ran (at) VALUES ($1)`, now)
			return err
		}},
	}
	if p.Worker {
		w, err := jobs.NewWorker(config)
		if err != nil {
			return err
		}
		if err := w.Start(ctx); err != nil {
			return err
		}
		defer w.Stop()
	}
	if p.Scheduler {
		s := jobs.NewScheduler(config)
		s.Start()
		defer s.Stop()
	}
	fmt.Println("ready")
	<-ctx.Done()
	return nil
}

// plainLetters needs no campaign's texts.
type plainLetters struct{}

func (plainLetters) Compose(_ context.Context, d *store.Due, now time.Time) (mail.Message, time.Time, error) {
	return mail.Message{ID: d.ID, MessageID: fmt.Sprintf("touch.%d@example.com", d.ID), From: mail.Address{Email: "news@example.com"},
		To: mail.Address{Email: d.Address}, Subject: "News for " + d.Client.Name, Text: "Dear " + d.Contact.Name + ",\n\nnews.\n", Date: now}, time.Time{}, nil
}

// child is a process under test.
type child struct {
	t    *testing.T
	cmd  *exec.Cmd
	errs *strings.Builder
	done chan error
}

func start(t *testing.T, p place) *child {
	t.Helper()
	spec, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	c := &child{t: t, cmd: exec.Command(os.Args[0]), errs: &strings.Builder{}, done: make(chan error, 1)}
	c.cmd.Env = append(os.Environ(), processVariable+"="+string(spec))
	c.cmd.Stderr = c.errs
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.cmd.Process.Kill()
		if t.Failed() {
			t.Logf("process %d said:\n%s", c.cmd.Process.Pid, c.errs)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "ready\n" {
		_ = c.cmd.Wait()
		t.Fatalf("process did not start: %q %v\n%s", line, err, c.errs)
	}
	go func() { _, _ = io.Copy(io.Discard, out); c.done <- c.cmd.Wait() }()
	return c
}

// kill is kill -9: nothing is finished.
func (c *child) kill() {
	c.t.Helper()
	if err := c.cmd.Process.Kill(); err != nil {
		c.t.Fatal(err)
	}
	<-c.done
}

// stop asks it to end, and expects it to end well.
func (c *child) stop() {
	c.t.Helper()
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		c.t.Fatal(err)
	}
	select {
	case err := <-c.done:
		if err != nil {
			c.t.Errorf("stopped with %v\n%s", err, c.errs)
		}
	case <-time.After(40 * time.Second):
		c.t.Error("did not stop")
	}
}
