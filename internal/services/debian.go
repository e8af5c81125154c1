//go:build unix

package services

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// debian fetches packages with apt and unpacks them under root without
// installing them: no rights are needed, and nothing outside the cache
// changes. apt checks the signatures.
type debian struct {
	cache    string // our folder
	options  Options
	fetched  map[string]bool
	ownLists bool // the machine has no package lists; we keep our own
}

// fromDebian unpacks the server package, of the given major version if that
// is not 0, and the libraries that the machine lacks for it.
func (p *postgres) fromDebian(ctx context.Context, major int) (postgresBinaries, error) {
	cache, unlock, err := openCache(ctx, p.home.owner, p.opts)
	if err != nil {
		return postgresBinaries{}, err
	}
	defer unlock()
	if _, err := os.Stat("/usr/share/zoneinfo/Europe/Paris"); err != nil {
		return postgresBinaries{}, errors.New("the package postgresql needs tzdata, which is not installed")
	}
	if bin, err := p.unpackedDebian(ctx, cache, major); err == nil {
		return bin, nil
	}
	d, err := newDebian(ctx, cache, p.opts)
	if err != nil {
		return postgresBinaries{}, err
	}
	pkg, err := d.newestServer(ctx, major)
	if err != nil {
		return postgresBinaries{}, err
	}
	server := "usr/lib/postgresql/" + strings.TrimPrefix(pkg, "postgresql-") + "/bin/postgres"
	if err := d.unpack(ctx, pkg, server); err != nil {
		return postgresBinaries{}, err
	}
	return p.unpackedDebian(ctx, cache, major)
}

// unpackedDebian finds what was fetched before.
func (p *postgres) unpackedDebian(ctx context.Context, cache string, major int) (postgresBinaries, error) {
	version := "*"
	if major != 0 {
		version = strconv.Itoa(major)
	}
	roots, _ := filepath.Glob(filepath.Join(cache, "debian", "postgresql-"+version))
	for _, root := range roots {
		v := strings.TrimPrefix(filepath.Base(root), "postgresql-")
		dir := filepath.Join(root, "usr/lib/postgresql", v, "bin")
		bin, err := p.binariesIn(ctx, dir, libraryFolders(root), FromDebian)
		if err == nil {
			return bin, nil
		}
	}
	return postgresBinaries{}, errors.New("nothing usable unpacked")
}

// redisFromDebian unpacks redis-tools: its redis-check-rdb is the server's
// binary, which looks at the name that it is called by.
func redisFromDebian(ctx context.Context, id identity, o Options) (program, error) {
	cache, unlock, err := openCache(ctx, id, o)
	if err != nil {
		return program{}, err
	}
	defer unlock()
	root := filepath.Join(cache, "debian", "redis-tools")
	p := func() program {
		return program{path: filepath.Join(root, "usr/bin/redis-server"), libs: libraryFolders(root), source: FromDebian}
	}
	if redisUsable(ctx, id, p()) == nil {
		return p(), nil
	}
	d, err := newDebian(ctx, cache, o)
	if err != nil {
		return program{}, err
	}
	if err := d.unpack(ctx, "redis-tools", "usr/bin/redis-check-rdb"); err != nil {
		return program{}, err
	}
	if err := os.Symlink("redis-check-rdb", p().path); err != nil {
		return program{}, fmt.Errorf("name redis-server: %w", err)
	}
	return p(), redisUsable(ctx, id, p())
}

// newDebian makes sure that apt is there and knows packages: a fresh
// container has no lists, so they are fetched into the cache.
func newDebian(ctx context.Context, cache string, o Options) (*debian, error) {
	for _, tool := range []string{"apt-get", "apt-cache", "dpkg-deb", "ldd"} {
		if _, err := exec.LookPath(tool); err != nil {
			return nil, fmt.Errorf("no %s on this machine", tool)
		}
	}
	d := &debian{cache: cache, options: o, fetched: map[string]bool{}}
	if out, err := d.apt(ctx, cache, "apt-cache", "policy", "redis-tools"); err == nil && strings.Contains(out, "Candidate: ") {
		return d, nil
	}
	d.ownLists = true
	if err := os.MkdirAll(filepath.Join(cache, "apt", "lists", "partial"), 0o755); err != nil {
		return nil, fmt.Errorf("cache folder: %w", err)
	}
	o.Progress("fetching Debian's package lists", 0, 0)
	_, err := d.apt(ctx, cache, "apt-get", "update")
	return d, err
}

// apt runs one of apt's programs; offline it gives up quickly.
func (d *debian) apt(ctx context.Context, dir, name string, args ...string) (string, error) {
	set := []string{"-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=15", "-o", "APT::Sandbox::User="}
	if d.ownLists {
		apt := filepath.Join(d.cache, "apt")
		set = append(set, "-o", "Dir::State::lists="+filepath.Join(apt, "lists"), "-o", "Dir::Cache="+apt, "-o", "Debug::NoLocking=1")
	}
	cmd := exec.CommandContext(ctx, name, append(set, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "LC_ALL=C", "DEBIAN_FRONTEND=noninteractive")
	var out, words bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &words
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", name, args[0], err, strings.TrimSpace(words.String()))
	}
	return out.String(), nil
}

var serverPackage = regexp.MustCompile(`(?m)^postgresql-(\d+)$`)

// newestServer names the server package of the given version, or the newest.
func (d *debian) newestServer(ctx context.Context, major int) (string, error) {
	out, err := d.apt(ctx, d.cache, "apt-cache", "pkgnames", "postgresql-")
	if err != nil {
		return "", err
	}
	best := 0
	for _, m := range serverPackage.FindAllStringSubmatch(out, -1) {
		v, _ := strconv.Atoi(m[1])
		if v > best && v >= oldestPostgres && (major == 0 || v == major) {
			best = v
		}
	}
	if best == 0 {
		return "", errors.New("the package lists have no such Postgres")
	}
	return "postgresql-" + strconv.Itoa(best), nil
}

// unpack fetches a package into a folder of its own, then libraries, level by
// level of its dependencies, until the binary finds all that it links to.
func (d *debian) unpack(ctx context.Context, pkg, binary string) error {
	root := filepath.Join(d.cache, "debian", pkg)
	part := root + ".part"
	if err := errors.Join(os.RemoveAll(part), os.RemoveAll(root), os.MkdirAll(part, 0o755)); err != nil {
		return fmt.Errorf("cache folder: %w", err)
	}
	for level := []string{pkg}; len(level) > 0; {
		if err := d.fetch(ctx, part, level); err != nil {
			return err
		}
		missing, err := missingLibraries(ctx, part, binary)
		if err != nil {
			return err
		}
		if len(missing) == 0 {
			return os.Rename(part, root)
		}
		if level, err = d.libraries(ctx, level); err != nil {
			return err
		}
	}
	missing, _ := missingLibraries(ctx, part, binary)
	return fmt.Errorf("%s lacks libraries: %s", pkg, strings.Join(missing, ", "))
}

// fetch downloads packages and unpacks them into root.
func (d *debian) fetch(ctx context.Context, root string, pkgs []string) error {
	total := d.size(ctx, pkgs)
	debs, err := os.MkdirTemp(d.cache, "debs-")
	if err != nil {
		return fmt.Errorf("cache folder: %w", err)
	}
	defer os.RemoveAll(debs)
	stop := watchGrowth(debs, total, "fetching "+strings.Join(pkgs, ", "), d.options.Progress)
	_, err = d.apt(ctx, debs, "apt-get", append([]string{"download"}, pkgs...)...)
	stop()
	if err != nil {
		return err
	}
	files, _ := filepath.Glob(filepath.Join(debs, "*.deb"))
	for _, f := range files {
		if out, err := exec.CommandContext(ctx, "dpkg-deb", "-x", f, root).CombinedOutput(); err != nil {
			return fmt.Errorf("unpack %s: %w: %s", filepath.Base(f), err, out)
		}
	}
	for _, p := range pkgs {
		d.fetched[p] = true
	}
	return nil
}
