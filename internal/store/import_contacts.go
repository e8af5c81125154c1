package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/relance/relance/internal/clients"
)

// mergeContacts finds the contact that each row is about, by ref, else by address, else by name among those of the same
// client without an address; so a file that gains a column does not double anyone.
func (r *importRun) mergeContacts(ctx context.Context) (created, updated int64, err error) {
	if err := r.rejectUnknown(ctx, "client", "client", "clients"); err != nil {
		return 0, 0, err
	}
	if err := r.dialFromAbroad(ctx, "client"); err != nil {
		return 0, 0, err
	}
	if err := r.findContacts(ctx); err != nil {
		return 0, 0, err
	}
	if err := r.rejectRepeated(ctx, "", "client", "key"); err != nil {
		return 0, 0, err
	}
	if err := r.moveConsent(ctx); err != nil {
		return 0, 0, err
	}
	if err := r.barBases(ctx); err != nil {
		return 0, 0, err
	}
	values := append(r.present("ref", "name", "role", "email", "email_key", "phone", "phone_e164", "language"),
		r.derived("main", "main", "coalesce(i.main, false)")...)
	values = append(values, r.forget()...)
	created, updated, err = r.put(ctx, target{table: "contact", joins: clientJoin, match: "t.client_id = c.id AND t.key = i.key", values: values,
		always: []string{"client_id = c.id", "key = i.key"}, client: "c.id"})
	if err != nil {
		return 0, 0, err
	}
	return created, updated, r.addBases(ctx)
}

// Persons of a client that was merged stay theirs: a row under its alias is about one of them, and no other row is.
const (
	samePersons = `t.client_id = c.id AND t.came_as IS NOT DISTINCT FROM i.came_as`
	aliasPrefix = `coalesce(i.came_as || '/', '')`
)

// findContacts gives each staged row its contact's key, and says whether the contact is new.
func (r *importRun) findContacts(ctx context.Context) error {
	ref, email := "NULL::text", "NULL::text"
	if r.has("ref") {
		ref = "i.ref"
	}
	if r.has("email_key") {
		email = "i.email_key"
	}
	for _, sql := range []string{
		`ALTER TABLE incoming ADD key text, ADD fresh boolean`,
		fmt.Sprintf(`UPDATE incoming i SET key = coalesce(
			(SELECT t.key FROM contact t WHERE `+samePersons+` AND (t.ref = %[1]s OR t.key = `+aliasPrefix+` || %[1]s) ORDER BY t.id LIMIT 1),
			(SELECT t.key FROM contact t WHERE `+samePersons+` AND t.email_key = %[2]s AND (t.ref IS NULL OR %[1]s IS NULL) ORDER BY t.id LIMIT 1),
			(SELECT t.key FROM contact t WHERE `+samePersons+` AND t.name = i.name AND t.email_key IS NULL AND t.ref IS NULL LIMIT 1),
			`+aliasPrefix+` || coalesce(%[1]s, %[2]s, i.name)) FROM client c WHERE c.ref = i.client`, ref, email),
		`UPDATE incoming i SET fresh = NOT EXISTS (SELECT FROM contact t WHERE t.client_id = c.id AND t.key = i.key) FROM client c WHERE c.ref = i.client`,
	} {
		if _, err := r.tx.Exec(ctx, sql); err != nil {
			return fmt.Errorf("find the contacts: %w", err)
		}
	}
	return nil
}

// addBases notes why a new contact may be written to or called. Contacts that existed keep what they have.
func (r *importRun) addBases(ctx context.Context) error {
	for channel, column := range map[string]string{"mail": "mail_basis", "call": "call_basis"} {
		if !r.has(column) {
			continue
		}
		source, heldOn := "NULL::text", "NULL::date"
		if r.has("basis_source") {
			source = "i.basis_source"
		}
		if r.has("basis_on") {
			heldOn = "i.basis_on"
		}
		_, err := r.tx.Exec(ctx, fmt.Sprintf(`
			INSERT INTO basis (contact_id, channel, kind, source, held_on)
			SELECT t.id, '%s', i.%s, coalesce(%s, 'generic address'), coalesce(%s, '%s'::date)
			FROM incoming i JOIN client c ON c.ref = i.client JOIN contact t ON t.client_id = c.id AND t.key = i.key
			WHERE i.fresh AND i.%s IS NOT NULL ORDER BY i.at_line`, channel, column, source, heldOn, r.today, column))
		if err != nil {
			return fmt.Errorf("add bases: %w", err)
		}
	}
	return nil
}

// dialFromAbroad normalises again the numbers of rows that do not say their country, where the client that the column
// names is known to be in another one than the company.
func (r *importRun) dialFromAbroad(ctx context.Context, column string) error {
	if !r.has("phone") || r.has("country") {
		return nil
	}
	tag, err := r.tx.Exec(ctx, fmt.Sprintf(`CREATE TEMPORARY TABLE abroad ON COMMIT DROP AS
		SELECT row_number() OVER (ORDER BY i.at_line) AS n, i.at_line, i.phone, c.country, NULL::text AS number FROM incoming i JOIN client c ON c.ref = i.%s
		WHERE i.phone IS NOT NULL AND c.country <> $1`, column), r.country)
	if err != nil || tag.RowsAffected() == 0 {
		return err
	}
	if _, err := r.tx.Exec(ctx, `ALTER TABLE abroad ADD PRIMARY KEY (n)`); err != nil {
		return err
	}
	for from := int64(0); from < tag.RowsAffected(); from += dialAtOnce {
		if err := r.dialSome(ctx, from, from+dialAtOnce); err != nil {
			return err
		}
	}
	_, err = r.tx.Exec(ctx, `UPDATE incoming i SET phone_e164 = a.number FROM abroad a WHERE a.at_line = i.at_line`)
	return err
}

// dialAtOnce is how many numbers are held in memory.
const dialAtOnce = 10_000

// dialSome normalises the numbers after from, up to the one called to.
func (r *importRun) dialSome(ctx context.Context, from, to int64) error {
	rows, err := r.tx.Query(ctx, `SELECT n, phone, country FROM abroad WHERE n > $1 AND n <= $2`, from, to)
	if err != nil {
		return err
	}
	var n int64
	var phone, country string
	var places []int64
	var numbers []string
	_, err = pgx.ForEachRow(rows, []any{&n, &phone, &country}, func() error {
		if number, ok := clients.Phone(phone, country); ok {
			places, numbers = append(places, n), append(numbers, number)
		}
		return nil
	})
	if err != nil {
		return err
	}
	_, err = r.tx.Exec(ctx, `UPDATE abroad a SET number = x.number FROM unnest($1::bigint[], $2::text[]) AS x (n, number) WHERE x.n = a.n`, places, numbers)
	return err
}
