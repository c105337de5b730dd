package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"redial/internal/freeaddr"
)

// Whatever Twilio, HOST_URL and the program at redial's address answer, it does not command the terminal, and stays
// in its column.
func TestCheckAgainstAHostileWorld(t *testing.T) {
	for what, h := range map[string]http.HandlerFunc{
		"headers": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/"+evil)
			w.Header().Set("Date", evil)
			w.Header().Set("X-Redial-Probe", evil)
			w.WriteHeader(404)
		},
		"a redirect": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://h.example/"+evil)
			w.WriteHeader(302)
		},
		"an account": func(w http.ResponseWriter, _ *http.Request) {
			json.NewEncoder(w).Encode(map[string]any{"status": evil, "type": evil, "incoming_phone_numbers": evil})
		},
		"a problem": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(403)
			json.NewEncoder(w).Encode(map[string]any{"detail": evil, "code": 20003, "message": evil})
		},
		"much": func(w http.ResponseWriter, _ *http.Request) {
			w.Write([]byte(strings.Repeat(evil, 100_000)))
		},
	} {
		server := httptest.NewServer(h)
		listen, err := freeaddr.New()
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range map[string]string{
			"TWILIO_ACCOUNT_SID": simAccount, "TWILIO_AUTH_TOKEN": simToken, "REDIAL_TWILIO_BASE_URL": server.URL,
			"HOST_URL":      server.URL,
			"REDIAL_LISTEN": listen, "REDIAL_FROM": demoFrom, "DATABASE_URL": "sqlite:" + filepath.Join(t.TempDir(), "x.db"),
		} {
			t.Setenv(name, value)
		}
		for _, line := range []string{
			"check", "check --json", "check --live --listen " + strings.TrimPrefix(server.URL, "http://"),
		} {
			var out, errs strings.Builder
			if status := run(t.Context(), strings.Fields(line), newConsole(&out, &errs)); status == statusOK {
				t.Errorf("%s: redial %s finds nothing wrong:\n%s", what, line, &out)
			}
			isHarmless(t, what, out.String()+errs.String())
			for l := range strings.Lines(out.String()) {
				if !strings.Contains(line, "--json") &&
					(utf8.RuneCountInString(strings.TrimSpace(l)) > defaultWidth || strings.HasPrefix(l, "SPOOFED")) {
					t.Errorf("%s: redial %s prints %q", what, line, l)
				}
			}
		}
		server.Close()
	}
}

// Every text fits the width.
func TestWrap(t *testing.T) {
	text := "The quick brown fox jumps over the lazy dog and " + strings.Repeat("x", 30) + " on"
	for width := 10; width < 80; width++ {
		lines := wrap(text, width)
		together := strings.ReplaceAll(strings.Join(lines, " "), "x x", "xx")
		if width > 30 && together != text || strings.ReplaceAll(together, " ", "") != strings.ReplaceAll(text, " ", "") {
			t.Fatalf("%d: %q", width, lines)
		}
		for _, l := range lines {
			if len(l) > width {
				t.Errorf("%d: %q", width, l)
			}
		}
	}
	for _, text := range []string{"hears “お荷物をお届けにまいりました。お受け取りのほど、どうかよろしくお願いいたします。” と", "日本語", "é é́ 🙂🙂🙂🙂🙂🙂🙂🙂"} {
		for columns := 1; columns < 120; columns++ {
			lines := wrap(text, columns)
			if together := strings.Join(lines, ""); strings.ReplaceAll(together, " ", "") != strings.ReplaceAll(text, " ", "") {
				t.Fatalf("%d: %q", columns, lines)
			}
			for i, l := range lines {
				if cells(l) > max(columns, 2) || columns == 43 && i < len(lines)-1 && cells(l) < 40 {
					t.Errorf("%d: %q has %d columns", columns, l, cells(l))
				}
			}
		}
	}
	if lines := wrap("", 10); len(lines) != 1 {
		t.Errorf("of nothing: %q", lines)
	}
}
