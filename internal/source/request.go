package source

import "net/url"

// MaxBody is how many bytes of a body are read.
const MaxBody = 4 << 20

// Request is what a sender sent, apart from what proves who it is.
type Request struct {
	Body        []byte
	ContentType string
	Query       url.Values               // of the URL, without secrets; the body's own fields win
	Header      func(name string) string // a header's value, such as http.Header.Get; nil if there are none
	Path        string                   // what follows the sender's own path, escaped: Opsgenie's /{alias}/close
}
