package store

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/calendar"
)

// examplesKept is how many of a dry run's touches are shown.
const examplesKept = 10

// tally is what was decided for one campaign.
type tally struct {
	made     map[madeKind]int // new touches
	moved    map[madeKind]int // moves, by where they lead
	arming   int              // decided to be planned again
	rearmed  int              // of these, those that were
	rows     []byte           // new touches as COPY takes them
	moves    []campaigns.Decision
	examples []PassExample
}

// madeKind is a state and its reason.
type madeKind struct {
	state  campaigns.State
	reason campaigns.Reason
}

func newTally() tally { return tally{made: map[madeKind]int{}, moved: map[madeKind]int{}} }

func (t *tally) planned() int {
	n := 0
	for kind, count := range t.made {
		if kind.state == campaigns.Planned {
			n += count
		}
	}
	return n
}

// planShare is what one reader has decided since its last take.
type planShare struct {
	w       *planWriter
	tallies []tally
	out     []campaigns.Decision
}

func newPlanShare(w *planWriter) *planShare {
	share := &planShare{w: w, tallies: make([]tally, len(w.list))}
	for i := range share.tallies {
		share.tallies[i] = newTally()
	}
	return share
}

// see lets every campaign decide about one client.
func (s *planShare) see(f *campaigns.Facts, history [][]campaigns.Touch) error {
	for i, p := range s.w.list {
		s.out = p.pass.Plan(f, history[i], s.out[:0])
		for j := range s.out {
			s.keep(i, &s.out[j])
		}
	}
	return nil
}

func (s *planShare) keep(i int, d *campaigns.Decision) {
	t, p := &s.tallies[i], s.w.list[i]
	if p.keeping && d.From != campaigns.Planned && d.From != campaigns.Open {
		return
	}
	if d.ID != 0 {
		t.moves = append(t.moves, *d)
		if d.State == campaigns.Planned {
			t.arming++
		}
		return
	}
	t.made[madeKind{d.State, d.Reason}]++
	if !s.w.dryRun {
		t.rows = appendTouch(t.rows, &d.Touch, p.id, p.versionID, s.w.now)
	} else if d.State == campaigns.Planned {
		t.examples = keepExamples(append(t.examples, PassExample{d.ClientID, d.Touch}))
	}
}

// keepExamples keeps those of the first clients, so that a dry run shows the same ones each time.
func keepExamples(examples []PassExample) []PassExample {
	slices.SortFunc(examples, func(a, b PassExample) int { return cmp.Compare(a.ClientID, b.ClientID) })
	return examples[:min(len(examples), examplesKept)]
}

// planWriter gathers the readers' decisions and writes them in the pass's transaction. New touches of a campaign that the
// surge guard watches are kept until all are counted; the others go to COPY as they come.
type planWriter struct {
	tx     pgx.Tx
	list   []*planned
	now    time.Time
	dryRun bool
	staged bool // by way of a table beside, leaving out what is there already

	mu      sync.Mutex
	tallies []tally
}

func newPlanWriter(tx pgx.Tx, list []*planned, now time.Time, dryRun, staged bool) *planWriter {
	w := &planWriter{tx: tx, list: list, now: now, dryRun: dryRun, staged: staged, tallies: make([]tally, len(list))}
	for i := range w.tallies {
		w.tallies[i] = newTally()
	}
	return w
}

// take adds what a reader has decided, and empties its share.
func (w *planWriter) take(share *planShare, out io.Writer) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range share.tallies {
		from, to := &share.tallies[i], &w.tallies[i]
		for kind, n := range from.made {
			to.made[kind] += n
		}
		clear(from.made)
		to.arming += from.arming
		from.arming = 0
		to.moves = append(to.moves, from.moves...)
		to.examples = keepExamples(append(to.examples, from.examples...))
		from.moves, from.examples = from.moves[:0], from.examples[:0]
		if err := w.rows(i, from.rows, out); err != nil {
			return err
		}
		from.rows = from.rows[:0]
	}
	return nil
}

// rows passes new touches on, or keeps them while the campaign may still be held. A campaign over its limit keeps none.
func (w *planWriter) rows(i int, rows []byte, out io.Writer) error {
	t := &w.tallies[i]
	switch {
	case len(rows) == 0:
		return nil
	case w.list[i].limit == 0:
		_, err := out.Write(rows)
		return err
	case w.held(i):
		t.rows = nil
	default:
		t.rows = append(t.rows, rows...)
	}
	return nil
}

// held says whether the surge guard holds the campaign. What is planned again would leave like what is new.
func (w *planWriter) held(i int) bool {
	return w.list[i].limit > 0 && w.tallies[i].planned()+w.tallies[i].arming > w.list[i].limit
}

// release passes on what was kept, when all is counted.
func (w *planWriter) release(out io.Writer) error {
	for i := range w.list {
		if w.held(i) {
			continue
		}
		if _, err := out.Write(w.tallies[i].rows); err != nil {
			return err
		}
		w.tallies[i].rows = nil
	}
	_, err := out.Write(copyTrailer)
	return err
}

// copy writes the rows that come from the pipe into touch, or beside it.
func (w *planWriter) copy(ctx context.Context, rows io.Reader) error {
	if w.dryRun {
		_, err := io.Copy(io.Discard, rows)
		return err
	}
	table := "touch"
	if w.staged {
		table = "touch_staged"
		if _, err := w.tx.Exec(ctx, `CREATE TEMP TABLE touch_staged ON COMMIT DROP AS SELECT `+touchColumns+` FROM touch WITH NO DATA`); err != nil {
			return err
		}
	}
	_, err := w.tx.Conn().PgConn().CopyFrom(ctx, rows, `COPY `+table+` (`+touchColumns+`) FROM STDIN (FORMAT binary)`)
	if err != nil {
		return fmt.Errorf("write new touches: %w", err)
	}
	return nil
}

// finish moves touches, notes the pass, and holds what surged. A dry run counts the same and writes nothing.
func (w *planWriter) finish(ctx context.Context, today calendar.Date) error {
	if w.staged && !w.dryRun {
		if err := w.unstage(ctx); err != nil {
			return err
		}
	}
	if err := w.lock(ctx); err != nil {
		return err
	}
	for i, p := range w.list {
		t := &w.tallies[i]
		if !w.held(i) {
			if err := w.move(ctx, t, p.versionID); err != nil {
				return fmt.Errorf("move touches of campaign %s: %w", p.name, err)
			}
		}
		if w.dryRun || p.keeping {
			continue
		}
		if err := w.note(ctx, i, today); err != nil {
			return fmt.Errorf("note the pass of campaign %s: %w", p.name, err)
		}
	}
	return nil
}

// lock takes the campaigns and the clients whose touches move, before any does.
func (w *planWriter) lock(ctx context.Context) error {
	if w.dryRun {
		return nil
	}
	var ids []int
	var clients []int64
	for i, p := range w.list {
		ids = append(ids, p.id)
		if w.held(i) {
			continue
		}
		for j := range w.tallies[i].moves {
			clients = append(clients, w.tallies[i].moves[j].ClientID)
		}
	}
	if _, err := w.tx.Exec(ctx, `SELECT FROM campaign WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE`, nonNil(ids)); err != nil {
		return fmt.Errorf("lock the campaigns: %w", err)
	}
	if err := lockClients(ctx, w.tx, `SELECT unnest($1::bigint[])`, nonNil(clients)); err != nil {
		return fmt.Errorf("lock the clients: %w", err)
	}
	return nil
}

// unstage inserts the staged touches that are new, and counts them again.
func (w *planWriter) unstage(ctx context.Context) error {
	rows, err := w.tx.Query(ctx, `WITH made AS (
			INSERT INTO touch (`+touchColumns+`) SELECT `+touchColumns+` FROM touch_staged ON CONFLICT DO NOTHING RETURNING campaign_id, state, reason)
		SELECT campaign_id, state, coalesce(reason, ''), count(*) FROM made GROUP BY 1, 2, 3`)
	if err != nil {
		return err
	}
	for i := range w.list {
		if !w.held(i) {
			clear(w.tallies[i].made)
		}
	}
	var campaign, n int
	var kind madeKind
	_, err = pgx.ForEachRow(rows, []any{&campaign, &kind.state, &kind.reason, &n}, func() error {
		i := slices.IndexFunc(w.list, func(p *planned) bool { return p.id == campaign })
		w.tallies[i].made[kind] = n
		return nil
	})
	return err
}

// movesAtOnce bounds the arrays of one update.
const movesAtOnce = 5000

// move updates touches, each only if it still is in the state that was decided about.
func (w *planWriter) move(ctx context.Context, t *tally, versionID int) error {
	for len(t.moves) > 0 {
		chunk := t.moves[:min(len(t.moves), movesAtOnce)]
		t.moves = t.moves[len(chunk):]
		done := map[int64]bool{}
		if !w.dryRun {
			ids, err := moveTouches(ctx, w.tx, chunk, versionID)
			if err != nil {
				return err
			}
			for _, id := range ids {
				done[id] = true
			}
		}
		for _, d := range chunk {
			if w.dryRun || done[d.ID] {
				t.countMove(d)
			}
		}
	}
	return nil
}

func (t *tally) countMove(d campaigns.Decision) {
	if d.State == campaigns.Planned {
		t.rearmed++
		return
	}
	t.moved[madeKind{d.State, d.Reason}]++
}

func moveTouches(ctx context.Context, tx pgx.Tx, moves []campaigns.Decision, versionID int) ([]int64, error) {
	n := len(moves)
	ids, contacts, reps, priorities := make([]int64, n), make([]int64, n), make([]int64, n), make([]int16, n)
	from, to, reasons, figures := make([]string, n), make([]string, n), make([]string, n), make([]*string, n)
	channels := make([]string, n)
	triggered, due := make([]time.Time, n), make([]time.Time, n)
	deadlines, ended := make([]*time.Time, n), make([]*time.Time, n)
	for i := range moves {
		d := &moves[i]
		ids[i], contacts[i], reps[i], priorities[i] = d.ID, d.ContactID, d.RepID, int16(d.Priority)
		from[i], to[i], reasons[i], channels[i] = string(d.From), string(d.State), string(d.Reason), string(d.Channel)
		triggered[i], due[i], deadlines[i], ended[i] = d.TriggeredOn.Time(), d.DueAt, orNull(d.DeadlineAt), orNull(d.EndedAt)
		if len(d.Figures) > 0 {
			words := string(d.Figures)
			figures[i] = &words
		}
	}
	rows, err := tx.Query(ctx, moveTouchesSQL, ids, from, to, reasons, figures, triggered, due, deadlines, ended, contacts, reps, priorities, channels, versionID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// moveTouchesSQL: a touch that is planned again goes to today's contact and rep, as the version that plans it says, and with
// its texts: it has not been through the step. One that ends keeps what it had. The
// contact is part of what makes a touch unique, so it stays where another touch already has it.
const moveTouchesSQL = `
	UPDATE touch t SET state = m.state, reason = nullif(m.reason, ''), figures = coalesce(m.figures::jsonb, t.figures),
		triggered_on = m.triggered_on, due_at = m.due_at, deadline_at = m.deadline_at, ended_at = m.ended_at,
		contact_id = CASE WHEN m.state <> 'planned' OR EXISTS (SELECT FROM touch o WHERE o.client_id = t.client_id AND o.contact_id IS NOT DISTINCT FROM nullif(m.contact_id, 0)
			AND o.campaign_id = t.campaign_id AND o.step = t.step AND o.occasion = t.occasion) THEN t.contact_id ELSE nullif(m.contact_id, 0) END,
		rep_id = CASE WHEN m.state <> 'planned' THEN t.rep_id ELSE nullif(m.rep_id, 0) END,
		priority = m.priority, channel = m.channel, version_id = CASE WHEN m.state = 'planned' THEN $14 ELSE t.version_id END, admitted_at = NULL,
		followed_at = CASE WHEN m.state = 'planned' THEN NULL ELSE t.followed_at END
	FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::date[], $7::timestamptz[], $8::timestamptz[], $9::timestamptz[], $10::bigint[], $11::bigint[], $12::smallint[], $13::text[])
		AS m(id, was, state, reason, figures, triggered_on, due_at, deadline_at, ended_at, contact_id, rep_id, priority, channel)
	WHERE t.id = m.id AND t.state = m.was
	RETURNING t.id`

// note writes the pass down, and holds the campaign when it surged. A pass that changed nothing is noted once a day.
func (w *planWriter) note(ctx context.Context, i int, today calendar.Date) error {
	p, report := w.list[i], w.report(i)
	skipped := 0
	for _, n := range report.Skipped {
		skipped += n
	}
	if report.Held == nil && p.pass.Since == today && report.Planned+report.Rearmed+report.Cancelled+skipped+report.HeldOut == 0 {
		return nil
	}
	_, err := w.tx.Exec(ctx, `INSERT INTO pass (campaign_id, at, planned, rearmed, cancelled, skipped, held_out, held) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		p.id, w.now, report.Planned, report.Rearmed, report.Cancelled, skipped, report.HeldOut, report.Held)
	if err != nil {
		return err
	}
	if len(p.missed) > 0 {
		missed := Event{At: w.now, By: "relance", What: "campaign.slot_missed", Noun: "campaign", Ref: p.name, Detail: map[string]any{"slots": p.missed}}
		if err := logEvent(ctx, w.tx, missed); err != nil {
			return err
		}
	}
	if report.Held == nil {
		// A campaign has begun with its first pass at the latest, also when the clock was set back after its start.
		_, err = w.tx.Exec(ctx, `UPDATE campaign SET passed_on = $2, started_at = least(started_at, $3) WHERE id = $1 AND passed_on IS DISTINCT FROM $2`, p.id, today.Time(), w.now)
		return err
	}
	_, err = w.tx.Exec(ctx, `UPDATE campaign SET state = 'held', held_why = $2 WHERE id = $1 AND state IN ('running', 'paused')`, p.id, *report.Held)
	if err != nil {
		return err
	}
	return logEvent(ctx, w.tx, Event{At: w.now, By: "relance", What: "campaign.held", Noun: "campaign", Ref: p.name, Detail: map[string]any{"why": *report.Held}})
}

// report sums one campaign up.
func (w *planWriter) report(i int) PassReport {
	t := &w.tallies[i]
	r := PassReport{Campaign: w.list[i].name, Rearmed: t.rearmed, Planned: t.planned(), Skipped: map[campaigns.Reason]int{}, Examples: t.examples}
	for _, kinds := range []map[madeKind]int{t.made, t.moved} {
		for kind, n := range kinds {
			switch kind.state {
			case campaigns.Skipped:
				r.Skipped[kind.reason] += n
			case campaigns.Cancelled:
				r.Cancelled += n
			case campaigns.HeldOut:
				r.HeldOut += n
			}
		}
	}
	if n := len(w.list[i].missed); n > 0 {
		r.Skipped[campaigns.ReasonSlotMissed] = n
	}
	if w.held(i) {
		why := fmt.Sprintf("surge: %d would be planned, the limit is %d", r.Planned+t.arming, w.list[i].limit)
		r.Held = &why
	}
	if w.list[i].keeping {
		r.Held = &w.list[i].heldWhy
	}
	return r
}

// reports returns a report per campaign, by name; those that are held for longer say so.
func (w *planWriter) reports(ctx context.Context, names []string) ([]PassReport, error) {
	var reports []PassReport
	for i, p := range w.list {
		if p.state != "stopped" { // of which only what is left is kept: it has no line of its own
			reports = append(reports, w.report(i))
		}
	}
	rows, err := w.tx.Query(ctx, `SELECT name, coalesce(held_why, '') FROM campaign WHERE state = 'held' AND (cardinality($1::text[]) = 0 OR name = ANY ($1))`, nonNil(names))
	if err != nil {
		return nil, err
	}
	var name, why string
	_, err = pgx.ForEachRow(rows, []any{&name, &why}, func() error {
		if !slices.ContainsFunc(reports, func(r PassReport) bool { return r.Campaign == name }) {
			held := why
			reports = append(reports, PassReport{Campaign: name, Skipped: map[campaigns.Reason]int{}, Held: &held})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if slices.ContainsFunc(reports, func(r PassReport) bool { return r.Campaign == name }) {
			continue
		}
		c, err := readCampaign(ctx, w.tx, name, "")
		if err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("campaign %s is %s and not running: %w", name, c.State, ErrCampaignState)
	}
	slices.SortFunc(reports, func(a, b PassReport) int { return strings.Compare(a.Campaign, b.Campaign) })
	return reports, nil
}

func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
