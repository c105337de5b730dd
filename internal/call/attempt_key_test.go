package call

import (
	"strings"
	"testing"
)

func TestKeysNameTheirAttempt(t *testing.T) {
	s := begin(t).dials(1).hears(1, StatusNoAnswer).dials(2)
	for n := 1; n <= 2; n++ {
		id, got, ok := ParseKey(s.Key(n))
		if !ok || id != s.ID || got != n || !s.Holds(s.Key(n), n) {
			t.Errorf("key %d: %q, %d, %t", n, id, got, ok)
		}
	}
	other := s.Clone()
	other.Secret = "another"
	for name, key := range map[string]string{
		"another attempt's":        s.Key(2),
		"another secret's":         other.Key(1),
		"one that differs at last": s.Key(1)[:len(s.Key(1))-1] + "x",
		"none":                     "",
	} {
		if s.Holds(key, 1) {
			t.Errorf("%s key holds: %q", name, key)
		}
	}
	if s.Holds(s.Key(3), 3) {
		t.Error("the key of an attempt that does not exist holds")
	}
}

func TestParseKeyRefuses(t *testing.T) {
	mac := strings.Repeat("0", keyDigits)
	for _, key := range []string{"", ".", "..", "c1", "c1.1", "c1.1.", ".1." + mac, "c1.0." + mac, "c1.-1." + mac,
		"c1.x." + mac, "c1.." + mac, "c1.1." + mac[1:], "c1.1." + mac + "0", "c1.99999999999999999999." + mac} {
		if id, n, ok := ParseKey(key); ok || id != "" || n != 0 {
			t.Errorf("%q: %q, %d, %t", key, id, n, ok)
		}
	}
}

func FuzzParseKey(f *testing.F) {
	c := begin(f).dials(1).Call
	f.Add(c.Key(1))
	f.Add("c1.+1." + strings.Repeat("a", keyDigits))
	f.Add("a.b.c.d")
	f.Fuzz(func(t *testing.T, key string) {
		id, n, ok := ParseKey(key)
		switch {
		case !ok && (id != "" || n != 0):
			t.Errorf("refused, but %q, %d", id, n)
		case ok && (id == "" || n < 1 || !strings.HasPrefix(key, id+".")):
			t.Errorf("%q, %d", id, n)
		}
		if c.Holds(key, 1) != (key == c.Key(1)) {
			t.Error("a key that is not the attempt's own holds")
		}
	})
}
