package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/chromedp/chromedp"
)

func TestTheListOfADay(t *testing.T) {
	s := newSample(t)
	p := s.visit("rep").get("/calls")
	if got := p.text("h1"); got != "Mardi 24 novembre" {
		t.Errorf("heading %q", got)
	}
	if got := p.text("h1 + p"); got != "4 appels aujourd’hui, dont 1 prévu un jour précédent" {
		t.Errorf("count %q", got)
	}
	for place, want := range []struct{ name, tag, words string }{
		{"Hôtel du Port", "Avant ce soir", "Deux raisons d’appeler. Note 5/10 à l’enquête le 23 novembre : « Livraisons trop tardives depuis septembre. » Demande à être rappelé. Prise de nouvelles des petits clients. Dernier échange il y a 94 jours. 14 594 € sur douze mois."},
		{"Boulangerie Morel", "D’ici le 7 décembre", "Bienvenue après la première commande du 17 novembre : 1 240 €, farine T65 et levain liquide. Livrée le 19 novembre, aucune réclamation. Prévu hier, le 23 novembre."},
		{"Épicerie Lanoë", "D’ici jeudi", ""},
		{"Traiteur Guérin", "D’ici le 3 décembre", "Plus de commande depuis le 9 février. C’est 8 fois son rythme habituel (31 jours). 968 € sur douze mois."},
	} {
		article := p.Doc.Find("article").Eq(place)
		flat := func(sel string) string {
			return strings.Join(strings.Fields(strings.ReplaceAll(article.Find(sel).Text(), "\u00a0", " ")), " ")
		}
		if flat("h3") != want.name || flat(".tag") != want.tag {
			t.Errorf("card %d: %q, %q; want %q, %q", place, flat("h3"), flat(".tag"), want.name, want.tag)
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

func TestCardsSayHowFarOrdersAreKnown(t *testing.T) {
	s := newSample(t)
	b := s.visit("rep")
	card := "/calls/" + itoa(s.id(`SELECT k.id FROM call k JOIN client c ON c.id = k.client_id WHERE c.ref = 'C3'`))
	newest := s.id(`SELECT max(last_order_on) - date '2026-11-01' FROM client_fact`) + 1
	want := "Commandes connues jusqu’au " + itoa(newest) + " novembre."
	for _, path := range []string{"/calls", card} {
		if got := b.get(path).Doc.Text(); !strings.Contains(strings.ReplaceAll(got, "\u00a0", " "), want) || strings.Contains(got, "C’était il y a") {
			t.Errorf("%s does not say %q alone", path, want)
		}
	}
	s.exec(`UPDATE client_fact SET last_order_on = last_order_on - 60; UPDATE import_run SET started_at = started_at - interval '60 days'`)
	s.site.known.asked = time.Time{}
	if got := b.get(card).Doc.Text(); !strings.Contains(got, "demandez avant de parler de commandes") {
		t.Error("the card does not say that the orders are old")
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
	if list := b.get("/calls"); list.text("h1 + p") != "3 appels aujourd’hui, dont 1 prévu un jour précédent · 1 fait" {
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
	for _, tap := range []string{"article h3 a", "details.button-like summary"} {
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
