package sim

import "fmt"

const (
	version = "/2010-04-01"
	maxForm = 64 << 10 // bytes
)

// apiError is an answer with one of Twilio's error codes.
type apiError struct {
	status, code int
	message      string
}

func fault(status, code int, message string, args ...any) *apiError {
	return &apiError{status, code, fmt.Sprintf(message, args...)}
}

// answer is the answer to a request: a body, an error, or a dropped connection.
type answer struct {
	status  int
	body    any
	err     *apiError
	dropped bool
	sid     string // of the call that was placed
}

func refuse(e *apiError) answer { return answer{status: e.status, err: e} }
