package permit_test

import (
	"errors"
	"fmt"
	"testing"

	"redial/internal/permit"
)

func TestAnErrorNamesTheSetting(t *testing.T) {
	names := map[permit.Permission]string{permit.Hosts: "HOSTS", permit.Caller: "FROM"}
	refused := permit.Errorf("leads to %s%%; set %s=%s or %s", "evil", permit.Hosts, "a,evil", permit.Caller)
	const plain = "leads to evil%; set the list of hosts=a,evil or the default caller"
	const named = "leads to evil%; set HOSTS=a,evil or FROM"
	for _, test := range []struct {
		err         error
		plain, name string
	}{
		{refused, plain, named},
		{fmt.Errorf("url %w, twice", refused), "url " + plain + ", twice", "url " + named + ", twice"},
		{permit.Errorf("needs %s", permit.APIKeys), "needs API keys", "needs API keys"},
		// Text from outside is never taken for a permission.
		{permit.Errorf("%s is not in %s", string(permit.Hosts), permit.Hosts),
			"the list of hosts is not in the list of hosts", "the list of hosts is not in HOSTS"},
		{errors.New("the list of hosts"), "the list of hosts", "the list of hosts"},
	} {
		if plain, name := test.err.Error(), permit.Text(test.err, names); plain != test.plain || name != test.name {
			t.Errorf("%q and %q, want %q and %q", plain, name, test.plain, test.name)
		}
	}
}
