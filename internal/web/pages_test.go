package web

import (
	"bytes"
	"encoding/csv"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/chromedp/chromedp"
	"github.com/goccy/go-yaml"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/store"
)

func TestTheListOfADay(t *testing.T) {
	s := newSample(t)
	p := s.visit("rep").get("/calls")
	if got := p.text("h1"); got != "Mardi 24 novembre" {
		t.Errorf("heading %q", got)
	}
	if got := p.text("h1 + p"); got != "4 appels aujourd’hui, 1 en retard" {
		t.Errorf("count %q", got)
	}
	for place, want := range []struct{ name, tag, words string }{
		{"Hôtel du Port", "Avant ce soir", "Deux raisons d’appeler. Note 5/10 à l’enquête le 23 novembre : « Livraisons trop tardives depuis septembre. » Demande à être rappelé. Prise de nouvelles des petits clients. Dernier échange il y a 94 jours. 14 594 € sur douze mois."},
		{"Boulangerie Morel", "En retard d’un jour", "Bienvenue après la première commande du 17 novembre : 1 240 €, farine T65 et levain liquide. Livrée le 19 novembre, aucune réclamation."},
		{"Épicerie Lanoë", "D’ici vendredi", ""},
		{"Traiteur Guérin", "D’ici le 4 décembre", "Plus de commande depuis le 9 février. C’est 8 fois son rythme habituel (31 jours). 968 € sur douze mois."},
	} {
		article := p.Doc.Find("article").Eq(place)
		flat := func(sel string) string {
			return strings.Join(strings.Fields(strings.ReplaceAll(article.Find(sel).Text(), "\u00a0", " ")), " ")
		}
		if flat("h2") != want.name || flat(".tag") != want.tag {
			t.Errorf("card %d: %q, %q; want %q, %q", place, flat("h2"), flat(".tag"), want.name, want.tag)
		}
		var said []string
		article.Find(".tight p").Each(func(i int, _ *goquery.Selection) {
			said = append(said, strings.TrimSpace(article.Find(".tight p").Eq(i).Text()))
		})
		if got := strings.Join(strings.Fields(strings.ReplaceAll(strings.Join(said, " "), "\u00a0", " ")), " "); want.words != "" && got != want.words {
			t.Errorf("%s:\n got %q\nwant %q", want.name, got, want.words)
		}
	}
	if got := p.Doc.Find("article a.main").First().AttrOr("href", ""); got != "tel:+33261910002" {
		t.Errorf("dials %q", got)
	}
}

func TestAnOutcomeIsRecordedAndUndone(t *testing.T) {
	s := newSample(t)
	b := s.visit("rep")
	call := s.id(`SELECT k.id FROM call k JOIN client c ON c.id = k.client_id WHERE c.ref = 'C3'`)
	p := b.post("/calls/"+itoa(call), url.Values{"outcome": {"reached"}, "note": {"Tout va bien."}})
	if p.StatusCode != http.StatusSeeOther || !strings.HasSuffix(p.Header.Get("Location"), "?done="+itoa(call)) || strings.HasPrefix(p.Header.Get("Location"), "/calls/"+itoa(call)) {
		t.Fatalf("recorded: %d to %q, want the next card", p.StatusCode, p.Header.Get("Location"))
	}
	next := b.get(p.Header.Get("Location"))
	if got := next.text(".note.good span"); got != "Noté pour Épicerie Lanoë : joint." {
		t.Errorf("said on the next card: %q", got)
	}
	if state := s.id(`SELECT count(*) FROM call WHERE id = $1 AND state = 'done' AND outcome = 'reached'`, call); state != 1 {
		t.Error("the call is not done")
	}
	if list := b.get("/calls"); list.text("h1 + p") != "3 appels aujourd’hui, 1 en retard · 1 fait" {
		t.Errorf("list after it: %q", list.text("h1 + p"))
	}
	if again := b.post("/calls/"+itoa(call), url.Values{"outcome": {"reached"}}); again.StatusCode != http.StatusConflict {
		t.Errorf("a second outcome: %d, want 409", again.StatusCode)
	}
	if undone := b.post("/calls/"+itoa(call)+"/undo", nil); undone.StatusCode != http.StatusSeeOther {
		t.Fatalf("undo: %d %s", undone.StatusCode, undone.text("main"))
	}
	if state := s.id(`SELECT count(*) FROM call WHERE id = $1 AND state = 'open'`, call); state != 1 {
		t.Error("the call is not open again")
	}
	s.post(b, call)
	twice := b.post("/calls/"+itoa(call), url.Values{"outcome": {"no_answer"}, "attempt": {"1"}})
	if n := s.id(`SELECT attempts FROM call WHERE id = $1`, call); twice.StatusCode != http.StatusConflict || n != 1 {
		t.Errorf("a double tap: %d, %d attempts", twice.StatusCode, n)
	}
	_, err := s.store.AdvanceClock(t.Context(), undoFor+time.Minute)
	s.must(err)
	if late := b.post("/calls/"+itoa(call)+"/undo", nil); late.StatusCode != http.StatusConflict {
		t.Errorf("undo after eleven minutes: %d, want 409", late.StatusCode)
	}
}

func (s *sample) post(b *browser, call int64) {
	s.t.Helper()
	if p := b.post("/calls/"+itoa(call), url.Values{"outcome": {"no_answer"}}); p.StatusCode != http.StatusSeeOther {
		s.t.Fatalf("record no answer: %d %s", p.StatusCode, p.text("main"))
	}
}

func TestARejectedOutcomeKeepsWhatWasTyped(t *testing.T) {
	s := newSample(t)
	b := s.visit("rep")
	for name, c := range map[string]struct {
		form    url.Values
		problem string
	}{
		"a time that has passed": {url.Values{"outcome": {"call_back"}, "on_day": {"2026-11-24"}, "at_hour": {"07:00"}}, "Ce moment est déjà passé. Choisissez-en un à venir."},
		"no hour":                {url.Values{"outcome": {"call_back"}, "on_day": {"2026-11-25"}}, "Indiquez le jour et l’heure."},
		"postponed without why":  {url.Values{"outcome": {"postponed"}, "later_day": {"2026-12-01"}}, "Dites en quelques mots pourquoi l’appel est reporté."},
		"an unknown outcome":     {url.Values{"outcome": {"maybe"}}, "Choisissez l’un des résultats ci-dessous."},
		"a note without end":     {url.Values{"outcome": {"reached"}, "note": {strings.Repeat("é", 1100)}}, "Cette note est trop longue : 2 000 caractères au plus."},
	} {
		if name != "postponed without why" && !c.form.Has("note") {
			c.form.Set("note", "Rappeler <après> 14 h")
		}
		p := b.post("/calls/2", c.form)
		if p.StatusCode != http.StatusUnprocessableEntity || p.text(".problem") != c.problem {
			t.Errorf("%s: %d %q, want 422 %q", name, p.StatusCode, p.text(".problem"), c.problem)
		}
		if got := p.Doc.Find("textarea[name=note]").Text(); got != c.form.Get("note") {
			t.Errorf("%s: the note became %q", name, got)
		}
		for _, field := range []string{"at_hour", "later_day"} {
			if got := p.Doc.Find("input[name="+field+"]").AttrOr("value", ""); got != c.form.Get(field) {
				t.Errorf("%s: %s became %q", name, field, got)
			}
		}
	}
	if n := s.id(`SELECT count(*) FROM activity WHERE call_id IS NOT NULL`); n != 0 {
		t.Errorf("%d attempts were stored", n)
	}
}

func TestNamesAreNeverMarkup(t *testing.T) {
	s := newSample(t)
	b := s.visit("manager")
	call := s.id(`SELECT k.id FROM call k JOIN client c ON c.id = k.client_id WHERE c.ref = 'C5'`)
	for _, path := range []string{"/clients", "/clients/C5", "/clients?q=%3Cscript%3E", "/calls", "/calls/" + itoa(call), "/campaigns/lost-client-questionnaire/touches",
		"/campaigns/lost-client-questionnaire?client=%3Cscript%3Ealert(1)%3C/script%3E", "/campaigns/lost-client-questionnaire/texts?client=%22%3E%3Cscript%3E", "/inbox?q=%3Cscript%3E", "/login?next=%22%3E%3Cscript%3E"} {
		p := b.get(path)
		if p.StatusCode != http.StatusOK && path != "/login?next=%22%3E%3Cscript%3E" {
			t.Errorf("%s: %d", path, p.StatusCode)
		}
		if p.Doc.Find("script, img").Length() > 0 {
			t.Errorf("%s: a name became markup", path)
		}
	}
}

func TestTheSumLeadsToItsRows(t *testing.T) {
	s := newSample(t)
	b := s.visit("marketer")
	p := b.get("/campaigns/lost-client-questionnaire")
	if got := p.text(".sumline"); got != "63 = 10 à venir + 1 à appeler + 31 envoyés + 10 répondus + 1 incertain + 10 écartés" {
		t.Errorf("sum %q", got)
	}
	sum := 0
	p.Doc.Find(".sumline a").Each(func(_ int, a *goquery.Selection) {
		rows := b.get(a.AttrOr("href", "")).Doc.Find("tbody tr").Length()
		if !strings.HasPrefix(a.Text(), itoa(int64(rows))+" ") && !strings.HasPrefix(a.Text(), itoa(int64(rows))+"\u00a0") {
			t.Errorf("%q leads to %d rows", a.Text(), rows)
		}
		sum += rows
	})
	if sum != 63 {
		t.Errorf("the rows add up to %d, want 63", sum)
	}
	if got := b.get("/campaigns/lost-client-questionnaire/touches?state=skipped&reason=opposed").Doc.Find("tbody tr").Length(); got != 3 {
		t.Errorf("%d rows for the opposed, want 3", got)
	}
	if p := b.get("/campaigns/lost-client-questionnaire/touches?state=nonsense"); p.StatusCode != http.StatusNotFound {
		t.Errorf("a state that does not exist: %d", p.StatusCode)
	}
}

func TestTheExportHoldsEveryRowAndNoFormula(t *testing.T) {
	s := newSample(t)
	s.exec(`UPDATE client SET name = '=HYPERLINK("http://evil.example")' WHERE ref = 'C6'`)
	p := s.visit("marketer").get("/campaigns/lost-client-questionnaire/touches.csv")
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix([]byte(p.Body), []byte("\ufeff")))).ReadAll()
	s.must(err)
	if len(rows) != 64 {
		t.Errorf("%d rows, want a head and 63", len(rows))
	}
	for _, row := range rows {
		if slices.ContainsFunc(row, func(cell string) bool { return strings.HasPrefix(cell, "=") }) {
			t.Errorf("a formula: %q", row)
		}
	}
}

func TestCampaignButtonsDoWhatTheySay(t *testing.T) {
	s := newSample(t)
	b := s.visit("marketer")
	state := func() (state string) {
		s.must(s.store.Pool().QueryRow(t.Context(), `SELECT state FROM campaign WHERE name = 'lost-client-questionnaire'`).Scan(&state))
		return state
	}
	for _, step := range []struct{ action, want, said string }{
		{"pause", "paused", "La campagne est suspendue : rien ne part plus."}, {"start", "running", "La campagne est lancée."},
	} {
		p := b.post("/campaigns/lost-client-questionnaire/"+step.action, nil)
		if p.StatusCode != http.StatusSeeOther || state() != step.want {
			t.Fatalf("%s: %d, state %s", step.action, p.StatusCode, state())
		}
		if got := b.get(p.Header.Get("Location")).text(".note.good"); got != step.said {
			t.Errorf("%s: said %q", step.action, got)
		}
	}
	if p := b.get("/campaigns/newsletter/start"); p.text("main strong") == "" || state() != "running" {
		t.Error("the page before a start says nothing, or has started")
	}
	if p := b.post("/campaigns/lost-client-questionnaire/nonsense", nil); p.StatusCode != http.StatusNotFound {
		t.Errorf("an action that does not exist: %d", p.StatusCode)
	}
}

func TestNotesOnAClient(t *testing.T) {
	s := newSample(t)
	b := s.visit("colleague")
	if p := b.post("/clients/C2/log", url.Values{"kind": {"complaint"}}); p.StatusCode != http.StatusUnprocessableEntity || p.text("#log-problem") == "" {
		t.Errorf("a complaint without words: %d", p.StatusCode)
	}
	if p := b.post("/clients/C2/log", url.Values{"kind": {"complaint"}, "note": {"Palette abîmée"}}); p.StatusCode != http.StatusSeeOther {
		t.Fatalf("a complaint: %d", p.StatusCode)
	}
	p := b.get("/clients/C2")
	if !strings.Contains(p.Body, "Palette abîmée") || p.text(".note.good") != "C’est noté." {
		t.Error("the complaint is not shown")
	}
	id := s.id(`SELECT id FROM activity WHERE note = 'Palette abîmée' AND by = 'Paul Atelier'`)
	b.post("/clients/C2/complaints/"+itoa(id)+"/close", nil)
	if n := s.id(`SELECT count(*) FROM activity WHERE id = $1 AND closed_on = '2026-11-24'`, id); n != 1 {
		t.Error("the complaint is not closed today")
	}
}

func TestSettingsSayWhatIsWrongBesideTheField(t *testing.T) {
	s := newSample(t)
	b := s.visit("manager")
	p := b.post("/settings", url.Values{"company": {"Brunel & Filles"}, "sending_hours": {"8 h"}, "brand_colour": {"green"}})
	if p.StatusCode != http.StatusUnprocessableEntity || p.Doc.Find(".field.bad").Length() != 2 || p.Doc.Find("#company").AttrOr("value", "") != "Brunel & Filles" || p.Doc.Find("#sending_hours").AttrOr("value", "") != "8 h" {
		t.Errorf("%d with %d problems", p.StatusCode, p.Doc.Find(".field.bad").Length())
	}
	if p := b.post("/settings", url.Values{"company": {"Brunel & Filles"}}); p.StatusCode != http.StatusSeeOther {
		t.Errorf("a good value: %d", p.StatusCode)
	}
	settings, err := s.store.Settings(t.Context())
	s.must(err)
	if settings["company"] != "Brunel & Filles" || settings["sending_hours"] != "08:00-18:00" {
		t.Errorf("stored %q, %q", settings["company"], settings["sending_hours"])
	}
}

func TestTheOtherLanguage(t *testing.T) {
	s := newSample(t)
	b := s.visit("rep")
	if p := b.post("/language", url.Values{"language": {"en"}, "back": {"/calls"}}); p.Header.Get("Location") != "/calls" {
		t.Fatalf("%d to %q", p.StatusCode, p.Header.Get("Location"))
	}
	p := b.get("/calls")
	if p.Doc.Find("html").AttrOr("lang", "") != "en" || p.text("h1") != "Tuesday 24 November" || p.text("h1 + p") != "4 calls today, 1 late" {
		t.Errorf("%q, %q", p.text("h1"), p.text("h1 + p"))
	}
	if !strings.Contains(p.text("article"), "€14,594 over twelve months.") {
		t.Errorf("amounts: %q", p.text("article"))
	}
}

func TestAMailOfTheInbox(t *testing.T) {
	s := newSample(t)
	b := s.visit("rep")
	p := b.get("/inbox/1")
	if p.Doc.Find("iframe[sandbox]").Length() != 1 || !strings.Contains(p.text("pre"), "Bonjour M. Bellec") || !strings.Contains(p.text("table"), "Camille Perrin") {
		t.Errorf("the mail's page: %q", p.text("main"))
	}
	letter := b.get("/inbox/1/letter")
	if csp := letter.Header.Get("Content-Security-Policy"); strings.Contains(csp, "allow-scripts") || !strings.Contains(csp, "sandbox") {
		t.Errorf("the letter's policy: %q", csp)
	}
}

func TestTheDemosBar(t *testing.T) {
	s := newSample(t)
	b := s.visit("rep")
	if p := b.post("/demo/clock", url.Values{"forward": {"day"}, "back": {"/calls"}}); p.Header.Get("Location") != "/calls" {
		t.Fatalf("a day forward: %d", p.StatusCode)
	}
	if got := b.get("/calls").text("h1"); got != "Mercredi 25 novembre" {
		t.Errorf("the next day is %q", got)
	}
	b.post("/demo/user", url.Values{"user": {itoa(s.users["marketer"].ID)}})
	if p := b.get("/"); p.Header.Get("Location") != "/campaigns" {
		t.Errorf("as a marketer: %q", p.Header.Get("Location"))
	}
	if p := b.post("/demo/user", url.Values{"user": {itoa(s.users["operator"].ID)}}); p.StatusCode != http.StatusNotFound {
		t.Errorf("someone who is not of the demo: %d", p.StatusCode)
	}
}

func TestEmptyPagesSayWhatToDo(t *testing.T) {
	s := newSample(t)
	s.exec(`TRUNCATE campaign, client CASCADE`)
	s.exec(`TRUNCATE inbox_mail`)
	s.exec(`DELETE FROM import_run`)
	b := s.visit("manager")
	for _, path := range []string{"/calls", "/campaigns", "/clients", "/clients?q=zzz", "/imports", "/inbox"} {
		if p := b.get(path); p.StatusCode != http.StatusOK || len(p.text(".empty")) < 40 {
			t.Errorf("%s: %d %q", path, p.StatusCode, p.text(".empty"))
		}
	}
}

// Every message that a page or the code asks for is there, in both languages; and no page shows an id.
func TestOnlyTheDraftThatWasReadIsApproved(t *testing.T) {
	s := newSample(t)
	source, err := os.ReadFile("../../campaigns/library/welcome-call.yaml")
	s.must(err)
	push := func(author string) {
		t.Helper()
		_, changed, err := s.store.PushDraft(t.Context(), store.Draft{Name: "welcome-call", Source: string(source) + "# " + author + "\n", Author: author}, sampleNow)
		if err != nil || !changed {
			t.Fatalf("push: %v, %v", changed, err)
		}
	}
	b := s.visit("manager")
	read := func() string {
		return b.get("/campaigns/welcome-call").Doc.Find("form[action$='/approve'] input[name=draft]").AttrOr("value", "none")
	}
	push("Anne")
	seen := read()
	push("Mallory")
	if p := b.post("/campaigns/welcome-call/approve", url.Values{"draft": {seen}}); p.StatusCode != http.StatusConflict {
		t.Errorf("a draft that came meanwhile: %d, want 409", p.StatusCode)
	}
	if n := s.id(`SELECT count(*) FROM campaign_version WHERE author = 'Mallory' AND approved_at IS NOT NULL`); n != 0 {
		t.Error("approved what nobody read")
	}
	if p := b.post("/campaigns/welcome-call/approve", url.Values{"draft": {read()}}); p.StatusCode != http.StatusSeeOther {
		t.Errorf("the draft that was read: %d %s", p.StatusCode, p.text("main"))
	}
}

func TestSettingsNameNoFileOfTheMachine(t *testing.T) {
	s := newSample(t)
	b := s.visit("manager")
	b.post("/settings", url.Values{"company": {"Brunel"}, "dkim_domain": {"x.example"}, "dkim_key_file": {"/dev/zero"}})
	settings, err := s.store.Settings(t.Context())
	s.must(err)
	if settings["company"] != "Brunel" || settings["dkim_domain"] != "" || settings["dkim_key_file"] != "" {
		t.Errorf("stored %q, %q, %q", settings["company"], settings["dkim_domain"], settings["dkim_key_file"])
	}
	if n := b.get("/settings").Doc.Find("input[name^=dkim]").Length(); n != 0 {
		t.Errorf("%d fields of the signature are shown", n)
	}
}

func TestNoCellIsAFormula(t *testing.T) {
	for cell, want := range map[string]string{
		"=1+1":                  "'=1+1",
		"@SUM(A1)":              "'@SUM(A1)",
		"\t=1":                  "\t'=1",
		"x;=cmd|' /C calc'!A0;": "x;'=cmd|' /C calc'!A0;", // a spreadsheet that expects semicolons cuts here
		"x; \"+1":               "x; \"'+1",
		"two\n-3 lines":         "two\n'-3 lines",
		"＝1":                    "'＝1",
		"Dupont-Martin = fils":  "Dupont-Martin = fils",
		"bruno@lanoe.example":   "bruno@lanoe.example",
	} {
		if got := plain(cell); got != want {
			t.Errorf("plain(%q) = %q, want %q", cell, got, want)
		}
	}
}

func TestEveryWordIsThereInBothLanguages(t *testing.T) {
	keys := map[string]map[string]any{}
	for _, l := range []string{"fr", "en"} {
		text, err := os.ReadFile("words/" + l + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		words := map[string]any{}
		if err := yaml.Unmarshal(text, &words); err != nil {
			t.Fatal(err)
		}
		keys[l] = words
	}
	for id := range keys["fr"] {
		if _, ok := keys["en"][id]; !ok {
			t.Errorf("%s: not in English", id)
		}
	}
	for id := range keys["en"] {
		if _, ok := keys["fr"][id]; !ok {
			t.Errorf("%s: not in French", id)
		}
	}
	for _, code := range campaigns.Reasons {
		if keys["fr"]["reason."+string(code)] == nil {
			t.Errorf("reason %s has no words", code)
		}
	}
	for _, state := range campaigns.States {
		for _, id := range []string{"state.", "sum.", "touches."} {
			if keys["fr"][id+string(state)] == nil {
				t.Errorf("state %s has no words %s…", state, id)
			}
		}
	}
	for _, setting := range pageSettings() {
		if keys["fr"]["setting."+setting.Key] == nil {
			t.Errorf("setting %s has no words", setting.Key)
		}
	}
	asked := regexp.MustCompile(`\bT "([a-z_.]+)"|\bT\("([a-z_.]+)"[,)]`)
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := fs.Glob(pageFiles, "pages/*.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, pages...) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range asked.FindAllStringSubmatch(string(text), -1) {
			if id := m[1] + m[2]; keys["fr"][id] == nil && !strings.HasSuffix(file, "_test.go") {
				t.Errorf("%s asks for %s, which is nowhere", file, id)
			}
		}
	}
}

func TestNoPageShowsAnIdOfAMessage(t *testing.T) {
	s := newSample(t)
	id := regexp.MustCompile(`\b(state|sum|reason|outcome|made|channel|campaign|client|call|calls|why|role|import|setting|activity|trigger|period|touches|basis|stopped)\.[a-z_]{3,}\b`)
	for _, role := range []string{"manager", "rep"} {
		b := s.visit(role)
		for _, path := range []string{"/calls", "/calls/1", "/calls/2", "/clients", "/clients/C2", "/clients/C3", "/campaigns", "/campaigns/satisfaction-survey", "/campaigns/welcome-call", "/campaigns/lost-client-questionnaire/touches", "/imports", "/settings", "/users", "/inbox"} {
			p := b.get(path)
			p.Doc.Find("pre, code").Remove()
			if found := id.FindString(strings.ReplaceAll(p.Doc.Find("body").Text(), "@client.example", "")); found != "" {
				t.Errorf("%s shows %s", path, found)
			}
		}
	}
}

// A rep's morning in a real browser: the link, the list, the card, a note, two taps, the next card.
func TestJourneyOfARep(t *testing.T) {
	s := newSample(t)
	ctx := chrome(t)
	b := s.visit("")
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(390, 844)); err != nil {
		t.Fatal(err)
	}
	if err := b.logIn(ctx, s, "rep"); err != nil {
		t.Fatal(err)
	}
	for _, tap := range []string{"article h2 a", "details.button-like summary"} {
		steps := chromedp.Click(chromedp.CSS(tap))
		if strings.HasPrefix(tap, "article") {
			if _, err := chromedp.RunResponse(ctx, steps); err != nil {
				t.Fatalf("tap %s: %v", tap, err)
			}
		} else if err := chromedp.Do(ctx, steps, chromedp.SendKeys(chromedp.CSS("#note"), "Rappeler après le service"), chromedp.SetValue(chromedp.CSS("#at_hour"), "15:30")); err != nil {
			t.Fatalf("fill in the call-back: %v", err)
		}
	}
	if _, err := chromedp.RunResponse(ctx, chromedp.Click(chromedp.CSS("button[value=call_back]"))); err != nil {
		t.Fatal(err)
	}
	said, err := chromedp.Run(ctx, chromedp.Text(chromedp.CSS(".note.good span")))
	if err != nil || strings.ReplaceAll(said, "\u00a0", " ") != "Noté pour Hôtel du Port : à rappeler." {
		t.Errorf("said %q, %v", said, err)
	}
	if n := s.id(`SELECT count(*) FROM activity WHERE outcome = 'call_back' AND note = 'Rappeler après le service' AND next_at = '2026-11-24 15:30+01' AND by = 'Julie Martin'`); n != 1 {
		t.Error("the call-back is not stored as it was tapped")
	}
}
