-- +goose Up

-- What the planner foresees for the next thirty days, made again after each daily pass: planning thirty days ahead for a
-- million clients takes minutes, and a page has none. Small whatever the base: a row per campaign, day and channel.
CREATE TABLE outlook (
    campaign_id integer NOT NULL REFERENCES campaign,
    day         date    NOT NULL, -- on which it would be due, in the company's zone
    channel     text    NOT NULL CHECK (channel IN ('call', 'mail', 'survey')),
    touches     integer NOT NULL,
    PRIMARY KEY (campaign_id, day, channel)
);
ALTER TABLE campaign ADD outlook_at timestamptz; -- business time of its forecast; null: none yet
