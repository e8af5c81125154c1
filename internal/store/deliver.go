package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/relance/relance/campaigns"
)

// Due is a touch claimed for sending, with all that rendering it needs. Times that are not known are zero.
type Due struct {
	ID, ClientID int64
	Attempt      int // the fence of the result: give it back in Settled
	VersionID    int
	Campaign     string // name
	Step         string
	Channel      campaigns.Channel
	Occasion     string
	ParentID     int64 // 0: planned by the trigger
	Deferrals    int   // refusals for now so far
	DeadlineAt   time.Time
	ClosesAt     time.Time // a reminder's: when the questionnaire that it reminds of closes

	Address  string // as typed
	Language string // the contact's, else the client's; empty: the company's
	Client   DueClient
	Contact  DueContact
	Rep      DueRep
	Order    DueOrder // the last one
	Facts    DueFacts
	Basis    DueBasis
}

// DueClient is the client of a claimed touch.
type DueClient struct{ Ref, Name, City, Postcode, Country, Sector string }

// DueContact is whom it goes to.
type DueContact struct{ Name, Role, Phone string }

// DueRep is who signs: the touch's rep, else the client's.
type DueRep struct{ Name, Email, Phone string }

// DueOrder is the client's last order.
type DueOrder struct {
	Ref             string
	On, DeliveredOn time.Time
	Amount          float64
}

// DueFacts are the client's figures, as of the last refresh.
type DueFacts struct {
	FirstOrderOn, LastOrderOn, LastContactWith, LastContactFrom time.Time
	Orders, Orders12m                                           int
	Revenue12m, Revenue12mBefore, Rhythm                        float64
}

// DueBasis is why we may write.
type DueBasis struct {
	Kind, Source string
	On           time.Time
}

// Settled is what became of one claimed touch.
type Settled struct {
	ID       int64
	Attempt  int             // of the claim
	State    campaigns.State // sent, failed, unsure, or planned again
	Reason   campaigns.Reason
	DueAt    time.Time // planned: when next; zero leaves it
	ClosesAt time.Time // survey: no answer is taken after; zero: none
	At       time.Time // business time of the verdict
	Code     int       // the server's; 0: none
	Words    string    // the server's, one line
	Deferred bool      // refused for now: counts as one of the few tries
	Bounced  bool      // the mailbox does not exist: its address is not used again
}

// maxClaim bounds one statement, which serves several connections; what each of them may hold is for the caller to say.
const maxClaim = 500

// Claim says whose touches are claimed.
type Claim struct {
	Worker     uuid.UUID // the process, which has a heartbeat
	CampaignID int
	Channel    campaigns.Channel
	Domain     string // of Message-IDs
	N          int    // how many, at most 500; 0: only record
}

// ClaimAndRecord records what became of the group before, and claims the next admitted touches as sending, in one
// statement and one round trip. After it returns, the rows say durably what is about to be sent. Results are fenced by
// attempt and state: one that comes late settles the row only if it is unsure still and the result is sure. Recording
// twice does no harm. What the admission has seen and is cheap to ask is asked once more: a touch against which something
// came meanwhile, or whose contact has another address now, loses its admission and is left alone.
//
// After an error nobody knows whether the claim was committed: record again with N = 0, and give back (GiveBack) what
// was claimed and never heard of.
func (s *Store) ClaimAndRecord(ctx context.Context, claim Claim, results []Settled, now time.Time) ([]Due, error) {
	r := unzip(results)
	var due []Due
	err := again(func() error {
		rows, err := s.pool.Query(ctx, claimSQL,
			r.id, r.attempt, r.state, r.reason, r.dueAt, r.closesAt, r.at, r.code, r.words, r.deferred, r.bounced,
			claim.CampaignID, claim.Channel, now, now.Add(-AdmissionHolds), claim.Worker, min(claim.N, maxClaim), claim.Domain, defaultZone)
		if err == nil {
			due, err = pgx.CollectRows(rows, scanDue)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim due touches of campaign %d: %w", claim.CampaignID, err)
	}
	return due, nil
}

// SlotTexts returns the approved texts of a slot of a campaign, file name to text; nil when it has none of its own.
func (s *Store) SlotTexts(ctx context.Context, campaign, slot string) (map[string]string, error) {
	var texts map[string]string
	err := s.pool.QueryRow(ctx, `SELECT s.texts FROM slot_text s JOIN campaign c ON c.id = s.campaign_id
		WHERE c.name = $1 AND s.slot = $2 AND s.approved_at IS NOT NULL`, campaign, slot).Scan(&texts)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, fmt.Errorf("read the text of slot %s of %s: %w", slot, campaign, err)
	}
	return texts, nil
}

// settledColumns are results as arrays for unnest.
type settledColumns struct {
	id                   []int64
	attempt, code        []int
	state, reason, words []string
	dueAt, closesAt, at  []*time.Time
	deferred, bounced    []bool
}

func unzip(results []Settled) (c settledColumns) {
	c.id, c.attempt, c.code = make([]int64, 0, len(results)), make([]int, 0, len(results)), make([]int, 0, len(results))
	for _, r := range results {
		c.id, c.attempt, c.code = append(c.id, r.ID), append(c.attempt, r.Attempt), append(c.code, r.Code)
		c.state, c.reason, c.words = append(c.state, string(r.State)), append(c.reason, string(r.Reason)), append(c.words, r.Words)
		c.dueAt, c.closesAt, c.at = append(c.dueAt, timeOrNil(r.DueAt)), append(c.closesAt, timeOrNil(r.ClosesAt)), append(c.at, timeOrNil(r.At))
		c.deferred, c.bounced = append(c.deferred, r.Deferred), append(c.bounced, r.Bounced)
	}
	return c
}

func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func scanDue(row pgx.CollectableRow) (d Due, err error) {
	var deadline, closesAt, orderOn, deliveredOn, firstOn, lastOn, with, from, basisOn *time.Time
	err = row.Scan(&d.ID, &d.ClientID, &d.Attempt, &d.VersionID, &d.Campaign, &d.Step, &d.Channel, &d.Occasion, &d.ParentID, &d.Deferrals, &deadline, &closesAt,
		&d.Address, &d.Language,
		&d.Client.Ref, &d.Client.Name, &d.Client.City, &d.Client.Postcode, &d.Client.Country, &d.Client.Sector,
		&d.Contact.Name, &d.Contact.Role, &d.Contact.Phone, &d.Rep.Name, &d.Rep.Email, &d.Rep.Phone,
		&d.Order.Ref, &orderOn, &deliveredOn, &d.Order.Amount,
		&firstOn, &lastOn, &with, &from, &d.Facts.Orders, &d.Facts.Orders12m, &d.Facts.Revenue12m, &d.Facts.Revenue12mBefore, &d.Facts.Rhythm,
		&d.Basis.Kind, &d.Basis.Source, &basisOn)
	for _, t := range []struct {
		to   *time.Time
		from *time.Time
	}{
		{&d.DeadlineAt, deadline}, {&d.ClosesAt, closesAt}, {&d.Order.On, orderOn}, {&d.Order.DeliveredOn, deliveredOn}, {&d.Facts.FirstOrderOn, firstOn}, {&d.Facts.LastOrderOn, lastOn},
		{&d.Facts.LastContactWith, with}, {&d.Facts.LastContactFrom, from}, {&d.Basis.On, basisOn},
	} {
		if t.from != nil {
			*t.to = *t.from
		}
	}
	return d, err
}

// claimSQL, in parts: the results of the group before (recorded, and the mailboxes that bounced suppressed), then the
// claim, then what rendering needs. A touch is claimed when what the admission saw is still so: asked row by row, so that no
// plan reads whole tables for a group of ten. sent_at of a row in sending is when it was claimed: pressure counts it from there.
const claimSQL = `
	WITH result AS (
		SELECT * FROM unnest($1::bigint[], $2::int[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::timestamptz[], $8::int[], $9::text[], $10::bool[], $11::bool[])
			AS r(id, attempt, state, reason, due_at, closes_at, at, code, words, deferred, bounced)),
	recorded AS (
		UPDATE touch t SET
			state = ` + recordedState + `,
			reason = CASE WHEN ` + arrived + ` THEN NULL ELSE nullif(r.reason, '') END,
			due_at = coalesce(r.due_at, t.due_at),
			closes_at = CASE WHEN ` + recordedState + ` IN ('sent', 'unsure') THEN coalesce(t.closes_at, r.closes_at) ELSE t.closes_at END,
			admitted_at = CASE WHEN r.state = 'planned' AND r.due_at IS NOT NULL THEN NULL ELSE t.admitted_at END,
			sent_at = CASE ` + recordedState + ` WHEN 'sent' THEN coalesce(r.at, t.sent_at) WHEN 'unsure' THEN t.sent_at END,
			ended_at = CASE ` + recordedState + ` WHEN 'failed' THEN r.at END,
			answer_code = coalesce(nullif(r.code, 0), t.answer_code),
			answer_words = coalesce(nullif(r.words, ''), t.answer_words),
			figures = CASE WHEN r.deferred THEN t.figures || jsonb_build_object('deferrals', coalesce((t.figures->>'deferrals')::int, 0) + 1) ELSE t.figures END
		FROM result r
		WHERE t.id = r.id AND t.attempt = r.attempt AND (t.state = 'sending' OR t.state = 'unsure' AND r.state IN ('sent', 'failed'))
		RETURNING t.id, t.client_id, t.address, r.bounced AND t.state = 'failed' AS bounced, r.words, r.at),
	suppressed AS (
		INSERT INTO suppression (scope, address, why, source, touch_id, at)
		SELECT DISTINCT ON (address) 'mail', address, 'bounce', words, id, at FROM recorded WHERE bounced AND address IS NOT NULL
		ON CONFLICT DO NOTHING),
	stale AS (
		INSERT INTO client_stale (client_id) SELECT DISTINCT client_id FROM recorded WHERE bounced ORDER BY 1 ON CONFLICT DO NOTHING),
	today AS (SELECT ($14::timestamptz AT TIME ZONE coalesce((SELECT value FROM setting WHERE key = 'zone'), $19::text))::date AS day),
	picked AS MATERIALIZED (
		SELECT t.id, t.client_id, t.contact_id, t.address FROM touch t
		WHERE t.campaign_id = $12 AND t.channel = $13 AND t.state = 'planned' AND t.due_at <= $14 AND t.admitted_at > $15
		  AND EXISTS (SELECT FROM campaign c WHERE c.id = $12 AND c.state = 'running')
		ORDER BY t.due_at LIMIT $17 FOR UPDATE OF t SKIP LOCKED),
	asked AS MATERIALIZED (
		SELECT k.id, coalesce((
			SELECT c.blocked IS NULL AND coalesce(c.closed_on > (SELECT day FROM today), true) AND p.email_key = k.address AND (p.wrong IS NULL OR p.wrong = 'wrong_number')
				AND NOT EXISTS (SELECT FROM suppression s WHERE s.withdrawn_at IS NULL AND s.address IN (k.address, 'client:' || c.ref) AND s.scope IN ('mail', 'everything'))
				AND (k.address ~ '` + GenericMailbox + `' OR EXISTS (
					SELECT FROM basis b LEFT JOIN basis_declaration d ON d.id = b.declaration_id
					WHERE b.contact_id = p.id AND b.channel = 'mail' AND b.withdrawn_at IS NULL AND d.undone_at IS NULL AND b.held_on <= (SELECT day FROM today)))
			FROM client c LEFT JOIN client_fact f ON k.contact_id IS NULL AND f.client_id = c.id LEFT JOIN contact p ON p.id = coalesce(k.contact_id, f.mail_contact_id)
			WHERE c.id = k.client_id), false) AS may
		FROM picked k),
	returned AS (
		UPDATE touch t SET admitted_at = NULL FROM asked k WHERE t.id = k.id AND NOT k.may),
	claimed AS (
		UPDATE touch t SET state = 'sending', attempt = t.attempt + 1, worker = $16, sent_at = $14, reason = NULL,
			message_id = 'touch.' || t.id || '@' || $18::text
		FROM asked k WHERE t.id = k.id AND k.may
		RETURNING t.*)` + dueColumns + ` FROM claimed t` + dueJoins

// arrived: who has answered a touch t has received it, whatever result r says. Answering writes it on the row itself, so
// that a result that waits for the answer's commit sees it.
const (
	arrived       = `(t.outcome = 'answered' AND r.state IN ('planned', 'failed'))`
	recordedState = `CASE WHEN ` + arrived + ` THEN 'sent' ELSE r.state END`
)

// dueColumns and dueJoins are what rendering needs of a touch t, as scanDue reads it. The address is the contact's as typed:
// the claim has seen that it is still the one that the checks were asked of.
const (
	dueColumns = `
	SELECT t.id, t.client_id, t.attempt, t.version_id, m.name, t.step, t.channel, t.occasion, coalesce(t.parent_id, 0), coalesce((t.figures->>'deferrals')::int, 0), t.deadline_at,
		CASE WHEN t.step LIKE '%/reminder' THEN (SELECT closes_at FROM touch parent WHERE parent.id = t.parent_id) END,
		coalesce(p.email, t.address), coalesce(p.language, c.language, ''),
		c.ref, c.name, coalesce(c.city, ''), coalesce(c.postcode, ''), coalesce(c.country, ''), coalesce(c.sector, ''),
		coalesce(p.name, ''), coalesce(p.role, ''), coalesce(p.phone, ''), coalesce(r.name, ''), coalesce(r.email, ''), coalesce(r.phone, ''),
		coalesce(o.ref, ''), o.ordered_on, o.delivered_on, coalesce(o.amount, 0)::float8,
		f.first_order_on, f.last_order_on, f.last_contact_with, f.last_contact_from, coalesce(f.orders, 0), coalesce(f.orders_12m, 0),
		coalesce(f.revenue_12m, 0)::float8, coalesce(f.revenue_12m_before, 0)::float8, coalesce(f.rhythm_days, 0),
		coalesce(b.kind, ''), coalesce(b.source, ''), b.held_on`
	dueJoins = `
	JOIN campaign m ON m.id = t.campaign_id
	JOIN client c ON c.id = t.client_id
	LEFT JOIN client_fact f ON f.client_id = t.client_id
	LEFT JOIN contact p ON p.id = coalesce(t.contact_id, f.mail_contact_id)
	LEFT JOIN rep r ON r.id = coalesce(t.rep_id, c.rep_id)
	LEFT JOIN LATERAL (SELECT ref, ordered_on, delivered_on, amount FROM orders o WHERE o.client_id = t.client_id AND o.counts AND o.ordered_on <= f.as_of
		ORDER BY ordered_on DESC LIMIT 1) o ON true
	LEFT JOIN LATERAL (SELECT b.kind, b.source, b.held_on FROM basis b LEFT JOIN basis_declaration d ON d.id = b.declaration_id
		WHERE b.contact_id = p.id AND b.channel = 'mail' AND b.withdrawn_at IS NULL AND d.undone_at IS NULL AND b.held_on <= coalesce((SELECT facts_on FROM clock), 'infinity')
		ORDER BY b.held_on DESC LIMIT 1) b ON true`
)
