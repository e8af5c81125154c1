package web

import (
	"context"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
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
	ctx, cancelTime := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancelTime)
	return ctx
}

// enter gives the browser the session of someone who has logged in.
func (b *browser) enter(ctx context.Context) error {
	base, err := url.Parse(b.base)
	if err != nil {
		return err
	}
	return chromedp.Run(ctx, chromedp.ActionFunc(func(ctx context.Context) error {
		for _, c := range b.client.Jar.Cookies(base) {
			if err := network.SetCookie(c.Name, c.Value).WithDomain(base.Hostname()).WithPath("/").Do(ctx); err != nil {
				return err
			}
		}
		return nil
	}))
}

// TestPictures photographs the pages, for the eye and the README, when RELANCE_PICTURES names a folder.
func TestPictures(t *testing.T) {
	dir := os.Getenv("RELANCE_PICTURES")
	if dir == "" {
		t.Skip("RELANCE_PICTURES names no folder")
	}
	s := newSample(t)
	ctx := chrome(t)
	for _, shot := range []struct{ role, path, name string }{
		{"rep", "/calls", "calls"}, {"rep", "/calls/2", "call"}, {"manager", "/calls", "calls-manager"}, {"rep", "/clients/C2", "client"}, {"manager", "/clients", "clients"},
		{"marketer", "/campaigns", "campaigns"}, {"marketer", "/campaigns/lost-client-questionnaire?client=C3", "campaign"}, {"marketer", "/campaigns/satisfaction-survey", "campaign-survey"},
		{"marketer", "/campaigns/lost-client-questionnaire/touches?state=skipped", "touches"}, {"marketer", "/campaigns/newsletter/start", "start"}, {"marketer", "/campaigns/lost-client-questionnaire/texts", "texts"},
		{"operator", "/imports", "imports"}, {"operator", "/settings", "settings"}, {"operator", "/users", "users"}, {"rep", "/inbox", "inbox"}, {"rep", "/inbox/1", "mail"}, {"", "/login", "login"}, {"rep", "/nowhere", "error"},
	} {
		b := s.visit(shot.role)
		if err := b.enter(ctx); err != nil {
			t.Fatal(err)
		}
		for _, view := range []struct {
			name   string
			width  int64
			scheme string
		}{{"390", 390, "light"}, {"1280", 1280, "light"}, {"390-dark", 390, "dark"}} {
			var png []byte
			var wide bool
			err := chromedp.Run(ctx, emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: view.scheme}}),
				emulation.SetDeviceMetricsOverride(view.width, 844, 1, view.width < 500), chromedp.Navigate(b.base+shot.path),
				chromedp.Evaluate(`document.documentElement.scrollWidth > document.documentElement.clientWidth`, &wide), chromedp.FullScreenshot(&png, 100))
			if err != nil {
				t.Fatal(err)
			}
			if wide {
				t.Errorf("%s scrolls sideways at %s", shot.path, view.name)
			}
			if err := os.WriteFile(filepath.Join(dir, shot.name+"-"+view.name+".png"), png, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
