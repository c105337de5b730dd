package main

import (
	"strings"
	"testing"
)

// There is a warning for a variable that is set and that no program reads, with the name that was meant. There is
// none for variables of other programs.
func TestVariablesThatAreNoSettings(t *testing.T) {
	tests := []struct{ name, command, meant string }{
		{"REDIAL_FORM", "list", "REDIAL_FROM"}, {"REDIAL_APIKEY", "list", "REDIAL_API_KEY"},
		{"REDIAL_KEY", "list", "REDIAL_API_KEY"},
		{"REDIAL_FROM_NUMBER", "serve", "REDIAL_FROM"}, {"REDIAL_HOST_URL", "serve", "HOST_URL"},
		{"REDIAL_DATABASE_URL", "list", "DATABASE_URL"},
		{"REDIAL_REGIONS", "list", "REDIAL_ALLOWED_REGIONS"}, {"redial_url", "list", "REDIAL_URL"},
		{"REDAIL_URL", "list", "REDIAL_URL"},
		{"REDIAL_NOBODYKNOWS", "list", "-"},
		{"TWILIO_TOKEN", "serve", "TWILIO_AUTH_TOKEN"}, {"TWILIO_ACOUNT_SID", "serve", "TWILIO_ACCOUNT_SID"},
		{"TWILIO_API_KEY_SECRET", "serve", "TWILIO_API_SECRET"},
		{"HOSTURL", "serve", "HOST_URL"}, {"HOST_URI", "serve", "HOST_URL"}, {"DATABSE_URL", "migrate", "DATABASE_URL"},
		{"database_url", "serve", "DATABASE_URL"},
		{"TWILIO_PHONE_NUMBER", "serve", ""}, {"TWILIO_REGION", "serve", ""}, {"TWILIO_TOKEN", "list", ""},
		{"DATABASE_URI", "list", ""},
		{"REDIAL_TEST_DATABASE_URL", "serve", ""}, {"REDIAL_TEST_MYSQL_URL", "serve", ""},
		{"HOSTNAME", "serve", ""}, {"REDIAL_FROM", "list", ""},
	}
	for _, test := range tests {
		t.Run(test.name+" "+test.command, func(t *testing.T) {
			const value = "sixteen-letters!"
			t.Setenv(test.name, value)
			var out, errs strings.Builder
			run(t.Context(), []string{test.command, "--no-such-flag"}, newConsole(&out, &errs))
			want := "warning: " + test.name + " is no setting of redial"
			switch test.meant {
			case "":
				want = ""
			case "-":
				want += "\n"
			default:
				want += "; did you mean " + test.meant + "?\n"
			}
			said := strings.Contains(errs.String(), "warning: "+test.name+" ")
			if said != (want != "") || !strings.Contains(errs.String(), want) || strings.Contains(errs.String(), value) {
				t.Errorf("it says %s", &errs)
			}
		})
	}
}
