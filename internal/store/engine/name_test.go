package engine

import "testing"

// The name of a database in the log has neither user nor password, wherever the URL has them.
func TestADatabaseIsNamedWithoutItsPassword(t *testing.T) {
	for url, want := range map[string]string{
		"postgres://redial:hush@db.example.com/calls":                    "postgres://db.example.com:5432/calls",
		"postgres://db.example.com:6432/calls?user=redial&password=hush": "postgres://db.example.com:6432/calls",
		"postgres://redial:hush@a.example.com:1,b.example.com:2/calls":   "postgres://a.example.com:1,b.example.com:2/calls",
		"postgresql://redial:hush@[::1]/calls?sslmode=prefer":            "postgres://[::1]:5432/calls",
		"postgres://redial:hush@/calls?host=/var/run/postgresql":         "postgres:///calls?host=/var/run/postgresql",
		"postgres://redial:hush@db.example.com?application_name=x":       "postgres://db.example.com:5432/redial",
		"postgres://redial:h%40hush@db.example.com/calls?sslmode=allow":  "postgres://db.example.com:5432/calls",
	} {
		conf, err := postgresConfig(url)
		if err != nil {
			t.Fatal(url, err)
		}
		if got := postgresName(conf); got != want {
			t.Errorf("%s is named %s, not %s", url, got, want)
		}
	}
}
