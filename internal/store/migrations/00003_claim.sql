-- +goose Up

-- What may be claimed now: the few touches that were admitted. touch_due holds all that is planned, and a claim that
-- reads it passes over every touch that waits for its admission. Takes a second per million touches planned; old
-- workers go on meanwhile.
CREATE INDEX touch_admitted ON touch (campaign_id, channel, due_at) WHERE state = 'planned' AND admitted_at IS NOT NULL;
