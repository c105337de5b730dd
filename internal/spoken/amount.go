package spoken

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// units are the ways in which programs write units.
var units = map[string]unit{
	"%": "%", "°C": "°", "°F": "°", "°": "°", "℃": "°",
	"B": "B", "kB": "kB", "KB": "kB", "KiB": "kB", "Ki": "kB", "MB": "MB", "MiB": "MB", "Mi": "MB",
	"GB": "GB", "GiB": "GB", "Gi": "GB", "TB": "TB", "TiB": "TB", "Ti": "TB",
	"B/s": "B/s", "kB/s": "kB/s", "KB/s": "kB/s", "MB/s": "MB/s", "MiB/s": "MB/s", "GB/s": "GB/s", "GiB/s": "GB/s",
	"kbps": "kbit", "Mbps": "Mbit", "Mbit/s": "Mbit", "Gbps": "Gbit", "Gbit/s": "Gbit",
	"/s": "/s", "rps": "/s", "qps": "/s", "req/s": "/s", "x": "times",
	"ns": "ns", "us": "us", "µs": "us", "μs": "us", "ms": "ms", "s": "s", "sec": "s", "secs": "s",
	"m": "m", "min": "m", "mins": "m", "h": "h", "hr": "h", "hrs": "h", "d": "d",
	"second": "s", "seconds": "s", "minute": "m", "minutes": "m", "hour": "h", "hours": "h", "day": "d", "days": "d",
	"percent": "%", "millisecond": "ms", "milliseconds": "ms", "bytes": "B",
}

// durations are the units of time, in seconds.
var durations = map[unit]float64{
	"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600, "d": 86400,
}

var (
	amounts  = regexp.MustCompile(`^(-?)[$€£¥+~]?(\d[\d,]*(?:\.\d+)?(?:[eE][+-]?\d+)?)([^\d\s]*)$`)
	compound = regexp.MustCompile(`^(\d+(\.\d+)?(ms|h|m|s|d))+$`)
	timed    = regexp.MustCompile(`([\d.]+)(ms|h|m|s|d)`)
	thousand = regexp.MustCompile(`^\d{1,3}(,\d{3})+(\.\d+)?$`)
)

// amount reads a number with or without a unit, or a unit that follows a number. It returns false if the text is
// neither.
func (r *reading) amount(text string) bool {
	if r.unit(text) {
		return true
	}
	if compound.MatchString(text) {
		return r.duration(text)
	}
	parts := amounts.FindStringSubmatch(text)
	if parts == nil {
		return false
	}
	minus, digits, named := parts[1] != "", parts[2], parts[3]
	of, known := units[named]
	if named != "" && !known || strings.Contains(digits, ",") && !thousand.MatchString(digits) {
		return false
	}
	value, err := strconv.ParseFloat(strings.ReplaceAll(digits, ",", ""), 64)
	switch {
	case err != nil || value >= 1e15:
	case named == "" && countedByMachine(text):
	case named == "" && strings.Trim(digits, "0123456789") == "" && len(digits) <= 6:
		r.number(item{text: digits, minus: minus})
	default:
		r.measure(value, of, minus)
	}
	return true
}

// countedByMachine tells whether digits without a unit are an identifier, or a number of a phone.
func countedByMachine(text string) bool {
	return strings.Trim(text, "0123456789") == "" && len(text) >= 12 || text[0] == '+' && len(text) > 7
}

// unit adds a unit to the number that stands before it.
func (r *reading) unit(text string) bool {
	of, known := units[text]
	last := r.last()
	if !known || last == nil || !last.countable() || len(text) == 1 && text != "%" {
		return false
	}
	value, err := strconv.ParseFloat(last.text, 64)
	if err == nil && durations[of] > 0 && last.scale == ones && last.of == "" {
		r.compar = last.compar
		r.items = r.items[:len(r.items)-1]
		r.seconds(value * durations[of])
		return true
	}
	last.unit = of
	return true
}

// countable tells whether a unit may follow: to a number without one, and not to a date, a clock or an address.
func (i *item) countable() bool {
	return i.kind == number && i.unit == "" && !strings.ContainsAny(i.text, "-:") &&
		strings.Count(i.text, ".") < 2
}

// duration reads 1h30m0s.
func (r *reading) duration(text string) bool {
	sum := 0.0
	for _, part := range timed.FindAllStringSubmatch(text, -1) {
		value, err := strconv.ParseFloat(part[1], 64)
		if err != nil {
			return false
		}
		sum += value * durations[unit(part[2])]
	}
	r.seconds(sum)
	return true
}

// seconds adds a duration, in its two largest units.
func (r *reading) seconds(sum float64) {
	if sum >= float64(math.MaxInt64/time.Second) {
		return
	}
	if sum < 1 {
		r.number(item{text: rounded(sum * 1000), unit: "ms"})
		return
	}
	said := 0
	for _, of := range []unit{"d", "h", "m", "s"} {
		whole := math.Floor(sum / durations[of])
		if of == "s" && said == 0 {
			r.number(item{text: rounded(sum), unit: of})
			return
		}
		if whole > 0 && said < 2 {
			r.number(item{text: strconv.FormatFloat(whole, 'f', 0, 64), unit: of})
		}
		if whole > 0 || said > 0 {
			said++
		}
		sum -= whole * durations[of]
	}
}

// measure adds a rounded number.
func (r *reading) measure(value float64, of unit, minus bool) {
	if durations[of] > 0 {
		r.seconds(value * durations[of])
		return
	}
	one := item{unit: of, minus: minus}
	switch {
	case value >= 1e12:
		value, one.scale = value/1e12, trillions
	case value >= 1e9:
		value, one.scale = value/1e9, billions
	case value >= 1e6:
		value, one.scale = value/1e6, millions
	}
	one.text = rounded(value)
	r.number(one)
}

// rounded is a number as people say it. What is nearly 100 is not 100: it may be a percentage of what still works.
func rounded(value float64) string {
	digits := 1
	switch {
	case value >= 100:
		digits = 0
	case value > 99 && value < 100:
		digits = 2
		value = min(value, 99.99)
	case value < 1 && value >= 0.0001:
		digits = 1 - int(math.Floor(math.Log10(value)))
	}
	text := strconv.FormatFloat(value, 'f', digits, 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}
