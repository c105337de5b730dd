package page

import "testing"

// Where a form says to go back to is a page of ours, whatever it says.
func TestBackLeadsToOurPages(t *testing.T) {
	for text, want := range map[string]string{
		"": home, "calls/x": "calls/x", "calls/x?a=b": "calls/x?a=b", "?a=b": "?a=b",
		"//evil.example/x": home, "/x": home, "https://evil.example": home, "javascript:alert(1)": home,
		"../x": home, "a/../../x": home, "\\\\evil.example": home, "a\r\nb": home, "%2e%2e/x": home,
	} {
		if got := back(text); got != want {
			t.Errorf("%q leads to %q, not %q", text, got, want)
		}
	}
}
