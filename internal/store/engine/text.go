package engine

import (
	"fmt"
	"strings"
	"sync"
)

// texts keeps what an engine writes in the place of a statement's text, so that it is made once.
type texts struct {
	mu   sync.RWMutex
	made map[textKey]string
}

type textKey struct {
	sql  string
	lock Lock
}

// of is what is sent of a statement, and its parameters. lists is what the engine has for IN ($1), where it has $%d for
// the number; as is what its driver takes for a List; locks are what it has for each Lock.
func (t *texts) of(st *Statement, lists string, as func(List) any, locks *[3]string) (string, []any, error) {
	listed := hasList(st.Args)
	if !listed && locks[st.Lock] == "" {
		return st.SQL, st.Args, nil
	}
	args := st.Args
	if listed {
		args = withLists(args, as)
	}
	key := textKey{st.SQL, st.Lock}
	t.mu.RLock()
	text, ok := t.made[key]
	t.mu.RUnlock()
	if ok {
		return text, args, nil
	}
	text = st.SQL + locks[st.Lock]
	for i, arg := range st.Args {
		if _, ok := arg.(List); !ok {
			continue
		}
		in := fmt.Sprintf("IN ($%d)", i+1)
		if !strings.Contains(text, in) {
			return "", nil, fmt.Errorf("a list is to stand in %s: %s", in, st.SQL)
		}
		text = strings.ReplaceAll(text, in, fmt.Sprintf(lists, i+1))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.made == nil {
		t.made = map[textKey]string{}
	}
	t.made[key] = text
	return text, args, nil
}

func hasList(args []any) bool {
	for _, arg := range args {
		if _, ok := arg.(List); ok {
			return true
		}
	}
	return false
}

// withLists returns the parameters, with what the driver takes in the place of each List.
func withLists(args []any, as func(List) any) []any {
	list := make([]any, len(args))
	for i, arg := range args {
		list[i] = arg
		if l, ok := arg.(List); ok {
			list[i] = as(l)
		}
	}
	return list
}
