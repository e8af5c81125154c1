package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/pprof"
	"strconv"
	"strings"
	"time"

	"github.com/relance/relance/internal/importer"
	"github.com/relance/relance/internal/store"
)

// childVariable makes this binary do one task, so that its memory and its time are its own.
const childVariable = "RELANCE_BENCH_TASK"

// task is what a child does.
type task struct {
	What     string    // plan, facts, import or duplicates
	Database string    // where
	Now      time.Time // business time
	File     string    // of orders, to import
	Profile  string    // file for the processor profile; empty: none
}

// done is what it tells.
type done struct {
	Seconds float64
	PeakMB  float64 // highest resident; 0 where there is no /proc
	Read    int64   // lines of the file imported
	Rows    int     // touches planned, skipped or moved; lines created; clients whose facts changed
	Words   string
}

// runChild starts this binary again for one task.
func (p *place) runChild(ctx context.Context, t task, profile string) (done, error) {
	t.Database = p.services.DatabaseURL
	if profile != "" {
		t.Profile = filepath.Join(profile, fmt.Sprintf("%s-%d.pprof", t.What, time.Now().Unix()))
	}
	spec, err := json.Marshal(t)
	if err != nil {
		return done{}, err
	}
	if err := p.settle(ctx); err != nil {
		return done{}, err
	}
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+string(spec))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return done{}, fmt.Errorf("%s in a process of its own: %w", t.What, err)
	}
	var d done
	if err := json.Unmarshal(out, &d); err != nil {
		return d, err
	}
	p.say("%s: %.1f s, %.0f MB, %d rows; %s", t.What, d.Seconds, d.PeakMB, d.Rows, d.Words)
	return d, nil
}

// child does the task and prints what it took.
func child(ctx context.Context, spec string, out io.Writer) error {
	var t task
	if err := json.Unmarshal([]byte(spec), &t); err != nil {
		return err
	}
	st, err := store.Open(ctx, t.Database)
	if err != nil {
		return err
	}
	defer st.Close()
	if t.Profile != "" {
		f, err := os.Create(t.Profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	begun := time.Now()
	d, err := t.do(ctx, st)
	if err != nil {
		return err
	}
	d.Seconds, d.PeakMB = time.Since(begun).Seconds(), peak()
	return json.NewEncoder(out).Encode(d)
}

func (t task) do(ctx context.Context, st *store.Store) (done, error) {
	switch t.What {
	case "plan":
		reports, err := st.Plan(ctx, t.Now, store.PlanOptions{})
		return counted(reports), err
	case "facts":
		refreshed, err := st.RefreshFacts(ctx, t.Now, true)
		return done{Rows: int(refreshed.Changed)}, err
	case "duplicates":
		found, err := st.RefreshDuplicates(ctx, t.Now)
		return done{Rows: found.Same + found.Branches, Words: fmt.Sprintf("found %d twice, %d branches", found.Same, found.Branches)}, err
	case "import":
		return t.importOrders(ctx, st)
	}
	return done{}, fmt.Errorf("no task %q", t.What)
}

func counted(reports []store.PassReport) (d done) {
	var words []string
	for _, r := range reports {
		n := r.Planned + r.Rearmed + r.Cancelled + r.HeldOut
		for _, skipped := range r.Skipped {
			n += skipped
		}
		d.Rows += n
		words = append(words, fmt.Sprintf("%s %d", r.Campaign, n))
		if r.Held != nil {
			words = append(words, "held: "+*r.Held)
		}
	}
	d.Words = strings.Join(words, ", ")
	return d
}

func (t task) importOrders(ctx context.Context, st *store.Store) (done, error) {
	in, err := os.Open(t.File)
	if err != nil {
		return done{}, err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return done{}, err
	}
	file, err := importer.Open(importer.Orders, importer.Input{Name: t.File, In: in, Size: info.Size()}, importer.Options{Zone: time.UTC})
	if err != nil {
		return done{}, err
	}
	r, err := st.Import(ctx, store.ImportSpec{File: t.File, By: "bench", Now: t.Now}, file)
	return done{Read: r.Read, Rows: int(r.Created), Words: fmt.Sprintf("read %d, created %d, updated %d, unchanged %d, rejected %d", r.Read, r.Created, r.Updated, r.Unchanged, r.Rejected)}, err
}

// peak is the highest resident memory of this process in MB.
func peak() float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, found := bytes.Cut(status, []byte("VmHWM:"))
	if !found {
		return 0
	}
	kB, _ := strconv.Atoi(strings.Fields(string(rest))[0])
	return float64(kB) / 1024
}
