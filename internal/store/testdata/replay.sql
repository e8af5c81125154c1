-- What the campaigns should have planned for Northwind, put in France, from 1996-07-04 to 1998-05-06 with a pass every
-- day, computed from the orders by the definitions of the design. One line per touch: campaign, client, occasion, day.
WITH RECURSIVE
bounds AS (SELECT date '1996-07-04' AS first, date '1998-05-06' AS last),

-- French holidays: fixed ones, and those that follow Easter (the Gregorian computus).
easter AS (
    SELECT y, make_date(y, (h + l - 7 * m + 114) / 31, (h + l - 7 * m + 114) % 31 + 1) AS day
    FROM generate_series(1996, 1999) AS y,
    LATERAL (SELECT y % 19 AS a, y / 100 AS b, y % 100 AS c) s1,
    LATERAL (SELECT b / 4 AS d, b % 4 AS e, (b + 8) / 25 AS f, c / 4 AS i, c % 4 AS k) s2,
    LATERAL (SELECT (b - f + 1) / 3 AS g) s3,
    LATERAL (SELECT (19 * a + b - d - g + 15) % 30 AS h) s4,
    LATERAL (SELECT (32 + 2 * e + 2 * i - h - k) % 7 AS l) s5,
    LATERAL (SELECT (a + 11 * h + 22 * l) / 451 AS m) s6),
holiday AS (
    SELECT day + n AS day FROM easter, unnest(ARRAY[1, 39, 50]) AS n
    UNION
    SELECT make_date(y, md / 100, md % 100) FROM generate_series(1996, 1999) AS y, unnest(ARRAY[101, 501, 508, 714, 815, 1101, 1111, 1225]) AS md),
working AS (
    SELECT d::date AS day, row_number() OVER (ORDER BY d) AS n FROM generate_series('1996-01-01', '1999-12-31', interval '1 day') AS d
    WHERE extract(isodow FROM d) < 6 AND d::date NOT IN (SELECT day FROM holiday)),
-- Days that count as silence: all but 1 to 25 August and 20 December to 5 January.
silent AS (
    SELECT d::date AS day, row_number() OVER (ORDER BY d) AS n FROM generate_series('1996-01-01', '1999-12-31', interval '1 day') AS d
    WHERE to_char(d, 'MMDD') NOT BETWEEN '0801' AND '0825' AND to_char(d, 'MMDD') < '1220' AND to_char(d, 'MMDD') > '0105'),

-- An order counts with a positive line; Northwind has neither cancelled orders nor credit notes.
sale AS (
    SELECT c.id AS client, c.ref, o.ordered_on AS day, o.delivered_on, o.ref AS order_ref, sum(l.amount) AS amount
    FROM client c JOIN orders o ON o.client_id = c.id JOIN order_line l ON l.order_id = o.id GROUP BY c.id, c.ref, o.id),
first AS (SELECT DISTINCT ON (client) client, ref, day, delivered_on FROM sale ORDER BY client, day, order_ref),

-- Welcome: 2 working days after delivery, else 5 after the order, within 30 days of the order.
welcome AS (
    SELECT ref, 'first-order' AS occasion, w.day AS triggered_on
    FROM first f, bounds b, LATERAL (
        SELECT day FROM working WHERE day > coalesce(f.delivered_on, f.day) ORDER BY day
        OFFSET CASE WHEN f.delivered_on IS NULL THEN 4 ELSE 1 END LIMIT 1) w
    WHERE w.day <= f.day + 30 AND w.day <= b.last),

-- Silent: 3 rhythms of days that count, and 6 months; without rhythm 12 months; not after 18 months; not once an order came.
visit AS (SELECT DISTINCT client, ref, day FROM sale),
gap AS (SELECT client, ref, day, day - lag(day) OVER w AS gap, lead(day) OVER w AS next FROM visit WINDOW w AS (PARTITION BY client ORDER BY day)),
pace AS (
    SELECT g.*, (SELECT CASE WHEN count(*) >= 3 THEN percentile_cont(0.5) WITHIN GROUP (ORDER BY e.gap) END
                 FROM gap e WHERE e.client = g.client AND e.day <= g.day AND e.gap IS NOT NULL) AS rhythm
    FROM gap g),
lost AS (
    SELECT p.ref, 'silent:' || p.day AS occasion, greatest(r.day, (p.day + interval '6 months')::date) AS triggered_on, p.next, (p.day + interval '18 months')::date AS until
    FROM pace p, LATERAL (SELECT CASE WHEN p.rhythm IS NULL THEN (p.day + interval '12 months')::date
        ELSE (SELECT day FROM silent WHERE n = (SELECT coalesce(max(n), 0) FROM silent WHERE day <= p.day) + ceil(3 * p.rhythm)) END AS day) r),
silence AS (
    SELECT ref, occasion, triggered_on FROM lost, bounds b
    WHERE triggered_on <= b.last AND triggered_on <= until AND (next IS NULL OR triggered_on < next)),

-- Check-in: who is small on each day. Clients of the same revenue stand in the tail together.
day AS (SELECT d::date AS day FROM bounds, generate_series(first, last, interval '1 day') AS d),
year AS (
    SELECT d.day, c.id AS client, c.ref, coalesce(sum(s.amount), 0) AS revenue, max(s.day) AS ordered
    FROM day d CROSS JOIN client c LEFT JOIN sale s ON s.client = c.id AND s.day <= d.day AND s.day > (d.day - interval '12 months')::date
    GROUP BY 1, 2, 3),
tail AS (
    SELECT day, client, ref, ordered, sum(revenue) OVER (PARTITION BY day ORDER BY revenue) / nullif(sum(revenue) OVER (PARTITION BY day), 0) AS share FROM year),
small AS (
    SELECT t.day, t.client, t.ref, coalesce(t.share, 0) <= 0.1 AND EXISTS (
        SELECT FROM sale s WHERE s.client = t.client AND s.day <= t.day AND t.day <= (s.day + interval '12 months')::date) AS yes
    FROM tail t),
-- Each try of a check-in: the first 182 days after the client was created (its first order), the next ones 91 days after
-- the one before ended as too late.
ended AS (
    SELECT t.client_id AS client, t.occasion, (t.ended_at AT TIME ZONE 'Europe/Paris')::date AS day
    FROM touch t JOIN campaign g ON g.id = t.campaign_id WHERE g.name = 'small-client-check-in' AND t.state = 'skipped' AND t.reason = 'too_late'),
try AS (
    SELECT f.client, f.ref, 'since:' || f.day AS occasion, f.day + 182 AS rule, (SELECT e.day FROM ended e WHERE e.client = f.client AND e.occasion = 'since:' || f.day) AS ended, 0 AS n
    FROM first f
    UNION ALL
    SELECT t.client, t.ref, x.occasion, t.ended + 91, (SELECT e.day FROM ended e WHERE e.client = t.client AND e.occasion = x.occasion), t.n + 1
    FROM try t, LATERAL (SELECT split_part(t.occasion, ':', 1) || ':' || split_part(t.occasion, ':', 2) || ':' || t.n + 1 AS occasion) x
    WHERE t.ended IS NOT NULL),
-- A touch is planned on the first day, from its rule's day on, on which its client is small.
begun AS (
    SELECT t.ref, t.occasion, min(s.day) AS triggered_on
    FROM try t JOIN small s ON s.client = t.client AND s.yes AND s.day >= t.rule
    GROUP BY 1, 2)
SELECT concat_ws(' ', 'welcome-call', ref, occasion, triggered_on) FROM welcome
UNION ALL SELECT concat_ws(' ', 'lost-client-questionnaire', ref, occasion, triggered_on) FROM silence
UNION ALL SELECT concat_ws(' ', 'small-client-check-in', ref, occasion, triggered_on) FROM begun
ORDER BY 1
