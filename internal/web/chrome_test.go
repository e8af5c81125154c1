package web

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// chrome opens a browser, or skips where there is none.
func chrome(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("REQUIRE_SERVICES") == "1" {
			t.Fatal("no chromium; on Debian: apt install chromium")
		}
		t.Skip("no chromium on the path")
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Flag("disable-dev-shm-usage", true))...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil { // starts it, without the time limit of what follows
		t.Fatal(err)
	}
	ctx, cancelTime := context.WithTimeout(ctx, time.Minute)
	t.Cleanup(cancelTime)
	return ctx
}

// logIn opens a log-in link and taps its button, as a person does.
func (b *browser) logIn(ctx context.Context, s *sample, role string) error {
	token, err := s.store.MakeLoginLink(s.t.Context(), s.users[role].ID, linkLife, false)
	if err != nil {
		return err
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(b.base+"/login?token="+token)); err != nil {
		return err
	}
	_, err = chromedp.RunResponse(ctx, chromedp.Click(chromedp.CSS("main form button")))
	return err
}

// scheme makes the browser prefer light or dark.
func scheme(name string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}}})
		return err
	})
}

// TestPictures photographs the pages, for the eye and the README, when RELANCE_PICTURES names a folder.
func TestPictures(t *testing.T) {
	dir := os.Getenv("RELANCE_PICTURES")
	if dir == "" {
		t.Skip("RELANCE_PICTURES names no folder")
	}
	s := newSample(t)
	ctx := chrome(t)
	b, role := s.visit(""), ""
	for _, shot := range []struct{ role, path, name string }{
		{"", "/login", "login"}, {"rep", "/calls", "calls"}, {"rep", "/calls/2", "call"}, {"rep", "/clients/C2", "client"}, {"rep", "/inbox", "inbox"}, {"rep", "/inbox/1", "mail"}, {"rep", "/nowhere", "error"}, {"manager", "/calls", "calls-manager"}, {"manager", "/clients", "clients"},
		{"marketer", "/campaigns", "campaigns"}, {"marketer", "/campaigns/lost-client-questionnaire?client=C3", "campaign"}, {"marketer", "/campaigns/satisfaction-survey", "campaign-survey"},
		{"marketer", "/campaigns/lost-client-questionnaire/touches?state=skipped", "touches"}, {"marketer", "/campaigns/newsletter/start", "start"}, {"marketer", "/campaigns/lost-client-questionnaire/texts", "texts"},
		{"operator", "/imports", "imports"}, {"operator", "/settings", "settings"}, {"operator", "/users", "users"},
	} {
		if shot.role != role {
			if b.logIn(ctx, s, shot.role) != nil {
				t.Fatal("log in as ", shot.role)
			}
			role = shot.role
		}
		for _, view := range []struct {
			name, scheme string
			width        int64
		}{{"390", "light", 390}, {"1280", "light", 1280}, {"390-dark", "dark", 390}} {
			if err := chromedp.Do(ctx, scheme(view.scheme), chromedp.EmulateViewport(view.width, 844), chromedp.Navigate(b.base+shot.path)); err != nil {
				t.Fatal(err)
			}
			wide, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > document.documentElement.clientWidth`))
			if err != nil {
				t.Fatal(err)
			}
			if wide {
				t.Errorf("%s scrolls sideways at %s", shot.path, view.name)
			}
			png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, shot.name+"-"+view.name+".png"), png, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
