package shown

import (
	"strings"
	"testing"

	"redial/internal/call"
)

// Nothing that is shown of a PIN tells anything about it.
func TestAPINsLengthIsNotShown(t *testing.T) {
	for n := call.PINFloor; n <= call.PINCeiling; n++ {
		c, err := call.ConfirmByPIN(strings.Repeat("7", n), "salt", "")
		if err != nil {
			t.Fatal(err)
		}
		if shown := *confirm(c); shown.PIN != maskedPIN {
			t.Errorf("a PIN of %d digits is shown as %q", n, shown.PIN)
		}
		if left := (call.Policy{Confirm: c}).Impersonal().Confirm; left.PINLength != 0 {
			t.Errorf("of a PIN of %d digits its length outlasts the personal data", n)
		}
	}
}
