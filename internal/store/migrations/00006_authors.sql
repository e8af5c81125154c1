-- +goose Up

-- Whose work a text is, by id: a name changes, and two may share one, so nobody approves his own by way of a name. Empty: of
-- the program, or of somebody who was no user. Several: one of these, by a name that they share.
ALTER TABLE campaign_version ADD author_ids bigint[] NOT NULL DEFAULT '{}';
ALTER TABLE slot_text ADD author_ids bigint[] NOT NULL DEFAULT '{}';
UPDATE campaign_version SET author_ids = ARRAY(SELECT id FROM app_user WHERE name = author ORDER BY id);
UPDATE slot_text SET author_ids = ARRAY(SELECT id FROM app_user WHERE name = author ORDER BY id);
