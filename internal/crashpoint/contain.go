package crashpoint

import (
	"errors"
	"fmt"
)

// ErrPanic is what a panic becomes that was contained.
var ErrPanic = errors.New("a step panicked")

// Contain turns a panic of the function that defers it into its error: one call that is like
// no other does not end the process, which would meet it again as soon as it is back.
func Contain(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%w: %v", ErrPanic, p)
	}
}
