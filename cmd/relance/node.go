package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/relance/relance/internal/demo/inbox"
	"github.com/relance/relance/internal/intake"
	"github.com/relance/relance/internal/letters"
	"github.com/relance/relance/internal/links"
	"github.com/relance/relance/internal/mail"
	"github.com/relance/relance/internal/public"
	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/internal/web"
	"github.com/relance/relance/jobs"
)

// The roles of a process.
const (
	roleWeb       = "web"
	roleWorker    = "worker"
	roleScheduler = "scheduler"
)

var allRoles = []string{roleWeb, roleWorker, roleScheduler}

// shutdown is how long open requests may take to finish once the process is told to stop.
const shutdown = 10 * time.Second

// nodeOptions says what a node does.
type nodeOptions struct {
	roles []string
	smtp  string        // as RELANCE_SMTP_URL; empty: no mail is sent
	tick  time.Duration // of the scheduler; 0: the usual second
	demo  *web.Demo     // nil: not a demo
}

// node is one running process of relance: its long-lived parts, built in order and closed in reverse.
type node struct {
	nodeOptions
	config    *Config
	store     *store.Store
	log       *slog.Logger
	links     *links.Signer
	inbox     *inbox.Server // nil: mail goes elsewhere
	sender    *mail.Sender  // nil: no mail
	client    *jobs.Client
	worker    *jobs.Worker    // nil: not this role
	scheduler *jobs.Scheduler // nil: not this role
	folder    *intake.Folder  // nil: none is watched
	staff     *web.Site       // nil: not this role
	servers   []*http.Server
	listeners []net.Listener
	failed    chan error // a server that ended by itself
}

// newNode builds the parts; nothing runs and nothing listens before Start.
func (a *App) newNode(ctx context.Context, st *store.Store, o nodeOptions) (*node, error) {
	n := &node{nodeOptions: o, config: &a.Config, store: st, log: a.Log, failed: make(chan error, 2)}
	secret, err := a.secret()
	if err != nil {
		return nil, err
	}
	if n.links, err = links.New(secret); err != nil {
		return nil, err
	}
	if err := n.openMail(ctx); err != nil {
		n.Close()
		return nil, err
	}
	writer := letters.New(st, n.links, a.Config.baseURL())
	metrics := jobs.NewMetrics(st, a.services.Redis)
	n.client = jobs.NewClient(a.services.Redis)
	if err := n.newJobs(a, writer, metrics); err != nil {
		n.Close()
		return nil, err
	}
	if err := n.newServers(writer, metrics); err != nil {
		n.Close()
		return nil, err
	}
	return n, nil
}

// openMail makes the sender; for inbox it starts the server that keeps every mail in the database.
func (n *node) openMail(ctx context.Context) error {
	url := n.smtp
	if url == "" {
		return nil
	}
	settings, err := n.store.Settings(ctx)
	if err != nil {
		return err
	}
	key, err := readDKIM(settings)
	if err != nil {
		return err
	}
	if url == inboxURL {
		if n.inbox, err = inbox.Listen(n.keep, n.log); err != nil {
			return fmt.Errorf("start the inbox: %w", err)
		}
		url = n.inbox.URL()
	}
	n.sender, err = mail.New(mail.Config{URL: url, DKIM: key, Log: n.log})
	if err != nil {
		return fmt.Errorf("RELANCE_SMTP_URL: %w", err)
	}
	return nil
}

// keep stores a mail in the inbox, dated by the business clock.
func (n *node) keep(from string, to []string, raw []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	now, err := n.store.Now(ctx)
	if err != nil {
		return err
	}
	return n.store.KeepMail(ctx, from, to, raw, now)
}

func (n *node) newJobs(a *App, writer *letters.Writer, metrics *jobs.Metrics) error {
	host, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("ask for the machine's name: %w", err)
	}
	c := jobs.Config{
		Store: n.store, Redis: a.services.Redis, Passes: passes(n.store, intake.New(n.store, n.log)), Metrics: metrics, Log: n.log, Letters: writer, Sender: n.sender, BaseURL: a.Config.baseURL(), Tick: n.tick,
		Process: store.Process{ID: uuid.New(), Host: host, PID: os.Getpid(), Roles: strings.Join(n.roles, ","), Mail: reachOf(n.smtp)},
	}
	if slices.Contains(n.roles, roleWorker) {
		jobs.UseMemory()
		if n.worker, err = jobs.NewWorker(c); err != nil {
			return err
		}
	}
	if slices.Contains(n.roles, roleScheduler) {
		n.scheduler = jobs.NewScheduler(c)
		return n.newFolder(a)
	}
	return nil
}

// newFolder makes what watches the folder for imports, which must be there: a mistyped one would wait in silence.
func (n *node) newFolder(a *App) (err error) {
	if a.Config.ImportDir == "" {
		return nil
	}
	if n.folder, err = intake.NewFolder(intake.New(n.store, n.log), a.Config.ImportDir); err != nil {
		return fmt.Errorf("RELANCE_IMPORT_DIR: %w; make the folder, writable for relance", err)
	}
	return nil
}

// passes connects the jobs to the decisions.
func passes(st *store.Store, k *intake.Intake) jobs.Passes {
	return jobs.Passes{
		Refresh: func(ctx context.Context, now time.Time, all bool) error {
			_, err := st.RefreshFacts(ctx, now, all)
			return err
		},
		Plan: func(ctx context.Context, now time.Time) error {
			if _, err := st.Plan(ctx, now, store.PlanOptions{}); err != nil {
				return err
			}
			return st.KeepOutlook(ctx, now)
		},
		FollowUp: func(ctx context.Context, now time.Time) error {
			_, err := st.FollowUp(ctx, now)
			return err
		},
		Import: k.RunQueued,
	}
}

// newServers makes what listens. Health and metrics are there in every role.
func (n *node) newServers(writer *letters.Writer, metrics *jobs.Metrics) error {
	registry := prometheus.NewRegistry()
	registry.MustRegister(metrics, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	figures := near(promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	ready := map[string]func(context.Context) error{
		"postgres": n.store.Ping,
		"redis":    func(context.Context) error { return n.client.Ping() },
	}
	if !slices.Contains(n.roles, roleWeb) {
		n.serve(n.config.listen(), health(ready, figures))
		return nil
	}
	clients, err := public.New(public.Config{Store: n.store, Questionnaires: writer, Links: n.links, Wake: n.client, Log: n.log})
	if err != nil {
		return err
	}
	n.staff, err = web.New(web.Config{
		Store: n.store, Calls: callsPort{n.store, writer}, Campaigns: newCampaignsPort(n.store, writer), Log: n.log, BaseURL: n.config.baseURL(),
		SendLogin: n.sendLogin(), Wake: n.client, Ready: ready, Metrics: figures,
		Inbox: n.smtp == inboxURL, Demo: n.demo,
	})
	if err != nil {
		return err
	}
	if n.config.PublicListen != "" {
		n.serve(n.config.listen(), n.staff)
		n.serve(n.config.PublicListen, clients)
		return nil
	}
	n.serve(n.config.listen(), split(clients, n.staff))
	return nil
}

// split sends what clients reach from a mail to the public pages, all else to the staff's.
func split(clients, staff http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/s/") || strings.HasPrefix(r.URL.Path, "/u/") || r.URL.Path == "/brand.css" {
			clients.ServeHTTP(w, r)
			return
		}
		staff.ServeHTTP(w, r)
	})
}

// near answers only those on this machine or its private network who came without a proxy: figures of the business are
// not for whoever reaches the questionnaires.
func near(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		proxied := r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != "" || r.Header.Get("X-Real-Ip") != ""
		if err != nil || proxied || !peer.Addr().Unmap().IsLoopback() && !peer.Addr().Unmap().IsPrivate() {
			http.NotFound(w, r)
			return
		}
		h.ServeHTTP(w, r)
	})
}

func (n *node) serve(address string, h http.Handler) {
	n.servers = append(n.servers, &http.Server{
		Addr: address, Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, WriteTimeout: 2 * time.Minute, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(n.log.Handler(), slog.LevelWarn),
	})
}

// Start listens, then begins to work. On error, Close what was started.
func (n *node) Start(ctx context.Context) error {
	for _, s := range n.servers {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.Addr)
		if err != nil {
			return fmt.Errorf("listen on %s: %w; choose another address with RELANCE_LISTEN or RELANCE_PUBLIC_LISTEN", s.Addr, err)
		}
		n.listeners = append(n.listeners, listener)
	}
	if n.worker != nil {
		if err := n.worker.Start(ctx); err != nil {
			return err
		}
	}
	if n.scheduler != nil {
		n.scheduler.Start()
	}
	if n.folder != nil {
		n.folder.Start()
	}
	for i, s := range n.servers {
		go func() {
			if err := s.Serve(n.listeners[i]); !errors.Is(err, http.ErrServerClosed) {
				n.failed <- fmt.Errorf("serve %s: %w", s.Addr, err)
			}
		}()
	}
	return nil
}

// Address is where it listens, as URLs: the staff's pages first, then those of clients where they have an address of their own.
func (n *node) Address() string {
	words := "http://" + n.listeners[0].Addr().String()
	if len(n.listeners) > 1 {
		words += ", clients' pages on http://" + n.listeners[1].Addr().String()
	}
	return words
}

// Wait returns when ctx ends, or with the error of a server that failed.
func (n *node) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-n.failed:
		return err
	}
}

// Close stops in good order: no new request, no new task, then what was begun is finished. It may be called at any time.
func (n *node) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), shutdown)
	defer cancel()
	for i, s := range n.servers {
		if err := s.Shutdown(ctx); err != nil {
			n.log.Warn("requests were cut off", "address", s.Addr, "error", err)
		}
		if i < len(n.listeners) {
			n.listeners[i].Close() // closed already when it was served
		}
	}
	if n.staff != nil {
		n.staff.Close()
	}
	if n.folder != nil {
		n.folder.Stop()
	}
	if n.scheduler != nil {
		n.scheduler.Stop()
	}
	if n.worker != nil {
		n.worker.Stop()
	}
	if n.client != nil {
		if err := n.client.Close(); err != nil {
			n.log.Warn("close redis", "error", err)
		}
	}
	if n.sender != nil {
		n.sender.Close()
	}
	if n.inbox != nil {
		n.inbox.Close()
	}
}

// health is all that a process without pages shows.
func health(ready map[string]func(context.Context) error, metrics http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
		defer cancel()
		for name, ask := range ready {
			if err := ask(ctx); err != nil {
				http.Error(w, name+" does not answer", http.StatusServiceUnavailable)
				return
			}
		}
		fmt.Fprintln(w, "ready")
	})
	mux.Handle("GET /metrics", metrics)
	return mux
}
