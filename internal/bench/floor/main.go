// Command floor is what redial is measured against: a plain net/http server that
// has the same exchanges and neither logic nor a database. What it costs is what
// HTTP, JSON, forms and HMAC cost; what redial costs more is redial.
// It is no example of how to do it: it forgets everything.
package main

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

var (
	listen = flag.String("listen", "127.0.0.1:0", "address to serve on")
	token  = flag.String("token", "", "of the account: signs callbacks")
	twilio = flag.String("twilio", "", "where calls are created; empty: they are not")
	last   = flag.Int("dials", 3, "of each call")

	number, over atomic.Int64
	client       = &http.Client{
		Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64, MaxConnsPerHost: 64},
	}
)

func main() {
	flag.Parse()
	http.HandleFunc("POST /v1/calls", create)
	http.HandleFunc("POST /twilio_api/callback", callback)
	http.HandleFunc("GET /readyz", func(http.ResponseWriter, *http.Request) {})
	http.HandleFunc("GET /over", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, over.Load()) })
	log.Fatal(http.ListenAndServe(*listen, nil))
}

// create decodes the wish, and answers.
func create(w http.ResponseWriter, r *http.Request) {
	var wish map[string]any
	if err := json.NewDecoder(r.Body).Decode(&wish); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	id := fmt.Sprint(number.Add(1))
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	wish["id"], wish["state"] = id, "waiting"
	_ = json.NewEncoder(w).Encode(wish)
	if *twilio != "" {
		go dial(fmt.Sprint(wish["to"]), id, 1)
	}
}

// dial sends the create request, as redial does.
func dial(to, id string, n int) {
	form := url.Values{
		"To": {to}, "From": {"+815012345678"}, "Timeout": {"30"},
		"Twiml": {"<Response><Say>The server is down.</Say></Response>"},
		"StatusCallback": {fmt.Sprintf("http://%s/twilio_api/callback?attempt=%s.%d&to=%s", *listen, id, n,
			url.QueryEscape(to))},
		"StatusCallbackEvent": {"initiated", "ringing", "answered", "completed"},
	}
	r, err := http.NewRequest(http.MethodPost, *twilio+"/2010-04-01/Accounts/"+account+"/Calls.json",
		strings.NewReader(form.Encode()))
	if err != nil {
		log.Fatal(err)
	}
	r.SetBasicAuth(account, *token)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := client.Do(r)
	if err != nil {
		log.Fatal(err)
	}
	defer answer.Body.Close()
	var made struct{ SID string }
	if err := json.NewDecoder(answer.Body).Decode(&made); err != nil || made.SID == "" {
		log.Fatal("no call was made: ", err)
	}
}

const account = "AC00000000000000000000000000000000"

// callback decodes the form, checks its signature, and dials again.
func callback(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	form, bad := url.ParseQuery(string(body))
	if err != nil || bad != nil || !signed(r, form) {
		http.Error(w, "no", http.StatusForbidden)
		return
	}
	w.WriteHeader(http.StatusNoContent)
	if *twilio == "" || !slices.Contains([]string{"completed", "busy", "no-answer", "failed"}, form.Get("CallStatus")) {
		return
	}
	var id, n int
	if _, err := fmt.Sscanf(r.URL.Query().Get("attempt"), "%d.%d", &id, &n); err != nil {
		log.Fatal(err)
	}
	if n == *last {
		over.Add(1)
		return
	}
	go dial(r.URL.Query().Get("to"), fmt.Sprint(id), n+1)
}

func signed(r *http.Request, form url.Values) bool {
	h := hmac.New(sha1.New, []byte(*token))
	_, _ = io.WriteString(h, "http://"+r.Host+r.URL.String())
	for _, name := range slices.Sorted(maps.Keys(form)) {
		for _, v := range form[name] {
			_, _ = io.WriteString(h, name+v)
		}
	}
	return hmac.Equal([]byte(r.Header.Get("X-Twilio-Signature")), []byte(base64.StdEncoding.EncodeToString(h.Sum(nil))))
}
