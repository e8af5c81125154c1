package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/internal/testkit"
)

func TestSecretsAreMasked(t *testing.T) {
	for given, want := range map[string]string{
		"":                                      "",
		"inbox":                                 "inbox",
		"postgres://u:S3CRET@db:5432/relance":   "postgres://***@db:5432/relance",
		"postgres://u@/x?host=/tmp&password=S3": "postgres://***@/x",
		"host=/tmp user=u password=S3CRET":      "***",
		"smtps://S3CRETTOKEN@mail:465":          "smtps://***@mail:465",
		"redis://redis:6379/1":                  "redis://redis:6379/1",
		"postgres://u:bad%zzS3CRET@db/relance":  "***",
	} {
		if got := maskURL(given); got != want || strings.Contains(got, "S3") {
			t.Errorf("%s is shown as %q, want %q", given, got, want)
		}
	}
}

func TestOnlyACommandThatChangesSomethingMovesTheClock(t *testing.T) {
	url := testkit.DatabaseURL(t)
	t.Setenv("RELANCE_DATABASE_URL", url)
	st, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	for _, c := range []struct {
		clock, args string
		code        int
		moved       bool
	}{
		{"2030-01-01", "campaign list", 0, false},
		{"2030-01-01", "plan --dry-run", 0, false},
		{"2020-01-01", "plan", 0, true},
		{"2019-01-01", "touches", 0, false},
		{"2019-01-01", "plan", 1, false},
	} {
		t.Setenv("RELANCE_CLOCK", c.clock)
		before, err := st.ClockShift(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var out, errOut bytes.Buffer
		if code := run(t.Context(), strings.Fields(c.args), strings.NewReader(""), &out, &errOut); code != c.code {
			t.Errorf("%s at %s: exit %d, want %d: %s", c.args, c.clock, code, c.code, errOut.String())
		}
		after, err := st.ClockShift(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if moved := before != after; moved != c.moved {
			t.Errorf("%s at %s: the clock moved: %t", c.args, c.clock, moved)
		}
	}
}

func TestFiguresAreForThoseNearby(t *testing.T) {
	page := near(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for _, c := range []struct {
		peer, header string
		want         int
	}{
		{"127.0.0.1:4000", "", 200}, {"[::1]:4000", "", 200}, {"10.1.2.3:4000", "", 200}, {"[::ffff:127.0.0.1]:1", "", 200},
		{"203.0.113.9:4000", "", 404}, {"127.0.0.1:4000", "X-Forwarded-For", 404}, {"10.1.2.3:4000", "Forwarded", 404}, {"", "", 404},
	} {
		r := httptest.NewRequest("GET", "/metrics", nil)
		r.RemoteAddr = c.peer
		if c.header != "" {
			r.Header.Set(c.header, "203.0.113.9")
		}
		w := httptest.NewRecorder()
		page.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("from %q with %q: %d, want %d", c.peer, c.header, w.Code, c.want)
		}
	}
}
