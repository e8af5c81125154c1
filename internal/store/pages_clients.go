package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// ClientLine is a client in a list.
type ClientLine struct {
	Ref, Name, City, Rep string
	LastOrderOn          *time.Time
	Revenue12m           float64
	Revenue12mBefore     float64
	Blocked              string
	Closed               bool
}

// FindClients searches in name, ref, town and the names and addresses of contacts; an empty question gives the clients
// of the greatest weight. At most 50.
func (s *Store) FindClients(ctx context.Context, sight Sight, question string) ([]ClientLine, error) {
	escaped := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.TrimSpace(question))
	rows, err := s.pool.Query(ctx, `
		SELECT c.ref, c.name, coalesce(c.city, ''), coalesce(r.name, ''), f.last_order_on, coalesce(f.revenue_12m, 0)::float8,
		       coalesce(f.revenue_12m_before, 0)::float8, coalesce(c.blocked, ''), c.closed_on IS NOT NULL
		FROM client c LEFT JOIN client_fact f ON f.client_id = c.id LEFT JOIN rep r ON r.id = c.rep_id
		WHERE `+theirs+` AND ($2 = '' OR c.name ILIKE '%' || $2 || '%' OR c.ref ILIKE $2 || '%' OR c.city ILIKE $2 || '%'
			OR EXISTS (SELECT FROM contact p WHERE p.client_id = c.id AND (p.name ILIKE '%' || $2 || '%' OR p.email_key LIKE lower($2) || '%')))
		ORDER BY CASE WHEN $2 <> '' AND c.name ILIKE $2 || '%' THEN 0 ELSE 1 END, f.revenue_12m DESC NULLS LAST, c.name LIMIT 50`, sight.RepID, escaped)
	if err != nil {
		return nil, fmt.Errorf("find clients: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[ClientLine])
}

// ClientPage is everything that the page of a client shows.
type ClientPage struct {
	ID                                         int64
	Ref, Name, Kind, Siren, Sector             string
	Address, Postcode, City, Country, Language string
	Phone, Rep, InsideRep, Blocked             string
	CreatedOn, ClosedOn, LastOrderOn           *time.Time
	FirstOrderOn, ContactWith, ContactFrom     *time.Time
	Orders12m                                  int
	Revenue12m, Revenue12mBefore, Share        float64
	RhythmDays                                 float64 // 0: not known
	OpenComplaints                             int
	OpenCall                                   int64 // 0: none

	Months     []MonthRevenue
	Contacts   []ContactLine
	Orders     []OrderLine
	Contracts  []ContractLine
	Activities []ActivityLine
	Touches    []TouchLine
}

// MonthRevenue is the net revenue of one month.
type MonthRevenue struct {
	Month   time.Time // its first day
	Revenue float64
}

// ContactLine is a person at a client, with what may and may not be used.
type ContactLine struct {
	Name, Role, Email, Phone, Wrong string
	Main                            bool
	MailBasis, MailSource           string // kind and source of the newest valid one; empty: none
	MailBasisOn                     *time.Time
	MailStopped, CallStopped        string // why: opposition, bounce, complaint, person; empty: not stopped
	MailStoppedAt, CallStoppedAt    *time.Time
}

// OrderLine is an order in a list.
type OrderLine struct {
	Ref         string
	OrderedOn   time.Time
	DeliveredOn *time.Time
	Cancelled   bool
	Amount      float64
	Lines       int
}

// ContractLine is a contract in a list.
type ContractLine struct {
	Ref, Kind  string
	EndsOn     time.Time
	NoticeDays int // 0: none told
	Amount     float64
}

// ActivityLine is something that a person did with the client.
type ActivityLine struct {
	ID       int64
	Kind     string
	At       time.Time
	Rep, By  string
	Outcome  string
	Note     string
	ClosedOn *time.Time
	Minutes  int
}

// ClientPage returns the client, or ErrNotFound: also when it is not in sight. today bounds what exists already.
func (s *Store) ClientPage(ctx context.Context, sight Sight, ref string, today time.Time) (ClientPage, error) {
	var c ClientPage
	err := s.tx(ctx, "read client "+ref, func(tx pgx.Tx) error {
		if err := readClientHead(ctx, tx, sight, ref, &c); err != nil {
			return missing(err, "client", ref)
		}
		for _, read := range []func(context.Context, pgx.Tx, *ClientPage, time.Time) error{readMonths, readContacts, readOrders, readContracts, readActivities, readTouches} {
			if err := read(ctx, tx, &c, today); err != nil {
				return err
			}
		}
		return nil
	})
	return c, err
}

func readClientHead(ctx context.Context, tx pgx.Tx, sight Sight, ref string, c *ClientPage) error {
	return tx.QueryRow(ctx, `
		SELECT c.id, c.ref, c.name, coalesce(c.kind, ''), coalesce(c.siren, ''), coalesce(c.sector, ''), coalesce(c.address, ''), coalesce(c.postcode, ''),
		       coalesce(c.city, ''), coalesce(c.country, ''), coalesce(c.language, ''), coalesce(c.phone_e164, c.phone, ''), coalesce(r.name, ''), coalesce(i.name, ''),
		       coalesce(c.blocked, ''), coalesce(f.created_on, c.created_on), c.closed_on, f.last_order_on, f.first_order_on, f.last_contact_with, f.last_contact_from,
		       coalesce(f.orders_12m, 0), coalesce(f.revenue_12m, 0)::float8, coalesce(f.revenue_12m_before, 0)::float8, coalesce(f.revenue_share, 0),
		       coalesce(f.rhythm_days, 0), coalesce(f.open_complaints, 0), coalesce((SELECT id FROM call WHERE client_id = c.id AND state = 'open'), 0)
		FROM client c LEFT JOIN client_fact f ON f.client_id = c.id LEFT JOIN rep r ON r.id = c.rep_id LEFT JOIN rep i ON i.id = c.inside_rep_id
		WHERE c.ref = $2 AND `+theirs, sight.RepID, ref).Scan(
		&c.ID, &c.Ref, &c.Name, &c.Kind, &c.Siren, &c.Sector, &c.Address, &c.Postcode, &c.City, &c.Country, &c.Language, &c.Phone, &c.Rep, &c.InsideRep,
		&c.Blocked, &c.CreatedOn, &c.ClosedOn, &c.LastOrderOn, &c.FirstOrderOn, &c.ContactWith, &c.ContactFrom,
		&c.Orders12m, &c.Revenue12m, &c.Revenue12mBefore, &c.Share, &c.RhythmDays, &c.OpenComplaints, &c.OpenCall)
}

func readMonths(ctx context.Context, tx pgx.Tx, c *ClientPage, today time.Time) (err error) {
	rows, _ := tx.Query(ctx, `
		SELECT m::date, coalesce(r.revenue, 0)::float8
		FROM generate_series(date_trunc('month', $2::date::timestamp) - interval '24 months', date_trunc('month', $2::date::timestamp), interval '1 month') m
		LEFT JOIN client_month r ON r.client_id = $1 AND r.month = m::date ORDER BY m`, c.ID, today)
	c.Months, err = pgx.CollectRows(rows, pgx.RowToStructByPos[MonthRevenue])
	return err
}

func readContacts(ctx context.Context, tx pgx.Tx, c *ClientPage, _ time.Time) (err error) {
	rows, _ := tx.Query(ctx, `
		SELECT p.name, coalesce(p.role, ''), coalesce(p.email, ''), coalesce(p.phone_e164, p.phone, ''), coalesce(p.wrong, ''), p.main,
		       coalesce(b.kind, ''), coalesce(b.source, ''), b.held_on, coalesce(m.why, ''), coalesce(k.why, ''), m.at, k.at
		FROM contact p
		LEFT JOIN LATERAL (SELECT kind, source, held_on FROM basis WHERE contact_id = p.id AND channel = 'mail' AND withdrawn_at IS NULL ORDER BY held_on DESC LIMIT 1) b ON true
		LEFT JOIN LATERAL (SELECT why, at FROM suppression WHERE address IN (p.email_key, 'client:' || $2) AND scope IN ('mail', 'everything') AND withdrawn_at IS NULL ORDER BY at LIMIT 1) m ON true
		LEFT JOIN LATERAL (SELECT why, at FROM suppression WHERE address IN (p.phone_e164, 'client:' || $2) AND scope IN ('call', 'everything') AND withdrawn_at IS NULL ORDER BY at LIMIT 1) k ON true
		WHERE p.client_id = $1 ORDER BY p.main DESC, p.name`, c.ID, c.Ref)
	c.Contacts, err = pgx.CollectRows(rows, pgx.RowToStructByPos[ContactLine])
	return err
}

func readOrders(ctx context.Context, tx pgx.Tx, c *ClientPage, today time.Time) (err error) {
	rows, _ := tx.Query(ctx, `SELECT o.ref, o.ordered_on, o.delivered_on, o.cancelled, o.amount::float8, (SELECT count(*) FROM order_line l WHERE l.order_id = o.id)
		FROM orders o WHERE o.client_id = $1 AND o.ordered_on <= $2 ORDER BY o.ordered_on DESC, o.id DESC LIMIT 30`, c.ID, today)
	c.Orders, err = pgx.CollectRows(rows, pgx.RowToStructByPos[OrderLine])
	return err
}

func readContracts(ctx context.Context, tx pgx.Tx, c *ClientPage, _ time.Time) (err error) {
	rows, _ := tx.Query(ctx, `SELECT ref, coalesce(kind, ''), ends_on, coalesce(notice_days, 0), coalesce(amount, 0)::float8 FROM contract WHERE client_id = $1 ORDER BY ends_on DESC`, c.ID)
	c.Contracts, err = pgx.CollectRows(rows, pgx.RowToStructByPos[ContractLine])
	return err
}

func readActivities(ctx context.Context, tx pgx.Tx, c *ClientPage, today time.Time) (err error) {
	rows, _ := tx.Query(ctx, `SELECT a.id, a.kind, a.at, coalesce(r.name, ''), coalesce(a.by, ''), coalesce(a.outcome, ''), coalesce(a.note, ''), a.closed_on, coalesce(a.minutes, 0)
		FROM activity a LEFT JOIN rep r ON r.id = a.rep_id
		WHERE a.client_id = $1 AND a.undone_at IS NULL AND a.at < $2::timestamptz + interval '1 day' ORDER BY a.at DESC, a.id DESC LIMIT 40`, c.ID, today)
	c.Activities, err = pgx.CollectRows(rows, pgx.RowToStructByPos[ActivityLine])
	return err
}

func readTouches(ctx context.Context, tx pgx.Tx, c *ClientPage, _ time.Time) (err error) {
	rows, _ := tx.Query(ctx, touchLines+` WHERE t.client_id = $1 ORDER BY coalesce(t.ended_at, t.sent_at, t.due_at) DESC, t.id DESC LIMIT 40`, c.ID)
	c.Touches, err = pgx.CollectRows(rows, pgx.RowToStructByPos[TouchLine])
	return err
}

// TouchLine is a touch in a list, with all that its row's sentence needs.
type TouchLine struct {
	ID                         int64
	ClientRef, Client, Contact string
	Campaign, Source           string // name, and the definition of its version, which has the title
	Step, Channel, Occasion    string
	TriggeredOn                time.Time
	DueAt                      time.Time
	State, Reason, Outcome     string
	Figures                    json.RawMessage
	Address, AnswerWords       string
	SentAt, EndedAt            *time.Time
	CallID                     int64 // 0: no call
	Score                      *int
}

const touchLines = `
	SELECT t.id, c.ref, c.name, coalesce(p.name, ''), g.name, v.source, t.step, t.channel, t.occasion, t.triggered_on, t.due_at, t.state,
	       coalesce(t.reason, ''), coalesce(t.outcome, ''), t.figures, coalesce(t.address, ''), coalesce(t.answer_words, ''), t.sent_at, t.ended_at, coalesce(t.call_id, 0), w.score
	FROM touch t JOIN client c ON c.id = t.client_id JOIN campaign g ON g.id = t.campaign_id JOIN campaign_version v ON v.id = t.version_id
	LEFT JOIN contact p ON p.id = t.contact_id LEFT JOIN response w ON w.touch_id = t.id`
