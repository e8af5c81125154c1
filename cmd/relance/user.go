package main

import (
	"fmt"
	"net"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/relance/relance/internal/store"
)

// linkValid is how long a log-in link from the command line works.
const linkValid = 24 * time.Hour

// UserCmd gathers what an operator does with users.
type UserCmd struct {
	Add  UserAddCmd  `cmd:"" help:"Add a user, or change the one with this address; prints a log-in link."`
	Link UserLinkCmd `cmd:"" help:"Make a log-in link that works once, within 24 hours."`
	List UserListCmd `cmd:"" reads:"" help:"List the users."`
}

// UserAddCmd adds or changes a user.
type UserAddCmd struct {
	Email    string `arg:"" help:"Address, which is also the name to log in with."`
	Name     string `required:"" placeholder:"NAME" help:"First and last name."`
	Role     string `required:"" placeholder:"ROLE" enum:"marketer,rep,manager,colleague,operator" help:"marketer, rep, manager, colleague or operator."`
	Rep      string `placeholder:"REF" help:"Ref of the rep whose calls this user makes; needed for the role rep."`
	Language string `enum:"fr,en" default:"fr" help:"fr or en."`
}

// Run adds the user and prints a log-in link.
func (c *UserAddCmd) Run(app *App) error {
	if c.Role == "rep" && c.Rep == "" {
		return fmt.Errorf("%w: --rep: needed for the role rep; it is the rep's ref in the file of `relance import reps`", errUsage)
	}
	st, err := app.Store(app.Context())
	if err != nil {
		return err
	}
	now, err := st.Now(app.Context())
	if err != nil {
		return err
	}
	user, err := st.AddUser(app.Context(), store.User{Name: c.Name, Email: c.Email, Role: c.Role, RepRef: c.Rep, Language: c.Language}, operator, now)
	if err != nil {
		return err
	}
	return app.printLink(st, user)
}

// UserLinkCmd makes a log-in link.
type UserLinkCmd struct {
	Email string `arg:"" help:"The user's address."`
}

// Run prints the link.
func (c *UserLinkCmd) Run(app *App) error {
	st, err := app.Store(app.Context())
	if err != nil {
		return err
	}
	user, err := st.UserByEmail(app.Context(), c.Email)
	if err != nil {
		return err
	}
	return app.printLink(st, user)
}

func (a *App) printLink(st *store.Store, user store.User) error {
	token, err := st.MakeLoginLink(a.Context(), user.ID, linkValid, false)
	if err != nil {
		return err
	}
	fmt.Fprintln(a.Out, a.Config.baseURL()+"/login?token="+token)
	return nil
}

// UserListCmd lists the users.
type UserListCmd struct {
	JSON bool `help:"One object per line."`
}

// Run prints everyone.
func (c *UserListCmd) Run(app *App) error {
	st, err := app.Store(app.Context())
	if err != nil {
		return err
	}
	users, err := st.Users(app.Context())
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(app.Out, 0, 4, 2, ' ', 0)
	if !c.JSON {
		fmt.Fprintln(table, "ADDRESS\tNAME\tROLE\tREP\tLANGUAGE\tACTIVE")
	}
	for _, u := range users {
		if c.JSON {
			err = app.JSON(map[string]any{"email": u.Email, "name": u.Name, "role": u.Role, "rep": orNil(u.RepRef), "language": u.Language, "active": u.Active})
		} else {
			_, err = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", u.Email, u.Name, u.Role, shown(orNil(u.RepRef)), u.Language, yes(u.Active))
		}
		if err != nil {
			return err
		}
	}
	return table.Flush()
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// listen is the staff pages' address.
func (c *Config) listen() string {
	if c.Listen != "" {
		return c.Listen
	}
	return "127.0.0.1:8080"
}

// baseURL is what links start with, without a slash at the end.
func (c *Config) baseURL() string {
	if c.BaseURL != "" {
		return strings.TrimRight(c.BaseURL, "/")
	}
	host, port, err := net.SplitHostPort(c.listen())
	if err != nil || host == "" || host == "0.0.0.0" || host == "::" {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}
