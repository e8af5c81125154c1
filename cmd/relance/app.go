package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/relance/relance/internal/mail"
	"github.com/relance/relance/internal/services"
	"github.com/relance/relance/internal/store"
)

// operator is who acts when no --as says otherwise.
const operator = "operator"

// App is what every command is given: its streams, the configuration, and the database, opened when first asked for.
type App struct {
	Config Config
	In     io.Reader
	Out    io.Writer // results
	Err    io.Writer // progress and messages
	Log    *slog.Logger

	readsOnly bool      // the command changes nothing
	now       time.Time // RELANCE_CLOCK, for a command that changes nothing; zero: the clock in the database

	ctx      context.Context
	services *services.Services
	store    *store.Store
}

func newApp(ctx context.Context, in io.Reader, out, errOut io.Writer) (*App, error) {
	config, err := readConfig()
	if err != nil {
		return nil, err
	}
	return &App{Config: config, In: in, Out: out, Err: errOut, Log: config.logger(errOut), ctx: ctx}, nil
}

// logWarnings leaves what works unsaid, unless RELANCE_LOG asks for it: a command's words are its results.
func (a *App) logWarnings() {
	if a.Config.Log == "" {
		a.Config.Log = "warn"
		a.Log = a.Config.logger(a.Err)
	}
}

// Context ends with the first Ctrl-C or SIGTERM.
func (a *App) Context() context.Context { return a.ctx }

// Store opens the database (own, or the private one) with a schema that fits and the clock set as RELANCE_CLOCK says.
// It is closed by main.
func (a *App) Store(ctx context.Context) (*store.Store, error) {
	if a.store != nil {
		return a.store, nil
	}
	if err := a.openServices(ctx, false); err != nil {
		return nil, err
	}
	if _, err := store.CheckSchema(ctx, a.services.DatabaseURL); err != nil {
		return nil, err
	}
	st, err := store.Open(ctx, a.services.DatabaseURL)
	if err != nil {
		return nil, err
	}
	a.store = st
	return st, a.applyClock(ctx, st)
}

// openServices brings up what is not given by address. It may be called once, with Redis or without.
func (a *App) openServices(ctx context.Context, needRedis bool) error {
	if a.services != nil {
		return nil
	}
	dir := ""
	if a.Config.DatabaseURL == "" || needRedis && a.Config.RedisURL == "" { // a daemon may have no home, and needs none
		var err error
		if dir, err = services.DataDir(a.getenv); err != nil {
			return err
		}
	}
	progress := newProgress(a.Err)
	defer progress.done()
	var err error
	a.services, err = services.Open(ctx, services.Options{
		DatabaseURL: a.Config.DatabaseURL, RedisURL: a.Config.RedisURL, NeedRedis: needRedis,
		DataDir: dir, Progress: progress.show, Log: a.Log,
	})
	if err != nil {
		return err
	}
	progress.done()
	for _, notice := range a.services.Notices {
		fmt.Fprintln(a.Err, "Note:", notice)
	}
	return nil
}

// getenv lets the one Config answer for what services ask of the environment.
func (a *App) getenv(name string) string {
	if name == "RELANCE_DATA_DIR" {
		return a.Config.DataDir
	}
	return os.Getenv(name)
}

// applyClock sets the business clock as RELANCE_CLOCK says; refused where mail could reach a stranger. A command that
// changes nothing takes that time for itself alone.
func (a *App) applyClock(ctx context.Context, st *store.Store) error {
	settings, err := st.Settings(ctx)
	if err != nil {
		return err
	}
	at, err := a.Config.clockAt(settings.Zone())
	if err != nil || at.IsZero() {
		return err
	}
	if reachOf(a.Config.SMTPURL) == reachRemote {
		return fmt.Errorf("RELANCE_CLOCK: %w; RELANCE_SMTP_URL leads to another machine: unset it, or set it to inbox", store.ErrClockWithMail)
	}
	if a.readsOnly {
		a.now = at
		return nil
	}
	return st.SetClock(ctx, at)
}

// Now is the business clock.
func (a *App) Now(ctx context.Context) (time.Time, error) {
	st, err := a.Store(ctx)
	if err != nil || !a.now.IsZero() {
		return a.now, err
	}
	return st.Now(ctx)
}

// JSON prints v as one line on stdout.
func (a *App) JSON(v any) error {
	encoder := json.NewEncoder(a.Out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}

// Close closes what was opened, in reverse. It may be called twice.
func (a *App) Close() error {
	if a.store != nil {
		a.store.Close()
		a.store = nil
	}
	if a.services == nil {
		return nil
	}
	err := a.services.Close()
	a.services = nil
	return err
}

// how far mail sent by this process can go; the words stand in table process.
const (
	reachNone     = "none"
	reachInbox    = "inbox"
	reachLoopback = "loopback"
	reachRemote   = "remote"
)

func reachOf(smtpURL string) string {
	switch {
	case smtpURL == "":
		return reachNone
	case smtpURL == inboxURL:
		return reachInbox
	case mail.IsLoopback(smtpURL):
		return reachLoopback
	}
	return reachRemote
}

// inboxURL is RELANCE_SMTP_URL's word for the built-in inbox.
const inboxURL = "inbox"

// secret signs links: given with an own database, else kept beside the private one.
func (a *App) secret() ([]byte, error) {
	if a.Config.Secret != "" {
		return []byte(a.Config.Secret), nil
	}
	if a.Config.DatabaseURL != "" {
		return nil, errors.New("RELANCE_SECRET: needed with RELANCE_DATABASE_URL, since every process must sign links alike; for example from `openssl rand -hex 32`")
	}
	dir, err := services.DataDir(a.getenv)
	if err != nil {
		return nil, err
	}
	return services.Secret(dir)
}
