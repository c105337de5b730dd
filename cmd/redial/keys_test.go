package main

import (
	"path/filepath"
	"testing"
)

// Where a key is made is said with the whole path of a file, and without anything that may be a password.
func TestWhereAKeyIsMade(t *testing.T) {
	here, err := filepath.Abs("redial.db")
	if err != nil {
		t.Fatal(err)
	}
	const unnamed = "the database of DATABASE_URL"
	for databaseURL, want := range map[string]string{
		"sqlite:redial.db":                            here,
		"sqlite:/var/lib/redial/redial.db":            "/var/lib/redial/redial.db",
		"postgres://redial:hunter2@db.example/redial": "postgres://db.example/redial",
		"postgres:redial:hunter2@db/redial":           unnamed,
		"host=db password=hunter2":                    unnamed,
		"postgres://redial:hun%ter2@db/redial":        unnamed,
	} {
		if got := (&keysCreateCmd{DatabaseURL: databaseURL}).where(); got != want {
			t.Errorf("of %q: %q, not %q", databaseURL, got, want)
		}
	}
}
