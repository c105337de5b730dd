package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"redial/api"
)

// anAudit has an entry of each kind.
func anAudit() (list []api.AuditEntry) {
	of := []string{
		"019a0c3e-7b1c-7cc0-9a51-0d6f5c8e2b11", "019a0c3e-7b1c-7cc1-9a51-0d6f5c8e2b11", "we_JBSWY3DPEHPK3PXPJBSWY3DPEH",
		"key_JBSWY3DPEHPK3PXPJBSWY3DPEH", "call",
	}
	from := []string{"127.0.0.1", "10.0.0.2 for 203.0.113.7", "2001:db8:1234:5678:9abc:def0:1234:5678 for 203.0.113.7", ""}
	detail := []string{"", "attempt 2", "evt_019a0c3e-7b1c-7cc0-9a51-0d6f5c8e2b11_12", "hang up"}
	for i := range 20 {
		list = append(list, api.AuditEntry{
			ID: fmt.Sprint("aud_", i), At: time.Date(2026, 11, 23, 9, i, 0, 0, time.UTC), By: "on-call.tokyo", Key: "key_1",
			From: from[i%4], What: "call.cancel", Of: of[i%5], Detail: detail[i%4],
		})
	}
	return list
}

// On a terminal each line fits, and says when, who, from where, what and of what; elsewhere nothing is left out.
func TestTheAuditFitsTheTerminal(t *testing.T) {
	inZone(t, "Asia/Tokyo")
	all := anAudit()
	for _, list := range [][]api.AuditEntry{all, all[:1], {all[0], all[4], all[8]}} {
		for _, width := range []int{0, 60, 80, 100, 120, 200} {
			var out strings.Builder
			printAudit(&out, list, width)
			for line := range strings.Lines(out.String()) {
				if n := cells(strings.TrimSuffix(line, "\n")); width > 0 && n > width || strings.Contains(line, "…") {
					t.Errorf("at %d columns a line has %d or is cut: %q", width, n, line)
				}
			}
			flat := strings.Join(strings.Fields(out.String()), " ")
			for _, e := range list {
				of := e.Of
				if width > 0 {
					of = of[:min(len(of), shownID)]
				}
				for _, want := range []string{fmt.Sprintf("18:%02d", e.At.Minute()), e.By, fromWhere(&e), e.What, of, e.Detail} {
					if !strings.Contains(flat, want) && !strings.Contains(strings.ReplaceAll(flat, " ", ""), want) {
						t.Errorf("at %d columns the audit lacks %q:\n%s", width, want, out.String())
					}
				}
				if width == 0 && !strings.Contains(flat, e.Key) {
					t.Errorf("the audit lacks the key:\n%s", out.String())
				}
			}
		}
	}
}

// Ids are shortened to a beginning that no other id of the list has.
func TestIDsOfTheAuditAreShortened(t *testing.T) {
	one, two := "019a0c3e-7b1c-7cc0-9a51-0d6f5c8e2b11", "019a0c3e-7b1c-7cc0-9a51-0d6f5c8e2b12"
	got := strings.Join(shortened([]string{one, "019a0c3e-7b1c-7cc1-9a51-0d6f5c8e2b12", one, "x"}), " ")
	if want := "019a0c3e-7b1c-7cc0 019a0c3e-7b1c-7cc1 019a0c3e-7b1c-7cc0 x"; got != want {
		t.Error(got)
	}
	if got := strings.Join(shortened([]string{one, two, one}), " "); got != one+" "+two+" "+one {
		t.Error(got)
	}
}

func TestTheNextPageOfTheAudit(t *testing.T) {
	c := auditCmd{By: "shop", Limit: 5}
	if got := c.more("aud_1"); got != "redial audit --by shop --cursor aud_1 --limit 5" {
		t.Error(got)
	}
}
