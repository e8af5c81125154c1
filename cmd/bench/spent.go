package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// spent is processor time by whose it is; all zero where there is no /proc. What is measured shares the processors with
// what measures it, and perhaps with strangers: time spent tells more than time passed.
type spent struct{ worker, postgres, sink time.Duration }

func (s spent) since(before spent) spent {
	return spent{s.worker - before.worker, s.postgres - before.postgres, s.sink - before.sink}
}

// spent reads the processor time of the worker, of Postgres with its backends, and of this process, which is the sink.
func (b *delivery) spent(w *worker) spent {
	return spent{worker: processorTime(w.cmd.Process.Pid), postgres: b.postgresTime(), sink: own()}
}

func own() time.Duration { return processorTime(os.Getpid()) }

// postgresTime adds up the postmaster, the backends that ended (which it waited for) and those that live.
func (b *delivery) postgresTime() (total time.Duration) {
	found, err := filepath.Glob(filepath.Join(b.dir, "data", "*", "postmaster.pid"))
	if err != nil || len(found) != 1 {
		return 0
	}
	text, err := os.ReadFile(found[0])
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(text), "\n")
	postmaster, err := strconv.Atoi(first)
	if err != nil {
		return 0
	}
	processes, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, p := range processes {
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(p)))
		if fields := stat(pid); pid == postmaster {
			total += ticks(fields, 11, 12, 13, 14)
		} else if len(fields) > 1 && fields[1] == first {
			total += ticks(fields, 11, 12)
		}
	}
	return total
}

func processorTime(pid int) time.Duration { return ticks(stat(pid), 11, 12) }

// stat reads /proc/<pid>/stat from the state on: 0 is the state, 1 the parent, 11 and 12 user and system time, 13 and 14
// those of the children waited for.
func stat(pid int) []string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	return strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
}

// ticks adds up fields, in hundredths of a second on every Linux.
func ticks(fields []string, which ...int) (total time.Duration) {
	for _, i := range which {
		if i < len(fields) {
			n, _ := strconv.ParseInt(fields[i], 10, 64)
			total += time.Duration(n) * 10 * time.Millisecond
		}
	}
	return total
}
