-- What the campaigns should have planned for Northwind from 1996-07-04 to 1998-05-06 with a pass at noon every day,
-- computed from the clients' countries and the orders by the definitions of the design. It reads nothing that a pass has
-- written. One line per touch: campaign, client, occasion, day.
WITH RECURSIVE
bounds AS (SELECT date '1996-07-04' AS first, date '1998-05-06' AS last),

-- Holidays: fixed ones (month and day), those that follow Easter (days after it), and those on a weekday of a month (month,
-- place with 5 for the last, day of the week). Of these countries no fixed one fell on a weekend that would have moved it,
-- and Victoria Day and Midsummer Eve were a third Monday and Friday. Where a country has no line here its working
-- days are Monday to Friday.
law (country, fixed, easter, weekday) AS (VALUES
    ('AT', '{101,106,501,815,1026,1101,1208,1225,1226}'::int[], '{1,39,50,60}'::int[], '{}'::int[]),
    ('BE', '{101,501,721,815,1101,1111,1225}', '{1,39,50}', '{}'),
    ('BR', '{101,421,501,907,1012,1102,1115,1225}', '{-47,-2,60}', '{}'),
    ('CA', '{101,701,1111,1225,1226}', '{-2,1}', '{531,811,911,1021}'),
    ('CH', '{101,801,1225,1226}', '{-2,1,39,50}', '{}'),
    ('DE', '{101,501,1003,1225,1226}', '{-2,1,39,50}', '{}'),
    ('DK', '{101,605,1225,1226}', '{-3,-2,1,26,39,50}', '{}'),
    ('ES', '{101,106,501,815,1012,1101,1206,1208,1225}', '{-2}', '{}'),
    ('FR', '{101,501,508,714,815,1101,1111,1225}', '{1,39,50}', '{}'),
    ('GB', '{101,1225,1226}', '{-2,1}', '{511,551,851}'),
    ('IE', '{101,317,1225,1226}', '{1}', '{511,611,811,1051}'),
    ('IT', '{101,106,425,501,602,815,1101,1208,1225,1226}', '{1}', '{}'),
    ('NO', '{101,501,517,1225,1226}', '{-3,-2,1,39,50}', '{}'),
    ('PL', '{101,106,501,503,815,1101,1111,1225,1226}', '{1,60}', '{}'),
    ('SE', '{101,106,501,606,1224,1225,1226,1231}', '{-2,1,39}', '{635}'),
    ('US', '{101,704,1111,1225}', '{}', '{131,231,551,911,1021,1144}')),
year AS (SELECT generate_series(1996, 1998) AS y),
easter AS ( -- the Gregorian computus
    SELECT y, make_date(y, (h + l - 7 * m + 114) / 31, (h + l - 7 * m + 114) % 31 + 1) AS day
    FROM year,
    LATERAL (SELECT y % 19 AS a, y / 100 AS b, y % 100 AS c) s1,
    LATERAL (SELECT b / 4 AS d, b % 4 AS e, (b + 8) / 25 AS f, c / 4 AS i, c % 4 AS k) s2,
    LATERAL (SELECT (b - f + 1) / 3 AS g) s3,
    LATERAL (SELECT (19 * a + b - d - g + 15) % 30 AS h) s4,
    LATERAL (SELECT (32 + 2 * e + 2 * i - h - k) % 7 AS l) s5,
    LATERAL (SELECT (a + 11 * h + 22 * l) / 451 AS m) s6),
holiday AS (
    SELECT country, make_date(y, md / 100, md % 100) AS day FROM law, year, unnest(fixed) AS md
    UNION
    SELECT country, e.day + n FROM law l, easter e, unnest(l.easter) AS n
    UNION
    SELECT country, CASE WHEN w / 10 % 10 < 5 THEN first_of + (w % 10 - extract(isodow FROM first_of)::int + 7) % 7 + 7 * (w / 10 % 10 - 1)
        ELSE last_of - (extract(isodow FROM last_of)::int - w % 10 + 7) % 7 END
    FROM law, year, unnest(weekday) AS w,
        LATERAL (SELECT make_date(y, w / 100, 1) AS first_of, (make_date(y, w / 100, 1) + interval '1 month' - interval '1 day')::date AS last_of) m),
home AS (SELECT id AS client, coalesce(country, 'FR') AS country FROM client),
working AS (
    SELECT country, d::date AS day, row_number() OVER (PARTITION BY country ORDER BY d) AS n
    FROM (SELECT DISTINCT country FROM home) c, generate_series('1996-01-01', '1998-12-31', interval '1 day') AS d
    WHERE extract(isodow FROM d) < 6 AND NOT EXISTS (SELECT FROM holiday h WHERE h.country = c.country AND h.day = d::date)),
-- Days that count as silence: all but 1 to 25 August and 20 December to 5 January. On those that are working days too,
-- clients may be called.
silent AS (
    SELECT d::date AS day, row_number() OVER (ORDER BY d) AS n FROM generate_series('1996-01-01', '1999-12-31', interval '1 day') AS d
    WHERE to_char(d, 'MMDD') NOT BETWEEN '0801' AND '0825' AND to_char(d, 'MMDD') < '1220' AND to_char(d, 'MMDD') > '0105'),
open AS (SELECT country, day, row_number() OVER (PARTITION BY country ORDER BY day) AS n FROM working WHERE day IN (SELECT day FROM silent)),

-- An order counts with a positive line; Northwind has neither cancelled orders nor credit notes.
sale AS (
    SELECT c.id AS client, c.ref, o.ordered_on AS day, o.delivered_on, o.ref AS order_ref, sum(l.amount) AS amount
    FROM client c JOIN orders o ON o.client_id = c.id JOIN order_line l ON l.order_id = o.id GROUP BY c.id, c.ref, o.id),
first AS (SELECT DISTINCT ON (client) client, ref, day, delivered_on FROM sale ORDER BY client, day, order_ref),

-- Welcome: 2 working days after delivery, else 5 after the order, within 30 days of the order.
welcome AS (
    SELECT ref, 'first-order' AS occasion, w.day AS triggered_on
    FROM first f JOIN home h USING (client), bounds b, LATERAL (
        SELECT day FROM working w WHERE w.country = h.country AND w.day > coalesce(f.delivered_on, f.day) ORDER BY day
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
bought AS (
    SELECT d.day, c.id AS client, c.ref, coalesce(sum(s.amount), 0) AS revenue, max(s.day) AS ordered
    FROM day d CROSS JOIN client c LEFT JOIN sale s ON s.client = c.id AND s.day <= d.day AND s.day > (d.day - interval '12 months')::date
    GROUP BY 1, 2, 3),
tail AS (
    SELECT day, client, ref, ordered, sum(revenue) OVER (PARTITION BY day ORDER BY revenue) / nullif(sum(revenue) OVER (PARTITION BY day), 0) AS share FROM bought),
small AS (
    SELECT t.day, t.client, t.ref, coalesce(t.share, 0) <= 0.1 AND EXISTS (
        SELECT FROM sale s WHERE s.client = t.client AND s.day <= t.day AND t.day <= (s.day + interval '12 months')::date) AS yes
    FROM tail t),
-- Each try of a check-in: the first 182 days after the client was created (its first order), on the first day from then on
-- on which the client is small. Nobody calls in this replay: a call is due on the first day on which the client may be called,
-- and ends as too late with the pass after the twentieth such day from then; the next try comes 91 days after that end.
try AS (
    SELECT f.client, f.ref, 'since:' || f.day AS since, 0 AS n, b.day
    FROM first f, LATERAL (SELECT min(day) AS day FROM small s WHERE s.client = f.client AND s.yes AND s.day >= f.day + 182) b
    WHERE b.day IS NOT NULL
    UNION ALL
    SELECT t.client, t.ref, t.since, t.n + 1, b.day
    FROM try t JOIN home h USING (client),
        LATERAL (SELECT min(o.n) AS n FROM open o WHERE o.country = h.country AND o.day >= t.day) due,
        LATERAL (SELECT o.day + 1 AS day FROM open o WHERE o.country = h.country AND o.n = due.n + 20) ended,
        LATERAL (SELECT min(day) AS day FROM small s WHERE s.client = t.client AND s.yes AND s.day >= ended.day + 91) b
    WHERE b.day IS NOT NULL),
begun AS (SELECT ref, since || CASE WHEN n > 0 THEN ':' || n ELSE '' END AS occasion, day AS triggered_on FROM try)
SELECT concat_ws(' ', 'welcome-call', ref, occasion, triggered_on) FROM welcome
UNION ALL SELECT concat_ws(' ', 'lost-client-questionnaire', ref, occasion, triggered_on) FROM silence
UNION ALL SELECT concat_ws(' ', 'small-client-check-in', ref, occasion, triggered_on) FROM begun
ORDER BY 1
