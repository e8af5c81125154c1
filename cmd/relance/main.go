// Command relance makes a company's client contacts happen: it reads orders, decides who must be called, written to or
// asked, sends the mails, hands reps their calls and keeps every answer.
//
// Each command is a struct in a file of its own, with its help beside it. main builds an App from the environment, which
// opens Postgres (own or private) when a command first asks for it, and closes everything in reverse. Results go to
// stdout, progress and messages to stderr; exit codes are 0 done, 1 failed, 2 wrong use, 3 done but some input was rejected.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
	"github.com/redis/go-redis/v9"
)

// CLI is the whole command line. It is stable: people script against it. A command tagged reads changes nothing.
type CLI struct {
	Demo     DemoCmd     `cmd:"" help:"Try everything on this machine: a generated company, a built-in inbox, log-in links."`
	Serve    ServeCmd    `cmd:"" help:"Run the pages, the workers and the scheduler."`
	Migrate  MigrateCmd  `cmd:"" help:"Bring the database forward and install the shipped campaigns as drafts."`
	Import   ImportCmd   `cmd:"" help:"Read clients, contacts, reps, products, orders, activities or contracts from files; take imports back."`
	Source   SourceCmd   `cmd:"" help:"The systems that files come from, and what was saved about them."`
	Clients  ClientsCmd  `cmd:"" help:"Find and merge clients that are there twice; make groups."`
	Campaign CampaignCmd `cmd:"" help:"Write, check, approve and start campaigns."`
	Basis    BasisCmd    `cmd:"" help:"Declare why we may contact people."`
	Plan     PlanCmd     `cmd:"" help:"Make one planning pass."`
	Forecast ForecastCmd `cmd:"" reads:"" help:"Say what the coming days would bring."`
	Touches  TouchesCmd  `cmd:"" reads:"" help:"List touches."`
	Results  ResultsCmd  `cmd:"" reads:"" help:"Say what became of a campaign's touches."`
	Calls    CallsCmd    `cmd:"" help:"Say whom to call today, and record what came of it."`
	Unsure   UnsureCmd   `cmd:"" help:"List or settle sends whose outcome is not known."`
	Settings SettingsCmd `cmd:"" help:"Show or change the business settings."`
	User     UserCmd     `cmd:"" help:"Add users, list them, make log-in links."`
	Doctor   DoctorCmd   `cmd:"" reads:"" help:"Check everything that relance needs, and say how to mend it."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	signal.Ignore(syscall.SIGPIPE) // `relance … | head`: what was opened is still closed in order
	redis.SetLogger(silent{})
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// exit codes that a command may ask for by returning one of these.
var (
	errRejected = errors.New("done, but some input was rejected")
	errUsage    = errors.New("wrong use")
)

// run is main without the process: tests call it with their own streams.
func run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	var cli CLI
	exited := -1
	parser, err := kong.New(&cli, kong.Name("relance"), kong.UsageOnError(),
		kong.Description("Makes a company's client contacts happen."),
		kong.Writers(out, errOut), kong.Exit(func(code int) { exited = code }))
	if err != nil {
		panic(err) // a mistake in the structs above: every test sees it
	}
	command, err := parser.Parse(args)
	if exited >= 0 {
		return exited
	}
	if err != nil {
		showWrongUse(err, errOut)
		return 2
	}
	app, err := newApp(ctx, in, out, errOut)
	if err != nil {
		fmt.Fprintf(errOut, "relance: %s\n", err)
		return 1
	}
	app.readsOnly = readsOnly(command.Selected())
	if command.Selected().Name != "serve" {
		app.logWarnings()
	}
	if !app.readsOnly {
		app.Out = &patient{out: out}
	}
	err = app.sayWhereToLook(ctx, command.Run(app))
	if closeErr := app.Close(); err == nil {
		err = closeErr
	}
	return exitCode(err, errOut)
}

// readsOnly reports whether a command changes nothing: by its tag, or because it was asked for a dry run or a look.
func readsOnly(command *kong.Node) bool {
	for _, flag := range command.Flags {
		if (flag.Name == "dry-run" || flag.Name == "look") && flag.Target.Bool() {
			return true
		}
	}
	return command.Tag.Has("reads")
}

// patient is the output of a command that changes something: it goes on when nobody reads any more.
type patient struct{ out io.Writer }

func (p *patient) Write(b []byte) (int, error) {
	n, err := p.out.Write(b)
	if errors.Is(err, syscall.EPIPE) {
		return len(b), nil
	}
	return n, err
}

// silent keeps go-redis from writing to stderr by itself: what fails comes back as an error.
type silent struct{}

// Printf implements what redis.SetLogger wants.
func (silent) Printf(context.Context, string, ...any) {}

func exitCode(err error, errOut io.Writer) int {
	switch {
	case err == nil, errors.Is(err, syscall.EPIPE): // who reads has seen enough
		return 0
	case errors.Is(err, errRejected):
		return 3
	case errors.Is(err, errUsage):
		fmt.Fprintf(errOut, "relance: %s\n", err)
		return 2
	case errors.Is(err, context.Canceled):
		fmt.Fprintf(errOut, "relance: %s before the end\n", strings.ReplaceAll(err.Error(), context.Canceled.Error(), "stopped"))
		return 1
	default:
		fmt.Fprintf(errOut, "relance: %s\n", err)
		return 1
	}
}
