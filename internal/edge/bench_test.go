package edge

import (
	"testing"
	"time"
)

// A request for a call, from its bytes to a checked Wish.
func BenchmarkWish(b *testing.B) {
	presets, err := ReadPresets(nil)
	if err != nil {
		b.Fatal(err)
	}
	r := NewReader(Reader{Numbers: Numbers{From: "+815012345678"}, Presets: presets, HostURL: "https://calls.example.com"})
	body := []byte(`{"to": "+819012345678", "say": {"text": "The server is down.", "language": "en-US"},
		"policy": {"max_attempts": 3}, "metadata": {"alert": "4711"}}`)
	b.ReportAllocs()
	for b.Loop() {
		if err := CheckJSON(body); err != nil {
			b.Fatal(err)
		}
		if _, err := r.Wish(body, time.Now()); err != nil {
			b.Fatal(err)
		}
	}
}
