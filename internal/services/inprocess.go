//go:build unix

package services

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// inProcess is the last rung: a Redis inside one of the processes that share
// a home. The first hosts it; when the host leaves, another one takes over
// its address, empty, which costs one tick because the rows are the truth.
type inProcess struct {
	home   *home
	addr   redisAddress
	host   atomic.Pointer[miniredis.Miniredis] // nil while another process hosts
	cancel context.CancelFunc
	done   chan struct{}
}

func (r *inProcess) name() string { return "Redis in the process" }

// openInProcess joins the Redis of another process of this home, or hosts it.
func (s *Services) openInProcess(ctx context.Context, h *home, o Options, why error) error {
	r := &inProcess{home: h, addr: h.run.Redis, done: make(chan struct{})}
	if r.addr.Network != "tcp" {
		r.addr = redisAddress{Network: "tcp", Addr: "127.0.0.1:0", Password: rand.Text()}
	}
	if !r.addr.answers(ctx) {
		if err := r.listen(); err != nil {
			// The port was given to a stranger meanwhile: take any other.
			r.addr.Addr = "127.0.0.1:0"
			if err := r.listen(); err != nil {
				return fmt.Errorf("redis in the process: %w", err)
			}
		}
	}
	h.run.Redis = r.addr
	if err := h.saveRun(); err != nil {
		return err
	}
	loop, cancel := context.WithCancel(context.WithoutCancel(ctx))
	r.cancel = cancel
	go r.keep(loop)
	s.Redis, s.running = r.addr.option(), append(s.running, r)
	s.Notices = append(s.Notices, "Redis runs inside relance, which is slower and keeps nothing when it stops: install redis-server, or set RELANCE_REDIS_URL.")
	o.Log.Warn("redis in the process", "addr", r.addr.Addr, "host", r.host.Load() != nil, "why", why)
	return nil
}

// listen makes this process the host.
func (r *inProcess) listen() error {
	m := miniredis.NewMiniRedis()
	m.RequireAuth(r.addr.Password)
	if err := m.StartAddr(r.addr.Addr); err != nil {
		return err
	}
	r.addr.Addr = m.Addr()
	r.host.Store(m)
	return nil
}

// keep moves the clock of miniredis, which stands still by itself, so that
// leases and delays expire; or takes over when the host has gone.
func (r *inProcess) keep(ctx context.Context) {
	defer close(r.done)
	for pause(ctx, time.Second) == nil {
		if m := r.host.Load(); m != nil {
			m.FastForward(time.Second)
			continue
		}
		if !r.addr.answers(ctx) {
			_ = r.listen() // another survivor may have been quicker
		}
	}
}

func (r *inProcess) leave() {
	r.cancel()
	<-r.done
	if m := r.host.Swap(nil); m != nil {
		m.Close()
	}
}

func (r *inProcess) stop(context.Context) error {
	r.leave()
	return nil
}
