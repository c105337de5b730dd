// Package page is redial as people see it: pages of HTML that say whether calls get through, and why one did not. It is
// a door beside that of the API. It shows what there is, and has a step of the core run if somebody asks for one; it
// never decides about a call, and writes no SQL.
//
// A page is a Go file and a template of the same name. The Go file has a [Handler], which makes a view: what the
// template shows. The template defines "main". To add one: write both, give it its routes in package app
// (page_routes.go), its texts in each language of catalog/ and, if it stands in the navigation, a line in rooms.go.
// What is to be live is a template of its own whose one element has an id; a [Fragments] function renders those, and
// Live serves them. Tests find every page by its template: none may have a letter outside the catalogue.
//
// Nothing that a page reads may cost more because there is more history: counts end somewhere, and say so.
//
// Its files, from the top down:
//
//	now.go          Now: whether calls are getting through, and the live list
//	call_deeds.go   what can be done with a call: cancel, hang up, ring now, call again
//	call.go         a call: how it stands, its attempts, its webhooks
//	facts.go        what was asked for, and what is known of a call
//	story.go        what happened to a call, event by event
//	refused.go      why something was not done, and when it may be
//	verdict.go      the sentence with which Now begins, and the words below it
//	snapshot.go     what there is to show of all calls, read once for everybody who looks
//	row.go          a call in a list
//	drawing.go      the picture of a call, with words
//	doing.go        what a call does, or how it ended, in a few words
//	sign_in.go      browsers are signed in, and out
//	preferences.go  language, theme and zone are chosen
//	live.go         what changes of a page, as server-sent events
//	handler.go      who may see a page, and what is shown instead of it
//	render.go       a view becomes HTML
//	sessions.go     who is signed in, kept in our own store
//	transport.go    whether what a browser sends can be read on the way
//	rooms.go        which pages stand in the navigation
//	times.go        times, by the clock of the viewer, the callee or UTC
//	viewer.go       who looks at the page, and how they like it
//	hub.go          pages are told that something has happened to some call
//	page.go         a Server, its parts and its state
//	catalog.go      texts, in each language
//	assets.go       the stylesheet and the script
//	headers.go      what a page may do in the browser
package page
