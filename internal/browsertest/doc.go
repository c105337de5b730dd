// Package browsertest gives tests a real browser: a Chromium for each test binary, and in it a tab for each test, with
// cookies and storage of its own. It is for tests only; no part of the product imports it. It never skips a test: a
// test fails if it can't have the browser.
//
// A tab also watches what a page must not do: write an error to the console, ask another server for anything, violate
// its own content security policy. Whatever it sees of that fails the test, unless the test allows it.
//
// Chromium reads the real clock. Tests wait for what a page shows rather than for times.
//
// Its files, from the top down:
//
//	look.go     what a test looks at: pictures, and whether a page fits its window
//	tab.go      a tab, and what a person does in it
//	watch.go    what a page must not do
//	browser.go  the Chromium of this test binary
package browsertest
