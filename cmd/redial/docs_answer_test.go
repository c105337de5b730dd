package main

import (
	"regexp"
	"slices"
	"strings"
)

// varies lists what differs in each run, and the word that replaces it.
var varies = []struct {
	what *regexp.Regexp
	word string
}{
	{regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`), "ID"},
	{regexp.MustCompile(`\bCA[0-9a-f]{32}\b`), "SID"},
	{regexp.MustCompile(`whsec_[A-Za-z0-9+/=]+`), "SECRET"},
	{regexp.MustCompile(`\b(we|conf|str)_[A-Za-z0-9]+`), "${1}_ID"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)`), "TIME"},
	{regexp.MustCompile(`(\d{4}-\d\d-\d\d )?\b\d\d:\d\d:\d\d(\.\d+)?`), "TIME"},
	{regexp.MustCompile(`TIME (UTC|[+-]\d\d:\d\d)`), "TIME ZONE"},
	{regexp.MustCompile(`TIME ZONE(, TIME( ZONE)?)+`), "TIME ZONE"},
	{regexp.MustCompile(`\(\d\d:\d\d there\)`), "(TIME there)"},
	{regexp.MustCompile(`\b\d+(\.\d+)?( ?)(ms|s|min)\b`), "N$2$3"},
	{regexp.MustCompile(`("listened": )\d+`), "${1}N"},
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "ADDRESS"},
	{regexp.MustCompile(`[ \t]+`), " "},
	{regexp.MustCompile(`Not now a ring would outlast `), closed}, // in the minute before a window closes
}

// bare returns the lines of an answer without what varies.
func bare(text string) []string {
	for _, v := range varies {
		text = v.what.ReplaceAllString(text, v.word)
	}
	var lines []string
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		lines = append(lines, strings.TrimSpace(line))
	}
	return slices.DeleteFunc(lines, func(line string) bool { return line == "" || day.MatchString(line) })
}

// day matches a line with the date of the lines below it; whether there is one depends on the hour.
var day = regexp.MustCompile(`^\d{4}-\d\d-\d\d( \(.*\))?$`)

// closed is the beginning of a line that an answer has only while a window is closed.
const closed = "Not now outside "

const gap = "…"

// answers says whether got matches what a page prints. A line of … stands for any number of lines, and … in a line
// for any text. Lines that begin with a time may change places with their neighbours: events of the same moment may
// come in any order.
func answers(want, got string) bool {
	left, loose, last := bare(got), false, ""
	for _, last = range bare(want) {
		if last == gap {
			loose = true
			continue
		}
		n := slices.IndexFunc(left, func(line string) bool { return like(last, line) })
		switch {
		case n < 0 && strings.HasPrefix(last, closed):
		case n < 0, !loose && n > 0 && !(timed(last) && !slices.ContainsFunc(left[:n], untimed)):
			return false
		case timed(last):
			left = slices.Delete(left, n, n+1)
		default:
			left = left[n+1:]
		}
	}
	return len(left) == 0 || last == gap || loose && (timed(last) || !slices.ContainsFunc(left, untimed))
}

func timed(line string) bool   { return strings.HasPrefix(line, "TIME ") }
func untimed(line string) bool { return !timed(line) }

// like says whether a line matches a line of a page.
func like(want, got string) bool {
	pieces := strings.Split(want, gap)
	for i, piece := range pieces {
		n := strings.Index(got, piece)
		if n < 0 || i == 0 && n > 0 {
			return false
		}
		got = got[n+len(piece):]
	}
	return got == "" || pieces[len(pieces)-1] == ""
}
