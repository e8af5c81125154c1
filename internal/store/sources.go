package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/relance/relance/internal/importer"
)

// ErrSource is wrapped by every refusal of a source.
var ErrSource = errors.New("source refused")

// Source is a system whose files come again and again: what was found out about them is kept.
type Source struct {
	Name      string
	Kind      importer.Kind
	Options   importer.Options
	ChangedBy string
	ChangedAt time.Time // zero: never saved, only named by imports

	LastRun       int64     // the newest run; 0: none
	LastState     RunState  // of it
	LastSuccess   time.Time // when its newest import that counts was started; zero: never
	NewestOrderOn time.Time // the newest order date of that import; zero: no orders
}

// SaveSource keeps the options of a source, instead of earlier ones. A name is one line of up to 100 bytes, without /.
func (s *Store) SaveSource(ctx context.Context, source Source, by string, now time.Time) error {
	name := strings.TrimSpace(source.Name)
	if name == "" || len(name) > 100 || strings.ContainsAny(name, "/\\\r\n\t\x00") {
		return fmt.Errorf("%w: name %q: want one line of at most 100 bytes without slashes", ErrSource, source.Name)
	}
	return s.tx(ctx, "save source "+name, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO import_source (name, kind, options, changed_by, changed_at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, options = excluded.options, changed_by = excluded.changed_by, changed_at = excluded.changed_at`,
			name, source.Kind, source.Options, by, now)
		if err != nil {
			return err
		}
		return logEvent(ctx, tx, Event{At: now, By: by, What: "source.saved", Noun: "source", Ref: name, Detail: map[string]any{"kind": source.Kind}})
	})
}

// DeleteSource forgets the options of a source; its runs stay in the history. ErrNotFound: nothing was saved.
func (s *Store) DeleteSource(ctx context.Context, name, by string, now time.Time) error {
	return s.tx(ctx, "delete source "+name, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `DELETE FROM import_source WHERE name = $1`, name)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return ErrNotFound
		}
		return logEvent(ctx, tx, Event{At: now, By: by, What: "source.deleted", Noun: "source", Ref: name})
	})
}

const sourcesSQL = `
	SELECT n.name, coalesce(s.kind, r.kind), coalesce(s.options, '{}'), coalesce(s.changed_by, ''), coalesce(s.changed_at, '0001-01-01'),
		coalesce(r.id, 0), coalesce(r.state, ''), coalesce(d.started_at, '0001-01-01'), coalesce(d.newest_order_on, '0001-01-01')
	FROM (SELECT name FROM import_source UNION SELECT source FROM import_run WHERE source IS NOT NULL AND state = 'done' AND NOT dry_run) n
	LEFT JOIN import_source s USING (name)
	LEFT JOIN LATERAL (SELECT id, kind, state FROM import_run WHERE source = n.name AND NOT dry_run ORDER BY id DESC LIMIT 1) r ON true
	LEFT JOIN LATERAL (SELECT started_at, newest_order_on FROM import_run WHERE source = n.name AND NOT dry_run AND state = 'done' ORDER BY id DESC LIMIT 1) d ON true
	WHERE $1 = '' OR n.name = $1 ORDER BY n.name`

// Sources lists the saved sources, and those that imports were said to come from, by name.
func (s *Store) Sources(ctx context.Context) ([]Source, error) {
	return s.sources(ctx, "")
}

// Source reads a saved source, or ErrNotFound.
func (s *Store) Source(ctx context.Context, name string) (Source, error) {
	list, err := s.sources(ctx, name)
	if err == nil && (len(list) == 0 || list[0].ChangedAt.IsZero()) {
		err = fmt.Errorf("source %q: %w", name, ErrNotFound)
	}
	if err != nil {
		return Source{}, err
	}
	return list[0], nil
}

func (s *Store) sources(ctx context.Context, name string) ([]Source, error) {
	rows, err := s.pool.Query(ctx, sourcesSQL, name)
	if err != nil {
		return nil, fmt.Errorf("list the sources: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (n Source, err error) {
		return n, row.Scan(&n.Name, &n.Kind, &n.Options, &n.ChangedBy, &n.ChangedAt, &n.LastRun, &n.LastState, &n.LastSuccess, &n.NewestOrderOn)
	})
	if err != nil {
		return nil, fmt.Errorf("list the sources: %w", err)
	}
	return list, nil
}
