package store

import (
	"context"
	"fmt"
)

// moving is a channel, and the columns of a contact that it needs: as typed, as compared, and what an import cleared.
type moving struct{ channel, typed, key, was string }

var movings = []moving{{"mail", "email", "email_key", "email_was"}, {"call", "phone", "phone_e164", "phone_was"}}

// forget keeps the last address or number of a contact while a file clears it: consent and opposition hold for that one,
// not for the next.
func (r *importRun) forget() (values []value) {
	for _, m := range movings {
		if r.has(m.key) {
			values = append(values, value{m.was, "NULL::text", fmt.Sprintf("CASE WHEN i.%[1]s IS NULL THEN coalesce(t.%[1]s, t.%[2]s) END", m.key, m.was)})
		}
	}
	return values
}

// moveSQL finds the contacts whose address changes to another: what was consented to with the old one is withdrawn, and kept
// as proof; what was opposed holds for the new one too, since the person is the same. A new number that cannot be
// normalised takes the opposition to the client, as a stop does. Typed is %[2]s, compared %[3]s, cleared %[4]s.
const moveSQL = `
	WITH moved AS MATERIALIZED (
		SELECT t.id, coalesce(t.%[3]s, t.%[4]s) AS was, coalesce(i.%[3]s, 'client:' || i.client) AS now
		FROM incoming i JOIN client c ON c.ref = i.client JOIN contact t ON t.client_id = c.id AND t.key = i.key
		WHERE i.%[2]s IS NOT NULL AND coalesce(t.%[3]s, t.%[4]s, t.%[2]s) IS NOT NULL AND (t.%[2]s, t.%[3]s) IS DISTINCT FROM (i.%[2]s, i.%[3]s)
		  AND coalesce(t.%[3]s, t.%[4]s) IS DISTINCT FROM i.%[3]s),
	withdrawn AS (
		UPDATE basis b SET withdrawn_at = $2, withdrawn_run = $1 FROM moved m WHERE b.contact_id = m.id AND b.channel = '%[1]s' AND b.withdrawn_at IS NULL
		RETURNING b.id),` + carrySQL

// carrySQL copies live oppositions of moved.was to moved.now, and has the facts of those who carry it made again.
const carrySQL = `
	carried AS (
		INSERT INTO suppression (scope, address, why, source, touch_id, at, run_id)
		SELECT s.scope, m.now, s.why, s.source, s.touch_id, s.at, $1 FROM moved m JOIN suppression s ON s.address = m.was
		WHERE s.withdrawn_at IS NULL AND s.why = 'opposition' AND s.scope IN ('%[1]s', 'everything')
		ON CONFLICT DO NOTHING RETURNING address),
	stale AS (
		INSERT INTO stale_now
		SELECT p.client_id FROM contact p JOIN carried s ON s.address = p.email_key UNION SELECT p.client_id FROM contact p JOIN carried s ON s.address = p.phone_e164
		UNION SELECT c.id FROM client c JOIN carried s ON s.address = c.phone_e164)`

// moveConsent is asked before contacts change. An address that a file brings has not consented, whoever's row it comes to.
func (r *importRun) moveConsent(ctx context.Context) error {
	for _, m := range movings {
		if !r.has(m.key) {
			continue
		}
		var withdrawn, carried int
		err := r.tx.QueryRow(ctx, fmt.Sprintf(moveSQL+` SELECT (SELECT count(*) FROM withdrawn), (SELECT count(*) FROM carried)`, m.channel, m.typed, m.key, m.was),
			r.id, r.spec.Now).Scan(&withdrawn, &carried)
		if err != nil {
			return fmt.Errorf("withdraw bases of changed addresses: %w", err)
		}
		if err := r.tellMoved(ctx, m.channel, withdrawn, carried); err != nil {
			return err
		}
	}
	return nil
}

// carrySwitchboards does for a client's own number what moveConsent does for its contacts': who opposed and had no number of
// their own opposed for it.
func (r *importRun) carrySwitchboards(ctx context.Context) error {
	if !r.has("phone_e164") {
		return nil
	}
	var carried int
	err := r.tx.QueryRow(ctx, fmt.Sprintf(`
		WITH moved AS MATERIALIZED (
			SELECT t.phone_e164 AS was, coalesce(i.phone_e164, 'client:' || t.ref) AS now
			FROM incoming i JOIN client t ON t.ref = i.ref WHERE t.phone_e164 IS DISTINCT FROM i.phone_e164),`+carrySQL+` SELECT count(*) FROM carried`, "call"),
		r.id).Scan(&carried)
	if err != nil {
		return fmt.Errorf("carry oppositions to changed numbers: %w", err)
	}
	return r.tellMoved(ctx, "call", 0, carried)
}

func (r *importRun) tellMoved(ctx context.Context, channel string, withdrawn, carried int) error {
	if withdrawn+carried == 0 {
		return nil
	}
	return logEvent(ctx, r.tx, Event{At: r.spec.Now, By: r.spec.By, What: "import.addresses_changed", Noun: "import", Ref: fmt.Sprint(r.id),
		Detail: map[string]any{"channel": channel, "bases_withdrawn": withdrawn, "oppositions_carried": carried}})
}

// barBases takes the basis out of rows that would give an address by a second contact what its first has not, or has no
// more. Mail asks for any basis; a call to a consumer for consent, so there it must be of the same kind.
func (r *importRun) barBases(ctx context.Context) error {
	for _, m := range movings {
		column := m.channel + "_basis"
		if !r.has(column) || !r.has(m.key) {
			continue
		}
		_, err := r.tx.Exec(ctx, fmt.Sprintf(`
			UPDATE incoming i SET %[1]s = NULL FROM client c
			WHERE c.ref = i.client AND i.fresh AND i.%[1]s IS NOT NULL AND EXISTS (
				SELECT FROM contact t WHERE t.%[2]s = i.%[2]s AND ('%[3]s' = 'mail' OR t.client_id = c.id) AND NOT EXISTS (
					SELECT FROM basis b LEFT JOIN basis_declaration d ON d.id = b.declaration_id
					WHERE b.contact_id = t.id AND b.channel = '%[3]s' AND ('%[3]s' = 'mail' OR b.kind = i.%[1]s) AND b.withdrawn_at IS NULL AND d.undone_at IS NULL))`,
			column, m.key, m.channel))
		if err != nil {
			return fmt.Errorf("bar bases of known addresses: %w", err)
		}
	}
	return nil
}
