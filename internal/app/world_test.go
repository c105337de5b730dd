package app

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"redial/api"
	"redial/api/apitest"
	"redial/internal/sim"
)

// world is phones, time and the whole of redial in one process: the real SQLite, the real SDK and sim, with an
// in-memory network between them, in a synctest bubble, whose time passes whenever all goroutines wait.
type world struct {
	t      *testing.T
	ctx    context.Context // of the bubble; t.Context belongs to the outside
	phones map[string]*handset
	sim    *sim.Sim
	conf   Config
	node   atomic.Pointer[App] // nil while there is none
	net    http.RoundTripper   // to redial; holds every exchange against the contract
	client *api.Client
	around atomic.Pointer[func(http.Handler) http.Handler] // wraps the node's handler; nil: nothing does
	// hosts maps the host names of other servers, beside redial and Twilio, to their http.Handler.
	hosts sync.Map
	stop  func()
}

const (
	hostURL = "https://redial.example.com"
	alice   = "+819012345678"
	bob     = "+819087654321"
	caller  = "+815012345678"
	account = "AC0123456789abcdef0123456789abcdef"
	token   = "0123456789abcdef0123456789abcdef"
	apiKey  = "a-key-of-the-world"
)

// inWorld runs a story in a bubble. change may alter the settings.
func inWorld(t *testing.T, change func(*Config), story func(*world)) {
	t.Helper()
	inSeededWorld(t, 1, change, story)
}

// inSeededWorld does the same with a seed for sim's faults.
func inSeededWorld(t *testing.T, seed uint64, change func(*Config), story func(*world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		w := &world{t: t, ctx: ctx, phones: map[string]*handset{}}
		var err error
		w.sim, err = sim.New(sim.Config{
			AccountSID: account, AuthToken: token, Seed: seed,
			Client: &http.Client{Transport: memory{w.handler}},
		})
		if err != nil {
			t.Fatal(err)
		}
		w.conf = Config{
			Listen: "127.0.0.1:0", HostURL: hostURL, DatabaseURL: "sqlite:" + filepath.Join(t.TempDir(), "world.db"),
			Migrate: true,
			APIKeys: []string{apiKey}, AccountSID: account, AuthTokens: []string{token}, From: caller,
			CallsPerSecond: 1, MaxWaiting: 100000, MaxPerNumber: 200, RetentionDays: 90,
			Transport:        memory{func() http.Handler { return w.sim }},
			WebhookTransport: byHost{&w.hosts},
		}
		if change != nil {
			change(&w.conf)
		}
		w.start()
		story(w)
		w.stop()
		w.sim.Close()
		w.audit()
	})
}

// start runs a node; stop ends it as SIGTERM does.
func (w *world) start() {
	w.t.Helper()
	node, err := New(w.ctx, w.conf)
	if err != nil {
		w.t.Fatal(err)
	}
	w.node.Store(node)
	w.net = apitest.Transport(w.t, memory{w.handler})
	w.client = &api.Client{URL: hostURL, Key: apiKey, HTTP: &http.Client{Transport: w.net}}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- node.Run(ctx) }()
	synctest.Wait() // until the node's loops wait
	w.stop = func() {
		w.t.Helper()
		w.node.Store(nil)
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("stopping the node: %v", err)
		}
	}
}

// handler is the node's HTTP side, nil while there is none.
func (w *world) handler() http.Handler {
	node := w.node.Load()
	if node == nil {
		return nil
	}
	if around := w.around.Load(); around != nil {
		return (*around)(node.Handler())
	}
	return node.Handler()
}

func (w *world) restart() { w.stop(); w.start() }

// pass lets the bubble's time pass, and everything happen that is due in it. It takes no real time.
func (w *world) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// call asks for a call.
func (w *world) call(req api.CreateCall) *asked {
	w.t.Helper()
	if req.Say == nil && req.Twiml == "" && req.URL == "" {
		req.Say = &api.Say{Text: "Your delivery is at the door."}
	}
	c, _, err := w.client.Create(w.ctx, req, "")
	if err != nil {
		w.t.Fatalf("asking for a call: %v", err)
	}
	return &asked{w, c.ID}
}

// asked is a call that was asked for.
type asked struct {
	w  *world
	id string
}

func (a *asked) now() api.Call {
	a.w.t.Helper()
	synctest.Wait()
	c, err := a.w.client.Get(a.w.ctx, a.id, 0)
	if err != nil {
		a.w.t.Fatalf("looking at the call: %v", err)
	}
	return c
}

func (a *asked) cancel() {
	a.w.t.Helper()
	if _, err := a.w.client.Cancel(a.w.ctx, a.id); err != nil {
		a.w.t.Fatalf("canceling: %v", err)
	}
}

// is expects this state of the call (the outcome, or the state if there is none), and these results of its attempts
// (the status if there is no result).
func (a *asked) is(stands string, attempts ...string) {
	a.w.t.Helper()
	c := a.now()
	got := []string{c.State}
	if c.Outcome != "" {
		got[0] = c.Outcome
	}
	for _, at := range c.Attempts {
		got = append(got, at.Status)
	}
	want := append([]string{stands}, attempts...)
	if strings.Join(got, " ") != strings.Join(want, " ") {
		a.w.t.Errorf("the call stands at %q, not at %q\n%s", got, want, a.story())
	}
}

// story is the call's timeline, for messages.
func (a *asked) story() string {
	events, err := a.w.client.Events(a.w.ctx, a.id)
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	for _, e := range events {
		b.WriteString(e.At.Format("15:04:05.000") + " " + e.Type)
		for _, s := range []string{e.Result, e.Outcome, e.Reason} {
			b.WriteString(" " + s)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// happened says whether the call's timeline has an event of this type.
func (a *asked) happened(kind string) bool { return strings.Contains(a.story(), " "+kind+" ") }

// handset is a phone and its script: what it does at each ring. A ring that is not in the script fails the test.
type handset struct {
	w      *world
	number string
	steps  []string
}

func (w *world) phone(number string) *handset {
	p := &handset{w: w, number: number}
	w.phones[number] = p
	return p
}

func (p *handset) does(step string) *handset {
	p.w.t.Helper()
	p.steps = append(p.steps, step)
	if err := p.w.sim.Script(p.number, strings.Join(p.steps, ",")); err != nil {
		p.w.t.Fatal(err)
	}
	return p
}

func (p *handset) noAnswer() *handset { return p.does("no-answer") }
func (p *handset) busy() *handset     { return p.does("busy") }
func (p *handset) answers() *handset  { return p.does("answer") }

// rang is how often the other side saw the number dialed.
func (p *handset) rang() int {
	n := 0
	for _, leg := range p.w.sim.Legs() {
		if leg.To == p.number {
			n++
		}
	}
	return n
}

// audit fails the test for every ring that is in no phone's script.
func (w *world) audit() {
	for _, leg := range w.sim.Legs() {
		if w.phones[leg.To] == nil {
			w.t.Errorf("an unexpected call rang %s", leg.To)
		}
	}
	for number, p := range w.phones {
		if rang := p.rang(); rang > len(p.steps) {
			w.t.Errorf("%s was rung %d times, which is %d too many", number, rang, rang-len(p.steps))
		}
	}
}

// memory is a network without sockets: it passes each request to a handler, and refuses it if there is none.
type memory struct{ to func() http.Handler }

// RoundTrip behaves like a real transport: it reads the body first, gives up with the request's context, and breaks
// the connection when the handler aborts.
func (m memory) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body.Close()
	}
	to := m.to()
	if to == nil {
		return nil, syscall.ECONNREFUSED
	}
	in := httptest.NewRequestWithContext(r.Context(), r.Method, r.URL.String(), strings.NewReader(string(body)))
	in.Header = r.Header.Clone()
	answer := make(chan *http.Response, 1)
	go func() {
		defer close(answer)
		defer func() {
			if p := recover(); p != nil && p != http.ErrAbortHandler {
				panic(p)
			}
		}()
		out := httptest.NewRecorder()
		to.ServeHTTP(out, in)
		answer <- out.Result()
	}()
	select {
	case <-r.Context().Done():
		return nil, r.Context().Err()
	case res, ok := <-answer:
		if !ok {
			return nil, errors.New("the connection was closed")
		}
		return res, nil
	}
}

// byHost is such a network with many hosts.
type byHost struct{ hosts *sync.Map }

func (n byHost) RoundTrip(r *http.Request) (*http.Response, error) {
	return memory{func() http.Handler {
		h, _ := n.hosts.Load(r.URL.Host)
		handler, _ := h.(http.Handler)
		return handler
	}}.RoundTrip(r)
}

func (p *handset) rangTimes(want int) {
	p.w.t.Helper()
	if got := p.rang(); got != want {
		p.w.t.Errorf("%s rang %d times, not %d", p.number, got, want)
	}
}

// creates returns every create request that Twilio got.
func (w *world) creates() (list []sim.Request) {
	for _, r := range w.sim.Requests() {
		if r.Method == http.MethodPost && strings.HasSuffix(r.Path, "/Calls.json") {
			list = append(list, r)
		}
	}
	return list
}

// placeElsewhere makes another program of the same account call the number.
func (w *world) placeElsewhere(number string) {
	w.t.Helper()
	form := url.Values{"To": {number}, "From": {caller}, "Twiml": {"<Response/>"}}
	r, err := http.NewRequestWithContext(w.ctx, "POST", "/2010-04-01/Accounts/"+account+"/Calls.json",
		strings.NewReader(form.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	r.SetBasicAuth(account, token)
	if res, err := w.conf.Transport.RoundTrip(r); err != nil || res.StatusCode != http.StatusCreated {
		w.t.Fatal(res, err)
	}
}

// do sends a request to redial without the client, and returns status and body.
func (w *world) do(method, path, body string, headers ...string) (int, string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.ctx, method, hostURL+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+apiKey)
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := w.net.RoundTrip(r)
	if err != nil {
		w.t.Fatal(err)
	}
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return res.StatusCode, string(answer)
}

// metric expects a line on the metrics page.
func (w *world) metric(line string) {
	w.t.Helper()
	if _, page := w.do("GET", "/metrics", ""); !strings.Contains(page, "\n"+line+"\n") {
		w.t.Errorf("/metrics has no %q", line)
	}
}
