package store

import (
	"fmt"
	"strings"
)

// factFigures are the columns that factBaseSQL makes, in its order; factPlaces those of factPlaceSQL. Together they are
// table client_fact but for client_id and as_of, which a test checks.
var (
	factFigures = strings.Fields(`created_on first_order_id first_order_on first_delivered_on last_order_on orders orders_12m orders_12m_before
		revenue revenue_12m revenue_12m_before revenue_36m rhythm_days last_contact_with last_contact_from open_complaints under_contract
		mail_contact_id call_contact_id has_mail has_phone mail_basis call_basis mail_opposed call_opposed consumer`)
	factPlaces = strings.Fields(`revenue_rank revenue_share revenue_tail weight_top`)
)

const factTablesSQL = `
	CREATE TEMP TABLE fact_base (LIKE client_fact INCLUDING DEFAULTS, PRIMARY KEY (client_id)) ON COMMIT DROP;
	CREATE TEMP TABLE fact_place (client_id bigint PRIMARY KEY, revenue_rank integer, revenue_share double precision,
		revenue_tail double precision, weight_top double precision) ON COMMIT DROP`

// MobileNumber matches the E.164 forms that can only be mobile in the countries where clients are likely to live; a
// number elsewhere is not taken for mobile.
const MobileNumber = `^\+(33[67]|262(69|63)|59069|59469|59669|324[5-9]|417[4-9]|491[5-7]|3[46][67]|393|316|3526|3519|447)`

// Whom a call counts as contact with: someone was spoken to. An imported call without outcome counts as one that reached.
const spokenTo = `('reached', 'order_taken', 'refused', 'other_person', 'already_seen')`

// factBaseSQL makes the figures of every client in fact_scope.
//
// Orders: those that count (not cancelled, with a positive line) make first, last and rhythm; a credit note lowers
// revenue; a cancelled order is nowhere. The first order among several of one day is the one with the lowest ref, so
// that the order of import does not matter.
//
// Persons: mail goes to the main contact first, then to the first by key, unless flagged as gone (a wrong
// number is no wrong address); a call
// to the main one first among those who can be dialled, on their own number or the client's.
var factBaseSQL = `
	WITH o AS MATERIALIZED (
		SELECT o.client_id, o.id, o.ref, o.ordered_on, o.delivered_on, o.amount, o.counts, o.cancelled
		FROM orders o JOIN fact_scope USING (client_id) WHERE o.ordered_on <= @today::date),
	sums AS (
		SELECT client_id,
			min(ordered_on) FILTER (WHERE counts) AS first_on, max(ordered_on) FILTER (WHERE counts) AS last_on,
			count(*) FILTER (WHERE counts) AS orders,
			count(*) FILTER (WHERE counts AND ordered_on > @y1::date) AS orders_12m,
			count(*) FILTER (WHERE counts AND ordered_on > @y2::date AND ordered_on <= @y1::date) AS orders_12m_before,
			sum(amount) FILTER (WHERE NOT cancelled) AS revenue,
			sum(amount) FILTER (WHERE NOT cancelled AND ordered_on > @y1::date) AS revenue_12m,
			sum(amount) FILTER (WHERE NOT cancelled AND ordered_on > @y2::date AND ordered_on <= @y1::date) AS revenue_12m_before,
			sum(amount) FILTER (WHERE NOT cancelled AND ordered_on > @y3::date) AS revenue_36m
		FROM o GROUP BY client_id),
	first AS (
		SELECT DISTINCT ON (o.client_id) o.client_id, o.id, o.delivered_on
		FROM o JOIN sums s ON s.client_id = o.client_id AND s.first_on = o.ordered_on WHERE o.counts
		ORDER BY o.client_id, o.ref COLLATE "C"),
	gaps AS (
		SELECT client_id, ordered_on - lag(ordered_on) OVER (PARTITION BY client_id ORDER BY ordered_on) AS gap
		FROM (SELECT DISTINCT o.client_id, o.ordered_on FROM o JOIN sums s ON s.client_id = o.client_id AND s.orders > 3 WHERE o.counts) days),
	rhythm AS (
		SELECT client_id, percentile_cont(0.5) WITHIN GROUP (ORDER BY gap) AS days FROM gaps WHERE gap IS NOT NULL GROUP BY client_id HAVING count(*) >= 3),
	did AS (
		SELECT a.client_id,
			max(a.at) FILTER (WHERE a.kind = 'visit' OR a.kind = 'call' AND (a.outcome IS NULL OR a.outcome IN ` + spokenTo + `)) AS with_at,
			max(a.at) FILTER (WHERE a.kind = 'complaint') AS complained_at,
			count(*) FILTER (WHERE a.kind = 'complaint' AND (a.closed_on IS NULL OR a.closed_on > @today::date)) AS open
		FROM activity a JOIN fact_scope USING (client_id) WHERE a.at <= @now::timestamptz AND a.undone_at IS NULL GROUP BY a.client_id),
	answered AS (
		SELECT t.client_id, max(r.answered_at) AS at
		FROM response r JOIN touch t ON t.id = r.touch_id JOIN fact_scope s ON s.client_id = t.client_id WHERE r.answered_at <= @now::timestamptz GROUP BY t.client_id),
	contracts AS (
		SELECT DISTINCT client_id FROM contract JOIN fact_scope USING (client_id)
		WHERE coalesce(starts_on, '-infinity') <= @today::date AND ends_on >= @today::date),
	person AS MATERIALIZED (
		SELECT p.id, p.client_id, p.key, p.main, p.email_key, p.phone, p.phone_e164, p.wrong, p.came_as FROM contact p JOIN fact_scope USING (client_id)
		WHERE p.wrong IS NULL OR p.wrong = 'wrong_number'),
	mailed AS (
		SELECT DISTINCT ON (client_id) client_id, id, email_key FROM person WHERE email_key IS NOT NULL ORDER BY client_id, main DESC, came_as IS NOT NULL, key COLLATE "C"),
	called AS (
		SELECT DISTINCT ON (p.client_id) p.client_id, p.id, p.phone, p.phone_e164 FROM person p JOIN client c ON c.id = p.client_id WHERE p.wrong IS NULL
		ORDER BY p.client_id, (p.phone IS NOT NULL OR c.phone IS NOT NULL) DESC, p.main DESC, p.came_as IS NOT NULL, p.key COLLATE "C"),
	landline AS (
		SELECT DISTINCT client_id FROM person WHERE wrong IS NULL AND phone IS NOT NULL AND coalesce(phone_e164, '') !~ '` + MobileNumber + `'),
	held AS (
		SELECT b.contact_id, b.channel, bool_or(b.kind = 'consent') AS consent
		FROM basis b JOIN person p ON p.id = b.contact_id LEFT JOIN basis_declaration d ON d.id = b.declaration_id
		WHERE b.withdrawn_at IS NULL AND d.undone_at IS NULL AND b.held_on <= @today::date GROUP BY 1, 2),
	no AS (SELECT address, scope FROM suppression WHERE withdrawn_at IS NULL),
	no_mail AS (SELECT DISTINCT address FROM no WHERE scope <> 'call'),
	no_call AS (SELECT address, bool_or(scope = 'everything') AS everything FROM no WHERE scope <> 'mail' GROUP BY address)
	INSERT INTO fact_base (client_id, as_of, ` + strings.Join(factFigures, ", ") + `)
	SELECT c.id, @today::date,
		coalesce(c.created_on, s.first_on, c.imported_on), first.id, s.first_on, first.delivered_on, s.last_on,
		coalesce(s.orders, 0), coalesce(s.orders_12m, 0), coalesce(s.orders_12m_before, 0),
		coalesce(s.revenue, 0), coalesce(s.revenue_12m, 0), coalesce(s.revenue_12m_before, 0), coalesce(s.revenue_36m, 0), rhythm.days,
		(did.with_at AT TIME ZONE @zone::text)::date,
		greatest(s.last_on, (greatest(did.complained_at, answered.at) AT TIME ZONE @zone::text)::date),
		coalesce(did.open, 0), contracts.client_id IS NOT NULL,
		mailed.id, called.id, mailed.id IS NOT NULL, called.phone IS NOT NULL OR c.phone IS NOT NULL,
		coalesce(mailed.email_key ~ '` + GenericMailbox + `', false) OR mail_basis.contact_id IS NOT NULL,
		call_basis.contact_id IS NOT NULL,
		nm1.address IS NOT NULL OR nm2.address IS NOT NULL,
		coalesce(nc1.everything OR nc2.everything OR nc3.everything, false) OR contracts.client_id IS NULL AND (nc1.address IS NOT NULL OR nc2.address IS NOT NULL OR nc3.address IS NOT NULL),
		CASE WHEN c.kind = 'consumer' THEN true WHEN c.kind = 'company' THEN false
			ELSE c.siren IS NULL AND coalesce(s.orders, 0) = 0 AND (c.phone IS NOT NULL OR called.phone IS NOT NULL)
				AND landline.client_id IS NULL AND (c.phone IS NULL OR coalesce(c.phone_e164, '') ~ '` + MobileNumber + `') END
	FROM fact_scope scope
	JOIN client c ON c.id = scope.client_id
	LEFT JOIN sums s ON s.client_id = c.id
	LEFT JOIN first ON first.client_id = c.id
	LEFT JOIN rhythm ON rhythm.client_id = c.id
	LEFT JOIN did ON did.client_id = c.id
	LEFT JOIN answered ON answered.client_id = c.id
	LEFT JOIN contracts ON contracts.client_id = c.id
	LEFT JOIN mailed ON mailed.client_id = c.id
	LEFT JOIN called ON called.client_id = c.id
	LEFT JOIN landline ON landline.client_id = c.id
	LEFT JOIN held mail_basis ON mail_basis.contact_id = mailed.id AND mail_basis.channel = 'mail'
	LEFT JOIN held call_basis ON call_basis.contact_id = called.id AND call_basis.channel = 'call' AND call_basis.consent
	LEFT JOIN no_mail nm1 ON nm1.address = mailed.email_key
	LEFT JOIN no_mail nm2 ON nm2.address = 'client:' || c.ref
	LEFT JOIN no_call nc1 ON nc1.address = called.phone_e164
	LEFT JOIN no_call nc2 ON nc2.address = c.phone_e164
	LEFT JOIN no_call nc3 ON nc3.address = 'client:' || c.ref`

// factPlaceSQL counts places in the portfolio: of everyone over everyone, with the new figures of the scope. Clients of the
// same revenue share a place, and stand in the tail together. All is net: a client whose credit notes exceed its orders
// lowers the tail as it lowers the whole. Without any revenue there are no shares.
const factPlaceSQL = `
	WITH figure AS (
		SELECT client_id, revenue_12m, revenue_36m FROM fact_base
		UNION ALL
		SELECT client_id, revenue_12m, revenue_36m FROM client_fact f WHERE NOT @all::bool AND NOT EXISTS (SELECT FROM fact_base b WHERE b.client_id = f.client_id)),
	total AS (SELECT nullif(greatest(sum(revenue_12m), 0), 0) AS year, count(*) FILTER (WHERE revenue_36m > 0) AS weighed FROM figure),
	placed AS (
		SELECT client_id, revenue_12m, revenue_36m,
			rank() OVER (ORDER BY revenue_12m DESC) AS rank,
			sum(revenue_12m) OVER (ORDER BY revenue_12m) AS tail,
			rank() OVER (ORDER BY revenue_36m DESC) AS weight
		FROM figure)
	INSERT INTO fact_place
	SELECT client_id,
		CASE WHEN revenue_12m > 0 THEN rank END,
		(revenue_12m / year)::float8,
		(tail / year)::float8,
		CASE WHEN revenue_36m > 0 THEN weight::float8 / weighed END
	FROM placed, total`

// factPlaceKeptSQL keeps the places of the last roll.
const factPlaceKeptSQL = `
	INSERT INTO fact_place SELECT client_id, f.revenue_rank, f.revenue_share, f.revenue_tail, f.weight_top FROM fact_base b LEFT JOIN client_fact f USING (client_id)`

// factWriteSQL stores the scope's rows that changed.
var factWriteSQL = `
	INSERT INTO client_fact (client_id, as_of, ` + strings.Join(factFigures, ", ") + `, ` + strings.Join(factPlaces, ", ") + `)
	SELECT b.client_id, b.as_of, b.` + strings.Join(factFigures, ", b.") + `, p.` + strings.Join(factPlaces, ", p.") + `
	FROM fact_base b JOIN fact_place p USING (client_id)
	ON CONFLICT (client_id) DO UPDATE SET ` + assigned("as_of", factFigures, factPlaces) + `
	WHERE ` + differs("client_fact", "excluded", factFigures, factPlaces)

// factOthersSQL moves the places of the clients outside the scope.
var factOthersSQL = `
	UPDATE client_fact f SET as_of = @today::date, ` + placesFrom("p") + `
	FROM fact_place p
	WHERE NOT @all::bool AND p.client_id = f.client_id AND NOT EXISTS (SELECT FROM fact_base b WHERE b.client_id = f.client_id)
	  AND ` + differs("f", "p", factPlaces)

// factMonthsSQL makes the months of the clients that were touched or that the clock has brought an order.
const factMonthsSQL = `
	WITH fresh AS MATERIALIZED (
		SELECT o.client_id, date_trunc('month', o.ordered_on)::date AS month, sum(o.amount) AS revenue,
			sum((SELECT sum(l.quantity) FROM order_line l WHERE l.order_id = o.id)) AS quantity, count(*) FILTER (WHERE o.counts)::int AS orders
		FROM orders o JOIN fact_stale USING (client_id) WHERE NOT o.cancelled AND o.ordered_on <= @today::date GROUP BY 1, 2),
	gone AS (
		DELETE FROM client_month m USING fact_stale s
		WHERE m.client_id = s.client_id AND NOT EXISTS (SELECT FROM fresh f WHERE f.client_id = m.client_id AND f.month = m.month))
	INSERT INTO client_month AS m (client_id, month, revenue, quantity, orders)
	SELECT client_id, month, revenue, quantity, orders FROM fresh
	ON CONFLICT (client_id, month) DO UPDATE SET revenue = excluded.revenue, quantity = excluded.quantity, orders = excluded.orders
	WHERE (m.revenue, m.quantity, m.orders) IS DISTINCT FROM (excluded.revenue, excluded.quantity, excluded.orders)`

// assigned writes "a = excluded.a, …".
func assigned(first string, more ...[]string) string {
	sets := []string{first + " = excluded." + first}
	for _, columns := range more {
		for _, c := range columns {
			sets = append(sets, fmt.Sprintf("%s = excluded.%s", c, c))
		}
	}
	return strings.Join(sets, ", ")
}

func placesFrom(table string) string {
	sets := make([]string, len(factPlaces))
	for i, c := range factPlaces {
		sets[i] = fmt.Sprintf("%s = %s.%s", c, table, c)
	}
	return strings.Join(sets, ", ")
}

// differs compares the columns of two rows, nulls included.
func differs(a, b string, lists ...[]string) string {
	var left, right []string
	for _, columns := range lists {
		for _, c := range columns {
			left, right = append(left, a+"."+c), append(right, b+"."+c)
		}
	}
	return "(" + strings.Join(left, ", ") + ") IS DISTINCT FROM (" + strings.Join(right, ", ") + ")"
}
