package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// ImportLine is a run of the import in the history.
type ImportLine struct {
	ID                                          int64
	Kind, File, By                              string
	StartedAt                                   time.Time
	FinishedAt                                  *time.Time
	NewestOrderOn                               *time.Time
	Read, Created, Updated, Unchanged, Rejected int64
}

// ImportLines lists the newest 100 runs.
func (s *Store) ImportLines(ctx context.Context) ([]ImportLine, error) {
	rows, err := s.pool.Query(ctx, `SELECT id, kind, file, started_by, started_at, finished_at, newest_order_on, read, created, updated, unchanged, rejected
		FROM import_run ORDER BY id DESC LIMIT 100`)
	if err != nil {
		return nil, fmt.Errorf("list the imports: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[ImportLine])
}

// InboxLine is a mail in the built-in inbox.
type InboxLine struct {
	ID                int64
	At                time.Time
	From, To, Subject string
}

// InboxLines lists mails, the newest first, 50 a page, below the id before (0: from the newest). Those whose subject or
// recipient has the text, when there is one.
func (s *Store) InboxLines(ctx context.Context, text string, before int64) ([]InboxLine, error) {
	rows, err := s.pool.Query(ctx, `SELECT id, at, mail_from, rcpt_to, subject FROM inbox_mail
		WHERE ($1 = '' OR position(lower($1) in lower(subject || ' ' || rcpt_to)) > 0) AND ($2 = 0 OR id < $2) ORDER BY id DESC LIMIT 50`, text, before)
	if err != nil {
		return nil, fmt.Errorf("list the inbox: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[InboxLine])
}

// InboxMail returns one mail with its raw text, or ErrNotFound.
func (s *Store) InboxMail(ctx context.Context, id int64) (InboxLine, []byte, error) {
	var m InboxLine
	var raw []byte
	err := s.pool.QueryRow(ctx, `SELECT id, at, mail_from, rcpt_to, subject, raw FROM inbox_mail WHERE id = $1`, id).Scan(&m.ID, &m.At, &m.From, &m.To, &m.Subject, &raw)
	if err != nil {
		return m, nil, fmt.Errorf("read the inbox: %w", missing(err, "mail", fmt.Sprint(id)))
	}
	return m, raw, nil
}

// SetLanguage changes the language of a user's pages: fr or en.
func (s *Store) SetLanguage(ctx context.Context, user int64, language string) error {
	if err := oneOf("fr", "en")(language); err != nil {
		return fmt.Errorf("language: %w", err)
	}
	_, err := s.pool.Exec(ctx, `UPDATE app_user SET language = $2 WHERE id = $1`, user, language)
	if err != nil {
		return fmt.Errorf("set the language of user %d: %w", user, err)
	}
	return nil
}
