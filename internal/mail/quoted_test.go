package mail

import (
	"bytes"
	"mime/quotedprintable"
	"strings"
	"testing"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// standard is what the library writes.
func standard(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := quotedprintable.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A CR by itself ends a line here. The library agrees, but for one before a byte that it encodes.
func FuzzQuotedIsWhatTheLibraryWrites(f *testing.F) {
	for _, text := range []string{
		"", " ", "\t\n", "é", "a=b", "a \r\nb\t\nc\rd\r\r\ne\n\nf ", ".\r\n", "\x00\x7f\xff",
		strings.Repeat("x", 75), strings.Repeat("x", 76), strings.Repeat("x", 74) + " \n", strings.Repeat("x", 75) + "\n", strings.Repeat("x", 74) + "é",
		strings.Repeat("x", 73) + "é" + strings.Repeat("y", 80) + " ", strings.Repeat("été ", 60), strings.Repeat(" ", 160),
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, want := string(appendQuoted([]byte("before\n"), text)), "before\n"+standard(t, strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n"))
		if got != want {
			t.Errorf("%q:\ngot  %q\nwant %q", text, got, want)
		}
	})
}

// What is poured into the frame is, but for the boundary, what go-mail writes by itself.
func TestAMessageIsWhatGoMailWrites(t *testing.T) {
	m := letter(1)
	m.Text = "Bonjour Zoë,\n\n" + textMark + "\n" + htmlMark + " \nune ligne = longue : " + strings.Repeat("été ", 40)
	m.HTML = "<p>" + htmlMark + "</p>\r\n\r\n" + htmlMark + strings.Repeat("<b>été</b> ", 40)
	for name, html := range map[string]string{"two parts": m.HTML, "text only": ""} {
		t.Run(name, func(t *testing.T) {
			m.HTML = html
			c := &composer{now: time.Now}
			got, err := c.compose(&m)
			if err != nil {
				t.Fatal(err)
			}
			msg, err := c.mime(&m)
			if err != nil {
				t.Fatal(err)
			}
			msg.SetBodyString(gomail.TypeTextPlain, m.Text)
			if html != "" {
				msg.AddAlternativeString(gomail.TypeTextHTML, html)
			}
			var want bytes.Buffer
			if _, err := msg.WriteTo(&want); err != nil {
				t.Fatal(err)
			}
			if g, w := withoutBoundary(string(got.raw)), withoutBoundary(want.String()); g != w {
				t.Errorf("got\n%s\nwant\n%s", g, w)
			}
		})
	}
}

func withoutBoundary(raw string) string {
	_, boundary, _ := strings.Cut(raw, "boundary=")
	if boundary, _, found := strings.Cut(boundary, "\r\n"); found {
		return strings.ReplaceAll(raw, boundary, "boundary")
	}
	return raw
}
