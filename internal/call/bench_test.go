package call

import "testing"

// One dial that is not answered: what a Call costs apart from the database.
func BenchmarkDialAndReport(b *testing.B) {
	c := begin(b, attempts(MaxAttemptsCeiling)).Call
	b.ReportAllocs()
	for b.Loop() {
		c := c.Clone()
		c.Wake(morning)
		c.Placed(1, "CA1", morning)
		for _, s := range []Status{Initiated, Ringing, StatusNoAnswer} {
			c.Report(1, Report{SID: "CA1", Status: s}, morning)
		}
	}
}

func BenchmarkHolds(b *testing.B) {
	s := begin(b).dials(1)
	key := s.Key(1)
	b.ReportAllocs()
	for b.Loop() {
		s.Holds(key, 1)
	}
}
