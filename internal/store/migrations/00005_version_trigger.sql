-- +goose Up

-- What the checks ask of a definition, told beside it: reading YAML is not for SQL. Filled when a version is pushed; the
-- expression below serves the versions that are there already, whose triggers are written as the shipped ones.
ALTER TABLE campaign_version ADD trigger text NOT NULL DEFAULT ''; -- its kind: first_order, contacts_per_year, …; empty: the definition has mistakes
UPDATE campaign_version SET trigger = coalesce(substring(source FROM '(?n)^trigger:\s*\{?\s*([a-z_]+):'), '');
