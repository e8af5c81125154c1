// Command bench measures what relance is judged by, on this machine, beside a plain way to do the same (its floor):
//
//	go run ./cmd/bench                    every part
//	go run ./cmd/bench -quick             every part at a twentieth of the size: shows that it runs, measures little
//	go run ./cmd/bench -n 2000 deliver    one part, of that size
//
// It starts a Postgres and a Redis of its own, as durable as in real use, prints a table and writes JSON. Work whose
// memory is measured runs in a process of its own: this binary, started again (see child.go). Nothing leaves the
// machine. Figures are proportions to compare on one machine, not promises; docs/benchmarks.md tells each of them.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

// part is one thing to measure.
type part struct {
	name string
	help string
	run  func(ctx context.Context, o options) ([]figure, error)
}

// parts lists them, in the order in which they run.
func parts() []part {
	return []part{
		{"plan", "planning passes over many clients, beside \\copy of the touches that they make", plan},
		{"import", "order lines, new and again, from CSV, a workbook and a real shop, beside \\copy of the rows that they make", imports},
		{"duplicates", "the search for clients that are there twice", duplicates},
		{"together", "an import and deliveries at the same time, beside each alone", together},
		{"deliver", "mails through tasks, claims, texts and SMTP, beside go-mail alone", deliver},
		{"survey", "the questionnaire opened and answered by 50 clients at once, beside a constant page and a bare SELECT 1", surveys},
	}
}

// options are common to all parts.
type options struct {
	n       int       // how many of what is measured; 0: the part's usual number
	quick   bool      // a twentieth of the usual number
	data    string    // folder with real files; what is not there is left out
	profile string    // folder for processor profiles of child processes; empty: none
	log     io.Writer // progress
}

// quickly is by how much -quick divides.
const quickly = 20

// size is how many of what is measured, where the issue that set the targets asks for usual.
func (o options) size(usual int) int {
	switch {
	case o.n > 0:
		return o.n
	case o.quick:
		return usual / quickly
	}
	return usual
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run measures the parts that args name, or all.
func run(ctx context.Context, args []string, out, errOut io.Writer) error {
	if spec := os.Getenv(workerVariable); spec != "" {
		return work(ctx, spec, out)
	}
	if spec := os.Getenv(childVariable); spec != "" {
		return child(ctx, spec, out)
	}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(errOut)
	n := flags.Int("n", 0, "how many; 0: the part's usual number")
	quick := flags.Bool("quick", false, "a twentieth of the usual numbers")
	profile := flags.String("profile", "", "folder for processor profiles of planning, importing and delivering")
	data := flags.String("data", "../shared/data", "folder with real files")
	file := flags.String("json", "bench.json", "where the figures are written")
	if err := flags.Parse(args); err != nil {
		return err
	}
	chosen, err := choose(flags.Args())
	if err != nil {
		return err
	}
	var figures []figure
	for _, p := range chosen {
		found, err := p.run(ctx, options{n: *n, quick: *quick, data: *data, profile: *profile, log: errOut})
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		for _, f := range found {
			f.Part = p.name
			figures = append(figures, f)
		}
	}
	if err := write(*file, figures); err != nil {
		return err
	}
	return show(out, figures)
}

func choose(names []string) ([]part, error) {
	all := parts()
	if len(names) == 0 {
		return all, nil
	}
	var chosen []part
	for _, name := range names {
		i := slices.IndexFunc(all, func(p part) bool { return p.name == name })
		if i < 0 {
			var known []string
			for _, p := range all {
				known = append(known, p.name+" ("+p.help+")")
			}
			return nil, fmt.Errorf("no part %q; there are %s", name, strings.Join(known, ", "))
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}
