package browsertest

import (
	"fmt"
	"net/url"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
)

// watch collects what the pages of a tab do that they must not.
type watch struct {
	mu      sync.Mutex
	hosts   map[string]bool // that the test has opened pages of
	allowed []string
	faults  []string
}

// event is called with every event of the tab, in order, by the goroutine that reads them.
func (w *watch) event(e any) {
	switch e := e.(type) {
	case *runtime.EventExceptionThrown:
		if e.ExceptionDetails != nil {
			w.fault("an exception: %s", thrown(e.ExceptionDetails))
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeAssert {
			w.fault("an error in the console: %s", said(e.Args))
		}
	case *log.EventEntryAdded:
		if e.Entry != nil && e.Entry.Level == log.EntryLevelError {
			w.fault("an error in the console: %s %s", e.Entry.Text, e.Entry.URL)
		}
	case *network.EventRequestWillBeSent:
		if e.Request != nil {
			w.request(e.Request.URL)
		}
	case *audits.EventIssueAdded:
		if e.Issue != nil && e.Issue.Details != nil && e.Issue.Details.ContentSecurityPolicyIssueDetails != nil {
			d := e.Issue.Details.ContentSecurityPolicyIssueDetails
			w.fault("a violation of the content security policy: %s %s %s", d.ViolatedDirective,
				d.ContentSecurityPolicyViolationType, d.BlockedURL)
		}
	}
}

// request records a request that leaves the servers of the test.
func (w *watch) request(link string) {
	u, err := url.Parse(link)
	w.mu.Lock()
	known := err == nil && (w.hosts[u.Host] || u.Scheme == "data" || u.Scheme == "about" || u.Scheme == "blob")
	w.mu.Unlock()
	if !known {
		w.fault("a request to another server: %s", link)
	}
}

func (w *watch) fault(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults = append(w.faults, text)
}

// left are the faults that the test has not allowed.
func (w *watch) left() (all []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
faults:
	for _, text := range w.faults {
		for _, part := range w.allowed {
			if strings.Contains(text, part) {
				continue faults
			}
		}
		all = append(all, text)
	}
	return all
}

// said is what a page wrote to the console.
func said(args []*runtime.RemoteObject) string {
	var words []string
	for _, a := range args {
		if text := string(a.Value); text != "" {
			words = append(words, text)
		} else {
			words = append(words, a.Description)
		}
	}
	return strings.Join(words, " ")
}

// thrown is an exception in words.
func thrown(d *runtime.ExceptionDetails) string {
	if d.Exception != nil && d.Exception.Description != "" {
		return d.Exception.Description
	}
	return d.Text
}
