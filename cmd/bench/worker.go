package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/pprof"

	"github.com/google/uuid"
	"github.com/hibiken/asynq"

	"github.com/relance/relance/internal/mail"
	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/jobs"
)

// workerVariable makes this binary the worker that is measured.
const workerVariable = "RELANCE_BENCH_WORKER"

// spec is where the worker finds everything.
type spec struct {
	Database, Network, Addr, Password, SMTP string
	Profile                                 string // file for the processor profile; empty: none
}

func workerSpec(b *delivery, profile string) (string, error) {
	redis, ok := b.services.Redis.(asynq.RedisClientOpt)
	if !ok {
		return "", fmt.Errorf("a private Redis of another kind: %T", b.services.Redis)
	}
	text, err := json.Marshal(spec{b.services.DatabaseURL, redis.Network, redis.Addr, redis.Password, b.sink.URL(), profile})
	return string(text), err
}

// work is a worker and a scheduler, as relance serve runs them, until it is told to stop.
func work(ctx context.Context, text string, out io.Writer) error {
	var s spec
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return err
	}
	if s.Profile != "" {
		f, err := os.Create(s.Profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	jobs.UseMemory()
	st, err := store.Open(ctx, s.Database)
	if err != nil {
		return err
	}
	defer st.Close()
	sender, err := mail.New(mail.Config{URL: s.SMTP, MaxConns: connections})
	if err != nil {
		return err
	}
	defer sender.Close()
	letters, err := writer(st)
	if err != nil {
		return err
	}
	c := jobs.Config{
		Store: st, Redis: asynq.RedisClientOpt{Network: s.Network, Addr: s.Addr, Password: s.Password}, Sender: sender, Letters: letters,
		Process: store.Process{ID: uuid.New(), Host: "bench", PID: os.Getpid(), Roles: "worker,scheduler", Mail: "loopback"},
		Log:     slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	}
	w, err := jobs.NewWorker(c)
	if err != nil {
		return err
	}
	if err := w.Start(ctx); err != nil {
		return err
	}
	defer w.Stop()
	scheduler := jobs.NewScheduler(c)
	scheduler.Start()
	defer scheduler.Stop()
	fmt.Fprintln(out, "ready")
	<-ctx.Done()
	return nil
}
