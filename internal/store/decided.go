package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/relance/relance/campaigns"
)

// decided is what a decision about single touches needs, outside a planning pass: the pass of each version, which keeps
// what was approved for those already on their way, and the facts of each client. It lives for one transaction.
type decided struct {
	tx       pgx.Tx
	moment   campaigns.Moment
	versions map[int]*version

	listening []*version // campaigns with an answer trigger
	heard     bool       // listening has been read
}

// version is one campaign version at the moment.
type version struct {
	id, campaignID int
	campaign       string
	state          string // the campaign's
	pass           *campaigns.Pass
}

func newDecided(ctx context.Context, tx pgx.Tx, now time.Time) (*decided, error) {
	settings, err := readSettings(ctx, tx)
	if err != nil {
		return nil, err
	}
	m, err := moment(ctx, tx, settings, now)
	return &decided{tx: tx, moment: m, versions: map[int]*version{}}, err
}

// version returns the version, compiled once.
func (d *decided) version(ctx context.Context, id int) (*version, error) {
	if v, ok := d.versions[id]; ok {
		return v, nil
	}
	v := &version{id: id}
	var source string
	var begun *time.Time
	err := d.tx.QueryRow(ctx, `SELECT c.id, c.name, c.state, c.started_at, v.source FROM campaign_version v JOIN campaign c ON c.id = v.campaign_id WHERE v.id = $1`, id).
		Scan(&v.campaignID, &v.campaign, &v.state, &begun, &source)
	if err != nil {
		return nil, missing(err, "campaign version", fmt.Sprint(id))
	}
	definition, err := compile(v.campaign, source)
	if err != nil {
		return nil, err
	}
	m := d.moment
	m.Begun, m.Paused = timeOf(begun), v.state == "paused"
	v.pass = definition.At(m)
	d.versions[id] = v
	return v, nil
}

// facts reads the facts of these clients, with every column that a definition may ask for.
func (d *decided) facts(ctx context.Context, clients []int64) (map[int64]*campaigns.Facts, error) {
	var f campaigns.Facts
	var columns []string
	var targets []any
	for _, fact := range campaigns.FactTable {
		if fact.SQL != "" {
			columns, targets = append(columns, fact.SQL), append(targets, fact.Target(&f))
		}
	}
	row, err := newRawRow(targets)
	if err != nil {
		return nil, err
	}
	rows, err := d.tx.Query(ctx, `SELECT `+strings.Join(columns, ", ")+` FROM client c JOIN client_fact f ON f.client_id = c.id WHERE c.id = ANY ($1)`, clients)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	known := make(map[int64]*campaigns.Facts, len(clients))
	for rows.Next() {
		if err := row.read(rows); err != nil {
			return nil, err
		}
		one := f
		one.Attributes = append([]byte(nil), f.Attributes...)
		known[one.ClientID] = &one
	}
	return known, rows.Err()
}

// storedTouch is a touch with the campaign and version that made it.
type storedTouch struct {
	campaigns.Touch
	campaignID, versionID int
}

// touches reads the touches that the condition selects, in the order of their ids.
func (d *decided) touches(ctx context.Context, condition string, args ...any) ([]storedTouch, error) {
	var t campaigns.Touch
	var campaign, version int64
	row, err := newRawRow([]any{&t.ID, &t.ClientID, &campaign, &t.ContactID, &t.RepID, &t.Step, (*string)(&t.Channel), &t.Occasion, &t.ParentID,
		&t.TriggeredOn, &t.DueAt, &t.DeadlineAt, (*string)(&t.State), (*string)(&t.Reason), (*string)(&t.Outcome), &t.Priority, &t.Attempt, &t.SentAt, &t.EndedAt, &t.ClosesAt,
		&t.Figures, &version, &t.Figures}) // the second time for every state: follow-ups inherit them
	if err != nil {
		return nil, err
	}
	rows, err := d.tx.Query(ctx, `SELECT `+touchReadColumns+`, version_id::bigint, figures::text FROM touch WHERE `+condition+` ORDER BY id`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []storedTouch
	for rows.Next() {
		if err := row.read(rows); err != nil {
			return nil, err
		}
		list = append(list, storedTouch{t, int(campaign), int(version)})
	}
	return list, rows.Err()
}

// insert writes follow-up touches; one that exists already is left alone.
func (d *decided) insert(ctx context.Context, v *version, made []campaigns.Touch) error {
	for _, t := range made {
		_, err := d.tx.Exec(ctx, `
			INSERT INTO touch (client_id, contact_id, campaign_id, version_id, step, channel, rep_id, occasion, parent_id, triggered_on,
				due_at, deadline_at, state, reason, figures, priority, ended_at, created_at)
			VALUES ($1, nullif($2::bigint, 0), $3, $4, $5, $6, nullif($7::bigint, 0), $8, nullif($9::bigint, 0), $10, $11, $12, $13, nullif($14, ''), coalesce($15::jsonb, '{}'), $16, $17, $18)
			ON CONFLICT DO NOTHING`,
			t.ClientID, t.ContactID, v.campaignID, v.id, t.Step, t.Channel, t.RepID, t.Occasion, t.ParentID, t.TriggeredOn.Time(),
			t.DueAt, orNull(t.DeadlineAt), t.State, t.Reason, jsonOrNull(t.Figures), t.Priority, orNull(endedAt(&t, d.moment.Now)), d.moment.Now)
		if err != nil {
			return fmt.Errorf("plan %s for client %d: %w", t.Step, t.ClientID, err)
		}
	}
	return nil
}

// move applies moves of touches, each guarded by the state it leaves.
func (d *decided) move(ctx context.Context, moves []campaigns.Decision) error {
	for _, m := range moves {
		if !campaigns.CanMove(m.From, m.State) {
			return fmt.Errorf("move touch %d from %s to %s: no such move", m.ID, m.From, m.State)
		}
		_, err := d.tx.Exec(ctx, `UPDATE touch SET state = $3, reason = nullif($4, ''), outcome = coalesce(nullif($5, ''), outcome), ended_at = $6 WHERE id = $1 AND state = $2`,
			m.ID, m.From, m.State, m.Reason, m.Outcome, orNull(m.EndedAt))
		if err != nil {
			return fmt.Errorf("move touch %d: %w", m.ID, err)
		}
	}
	return nil
}

func jsonOrNull(raw []byte) any {
	if len(raw) == 0 {
		return nil
	}
	return string(raw)
}
