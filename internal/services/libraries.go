//go:build unix

package services

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// libraryFolders are where Debian's packages put libraries.
func libraryFolders(root string) []string {
	var dirs []string
	for _, pattern := range []string{"usr/lib/*-linux-*", "lib/*-linux-*", "usr/lib/postgresql/*/lib"} {
		found, _ := filepath.Glob(filepath.Join(root, pattern))
		dirs = append(dirs, found...)
	}
	return dirs
}

// missingLibraries asks the loader what a binary under root does not find.
func missingLibraries(ctx context.Context, root, binary string) ([]string, error) {
	p := program{libs: libraryFolders(root)}
	cmd := exec.CommandContext(ctx, "ldd", filepath.Join(root, binary))
	cmd.Env = append(p.env(), "PATH="+os.Getenv("PATH"), "LC_ALL=C")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("ldd %s: %w: %s", binary, err, out)
	}
	var missing []string
	for line := range strings.Lines(string(out)) {
		if name, ok := strings.CutSuffix(strings.TrimSpace(line), " => not found"); ok {
			missing = append(missing, name)
		}
	}
	return missing, nil
}

var dependency = regexp.MustCompile(`(?m)^\s*(?:Pre)?Depends: (lib[^\s:]+|zlib1g)$`)

// libraries lists the library packages that pkgs depend on and that are not
// here yet. The C library is left out: another one than the machine's does
// not work with its loader.
func (d *debian) libraries(ctx context.Context, pkgs []string) ([]string, error) {
	args := append([]string{"depends", "--important"}, pkgs...)
	out, err := d.apt(ctx, d.cache, "apt-cache", args...)
	if err != nil {
		return nil, err
	}
	var next []string
	for _, m := range dependency.FindAllStringSubmatch(out, -1) {
		name := m[1]
		if d.fetched[name] || name == "libc6" || strings.HasPrefix(name, "libllvm") {
			continue
		}
		d.fetched[name] = true
		next = append(next, name)
	}
	return next, nil
}

var uriLine = regexp.MustCompile(`(?m)^'[^']*' \S+ (\d+) `)

// size is the sum of the packages' sizes in bytes; 0 when apt does not tell.
func (d *debian) size(ctx context.Context, pkgs []string) (total int64) {
	out, err := d.apt(ctx, d.cache, "apt-get", append([]string{"download", "--print-uris"}, pkgs...)...)
	if err != nil {
		return 0
	}
	for _, m := range uriLine.FindAllStringSubmatch(out, -1) {
		n, _ := strconv.ParseInt(m[1], 10, 64)
		total += n
	}
	return total
}

// watchGrowth reports how much lies in dir, until stopped: the package
// clients show their progress to terminals only.
func watchGrowth(dir string, total int64, what string, progress func(string, int64, int64)) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		progress(what, 0, total)
		for pause(ctx, 100*time.Millisecond) == nil {
			progress(what, min(sizeOf(dir), total), total)
		}
		progress(what, total, total)
	}()
	return func() { cancel(); <-done }
}

// sizeOf adds up the files of a folder and its subfolders.
func sizeOf(dir string) (n int64) {
	_ = filepath.WalkDir(dir, func(_ string, e os.DirEntry, err error) error {
		if err != nil {
			return nil // a file that went away meanwhile
		}
		if st, err := e.Info(); err == nil && st.Mode().IsRegular() {
			n += st.Size()
		}
		return nil
	})
	return n
}
