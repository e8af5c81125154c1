package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/calendar"
)

// ErrDeclaration is wrapped by every refusal of a declared basis.
var ErrDeclaration = errors.New("declaration refused")

// Declaration says in bulk why we may contact the people of an audience. Refusals win over it, whenever they came.
type Declaration struct {
	ID         int64
	Kind       string        // consent, information, generic, contract
	Channel    string        // mail or call
	Source     string        // such as "CGV 2024, art. 12"
	HeldOn     calendar.Date // since when it holds
	Audience   string        // a condition over the facts; empty: every client
	DeclaredBy string
	DeclaredAt time.Time
	Contacts   int64     // to whom it gave a basis
	UndoneAt   time.Time // zero: it stands
}

// check says what is missing or wrong.
func (d Declaration) check(today calendar.Date) error {
	switch {
	case d.Kind != "consent" && d.Kind != "information" && d.Kind != "generic" && d.Kind != "contract":
		return fmt.Errorf("%w: kind %q; want consent, information, generic or contract", ErrDeclaration, d.Kind)
	case d.Channel != "mail" && d.Channel != "call":
		return fmt.Errorf("%w: channel %q; want mail or call", ErrDeclaration, d.Channel)
	case strings.TrimSpace(d.Source) == "":
		return fmt.Errorf("%w: the source is what proves it; say where it stands", ErrDeclaration)
	case d.HeldOn == 0 || d.HeldOn > today:
		return fmt.Errorf("%w: it must hold since today or before", ErrDeclaration)
	}
	return nil
}

// DeclareBasis gives a basis to every contact of the audience that has an address (or number) and none of this kind yet.
// It returns the declaration with its ID and how many contacts it reached.
func (s *Store) DeclareBasis(ctx context.Context, d Declaration, now time.Time) (Declaration, error) {
	audience, problems := campaigns.ParseAudience(d.Audience)
	if strings.TrimSpace(d.Audience) == "" {
		audience, problems = nil, nil
	}
	if len(problems) > 0 {
		return d, fmt.Errorf("%w: audience: %s", ErrDeclaration, problems[0])
	}
	pass, err := s.look(ctx, &campaigns.Definition{Audience: audience}, now)
	if err != nil {
		return d, err
	}
	if err := d.check(pass.House.Today(now)); err != nil {
		return d, err
	}
	var clients []int64
	err = s.eachClient(ctx, pass, func(f *campaigns.Facts, _ []campaigns.Touch) error {
		if audience.Holds(&pass.Moment, f) {
			clients = append(clients, f.ClientID)
		}
		return nil
	})
	if err != nil {
		return d, err
	}
	err = s.tx(ctx, "declare a basis", func(tx pgx.Tx) error {
		d.DeclaredAt = now
		err := tx.QueryRow(ctx, `INSERT INTO basis_declaration (kind, channel, source, held_on, audience, declared_by, declared_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`, d.Kind, d.Channel, d.Source, d.HeldOn.Time(), d.Audience, d.DeclaredBy, now).Scan(&d.ID)
		if err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, declareSQL, d.ID, clients).Scan(&d.Contacts); err != nil {
			return err
		}
		return logEvent(ctx, tx, Event{At: now, By: d.DeclaredBy, What: "basis.declared", Noun: "basis", Ref: fmt.Sprint(d.ID),
			Detail: map[string]any{"kind": d.Kind, "source": d.Source, "contacts": d.Contacts}})
	})
	return d, err
}

const declareSQL = `
	WITH given AS (
		INSERT INTO basis (contact_id, channel, kind, source, held_on, declaration_id)
		SELECT p.id, d.channel, d.kind, d.source, d.held_on, d.id
		FROM basis_declaration d, contact p
		WHERE d.id = $1 AND p.client_id = ANY ($2) AND (d.channel = 'mail' AND p.email_key IS NOT NULL OR d.channel = 'call' AND p.phone IS NOT NULL)
		  AND NOT EXISTS (SELECT FROM basis b LEFT JOIN basis_declaration o ON o.id = b.declaration_id
			WHERE b.contact_id = p.id AND b.channel = d.channel AND b.kind = d.kind AND b.withdrawn_at IS NULL AND o.undone_at IS NULL)
		RETURNING contact_id),
	stale AS (INSERT INTO client_stale (client_id) SELECT DISTINCT p.client_id FROM given g JOIN contact p ON p.id = g.contact_id ON CONFLICT DO NOTHING)
	UPDATE basis_declaration SET contacts = (SELECT count(*) FROM given) WHERE id = $1 RETURNING contacts`

// UndoBasis takes a declaration back: what it gave no longer counts. ErrNotFound when it is not there or was undone.
func (s *Store) UndoBasis(ctx context.Context, id int64, by string, now time.Time) error {
	return s.tx(ctx, fmt.Sprintf("undo declaration %d", id), func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE basis_declaration SET undone_at = $2, undone_by = $3 WHERE id = $1 AND undone_at IS NULL`, id, now, by)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return ErrNotFound
		}
		_, err = tx.Exec(ctx, `INSERT INTO client_stale (client_id) SELECT DISTINCT p.client_id FROM basis b JOIN contact p ON p.id = b.contact_id WHERE b.declaration_id = $1 ON CONFLICT DO NOTHING`, id)
		if err != nil {
			return err
		}
		return logEvent(ctx, tx, Event{At: now, By: by, What: "basis.undone", Noun: "basis", Ref: fmt.Sprint(id)})
	})
}

// Declarations lists what was declared, newest first.
func (s *Store) Declarations(ctx context.Context) ([]Declaration, error) {
	rows, err := s.pool.Query(ctx, `SELECT id, kind, channel, source, held_on, audience, declared_by, declared_at, contacts, undone_at FROM basis_declaration ORDER BY id DESC`)
	if err != nil {
		return nil, fmt.Errorf("list declarations: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (Declaration, error) {
		var d Declaration
		var held time.Time
		var undone *time.Time
		err := row.Scan(&d.ID, &d.Kind, &d.Channel, &d.Source, &held, &d.Audience, &d.DeclaredBy, &d.DeclaredAt, &d.Contacts, &undone)
		d.HeldOn, d.UndoneAt = calendar.DateOf(held), timeOf(undone)
		return d, err
	})
}
