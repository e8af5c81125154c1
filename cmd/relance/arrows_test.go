package main

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/relance/relance/"

// An arrow that must not be: none of from may reach any of to, through
// however many packages. Names are folders of this module, with what is below
// them; the last part of an import path, such as "testing", is a package that
// is not ours.
type noArrow struct {
	from, to []string
	why      string
}

// pure packages decide; they get the time and the data as arguments.
var pure = []string{"campaigns", "internal/calendar", "internal/clients", "internal/importer", "internal/portfolio", "internal/inbound", "internal/unify"}

// effects are the packages that touch the world.
var effects = []string{"jobs", "internal/store", "internal/mail", "internal/web", "internal/public", "internal/services", "internal/demo", "cmd"}

var noArrows = []noArrow{
	{pure, effects,
		"a decision that can be replayed for any day, on any data, may ask neither a database nor a clock"},
	{pure, []string{"templates"},
		"what is said is chosen after it is decided that something is said"},
	{[]string{"internal/calendar", "internal/clients", "internal/importer", "internal/portfolio"}, []string{"campaigns"},
		"the nouns and the calendar have a home that everyone may import without campaigns"},
	{[]string{"internal/inbound"}, []string{"campaigns", "internal/calendar", "internal/clients", "internal/importer", "internal/portfolio"},
		"incoming mail is hostile: its parser stays alone, with a corpus and fuzzing"},
	{[]string{"campaigns/survey"}, []string{"internal/clients", "internal/importer", "internal/portfolio"},
		"a question and its score know no client"},
	{[]string{"internal/web"}, []string{"jobs", "internal/public", "internal/mail"},
		"a page writes the row, and waking a worker is a courtesy that cmd connects: page tests need no Redis"},
	{[]string{"internal/public"}, []string{"jobs", "internal/web", "internal/mail"},
		"pages that face the whole world share nothing with the staff's"},
	{[]string{"internal/public"}, []string{"github.com/alexedwards/scs"},
		"a public page has a signed token and no session"},
	{[]string{"jobs"}, []string{"internal/web", "internal/public", "internal/services", "internal/demo"},
		"workers run without pages, and do not know where their services come from"},
	{[]string{"internal/web", "internal/public", "internal/store"}, []string{"github.com/hibiken/asynq"},
		"the row is the truth: who writes it needs no queue"},
	{[]string{"internal/store"}, []string{"templates", "jobs", "internal/mail", "internal/web", "internal/public", "internal/services", "internal/demo"},
		"the store is below everything that acts"},
	{[]string{"internal/mail", "internal/services"}, []string{"campaigns", "templates", "jobs", "internal/store", "internal/web", "internal/public"},
		"a mail is sent, and a server started, without knowing why; jobs maps a result to an outcome in a tested table"},
	{[]string{"templates"}, []string{"jobs", "internal/store", "internal/mail", "internal/web", "internal/public", "internal/services"},
		"a text is rendered from what it is given"},
	{[]string{"cmd/bench"}, []string{"testing"},
		"a benchmark is a program; of what serves tests it needs the counting mail server alone"},
	{[]string{"cmd/relance", "campaigns", "templates", "jobs", "internal/store", "internal/mail", "internal/web", "internal/public", "internal/services", "internal/demo"},
		[]string{"testing", "net/http/httptest", "internal/testkit"},
		"what serves tests stays out of the binary"},
}

// listed is what go list tells of a package.
type listed struct {
	ImportPath, Dir, Doc   string
	GoFiles, Imports, Deps []string
}

// ours lists the packages of this module.
func ours(t *testing.T) []listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-json=ImportPath,Dir,Doc,GoFiles,Imports,Deps", module+"...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(p.GoFiles) > 0 {
			all = append(all, p)
		}
	}
}

// within tells whether an import path is one of names, or below one.
func within(path string, names []string) bool {
	own, isOwn := strings.CutPrefix(path, module)
	return slices.ContainsFunc(names, func(name string) bool {
		if strings.HasPrefix(own, "internal/testkit") && name != "internal/testkit" {
			return false
		}
		switch {
		case isOwn:
			return own == name || strings.HasPrefix(own, name+"/")
		default:
			return path == name || strings.HasPrefix(path, name+"/")
		}
	})
}

func TestNoPackageReachesWhatItMustNotKnow(t *testing.T) {
	for _, p := range ours(t) {
		for _, a := range noArrows {
			if !within(p.ImportPath, a.from) {
				continue
			}
			for _, dep := range p.Deps {
				if within(dep, a.to) && !within(dep, a.from) {
					t.Errorf("%s reaches %s, but %s", p.ImportPath, dep, a.why)
				}
			}
		}
	}
}

func TestPurePackagesImportNothingThatActs(t *testing.T) {
	acts := []string{"context", "database/sql", "net/http", "os", "github.com/jackc/pgx", "github.com/hibiken/asynq", "github.com/redis"}
	for _, p := range ours(t) {
		if !within(p.ImportPath, pure) {
			continue
		}
		for _, path := range p.Imports {
			if within(path, acts) {
				t.Errorf("%s imports %s: a decision takes what it needs as an argument", p.ImportPath, path)
			}
		}
	}
}

func TestPurePackagesDoNotReadTheClock(t *testing.T) {
	for _, p := range ours(t) {
		if !within(p.ImportPath, pure) {
			continue
		}
		for _, name := range p.GoFiles {
			files := token.NewFileSet()
			f, err := parser.ParseFile(files, filepath.Join(p.Dir, name), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(f, func(n ast.Node) bool {
				if call, ok := n.(*ast.SelectorExpr); ok && readsClock(call) {
					t.Errorf("%s reads the clock: take now as an argument", files.Position(n.Pos()))
				}
				return true
			})
		}
	}
}

func readsClock(s *ast.SelectorExpr) bool {
	pkg, ok := s.X.(*ast.Ident)
	return ok && pkg.Name == "time" && slices.Contains([]string{"Now", "Since", "Until", "After", "Tick"}, s.Sel.Name)
}

func TestEachPackageSaysWhatItIsFor(t *testing.T) {
	for _, p := range ours(t) {
		if p.Doc == "" {
			t.Errorf("%s has no package comment", p.ImportPath)
		}
	}
}

// The table above must be able to fail: an arrow that is certainly there is
// found when it is forbidden.
func TestAForbiddenArrowIsFound(t *testing.T) {
	for _, p := range ours(t) {
		if p.ImportPath == module+"cmd/relance" {
			if !slices.ContainsFunc(p.Deps, func(dep string) bool { return within(dep, []string{"internal/store"}) }) {
				t.Error("cmd/relance reaches no store")
			}
			return
		}
	}
	t.Error("cmd/relance is not listed")
}
