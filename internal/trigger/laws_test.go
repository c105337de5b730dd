package trigger

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"redial/internal/call"
	"redial/internal/source"
	"redial/internal/store"
)

// Whatever a trigger is told, by whomever, and whatever becomes of its calls: the laws of package incident hold with
// what is stored, and incidents count their members right.
func TestLawsOfWhatIsStored(t *testing.T) {
	for seed := range uint64(8) {
		inWorld(t, saysTitle+"again_after: 10m\nhold: 1m\nforget_after: 3h\n", func(w *world) {
			l := &lawful{world: w, rand: rand.New(rand.NewPCG(seed, 0)), firing: map[string]bool{}, //nolint:gosec // a test
				taken: map[string]bool{}, ended: map[string]time.Time{}}
			for range 40 {
				l.step()
				l.check()
			}
			for range 8 { // all calls end, one after another, and nothing else is told
				for n := range w.calls {
					l.end(n + 1)
				}
				w.waits(11 * time.Minute)
				l.check()
			}
			for key := range l.firing {
				if l.firing[key] && !l.taken[key] && l.ended[key].IsZero() {
					l.fails("%s was never told", key)
				}
			}
			if w.t.Failed() {
				t.Logf("seed %d: %s", seed, strings.Join(l.did, ", "))
			}
		})
	}
}

// lawful is a world of which a test knows what fires, and holds it against the laws.
type lawful struct {
	*world
	rand   *rand.Rand
	did    []string
	firing map[string]bool
	taken  map[string]bool      // somebody takes care of it
	ended  map[string]time.Time // the last call about it, since it fires
	read   int                  // lines of the story that were
}

func (l *lawful) fails(text string, args ...any) {
	l.world.t.Helper()
	l.world.t.Errorf(text, args...)
}

func (l *lawful) step() {
	key := string(rune('a' + l.rand.IntN(4)))
	all := strings.Fields("fire fire group over acknowledge answer nobody wait wait close")
	what := all[l.rand.IntN(len(all))]
	l.did = append(l.did, what+" "+key)
	switch what {
	case "fire":
		l.fires(key)
		l.tells(fires(key))
	case "group":
		l.fires(key)
		l.fires("z")
		l.tells(together(fires(key), fires("z")))
	case "over":
		l.over(key)
		l.tells(is(fires(key), source.Resolved))
	case "acknowledge":
		l.taken[key] = l.firing[key]
		l.tells(is(fires(key), source.Acknowledged))
	case "answer", "nobody":
		if n := l.live(); n > 0 {
			l.rings(n, what == "answer")
		}
	case "wait":
		l.waits(time.Duration(l.rand.IntN(30)) * time.Minute)
	case "close":
		l.close(key)
	}
}

func (l *lawful) fires(key string) {
	if !l.firing[key] {
		l.firing[key], l.taken[key] = true, false
	}
}

func (l *lawful) over(key string) { l.firing[key], l.taken[key] = false, false }

// close closes the incident of a key by hand, with all its members.
func (l *lawful) close(key string) {
	for _, i := range l.incidents() {
		members := l.members(i.ID)
		if !slices.ContainsFunc(members, func(m store.IncidentMember) bool { return m.Key == key && m.Firing }) {
			continue
		}
		for _, m := range members {
			if m.Firing {
				l.over(m.Key)
			}
		}
		if _, err := l.Close(l.world.t.Context(), store.Asker{Name: "ben"}, i.ID); err != nil {
			l.fails("closing: %v", err)
		}
		synctest.Wait()
	}
}

// live is the call that has not ended, 0 if there is none.
func (l *lawful) live() (n int) {
	for i, id := range l.calls {
		c, err := l.store.Get(l.world.t.Context(), id)
		if err != nil {
			l.fails("%v", err)
		}
		if c.State == call.Ended {
			continue
		}
		if n > 0 {
			l.fails("calls %d and %d ring the same people at once", n, i+1)
		}
		n = i + 1
	}
	return n
}

func (l *lawful) end(n int) {
	if l.live() == n {
		l.nobody(n)
	}
}

func (l *lawful) incidents() []store.Incident {
	list, _, err := l.store.Incidents(l.world.t.Context(), store.IncidentQuery{Limit: 1000})
	if err != nil {
		l.fails("%v", err)
	}
	return list
}

func (l *lawful) members(id string) []store.IncidentMember {
	list, err := l.store.IncidentMembers(l.world.t.Context(), id, "", 100)
	if err != nil {
		l.fails("%v", err)
	}
	return list
}

func (l *lawful) check() {
	for ; l.read < len(l.story); l.read++ {
		var n int
		now := l.when[l.read]
		line := l.story[l.read]
		if _, text, made := strings.Cut(line, ": Disk "); made {
			for key := range strings.SplitSeq(strings.TrimSuffix(text, "."), ". Disk ") {
				if end := l.ended[key]; !end.IsZero() && now.Before(end.Add(10*time.Minute)) {
					l.fails("%s at %s, and the call before ended at %s", line, now, end)
				}
			}
		} else if _, err := fmt.Sscanf(line, "call %d", &n); err == nil {
			l.endedAt(n, now)
		}
	}
	if n := l.live(); n > 0 {
		l.tellsOfSomething(n)
	}
	l.countsAreRight()
}

// keys are what a call tells of.
func (l *lawful) keys(n int) []string {
	c, err := l.store.Get(l.world.t.Context(), l.calls[n-1])
	if err != nil {
		l.fails("%v", err)
	}
	return strings.Split(strings.TrimPrefix(strings.TrimSuffix(c.Message.Say.Text, "."), "Disk "), ". Disk ")
}

func (l *lawful) tellsOfSomething(n int) {
	if !slices.ContainsFunc(l.keys(n), func(key string) bool { return l.firing[key] && !l.taken[key] }) {
		l.fails("call %d rings about nothing", n)
	}
}

// endedAt keeps when a call ended, for all that it told.
func (l *lawful) endedAt(n int, now time.Time) {
	for _, key := range l.keys(n) {
		l.ended[key] = now
	}
}

func (l *lawful) countsAreRight() {
	firing := map[string]bool{}
	for _, i := range l.incidents() {
		var fire, taken int
		for _, m := range l.members(i.ID) {
			if m.Firing {
				firing[m.Key] = true
				fire++
				if m.Acknowledged {
					taken++
				}
			}
		}
		if i.Firing != fire || i.Acknowledged != taken || i.ClosedAt.IsZero() != (fire > 0) || i.Members < fire {
			l.fails("%+v has %d members that fire, and %d of them acknowledged", i, fire, taken)
		}
	}
	for key, is := range l.firing {
		if is && !firing[key] && l.known(key) || !is && firing[key] {
			l.fails("%s fires: %v, and is stored otherwise", key, is)
		}
	}
}

// known says whether a key was told of lately: else it may be forgotten.
func (l *lawful) known(key string) bool {
	for _, i := range l.incidents() {
		for _, m := range l.members(i.ID) {
			if m.Key == key {
				return true
			}
		}
	}
	l.firing[key] = false
	return false
}
