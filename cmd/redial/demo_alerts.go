package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// demoTriggers is the file of triggers of the demo.
const demoTriggers = `
people:
  aiko: {number: "+819012345671", name: Aiko, language: en-US}
  ben: {number: "+819012345672", name: Ben, language: en-US}
  carl: {number: "+819012345673", name: Carl, language: en-US}
triggers:
  alerts:
    source: alertmanager
    to: [aiko, ben]
    policy: {confirm: {digit: "1"}, ladder: rounds, max_attempts: 2}
  backups:
    source: alertmanager
    to: [carl]
    policy: {redial_after: {busy: 1h}}
`

// alertsFile writes that file, and returns its name.
func alertsFile() (name string, err error) {
	f, err := os.CreateTemp("", "redial-demo-*.yaml")
	if err != nil {
		return "", err
	}
	_, err = f.WriteString(demoTriggers)
	return f.Name(), errors.Join(err, f.Close())
}

// alertmanager is what Alertmanager sends about some alerts: a summary each, and the host behind an @.
func alertmanager(status string, alerts ...string) string {
	var list []string
	for _, alert := range alerts {
		summary, host, _ := strings.Cut(alert, "@")
		list = append(list, fmt.Sprintf(`{"status": %q, "fingerprint": %q, "annotations": {"summary": %q}, `+
			`"labels": {"severity": "critical", "instance": %q}}`, status, alert, summary, host))
	}
	return fmt.Sprintf(`{"version": "4", "status": %q, "alerts": [%s]}`, status, strings.Join(list, ", "))
}
