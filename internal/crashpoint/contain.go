package crashpoint

import (
	"errors"
	"fmt"
)

// ErrPanic is the error that a contained panic becomes.
var ErrPanic = errors.New("a step panicked")

// Contain turns a panic of the function that defers it into that function's error. Otherwise one strange call
// would end the process, and end it again after each restart.
func Contain(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%w: %v", ErrPanic, p)
	}
}
