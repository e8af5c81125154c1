-- +goose Up

-- The nouns of the business. ref is the company's own key, from its files; id is ours and never shown.

CREATE TABLE import_run (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind            text        NOT NULL CHECK (kind IN ('clients', 'contacts', 'reps', 'products', 'orders', 'activities', 'contracts')),
    file            text        NOT NULL,
    started_by      text        NOT NULL,
    started_at      timestamptz NOT NULL, -- business time
    finished_at     timestamptz,          -- null: under way, or broken off and rolled back
    newest_order_on date,                 -- orders only: shown beside the run; freshness asks the orders
    read            bigint      NOT NULL DEFAULT 0,
    created         bigint      NOT NULL DEFAULT 0,
    updated         bigint      NOT NULL DEFAULT 0,
    unchanged       bigint      NOT NULL DEFAULT 0,
    rejected        bigint      NOT NULL DEFAULT 0
);

CREATE TABLE rep (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ref      text    NOT NULL UNIQUE,
    name     text    NOT NULL,
    email    text,
    phone    text,
    inside   boolean NOT NULL DEFAULT false,
    capacity integer CHECK (capacity >= 0), -- calls a day; null: the setting for a rep on the road or inside
    run_id   bigint REFERENCES import_run
);

CREATE TABLE client (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ref             text    NOT NULL UNIQUE,
    name            text    NOT NULL,
    kind            text CHECK (kind IN ('company', 'sole_trader', 'consumer')), -- null: not told
    siren           text,
    vat             text,
    group_ref       text,
    sector          text,
    address         text,
    postcode        text,
    city            text,
    country         text,    -- ISO 3166 alpha-2; null: the company's own
    language        text,    -- null: the country's, else the company's
    zone            text,    -- IANA; null: the country's
    phone           text,    -- as the file has it
    phone_e164      text,    -- null: could not be normalised; still shown and dialled
    rep_id          bigint REFERENCES rep,
    inside_rep_id   bigint REFERENCES rep,
    potential       numeric(14, 2),
    loss_risk       text CHECK (loss_risk IN ('low', 'medium', 'high')),
    visits_per_year integer,
    blocked         text,    -- why (unpaid, litigation, insolvency); null: not blocked
    created_on      date,    -- as told by the file; null: first order, else imported_on
    closed_on       date,
    attributes      jsonb   NOT NULL DEFAULT '{}',
    imported_on     date    NOT NULL,
    run_id          bigint REFERENCES import_run
);
CREATE INDEX client_rep ON client (rep_id);
CREATE INDEX client_phone ON client (phone_e164) WHERE phone_e164 IS NOT NULL;

CREATE TABLE contact (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    client_id  bigint  NOT NULL REFERENCES client,
    key        text    NOT NULL, -- its ref, else its address in lower case, else its name
    ref        text,
    name       text    NOT NULL,
    role       text,
    email      text,             -- as typed
    email_key  text,             -- trimmed, lower case: what suppression and pressure compare
    phone      text,
    phone_e164 text,
    language   text,
    main       boolean NOT NULL DEFAULT false,
    wrong      text,             -- why a person flagged it (wrong number, left the company); null: fine
    run_id     bigint REFERENCES import_run,
    UNIQUE (client_id, key)
);
CREATE INDEX contact_email ON contact (email_key) WHERE email_key IS NOT NULL;
CREATE INDEX contact_phone ON contact (phone_e164) WHERE phone_e164 IS NOT NULL;

-- A declaration gives a basis to an audience at once; undone_at takes all of it back.
CREATE TABLE basis_declaration (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text        NOT NULL CHECK (kind IN ('consent', 'information', 'generic', 'contract')),
    channel     text        NOT NULL CHECK (channel IN ('mail', 'call')),
    source      text        NOT NULL,
    held_on     date        NOT NULL,
    audience    text        NOT NULL DEFAULT '',
    declared_by text        NOT NULL,
    declared_at timestamptz NOT NULL,
    contacts    bigint      NOT NULL DEFAULT 0,
    undone_at   timestamptz,
    undone_by   text
);

CREATE TABLE basis (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    contact_id     bigint NOT NULL REFERENCES contact,
    channel        text   NOT NULL CHECK (channel IN ('mail', 'call')),
    kind           text   NOT NULL CHECK (kind IN ('consent', 'information', 'generic', 'contract')),
    source         text   NOT NULL,
    held_on        date   NOT NULL,
    declaration_id bigint REFERENCES basis_declaration, -- null: came with a new contact's import
    withdrawn_at   timestamptz                          -- kept for the proof, no longer valid
);
CREATE INDEX basis_contact ON basis (contact_id, channel) WHERE withdrawn_at IS NULL;

-- An address or number never to be used. scope: mail = marketing mail and surveys, call = calls, everything = both and profiling.
CREATE TABLE suppression (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scope        text        NOT NULL CHECK (scope IN ('mail', 'call', 'everything')),
    address      text        NOT NULL, -- e-mail in lower case, or number in E.164, or 'client:<ref>' where neither is known
    why          text        NOT NULL CHECK (why IN ('opposition', 'bounce', 'complaint', 'person')),
    source       text        NOT NULL, -- 'stop page', 'one-click', 'call', a user's name, the server's words
    touch_id     bigint,
    at           timestamptz NOT NULL,
    withdrawn_at timestamptz
);
CREATE UNIQUE INDEX suppression_live ON suppression (address, scope) WHERE withdrawn_at IS NULL;

CREATE TABLE product (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ref        text NOT NULL UNIQUE,
    name       text NOT NULL,
    range      text,
    list_price numeric,
    cost       numeric,
    run_id     bigint REFERENCES import_run
);

CREATE TABLE orders (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ref          text    NOT NULL UNIQUE,
    client_id    bigint  NOT NULL REFERENCES client,
    ordered_on   date    NOT NULL,
    delivered_on date,
    cancelled    boolean NOT NULL DEFAULT false,
    amount       numeric NOT NULL DEFAULT 0,     -- sum of its lines, net of tax, exact
    counts       boolean NOT NULL DEFAULT false, -- not cancelled and a positive line: first, last, rhythm
    run_id       bigint REFERENCES import_run
);
CREATE INDEX orders_client ON orders (client_id, ordered_on);

CREATE TABLE order_line (
    order_id   bigint  NOT NULL REFERENCES orders ON DELETE CASCADE,
    line       text    NOT NULL, -- the file's, else its place among the order's rows
    product_id bigint REFERENCES product,
    quantity   numeric,
    unit_price numeric,
    discount   numeric,          -- a fraction: 0.05 is 5 %
    amount     numeric NOT NULL, -- net, exact; rounded only when shown
    cost       numeric,
    run_id     bigint REFERENCES import_run,
    PRIMARY KEY (order_id, line)
);

CREATE TABLE contract (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ref         text   NOT NULL UNIQUE,
    client_id   bigint NOT NULL REFERENCES client,
    kind        text CHECK (kind IN ('tender', 'framework')),
    starts_on   date,
    ends_on     date   NOT NULL,
    reopens_on  date,
    notice_days integer,
    amount      numeric(14, 2),
    run_id      bigint REFERENCES import_run
);
CREATE INDEX contract_client ON contract (client_id);

-- Facts per client as of the clock: a cache, made again at any time from the tables above. Columns are told in campaigns (facts).
CREATE TABLE client_month (
    client_id bigint  NOT NULL REFERENCES client,
    month     date    NOT NULL, -- its first day
    revenue   numeric NOT NULL,
    quantity  numeric,
    orders    integer NOT NULL,
    PRIMARY KEY (client_id, month)
);

CREATE TABLE client_fact (
    client_id           bigint PRIMARY KEY REFERENCES client,
    as_of               date    NOT NULL, -- since when its figures are as they are; all were looked at on clock.facts_on
    created_on          date    NOT NULL, -- told, else first order, else imported
    first_order_id      bigint,
    first_order_on      date,
    first_delivered_on  date,
    last_order_on       date,
    orders              integer NOT NULL DEFAULT 0,
    orders_12m          integer NOT NULL DEFAULT 0,
    orders_12m_before   integer NOT NULL DEFAULT 0,
    revenue             numeric NOT NULL DEFAULT 0, -- ever, up to as_of
    revenue_12m         numeric NOT NULL DEFAULT 0,
    revenue_12m_before  numeric NOT NULL DEFAULT 0,
    revenue_36m         numeric NOT NULL DEFAULT 0,
    rhythm_days         double precision,           -- median gap between distinct order days, from three gaps on
    last_contact_with   date,
    last_contact_from   date,
    revenue_rank        integer,                    -- 1 is the largest of revenue_12m
    revenue_share       double precision,           -- of the portfolio's revenue_12m, 0 to 1
    revenue_tail        double precision,           -- share of revenue_12m held by it and all smaller ones, 0 to 1
    weight_top          double precision,           -- its place by revenue of the last 36 months: 0.2 = within the top 20 %
    open_complaints     integer NOT NULL DEFAULT 0,
    under_contract      boolean NOT NULL DEFAULT false,
    mail_contact_id     bigint,                     -- whom a mail goes to: main first, with an address
    call_contact_id     bigint,
    has_mail            boolean NOT NULL DEFAULT false,
    has_phone           boolean NOT NULL DEFAULT false,
    mail_basis          boolean NOT NULL DEFAULT false,
    call_basis          boolean NOT NULL DEFAULT false,
    mail_opposed        boolean NOT NULL DEFAULT false,
    call_opposed        boolean NOT NULL DEFAULT false,
    consumer            boolean NOT NULL DEFAULT false  -- told so, or doubtful: no SIREN, no order, only a mobile number
) WITH (fillfactor = 80); -- a daily roll rewrites most rows in place
CREATE TABLE client_stale (client_id bigint PRIMARY KEY REFERENCES client); -- touched since its facts were made

-- Campaigns

CREATE TABLE campaign (
    id          integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text        NOT NULL UNIQUE,
    state       text        NOT NULL CHECK (state IN ('draft', 'approved', 'running', 'paused', 'held', 'stopped')),
    draft_id    integer,              -- the version being edited; null: none newer than the approved one
    version_id  integer,              -- the approved version that plans; null: never approved
    started_at  timestamptz,          -- business time of the first start
    passed_on   date,                 -- the last planning pass that was not held: what it did not see cannot have been true then
    held_why    text,                 -- surge, complaints; with figures
    created_at  timestamptz NOT NULL
);

CREATE TABLE campaign_version (
    id          integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    campaign_id integer     NOT NULL REFERENCES campaign,
    number      integer     NOT NULL,
    source      text        NOT NULL,              -- the YAML, as pushed
    texts       jsonb       NOT NULL DEFAULT '{}', -- file name → text, frozen with it
    author      text        NOT NULL,
    created_at  timestamptz NOT NULL,
    approved_by text,
    approved_at timestamptz,
    UNIQUE (campaign_id, number)
);
ALTER TABLE campaign ADD FOREIGN KEY (draft_id) REFERENCES campaign_version, ADD FOREIGN KEY (version_id) REFERENCES campaign_version;

-- A slot's own text (newsletter): nothing leaves for a slot without its approved one.
CREATE TABLE slot_text (
    campaign_id integer     NOT NULL REFERENCES campaign,
    slot        text        NOT NULL, -- the occasion
    texts       jsonb       NOT NULL,
    author      text        NOT NULL,
    created_at  timestamptz NOT NULL,
    approved_by text,
    approved_at timestamptz,
    PRIMARY KEY (campaign_id, slot)
);

-- One planning pass of one campaign: the surge guard's memory, and what `plan` printed.
CREATE TABLE pass (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    campaign_id integer     NOT NULL REFERENCES campaign,
    at          timestamptz NOT NULL,
    planned     integer     NOT NULL,
    rearmed     integer     NOT NULL,
    cancelled   integer     NOT NULL,
    skipped     integer     NOT NULL,
    held_out    integer     NOT NULL,
    held        text
);
CREATE INDEX pass_campaign ON pass (campaign_id, id DESC);

CREATE TABLE call (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    client_id     bigint      NOT NULL REFERENCES client,
    contact_id    bigint REFERENCES contact,
    rep_id        bigint REFERENCES rep, -- null: the managers' list
    state         text        NOT NULL CHECK (state IN ('open', 'done', 'skipped')),
    due_at        timestamptz NOT NULL,  -- when to call next: the first due, a call-back, the next attempt
    deadline_at   timestamptz,           -- the earliest of its reasons'
    priority      smallint    NOT NULL DEFAULT 50,
    attempts      integer     NOT NULL DEFAULT 0,
    outcome       text CHECK (outcome IN ('reached', 'order_taken', 'no_answer', 'voicemail', 'call_back', 'wrong_number', 'refused', 'other_person', 'already_seen', 'postponed', 'unreachable')),
    closed_at     timestamptz,
    closed_why    text,                  -- a reason code when nobody's outcome closed it: cause_gone, too_late
    note          text,
    opened_at     timestamptz NOT NULL
);
CREATE UNIQUE INDEX call_one_open ON call (client_id) WHERE state = 'open';
CREATE INDEX call_list ON call (rep_id, due_at) WHERE state = 'open';

CREATE TABLE touch (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    client_id     bigint      NOT NULL REFERENCES client,
    contact_id    bigint REFERENCES contact,
    campaign_id   integer     NOT NULL REFERENCES campaign,
    version_id    integer     NOT NULL REFERENCES campaign_version,
    step          text        NOT NULL,
    channel       text        NOT NULL CHECK (channel IN ('call', 'mail', 'survey')),
    rep_id        bigint REFERENCES rep,
    occasion      text        NOT NULL,
    parent_id     bigint,                -- the touch whose outcome made this one; null: planned by the trigger
    call_id       bigint REFERENCES call,
    triggered_on  date        NOT NULL,
    due_at        timestamptz NOT NULL,
    deadline_at   timestamptz,           -- null: none
    closes_at     timestamptz,           -- survey: no answer is taken after
    state         text        NOT NULL CHECK (state IN ('planned', 'held_out', 'sending', 'open', 'sent', 'answered', 'done', 'failed', 'unsure', 'skipped', 'cancelled')),
    reason        text,                  -- code of why it waits or ended
    figures       jsonb       NOT NULL DEFAULT '{}', -- what decided: dates, amounts, thresholds
    priority      smallint    NOT NULL DEFAULT 50,
    outcome       text,
    attempt       integer     NOT NULL DEFAULT 0,
    worker        uuid,                  -- who claimed it
    admitted_at   timestamptz,           -- the checks when due said yes (business time); cleared when it must be asked again
    message_id    text,
    address       text,                  -- what it was sent to, in lower case
    answer_code   integer,               -- the SMTP server's
    answer_words  text,
    sent_at       timestamptz,
    ended_at      timestamptz,
    followed_at   timestamptz,           -- campaigns.Next has seen its end, and its follow-ups are made
    ask_at        timestamptz,           -- sent survey: when Next looks again for an answer (reminder, closing); null: not looked yet
    created_at    timestamptz NOT NULL,
    UNIQUE NULLS NOT DISTINCT (client_id, contact_id, campaign_id, step, occasion)
);
CREATE INDEX touch_due ON touch (campaign_id, channel, due_at) WHERE state = 'planned';
CREATE INDEX touch_state ON touch (campaign_id, state, id);
CREATE INDEX touch_live ON touch (state, worker) WHERE state IN ('sending', 'unsure');
CREATE INDEX touch_call ON touch (call_id) WHERE call_id IS NOT NULL;
CREATE INDEX touch_parent ON touch (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX touch_address ON touch (address, sent_at) WHERE address IS NOT NULL;
CREATE INDEX touch_follow ON touch (ended_at) WHERE followed_at IS NULL AND state IN ('answered', 'done', 'failed', 'skipped');
CREATE INDEX touch_ask ON touch (ask_at) WHERE state = 'sent' AND channel = 'survey';

-- One answer per invitation, correctable until it closes.
CREATE TABLE response (
    touch_id      bigint PRIMARY KEY REFERENCES touch,
    questionnaire text        NOT NULL,
    language      text        NOT NULL,
    answers       jsonb       NOT NULL,
    score         smallint CHECK (score BETWEEN 0 AND 10),
    call_me       boolean     NOT NULL DEFAULT false,
    answered_at   timestamptz NOT NULL,
    corrected_at  timestamptz,
    corrections   integer     NOT NULL DEFAULT 0
);

CREATE TABLE activity (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    client_id  bigint      NOT NULL REFERENCES client,
    contact_id bigint REFERENCES contact,
    rep_id     bigint REFERENCES rep,
    ref        text UNIQUE,
    kind       text        NOT NULL CHECK (kind IN ('visit', 'call', 'complaint', 'maintenance', 'note')),
    at         timestamptz NOT NULL,
    minutes    integer,
    cost       numeric(14, 2),
    closed_on  date,                 -- complaint: null is open
    note       text,
    call_id    bigint REFERENCES call, -- an attempt made from a card
    outcome    text,                 -- of that attempt; an imported call without one counts as reached
    next_at    timestamptz,          -- call_back, postponed: when
    before     jsonb,                -- the card and its reasons before this attempt, for undo
    by         text,                 -- the user, for what was logged here
    undone_at  timestamptz,
    run_id     bigint REFERENCES import_run
);
CREATE INDEX activity_client ON activity (client_id, at);
CREATE INDEX activity_call ON activity (call_id) WHERE call_id IS NOT NULL;

-- The program

CREATE TABLE setting (
    key        text PRIMARY KEY,
    value      text        NOT NULL,
    changed_by text        NOT NULL,
    changed_at timestamptz NOT NULL
);

-- One business clock for every process: wall time plus shift. latest is the furthest that a changing command has seen.
CREATE TABLE clock (
    one    boolean PRIMARY KEY DEFAULT true CHECK (one),
    shift  interval NOT NULL DEFAULT '0',
    latest timestamptz,
    facts_on date -- the day (in the company's zone) to which all facts were rolled; null: never
);
INSERT INTO clock DEFAULT VALUES;

-- Who runs, seen at (wall time). A worker not seen for a while is gone, and what it was sending is unsure.
CREATE TABLE process (
    id         uuid PRIMARY KEY,
    host       text        NOT NULL,
    pid        integer     NOT NULL,
    roles      text        NOT NULL,
    mail       text        NOT NULL CHECK (mail IN ('none', 'inbox', 'loopback', 'remote')),
    started_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL
);

-- What the scheduler did, once each: plan, refresh, sweep, digest, purge.
CREATE TABLE slot (
    job     text        NOT NULL,
    slot    timestamptz NOT NULL, -- business time
    done_by uuid        NOT NULL,
    done_at timestamptz NOT NULL,
    PRIMARY KEY (job, slot)
);

CREATE TABLE app_user (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text    NOT NULL,
    email      text    NOT NULL UNIQUE,
    role       text    NOT NULL CHECK (role IN ('marketer', 'rep', 'manager', 'colleague', 'operator')),
    rep_id     bigint REFERENCES rep,
    language   text    NOT NULL DEFAULT 'fr',
    active     boolean NOT NULL DEFAULT true
);

CREATE TABLE login_link (
    hash       bytea PRIMARY KEY, -- SHA-256 of the token
    user_id    bigint      NOT NULL REFERENCES app_user,
    expires_at timestamptz NOT NULL, -- wall time
    used_at    timestamptz,
    many       boolean     NOT NULL DEFAULT false -- demo: may be used more than once
);

CREATE TABLE sessions ( -- scs
    token  text PRIMARY KEY,
    data   bytea       NOT NULL,
    expiry timestamptz NOT NULL
);
CREATE INDEX sessions_expiry ON sessions (expiry);

-- Who did what: approvals, starts, stops, settings, consent, undo.
CREATE TABLE event (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at     timestamptz NOT NULL,
    by     text        NOT NULL,
    what   text        NOT NULL, -- campaign.approved, basis.declared, …
    noun   text        NOT NULL,
    ref    text        NOT NULL,
    detail jsonb       NOT NULL DEFAULT '{}'
);
CREATE INDEX event_noun ON event (noun, ref, id);

-- The built-in inbox of a demo or a trial.
CREATE TABLE inbox_mail (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL,
    mail_from  text        NOT NULL,
    rcpt_to    text        NOT NULL,
    subject    text        NOT NULL,
    message_id text        NOT NULL,
    raw        bytea       NOT NULL
);
