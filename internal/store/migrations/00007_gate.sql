-- +goose Up

-- A run tells from its first moment what becomes of it, and can be undone: what it changed keeps how it was before.
ALTER TABLE import_run
    ADD state       text NOT NULL DEFAULT 'done' CHECK (state IN ('queued', 'running', 'done', 'refused', 'failed', 'undone')),
    ADD source      text,                             -- its saved source, by name; null: none. No key: the history outlives a source
    ADD dry_run     boolean NOT NULL DEFAULT false,   -- only those that a page asked for leave a row
    ADD error       text,                             -- refused, failed: why, in words
    ADD request     jsonb,                            -- what a page asked for; null: a command, the API or the folder did it at once
    ADD columns     text[]  NOT NULL DEFAULT '{}',    -- the canonical columns that its files have
    ADD shapes      jsonb   NOT NULL DEFAULT '[]',    -- what was found out about each file
    ADD report      jsonb,                            -- counts, notes, and the first rejections
    ADD done_bytes  bigint  NOT NULL DEFAULT 0,       -- of total_bytes, while it runs
    ADD total_bytes bigint  NOT NULL DEFAULT 0,
    ADD imaged      boolean NOT NULL DEFAULT false,   -- its changes have images, so that it can be undone
    ADD undone_at   timestamptz,
    ADD undone_by   text,
    ADD undone      jsonb;                            -- what its undoing took away, brought back and kept

-- A changed row keeps its columns from before, and as the run wrote them, as long as the run may be undone. A row that a run
-- made has no image: it carries the run. Small: only what an import changed, never what it brought.
CREATE TABLE import_image (
    run_id bigint NOT NULL REFERENCES import_run,
    noun   text   NOT NULL,              -- table
    row_id bigint NOT NULL,              -- order_line: its order
    key    text   NOT NULL DEFAULT '',   -- order_line: its line
    line   bigint,                       -- of the file
    before jsonb  NOT NULL,              -- column → value; attributes one by one, as attributes.x
    after  jsonb                         -- null: the run took the whole row away
);
CREATE INDEX import_image_run ON import_image (run_id);
CREATE INDEX import_image_row ON import_image (noun, row_id);

-- How a company's system writes its files, once it was found out.
CREATE TABLE import_source (
    name       text PRIMARY KEY,
    kind       text        NOT NULL,
    options    jsonb       NOT NULL DEFAULT '{}',
    changed_by text        NOT NULL,
    changed_at timestamptz NOT NULL
);

-- Files on their way in, and those of rejected rows on their way out, in parts of a mebibyte. Purged after import_keep_days.
CREATE TABLE upload (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name   text        NOT NULL,
    size   bigint      NOT NULL,
    sha256 text        NOT NULL, -- in hexadecimal
    by     text        NOT NULL,
    at     timestamptz NOT NULL, -- business time
    run_id bigint REFERENCES import_run -- the run whose rejected rows these are; null: a file that came
);
CREATE UNIQUE INDEX upload_rejected ON upload (run_id) WHERE run_id IS NOT NULL;
CREATE TABLE upload_part (
    upload_id bigint  NOT NULL REFERENCES upload ON DELETE CASCADE,
    n         integer NOT NULL,
    data      bytea   NOT NULL,
    PRIMARY KEY (upload_id, n)
);
ALTER TABLE upload_part ALTER data SET STORAGE EXTERNAL;
