package twilio

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// A status callback as it comes: fifteen fields, and the one token that signs.
func BenchmarkSignature(b *testing.B) {
	form := url.Values{}
	for _, name := range []string{"AccountSid", "ApiVersion", "CallSid", "CallStatus", "CallbackSource", "Called",
		"Caller", "CallDuration",
		"Direction", "Duration", "From", "SequenceNumber", "SipResponseCode", "Timestamp", "To"} {
		form.Set(name, "some value of "+name)
	}
	const target = "https://redial.example.com/twilio_api/callback?attempt=0198.1.0123456789abcdef"
	v := NewVerifier("https://redial.example.com", []string{"token"})
	r := httptest.NewRequest("POST", target, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set(SignatureHeader, sign("token", target+joined(form)))
	b.ReportAllocs()
	for b.Loop() {
		if !v.Valid(r, form, nil) {
			b.Fatal("the signature is not accepted")
		}
	}
}
