package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/relance/relance/internal/unify"
)

// DuplicatePair is a proposal: two clients that are probably one, or branches of one firm. Its JSON is a stable output.
type DuplicatePair struct {
	Kind    unify.Kind     `json:"kind"`
	Score   int            `json:"score"` // 0 to 100
	Reasons []unify.Reason `json:"reasons"`
	FoundAt time.Time      `json:"found_at"` // first
	A       DuplicateSide  `json:"a"`        // the one with the greater weight, else the one who came first
	B       DuplicateSide  `json:"b"`
}

// DuplicateSide is what one compares about a client. Unknown values are empty.
type DuplicateSide struct {
	Ref         string     `json:"client"`
	Name        string     `json:"name"`
	SIREN       string     `json:"siren"`
	VAT         string     `json:"vat"`
	Address     string     `json:"address"`
	Postcode    string     `json:"postcode"`
	City        string     `json:"city"`
	Phone       string     `json:"phone"`
	Mails       string     `json:"mails"` // of its contacts, at most three
	Rep         string     `json:"rep"`   // name
	Group       string     `json:"group"`
	Contacts    int        `json:"contacts"`
	Orders      int        `json:"orders"`
	LastOrderOn *time.Time `json:"last_order_on"`
	Revenue12m  float64    `json:"-"`
	Closed      bool       `json:"closed"`
}

const duplicateSide = `
	LATERAL (SELECT c.ref, c.name, coalesce(c.siren, ''), coalesce(c.vat, ''), coalesce(c.address, ''), coalesce(c.postcode, ''), coalesce(c.city, ''), coalesce(c.phone_e164, c.phone, ''),
		coalesce((SELECT string_agg(email_key, ', ' ORDER BY main DESC, email_key) FROM (SELECT email_key, main FROM contact p WHERE p.client_id = c.id AND email_key IS NOT NULL ORDER BY main DESC, email_key LIMIT 3) m), ''),
		coalesce((SELECT name FROM rep WHERE id = c.rep_id), ''), coalesce(c.group_ref, ''), (SELECT count(*)::int FROM contact p WHERE p.client_id = c.id),
		(SELECT count(*)::int FROM orders o WHERE o.client_id = c.id), f.last_order_on, coalesce(f.revenue_12m, 0)::float8, c.closed_on IS NOT NULL
		FROM client c LEFT JOIN client_fact f ON f.client_id = c.id WHERE c.id = `

// Duplicates lists what the last search proposed, the surest first. kind is empty for all.
func (s *Store) Duplicates(ctx context.Context, kind unify.Kind, limit, offset int) ([]DuplicatePair, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT d.kind, d.score, d.reasons, d.found_at, a.*, b.*
		FROM (SELECT d.*, coalesce(fb.revenue_12m, 0) > coalesce(fa.revenue_12m, 0) AS swap
			FROM duplicate d LEFT JOIN client_fact fa ON fa.client_id = d.a_id LEFT JOIN client_fact fb ON fb.client_id = d.b_id
			WHERE $1 = '' OR d.kind = $1 ORDER BY d.score DESC, d.a_id, d.b_id LIMIT $2 OFFSET $3) d
		CROSS JOIN `+duplicateSide+`CASE WHEN d.swap THEN d.b_id ELSE d.a_id END) a
		CROSS JOIN `+duplicateSide+`CASE WHEN d.swap THEN d.a_id ELSE d.b_id END) b
		ORDER BY d.score DESC, d.a_id, d.b_id`, string(kind), limit, offset)
	if err != nil {
		return nil, fmt.Errorf("list duplicates: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (p DuplicatePair, err error) {
		return p, row.Scan(append(append([]any{&p.Kind, &p.Score, &p.Reasons, &p.FoundAt}, p.A.targets()...), p.B.targets()...)...)
	})
}

func (d *DuplicateSide) targets() []any {
	return []any{&d.Ref, &d.Name, &d.SIREN, &d.VAT, &d.Address, &d.Postcode, &d.City, &d.Phone, &d.Mails, &d.Rep, &d.Group, &d.Contacts, &d.Orders, &d.LastOrderOn, &d.Revenue12m, &d.Closed}
}

// MergeLine is a merge in a list. Its JSON is a stable output.
type MergeLine struct {
	ID          int64     `json:"merge"`
	Kept        string    `json:"kept"` // ref as of the merge
	KeptName    string    `json:"kept_name"`
	Dropped     string    `json:"dropped"`
	DroppedName string    `json:"dropped_name"`
	By          string    `json:"by"`
	At          time.Time `json:"at"`
}

// Merges lists the merges that stand, the newest first: of one client and its aliases, or, with an empty ref, of all.
func (s *Store) Merges(ctx context.Context, ref string, limit int) ([]MergeLine, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT m.id, m.kept_ref, coalesce(c.name, d.dropped_name, ''), m.dropped_ref, m.dropped_name, m.by, m.at
		FROM client_merge m LEFT JOIN client c ON c.id = m.kept_id LEFT JOIN client_merge d ON d.dropped_id = m.kept_id AND d.undone_at IS NULL
		WHERE m.undone_at IS NULL AND ($1 = '' OR EXISTS (SELECT FROM client_alias a JOIN client k ON k.id = a.client_id WHERE a.merge_id = m.id AND k.ref = $1))
		ORDER BY m.id DESC LIMIT $2`, ref, limit)
	if err != nil {
		return nil, fmt.Errorf("list merges: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[MergeLine])
}

// ProposalsOf counts the proposals that concern a client.
func (s *Store) ProposalsOf(ctx context.Context, ref string) (n int, err error) {
	err = s.pool.QueryRow(ctx, `SELECT count(*) FROM client c JOIN duplicate d ON c.id IN (d.a_id, d.b_id) WHERE c.ref = $1`, ref).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count the proposals of client %s: %w", ref, err)
	}
	return n, nil
}
