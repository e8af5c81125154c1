package letters_test

import (
	"errors"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/desk"
	"github.com/relance/relance/internal/letters"
	"github.com/relance/relance/internal/links"
	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/internal/testkit"
)

// now is Tuesday 10 March 2026, ten in the morning in Paris.
var now = time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)

const base = "https://relance.example/r"

// house is a company with two clients: one of whom all is known and who reads French, and one who has nothing but an
// address and reads English.
type house struct {
	t     *testing.T
	db    *pgxpool.Pool
	store *store.Store
	links *links.Signer
	*letters.Writer
}

func newHouse(t *testing.T) house {
	t.Helper()
	db := testkit.DB(t)
	h := house{t: t, db: db, store: store.New(db)}
	signer, err := links.New([]byte("0123456789abcdef0123456789abcdef"))
	h.must(err)
	h.links, h.Writer = signer, letters.New(h.store, signer, base+"/")
	h.must(h.store.ChangeSettings(t.Context(), map[string]string{"company": "Maison Brunel", "company_address": "3 rue des Lilas, 69003 Lyon", "sender_email": "nouvelles@brunel.example"}, "test", now))
	d := desk.New(h.store)
	h.must(d.InstallShipped(t.Context(), now))
	for _, f := range campaigns.Library() {
		h.must(d.Approve(t.Context(), f.Name, "operator", now))
		h.must(h.store.StartCampaign(t.Context(), f.Name, "operator", now))
	}
	h.exec(`INSERT INTO rep (ref, name, email, phone) VALUES ('R1', 'Claire Martin', 'claire@brunel.example', '04 72 00 00 01')`)
	h.exec(`INSERT INTO client (ref, name, city, postcode, country, language, rep_id, imported_on) VALUES ('A', 'Atelier Duval', 'Lyon', '69003', 'FR', 'fr', 1, '2020-01-01'), ('B', 'Blue Door', NULL, NULL, 'GB', 'en', NULL, '2020-01-01')`)
	h.exec(`INSERT INTO contact (client_id, key, name, email, email_key, main) VALUES (1, 'p', 'Paule Petit', 'Paule.Petit@duval.example', 'paule.petit@duval.example', true), (2, 'p', '', 'info@bluedoor.example', 'info@bluedoor.example', true)`)
	h.exec(`INSERT INTO basis (contact_id, channel, kind, source, held_on) VALUES (1, 'mail', 'information', 'CGV 2024, art. 12', '2024-01-01')`)
	h.exec(`INSERT INTO orders (ref, client_id, ordered_on, amount, counts) VALUES ('O1', 1, '2026-02-20', 400, true), ('O2', 1, '2026-03-06', 90, true)`)
	_, err = h.store.RefreshFacts(t.Context(), now, true)
	h.must(err)
	return h
}

func (h house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h house) exec(sql string, args ...any) {
	h.t.Helper()
	_, err := h.db.Exec(h.t.Context(), sql, args...)
	h.must(err)
}

// due plans a touch of a client's only contact, admits it and claims it, as a worker does. A reminder gets a parent that
// was sent and closes on 23 March.
func (h house) due(client int64, campaign, step string, channel campaigns.Channel, occasion string) *store.Due {
	h.t.Helper()
	parent := int64(0)
	if main, ok := strings.CutSuffix(step, "/reminder"); ok {
		h.must(h.db.QueryRow(h.t.Context(), insertTouch, client, campaign, main, channel, occasion, "sent", now, nil).Scan(&parent))
		h.exec(`UPDATE touch SET closes_at = '2026-03-23T22:59:59Z' WHERE id = $1`, parent)
	}
	var id int64
	h.must(h.db.QueryRow(h.t.Context(), insertTouch, client, campaign, step, channel, occasion, "planned", now, parent).Scan(&id))
	var campaignID int
	h.must(h.db.QueryRow(h.t.Context(), `SELECT id FROM campaign WHERE name = $1`, campaign).Scan(&campaignID))
	claimed, err := h.store.ClaimAndRecord(h.t.Context(), store.Claim{Worker: uuid.New(), CampaignID: campaignID, Channel: channel, Domain: "brunel.example", N: 1}, nil, now)
	h.must(err)
	if len(claimed) != 1 || claimed[0].ID != id || claimed[0].ParentID != parent {
		h.t.Fatalf("claimed %+v, want touch %d after %d", claimed, id, parent)
	}
	return &claimed[0]
}

const insertTouch = `INSERT INTO touch (client_id, contact_id, campaign_id, version_id, step, channel, occasion, parent_id, triggered_on, due_at, state, address, admitted_at, created_at)
	SELECT p.client_id, p.id, g.id, g.version_id, $3, $4, $5, nullif($8::bigint, 0), '2026-03-10', $7, $6, p.email_key, $7, $7 FROM contact p, campaign g WHERE p.client_id = $1 AND g.name = $2 RETURNING id`

func TestEachShippedMailInBothLanguages(t *testing.T) {
	h := newHouse(t)
	h.exec(`INSERT INTO slot_text (campaign_id, slot, texts, author, created_at, approved_by, approved_at) SELECT id, '2026-03-03', '{}', 'm', $1, 'o', $1 FROM campaign WHERE name = 'newsletter'`, now)
	for _, c := range []struct {
		campaign, step, occasion string
		channel                  campaigns.Channel
		fr, en                   string // what only this mail says
	}{
		{"welcome-call", "sorry-we-missed-you", "first-order", campaigns.Mail, "première commande", "first order"},
		{"satisfaction-survey", "questionnaire", "2026", campaigns.Survey, "", ""},
		{"satisfaction-survey", "questionnaire/reminder", "2026", campaigns.Survey, "seul rappel", "reminder"},
		{"lost-client-questionnaire", "questionnaire", "silent:2025-01-01", campaigns.Survey, "", ""},
		{"lost-client-questionnaire", "questionnaire/reminder", "silent:2025-01-01", campaigns.Survey, "", ""},
		{"newsletter", "mail", "2026-03-03", campaigns.Mail, "Une fois par mois", ""},
	} {
		for client, says := range map[int64]string{1: c.fr, 2: c.en} {
			name := c.campaign + " " + c.step + " " + map[int64]string{1: "fr", 2: "en"}[client]
			due := h.due(client, c.campaign, c.step, c.channel, c.occasion+" of "+name)
			due.Occasion = c.occasion
			m, closes, err := h.Compose(t.Context(), due, now)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			h.checkHeaders(name, due, m.MessageID, m.ListID, m.UnsubscribeURL)
			if _, err := mail.ParseAddress(m.To.Email); err != nil || m.From.Email != "nouvelles@brunel.example" || m.From.Name == "" {
				t.Errorf("%s: from %v to %v", name, m.From, m.To)
			}
			wantReply := map[int64]string{1: "claire@brunel.example", 2: ""}[client]
			if m.ReplyTo.Email != wantReply {
				t.Errorf("%s: replies go to %q, want %q", name, m.ReplyTo.Email, wantReply)
			}
			for part, body := range map[string]string{"subject": m.Subject, "HTML": m.HTML, "text": m.Text} {
				if body == "" || strings.Contains(body, "{{") || strings.Contains(body, "{%") || strings.Contains(body, "<no value>") {
					t.Errorf("%s: %s is %.200q", name, part, body)
				}
				if part == "subject" {
					continue
				}
				for _, word := range []string{"Maison Brunel", "3 rue des Lilas", m.UnsubscribeURL, says} {
					if !strings.Contains(strings.Join(strings.Fields(body), " "), word) {
						t.Errorf("%s: the %s does not say %q", name, part, word)
					}
				}
				if strings.Contains(strings.ToLower(body), "client perdu") || strings.Contains(strings.ToLower(body), "lost client") {
					t.Errorf("%s: the %s says lost", name, part)
				}
			}
			h.checkSurvey(name, due, c.channel, m.HTML, m.Text, closes)
		}
	}
}

func (h house) checkHeaders(name string, due *store.Due, messageID, listID, stopURL string) {
	h.t.Helper()
	if want := "touch." + itoa(due.ID) + "@brunel.example"; messageID != want {
		h.t.Errorf("%s: Message-ID %s, want %s", name, messageID, want)
	}
	if want := due.Campaign + ".brunel.example"; listID != want {
		h.t.Errorf("%s: List-Id %s, want %s", name, listID, want)
	}
	token, ok := strings.CutPrefix(stopURL, base+"/u/")
	if touch, err := h.links.Open(links.Stop, token); !ok || err != nil || touch != due.ID {
		h.t.Errorf("%s: the stop link %s opens %d, %v", name, stopURL, touch, err)
	}
}

// checkSurvey: the invitation closes at the end of the 21st day after 10 March; a reminder carries the invitation's token,
// says its day, and closes nothing.
func (h house) checkSurvey(name string, due *store.Due, channel campaigns.Channel, html, text string, closes time.Time) {
	h.t.Helper()
	if channel != campaigns.Survey {
		if !closes.IsZero() || strings.Contains(html, base+"/s/") {
			h.t.Errorf("%s: no survey, but it closes %s", name, closes)
		}
		return
	}
	invitation, day, wantCloses := due.ID, map[string]string{"fr": "31 mars", "en": "31 March"}[due.Language], "2026-03-31 23:59"
	if due.ParentID != 0 {
		invitation, day, wantCloses = due.ParentID, map[string]string{"fr": "23 mars", "en": "23 March"}[due.Language], ""
	}
	url := base + "/s/" + h.links.Token(links.Survey, invitation)
	plain := strings.NewReplacer("\u00a0", " ", "&nbsp;", " ").Replace(strings.Join(strings.Fields(text), " "))
	if !strings.Contains(html, url) || !strings.Contains(text, url) {
		h.t.Errorf("%s: the link of invitation %d is not in both parts", name, invitation)
	}
	if silent := due.Campaign == "lost-client-questionnaire" && due.ParentID == 0; !silent && !strings.Contains(plain, day) { // who is silent is not pressed
		h.t.Errorf("%s: does not say %q: %s", name, day, plain)
	}
	paris, err := time.LoadLocation("Europe/Paris")
	h.must(err)
	if got := closes.In(paris).Format("2006-01-02 15:04"); wantCloses == "" != closes.IsZero() || wantCloses != "" && due.Client.Country == "FR" && got != wantCloses {
		h.t.Errorf("%s: closes %s, want %q", name, got, wantCloses)
	}
}

func itoa(n int64) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + string(rune('0'+n%10))
}

func TestTheFirstOrderIsNotTheLast(t *testing.T) {
	h := newHouse(t)
	m, _, err := h.Compose(t.Context(), h.due(1, "welcome-call", "sorry-we-missed-you", campaigns.Mail, "first-order"), now)
	h.must(err)
	plain := strings.ReplaceAll(m.Text, "\u00a0", " ")
	if !strings.Contains(plain, "20 février 2026") || strings.Contains(plain, "6 mars") {
		t.Errorf("the first order was on 20 February:\n%s", plain)
	}
}

func TestWhereRepliesGo(t *testing.T) {
	for _, c := range []struct{ name, sql, want string }{
		{"to the rep", `SELECT`, "claire@brunel.example"},
		{"to the address that is set", `INSERT INTO setting (key, value, changed_by, changed_at) VALUES ('reply_to', 'bonjour@brunel.example', 't', now())`, "bonjour@brunel.example"},
		{"to the sender, who is the rep", `UPDATE rep SET email = 'nouvelles@brunel.example'`, ""},
		{"to the sender, when the rep has no address", `UPDATE rep SET email = NULL`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t)
			h.exec(c.sql)
			m, _, err := h.Compose(t.Context(), h.due(1, "welcome-call", "sorry-we-missed-you", campaigns.Mail, "first-order"), now)
			h.must(err)
			if m.ReplyTo.Email != c.want {
				t.Errorf("got %q, want %q", m.ReplyTo.Email, c.want)
			}
		})
	}
}

func TestASlotBringsItsOwnApprovedText(t *testing.T) {
	h := newHouse(t)
	due := h.due(1, "newsletter", "mail", campaigns.Mail, "2026-03-03")
	if _, _, err := h.Compose(t.Context(), due, now); !errors.Is(err, letters.ErrText) {
		t.Errorf("without a text: %v", err)
	}
	h.exec(`INSERT INTO slot_text (campaign_id, slot, texts, author, created_at) SELECT id, '2026-03-03', jsonb_build_object('mails/newsletter.fr.md', $2::text), 'm', $1 FROM campaign WHERE name = 'newsletter'`,
		now, "---\nsubject: \"Le numéro de mars\"\n---\nDu neuf pour {{ client.name }}.\n")
	if _, _, err := h.Compose(t.Context(), due, now); !errors.Is(err, letters.ErrText) {
		t.Errorf("with a text that nobody approved: %v", err)
	}
	h.exec(`UPDATE slot_text SET approved_by = 'o', approved_at = $1`, now)
	m, _, err := h.Compose(t.Context(), due, now)
	h.must(err)
	if m.Subject != "Le numéro de mars" || !strings.Contains(m.Text, "Du neuf pour Atelier Duval.") {
		t.Errorf("subject %q, text %s", m.Subject, m.Text)
	}
	due.Occasion = "2026-04-07" // the next issue has no text yet, whatever March's said
	if _, _, err := h.Compose(t.Context(), due, now); !errors.Is(err, letters.ErrText) {
		t.Errorf("the next slot: %v", err)
	}
	due.Occasion = "answer:7" // what an answer to an issue has made
	if m, _, err := h.Compose(t.Context(), due, now); err != nil || !strings.Contains(m.Text, "Une fois par mois") {
		t.Errorf("after an answer, the version's text: %v, %s", err, m.Text)
	}
}

func TestNothingIsSentWithoutASender(t *testing.T) {
	for _, key := range []string{"company", "sender_email"} {
		h := newHouse(t)
		h.exec(`DELETE FROM setting WHERE key = $1`, key)
		if _, _, err := h.Compose(t.Context(), h.due(1, "welcome-call", "sorry-we-missed-you", campaigns.Mail, "first-order"), now); !errors.Is(err, letters.ErrText) {
			t.Errorf("without %s: %v", key, err)
		}
	}
}

func TestPreviewsSayWhatIsMissing(t *testing.T) {
	h := newHouse(t)
	c, err := h.store.Campaign(t.Context(), "welcome-call")
	h.must(err)
	v, err := h.Version(t.Context(), c.VersionID)
	h.must(err)
	full, err := h.Previews(t.Context(), v, "A", now)
	h.must(err)
	sparse, err := h.Previews(t.Context(), v, "B", now)
	h.must(err)
	if len(full) != 2 || len(sparse) != 2 {
		t.Fatalf("%d and %d previews for two steps", len(full), len(sparse))
	}
	for i, p := range full {
		if slices.Contains(p.Missing, "contact.name") || slices.Contains(p.Missing, "rep.name") || p.Text == "" || p.HTML == "" || p.Subject == "" {
			t.Errorf("%s of the client of whom all is known lacks %v", p.Step.Name, p.Missing)
		}
		if i == 1 && (!slices.Contains(sparse[1].Missing, "contact.name") || !slices.Contains(sparse[1].Missing, "rep.name")) {
			t.Errorf("%s of the other lacks only %v", p.Step.Name, sparse[1].Missing)
		}
	}
	if !strings.Contains(full[1].Text, "Paule Petit") || !strings.Contains(full[1].Text, "Maison Brunel") || !strings.Contains(full[1].Text, base+"/u/") {
		t.Errorf("the preview is not what would be sent, footer included:\n%s", full[1].Text)
	}
	if _, err := h.Previews(t.Context(), v, "nobody", now); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("of a client that is none: %v", err)
	}
}

func TestTheScriptAfterAnAnswerQuotesIt(t *testing.T) {
	h := newHouse(t)
	h.exec(`UPDATE client SET phone = '04 72 00 00 09'`)
	h.exec(insertTouch[:strings.Index(insertTouch, " RETURNING")], 1, "satisfaction-survey", "questionnaire", "survey", "2026", "answered", now, nil)
	h.exec(`INSERT INTO response (touch_id, questionnaire, language, answers, score, call_me, answered_at) VALUES (1, 'satisfaction', 'fr', '{"recommend": 3, "weaknesses": ["delivery"], "comment": "Deux retards en un mois."}', 3, false, $1)`, now)
	h.exec(insertTouch[:strings.Index(insertTouch, " RETURNING")], 1, "satisfaction-survey", "detractor", "call", "answer:1", "planned", now, 1)
	_, err := h.store.OpenCalls(t.Context(), now, func(_ campaigns.Channel, _ store.Place, at time.Time) (time.Time, campaigns.Reason) { return at, "" })
	h.must(err)
	scripts, err := h.Scripts(t.Context(), 1, now)
	h.must(err)
	if len(scripts) != 1 || scripts[0].Campaign != "satisfaction-survey" {
		t.Fatalf("%d scripts for one reason", len(scripts))
	}
	for _, words := range []string{"Deux retards en un mois.", "3"} {
		if !strings.Contains(scripts[0].Text, words) {
			t.Errorf("the script does not say %q:\n%s", words, scripts[0].Text)
		}
	}
}
