package web

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// upload sends files as the form of /imports does.
func (b *browser) upload(kind string, files map[string]string) page {
	b.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	_ = w.WriteField("kind", kind) // a buffer takes everything
	for name, text := range files {
		part, err := w.CreateFormFile("file", name)
		if err != nil {
			b.t.Fatal(err)
		}
		_, _ = part.Write([]byte(text))
	}
	_ = w.Close()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.base+uploadPath, &body)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	res, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	doc, err := goquery.NewDocumentFromReader(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return page{Response: res, Doc: doc}
}

// settings are what a browser would send of the form on a file's page, untouched.
func (p page) settings() url.Values {
	v := url.Values{}
	p.Doc.Find("form#settings").Find("input[name], select[name]").Each(func(_ int, e *goquery.Selection) {
		switch name := e.AttrOr("name", ""); {
		case e.Is("input[type=checkbox]"):
		case e.Is("select"):
			v.Add(name, e.Find("option[selected]").AttrOr("value", ""))
		default:
			v.Add(name, e.AttrOr("value", ""))
		}
	})
	return v
}

const threeClients = "Code client;Raison sociale;Machin;<script>alert(1)</script>\nN1;Boulangerie X;Nantes;<img src=x>\nN2;Hôtel Y;Brest;b\nN3;;Brest;c\n"

func TestAFileIsTriedAppliedAndUndone(t *testing.T) {
	s := newSample(t)
	b := s.visit("marketer")
	at := b.upload("", map[string]string{"<script>clients</script>.csv": threeClients}).Header.Get("Location")
	p := b.get(at)
	if !strings.Contains(at, "kind=clients") || p.StatusCode != http.StatusOK || p.Doc.Find("script, img").Length() > 0 {
		t.Fatalf("the file's page at %s: %d", at, p.StatusCode)
	}
	form := p.settings()
	form["column"][2] = "city"
	form.Set("do", "try")
	trial := b.post(p.Doc.Find("form#settings").AttrOr("action", ""), form).Header.Get("Location")
	s.must(s.site.intake.RunQueued(t.Context()))
	if n := s.id(`SELECT count(*) FROM client WHERE ref LIKE 'N_'`); n != 0 {
		t.Errorf("the trial stored %d clients", n)
	}
	if n := s.id(`SELECT count(*) FROM import_run WHERE dry_run AND (state, read, created, rejected) = ('done', 3, 2, 1)`); n != 1 {
		t.Errorf("the trial is not one of three rows, two good ones and one rejected: %s", b.get(trial).text("main"))
	}
	if rejected := b.get(trial + "/rejected"); rejected.StatusCode != http.StatusOK || !strings.Contains(rejected.Body, "N3") || strings.Contains(rejected.Body, "N1") {
		t.Errorf("the rejected rows: %d %q", rejected.StatusCode, rejected.Body)
	}
	run := b.post(trial+"/apply", url.Values{}).Header.Get("Location")
	if again := b.post(trial+"/apply", url.Values{}).Header.Get("Location"); again != run {
		t.Errorf("asked twice, it is done twice: %s and %s", run, again)
	}
	s.must(s.site.intake.RunQueued(t.Context()))
	if n := s.id(`SELECT count(*) FROM client WHERE ref IN ('N1', 'N2') AND city IN ('Nantes', 'Brest')`); n != 2 {
		t.Errorf("%d clients with their city, want 2", n)
	}
	if undo := b.get(run + "/undo"); undo.StatusCode != http.StatusOK || !strings.Contains(undo.text("main"), "2 clients") {
		t.Errorf("before undoing: %d %s", undo.StatusCode, undo.text("main"))
	}
	b.post(run+"/undo", url.Values{})
	if n := s.id(`SELECT count(*) FROM client WHERE ref LIKE 'N_'`); n != 0 {
		t.Errorf("undone, and %d clients are left", n)
	}
}

func TestAFileThatIsNotClearAsksInThePersonsWords(t *testing.T) {
	s := newSample(t)
	b := s.visit("marketer")
	for _, c := range []struct{ name, kind, text, want, field string }{
		{"days or months", "orders", "commande;client;date commande;montant ht\nO1;C2;03/04/2026;12,50\n",
			"Dans « date de commande », « 03/04/2026 » et toutes les autres dates", "dates"},
		{"headings that fit nothing", "clients", "Machin;Truc\n1;2\n", "Aucune colonne n’est reconnue comme référence, nom.", ""},
	} {
		p := b.get(b.upload(c.kind, map[string]string{"a.csv": c.text}).Header.Get("Location"))
		said := strings.ReplaceAll(p.text(".note.bad"), "\u00a0", " ")
		if !strings.Contains(said, c.want) || p.Doc.Find(".field.bad select").AttrOr("name", "") != c.field {
			t.Errorf("%s: %q", c.name, said)
		}
	}
}

func TestAFileThatIsMissingOrTooLargeIsRefused(t *testing.T) {
	s := newSample(t)
	b := s.visit("marketer")
	s.exec(`INSERT INTO setting (key, value, changed_by, changed_at) VALUES ('import_max_mb', '1', 'x', now())`)
	for name, files := range map[string]map[string]string{"none": nil, "too large": {"a.csv": strings.Repeat("x;y\n", 600000)}} {
		if p := b.upload("", files); p.StatusCode != http.StatusUnprocessableEntity || p.text(".problem") == "" {
			t.Errorf("%s: %d %q", name, p.StatusCode, p.text(".problem"))
		}
	}
	if n := s.id(`SELECT count(*) FROM upload`); n != 0 {
		t.Errorf("%d files are kept", n)
	}
}
