package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/relance/relance/internal/mail"
	"github.com/relance/relance/internal/store"
)

// sendLogin returns what mails a log-in link to a user; nil when this process sends no mail, or keeps it in the inbox,
// where others would read the link.
func (n *node) sendLogin() func(context.Context, store.User, string) error {
	if n.sender == nil || n.smtp == inboxURL {
		return nil
	}
	return func(ctx context.Context, to store.User, link string) error {
		m, err := n.loginMail(ctx, to, link)
		if err != nil {
			return err
		}
		conn, err := n.sender.Conn(ctx)
		if err != nil {
			return err
		}
		defer conn.Release()
		if r := conn.Send(ctx, []mail.Message{m})[0]; r.Verdict != mail.Accepted {
			return fmt.Errorf("send a log-in link to user %d: %s, code %d", to.ID, r.Verdict, r.Code)
		}
		return nil
	}
}

func (n *node) loginMail(ctx context.Context, to store.User, link string) (mail.Message, error) {
	settings, err := n.store.Settings(ctx)
	if err != nil {
		return mail.Message{}, err
	}
	if err := needed(settings, "company", "sender_email"); err != nil {
		return mail.Message{}, err
	}
	_, domain, _ := strings.Cut(settings["sender_email"], "@")
	subject, text := "Votre lien de connexion à relance", "Bonjour %s,\n\nCe lien ouvre relance une fois, dans les 15 minutes :\n\n%s\n\nSi vous ne l’avez pas demandé, ignorez ce message.\n"
	if to.Language == "en" {
		subject, text = "Your link to log in to relance", "Hello %s,\n\nThis link opens relance once, within 15 minutes:\n\n%s\n\nIf you did not ask for it, ignore this message.\n"
	}
	return mail.Message{
		MessageID: "login." + uuid.NewString() + "@" + domain, Date: time.Now(),
		From:    mail.Address{Name: settings["company"], Email: settings["sender_email"]},
		To:      mail.Address{Name: to.Name, Email: to.Email},
		Subject: subject, Text: fmt.Sprintf(text, to.Name, link), Headers: map[string]string{"Auto-Submitted": "auto-generated"},
	}, nil
}
