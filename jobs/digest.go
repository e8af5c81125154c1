package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/relance/relance/internal/calendar"
	"github.com/relance/relance/internal/mail"
	"github.com/relance/relance/internal/store"
)

// digest sends each rep that has an address his list of the day. Each rep's mail has a slot of its own, taken before
// the mail leaves: a crash costs a mail, and none comes twice. A morning that is over by now is left out.
func (w *Worker) digest(ctx context.Context, p payload) error {
	return w.slot(ctx, KindDigest, p.Slot, func(ctx context.Context, now time.Time) error {
		settings, err := w.Store.Settings(ctx)
		if err != nil {
			return err
		}
		house, err := store.HouseOf(settings)
		if err != nil {
			return err
		}
		today := house.Today(now)
		if w.Sender == nil || settings["sender_email"] == "" || !house.Working(today, "") || now.Sub(p.Slot) > 4*time.Hour {
			return nil
		}
		lines, err := w.Store.DigestLines(ctx, calendar.EndOfDay(today, house.Zone()))
		if err != nil {
			return err
		}
		return w.sendDigests(ctx, lines, p.Slot, now, settings)
	})
}

func (w *Worker) sendDigests(ctx context.Context, lines []store.DigestLine, slot, now time.Time, settings store.Settings) error {
	conn, err := w.Sender.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	for _, mine := range byRep(lines) {
		first, err := w.Store.TakeSlot(ctx, fmt.Sprintf("digest:%d", mine[0].RepID), slot, w.Process.ID, now)
		if err != nil {
			return err
		}
		if !first {
			continue
		}
		r := conn.Send(ctx, []mail.Message{digestMail(mine, slot, now, settings, w.BaseURL)})[0]
		if r.Verdict != mail.Accepted {
			w.Log.Warn("digest", slog.Int64("rep", mine[0].RepID), slog.String("verdict", r.Verdict.String()), slog.Int("code", r.Code))
		}
	}
	return nil
}

// byRep cuts the lines, which are in the order of reps, into one piece for each.
func byRep(lines []store.DigestLine) (reps [][]store.DigestLine) {
	for len(lines) > 0 {
		n := 1
		for n < len(lines) && lines[n].RepID == lines[0].RepID {
			n++
		}
		reps, lines = append(reps, lines[:n]), lines[n:]
	}
	return reps
}

// digestWords are what a digest says, in one language.
type digestWords struct{ subject, one, hello, before, agreed, reasons, link, day string }

func digestIn(language string) digestWords {
	if language == "en" {
		return digestWords{"%d calls today", "One call today", "Good morning %s,\n\nHere is your list for today.\n\n",
			"before %s", "call back agreed", "%d reasons", "The cards, with the reasons and what to say: %s\n", "2 January"}
	}
	return digestWords{"%d appels aujourd’hui", "Un appel aujourd’hui", "Bonjour %s,\n\nVoici votre liste du jour.\n\n",
		"avant le %s", "rappel convenu", "%d raisons", "Les fiches, avec les raisons et quoi dire\u00a0: %s\n", "02/01"}
}

// digestMail is plain text: it is read on a phone between two visits.
func digestMail(lines []store.DigestLine, slot, now time.Time, settings store.Settings, baseURL string) mail.Message {
	language := lines[0].Language
	if language == "" {
		language = settings["language"]
	}
	words := digestIn(language)
	subject := words.one
	if len(lines) > 1 {
		subject = fmt.Sprintf(words.subject, len(lines))
	}
	var text strings.Builder
	fmt.Fprintf(&text, words.hello, lines[0].RepName)
	for i, l := range lines {
		fmt.Fprintf(&text, "%d. %s\n", i+1, digestLine(l, words, settings.Zone()))
	}
	text.WriteString("\n")
	fmt.Fprintf(&text, words.link, baseURL+"/calls")
	return mail.Message{
		MessageID: fmt.Sprintf("digest.%d.%d@%s", lines[0].RepID, slot.Unix(), domainOf(settings["sender_email"])),
		From:      mail.Address{Name: senderName(settings), Email: settings["sender_email"]},
		To:        mail.Address{Name: lines[0].RepName, Email: lines[0].RepTo},
		Subject:   subject, Text: text.String(), Date: now,
		Headers: map[string]string{"Auto-Submitted": "auto-generated"},
	}
}

func digestLine(l store.DigestLine, words digestWords, zone *time.Location) string {
	notes := []string{}
	if l.CallBackAgreed {
		notes = append(notes, words.agreed)
	}
	if l.Reasons > 1 {
		notes = append(notes, fmt.Sprintf(words.reasons, l.Reasons))
	}
	if l.DeadlineAt != nil {
		notes = append(notes, fmt.Sprintf(words.before, l.DeadlineAt.In(zone).Format(words.day)))
	}
	line := l.Client
	if l.City != "" {
		line += " (" + l.City + ")"
	}
	if len(notes) > 0 {
		line += " – " + strings.Join(notes, ", ")
	}
	return line
}

// senderName is beside the sender's address: its own, else the company's.
func senderName(s store.Settings) string {
	if s["sender_name"] != "" {
		return s["sender_name"]
	}
	return s["company"]
}
