package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

// handler does one kind of task.
type handler func(context.Context, payload) error

// drain is how long a stop waits for what was begun: ten mails to a slow server.
const drain = 30 * time.Second

// Worker takes tasks and does them, and keeps the heartbeat of its process. Stop may be called twice, or without Start.
type Worker struct {
	Config
	server *asynq.Server
	redis  redis.UniversalClient
	limit  *limit
	ledger *ledger
	clock  *clock

	domains domains

	mu   sync.Mutex
	busy map[delivery]bool // deliveries under way here

	stopping context.Context // ends at Stop: lanes finish their group and claim no more
	stop     context.CancelFunc
	beats    sync.WaitGroup
	once     sync.Once
}

// NewWorker makes a worker that does nothing before Start.
func NewWorker(c Config) (*Worker, error) {
	c = c.withDefaults()
	client, err := redisClient(c.Redis)
	if err != nil {
		return nil, err
	}
	w := &Worker{Config: c, redis: client, limit: newLimit(client), ledger: newLedger(c.Store, c.Process.ID), clock: &clock{store: c.Store}, busy: map[delivery]bool{}}
	w.stopping, w.stop = context.WithCancel(context.Background())
	w.server = asynq.NewServer(c.Redis, asynq.Config{
		Concurrency:              8,
		Queues:                   queues(),
		TaskCheckInterval:        100 * time.Millisecond,
		DelayedTaskCheckInterval: 500 * time.Millisecond,
		RetryDelayFunc:           func(int, error, *asynq.Task) time.Duration { return 2 * time.Second },
		ErrorHandler:             asynq.ErrorHandlerFunc(w.report),
		Logger:                   asynqLog{c.Log},
		LogLevel:                 asynq.WarnLevel,
		ShutdownTimeout:          drain,
	})
	return w, nil
}

// Start says that the process is alive, marks what crashed ones left, and begins to take tasks.
func (w *Worker) Start(ctx context.Context) error {
	if err := w.Store.Heartbeat(ctx, w.Process); err != nil {
		return err
	}
	now, err := w.Store.Now(ctx)
	if err != nil {
		return err
	}
	if _, err := w.sweepOnce(ctx, now); err != nil {
		return err
	}
	w.beats.Go(w.beat)
	if err := w.server.Start(w.handler()); err != nil {
		w.stop()
		w.beats.Wait()
		return fmt.Errorf("start taking tasks: %w", err)
	}
	return nil
}

// Stop finishes what is begun, up to half a minute, and takes the process off the list.
func (w *Worker) Stop() {
	w.once.Do(func() {
		w.stop()
		w.server.Shutdown()
		w.beats.Wait()
		w.leave()
		if err := w.redis.Close(); err != nil {
			w.Log.Warn("close redis", slog.Any("error", err))
		}
	})
}

// leave takes the process off the list, unless it could not record something: then its heartbeat ends by itself, and
// the rows become unsure.
func (w *Worker) leave() {
	if !w.ledger.empty() {
		w.Log.Error("stopped with sends that could not be recorded; they become unsure")
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := w.Store.Leave(ctx, w.Process.ID); err != nil {
		w.Log.Warn("leave", slog.Any("error", err))
	}
}

// beat keeps the heartbeat until Stop, and gives back what was claimed without an answer.
func (w *Worker) beat() {
	tick := time.NewTicker(w.Beat)
	defer tick.Stop()
	for {
		select {
		case <-w.stopping.Done():
			return
		case <-tick.C:
		}
		ctx, cancel := context.WithTimeout(w.stopping, w.Beat)
		err := w.Store.Heartbeat(ctx, w.Process)
		if err == nil {
			err = w.giveBack(ctx)
		}
		cancel()
		if err != nil && w.stopping.Err() == nil {
			w.Log.Warn("heartbeat", slog.Any("error", err))
		}
	}
}

func (w *Worker) giveBack(ctx context.Context) error {
	n, err := w.ledger.giveBack(ctx)
	if n > 0 {
		w.Log.Info("claims without an answer planned again", slog.Int64("touches", n))
	}
	return err
}

// handler finds a task's row in the table by its whole name.
func (w *Worker) handler() asynq.Handler {
	handlers := map[string]handler{}
	for name, k := range table() {
		handlers[name] = k.run(w)
	}
	return asynq.HandlerFunc(func(ctx context.Context, t *asynq.Task) error {
		h, ok := handlers[t.Type()]
		if !ok {
			return fmt.Errorf("task %q is not known to this version: %w", t.Type(), asynq.SkipRetry)
		}
		p, err := readPayload(t)
		if err != nil {
			return err
		}
		err = h(ctx, p)
		w.Metrics.task(t.Type(), err)
		return err
	})
}

// report is the one place where a task's failure is logged.
func (w *Worker) report(ctx context.Context, t *asynq.Task, err error) {
	if errors.Is(err, context.Canceled) && w.stopping.Err() != nil {
		return
	}
	w.Log.Error("task failed", slog.String("task", t.Type()), slog.String("payload", string(t.Payload())), slog.Any("error", err))
}

// begin says whether this process is free for a delivery, and takes it; end frees it.
func (w *Worker) begin(d delivery) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.busy[d] {
		return false
	}
	w.busy[d] = true
	return true
}

func (w *Worker) end(d delivery) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.busy, d)
}

// asynqLog passes asynq's words on. It says little of use below a warning.
type asynqLog struct{ log *slog.Logger }

func (l asynqLog) Debug(args ...any) { l.log.Debug(fmt.Sprint(args...)) }
func (l asynqLog) Info(args ...any)  { l.log.Debug(fmt.Sprint(args...)) }
func (l asynqLog) Warn(args ...any)  { l.log.Warn(fmt.Sprint(args...)) }
func (l asynqLog) Error(args ...any) { l.log.Error(fmt.Sprint(args...)) }
func (l asynqLog) Fatal(args ...any) { l.log.Error(fmt.Sprint(args...)) }
