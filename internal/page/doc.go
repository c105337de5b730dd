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
//	now.go            Now: whether calls are getting through, and the live list
//	verdict.go        the sentence with which Now begins, and the words below it
//	call_deeds.go     what is done with a call: cancel, hang up, ring now, call again
//	call.go           a call: how it stands, its attempts, its webhooks
//	facts.go          what was asked for, and what is known of a call
//	story.go          what happened to a call, event by event
//	acts.go           what can be done with a call, as it stands
//	refused.go        why something was not done, and when it may be
//	snapshot.go       what there is to show of all calls, read once for everybody who looks
//	drawing.go        the picture of a call, with words
//	row.go            a call in a list
//	doing.go          what a call does, or how it ended, in a few words
//	state.go          how a call stands, as shape, colour and word
//	sign_in.go        browsers are signed in, and out
//	preferences.go    language, theme and zone are chosen
//	live.go           what changes of a page, as server-sent events
//	handler.go        who may see a page, and what is shown instead of it
//	sessions.go       who is signed in, and the cookie that says so
//	rooms.go          which pages stand in the navigation
//	view.go           what a page shows, and how that is sent
//	times.go          times, by the clock of the viewer, the callee or UTC
//	counts.go         counts, as the viewer's language writes them
//	viewer.go         who looks at the page, and how they like it
//	assets.go         the stylesheet and the script are served
//	page.go           a Server, its parts and its state
//	pictures.go       what was read of all calls, until it is read anew
//	book.go           all pages in one language
//	files.go          the stylesheet and the script
//	hub.go            pages are told that something has happened to some call
//	session_store.go  sessions in our own store
//	catalog.go        texts, in each language
//	transport.go      whether what a browser sends can be read on the way
//	headers.go        what a page may do in the browser
package page
