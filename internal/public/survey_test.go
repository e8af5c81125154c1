package public_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/relance/relance/internal/links"
)

func good() url.Values {
	return url.Values{"recommend": {"9"}, "strengths": {"quality", "advice"}, "comment": {"Très bien."}}
}

func (s *site) touchState(id int64) string {
	return query[string](s, `SELECT state FROM touch WHERE id = $1`, id)
}

func TestAReaderOfLinksChangesNothing(t *testing.T) {
	s := newSite(t)
	answered, closed := s.other, s.survey
	s.exec(`UPDATE touch SET state = 'answered' WHERE id = $1`, answered)
	s.exec(`INSERT INTO response (touch_id, questionnaire, language, answers, score, answered_at) VALUES ($1, 'satisfaction', 'fr', '{"recommend": 4}', 4, '2026-03-03')`, answered)
	thanks := "/s/" + s.links.Token(links.Survey, answered)
	before := s.everything()
	for _, c := range []struct {
		path   string
		status int
	}{
		{s.surveyPath(), 200}, {s.surveyPath() + "?recommend=9&call_me=1", 200}, {thanks, 200}, {thanks + "?edit", 200},
		{s.stopPath(), 200}, {s.stopPath() + "?stop=everything", 200}, {s.stopPath() + "?done", 200}, {"/brand.css", 200}, {"/s/nonsense", 404}, {"/u/nonsense", 404}, {"/", 404},
	} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			if status, _, _ := s.ask(method, c.path, nil); status != c.status {
				t.Errorf("%s %s: status %d, want %d", method, c.path, status, c.status)
			}
		}
	}
	for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions} {
		if status, _, _ := s.ask(method, s.surveyPath(), good()); status < 400 {
			t.Errorf("%s: status %d", method, status)
		}
	}
	if s.everything() != before {
		t.Error("looking changed something")
	}
	s.exec(`UPDATE touch SET closes_at = '2026-03-04' WHERE id = $1`, closed)
	before = s.everything()
	status, page, _ := s.ask(http.MethodGet, s.surveyPath(), nil)
	s.want("closed", status, 410, page, "Ce questionnaire est clos", "4\u00a0mars")
	if s.everything() != before {
		t.Error("looking at a closed survey changed something")
	}
}

func TestAnAnswerIsKept(t *testing.T) {
	s := newSite(t)
	status, page, _ := s.ask(http.MethodGet, s.surveyPath(), nil)
	s.want("the questionnaire", status, 200, page, "Nous recommanderiez-vous", `name="recommend" value="0"`, `name="recommend" value="10"`, "23\u00a0mars", "Envoyer mes réponses", "Maison Brunel", `lang="fr"`)

	status, _, header := s.ask(http.MethodPost, s.surveyPath(), good())
	if status != http.StatusSeeOther || header.Get("Location") != s.surveyPath() {
		t.Fatalf("status %d, to %q", status, header.Get("Location"))
	}
	if got := query[string](s, `SELECT concat_ws(' ', t.state, t.outcome, r.questionnaire, r.language, r.score, r.call_me, r.answers->>'comment', r.corrections, t.followed_at)
		FROM touch t JOIN response r ON r.touch_id = t.id`); got != "answered answered satisfaction fr 9 f Très bien. 0" {
		t.Errorf("stored: %q", got)
	}
	if len(s.woken.what) != 1 || s.woken.what[0] != "followup" {
		t.Errorf("woken: %v", s.woken.what)
	}
	status, page, _ = s.ask(http.MethodGet, s.surveyPath(), nil)
	s.want("thanks", status, 200, page, "Merci", "23\u00a0mars", s.surveyPath()+"?edit")
}

func TestTheSameFormTwiceIsOneAnswerAndAnotherACorrection(t *testing.T) {
	s := newSite(t)
	s.ask(http.MethodPost, s.surveyPath(), good())
	once := s.everything()
	if status, _, _ := s.ask(http.MethodPost, s.surveyPath(), good()); status != http.StatusSeeOther {
		t.Errorf("the second time: status %d", status)
	}
	if s.everything() != once {
		t.Error("the same form a second time changed something")
	}
	_, page, _ := s.ask(http.MethodGet, s.surveyPath()+"?edit", nil)
	s.want("the answers again", 200, 200, page, `value="9" checked`, `value="quality" checked`, "Très bien.", "Enregistrer les corrections")
	corrected := good()
	corrected.Set("recommend", "3")
	corrected.Set("call_me", "1")
	s.ask(http.MethodPost, s.surveyPath(), corrected)
	if got := query[string](s, `SELECT concat_ws(' ', count(*), max(score), bool_or(call_me), max(corrections)) FROM response`); got != "1 3 t 1" {
		t.Errorf("answers, score, call, corrections: %s", got)
	}
}

func TestWhatIsNotTaken(t *testing.T) {
	for _, c := range []struct {
		name, sql string
		status    int
		says      string
	}{
		{"it has closed", `UPDATE touch SET closes_at = '2026-03-04'`, 410, "Ce questionnaire est clos"},
		{"its time is over and it was done", `UPDATE touch SET state = 'done', closes_at = '2026-03-04'`, 410, "Ce questionnaire est clos"},
		{"it was never sent", `UPDATE touch SET state = 'cancelled', closes_at = NULL`, 410, "attend pas de réponse"},
		{"it could not be delivered", `UPDATE touch SET state = 'failed'`, 410, "Ce questionnaire est clos"},
		{"it is no questionnaire", `UPDATE touch SET channel = 'mail'`, 404, "Ce lien n’ouvre rien"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			s.exec(c.sql)
			before := s.everything()
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				status, page, _ := s.ask(method, s.surveyPath(), good())
				s.want(method, status, c.status, page, c.says)
			}
			if s.everything() != before {
				t.Error("something was stored")
			}
		})
	}
}

func TestAnAnswerProvesThatTheMailArrived(t *testing.T) {
	for state, want := range map[string]string{"unsure": "answered", "sending": "sending"} {
		s := newSite(t)
		s.exec(`UPDATE touch SET state = $1, closes_at = NULL`, state)
		if status, _, _ := s.ask(http.MethodPost, s.surveyPath(), good()); status != http.StatusSeeOther {
			t.Errorf("%s: status %d", state, status)
		}
		if got := s.touchState(s.survey); got != want {
			t.Errorf("%s became %s, want %s", state, got, want)
		}
		if n := query[int](s, `SELECT count(*) FROM response`); n != 1 {
			t.Errorf("%s: %d answers", state, n)
		}
	}
}

func TestATokenOpensOnlyItsOwn(t *testing.T) {
	s := newSite(t)
	survey, stop := s.links.Token(links.Survey, s.survey), s.links.Token(links.Stop, s.survey)
	foreign, err := links.New([]byte("another secret of thirty-two byte"))
	s.must(err)
	before := s.everything()
	for name, path := range map[string]string{
		"cut": "/s/" + survey[:len(survey)-1], "changed": "/s/" + "A" + survey[1:], "a stop's": "/s/" + stop, "a survey's on the stop page": "/u/" + survey,
		"of another installation": "/s/" + foreign.Token(links.Survey, s.survey), "of a touch that is none": "/s/" + s.links.Token(links.Survey, 4711),
		"of a stop that is none": "/u/" + s.links.Token(links.Stop, 4711), "very long": "/s/" + strings.Repeat("A", 5000), "with a path behind": "/s/" + survey + "/x",
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			status, page, _ := s.ask(method, path, url.Values{"recommend": {"1"}, "stop": {"everything"}})
			s.want(name, status, 404, page, "<h1>")
		}
	}
	if s.everything() != before {
		t.Error("something was stored")
	}
}

func TestAMistakeKeepsWhatWasTyped(t *testing.T) {
	s := newSite(t)
	before := s.everything()
	for name, c := range map[string]struct {
		change func(url.Values)
		at     string
	}{
		"a choice that was not offered":  {func(f url.Values) { f.Add("strengths", "bribes") }, "q-strengths"},
		"a mark that is none":            {func(f url.Values) { f.Set("recommend", "11") }, "q-recommend"},
		"the needed answer missing":      {func(f url.Values) { f.Del("recommend") }, "q-recommend"},
		"a text longer than its maximum": {func(f url.Values) { f.Set("comment", "Très bien."+strings.Repeat("é", 2001)) }, "q-comment"},
	} {
		form := good()
		c.change(form)
		status, page, _ := s.ask(http.MethodPost, s.surveyPath(), form)
		s.want(name, status, 422, page, "Très bien.", `value="advice" checked`, `class="problem"`, `id="`+c.at+`" aria-invalid="true"`)
	}
	if s.everything() != before {
		t.Error("something was stored")
	}
}

func TestAFormOfTenMegabytesGetsAPage(t *testing.T) {
	s := newSite(t)
	before := s.everything()
	server := httptest.NewServer(s)
	defer server.Close()
	huge := strings.Repeat("x", 10<<20)
	var parts bytes.Buffer
	m := multipart.NewWriter(&parts)
	s.must(m.WriteField("recommend", "9"))
	s.must(m.WriteField("comment", huge))
	s.must(m.Close())
	for encoding, body := range map[string]string{"application/x-www-form-urlencoded": "recommend=9&comment=" + huge, m.FormDataContentType(): parts.String()} {
		for _, path := range []string{s.surveyPath(), s.stopPath()} {
			response, err := server.Client().Post(server.URL+path, encoding, strings.NewReader(body))
			s.must(err)
			var page bytes.Buffer
			_, err = page.ReadFrom(response.Body)
			s.must(err)
			s.must(response.Body.Close())
			s.want(encoding, response.StatusCode, 413, page.String(), "Votre réponse est trop longue")
		}
	}
	if s.everything() != before {
		t.Error("something was stored")
	}
}

func TestAFormOfAnotherKindIsRefused(t *testing.T) {
	s := newSite(t)
	before := s.everything()
	for _, encoding := range []string{"application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json", ""} {
		r := httptest.NewRequest(http.MethodPost, s.stopPath(), strings.NewReader("%zz=&;"))
		r.Header.Set("Content-Type", encoding)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		s.want(encoding, w.Code, 400, w.Body.String(), "Ce formulaire")
	}
	if s.everything() != before {
		t.Error("something was stored")
	}
}

func TestNamesCannotBecomeMarkup(t *testing.T) {
	s := newSite(t)
	evil := `<script>alert(1)</script>"'><img src=x onerror=alert(2)>`
	s.exec(`UPDATE client SET name = $1`, evil)
	s.exec(`UPDATE contact SET name = $1`, evil)
	s.exec(`UPDATE setting SET value = $1 WHERE key = 'company'`, evil)
	form := good()
	form.Set("comment", evil)
	form.Del("recommend")
	for _, page := range []string{second(s.ask(http.MethodGet, s.surveyPath(), nil)), second(s.ask(http.MethodPost, s.surveyPath(), form)), second(s.ask(http.MethodGet, s.stopPath(), nil))} {
		if strings.Contains(page, "<script") || strings.Contains(page, "<img") {
			t.Errorf("markup got through:\n%s", page)
		}
		if !strings.Contains(page, "&lt;script&gt;alert(1)") {
			t.Error("the name is not on the page: the test proves nothing")
		}
	}
}

func second(_ int, page string, _ http.Header) string { return page }
