package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mattn/go-isatty"
)

// progress shows slow work on stderr: a bar that rewrites its line on a terminal, a line per piece of work elsewhere.
type progress struct {
	out      io.Writer
	terminal bool
	what     string // being shown; empty: nothing
}

func newProgress(out io.Writer) *progress {
	file, ok := out.(*os.File)
	return &progress{out: out, terminal: ok && isatty.IsTerminal(file.Fd())}
}

// show says how far the work called what has come; total 0 means that its size is not known.
func (p *progress) show(what string, done, total int64) {
	if !p.terminal {
		if what != p.what {
			fmt.Fprintf(p.out, "%s …\n", what)
			p.what = what
		}
		return
	}
	if what != p.what {
		p.done()
		p.what = what
	}
	fmt.Fprintf(p.out, "\r\x1b[K%s %s", what, bar(done, total))
}

// done ends the line. It may be called twice.
func (p *progress) done() {
	if p.terminal && p.what != "" {
		fmt.Fprintln(p.out)
	}
	p.what = ""
}

func bar(done, total int64) string {
	const width = 30
	if total <= 0 {
		return fmt.Sprintf("%d", done)
	}
	full := int(min(done, total) * width / total)
	return fmt.Sprintf("[%s%s] %3d %%", strings.Repeat("█", full), strings.Repeat("·", width-full), min(done, total)*100/total)
}
