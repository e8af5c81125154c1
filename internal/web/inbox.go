package web

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // mails in other encodings
	"github.com/emersion/go-message/mail"

	"github.com/relance/relance/internal/store"
)

// inboxPage is the built-in inbox of a trial: every mail that would have left.
type inboxPage struct {
	Frame
	Mails    []store.InboxLine
	Question string
	Before   int64 // id of the last one shown; 0: there are no more
}

func (s *Site) showInbox(w http.ResponseWriter, r *request) error {
	question := strings.TrimSpace(r.URL.Query().Get("q"))
	before, _ := strconv.ParseInt(r.URL.Query().Get("before"), 10, 64) // 0: from the newest
	mails, err := s.Store.InboxLines(r.Context(), question, before)
	if err != nil {
		return err
	}
	page := inboxPage{Frame: s.frame(r, r.Reader.T("inbox.title"), "inbox"), Mails: mails, Question: question}
	if len(mails) == 50 {
		page.Before = mails[len(mails)-1].ID
	}
	return s.show(w, http.StatusOK, "inbox", page)
}

// mailPage is one mail as its reader gets it.
type mailPage struct {
	Frame
	Mail    store.InboxLine
	Headers []header
	Text    string
	HasHTML bool
}

type header struct{ Name, Value string }

func (s *Site) showMail(w http.ResponseWriter, r *request) error {
	line, parts, err := s.readMail(r)
	if err != nil {
		return err
	}
	page := mailPage{Frame: s.frame(r, line.Subject, "inbox"), Mail: line, Headers: parts.headers, Text: parts.text, HasHTML: parts.html != ""}
	return s.show(w, http.StatusOK, "mail", page)
}

func (s *Site) showMailLetter(w http.ResponseWriter, r *request) error {
	_, parts, err := s.readMail(r)
	if err != nil {
		return err
	}
	return letter(w, parts.html)
}

// mailParts are the parts of a message that people read.
type mailParts struct {
	headers    []header
	text, html string
}

func (s *Site) readMail(r *request) (store.InboxLine, mailParts, error) {
	id, err := pathID(r)
	if err != nil {
		return store.InboxLine{}, mailParts{}, err
	}
	line, raw, err := s.Store.InboxMail(r.Context(), id)
	if err != nil {
		return line, mailParts{}, err
	}
	parts, err := parseMail(raw)
	if err != nil {
		return line, parts, fmt.Errorf("read mail %d: %w", id, err)
	}
	return line, parts, nil
}

func parseMail(raw []byte) (parts mailParts, err error) {
	reader, err := mail.CreateReader(bytes.NewReader(raw))
	if err != nil && !message.IsUnknownCharset(err) {
		return parts, err
	}
	for fields := reader.Header.Fields(); fields.Next(); {
		value, err := fields.Text()
		if err != nil {
			value = fields.Value() // shown as it came
		}
		parts.headers = append(parts.headers, header{fields.Key(), value})
	}
	for {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return parts, nil
		}
		if err != nil && !message.IsUnknownCharset(err) {
			return parts, err
		}
		inline, ok := part.Header.(*mail.InlineHeader)
		if !ok {
			continue
		}
		body, err := io.ReadAll(io.LimitReader(part.Body, 4<<20))
		if err != nil {
			return parts, err
		}
		switch kind, _, _ := inline.ContentType(); kind {
		case "text/html":
			parts.html = string(body)
		case "text/plain":
			parts.text = string(body)
		}
	}
}
