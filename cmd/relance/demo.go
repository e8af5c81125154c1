package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/relance/relance/internal/calendar"
	"github.com/relance/relance/internal/demo/company"
	"github.com/relance/relance/internal/importer"
	"github.com/relance/relance/internal/services"
	"github.com/relance/relance/internal/store"
)

// DemoCmd tries everything on this machine, with an invented company.
type DemoCmd struct {
	Seed uint64 `help:"Another number invents another company; for a new demo only." default:"1"`
}

// demoMark is the file that says that a folder was made by demo, and how far its story was loaded.
const demoMark = "relance-demo.json"

// story is what demoMark holds.
type story struct {
	Seed   uint64        `json:"seed"`
	Anchor calendar.Date `json:"anchor"` // the day on which it was begun
	Loaded calendar.Date `json:"loaded"` // the last day whose orders are in
}

// Run brings everything up, prints where to click, and runs until Ctrl-C.
func (c *DemoCmd) Run(app *App) error {
	d := &demo{app: app, seed: c.Seed}
	if err := d.prepare(); err != nil {
		return err
	}
	ctx := app.Context()
	if err := app.openServices(ctx, true); err != nil {
		return err
	}
	if err := app.migrate(); err != nil {
		return err
	}
	if err := d.load(ctx); err != nil {
		return err
	}
	n, err := app.newNode(ctx, d.store, nodeOptions{roles: allRoles, smtp: d.smtp(), demo: d.bar(), tick: demoTick})
	if err != nil {
		return err
	}
	defer n.Close()
	if err := n.Start(ctx); err != nil {
		return err
	}
	if err := d.welcome(ctx, n); err != nil {
		return err
	}
	return n.Wait(ctx)
}

// demoTick is how often a demo looks for what is due: who pushes its clock waits for each of the days.
const demoTick = 50 * time.Millisecond

// demo is one run of the demo.
type demo struct {
	app   *App
	store *store.Store
	seed  uint64
	dir   string
	story story
	users []store.User
	again bool   // it was begun before
	host  string // ref of the rep whose link is printed; empty: the first

	forwarding sync.Mutex // one push of the bar at a time
}

// prepare finds the demo's own folder and address. A demo never touches a database or a mail server that is somebody's.
func (d *demo) prepare() error {
	c := &d.app.Config
	if c.DatabaseURL != "" || c.RedisURL != "" {
		return errors.New("demo brings its own throw-away services: unset RELANCE_DATABASE_URL and RELANCE_REDIS_URL, or use `relance serve`")
	}
	if reachOf(c.SMTPURL) == reachRemote {
		return errors.New("demo keeps its mail on this machine: unset RELANCE_SMTP_URL")
	}
	if c.DataDir == "" {
		dir, err := services.DataDir(os.Getenv)
		if err != nil {
			return err
		}
		c.DataDir = dir + "-demo"
	}
	d.dir = c.DataDir
	if err := d.ownFolder(); err != nil {
		return err
	}
	c.PublicListen = "" // one address, so that the links printed and mailed lead to it
	return d.freeAddress()
}

// ownFolder takes an empty folder, or one that an earlier demo made, and refuses any other.
func (d *demo) ownFolder() error {
	mark := filepath.Join(d.dir, demoMark)
	raw, err := os.ReadFile(mark)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		entries, err := os.ReadDir(d.dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if len(entries) > 0 {
			return fmt.Errorf("%s was not made by relance demo; choose an empty folder with RELANCE_DATA_DIR", d.dir)
		}
	case err != nil:
		return err
	default:
		return json.Unmarshal(raw, &d.story)
	}
	if err := os.MkdirAll(d.dir, 0o755); err != nil {
		return err
	}
	return d.save()
}

func (d *demo) save() error {
	raw, err := json.Marshal(d.story)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(d.dir, demoMark), raw, 0o644)
}

// freeAddress takes the next port when the usual one is in use and none was asked for.
func (d *demo) freeAddress() error {
	if d.app.Config.Listen != "" {
		return nil
	}
	for port := 8080; port < 8100; port++ {
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		l, err := net.Listen("tcp", address)
		if err == nil {
			d.app.Config.Listen = address
			return l.Close()
		}
	}
	return errors.New("no free port from 8080 to 8099; choose an address with RELANCE_LISTEN")
}

func (d *demo) smtp() string {
	if d.app.Config.SMTPURL == "" {
		return inboxURL
	}
	return d.app.Config.SMTPURL
}

// load begins the story, or goes on with it up to yesterday.
func (d *demo) load(ctx context.Context) (err error) {
	if d.store, err = d.app.Store(ctx); err != nil {
		return err
	}
	d.again = !d.story.Anchor.IsZero()
	if !d.again {
		if err := d.begin(ctx); err != nil {
			return err
		}
	}
	if err := d.catchUp(ctx); err != nil {
		return err
	}
	d.users, err = d.store.Users(ctx)
	return err
}

// catchUp imports the days between the last that was loaded and the clock's yesterday, through the importer like anyone.
func (d *demo) catchUp(ctx context.Context) error {
	now, err := d.store.Now(ctx)
	if err != nil {
		return err
	}
	settings, err := d.store.Settings(ctx)
	if err != nil {
		return err
	}
	yesterday := calendar.DateOf(now.In(settings.Zone())) - 1
	if d.story.Loaded >= yesterday {
		return nil
	}
	invented := company.Generate(d.story.Seed, d.story.Anchor)
	for _, f := range invented.Files(d.story.Loaded, yesterday) {
		file, err := importer.Open(f.Kind, importer.Text(f.Name, f.Text), importer.Options{Country: settings["country"], Zone: settings.Zone()})
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		report, err := d.store.Import(ctx, store.ImportSpec{File: f.Name, By: operator, Now: now}, file)
		if err != nil {
			return err
		}
		if report.Rejected > 0 {
			return fmt.Errorf("%s: %d rows of the invented company were rejected, the first: %s", f.Name, report.Rejected, report.Rejections[0].Reason)
		}
	}
	d.story.Loaded = yesterday
	return d.save()
}
