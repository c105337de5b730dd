package call

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
)

const keyDigits = 32

// Key is the attempt's key, which the callbacks of attempt n carry. It names the attempt, and nobody can guess it: it
// is derived from the Call's secret.
func (c *Call) Key(n int) string {
	return c.ID + "." + strconv.Itoa(n) + "." + c.mac(n)
}

func (c *Call) mac(n int) string { return hex.EncodeToString(c.hash(c.ID, n))[:keyDigits] }

// hash returns bytes for attempt n that nobody can guess. Each use has bytes of its own.
func (c *Call) hash(use string, n int) []byte {
	h := hmac.New(sha256.New, []byte(c.Secret))
	h.Write([]byte(use + "." + strconv.Itoa(n)))
	return h.Sum(nil)
}

// ParseKey splits an attempt's key into the Call's id and the attempt's number. It does not prove that the key is
// right: Call.Holds does.
func ParseKey(key string) (id string, n int, ok bool) {
	id, rest, ok1 := strings.Cut(key, ".")
	num, mac, ok2 := strings.Cut(rest, ".")
	n, err := strconv.Atoi(num)
	if !ok1 || !ok2 || err != nil || id == "" || n < 1 || len(mac) != keyDigits {
		return "", 0, false
	}
	return id, n, true
}

// Holds says whether key is the attempt's key of this Call's attempt n, in constant time.
func (c *Call) Holds(key string, n int) bool {
	return c.Attempt(n) != nil && hmac.Equal([]byte(key), []byte(c.Key(n)))
}
