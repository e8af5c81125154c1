package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/calendar"
)

// OpenCalls puts the due call touches on the reps' lists. The checks of "who may be contacted" are asked in their order,
// in one transaction with the clients locked in id order. A client has one open card: a new reason joins it, and the
// card takes the highest priority and the earliest deadline of its reasons. At most 5,000 touches are asked; call again
// while Looked is not 0.
func (s *Store) OpenCalls(ctx context.Context, now time.Time, hours Hours) (Admitted, error) {
	admitted := newAdmitted()
	settings, err := s.Settings(ctx)
	if err != nil {
		return admitted, err
	}
	err = s.tx(ctx, "open due calls", func(tx pgx.Tx) error {
		admitted = newAdmitted()
		ids, err := dueTouches(ctx, tx, dueCallsSQL, now, AdmitAtOnce)
		if err != nil || len(ids) == 0 {
			return err
		}
		places, err := placesOf(ctx, tx, ids, campaigns.Call, now, hours)
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, openSQL, pgx.NamedArgs{
			"ids": ids, "now": now, "today": calendar.DateOf(now.In(settings.Zone())).Time(),
			"calls30": settings.Int("pressure_call_30d"), "refusal": settings.Int("refusal_days"),
			"country": places.country, "zone": places.zone, "postcode": places.postcode, "consumer": places.consumer,
			"next": places.next, "why": places.why,
		})
		if err != nil {
			return err
		}
		if err := admitted.collect(rows); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, joinSQL, ids, now)
		admitted.add("admit", "", int(tag.RowsAffected()))
		return err
	})
	return admitted, err
}

// dueCallsSQL: the due calls of running campaigns, and of any campaign those that a client's own answer was promised.
const dueCallsSQL = `
	SELECT t.id FROM campaign c CROSS JOIN LATERAL (
		SELECT id, due_at FROM touch t WHERE t.campaign_id = c.id AND t.channel = 'call' AND t.state = 'planned' AND t.due_at <= $1
		AND (c.state = 'running' OR ` + promisedCall + `)
		ORDER BY t.due_at LIMIT $2) t
	ORDER BY t.due_at LIMIT $2`

// calledColumns are what refusesCall asks of client c, its facts f and the contact p.
const calledColumns = `c.ref, c.closed_on, c.blocked, p.phone_e164 AS number, c.phone_e164 AS switchboard,
	coalesce(f.consumer, c.kind IS DISTINCT FROM 'company') AS consumer, coalesce(f.under_contract, false) AS under_contract`

// refusesCall are the checks that forbid a call k of version v, in their order: asked before its card opens, and while it is.
const refusesCall = `WHEN k.closed_on <= @today::date THEN 'client_closed'
	WHEN k.blocked IS NOT NULL THEN 'client_blocked'
	WHEN EXISTS (SELECT FROM suppression s WHERE s.withdrawn_at IS NULL AND s.address IN (k.number, k.switchboard, 'client:' || k.ref)
		AND (s.scope = 'everything' OR s.scope = 'call' AND NOT k.under_contract)) THEN 'opposed'
	WHEN k.consumer AND NOT k.under_contract AND NOT EXISTS (
		SELECT FROM basis b LEFT JOIN basis_declaration d ON d.id = b.declaration_id
		WHERE b.contact_id = k.contact_id AND b.channel = 'call' AND b.kind = 'consent' AND b.withdrawn_at IS NULL AND d.undone_at IS NULL AND b.held_on <= @today::date) THEN 'no_call_consent'
	WHEN v.trigger = 'contacts_per_year' AND EXISTS (SELECT FROM activity a WHERE a.client_id = k.client_id AND a.kind = 'complaint' AND a.at <= @now
		AND a.undone_at IS NULL AND (a.closed_on IS NULL OR a.closed_on > @today::date)) THEN 'open_complaint'`

// openSQL is the twin of admitSQL for calls. Routine calls (contacts_per_year) do not go out while a complaint is open. A
// consumer, or one who may be (no SIREN, no order, only a mobile number; without facts whoever is not told to be a company)
// needs consent or a current contract, and is called so many times in 30 days, and never soon after a refusal, as set; counted
// over all clients with that number.
// Service calls under a current contract go on after a stop of calls, not after a stop of everything. A call on a slot waits
// for the slot's approved text, which is its script, as a mail does.
const openSQL = `
	WITH place AS (
		SELECT * FROM unnest(@country::text[], @zone::text[], @postcode::text[], @consumer::bool[], @next::timestamptz[], @why::text[])
			AS p(country, zone, postcode, consumer, next, why)),
	known AS MATERIALIZED (
		SELECT t.id, t.client_id, p.id AS contact_id, t.rep_id, t.priority, t.due_at, t.deadline_at, t.version_id,
			coalesce(p.phone, c.phone) IS NOT NULL AS callable, ` + calledColumns + `,
			CASE WHEN ` + textless + ` THEN @now::timestamptz + interval '10 minutes' ELSE l.next END AS next, CASE WHEN ` + textless + ` THEN 'no_slot_text' ELSE l.why END AS why
		FROM touch t
		JOIN campaign_version v ON v.id = t.version_id
		JOIN client c ON c.id = t.client_id
		LEFT JOIN client_fact f ON f.client_id = t.client_id
		LEFT JOIN contact planned ON planned.id = t.contact_id AND planned.wrong IS NULL
		LEFT JOIN contact p ON p.id = coalesce(planned.id, f.call_contact_id) AND p.wrong IS NULL
		LEFT JOIN place l ON l.country = coalesce(c.country, '') AND l.zone = coalesce(c.zone, '') AND l.postcode = left(coalesce(c.postcode, ''), 3)
			AND l.consumer = coalesce(f.consumer, c.kind = 'consumer', false)
		WHERE t.id = ANY (@ids) AND t.state = 'planned'),
	verdict AS MATERIALIZED (
		SELECT k.*, CASE
			` + refusesCall + `
			WHEN NOT callable THEN 'no_number'
			WHEN deadline_at < @now THEN 'too_late'
			END AS refused,
			greatest(past.calls[@calls30::int] + interval '30 days', past.refused_at + make_interval(days => @refusal::int)) AS until
		FROM known k JOIN campaign_version v ON v.id = k.version_id
		LEFT JOIN LATERAL (
			SELECT array_agg(a.at ORDER BY a.at DESC) FILTER (WHERE a.at >= @now::timestamptz - interval '30 days') AS calls, max(a.at) FILTER (WHERE a.outcome = 'refused' AND a.at >= @now::timestamptz - make_interval(days => @refusal::int)) AS refused_at
			FROM activity a JOIN client o ON o.id = a.client_id LEFT JOIN contact q ON q.id = a.contact_id
			WHERE k.consumer AND a.kind = 'call' AND a.undone_at IS NULL AND a.at BETWEEN @now::timestamptz - make_interval(days => greatest(@refusal::int, 30)) AND @now
			  AND a.client_id IN (SELECT k.client_id UNION ALL SELECT client_id FROM contact WHERE phone_e164 = coalesce(k.number, k.switchboard)
				UNION ALL SELECT id FROM client WHERE phone_e164 = coalesce(k.number, k.switchboard))
			  AND (a.client_id = k.client_id OR coalesce(q.phone_e164, o.phone_e164) = coalesce(k.number, k.switchboard))) past ON true),
	waiting AS (
		UPDATE touch t SET
			state = CASE WHEN v.refused IS NOT NULL THEN 'skipped' ELSE t.state END,
			ended_at = CASE WHEN v.refused IS NOT NULL THEN @now::timestamptz END,
			reason = coalesce(v.refused, CASE WHEN v.until IS NOT NULL THEN 'pressure' ELSE v.why END),
			due_at = CASE WHEN v.refused IS NOT NULL THEN t.due_at ELSE least(coalesce(v.until, v.next), v.deadline_at + interval '1 microsecond') END
		FROM verdict v WHERE v.id = t.id AND (v.refused IS NOT NULL OR v.until IS NOT NULL OR v.next > @now)
		RETURNING CASE t.state WHEN 'skipped' THEN 'skip' ELSE 'move' END AS verdict, t.reason),
	ready AS (SELECT * FROM verdict WHERE refused IS NULL AND until IS NULL AND NOT coalesce(next > @now, false)),
	card AS (
		INSERT INTO call (client_id, contact_id, rep_id, state, due_at, deadline_at, priority, opened_at)
		SELECT DISTINCT ON (client_id) client_id, contact_id, rep_id, 'open', min(due_at) OVER w, min(deadline_at) OVER w, max(priority) OVER w, @now
		FROM ready WINDOW w AS (PARTITION BY client_id) ORDER BY client_id, priority DESC, due_at, id
		ON CONFLICT (client_id) WHERE state = 'open' DO UPDATE SET
			due_at = CASE WHEN call.attempts > 0 THEN call.due_at ELSE least(call.due_at, excluded.due_at) END,
			deadline_at = least(call.deadline_at, excluded.deadline_at), priority = greatest(call.priority, excluded.priority)
		RETURNING id, client_id)
	SELECT verdict, reason, count(*) FROM waiting GROUP BY 1, 2`

// joinSQL: what was asked and is still due goes to its client's card.
const joinSQL = `
	UPDATE touch t SET state = 'open', call_id = k.id, reason = NULL, admitted_at = $2
	FROM call k WHERE t.id = ANY ($1) AND t.state = 'planned' AND t.due_at <= $2 AND k.client_id = t.client_id AND k.state = 'open'`

// ClosedCalls is what CloseCalls found.
type ClosedCalls struct {
	TooLate int64 // reasons past their deadline
	Refused int64 // reasons that a check forbids by now
	Cards   int64 // cards without any reason left
}

// openCardsSQL are the open cards with the verdict of refusesCall.
const openCardsSQL = `
	WITH known AS MATERIALIZED (
		SELECT o.id AS call_id, o.client_id, p.id AS contact_id, ` + calledColumns + `
		FROM call o
		JOIN client c ON c.id = o.client_id
		LEFT JOIN client_fact f ON f.client_id = o.client_id
		LEFT JOIN contact p ON p.id = o.contact_id
		WHERE o.state = 'open' AND (@all OR o.client_id = ANY (@clients))),
	reason AS MATERIALIZED (
		SELECT t.id, k.call_id, k.client_id, CASE ` + refusesCall + `
			WHEN t.deadline_at IS NOT NULL AND greatest(t.deadline_at, CASE WHEN o.attempts > 0 THEN o.due_at + interval '1 day' END) < @now THEN 'too_late' END AS ended
		FROM known k JOIN call o ON o.id = k.call_id JOIN touch t ON t.call_id = k.call_id AND t.state = 'open' JOIN campaign_version v ON v.id = t.version_id)`

// toCloseSQL are the clients whose card is not as its reasons are by now: one has ended, or they are fewer than they were.
const toCloseSQL = openCardsSQL + `
	SELECT client_id FROM reason WHERE ended IS NOT NULL
	UNION SELECT k.client_id FROM call k CROSS JOIN LATERAL (
		SELECT min(t.deadline_at) AS deadline_at, max(t.priority) AS priority FROM touch t WHERE t.call_id = k.id AND t.state = 'open') r
	WHERE k.state = 'open' AND (r.priority IS NULL OR (k.deadline_at, k.priority) IS DISTINCT FROM (r.deadline_at, r.priority))`

// endOpenSQL ends the reasons that are over, and counts those that a check forbids and those that are too late.
const endOpenSQL = openCardsSQL + `,
	moved AS (
		UPDATE touch t SET state = 'skipped', reason = r.ended, ended_at = @now FROM reason r WHERE r.id = t.id AND r.ended IS NOT NULL AND t.state = 'open'
		RETURNING t.reason)
	SELECT count(*) FILTER (WHERE reason <> 'too_late'), count(*) FILTER (WHERE reason = 'too_late') FROM moved`

// CloseCalls ends the reasons whose deadline has passed, or which a check forbids since their card opened (the client
// has opposed, is blocked or closed), and closes the cards that have none left, such as those of clients that ordered. A
// call-back or next attempt that was agreed for later keeps its reasons a day beyond the deadline, and is refused all the
// same. A card in use is left to the next time.
func (s *Store) CloseCalls(ctx context.Context, now time.Time) (closed ClosedCalls, err error) {
	settings, err := s.Settings(ctx)
	if err != nil {
		return closed, err
	}
	err = s.tx(ctx, "close calls", func(tx pgx.Tx) error {
		closed = ClosedCalls{}
		args := pgx.NamedArgs{"now": now, "today": calendar.DateOf(now.In(settings.Zone())).Time(), "all": true, "clients": []int64{}}
		rows, err := tx.Query(ctx, toCloseSQL, args)
		if err != nil {
			return err
		}
		clients, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil || len(clients) == 0 {
			return err
		}
		if clients, err = takeClients(ctx, tx, `SELECT unnest($1::bigint[])`, clients); err != nil {
			return err
		}
		args["all"], args["clients"] = false, clients
		if err := tx.QueryRow(ctx, endOpenSQL, args).Scan(&closed.Refused, &closed.TooLate); err != nil {
			return err
		}
		closed.Cards, err = tidyCards(ctx, tx, clients, now)
		return err
	})
	return closed, err
}

// tidyCards closes the clients' cards that have no reason left, and counts them; the others take the earliest deadline and
// the highest priority of those that they still have.
func tidyCards(ctx context.Context, tx pgx.Tx, clients []int64, now time.Time) (int64, error) {
	tag, err := tx.Exec(ctx, `UPDATE call k SET state = 'skipped', closed_at = $1,
			closed_why = coalesce((SELECT CASE t.state WHEN 'skipped' THEN t.reason END
				FROM touch t WHERE t.call_id = k.id ORDER BY t.ended_at DESC NULLS LAST, t.id DESC LIMIT 1), 'cause_gone')
		WHERE k.state = 'open' AND k.client_id = ANY ($2) AND NOT EXISTS (SELECT FROM touch t WHERE t.call_id = k.id AND t.state = 'open')`, now, clients)
	if err != nil {
		return 0, err
	}
	_, err = tx.Exec(ctx, `UPDATE call k SET deadline_at = r.deadline_at, priority = r.priority
		FROM (SELECT t.call_id, min(t.deadline_at) AS deadline_at, max(t.priority) AS priority FROM call o JOIN touch t ON t.call_id = o.id AND t.state = 'open'
			WHERE o.state = 'open' AND o.client_id = ANY ($1) GROUP BY 1) r
		WHERE r.call_id = k.id AND k.state = 'open' AND (k.deadline_at, k.priority) IS DISTINCT FROM (r.deadline_at, r.priority)`, clients)
	return tag.RowsAffected(), err
}
