package twilio

import "fmt"

// FieldError names the field of a request that Twilio could not take, and what
// is wrong with it.
type FieldError struct {
	Field   string
	Problem error
}

func (e *FieldError) Error() string { return e.Field + " " + e.Problem.Error() }

func (e *FieldError) Unwrap() error { return e.Problem }

// wrong is a *FieldError.
func wrong(field, problem string, args ...any) error {
	return &FieldError{field, fmt.Errorf(problem, args...)}
}
