-- +goose Up

-- Everyone's own word is kept: what somebody says on a second page, or on the phone, is a second row, so that taking one
-- back leaves the other. A mailbox bounces once.
DROP INDEX suppression_live;
CREATE INDEX suppression_live ON suppression (address, scope) WHERE withdrawn_at IS NULL;
CREATE UNIQUE INDEX suppression_said ON suppression (address, scope, source, touch_id) NULLS NOT DISTINCT WHERE withdrawn_at IS NULL AND why = 'opposition';
CREATE UNIQUE INDEX suppression_once ON suppression (address, scope, why) WHERE withdrawn_at IS NULL AND why <> 'opposition';
ALTER TABLE suppression ADD run_id bigint REFERENCES import_run; -- carried over from the same person's address before this import; null: said

-- An address that an import brings has not consented, whoever's row it comes to.
ALTER TABLE basis ADD withdrawn_run bigint REFERENCES import_run; -- the import that changed the address or number; null: withdrawn otherwise, or not
ALTER TABLE contact
    ADD email_was text, -- the last email_key, while an import has cleared it; null: there is one, or never was
    ADD phone_was text; -- the same of phone_e164
