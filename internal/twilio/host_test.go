package twilio

import (
	"net/url"
	"strings"
	"testing"
)

// What Twilio can reach, and what it never could.
func TestPublicURL(t *testing.T) {
	for text, want := range map[string]string{
		"https://redial.example.com":                      "https://redial.example.com",
		"https://redial.example.com/":                     "https://redial.example.com",
		"HTTPS://Redial.Example.COM":                      "https://redial.example.com",
		" https://redial.example.com\n":                   "https://redial.example.com",
		"https://redial.example.com.":                     "https://redial.example.com",
		"https://redial.example.com:":                     "https://redial.example.com",
		"https://redial.example.com:08443/":               "https://redial.example.com:8443",
		"https://h.example/phone":                         "https://h.example/phone",
		"https://h.example/phone///":                      "https://h.example/phone",
		"https://h.example/a/b%20c":                       "https://h.example/a/b%20c",
		"https://h.example/電話":                            "https://h.example/%E9%9B%BB%E8%A9%B1",
		"https://例え.jp":                                   "https://xn--r8jz45g.jp",
		"https://例え。jp":                                   "https://xn--r8jz45g.jp",
		"https://BÜCHER.example:444/x":                    "https://xn--bcher-kva.example:444/x",
		"https://xn--r8jz45g.jp":                          "https://xn--r8jz45g.jp",
		"https://ｆｕｌｌ.example":                            "https://full.example",
		"https://my--app.example":                         "https://my--app.example",
		"https://1.example":                               "https://1.example",
		"http://redial:8080":                              "http://redial:8080", // for a simulator in the same network
		"http://localhost:8080":                           "http://localhost:8080",
		"http://127.0.0.1:8080":                           "http://127.0.0.1:8080",
		"http://10.0.0.7":                                 "http://10.0.0.7",
		"http://100.64.0.1":                               "http://100.64.0.1",
		"http://169.254.1.1":                              "http://169.254.1.1",
		"http://[::1]:8080":                               "http://[::1]:8080",
		"http://[fe80::1]":                                "http://[fe80::1]",
		"https://[2001:DB8:0::1]":                         "https://[2001:db8::1]",
		"https://[::ffff:198.51.100.7]:443":               "https://[::ffff:198.51.100.7]:443",
		"http://[::]:8081":                                "",
		"http://[0:0:0:0:0:0:0:0]":                        "",
		"http://[::ffff:0.0.0.0]:80":                      "",
		"http://[::ffff:0:0]":                             "",
		"http://0.0.0.0:8080":                             "",
		"http://0.0.0.0":                                  "",
		"http://0.1.2.3":                                  "",
		"http://0":                                        "",
		"http://00.0":                                     "",
		"http://0x0":                                      "",
		"http://2130706433":                               "",
		"http://127.1":                                    "",
		"http://1.2.3.4.5":                                "",
		"http://256.1.1.1":                                "",
		"http://h.example.1":                              "",
		"http://224.0.0.1":                                "",
		"http://255.255.255.255":                          "",
		"http://240.0.0.1":                                "",
		"http://[ff02::1]":                                "",
		"http://[fe80::1%25eth0]":                         "",
		"https://h.example:0":                             "",
		"https://h.example:65536":                         "",
		"https://h.example:70000":                         "",
		"https://h.example:99999999999999999999":          "",
		"https://h.example:-1":                            "",
		"https://h.example:http":                          "",
		"https://my_host.example":                         "",
		"https://h.example/x y_":                          "https://h.example/x%20y_",
		"https://h..example":                              "",
		"https://.example":                                "",
		"https://h ost.example":                           "",
		"https://h.example?x=1":                           "",
		"https://h.example?":                              "",
		"https://h.example#x":                             "",
		"https://h.example/#":                             "",
		"https://h.example/a//b":                          "",
		"https://h.example/a/../b":                        "",
		"https://h.example/./b":                           "",
		"https://" + strings.Repeat("a", 64) + ".example": "",
		"https://h.example/" + strings.Repeat("a", 2000):  "",
		"https://" + strings.Repeat("abcdefgh.", 32) + "example.com": "",
		"https://":            "",
		"https:///phone":      "",
		"https:h.example":     "",
		"h.example":           "",
		"//h.example":         "",
		"ftp://h.example":     "",
		"https://h.example\\": "",
		"https:\\\\h.example": "",
		"https://[::1":        "",
		"https://::1":         "",
		"https://%zz":         "",
		"":                    "",
		"x":                   "",
		"https://\x00":        "",
		"https://\xb1.jp":     "",
		"https://h\u200b.jp":  "https://h.jp", // IDNA leaves it out
	} {
		got, err := PublicURL(text)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q is %q (%v), want %q", text, got, err, want)
		}
		if err != nil && (strings.Contains(err.Error(), "\n") || len(err.Error()) < 8) {
			t.Errorf("%q: no sentence: %q", text, err)
		}
	}
}

// Whatever is taken is taken again as it is, and is a URL whose host is ASCII.
func FuzzPublicURL(f *testing.F) {
	for _, seed := range []string{
		"https://例え.jp:8443/電話", "http://[::1]:8080/a%2Fb", "https://u:p@h.example", "http://0.0.0.0",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := PublicURL(text)
		if err != nil {
			return
		}
		u, parsed := url.Parse(got)
		again, err := PublicURL(got)
		if parsed != nil || err != nil || again != got || u.Port() == "0" ||
			strings.ContainsFunc(u.Host, func(r rune) bool { return r > '~' || r == '_' }) {
			t.Errorf("%q is %q, and that %q (%v, %v)", text, got, again, parsed, err)
		}
	})
}
