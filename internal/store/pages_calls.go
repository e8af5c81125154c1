package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Sight is whose clients a page may show: those of one rep (on the road or inside), or with RepID 0 all of them.
type Sight struct{ RepID int64 }

// CallCard is a call as a list or its own page shows it.
type CallCard struct {
	ID         int64
	ClientID   int64
	ClientRef  string
	ClientName string
	City       string
	Contact    string // empty: nobody is named
	Role       string
	Phone      string // as it is dialled: E.164, else as the file has it; empty: none known
	RepName    string // empty: the managers' list
	State      string
	DueAt      time.Time
	DeadlineAt *time.Time // nil: none
	Attempts   int
	Outcome    string // of the closed call
	ClosedWhy  string // when its causes have gone or it was too late
	ClosedAt   *time.Time
	Note       string // the last one written on it
	LastTry    string // outcome of the last attempt; empty: none yet
	LastTryAt  *time.Time
	RepRef     string // empty: the managers' list
	Priority   int    // the highest of its reasons'
	Reasons    []CallReason
}

// CallReason is why a client is to be called: one touch of a campaign, with what decided.
type CallReason struct {
	TouchID     int64
	Campaign    string
	Source      string // the definition of its version, which has the title
	Step        string
	Occasion    string
	TriggeredOn time.Time
	Figures     json.RawMessage

	// What words need besides the figures. Zero: not so.
	FirstOrderOn, DeliveredOn, LastOrderOn, LastContactOn *time.Time
	FirstAmount, Revenue12m                               float64
	OpenComplaints                                        int
	Products                                              []string // of the first order, the dearest two
	Score                                                 *int     // the answer that led here
	Answers                                               json.RawMessage
	AnsweredAt                                            *time.Time
}

const callColumns = `
	SELECT k.id, c.id, c.ref, c.name, coalesce(c.city, ''), coalesce(p.name, ''), coalesce(p.role, ''),
	       coalesce(p.phone_e164, p.phone, c.phone_e164, c.phone, ''), coalesce(r.name, ''), k.state, k.due_at, k.deadline_at, k.attempts,
	       coalesce(k.outcome, ''), coalesce(k.closed_why, ''), k.closed_at, coalesce(k.note, ''), coalesce(a.outcome, ''), a.at,
	       coalesce(r.ref, ''), k.priority
	FROM call k JOIN client c ON c.id = k.client_id LEFT JOIN contact p ON p.id = k.contact_id LEFT JOIN rep r ON r.id = k.rep_id
	LEFT JOIN LATERAL (SELECT outcome, at FROM activity WHERE call_id = k.id AND undone_at IS NULL ORDER BY at DESC, id DESC LIMIT 1) a ON true`

// theirs restricts to the clients in sight; $1 is the rep, 0 for all.
const theirs = `($1 = 0 OR $1 IN (c.rep_id, c.inside_rep_id))`

// CallList returns the open calls due before until, the most pressing first: those that end today, then the late ones,
// then by weight of their reasons. rep 0 with everyone gives all of them; without, the list that belongs to nobody.
func (s *Store) CallList(ctx context.Context, rep int64, everyone bool, today, until time.Time) ([]CallCard, error) {
	rows, err := s.pool.Query(ctx, callColumns+`
		WHERE k.state = 'open' AND k.due_at < $4 AND CASE WHEN $1 <> 0 THEN k.rep_id = $1 ELSE $2 OR k.rep_id IS NULL END
		ORDER BY coalesce(k.deadline_at <= $3::timestamptz + interval '1 day', false) DESC, k.due_at < $3 DESC, k.priority DESC, k.due_at, k.id LIMIT 500`,
		rep, everyone, today, until)
	if err != nil {
		return nil, fmt.Errorf("list the calls: %w", err)
	}
	return s.withReasons(ctx, rows)
}

// CallPage returns one call, or ErrNotFound: also when it is not in sight. A call that was given to a rep is in his.
func (s *Store) CallPage(ctx context.Context, sight Sight, id int64) (CallCard, error) {
	rows, err := s.pool.Query(ctx, callColumns+` WHERE k.id = $2 AND (`+theirs+` OR k.rep_id = $1)`, sight.RepID, id)
	if err != nil {
		return CallCard{}, fmt.Errorf("read call %d: %w", id, err)
	}
	cards, err := s.withReasons(ctx, rows)
	if err == nil && len(cards) == 0 {
		err = fmt.Errorf("call %d: %w", id, ErrNotFound)
	}
	if err != nil {
		return CallCard{}, err
	}
	return cards[0], nil
}

// withReasons fills in the reasons of all cards with one query.
func (s *Store) withReasons(ctx context.Context, rows pgx.Rows) ([]CallCard, error) {
	cards, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (k CallCard, err error) {
		err = row.Scan(&k.ID, &k.ClientID, &k.ClientRef, &k.ClientName, &k.City, &k.Contact, &k.Role, &k.Phone, &k.RepName, &k.State, &k.DueAt,
			&k.DeadlineAt, &k.Attempts, &k.Outcome, &k.ClosedWhy, &k.ClosedAt, &k.Note, &k.LastTry, &k.LastTryAt, &k.RepRef, &k.Priority)
		return k, err
	})
	if err != nil {
		return nil, fmt.Errorf("read calls: %w", err)
	}
	place := map[int64]int{}
	ids := make([]int64, len(cards))
	for i, k := range cards {
		place[k.ID], ids[i] = i, k.ID
	}
	found, err := s.pool.Query(ctx, `
		SELECT t.call_id, t.id, g.name, v.source, t.step, t.occasion, t.triggered_on, t.figures,
		       f.first_order_on, f.first_delivered_on, f.last_order_on, f.last_contact_with, coalesce(o.amount, 0)::float8, coalesce(f.revenue_12m, 0)::float8,
		       coalesce(f.open_complaints, 0), l.products, w.score, w.answers, coalesce(w.corrected_at, w.answered_at)
		FROM touch t JOIN campaign g ON g.id = t.campaign_id JOIN campaign_version v ON v.id = t.version_id
		LEFT JOIN client_fact f ON f.client_id = t.client_id
		LEFT JOIN orders o ON t.occasion = 'first-order' AND o.id = f.first_order_id
		LEFT JOIN LATERAL (SELECT array_agg(name) AS products FROM (SELECT d.name FROM order_line n JOIN product d ON d.id = n.product_id
			WHERE n.order_id = o.id ORDER BY n.amount DESC LIMIT 2) dearest) l ON true
		LEFT JOIN response w ON w.touch_id = t.parent_id
		WHERE t.call_id = ANY($1) AND t.state NOT IN ('cancelled') ORDER BY t.priority DESC, t.id`, ids)
	if err != nil {
		return nil, fmt.Errorf("read why to call: %w", err)
	}
	var call int64
	var r CallReason
	_, err = pgx.ForEachRow(found, []any{&call, &r.TouchID, &r.Campaign, &r.Source, &r.Step, &r.Occasion, &r.TriggeredOn, &r.Figures,
		&r.FirstOrderOn, &r.DeliveredOn, &r.LastOrderOn, &r.LastContactOn, &r.FirstAmount, &r.Revenue12m,
		&r.OpenComplaints, &r.Products, &r.Score, &r.Answers, &r.AnsweredAt}, func() error {
		k := &cards[place[call]]
		k.Reasons = append(k.Reasons, r)
		r = CallReason{}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read why to call: %w", err)
	}
	return cards, nil
}

// CallDone is an attempt that a rep made today.
type CallDone struct {
	ActivityID int64
	CallID     int64
	ClientName string
	Outcome    string
	At         time.Time
	NextAt     *time.Time // call_back, postponed
}

// CallsDone returns the attempts of the day that starts at today, one for each call, the latest first. rep 0: everyone's.
func (s *Store) CallsDone(ctx context.Context, rep int64, today time.Time) ([]CallDone, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT * FROM (SELECT DISTINCT ON (a.call_id) a.id, a.call_id, c.name, coalesce(a.outcome, ''), a.at, a.next_at
			FROM activity a JOIN client c ON c.id = a.client_id JOIN call k ON k.id = a.call_id
			WHERE a.undone_at IS NULL AND a.at >= $2 AND a.at < $2::timestamptz + interval '1 day' AND ($1 = 0 OR k.rep_id = $1)
			ORDER BY a.call_id, a.at DESC, a.id DESC) latest
		ORDER BY at DESC LIMIT 200`, rep, today)
	if err != nil {
		return nil, fmt.Errorf("list the calls made: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[CallDone])
}

// RepName is a rep to choose from.
type RepName struct {
	ID   int64
	Ref  string
	Name string
	Open int // calls due before the end of the day
}

// RepNames lists the reps with how many calls are due before until.
func (s *Store) RepNames(ctx context.Context, until time.Time) ([]RepName, error) {
	rows, err := s.pool.Query(ctx, `SELECT r.id, r.ref, r.name, (SELECT count(*) FROM call k WHERE k.rep_id = r.id AND k.state = 'open' AND k.due_at < $1)
		FROM rep r ORDER BY r.name`, until)
	if err != nil {
		return nil, fmt.Errorf("list the reps: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[RepName])
}
