package alertmanagertest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// CheckConfig has amtool look at a configuration, and fails the test with what amtool says against it.
func CheckConfig(t testing.TB, config string) {
	t.Helper()
	program, err := find("amtool")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "alertmanager.yml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), program, "check-config", file).CombinedOutput(); err != nil {
		t.Errorf("amtool check-config: %v\n%s\n%s", err, out, config)
	}
}
