package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/relance/relance/internal/store"
)

// ServeCmd runs the roles of a process until it is told to stop.
type ServeCmd struct {
	Roles []string `help:"web, worker, scheduler; several with commas." default:"web,worker,scheduler"`
}

// Run starts everything, says where, and stops in good order with the first Ctrl-C or SIGTERM.
func (c *ServeCmd) Run(app *App) error {
	if len(c.Roles) == 0 {
		return fmt.Errorf("%w: --roles is empty; choose among %s", errUsage, strings.Join(allRoles, ", "))
	}
	for _, role := range c.Roles {
		if !slices.Contains(allRoles, role) {
			return fmt.Errorf("%w: role %q; choose among %s", errUsage, role, strings.Join(allRoles, ", "))
		}
	}
	if slices.Contains(c.Roles, roleWorker) && app.Config.SMTPURL == "" {
		return errors.New("RELANCE_SMTP_URL: needed to send mail; set smtp://user:password@host:587, or inbox to keep every mail here and send none")
	}
	ctx := app.Context()
	if err := app.openServices(ctx, true); err != nil {
		return err
	}
	st, err := app.Store(ctx)
	if err != nil {
		return err
	}
	if err := refuseShiftedClock(ctx, st, &app.Config); err != nil {
		return err
	}
	n, err := app.newNode(ctx, st, nodeOptions{roles: c.Roles, smtp: app.Config.SMTPURL})
	if err != nil {
		return err
	}
	defer n.Close()
	if err := n.Start(ctx); err != nil {
		return err
	}
	app.Log.Info("configuration", "environment", app.Config.masked())
	fmt.Fprintf(app.Err, "relance serves %s on %s\n", strings.Join(c.Roles, ", "), n.Address())
	err = n.Wait(ctx)
	app.Log.Info("stopping; what was begun is finished first")
	return err
}

// shiftNone is a shift that a clock set to the present leaves behind.
const shiftNone = time.Minute

// refuseShiftedClock keeps a database whose clock was moved, for a demo or a replay, away from real mail.
func refuseShiftedClock(ctx context.Context, st *store.Store, c *Config) error {
	shift, err := st.ClockShift(ctx)
	if err != nil || shift.Abs() < shiftNone || reachOf(c.SMTPURL) != reachRemote {
		return err
	}
	return fmt.Errorf("%w: the clock of this database was moved by %s; use a fresh database for real mail", store.ErrClockWithMail, shift.Round(0))
}
