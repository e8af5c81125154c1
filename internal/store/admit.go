package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/calendar"
)

// admission is the advisory lock under which pressure is decided: an address may be carried by several clients, whose
// row locks alone would let two campaigns write to it at the same moment.
const admission int64 = 0x61646d6974 // "admit"

// AdmissionHolds is how long an admission is good for (business time). What was not sent by then is asked again, so
// that a slow run respects hours, stops and complaints that came meanwhile.
const AdmissionHolds = 10 * time.Minute

// AdmitAtOnce bounds one pass, so that clients are locked for well under a second.
const AdmitAtOnce = 5000

// Place is what decides a client's local time and calendar; fields are empty where the file does not tell.
type Place struct {
	Country, Zone, Postcode string
	Consumer                bool
}

// Hours says when a client may be contacted on a channel: now itself, or the next allowed time and why it has to wait.
type Hours func(channel campaigns.Channel, place Place, now time.Time) (time.Time, campaigns.Reason)

// HoursOf returns the company's hours: its calendar, calling and sending hours and quiet weeks.
func HoursOf(s Settings) (Hours, error) {
	house, err := HouseOf(s)
	if err != nil {
		return nil, err
	}
	return func(channel campaigns.Channel, p Place, now time.Time) (time.Time, campaigns.Reason) {
		use := calendar.ToSend
		if channel == campaigns.Call {
			use = calendar.ToCall
			if p.Consumer {
				use = calendar.ToCallConsumer
			}
		}
		next := house.NextAllowed(use, now, p.Country, house.Location(p.Zone, p.Country, p.Postcode))
		if !next.After(now) {
			return now, ""
		}
		if house.Quiet(calendar.DateOf(now.In(house.Location(p.Zone, p.Country, p.Postcode)))) {
			return next, campaigns.ReasonQuietWeeks
		}
		return next, campaigns.ReasonHours
	}, nil
}

// HouseOf returns the company's calendar as its settings describe it.
func HouseOf(s Settings) (*calendar.House, error) {
	calling, err := calendar.ParseHours(s["calling_hours"])
	if err != nil {
		return nil, fmt.Errorf("setting calling_hours: %w", err)
	}
	consumer, err := calendar.ParseHours(s["consumer_calling_hours"])
	if err != nil {
		return nil, fmt.Errorf("setting consumer_calling_hours: %w", err)
	}
	sending, err := calendar.ParseHours(s["sending_hours"])
	if err != nil {
		return nil, fmt.Errorf("setting sending_hours: %w", err)
	}
	quiet, err := calendar.ParseSpans(s["quiet_weeks"])
	if err != nil {
		return nil, fmt.Errorf("setting quiet_weeks: %w", err)
	}
	return calendar.New(calendar.Rules{Zone: s.Zone(), Country: s["country"], Calling: calling, ConsumerCalling: consumer, Sending: sending, Quiet: quiet}), nil
}

// Admitted is what the checks when due decided.
type Admitted struct {
	Looked   int                      // touches asked
	Admitted int                      // may be sent, or are on a list, now
	Skipped  map[campaigns.Reason]int // ended
	Moved    map[campaigns.Reason]int // wait
}

func newAdmitted() Admitted {
	return Admitted{Skipped: map[campaigns.Reason]int{}, Moved: map[campaigns.Reason]int{}}
}

// add counts the touches that met one verdict.
func (a *Admitted) add(verdict string, reason campaigns.Reason, n int) {
	a.Looked += n
	switch verdict {
	case "admit":
		a.Admitted += n
	case "skip":
		a.Skipped[reason] += n
	default:
		a.Moved[reason] += n
	}
}

// AdmitDue asks "who may be contacted" of the due mails or surveys of a campaign, and of every other due message to the
// same addresses, so that priority decides between campaigns whichever is asked first. In one transaction, with the
// clients locked in id order, each touch is skipped for good, moved to when it is next allowed, or admitted. At most n of
// the campaign's are asked, and never more than AdmitAtOnce; call again while Looked is not 0.
func (s *Store) AdmitDue(ctx context.Context, campaignID int, channel campaigns.Channel, now time.Time, hours Hours, n int) (Admitted, error) {
	admitted := newAdmitted()
	settings, err := s.Settings(ctx)
	if err != nil {
		return admitted, err
	}
	err = s.tx(ctx, fmt.Sprintf("admit due touches of campaign %d", campaignID), func(tx pgx.Tx) error {
		admitted = newAdmitted()
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, admission); err != nil {
			return err
		}
		ids, err := dueTouches(ctx, tx, dueMessagesSQL, campaignID, channel, now, now.Add(-AdmissionHolds), min(n, AdmitAtOnce))
		if err != nil || len(ids) == 0 {
			return err
		}
		places, err := placesOf(ctx, tx, ids, channel, now, hours)
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, admitSQL, pgx.NamedArgs{
			"ids": ids, "now": now, "today": calendar.DateOf(now.In(settings.Zone())).Time(), "cutoff": now.Add(-AdmissionHolds),
			"mail7": settings.Int("pressure_mail_7d"), "mail30": settings.Int("pressure_mail_30d"), "survey90": settings.Int("pressure_survey_90d"),
			"country": places.country, "zone": places.zone, "postcode": places.postcode, "consumer": places.consumer,
			"next": places.next, "why": places.why,
		})
		if err != nil {
			return err
		}
		return admitted.collect(rows)
	})
	return admitted, err
}

// collect reads rows of verdict, reason and count.
func (a *Admitted) collect(rows pgx.Rows) error {
	var verdict string
	var reason campaigns.Reason
	var n int
	_, err := pgx.ForEachRow(rows, []any{&verdict, &reason, &n}, func() error {
		a.add(verdict, reason, n)
		return nil
	})
	return err
}

// dueTouches lists what is due and locks its clients. What is due to a client in use is left to the next look.
func dueTouches(ctx context.Context, tx pgx.Tx, sql string, args ...any) ([]int64, error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	taken, err := takeClients(ctx, tx, `SELECT client_id FROM touch WHERE id = ANY ($1)`, ids)
	if err != nil {
		return nil, err
	}
	rows, err = tx.Query(ctx, `SELECT id FROM touch WHERE id = ANY ($1) AND client_id = ANY ($2)`, ids, taken)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// places are the local answers of the calendar, as arrays for unnest.
type places struct {
	country, zone, postcode []string
	consumer                []bool
	next                    []time.Time
	why                     []campaigns.Reason
}

// placesOf asks the calendar once for each kind of place among the touches' clients. Postcodes matter for their first
// three characters only: they tell the overseas regions.
func placesOf(ctx context.Context, tx pgx.Tx, ids []int64, channel campaigns.Channel, now time.Time, hours Hours) (p places, err error) {
	rows, err := tx.Query(ctx, `SELECT DISTINCT coalesce(c.country, ''), coalesce(c.zone, ''), left(coalesce(c.postcode, ''), 3), coalesce(f.consumer, c.kind = 'consumer', false)
		FROM touch t JOIN client c ON c.id = t.client_id LEFT JOIN client_fact f ON f.client_id = t.client_id WHERE t.id = ANY ($1)`, ids)
	if err != nil {
		return p, err
	}
	var place Place
	_, err = pgx.ForEachRow(rows, []any{&place.Country, &place.Zone, &place.Postcode, &place.Consumer}, func() error {
		next, why := hours(channel, place, now)
		p.country, p.zone, p.postcode = append(p.country, place.Country), append(p.zone, place.Zone), append(p.postcode, place.Postcode)
		p.consumer, p.next, p.why = append(p.consumer, place.Consumer), append(p.next, next), append(p.why, why)
		return nil
	})
	return p, err
}

// dueMessagesSQL: the due messages of a campaign that were not admitted lately, and whatever else is due to the same addresses.
const dueMessagesSQL = `
	WITH seed AS MATERIALIZED (
		SELECT t.id, p.email_key
		FROM touch t
		LEFT JOIN client_fact f ON t.contact_id IS NULL AND f.client_id = t.client_id
		LEFT JOIN contact p ON p.id = coalesce(t.contact_id, f.mail_contact_id)
		WHERE t.campaign_id = $1 AND t.channel = $2 AND t.state = 'planned' AND t.due_at <= $3 AND (t.admitted_at IS NULL OR t.admitted_at <= $4)
		  AND EXISTS (SELECT FROM campaign c WHERE c.id = $1 AND c.state = 'running')
		ORDER BY t.due_at LIMIT $5)
	SELECT id FROM seed
	UNION
	SELECT t.id FROM seed s JOIN contact p ON p.email_key = s.email_key
	JOIN touch t ON t.client_id = p.client_id AND t.contact_id = p.id
	WHERE t.channel IN ('mail', 'survey') AND t.state = 'planned' AND t.due_at <= $3 AND (t.admitted_at IS NULL OR t.admitted_at <= $4)
	  AND EXISTS (SELECT FROM campaign c WHERE c.id = t.campaign_id AND c.state = 'running')`

// GenericMailbox are the local parts that belong to no person: they need no recorded basis, and may oppose all the same.
const GenericMailbox = `^(accueil|achats?|admin|administration|bonjour|bureau|commandes?|comptabilite|compta|contact|direction|hello|info|infos|mail|office|orders?|purchasing|reception|sales|secretariat|service|support)@`

// textless: touch t of version v waits for its slot's approved text. What follows from a touch does not: its text was
// approved with the version, or with the slot of what it follows.
const textless = `(v.trigger = 'on' AND t.parent_id IS NULL AND NOT EXISTS (
	SELECT FROM slot_text s WHERE s.campaign_id = t.campaign_id AND s.slot = t.occasion AND s.approved_at <= @now))`

// admitSQL asks the checks in the order of campaigns.Check. The first that applies is stored; up to too_late they end
// the touch, pressure and hours move it, but never further than just past its deadline.
//
// Pressure: for each address, what was sent, may have been sent (unsure), is being sent or is admitted counts; then the
// touches asked here take what is left, by priority, then due time. A survey takes from both allowances, its own first.
// Touches made by an answer or outcome, reminders and the campaigns that wait for answers among them, are never held back; they count for the others. A
// limit of 0 is none. What is admitted already is planned with an admission younger than the cut-off; what is asked here
// never is. Nothing is joined by id on the way, and the state is asked in a CASE that no other index than
// the address's can answer: the planner does not know how many rows are asked.
//
// A reminder whose questionnaire was answered, or failed, meanwhile is cancelled.
//
// What waits for its slot's approved text is asked again every ten minutes, and takes nothing of an address's allowance
// meanwhile. That it needs one is a property of its campaign's trigger: the reason may tell of something else, such as a pause.
const admitSQL = `
	WITH place AS (
		SELECT * FROM unnest(@country::text[], @zone::text[], @postcode::text[], @consumer::bool[], @next::timestamptz[], @why::text[])
			AS p(country, zone, postcode, consumer, next, why)),
	asked AS MATERIALIZED (
		SELECT t.id, t.channel, t.priority, t.due_at, t.deadline_at, t.parent_id IS NOT NULL OR v.trigger = 'answer' AS exempt, p.email_key AS address, x.textless,
			CASE WHEN x.textless THEN @now::timestamptz + interval '10 minutes' ELSE l.next END AS next, CASE WHEN x.textless THEN 'no_slot_text' ELSE l.why END AS why,
			CASE
			WHEN c.closed_on <= @today::date THEN 'client_closed'
			WHEN c.blocked IS NOT NULL THEN 'client_blocked'
			WHEN EXISTS (SELECT FROM suppression s WHERE s.withdrawn_at IS NULL AND s.address IN (p.email_key, 'client:' || c.ref) AND s.scope IN ('mail', 'everything')) THEN 'opposed'
			WHEN p.email_key !~ '` + GenericMailbox + `' AND NOT EXISTS (
				SELECT FROM basis b LEFT JOIN basis_declaration d ON d.id = b.declaration_id
				WHERE b.contact_id = p.id AND b.channel = 'mail' AND b.withdrawn_at IS NULL AND d.undone_at IS NULL AND b.held_on <= @today::date) THEN 'no_basis'
			WHEN EXISTS (SELECT FROM activity a WHERE a.client_id = t.client_id AND a.kind = 'complaint' AND a.at <= @now AND a.undone_at IS NULL
				AND (a.closed_on IS NULL OR a.closed_on > @today::date)) THEN 'open_complaint'
			WHEN p.email_key IS NULL THEN 'no_address'
			WHEN t.step LIKE '%/reminder' AND EXISTS (SELECT FROM touch parent WHERE parent.id = t.parent_id AND parent.state NOT IN ('sent', 'unsure')) THEN 'cause_gone'
			WHEN t.deadline_at < @now THEN 'too_late'
			END AS refused
		FROM touch t
		JOIN campaign_version v ON v.id = t.version_id
		JOIN client c ON c.id = t.client_id
		LEFT JOIN client_fact f ON f.client_id = t.client_id
		LEFT JOIN contact p ON p.id = coalesce(t.contact_id, f.mail_contact_id) AND (p.wrong IS NULL OR p.wrong = 'wrong_number')
		LEFT JOIN place l ON l.country = coalesce(c.country, '') AND l.zone = coalesce(c.zone, '') AND l.postcode = left(coalesce(c.postcode, ''), 3)
			AND l.consumer = coalesce(f.consumer, c.kind = 'consumer', false)
		CROSS JOIN LATERAL (SELECT ` + textless + ` AS textless) x
		WHERE t.id = ANY (@ids) AND t.state = 'planned'),
	loaded AS (
		SELECT a.*, coalesce(n7, 0) AS n7, coalesce(n30, 0) AS n30, coalesce(cardinality(surveys), 0) AS n90,
			mails[@mail7::int] + interval '7 days' AS free7, mails[@mail30::int] + interval '30 days' AS free30, surveys[@survey90::int] + interval '90 days' AS free90
		FROM asked a LEFT JOIN LATERAL (
			SELECT array_agg(at ORDER BY at DESC) AS mails, array_agg(at ORDER BY at DESC) FILTER (WHERE channel = 'survey') AS surveys,
				count(*) FILTER (WHERE at > @now::timestamptz - interval '7 days') AS n7, count(*) FILTER (WHERE at > @now::timestamptz - interval '30 days') AS n30
			FROM (
				SELECT h.channel, coalesce(h.sent_at, h.admitted_at) AS at FROM touch h
				WHERE a.refused IS NULL AND h.address = a.address AND h.channel IN ('mail', 'survey')
				  AND CASE WHEN h.state = 'planned' THEN h.admitted_at > @cutoff
				      WHEN h.state IN ('sending', 'unsure', 'sent', 'answered', 'done') THEN h.sent_at > @now::timestamptz - interval '90 days' END) h) past ON true),
	surveyed AS (
		SELECT *, CASE WHEN refused IS NULL AND NOT exempt AND NOT textless AND channel = 'survey' AND @survey90::int > 0
			AND n90 + row_number() OVER (PARTITION BY address, channel, exempt, textless, refused IS NULL ORDER BY priority DESC, due_at, id) > @survey90::int
			THEN greatest(free90, CASE WHEN n90 < @survey90::int THEN @now::timestamptz + interval '90 days' END) END AS survey_until
		FROM loaded),
	mailed AS (
		SELECT *, row_number() OVER (PARTITION BY address, exempt OR textless OR survey_until IS NOT NULL OR refused IS NOT NULL ORDER BY priority DESC, due_at, id) AS rank
		FROM surveyed),
	pressed AS (
		SELECT *, CASE WHEN refused IS NOT NULL OR exempt OR textless THEN NULL WHEN survey_until IS NOT NULL THEN survey_until ELSE greatest(
			CASE WHEN @mail7::int > 0 AND n7 + rank > @mail7::int THEN coalesce(CASE WHEN n7 >= @mail7::int THEN free7 END, @now::timestamptz + interval '7 days') END,
			CASE WHEN @mail30::int > 0 AND n30 + rank > @mail30::int THEN coalesce(CASE WHEN n30 >= @mail30::int THEN free30 END, @now::timestamptz + interval '7 days') END) END AS until
		FROM mailed),
	verdict AS (
		SELECT id, address, deadline_at,
			CASE WHEN refused IS NOT NULL THEN 'skip' WHEN until IS NOT NULL OR next > @now THEN 'move' ELSE 'admit' END AS verdict,
			coalesce(refused, CASE WHEN until IS NOT NULL THEN 'pressure' WHEN next > @now THEN why END) AS reason,
			coalesce(until, next) AS next
		FROM pressed),
	moved AS (
		UPDATE touch t SET
			state = CASE WHEN v.reason = 'cause_gone' THEN 'cancelled' WHEN v.verdict = 'skip' THEN 'skipped' ELSE t.state END,
			reason = v.reason,
			ended_at = CASE v.verdict WHEN 'skip' THEN @now::timestamptz END,
			due_at = CASE v.verdict WHEN 'move' THEN least(v.next, v.deadline_at + interval '1 microsecond') ELSE t.due_at END,
			admitted_at = CASE v.verdict WHEN 'admit' THEN @now::timestamptz END,
			address = CASE v.verdict WHEN 'admit' THEN v.address ELSE t.address END
		FROM verdict v WHERE t.id = v.id AND t.state = 'planned'
		RETURNING v.verdict, coalesce(v.reason, '') AS reason)
	SELECT verdict, reason, count(*) FROM moved GROUP BY 1, 2`
