package sim

import (
	"cmp"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ServeHTTP answers the REST API, the control API, and the desk's page.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/" || strings.HasPrefix(r.URL.Path, "/sim/") {
		s.once.Do(func() { s.own = guarded(s.newOwn()) })
		s.own.ServeHTTP(w, r)
		return
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxForm))
	form, formErr := url.ParseQuery(string(raw))
	var a answer
	switch {
	case err != nil || formErr != nil:
		a = refuse(fault(400, 20001, "The form can't be read"))
	default:
		a = s.route(r, form)
	}
	s.record(r, form, a)
	if a.dropped {
		panic(http.ErrAbortHandler) // the connection ends without an answer
	}
	h := w.Header()
	h.Set("Twilio-Request-Id", fmt.Sprintf("RQ%032x", time.Now().UnixNano()))
	h.Set("Date", s.clock().UTC().Format(http.TimeFormat))
	h.Set("Content-Type", "application/json")
	if a.status == http.StatusNoContent {
		w.WriteHeader(a.status)
		return
	}
	body := a.body
	if a.err != nil {
		body = map[string]any{
			"code": a.err.code, "message": a.err.message, "status": a.err.status,
			"more_info": "https://www.twilio.com/docs/errors/" + strconv.Itoa(a.err.code),
		}
	}
	w.WriteHeader(a.status)
	_ = json.NewEncoder(w).Encode(body) // the client may have gone
}

func (s *Sim) record(r *http.Request, form url.Values, a answer) {
	req := Request{At: time.Now(), Method: r.Method, Path: r.URL.Path, Form: form, Status: a.status, SID: a.sid}
	if len(form) == 0 {
		req.Form = r.URL.Query()
	}
	if a.err != nil {
		req.Code = a.err.code
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, req)
}

// route finds what a request is about.
func (s *Sim) route(r *http.Request, form url.Values) answer {
	if e := s.signIn(r); e != nil {
		return refuse(e)
	}
	region, isRegion := strings.CutPrefix(r.URL.Path, "/v1/DialingPermissions/Countries/")
	path, ok := strings.CutPrefix(r.URL.Path, version+"/Accounts/"+s.conf.AccountSID)
	sid, isCall := strings.CutPrefix(strings.TrimSuffix(path, ".json"), "/Calls/")
	switch {
	case isRegion && r.Method == http.MethodGet:
		return s.showPermission(region)
	case !ok:
	case path == ".json" && r.Method == http.MethodGet:
		return s.showAccount(r)
	case path == "/IncomingPhoneNumbers.json" && r.Method == http.MethodGet:
		return s.listNumbers(r.URL)
	case path == "/OutgoingCallerIds.json" && r.Method == http.MethodGet:
		return s.listVerified(r.URL)
	case path == "/Calls.json" && r.Method == http.MethodPost:
		return s.create(form)
	case path == "/Calls.json" && r.Method == http.MethodGet:
		return s.list(r.URL)
	case isCall && r.Method == http.MethodGet:
		return s.get(sid)
	case isCall && r.Method == http.MethodPost:
		return s.update(sid, form)
	case isCall && r.Method == http.MethodDelete:
		return s.remove(sid)
	}
	return refuse(fault(404, 20404, "The requested resource %s was not found", r.URL.Path))
}

func (s *Sim) signIn(r *http.Request) *apiError {
	s.mu.Lock()
	suspended, status := s.suspended, s.suspendedWith
	s.mu.Unlock()
	if suspended != 0 {
		return fault(status, suspended, "Authenticate")
	}
	user, secret, ok := r.BasicAuth()
	want, isKey := s.conf.APIKeys[user]
	if user == s.conf.AccountSID {
		want, isKey = s.conf.AuthToken, true
	}
	if !ok || !isKey || subtle.ConstantTimeCompare([]byte(secret), []byte(want)) != 1 {
		return fault(401, 20003, "Authenticate")
	}
	return nil
}

// create answers a create request, as the script of the number's phone and the faults say.
func (s *Sim) create(form url.Values) answer {
	if e := cmp.Or(checkCreate(form), s.mayCall(form)); e != nil {
		return refuse(e)
	}
	s.mu.Lock()
	if s.full() {
		s.mu.Unlock()
		return refuse(fault(400, 10004, "Call concurrency limit exceeded"))
	}
	to := form.Get("To")
	st, nth := s.next(to)
	f := s.faults
	switch {
	case st.name == "refuse":
		s.mu.Unlock()
		s.news("", to, "is not called: refused with error %d", st.code)
		return refuse(fault(st.status, st.code, "The number %s can't be called", to))
	case s.happens(st, "429", f.Create429, to, nth, 0):
		s.mu.Unlock()
		return refuse(fault(429, 20429, "Too Many Requests"))
	case s.happens(st, "unplaced500", f.Unplaced500, to, nth, 0):
		s.mu.Unlock()
		return refuse(fault(500, 20500, "Internal Server Error"))
	}
	s.mu.Unlock()
	if s.happens(st, "slow", f.CreateSlow, to, nth, 0) && !s.wait(ms(f.CreateSlowMS)) {
		return answer{dropped: true}
	}
	s.mu.Lock()
	l := s.place(form, st, nth)
	shown := l.show(time.Now())
	s.mu.Unlock()
	s.legs.Go(func() { s.live(l) })
	if s.happens(st, "early", f.CallbackEarly, to, nth, 0) {
		l.awaitFirstCallback(s.ctx)
	}
	switch {
	case s.happens(st, "dropped", f.CreateDropped, to, nth, 0):
		return answer{dropped: true, sid: l.SID}
	case s.happens(st, "500", f.Create500, to, nth, 0):
		a := refuse(fault(500, 20500, "Internal Server Error"))
		a.sid = l.SID
		return a
	}
	return answer{status: 201, body: shown, sid: l.SID}
}

// full says whether the account may not have any more calls at once. The mutex is held.
func (s *Sim) full() bool {
	if s.faults.MaxCalls == 0 {
		return false
	}
	alive := 0
	for _, l := range s.calls {
		if !final(l.Status) {
			alive++
		}
	}
	return alive >= s.faults.MaxCalls
}

// find returns the call of a sid; nil if there is none, or if reads don't show it yet. The mutex is held.
func (s *Sim) find(sid string, lag time.Duration) *leg {
	for _, l := range s.calls {
		if l.SID == sid && !l.hidden() && time.Since(l.CreatedAt) >= lag {
			return l
		}
	}
	return nil
}

func noCall(sid string) answer { return refuse(fault(404, 20404, "The call %s was not found", sid)) }

func (s *Sim) get(sid string) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.find(sid, ms(s.faults.GetLagMS))
	if l == nil {
		return noCall(sid)
	}
	return answer{status: 200, body: l.show(time.Now().Add(-ms(s.faults.GetStaleMS)))}
}

func (s *Sim) remove(sid string) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.find(sid, 0)
	switch {
	case l == nil:
		return noCall(sid)
	case !final(l.Status):
		return refuse(fault(409, 20009, "The call has not ended"))
	}
	l.deleted = true
	return answer{status: http.StatusNoContent}
}

// update ends a call, or gives it other TwiML.
func (s *Sim) update(sid string, form url.Values) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.find(sid, 0)
	if l == nil {
		return noCall(sid)
	}
	status := form.Get("Status")
	over := final(l.Status)
	answered := l.Status == "in-progress"
	switch {
	case status != "" && status != "canceled" && status != "completed":
		return refuse(fault(400, 20001, "Status must be canceled or completed"))
	case over || (status == "canceled" && answered) || (status == "" && !answered):
		return refuse(fault(400, 21220, "Call is not in-progress. Cannot redirect or end it."))
	case status == "" && (form.Get("Twiml") == "") == (form.Get("Url") == ""):
		return refuse(fault(400, 20001, "Give one of Status, Url and Twiml"))
	case status == "":
		l.redirect(form)
	default:
		l.hangUp(status)
	}
	return answer{status: 200, body: l.show(time.Now())}
}

// list shows a page of the calls that the query selects, newest first.
func (s *Sim) list(u *url.URL) answer {
	q := u.Query()
	size, page := 50, 0
	if v := q.Get("PageSize"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 || n > 1000 {
			return refuse(fault(400, 20007, "Page size must be from 1 to 1000"))
		}
		size = n
	}
	if n, err := strconv.Atoi(q.Get("Page")); err == nil && n > 0 {
		page = n
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []map[string]any{}
	for _, l := range slices.Backward(s.calls) {
		if !l.hidden() && time.Since(l.CreatedAt) >= ms(s.faults.ListLagMS) && l.matches(q) {
			found = append(found, l.show(time.Now()))
		}
	}
	from := min(page*size, len(found))
	to := min(from+size, len(found))
	uri := func(n int) any {
		v := url.Values{}
		for k := range q {
			v[k] = q[k]
		}
		v.Set("Page", strconv.Itoa(n))
		v.Set("PageSize", strconv.Itoa(size))
		return u.Path + "?" + v.Encode()
	}
	body := map[string]any{
		"calls": found[from:to], "page": page, "page_size": size, "start": from, "end": max(from, to-1), "uri": uri(page),
		"first_page_uri": uri(0), "next_page_uri": nil, "previous_page_uri": nil,
	}
	if to < len(found) {
		body["next_page_uri"] = uri(page + 1)
	}
	if page > 0 {
		body["previous_page_uri"] = uri(page - 1)
	}
	return answer{status: 200, body: body}
}

// hidden says whether the REST API does not show a call that was placed.
func (l *leg) hidden() bool { return l.deleted || l.step.has("gone") }

// matches says whether a list's filters select the call. Dates count as whole
// days in UTC: > includes the day, < ends before it.
func (l *leg) matches(q url.Values) bool {
	same := func(name, v string) bool { return q.Get(name) == "" || q.Get(name) == v }
	day := func(name string, at time.Time) bool {
		in := func(op string, ok func(day, at string) bool) bool {
			v := q.Get(name + op)
			return v == "" || !at.IsZero() && ok(v[:min(10, len(v))], at.UTC().Format("2006-01-02"))
		}
		return in("", func(d, a string) bool { return a == d }) && in(">", func(d, a string) bool { return a >= d }) &&
			in("<", func(d, a string) bool { return a < d })
	}
	return same("To", l.To) && same("From", l.From) && same("Status", listed(l.Status)) && same("ParentCallSid", "") &&
		day("StartTime", l.DialedAt) && day("EndTime", l.EndedAt)
}

// listed is a status as the REST API shows it: only callbacks say initiated.
func listed(status string) string {
	if status == "initiated" {
		return "queued"
	}
	return status
}

// show is the call's resource as it was at a time: every scalar a string, or null.
func (l *leg) show(at time.Time) map[string]any {
	status, asOf := l.asOf(at)
	text := func(v string) any {
		if v == "" {
			return nil
		}
		return v
	}
	date := func(t time.Time) any {
		if t.IsZero() || t.After(asOf) {
			return nil
		}
		return t.UTC().Format(time.RFC1123Z)
	}
	m := map[string]any{
		"sid": l.SID, "account_sid": l.account, "api_version": version[1:], "direction": "outbound-api",
		"to": l.To, "to_formatted": l.To, "from": l.From, "from_formatted": l.From, "status": listed(status),
		"date_created": date(l.CreatedAt), "date_updated": date(l.updated), "start_time": date(l.DialedAt),
		"end_time": date(l.EndedAt),
		"duration": nil, "price": nil, "price_unit": "USD", "answered_by": text(l.AnsweredBy), "queue_time": "0",
		"parent_call_sid": nil, "phone_number_sid": nil, "trunk_sid": nil, "group_sid": nil, "caller_name": nil,
		"forwarded_from":   nil,
		"uri":              version + "/Accounts/" + l.account + "/Calls/" + l.SID + ".json",
		"subresource_uris": map[string]any{},
	}
	if status == "completed" {
		m["duration"] = strconv.Itoa(l.talked())
	}
	return m
}

// asOf returns the status that the call had at a time, and since when. For a time before its creation it returns the
// status at its creation.
func (l *leg) asOf(at time.Time) (status string, seen time.Time) {
	status, seen = "queued", l.CreatedAt
	for _, c := range l.changes {
		if !c.at.After(at) {
			status, seen = c.status, c.at
		}
	}
	return status, seen
}
