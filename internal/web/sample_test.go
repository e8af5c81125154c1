package web

import (
	"context"
	"encoding/json"
	"fmt"
	"html/template"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/internal/testkit"
)

// The sample is a morning at an invented distributor: Tuesday 24 November 2026, 9 h 12 in Paris.
var sampleNow = time.Date(2026, 11, 24, 8, 12, 0, 0, time.UTC)

type sample struct {
	t     testing.TB
	store *store.Store
	site  *Site
	users map[string]store.User // by role; rep2 is another rep
}

// ports are what cmd connects: outcomes are the store's own, texts are simple ones.
type ports struct{ *store.Store }

func (p ports) RecordOutcome(ctx context.Context, o Outcome, now time.Time) error {
	return p.Store.RecordOutcome(ctx, store.Outcome{Call: o.Call, Outcome: o.Outcome, Attempt: o.Attempt, Note: o.Note, Until: o.At, By: o.By}, now)
}

func (p ports) Scripts(context.Context, int64, string, time.Time) ([]Script, error) {
	return []Script{{Title: "Après une note basse", HTML: "<p>« Bonjour M. Bellec, merci pour votre réponse d’hier. Vous parlez de livraisons tardives : lesquelles vous ont gêné ? »</p><ul><li>Écouter d’abord, sans se défendre.</li><li>Proposer le créneau de 6 h le mardi.</li></ul>"}}, nil
}

func (p ports) Approve(ctx context.Context, name string, draftID int, by string, now time.Time) error {
	return p.ApproveDraft(ctx, name, draftID, by, now)
}
func (p ports) Start(ctx context.Context, name, by string, now time.Time) error {
	return p.StartCampaign(ctx, name, by, now)
}
func (p ports) Pause(ctx context.Context, name, by string, now time.Time) error {
	return p.PauseCampaign(ctx, name, by, now)
}
func (p ports) Release(ctx context.Context, name, by string, now time.Time) error {
	return p.ReleaseCampaign(ctx, name, by, now)
}
func (p ports) Stop(ctx context.Context, name, by string, now time.Time) error {
	return p.StopCampaign(ctx, name, by, now)
}
func (p ports) FirstPass(context.Context, string, string, time.Time) (FirstPass, error) {
	return FirstPass{Planned: 38, Skipped: map[string]int{"no_basis": 12, "no_address": 4},
		Examples: []Example{{"C1", "Boulangerie Morel", "Note du 17 novembre.", sampleNow.Add(26 * time.Hour)}, {"C3", "Épicerie Lanoë", "", sampleNow.Add(50 * time.Hour)}}}, nil
}
func (p ports) Explain(_ context.Context, _, client, _ string, _ time.Time) ([]string, error) {
	if client != "C3" {
		return nil, fmt.Errorf("client %q: %w", client, store.ErrNotFound)
	}
	return []string{"Pas encore : sa dernière commande date du 2 novembre, il faut six mois sans commande."}, nil
}
func (p ports) Previews(context.Context, string, string, time.Time) ([]Preview, error) {
	return []Preview{{Step: "questionnaire", Kind: "mail", Client: "Hôtel du Port", From: "Camille Perrin", Subject: "Deux minutes pour nous dire ce qui ne va pas ?",
		HTML: "<!doctype html><html><head><title>x</title></head><body style=\"font:16px/1.5 Georgia;padding:24px\"><p>Bonjour M. Bellec,</p><p>Votre dernière commande remonte au printemps.</p><p><a href=\"https://example.com/s/abc\">Répondre en deux minutes</a></p></body></html>",
		Text: "Bonjour M. Bellec,\n\nVotre dernière commande remonte au printemps.", Missing: []string{"rep.phone"}}}, nil
}
func (p ports) Problems(context.Context, string) ([]string, error) { return nil, nil }

func (p ports) SlotLetters(ctx context.Context, _, slot string) ([]SlotLetter, error) {
	t, err := p.SlotText(ctx, "newsletter", slot)
	body := "Bonjour,\n\nUne fois par mois."
	if err == nil {
		body = t.Texts["mails/newsletter.fr.md"]
	}
	return []SlotLetter{{"fr", "Trois choses utiles", "Un colis abîmé.", body}, {"en", "Three useful things", "A damaged parcel.", "Hello"}}, nil
}
func (p ports) PushSlot(ctx context.Context, name, slot string, letters []SlotLetter, by string, now time.Time) ([]SlotProblem, error) {
	if strings.Contains(letters[0].Body, "companie") {
		return []SlotProblem{{"fr", "body", 3, `unknown variable "companie"`, "company"}, {"fr", "subject", 0, "the subject is empty", ""}}, nil
	}
	_, err := p.PushSlotText(ctx, store.SlotText{Campaign: name, Slot: slot, Texts: map[string]string{"mails/newsletter.fr.md": letters[0].Body}, Author: by}, now)
	return nil, err
}
func (p ports) ApproveSlot(ctx context.Context, name, slot string, seen time.Time, by string, now time.Time) error {
	t, err := p.SlotText(ctx, name, slot)
	if err != nil {
		return err
	}
	if !seen.Equal(t.CreatedAt) {
		return store.ErrConflict
	}
	return p.ApproveSlotText(ctx, t, by, now)
}
func (p ports) PreviewSlot(ctx context.Context, name, slot, _, _ string, now time.Time) (Preview, error) {
	t, err := p.SlotText(ctx, name, slot)
	return Preview{HTML: "<!doctype html><html><head></head><body><p>" + t.Texts["mails/newsletter.fr.md"] + "</p></body></html>"}, err
}

func newSample(t testing.TB) *sample {
	t.Helper()
	s := &sample{t: t, store: store.New(testkit.DB(t)), users: map[string]store.User{}}
	ctx := t.Context()
	s.must(s.store.SetClock(ctx, sampleNow))
	s.must(s.store.ChangeSettings(ctx, map[string]string{"company": "Maison Brunel"}, "test", sampleNow))
	s.people()
	s.clients()
	s.campaigns()
	_, err := s.store.RefreshFacts(ctx, sampleNow, true)
	s.must(err)
	s.touches()
	site, err := New(Config{Store: s.store, Calls: ports{s.store}, Campaigns: ports{s.store}, Log: slog.New(slog.NewTextHandler(t.Output(), nil)), BaseURL: "http://127.0.0.1:8080",
		Inbox: true, Demo: &Demo{Forward: s.forward, Users: []store.User{s.users["marketer"], s.users["rep"], s.users["manager"]}},
		SendLogin: func(context.Context, store.User, string) error { return nil }})
	s.must(err)
	s.site = site
	t.Cleanup(site.Close)
	return s
}

func (s *sample) forward(ctx context.Context, days, months int) error {
	now, err := s.store.Now(ctx)
	if err != nil {
		return err
	}
	_, err = s.store.AdvanceClock(ctx, now.AddDate(0, months, days).Sub(now))
	return err
}

func (s *sample) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *sample) exec(sql string, args ...any) {
	s.t.Helper()
	if _, err := s.store.Pool().Exec(s.t.Context(), sql, args...); err != nil {
		s.t.Fatalf("%s: %v", sql, err)
	}
}

func (s *sample) id(sql string, args ...any) (id int64) {
	s.t.Helper()
	s.must(s.store.Pool().QueryRow(s.t.Context(), sql, args...).Scan(&id))
	return id
}

func (s *sample) people() {
	s.exec(`INSERT INTO rep (ref, name, email, phone, inside) VALUES ('R1', 'Julie Martin', 'julie.martin@brunel.example', '+33261910001', false), ('R2', 'Marc Le Goff', 'marc@brunel.example', NULL, false)`)
	for _, u := range []store.User{
		{Name: "Lucie Perrin", Email: "lucie@brunel.example", Role: "marketer"}, {Name: "Julie Martin", Email: "julie@brunel.example", Role: "rep", RepRef: "R1"},
		{Name: "Hélène Brunel", Email: "helene@brunel.example", Role: "manager"}, {Name: "Paul Atelier", Email: "paul@brunel.example", Role: "colleague"},
		{Name: "Ana Ops", Email: "ana@brunel.example", Role: "operator"}, {Name: "Marc Le Goff", Email: "marc2@brunel.example", Role: "rep", RepRef: "R2"},
	} {
		u.Language = "fr"
		added, err := s.store.AddUser(s.t.Context(), u, "test", sampleNow)
		s.must(err)
		if added, err = s.store.User(s.t.Context(), added.ID); err != nil {
			s.t.Fatal(err)
		}
		key := u.Role
		if u.RepRef == "R2" {
			key = "rep2"
		}
		s.users[key] = added
	}
}

func (s *sample) clients() {
	for i, c := range []struct{ ref, name, city, sector, contact, role, rep string }{
		{"C1", "Boulangerie Morel", "Nantes", "boulangerie", "Anne Morel", "gérante", "R1"},
		{"C2", "Hôtel du Port", "Pornic", "hôtellerie", "Karim Bellec", "achats", "R1"},
		{"C3", "Épicerie Lanoë", "Clisson", "épicerie", "Jeanne Lanoë", "", "R1"},
		{"C4", "Brasserie des Halles", "Rennes", "restauration", "Yann Kerbrat", "chef", "R2"},
		{"C5", `<script>alert(1)</script> & Fils`, "Vannes", "restauration", `"><img src=x>`, "gérant", "R1"},
		{"C6", "Fournil de l’Erdre", "Nort-sur-Erdre", "boulangerie", "Paule Rio", "gérante", "R1"},
		{"C7", "Traiteur Guérin", "Ancenis", "traiteur", "Luc Guérin", "gérant", "R1"},
	} {
		id := s.id(`INSERT INTO client (ref, name, kind, city, postcode, sector, country, siren, rep_id, imported_on, created_on)
			SELECT $1, $2, 'company', $3, '44000', $4, 'FR', '732829320', r.id, '2024-01-02', $6 FROM rep r WHERE r.ref = $5 RETURNING id`,
			c.ref, c.name, c.city, c.sector, c.rep, map[bool]any{true: "2026-11-10", false: "2019-04-01"}[c.ref == "C1"])
		contact := s.id(`INSERT INTO contact (client_id, key, name, role, email, email_key, phone, phone_e164, main) VALUES ($1, $2, $3, nullif($4, ''), $5, $5, $6, $6, true) RETURNING id`,
			id, c.contact, c.contact, c.role, strings.ToLower(c.ref)+"@client.example", fmt.Sprintf("+3326191%04d", i+1))
		s.exec(`INSERT INTO basis (contact_id, channel, kind, source, held_on) VALUES ($1, 'mail', 'information', 'CGV 2024, art. 12', '2024-03-01')`, contact)
		s.orders(id, c.ref, i)
	}
	s.exec(`INSERT INTO suppression (scope, address, why, source, at) VALUES ('mail', 'c3@client.example', 'opposition', 'stop page', '2026-09-03')`)
	s.exec(`INSERT INTO activity (client_id, rep_id, kind, at, note, minutes) SELECT c.id, c.rep_id, 'visit', '2026-08-22 09:00+02', 'Vu M. Bellec, carte d’automne en préparation.', 45 FROM client c WHERE ref IN ('C2', 'C3')`)
	s.exec(`INSERT INTO activity (client_id, rep_id, kind, at, note) SELECT c.id, c.rep_id, 'complaint', '2026-11-02 09:00+01', 'Livraison arrivée à 9 h au lieu de 6 h.' FROM client c WHERE ref = 'C2'`)
	s.exec(`INSERT INTO contract (ref, client_id, kind, ends_on, notice_days, amount) SELECT 'M-2025-14', id, 'framework', '2027-03-31', 90, 24000 FROM client WHERE ref = 'C2'`)
}

// orders gives a client two years of orders with a season; C1 is new, C2 has bought less since September.
func (s *sample) orders(client int64, ref string, n int) {
	s.exec(`INSERT INTO product (ref, name) VALUES ('P1', 'Farine T65'), ('P2', 'Levain liquide') ON CONFLICT DO NOTHING`)
	add := func(on time.Time, amount float64) {
		id := s.id(`INSERT INTO orders (ref, client_id, ordered_on, delivered_on, amount, counts) VALUES ($1, $2, $3, $4, $5, true) RETURNING id`,
			fmt.Sprintf("%s-%s", ref, on.Format("060102")), client, on, on.AddDate(0, 0, 2), amount)
		s.exec(`INSERT INTO order_line (order_id, line, product_id, quantity, amount) SELECT $1, p.ref, p.id, 10, $2::numeric / 2 FROM product p`, id, amount)
	}
	if ref == "C1" {
		add(time.Date(2026, 11, 17, 0, 0, 0, 0, time.UTC), 1240)
		return
	}
	for month := range 24 {
		on := time.Date(2024, 12, 3+n, 0, 0, 0, 0, time.UTC).AddDate(0, month, 0)
		if ref == "C7" && month > 14 || on.After(sampleNow) {
			continue
		}
		amount := 1500 + 700*math.Sin(float64(month-4)/12*2*math.Pi) - float64(n)*90
		if ref == "C2" && month >= 21 {
			amount *= 0.45
		}
		add(on, math.Round(amount*4)/4)
	}
}

// campaigns are the shipped ones, approved and running.
func (s *sample) campaigns() {
	questionnaires := map[string]string{}
	for _, name := range []string{"satisfaction", "lost-client"} {
		b, err := os.ReadFile("../../templates/questionnaires/" + name + ".yaml")
		s.must(err)
		questionnaires["questionnaires/"+name+".yaml"] = string(b)
	}
	files, err := filepath.Glob("../../campaigns/library/*.yaml")
	s.must(err)
	for _, file := range files {
		source, err := os.ReadFile(file)
		s.must(err)
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		state, texts := "running", map[string]string{}
		switch name {
		case "satisfaction-survey":
			texts["questionnaires/satisfaction.yaml"] = questionnaires["questionnaires/satisfaction.yaml"]
		case "lost-client-questionnaire":
			texts["questionnaires/lost-client.yaml"] = questionnaires["questionnaires/lost-client.yaml"]
		case "newsletter":
			state = "approved"
		}
		body, err := json.Marshal(texts)
		s.must(err)
		c := s.id(`INSERT INTO campaign (name, state, started_at, created_at) VALUES ($1, $2, CASE $2 WHEN 'running' THEN '2026-11-12 09:00+01'::timestamptz END, '2026-11-10') RETURNING id`, name, state)
		v := s.id(`INSERT INTO campaign_version (campaign_id, number, source, texts, author, created_at, approved_by, approved_at)
			VALUES ($1, 1, $2, $3, 'relance', '2026-11-10', 'Lucie Perrin', '2026-11-12 08:40+01') RETURNING id`, c, string(source), body)
		s.exec(`UPDATE campaign SET version_id = $2 WHERE id = $1`, c, v)
	}
}

// touch makes one touch of a sample client, and with an opened call its card.
type touch struct {
	client, campaign, step, channel, occasion, state string
	due, sent                                        string
	figures, reason, outcome                         string
	deadline                                         string
	parent                                           int64
}

func (s *sample) touch(t touch) int64 {
	if t.figures == "" {
		t.figures = "{}"
	}
	return s.id(`INSERT INTO touch (client_id, contact_id, campaign_id, version_id, step, channel, rep_id, occasion, parent_id, triggered_on, due_at, deadline_at, state, figures, reason, outcome, sent_at, ended_at, created_at)
		SELECT c.id, p.id, g.id, g.version_id, $3, $4, c.rep_id, $5, nullif($6::bigint, 0), ($7::timestamptz)::date, $7, nullif($8, '')::timestamptz, $9, $10, nullif($11, ''), nullif($12, ''), nullif($13, '')::timestamptz, nullif($13, '')::timestamptz, '2026-11-12'
		FROM client c JOIN contact p ON p.client_id = c.id, campaign g WHERE c.ref = $1 AND g.name = $2 RETURNING id`,
		t.client, t.campaign, t.step, t.channel, t.occasion, t.parent, t.due, t.deadline, t.state, t.figures, t.reason, t.outcome, t.sent)
}

func (s *sample) card(ref, due, deadline string, touches ...int64) int64 {
	id := s.id(`INSERT INTO call (client_id, contact_id, rep_id, state, due_at, deadline_at, priority, opened_at)
		SELECT c.id, p.id, c.rep_id, 'open', $2, nullif($3, '')::timestamptz, 80, $2 FROM client c JOIN contact p ON p.client_id = c.id WHERE c.ref = $1 RETURNING id`, ref, due, deadline)
	s.exec(`UPDATE touch SET call_id = $1 WHERE id = ANY($2)`, id, touches)
	return id
}

func (s *sample) touches() {
	welcome := s.touch(touch{client: "C1", campaign: "welcome-call", step: "call", channel: "call", occasion: "first-order", state: "open", due: "2026-11-23 08:30+01", deadline: "2026-12-08 00:00+01", figures: `{"first_order_on": "2026-11-17"}`})
	s.card("C1", "2026-11-23 08:30+01", "2026-12-08 00:00+01", welcome)

	asked := s.touch(touch{client: "C2", campaign: "satisfaction-survey", step: "questionnaire", channel: "survey", occasion: "2026", state: "answered", due: "2026-11-20 09:00+01", sent: "2026-11-20 09:00+01"})
	s.exec(`INSERT INTO response (touch_id, questionnaire, language, answers, score, call_me, answered_at) VALUES ($1, 'satisfaction', 'fr', $2, 5, true, '2026-11-23 17:20+01')`,
		asked, `{"recommend": 5, "weaknesses": ["delivery"], "comment": "Livraisons trop tardives depuis septembre.", "call_me": true}`)
	angry := s.touch(touch{client: "C2", campaign: "satisfaction-survey", step: "detractor", channel: "call", occasion: fmt.Sprintf("answer:%d", asked), state: "open", due: "2026-11-24 08:30+01", deadline: "2026-11-25 00:00+01", parent: asked})
	check := s.touch(touch{client: "C2", campaign: "small-client-check-in", step: "call", channel: "call", occasion: "since:2026-08-22", state: "open", due: "2026-11-24 08:30+01"})
	s.card("C2", "2026-11-24 08:30+01", "2026-11-25 00:00+01", angry, check)

	small := s.touch(touch{client: "C3", campaign: "small-client-check-in", step: "call", channel: "call", occasion: "since:2026-08-22", state: "open", due: "2026-11-24 09:00+01", deadline: "2026-11-27 00:00+01"})
	s.card("C3", "2026-11-24 09:00+01", "2026-11-27 00:00+01", small)
	other := s.touch(touch{client: "C4", campaign: "small-client-check-in", step: "call", channel: "call", occasion: "since:2026-05-01", state: "open", due: "2026-11-24 09:00+01"})
	s.card("C4", "2026-11-24 09:00+01", "", other)
	bad := s.touch(touch{client: "C5", campaign: "small-client-check-in", step: "call", channel: "call", occasion: "since:2026-05-02", state: "open", due: "2026-11-26 09:00+01"})
	s.card("C5", "2026-11-26 09:00+01", "", bad)
	silent := s.touch(touch{client: "C7", campaign: "lost-client-questionnaire", step: "call", channel: "call", occasion: "silent:2026-02-09", state: "open", due: "2026-11-24 09:00+01", figures: `{"last_order_on": "2026-02-09", "silent_days": 250, "rhythm": 31, "rhythms": 3}`})
	s.card("C7", "2026-11-24 09:00+01", "2026-12-04 00:00+01", silent)

	for i := range 61 { // so that the sum and the plots have something to show
		client := []string{"C3", "C4", "C5", "C6", "C7"}[i%5]
		state := []string{"sent", "answered", "sent", "skipped", "planned", "sent"}[i%6]
		x := touch{client: client, campaign: "lost-client-questionnaire", step: "questionnaire", channel: "survey", occasion: fmt.Sprintf("silent:2025-%02d-%02d", i%12+1, i%27+1), state: state, due: "2026-11-13 09:00+01"}
		switch state {
		case "sent", "answered":
			x.sent = fmt.Sprintf("2026-11-%02d 09:10+01", 13+i%10)
		case "planned":
			x.due = sampleNow.AddDate(0, 0, i/2).Format(time.RFC3339)
		case "skipped":
			x.reason = []string{"opposed", "no_address", "no_basis"}[i%9/3]
		}
		id := s.touch(x)
		if state == "answered" {
			reasons := [][]string{{"price"}, {"delivery", "price"}, {"delivery"}, {"no_visit"}, {"stopped"}}[i%5]
			body, err := json.Marshal(map[string]any{"reasons": reasons, "order_again": "maybe"})
			s.must(err)
			s.exec(`INSERT INTO response (touch_id, questionnaire, language, answers, answered_at) VALUES ($1, 'lost-client', 'fr', $2, '2026-11-20')`, id, body)
		}
	}
	s.touch(touch{client: "C6", campaign: "lost-client-questionnaire", step: "questionnaire", channel: "survey", occasion: "silent:2024-01-01", state: "unsure", due: "2026-11-13 09:00+01", sent: ""})
	s.exec(`INSERT INTO pass (campaign_id, at, planned, rearmed, cancelled, skipped, held_out) SELECT id, '2026-11-24 06:00+01', 2, 0, 1, 3, 0 FROM campaign`)
	s.exec(`INSERT INTO import_run (kind, file, started_by, started_at, finished_at, newest_order_on, read, created, updated, unchanged, rejected) VALUES
		('clients', 'clients-2026-11.csv', 'Ana Ops', '2026-11-12 08:00+01', '2026-11-12 08:00+01', NULL, 412, 400, 0, 9, 3), ('orders', 'commandes-novembre.csv', 'Ana Ops', '2026-11-23 18:00+01', '2026-11-23 18:01+01', '2026-11-23', 1240, 1198, 12, 30, 0)`)
	s.exec(`INSERT INTO inbox_mail (at, mail_from, rcpt_to, subject, message_id, raw) VALUES ('2026-11-23 09:00+01', 'contact@brunel.example', 'c2@client.example', 'Deux minutes pour nous aider', '<1@x>', $1)`, []byte(sampleMail))
}

const sampleMail = "From: =?utf-8?q?Camille_Perrin?= <contact@brunel.example>\r\nTo: c2@client.example\r\nSubject: Deux minutes pour nous aider\r\nMIME-Version: 1.0\r\n" +
	"Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nBonjour M. Bellec,\r\n\r\nDeux minutes ?\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" +
	"<!doctype html><html><head></head><body><p>Bonjour M. Bellec, <a href=\"https://example.com/s/x\">deux minutes ?</a></p><script>alert(1)</script></body></html>\r\n--b--\r\n"

// Compile-time: what cmd will connect fits.
var (
	_ Calls     = ports{}
	_ Campaigns = ports{}
	_           = template.HTML("")
	_           = campaigns.Reached
)
