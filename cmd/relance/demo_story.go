package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/relance/relance/internal/calendar"
	"github.com/relance/relance/internal/demo/company"
	"github.com/relance/relance/internal/demo/life"
	"github.com/relance/relance/internal/desk"
	"github.com/relance/relance/internal/letters"
	"github.com/relance/relance/internal/links"
	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/internal/web"
)

// demoHour is when a demo's day begins: mails may leave and calls be on the lists, whenever the demo is started.
const demoHour = 9*time.Hour + 30*time.Minute

// demoUsers are the people of the invented company who have something to click.
var demoUsers = []store.User{
	{Name: "Marion Caillet", Email: "marion.caillet@maison-brunel.example", Role: "marketer", Language: "fr"},
	{Name: "Paul Rivoire", Email: "paul.rivoire@maison-brunel.example", Role: "manager", Language: "fr"},
}

// demoSettings are the invented company's.
var demoSettings = map[string]string{
	"company": company.Name, "company_address": "12 rue des Tanneurs, 37000 Tours", "sender_email": "bonjour@maison-brunel.example",
	"brand_colour": "#7a3b12", "sending_per_minute": "0",
}

// begin tells the story from its first day: the company's files, its people, and its campaigns, started this morning.
func (d *demo) begin(ctx context.Context) error {
	morning, err := d.morning(ctx)
	if err != nil {
		return err
	}
	if err := d.store.SetClock(ctx, morning); err != nil {
		return err
	}
	if err := d.store.ChangeSettings(ctx, demoSettings, operator, morning); err != nil {
		return err
	}
	settings, err := d.store.Settings(ctx)
	if err != nil {
		return err
	}
	d.story.Seed, d.story.Anchor = d.seed, calendar.DateOf(morning.In(settings.Zone()))
	if err := d.catchUp(ctx); err != nil {
		return err
	}
	for _, step := range []func(context.Context, time.Time) error{d.addUsers, d.declareBasis, d.startCampaigns, d.writeNewsletter} {
		if err := step(ctx, morning); err != nil {
			return err
		}
	}
	return d.save()
}

// morning is today at demoHour, or the next day on which a company works: whoever tries relance on a Sunday night sees
// what its reps see on Monday.
func (d *demo) morning(ctx context.Context) (time.Time, error) {
	now, err := d.store.Now(ctx)
	if err != nil {
		return now, err
	}
	settings, err := d.store.Settings(ctx)
	if err != nil {
		return now, err
	}
	house, err := store.HouseOf(settings)
	if err != nil {
		return now, err
	}
	day := house.Today(now)
	for house.Quiet(day) || !house.Working(day, settings["country"]) {
		day++
	}
	return day.In(settings.Zone()).Add(demoHour), nil
}

func (d *demo) addUsers(ctx context.Context, now time.Time) error {
	reps, err := d.store.RepNames(ctx, now)
	if err != nil {
		return err
	}
	users := demoUsers
	for i, rep := range reps {
		users = append(users, store.User{Name: rep.Name, Email: fmt.Sprintf("rep%d@maison-brunel.example", i+1), Role: "rep", RepRef: rep.Ref, Language: "fr"})
	}
	for _, u := range users {
		if _, err := d.store.AddUser(ctx, u, operator, now); err != nil {
			return err
		}
	}
	return nil
}

func (d *demo) declareBasis(ctx context.Context, now time.Time) error {
	if _, err := d.store.RefreshFacts(ctx, now, true); err != nil {
		return err
	}
	_, err := d.store.DeclareBasis(ctx, store.Declaration{Kind: "information", Channel: "mail", Source: "CGV 2023, art. 12", HeldOn: d.story.Anchor - 900, DeclaredBy: operator}, now)
	return err
}

// startCampaigns approves and starts everything that is shipped, as an operator would after reading it.
func (d *demo) startCampaigns(ctx context.Context, now time.Time) error {
	de := desk.New(d.store)
	if err := de.InstallShipped(ctx, now); err != nil {
		return err
	}
	campaigns, err := d.store.Campaigns(ctx)
	if err != nil {
		return err
	}
	for _, c := range campaigns {
		if err := de.Approve(ctx, c.Name, operator, now); err != nil {
			return err
		}
		if err := d.store.StartCampaign(ctx, c.Name, operator, now); err != nil {
			return err
		}
	}
	if _, err := d.store.Plan(ctx, now, store.PlanOptions{}); err != nil {
		return err
	}
	return d.store.KeepOutlook(ctx, now)
}

// writeNewsletter has the next issue ready, so that the first move of the clock past it shows it leave.
func (d *demo) writeNewsletter(ctx context.Context, now time.Time) error {
	return life.Newsletter(ctx, d.store, demoUsers[0].Name, demoUsers[1].Name, now)
}

// bar is what the pages' demo bar can do.
func (d *demo) bar() *web.Demo { return &web.Demo{Forward: d.forward, Users: d.users} }

// forwardFor bounds one push of the bar.
const forwardFor = 90 * time.Second

// forward lives day after day: the clock shows the next day's half past nine, the day's orders come in, and the jobs do
// what they do every day; the next day begins when nothing is due any more.
func (d *demo) forward(ctx context.Context, days, months int) error {
	d.forwarding.Lock()
	defer d.forwarding.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), forwardFor)
	defer cancel()
	now, err := d.store.Now(ctx)
	if err != nil {
		return err
	}
	settings, err := d.store.Settings(ctx)
	if err != nil {
		return err
	}
	day := calendar.DateOf(now.In(settings.Zone()))
	last := day.AddMonths(months) + calendar.Date(days)
	for day < last {
		day++
		if err := d.store.SetClock(ctx, day.In(settings.Zone()).Add(demoHour)); err != nil {
			return err
		}
		if err := d.live(ctx); err != nil {
			return err
		}
	}
	now, err = d.store.Now(ctx)
	if err != nil {
		return err
	}
	return d.store.KeepOutlook(ctx, now)
}

// people are those who answer and call; the rep of the log-in link keeps its list for the visitor.
func (d *demo) people() life.Life {
	people := life.Life{Store: d.store, Questionnaires: letters.New(d.store, nil, ""), Seed: d.story.Seed}
	if i := d.userWith("rep"); i >= 0 {
		people.Spared = d.users[i].RepRef
	}
	return people
}

// live does a day's work at once, and waits until the workers have sent what was due.
func (d *demo) live(ctx context.Context) error {
	if err := d.catchUp(ctx); err != nil {
		return err
	}
	now, err := d.store.Now(ctx)
	if err != nil {
		return err
	}
	if _, err := d.store.RefreshFacts(ctx, now, true); err != nil {
		return err
	}
	if err := d.people().Day(ctx, now); err != nil {
		return err
	}
	if _, err := d.store.FollowUp(ctx, now); err != nil {
		return err
	}
	if _, err := d.store.Plan(ctx, now, store.PlanOptions{}); err != nil {
		return err
	}
	return d.quiet(ctx, now)
}

// quiet waits until no mail is due and no card is to be opened.
func (d *demo) quiet(ctx context.Context, now time.Time) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		pending, err := d.store.Pending(ctx, now)
		if err != nil {
			return err
		}
		if len(pending.DueMessages) == 0 && !pending.DueCalls {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("the day %s is not over: %w", now.Format(time.DateOnly), ctx.Err())
		}
	}
}

// welcome waits until the first questionnaire has left, then prints where to click.
func (d *demo) welcome(ctx context.Context, n *node) error {
	invitation, rep, err := d.invitation(ctx)
	if err != nil {
		return err
	}
	d.host = rep
	base := n.config.baseURL()
	out := d.app.Out
	fmt.Fprintf(out, "\n%s is invented; its mail stays in the inbox at %s/inbox.\n", company.Name, base)
	if d.again {
		if err := d.sayDay(ctx); err != nil {
			return err
		}
	}
	fmt.Fprintln(out)
	for _, role := range []string{"marketer", "rep", "manager"} {
		link, err := d.loginLink(ctx, base, role)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "  %-9s %s\n", role, link)
	}
	fmt.Fprintf(out, "  %-9s %s/s/%s\n", "client", base, n.links.Token(links.Survey, invitation))
	fmt.Fprintf(out, "\nCtrl-C stops everything. Delete %s to begin again.\n", d.dir)
	return nil
}

// sayDay tells who comes back to a demo how far its clock was pushed.
func (d *demo) sayDay(ctx context.Context) error {
	now, err := d.store.Now(ctx)
	if err != nil {
		return err
	}
	settings, err := d.store.Settings(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(d.app.Out, "It goes on where it was left: its clock shows %s.\n", now.In(settings.Zone()).Format("2006-01-02 15:04"))
	return nil
}

// loginLink makes a link for the first user with the role; it works as often as one likes.
func (d *demo) loginLink(ctx context.Context, base, role string) (string, error) {
	i := d.userWith(role)
	if i < 0 {
		return "", fmt.Errorf("a user with role %s: %w", role, store.ErrNotFound)
	}
	token, err := d.store.MakeLoginLink(ctx, d.users[i].ID, 30*24*time.Hour, true)
	return base + "/login?token=" + token, err
}

// userWith is the first user with a role; of the reps, the one on whose list the answer of the printed questionnaire
// would come. -1: nobody.
func (d *demo) userWith(role string) int {
	i := slices.IndexFunc(d.users, func(u store.User) bool { return u.Role == role && role == "rep" && u.RepRef == d.host })
	if i >= 0 {
		return i
	}
	return slices.IndexFunc(d.users, func(u store.User) bool { return u.Role == role })
}

// invitation waits for the first questionnaire to be in a client's inbox.
func (d *demo) invitation(ctx context.Context) (touch int64, rep string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		touch, rep, err := d.store.OpenInvitation(ctx)
		if !errors.Is(err, store.ErrNotFound) && ctx.Err() == nil {
			return touch, rep, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return 0, "", fmt.Errorf("no questionnaire was sent; the lines above, or RELANCE_LOG=debug, say why: %w", ctx.Err())
		}
	}
}
