-- +goose Up

-- One client may come in twice. Merging moves all that hangs on the one to the other, whose row stays; the ref of the
-- dropped one becomes an alias, under which later files find the client that is left.

-- Under which alias a row came, so that it goes back there when a merge is undone. Null: its client's own ref. New columns
-- without a value rewrite no table.
ALTER TABLE contact  ADD came_as text; -- and its key begins with it: persons of two clients stay two persons
ALTER TABLE orders   ADD came_as text;
ALTER TABLE contract ADD came_as text;
ALTER TABLE activity ADD came_as text;

CREATE TABLE client_merge (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kept_id      bigint      NOT NULL, -- without a foreign key: it may have been merged itself since
    kept_ref     text        NOT NULL,
    dropped_id   bigint      NOT NULL,
    dropped_ref  text        NOT NULL,
    dropped_name text        NOT NULL,
    image        jsonb       NOT NULL, -- the dropped row, and everything that was changed besides moving: see mergeImage
    by           text        NOT NULL,
    at           timestamptz NOT NULL,
    undone_by    text,
    undone_at    timestamptz
);
CREATE INDEX client_merge_kept ON client_merge (kept_id);

CREATE TABLE client_alias (
    ref       text PRIMARY KEY,
    client_id bigint NOT NULL REFERENCES client,
    merge_id  bigint NOT NULL REFERENCES client_merge
);
CREATE INDEX client_alias_client ON client_alias (client_id);

-- What unify found, the lower id first: made again at each search.
CREATE TABLE duplicate (
    a_id     bigint      NOT NULL REFERENCES client ON DELETE CASCADE,
    b_id     bigint      NOT NULL REFERENCES client ON DELETE CASCADE,
    kind     text        NOT NULL CHECK (kind IN ('same', 'branches')),
    score    smallint    NOT NULL CHECK (score BETWEEN 0 AND 100),
    reasons  jsonb       NOT NULL,
    found_at timestamptz NOT NULL, -- first
    PRIMARY KEY (a_id, b_id),
    CHECK (a_id < b_id)
);
CREATE INDEX duplicate_b ON duplicate (b_id);

-- The last search: when, and which values too many share to say anything.
CREATE TABLE duplicate_search (
    one     boolean PRIMARY KEY DEFAULT true CHECK (one),
    at      timestamptz NOT NULL,
    clients bigint      NOT NULL,
    crowds  jsonb       NOT NULL
);

-- A person said that two are not the same: not proposed again.
CREATE TABLE distinct_pair (
    a_id bigint      NOT NULL REFERENCES client ON DELETE CASCADE,
    b_id bigint      NOT NULL REFERENCES client ON DELETE CASCADE,
    by   text        NOT NULL,
    at   timestamptz NOT NULL,
    PRIMARY KEY (a_id, b_id),
    CHECK (a_id < b_id)
);
CREATE INDEX distinct_pair_b ON distinct_pair (b_id);

-- The members of a group are found by their parent.
CREATE INDEX client_group ON client (group_ref) WHERE group_ref IS NOT NULL;
