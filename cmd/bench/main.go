// Command bench measures what relance is judged by, on this machine, beside a plain way to do the same:
//
//	go run ./cmd/bench                    every part
//	go run ./cmd/bench -n 2000 deliver    one part, smaller
//
// It starts a Postgres and a Redis of its own, as durable as in real use, prints a table and writes JSON. Nothing
// leaves the machine. Figures are proportions to compare on one machine, not promises.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
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
		{"deliver", "mails through tasks, claims, texts and SMTP, beside go-mail alone", deliver},
	}
}

// options are common to all parts.
type options struct {
	n   int       // how many of what is measured; 0: the part's usual number
	log io.Writer // progress
}

// figure is one measured value.
type figure struct {
	Part  string  `json:"part"`
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	Note  string  `json:"note,omitempty"`
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
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(errOut)
	n := flags.Int("n", 0, "how many; 0: the part's usual number")
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
		found, err := p.run(ctx, options{n: *n, log: errOut})
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

func write(file string, figures []figure) error {
	text, err := json.MarshalIndent(figures, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}

func show(out io.Writer, figures []figure) error {
	table := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "PART\tWHAT\tVALUE\tUNIT\tNOTE")
	for _, f := range figures {
		fmt.Fprintf(table, "%s\t%s\t%.4g\t%s\t%s\n", f.Part, f.Name, f.Value, f.Unit, f.Note)
	}
	return table.Flush()
}
