package source

import (
	"runtime"
	"strings"
	"testing"
)

// Whatever is sent, the memory for it stays in proportion: a small multiple of the largest body.
func TestMemoryIsBounded(t *testing.T) {
	fill := func(one string) []byte { return []byte(strings.Repeat(one, MaxBody/len(one))) }
	for name, r := range map[string]*Request{
		"numbers":         {Body: []byte("[" + strings.Repeat("1,", 1<<20) + "1]")},
		"empty objects":   {Body: []byte("[" + strings.Repeat("{},", 1<<20) + "{}]")},
		"small objects":   {Body: []byte("[" + strings.Repeat(`{"a":[{}]},`, 300_000) + "{}]")},
		"depth":           {Body: fill("[")},
		"one long string": {Body: []byte(`{"title":"` + strings.Repeat("x", MaxBody-20) + `"}`)},
		"escapes":         {Body: []byte(`{"title":"` + strings.Repeat(`\u00e4`, 600_000) + `"}`)},
		"quoted JSON":     {Body: []byte(`{"data":"` + strings.Repeat("[", 4_000_000) + `"}`)},
		"alerts":          {Body: []byte(`{"alerts":[` + strings.Repeat(`{"labels":{"a":"b"}},`, 190_000) + `{}]}`)},
		"fields":          {Body: fill("a=b&"), ContentType: formType},
		"names":           {Body: fill("&&&&"), ContentType: formType},
		"percents":        {Body: fill("%%%="), ContentType: formType},
		"parts":           {Body: fill(oneField), ContentType: multipartType},
		"a text":          {Body: fill("Disk is full. ")},
		"no UTF-8":        {Body: fill("\xff")},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			e, err := Read(JSON, r)
			runtime.ReadMemStats(&after)
			if err != nil {
				t.Fatal(err)
			}
			soundEvent(t, e)
			const most = 12 // the server reckons with 16
			if all := after.TotalAlloc - before.TotalAlloc; all > most*MaxBody {
				t.Errorf("%d MiB for a body of %d", all>>20, len(r.Body)>>20)
			} else {
				t.Logf("%d KiB allocated", all>>10)
			}
		})
	}
}
