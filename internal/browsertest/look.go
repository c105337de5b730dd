package browsertest

import (
	"context"
	"flag"
	"os"
	"path/filepath"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

var pictures = flag.String("browsertest.pictures", "", "the `folder` for pictures of pages; empty: none")

// Picture writes a picture of the whole page to NAME.png, if the test binary is run with -browsertest.pictures=FOLDER.
func (p *Tab) Picture(name string) {
	p.t.Helper()
	if *pictures == "" {
		return
	}
	size := Eval[[2]float64](p, "[document.documentElement.clientWidth, document.documentElement.scrollHeight]")
	ctx, cancel := context.WithTimeout(p.ctx, timeout)
	defer cancel()
	shot, err := chromedp.Run(ctx, func(ctx context.Context, tab *chromedp.Target) (page.CaptureScreenshotResult, error) {
		return cdp.Call(ctx, tab, page.CaptureScreenshot, page.CaptureScreenshotParams{
			Format: page.CaptureScreenshotFormatPng, CaptureBeyondViewport: new(true),
			Clip: &page.Viewport{Width: size[0], Height: size[1], Scale: 1},
		})
	})
	if err != nil {
		p.t.Fatal(err)
	}
	if err := os.MkdirAll(*pictures, 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*pictures, name+".png"), shot.Data, 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// Fits fails the test if the page is wider than its window, so that one would have to scroll sideways, and says which
// elements stick out.
func (p *Tab) Fits() {
	p.t.Helper()
	width := Eval[int](p, "document.documentElement.scrollWidth")
	if width <= p.window.Width {
		return
	}
	out := Eval[[]string](p, `Array.from(document.querySelectorAll("body *"))
		.filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth)
		.map(e => e.outerHTML.slice(0, 100))`)
	p.t.Errorf("the page is %d px wide, its window %d; what sticks out: %q", width, p.window.Width, out)
}
