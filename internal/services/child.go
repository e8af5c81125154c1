//go:build unix

package services

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// command prepares a program that runs as the servers' user, in a session of
// its own, with dir as its folder and nothing of our environment but PATH.
func (id identity) command(ctx context.Context, dir string, p program, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, p.path, args...)
	cmd.Dir = dir
	cmd.Env = append(p.env(), "PATH="+os.Getenv("PATH"), "HOME="+dir, "LC_ALL=C")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if id.drop {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: id.uid, Gid: id.gid}
	}
	return cmd
}

// A child is a server that this process started.
type child struct {
	cmd  *exec.Cmd
	gone chan struct{} // closed when it has ended and was reaped
	log  string        // the file that its words go to
}

// start runs a server that outlives this process if it must. Its words are
// appended to logName in the home, emptied first when it has grown large.
func (h *home) start(dir string, p program, logName string, args ...string) (*child, error) {
	const tooLarge = 10 << 20
	logPath := h.path(logName)
	if st, err := os.Stat(logPath); err == nil && st.Size() > tooLarge {
		_ = os.Truncate(logPath, 0)
	}
	f, err := os.OpenFile(logPath, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("log file: %w", err)
	}
	defer f.Close()
	// Not bound to a context: a server ends when its last user leaves.
	cmd := h.owner.command(context.Background(), dir, p, args...)
	cmd.Stdout, cmd.Stderr = f, f
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", p.path, err)
	}
	c := &child{cmd: cmd, gone: make(chan struct{}), log: logPath}
	go func() {
		_ = cmd.Wait()
		close(c.gone)
	}()
	return c, nil
}

// waitReady asks ready until it says yes, the child has died, or ctx ends.
func (c *child) waitReady(ctx context.Context, ready func() bool) error {
	for !ready() {
		select {
		case <-c.gone:
			return fmt.Errorf("%s ended at once (%s): %s", filepath.Base(c.cmd.Path), c.cmd.ProcessState, lastWords(c.log))
		default:
		}
		if err := pause(ctx, 5*time.Millisecond); err != nil {
			return fmt.Errorf("%s does not answer: %w: %s", filepath.Base(c.cmd.Path), err, lastWords(c.log))
		}
	}
	return nil
}

// lastWords is the end of a log file, in one line.
func lastWords(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	if st, err := f.Stat(); err == nil && st.Size() > 600 {
		_, _ = f.Seek(-600, io.SeekEnd)
	}
	b, _ := io.ReadAll(f)
	lines := bytes.Split(bytes.TrimSpace(b), []byte("\n"))
	return string(bytes.Join(lines, []byte(" | ")))
}

// runsIn tells whether process pid is alive and works in folder dir: a pid
// in a file may since have been given to a stranger.
func runsIn(pid int, dir string) bool {
	if pid <= 1 || errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return false
	}
	if runtime.GOOS != "linux" {
		out, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
		return err == nil && !strings.HasPrefix(strings.TrimSpace(string(out)), "Z")
	}
	// The link of a zombie cannot be read: it counts as dead.
	cwd, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid))
	if err != nil {
		return false
	}
	real, err := filepath.EvalSymlinks(dir)
	return err == nil && cwd == real
}

// waitGone waits until pid no longer runs in dir.
func waitGone(ctx context.Context, pid int, dir string) error {
	for runsIn(pid, dir) {
		if err := pause(ctx, 5*time.Millisecond); err != nil {
			return fmt.Errorf("process %d does not end: %w", pid, err)
		}
	}
	return nil
}

// waitEmpty waits until no process works in dir, as far as this system tells:
// a server's helpers outlive it for a moment.
func waitEmpty(ctx context.Context, dir string) error {
	for {
		found := 0
		links, _ := filepath.Glob("/proc/[0-9]*/cwd")
		for _, link := range links {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(link)))
			if runsIn(pid, dir) {
				found = pid
			}
		}
		if found == 0 {
			return nil
		}
		if err := pause(ctx, 10*time.Millisecond); err != nil {
			return fmt.Errorf("process %d still works in %s: %w", found, dir, err)
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
