package trigger

import (
	"errors"
	"strings"
	"testing"
	"time"

	"redial/internal/store"
)

// A secret belongs to its trigger, until it is rotated and the time of the one before is over; or until the file has
// another one, from the environment.
func TestASecretNamesItsTrigger(t *testing.T) {
	const given = "0123456789abcdef0123456789abcdef"
	triggers := triggersOf(t, "to: [carl]")
	by := store.Asker{Name: "ops"}
	names := func(secret, want string, wrong error) {
		t.Helper()
		name, err := triggers.BySecret(t.Context(), secret)
		_, ended := errors.AsType[*EndedSecretError](err)
		if name != want || !errors.Is(err, wrong) && !(ended && wrong == errEnded) {
			t.Errorf("it is of %q, %v, and not of %q, %v", name, err, want, wrong)
		}
	}
	x, secret, err := triggers.MakeSecret(t.Context(), by, "a")
	if err != nil || x.Trigger != "a" || x.MadeBy != "ops" || !strings.HasSuffix(secret, x.Hint) {
		t.Fatalf("%+v, %v", x, err)
	}
	names(secret, "a", nil)
	for _, wrong := range []string{"", secret[1:], secret + "0", strings.ToUpper(secret) + " ", given, "../" + secret} {
		names(wrong, "", ErrNoSecret)
	}
	_, _, err = triggers.MakeSecret(t.Context(), by, "a")
	if has, ok := errors.AsType[*store.HasSecretError](err); !ok || has.Secret.Hash != x.Hash {
		t.Errorf("a second secret: %v", err)
	}
	_, second, err := triggers.RotateSecret(t.Context(), by, "a", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	names(secret, "a", nil)
	names(second, "a", nil)
	_, third, err := triggers.RotateSecret(t.Context(), by, "a", 0)
	if err != nil {
		t.Fatal(err)
	}
	names(secret, "", errEnded)
	names(second, "", errEnded)
	names(third, "a", nil)

	if _, _, err := triggers.MakeSecret(t.Context(), by, "b"); !errors.Is(err, ErrNoTrigger) {
		t.Errorf("of an unknown trigger: %v", err)
	}
	hash, _ := HashSecret(given)
	triggers.File().Triggers["a"].Secret = hash
	names(third, "", errEnded)
	names(given, "a", nil)
	for _, err := range []error{
		errOf(triggers.MakeSecret(t.Context(), by, "a")), errOf(triggers.RotateSecret(t.Context(), by, "a", 0)),
	} {
		if _, ok := errors.AsType[*GivenSecretError](err); !ok {
			t.Errorf("where the file has one it is answered %v", err)
		}
	}
	triggers.Use(nil)
	names(third, "a", nil) // which the door then finds in no file
}

var errEnded = errors.New("a secret that has ended")

func errOf(_ store.TriggerSecret, _ string, err error) error { return err }

// A name that is mistyped is told with the one that is meant.
func TestAMistypedTrigger(t *testing.T) {
	triggers := triggersOf(t, "to: [carl]")
	_, err := triggers.File().Named("b")
	if !errors.Is(err, ErrNoTrigger) || !strings.Contains(err.Error(), "there are: a") {
		t.Errorf("it is answered %v", err)
	}
	if _, err := (*File)(nil).Named("a"); !errors.Is(err, ErrNoTrigger) || !strings.Contains(err.Error(), "no file") {
		t.Errorf("without a file it is answered %v", err)
	}
}
