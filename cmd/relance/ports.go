package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/desk"
	"github.com/relance/relance/internal/letters"
	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/internal/web"
)

// callsPort lets pages record what came of calls, and read their scripts.
type callsPort struct {
	store  *store.Store
	writer *letters.Writer
}

// RecordOutcome implements web.Calls.
func (p callsPort) RecordOutcome(ctx context.Context, o web.Outcome, now time.Time) error {
	err := p.store.RecordOutcome(ctx, store.Outcome{Call: o.Call, Outcome: o.Outcome, Attempt: o.Attempt, Note: o.Note, Until: o.At, By: o.By}, now)
	if errors.Is(err, store.ErrOutcome) {
		return fmt.Errorf("%w: %w", err, web.ErrRefused)
	}
	return err
}

// UndoOutcome implements web.Calls.
func (p callsPort) UndoOutcome(ctx context.Context, call int64, by string, now time.Time) error {
	return p.store.UndoOutcome(ctx, call, by, now)
}

// Scripts implements web.Calls. A script is in the client's language, not the reader's: it is said to the client.
func (p callsPort) Scripts(ctx context.Context, call int64, _ string, now time.Time) ([]web.Script, error) {
	spoken, err := p.writer.Scripts(ctx, call, now)
	if err != nil {
		return nil, err
	}
	scripts := make([]web.Script, len(spoken))
	for i, s := range spoken {
		scripts[i] = web.Script{Title: s.Title, HTML: s.HTML}
	}
	return scripts, nil
}

// campaignsPort lets pages change campaigns and ask about them.
type campaignsPort struct {
	store  *store.Store
	desk   *desk.Desk
	writer *letters.Writer
}

func newCampaignsPort(st *store.Store, w *letters.Writer) campaignsPort {
	return campaignsPort{st, desk.New(st), w}
}

// refusable marks what a person can act on, so that the page shows its sentence.
func refusable(err error) error {
	for _, known := range []error{desk.ErrMistakes, store.ErrOwnWork, store.ErrCampaignState, store.ErrConflict} {
		if errors.Is(err, known) {
			return fmt.Errorf("%w: %w", err, web.ErrRefused)
		}
	}
	return err
}

// Approve implements web.Campaigns, as the next methods do.
func (p campaignsPort) Approve(ctx context.Context, name string, draftID int, by string, now time.Time) error {
	return refusable(p.desk.ApproveDraft(ctx, name, draftID, by, now))
}

func (p campaignsPort) Start(ctx context.Context, name, by string, now time.Time) error {
	return refusable(p.store.StartCampaign(ctx, name, by, now))
}

func (p campaignsPort) Pause(ctx context.Context, name, by string, now time.Time) error {
	return refusable(p.store.PauseCampaign(ctx, name, by, now))
}

func (p campaignsPort) Release(ctx context.Context, name, by string, now time.Time) error {
	return refusable(p.store.ReleaseCampaign(ctx, name, by, now))
}

func (p campaignsPort) Stop(ctx context.Context, name, by string, now time.Time) error {
	return refusable(p.store.StopCampaign(ctx, name, by, now))
}

func (p campaignsPort) FirstPass(ctx context.Context, name, language string, now time.Time) (web.FirstPass, error) {
	report, err := p.store.FirstPass(ctx, name, now)
	if err != nil {
		return web.FirstPass{}, refusable(err)
	}
	settings, err := p.store.Settings(ctx)
	if err != nil {
		return web.FirstPass{}, err
	}
	pass := web.FirstPass{Planned: report.Planned, Skipped: map[string]int{}}
	for reason, n := range report.Skipped {
		pass.Skipped[string(reason)] = n
	}
	clients, err := p.store.ExampleClients(ctx, report.Examples)
	if err != nil {
		return pass, err
	}
	for i, e := range report.Examples {
		pass.Examples = append(pass.Examples, web.Example{Ref: clients[i].Ref, Name: clients[i].Name, Why: desk.Why(e.Touch, language, settings), DueAt: e.Touch.DueAt})
	}
	return pass, nil
}

func (p campaignsPort) Explain(ctx context.Context, name, client, language string, now time.Time) ([]string, error) {
	return p.desk.Explain(ctx, name, client, language, now)
}

func (p campaignsPort) Problems(ctx context.Context, name string) ([]string, error) {
	problems, err := p.desk.Problems(ctx, name)
	lines := make([]string, len(problems))
	for i, problem := range problems {
		lines[i] = problem.String()
	}
	return lines, err
}

// SlotLetters implements web.Campaigns, as the next methods do.
func (p campaignsPort) SlotLetters(ctx context.Context, name, slot string) ([]web.SlotLetter, error) {
	found, err := p.desk.Letters(ctx, name, slot)
	letters := make([]web.SlotLetter, len(found))
	for i, l := range found {
		letters[i] = web.SlotLetter(l)
	}
	return letters, err
}

func (p campaignsPort) PushSlot(ctx context.Context, name, slot string, typed []web.SlotLetter, by string, now time.Time) ([]web.SlotProblem, error) {
	letters := make([]desk.Letter, len(typed))
	for i, l := range typed {
		letters[i] = desk.Letter(l)
	}
	found, err := p.desk.PushLetters(ctx, name, slot, letters, by, now)
	var problems []web.SlotProblem
	for _, problem := range found {
		problems = append(problems, web.SlotProblem(problem))
	}
	return problems, err
}

func (p campaignsPort) ApproveSlot(ctx context.Context, name, slot string, seen time.Time, by string, now time.Time) error {
	err := p.desk.ApproveSlot(ctx, name, slot, seen, by, now)
	if errors.Is(err, desk.ErrMistakes) {
		return refusable(err)
	}
	return err // the pages have their own words for the other refusals
}

func (p campaignsPort) PreviewSlot(ctx context.Context, name, slot, language, client string, now time.Time) (web.Preview, error) {
	c, err := p.store.Campaign(ctx, name)
	if err != nil {
		return web.Preview{}, err
	}
	text, err := p.store.SlotText(ctx, name, slot)
	if err != nil {
		return web.Preview{}, err
	}
	version, err := p.writer.Version(ctx, c.Newest())
	if err != nil {
		return web.Preview{}, err
	}
	t, err := p.writer.PreviewSlot(ctx, version, text.Texts, language, client, now)
	return web.Preview{Step: t.Step.Name, Kind: "mail", Client: t.Client, From: t.From, Subject: t.Subject, HTML: t.HTML, Text: t.Text, Missing: t.Missing}, err
}

func (p campaignsPort) Previews(ctx context.Context, name, client string, now time.Time) ([]web.Preview, error) {
	c, err := p.store.Campaign(ctx, name)
	if err != nil {
		return nil, err
	}
	version, err := p.writer.Version(ctx, max(c.DraftID, c.VersionID))
	if err != nil {
		return nil, err
	}
	texts, err := p.writer.Previews(ctx, version, client, now)
	if err != nil {
		return nil, refusable(err)
	}
	previews := make([]web.Preview, len(texts))
	for i, t := range texts {
		kind := "mail"
		if t.Step.Channel == campaigns.Call {
			kind = "script"
		}
		previews[i] = web.Preview{Step: t.Step.Name, Kind: kind, Client: t.Client, From: t.From, Subject: t.Subject, HTML: t.HTML, Text: t.Text, Missing: t.Missing}
	}
	return previews, nil
}
