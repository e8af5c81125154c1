package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/calendar"
	"github.com/relance/relance/internal/store"
)

// CallsCmd lists whom to call today, or records what came of a call.
type CallsCmd struct {
	List CallsListCmd `cmd:"" reads:"" default:"withargs" help:"List the calls of today, rep by rep; list may be left out."`
	Done CallsDoneCmd `cmd:"" help:"Record what came of a call: relance calls done 12 --outcome no_answer."`
}

// CallsListCmd lists the calls that are due before the end of the day.
type CallsListCmd struct {
	Rep  string `help:"Only this rep's." placeholder:"REF"`
	JSON bool   `help:"One object per line."`
}

// callLine is a call as scripts read it.
type callLine struct {
	ID         int64        `json:"id"`
	Client     string       `json:"client"`
	Name       string       `json:"name"`
	Contact    *string      `json:"contact"`
	Phone      *string      `json:"phone"`
	Rep        *string      `json:"rep"` // null: the managers' list
	DueAt      time.Time    `json:"due_at"`
	DeadlineAt *time.Time   `json:"deadline_at"`
	Priority   int          `json:"priority"`
	Attempts   int          `json:"attempts"`
	Reasons    []reasonLine `json:"reasons"`
}

type reasonLine struct {
	Campaign    string          `json:"campaign"`
	Occasion    string          `json:"occasion"`
	TriggeredOn string          `json:"triggered_on"`
	Figures     json.RawMessage `json:"figures"`
}

// Run prints each rep's list in the order in which the rep sees it; calls that belong to nobody come last.
func (c *CallsListCmd) Run(app *App) error {
	st, now, err := app.open()
	if err != nil {
		return err
	}
	settings, err := st.Settings(app.Context())
	if err != nil {
		return err
	}
	today := calendar.DateOf(now.In(settings.Zone()))
	until := (today + 1).In(settings.Zone())
	lists, err := c.lists(app, st, until)
	if err != nil {
		return err
	}
	var cards []store.CallCard
	for _, rep := range lists {
		list, err := st.CallList(app.Context(), rep, false, today.In(settings.Zone()), until)
		if err != nil {
			return err
		}
		cards = append(cards, list...)
	}
	if c.JSON {
		return printCalls(app, cards)
	}
	return callTable(app, cards, settings.Zone())
}

// lists are the reps whose calls are wanted; 0 is the list of nobody.
func (c *CallsListCmd) lists(app *App, st *store.Store, until time.Time) ([]int64, error) {
	reps, err := st.RepNames(app.Context(), until)
	if err != nil {
		return nil, err
	}
	if c.Rep != "" {
		i := slices.IndexFunc(reps, func(r store.RepName) bool { return r.Ref == c.Rep })
		if i < 0 {
			return nil, store.Missing{Noun: "rep", Ref: c.Rep}
		}
		return []int64{reps[i].ID}, nil
	}
	var ids []int64
	for _, r := range reps {
		ids = append(ids, r.ID)
	}
	return append(ids, 0), nil
}

func printCalls(app *App, cards []store.CallCard) error {
	for _, k := range cards {
		line := callLine{ID: k.ID, Client: k.ClientRef, Name: k.ClientName, Contact: orNil(k.Contact), Phone: orNil(k.Phone), Rep: orNil(k.RepRef),
			DueAt: k.DueAt, DeadlineAt: k.DeadlineAt, Priority: k.Priority, Attempts: k.Attempts, Reasons: []reasonLine{}}
		for _, r := range k.Reasons {
			line.Reasons = append(line.Reasons, reasonLine{r.Campaign, r.Occasion, r.TriggeredOn.Format(time.DateOnly), r.Figures})
		}
		if err := app.JSON(line); err != nil {
			return err
		}
	}
	return nil
}

func callTable(app *App, cards []store.CallCard, zone *time.Location) error {
	table := tabwriter.NewWriter(app.Out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "CALL\tREP\tCLIENT\tNAME\tCONTACT\tPHONE\tDUE\tUNTIL\tTRIES\tWHY")
	for _, k := range cards {
		until := ""
		if k.DeadlineAt != nil {
			until = k.DeadlineAt.In(zone).Format("2006-01-02 15:04")
		}
		var why []string
		for _, r := range k.Reasons {
			why = append(why, r.Campaign+" "+r.Occasion)
		}
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\n", k.ID, k.RepRef, k.ClientRef, k.ClientName, k.Contact, k.Phone,
			k.DueAt.In(zone).Format("2006-01-02 15:04"), until, k.Attempts, strings.Join(why, ", "))
	}
	return table.Flush()
}

// CallsDoneCmd records one attempt.
type CallsDoneCmd struct {
	Call    int64  `arg:"" help:"The number that relance calls shows."`
	Outcome string `required:"" placeholder:"WORD" help:"reached, order_taken, no_answer, voicemail, call_back, wrong_number, refused, other_person, already_seen or postponed."`
	Note    string `help:"What was said."`
	At      string `help:"When to call again, for call_back and postponed: 2026-03-10, 2026-03-10T16:45 (the company's zone) or RFC 3339."`
	As      string `help:"Who called." default:"operator"`
}

// Run records it and says what follows.
func (c *CallsDoneCmd) Run(app *App) error {
	if !slices.Contains(campaigns.Outcomes, campaigns.Outcome(c.Outcome)) {
		return fmt.Errorf("%w: --outcome %s", errUsage, oneOf(c.Outcome, campaigns.Outcomes))
	}
	st, by, now, err := app.openAs(c.As)
	if err != nil {
		return err
	}
	settings, err := st.Settings(app.Context())
	if err != nil {
		return err
	}
	outcome := store.Outcome{Call: c.Call, Outcome: campaigns.Outcome(c.Outcome), Note: c.Note, By: by}
	if c.At != "" {
		if outcome.Until, err = callTime(c.At, settings.Zone()); err != nil {
			return err
		}
	}
	err = st.RecordOutcome(app.Context(), outcome, now)
	switch {
	case errors.Is(err, store.ErrOutcome):
		return fmt.Errorf("%w: %w", errUsage, err)
	case err != nil:
		return err
	}
	card, err := st.CallPage(app.Context(), store.Sight{}, c.Call)
	if err != nil {
		return err
	}
	if card.State == "open" {
		fmt.Fprintf(app.Err, "Recorded. %s is to be called again on %s.\n", card.ClientName, card.DueAt.In(settings.Zone()).Format("2006-01-02 15:04"))
		return nil
	}
	fmt.Fprintf(app.Err, "Recorded. The call to %s is closed: %s. It can be undone on its page for ten minutes.\n", card.ClientName, card.Outcome)
	return nil
}

// callTime reads when to call again; a day alone means nine in the morning.
func callTime(s string, zone *time.Location) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339, s); err == nil {
		return at, nil
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02 15:04"} {
		if at, err := time.ParseInLocation(layout, s, zone); err == nil {
			return at, nil
		}
	}
	day, err := time.ParseInLocation(time.DateOnly, s, zone)
	if err != nil {
		return day, fmt.Errorf("%w: --at %q: want 2026-03-10, 2026-03-10T16:45 or RFC 3339", errUsage, s)
	}
	return day.Add(9 * time.Hour), nil
}
