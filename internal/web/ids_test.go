package web

import (
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// Between the first and the last id that begin with some digits are those that do, and no others.
func TestIDsThatBeginAlikeAreARange(t *testing.T) {
	hex := rapid.StringOfN(rapid.RuneFrom([]rune("0123456789abcdef")), idDigits, idDigits, -1)
	rapid.Check(t, func(t *rapid.T) {
		own, other := hex.Draw(t, "own"), hex.Draw(t, "other")
		n := rapid.IntRange(shortestID, idDigits).Draw(t, "digits")
		if rapid.Bool().Draw(t, "alike") {
			other = own[:n] + other[n:]
		}
		from, to := idsWith(own[:n])
		for _, digits := range []string{own, other} {
			id := uuidOf(digits)
			if uuid.Validate(id) != nil || len(id) != 36 {
				t.Fatalf("%s is no id", id)
			}
			if within := from <= id && id <= to; within != strings.HasPrefix(digits, own[:n]) {
				t.Fatalf("%s begins with %s: %t, and is between %s and %s: %t", digits, own[:n], !within, from, to, within)
			}
		}
	})
}
