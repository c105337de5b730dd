package engine

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// ofRails are parameters that change nothing here: what ActiveRecord, mysql2 and trilogy keep to themselves, and
// settings of a session, all of which redial sets by itself.
var ofRails = strings.Fields(`
	adapter advisory_locks allow_retry checkout_timeout connection_retries database_tasks default_timezone idle_timeout
	keepalive lazy max_age max_connections migrations_paths min_connections pool pool_jitter prepared_statements
	query_cache reaping_frequency replica retry_deadline schema_cache_path schema_dump seeds statement_limit strict
	timeout use_metadata_table variables verify_timeout wait_timeout
	as async automatic_close cache_rows cast cast_booleans application_timezone database_timezone symbolize_keys
	charset collation connect_attrs connect_timeout encoding flags get_server_public_key init_command local_infile
	read_timeout reconnect secure_auth write_timeout
	found_rows keepalive_count keepalive_enabled keepalive_idle keepalive_interval max_allowed_packet multi_result
	multi_statement`)

var (
	tlsModes = map[string]string{
		"true": "true", "false": "false", "skip-verify": "skip-verify", "preferred": "preferred",
	}
	// sslModes are what mysql2, trilogy and the server's own programs call them.
	sslModes = map[string]string{
		"disabled": "false", "preferred": "preferred", "required": "skip-verify",
		"verify_ca": "true", "verify_identity": "true",
	}
)

// mysqlTLS reads the parameters of a URL: what it says of TLS is all that they can change, but for the socket.
func mysqlTLS(query url.Values) (tls string, err error) {
	for _, name := range slices.Sorted(maps.Keys(query)) {
		values := query[name]
		if len(slices.Compact(slices.Clone(values))) > 1 {
			return "", fmt.Errorf("of MySQL or MariaDB has the parameter %q with several values: write it once", name)
		}
		var mode string
		switch {
		case name == "socket", slices.Contains(ofRails, name), strings.HasPrefix(name, "variables["):
			continue
		case name == "tls":
			mode = tlsModes[values[0]]
		case isSSLMode(name):
			mode = sslModes[strings.TrimPrefix(strings.ToLower(values[0]), "ssl_mode_")]
		}
		switch {
		case mode == "":
			return "", fmt.Errorf("of MySQL or MariaDB has the parameter %q, which %s", name, insteadOf(name))
		case tls != "" && tls != mode:
			return "", fmt.Errorf("of MySQL or MariaDB has the parameter %q, which contradicts another one: "+
				"write tls=true, skip-verify, preferred or false alone", name)
		}
		tls = mode
	}
	return tls, nil
}

func isSSLMode(name string) bool {
	return slices.Contains([]string{"ssl_mode", "ssl-mode", "sslmode"}, name)
}

// insteadOf says what to write instead of a parameter that can't be used.
func insteadOf(name string) string {
	switch {
	case name == "tls":
		return "must be true, skip-verify, preferred or false"
	case isSSLMode(name):
		return "must be disabled, preferred, required, verify_ca or verify_identity; or write tls=true, skip-verify, " +
			"preferred or false"
	case strings.HasPrefix(name, "ssl"), strings.HasPrefix(name, "tls"), strings.HasPrefix(name, "useSSL"):
		return "redial does not know: write tls=true, skip-verify, preferred or false, and put whoever signed the server's " +
			"certificate into this machine's certificates (SSL_CERT_FILE)"
	}
	return "redial does not know: leave it out; beside those of Rails there are tls and socket, and the user, the " +
		"password, the host, the port and the database's name stand before the ?"
}
