package browsertest

import (
	"cmp"
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// timeout is how long a page may take for anything, on a busy machine.
const timeout = 2 * time.Minute

// tick is how often a page is asked whether it shows what a test waits for.
const tick = 20 * time.Millisecond

// Window says what a tab's user has. The zero value is a desktop, light, in English.
type Window struct {
	Width, Height int    // 0: 1280 by 800; less than 600 wide is a phone with a touch screen
	Language      string // as Accept-Language has it; empty: en-US
	Zone          string // of its clock; empty: this machine's
	Dark          bool
	ForcedColors  bool
	ReducedMotion bool
	NoScript      bool // JavaScript is off
}

// Tab is a tab that a test looks at. What a page must not do fails the test when it ends.
type Tab struct {
	t      testing.TB
	ctx    context.Context
	watch  *watch
	window Window
}

// Open opens a tab with cookies of its own. It closes with t.
func Open(t testing.TB, w Window) *Tab {
	t.Helper()
	parent, err := started()
	if err != nil {
		t.Fatalf("the browser for tests: %v", err)
	}
	return open(t, parent, w, chromedp.WithNewBrowserContext())
}

// Another opens a second tab of the same user: it shares the first one's cookies.
func (p *Tab) Another() *Tab {
	p.t.Helper()
	return open(p.t, p.ctx, p.window)
}

func open(t testing.TB, parent context.Context, w Window, options ...chromedp.ContextOption) *Tab {
	t.Helper()
	w.Width, w.Height = cmp.Or(w.Width, 1280), cmp.Or(w.Height, 800)
	p := &Tab{t: t, watch: &watch{hosts: map[string]bool{}}, window: w}
	ctx, cancel := chromedp.NewContext(parent, append(options, chromedp.WithListener(p.watch.event))...)
	t.Cleanup(func() {
		for _, fault := range p.watch.left() {
			t.Errorf("the page caused %s", fault)
		}
		cancel()
	})
	// The tab lives as long as the context of its first run.
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("the browser opens no tab: %v", err)
	}
	p.ctx = ctx
	p.setUp()
	return p
}

// setUp makes the tab what its window says.
func (p *Tab) setUp() {
	w := p.window
	version, err := chromedp.Run(p.ctx, func(ctx context.Context, tab *chromedp.Target) (browser.GetVersionResult, error) {
		return cdp.Call(ctx, tab, browser.GetVersion, cdp.Empty{})
	})
	if err != nil {
		p.t.Fatal(err)
	}
	phone := w.Width < 600
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: "light"}, {Name: "forced-colors"}, {Name: "prefers-reduced-motion"},
	}}
	for i, is := range []struct {
		so    bool
		value string
	}{{w.Dark, "dark"}, {w.ForcedColors, "active"}, {w.ReducedMotion, "reduce"}} {
		if is.so {
			media.Features[i].Value = is.value
		}
	}
	p.Do(
		does(audits.Enable, cdp.Empty{}),
		does(emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{
			UserAgent: version.UserAgent, AcceptLanguage: cmp.Or(w.Language, "en-US"),
		}),
		does(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
			Width: int64(w.Width), Height: int64(w.Height), DeviceScaleFactor: 1, Mobile: phone,
		}),
		does(emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: phone}),
		does(emulation.SetEmulatedMedia, media),
		does(emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: w.Zone}),
		does(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: w.NoScript}),
	)
}

// does is a command of the browser as an action.
func does[P, R any](command cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, command, params)
		return err
	})
}

// Allow says that faults whose text contains this are meant, such as "status of 404".
func (p *Tab) Allow(text string) {
	p.watch.mu.Lock()
	defer p.watch.mu.Unlock()
	p.watch.allowed = append(p.watch.allowed, text)
}

// Go opens a page, and waits until it has loaded. Pages may then ask its server for anything, and no other.
func (p *Tab) Go(link string) {
	p.t.Helper()
	u, err := url.Parse(link)
	if err != nil {
		p.t.Fatal(err)
	}
	p.watch.mu.Lock()
	p.watch.hosts[u.Host] = true
	p.watch.mu.Unlock()
	p.Do(chromedp.Navigate(link))
}

// Reload loads the page again.
func (p *Tab) Reload() {
	p.t.Helper()
	p.Do(chromedp.Reload())
}

// Click clicks the first visible element that a CSS selector matches, once there is one.
func (p *Tab) Click(selector string) {
	p.t.Helper()
	// A page that changes may replace an element between being found and being clicked.
	p.until("click "+selector, func(ctx context.Context) (bool, error) {
		err := chromedp.Do(ctx, chromedp.Click(chromedp.CSS(selector)))
		return err == nil, err
	})
}

// Type types a text into an element.
func (p *Tab) Type(selector, text string) {
	p.t.Helper()
	p.Do(chromedp.SendKeys(chromedp.CSS(selector), text))
}

// Press presses keys, such as "1" or kb.Tab, wherever the focus is.
func (p *Tab) Press(keys string) {
	p.t.Helper()
	p.Do(chromedp.KeyEvent(keys))
}

// Do runs actions of chromedp, for what a Tab has no method for.
func (p *Tab) Do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, timeout)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatalf("%v; the page shows:\n%s", err, p.shows())
	}
}

// Until waits until a JavaScript expression is true of the page. The page's own policy does not hold for it.
func (p *Tab) Until(expression string) {
	p.t.Helper()
	p.until(expression, func(ctx context.Context) (bool, error) {
		return chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+expression+")"))
	})
}

// UntilSays waits until the text of an element contains a text.
func (p *Tab) UntilSays(selector, text string) {
	p.t.Helper()
	p.until(selector+" says “"+text+"”", func(ctx context.Context) (bool, error) {
		got, err := chromedp.Run(ctx, chromedp.Evaluate[string](textOf(selector)))
		return strings.Contains(got, text), err
	})
}

// until asks again and again. While a page changes to the next one, asking fails.
func (p *Tab) until(what string, holds func(context.Context) (bool, error)) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, timeout)
	defer cancel()
	again := time.NewTicker(tick)
	defer again.Stop()
	for {
		ok, err := holds(ctx)
		if err == nil && ok {
			return
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			p.t.Fatalf("never came: %s (%v); the page shows:\n%s", what, err, p.shows())
		}
	}
}

// Text is the text of the elements that a CSS selector matches, as it is shown, a line for each.
func (p *Tab) Text(selector string) string {
	p.t.Helper()
	return Eval[string](p, textOf(selector))
}

func textOf(selector string) string {
	return "Array.from(document.querySelectorAll(`" + selector + "`), e => e.innerText).join('\\n')"
}

// Eval is the value of a JavaScript expression in the page.
func Eval[T any](p *Tab, expression string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, timeout)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// shows is what the page shows, for messages of tests.
func (p *Tab) shows() string {
	ctx, cancel := context.WithTimeout(p.ctx, timeout/10)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string]("location.href + '\\n' + document.body.innerText"))
	if err != nil {
		return err.Error()
	}
	return text
}
