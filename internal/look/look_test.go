package look

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func reader(t *testing.T, language string) Reader {
	t.Helper()
	book, err := LoadBook(fstest.MapFS{
		"words/fr.yaml": {Data: []byte("late: {one: \"{{.n}} en retard\", other: \"{{.n}} en retards ?\"}\nonly: \"à {{.who}} : « oui »\"\n")},
		"words/en.yaml": {Data: []byte("late: {one: \"{{.n}} late\", other: \"{{.n}} lates\"}\n")},
	}, "words")
	if err != nil {
		t.Fatal(err)
	}
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	return Reader{Words: book.In(language), Currency: "EUR", Zone: paris, Now: time.Date(2026, 11, 24, 23, 30, 0, 0, time.UTC)}
}

func TestFormatsAreTheReadersOwn(t *testing.T) {
	fr, en := reader(t, "fr"), reader(t, "en-GB")
	day := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	afternoon := time.Date(2026, 11, 24, 13, 5, 0, 0, time.UTC)
	for _, c := range []struct{ got, want string }{
		{fr.Money(1240.4), "1 240 €"}, {en.Money(1240.4), "€1,240"}, {fr.Amount(12.5), "12,50 €"}, {fr.Money(-3), "−3 €"},
		{fr.Day(day), "1er novembre"}, {en.Day(day), "1 November"}, {fr.Day(day.AddDate(-1, 0, 0)), "1er novembre 2025"},
		{fr.Hour(afternoon), "14 h 05"}, {en.Hour(afternoon), "14:05"}, {fr.LongDay(fr.Now), "Mercredi 25 novembre"}, // it is past midnight in Paris
		{fr.Change(4100, 6600), "−38 %"}, {fr.Change(110, 100), "+10 %"}, {fr.Change(1, 0), ""}, {fr.Percent(0.018), "1,8 %"}, {fr.Percent(0.385), "39 %"},
		{fr.Phone("+33261910002"), "02 61 91 00 02"}, {fr.Phone("+3225551234"), "+3225551234"}, {fr.Month(day), "novembre 2026"},
		{fr.T("late", "n", 0), "0 en retard"}, {fr.T("late", "n", 2), "2 en retards ?"}, {en.T("late", "n", 0), "0 lates"}, {fr.T("late", "n", 1_000_000), "1 000 000 en retards ?"},
		{fr.T("only", "who", "<Luc>"), "à <Luc> : « oui »"}, {fr.T("nowhere"), "nowhere"}, {Capital("élan"), "Élan"},
	} {
		if got := strings.ReplaceAll(c.got, nbsp, " "); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
	if !strings.Contains(fr.T("only", "who", "x"), nbsp+":") {
		t.Error("French lacks the space that does not break")
	}
	if en.Has("only") || !fr.Has("only") {
		t.Error("Has takes another language's message for this one's")
	}
}

func TestTheSheetIsKeptForGoodUnderItsChecksum(t *testing.T) {
	for path, want := range map[string]int{StylePath(): http.StatusOK, "/look/other.css": http.StatusNotFound} {
		w := httptest.NewRecorder()
		Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != want || want == http.StatusOK && !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %q", path, w.Code, w.Header().Get("Cache-Control"))
		}
	}
}
