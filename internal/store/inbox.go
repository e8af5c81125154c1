package store

import (
	"bytes"
	"context"
	"fmt"
	"mime"
	"net/mail"
	"strings"
	"time"
)

// KeepMail puts a mail into the built-in inbox, one row for each recipient.
func (s *Store) KeepMail(ctx context.Context, from string, to []string, raw []byte, now time.Time) error {
	subject, id := headOf(raw)
	_, err := s.pool.Exec(ctx, `INSERT INTO inbox_mail (at, mail_from, rcpt_to, subject, message_id, raw)
		SELECT $1, $2, unnest($3::text[]), $4, $5, $6`, now, from, to, subject, id, raw)
	if err != nil {
		return fmt.Errorf("keep a mail in the inbox: %w", err)
	}
	return nil
}

// headOf reads what the inbox lists; a mail that cannot be read is kept all the same.
func headOf(raw []byte) (subject, id string) {
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return "", ""
	}
	subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		subject = m.Header.Get("Subject")
	}
	return strings.ToValidUTF8(subject, "�"), strings.Trim(m.Header.Get("Message-Id"), "<>")
}
