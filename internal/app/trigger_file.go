package app

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"redial/internal/edge"
	"redial/internal/phone"
	"redial/internal/trigger"
)

// FileError is all that is wrong with the file of triggers. It is the fault of a setting.
type FileError struct {
	File     string
	Mistakes trigger.Mistakes
	Unset    []Unset // of the mistakes, those that there are only because a setting is missing
}

// Mistake is one of the file of triggers.
type Mistake = trigger.Mistake

// Unset is a setting that is missing, and the mistakes that it would take away.
type Unset struct {
	Setting  string
	Mistakes trigger.Mistakes
}

// Own are the mistakes of the file itself.
func (e *FileError) Own() (own trigger.Mistakes) {
	for _, m := range e.Mistakes {
		if !slices.ContainsFunc(e.Unset, func(u Unset) bool { return slices.Contains(u.Mistakes, m) }) {
			own = append(own, m)
		}
	}
	return own
}

// Lines are a sentence, the file's own mistakes as compilers write them, FILE:LINE:COLUMN: TEXT, and a line for each
// setting that is missing.
func (e *FileError) Lines() []string {
	own := e.Own()
	says := fmt.Sprintf("%s has %d mistakes", e.File, len(own))
	switch len(own) {
	case 0:
		says = e.File + " has no mistakes of its own, and needs what is not set"
	case 1:
		says = e.File + " has a mistake"
	}
	lines := []string{says}
	for line := range strings.Lines(own.Error()) {
		line = strings.TrimSuffix(line, "\n")
		if !strings.HasPrefix(line, "…") { // which counts those that are left out
			line = e.File + ":" + line
		}
		lines = append(lines, line)
	}
	for _, u := range e.Unset {
		many := "a place needs"
		if n := len(u.Mistakes); n > 1 {
			many = fmt.Sprintf("%d places need", n)
		}
		lines = append(lines, fmt.Sprintf("%s is not set, and %s it, first %s", u.Setting, many, u.Mistakes[0]))
	}
	return lines
}

func (e *FileError) Error() string { return strings.Join(e.Lines(), "\n") }

// Unwrap makes it the fault of a setting.
func (e *FileError) Unwrap() error { return &ConfigError{"REDIAL_CONFIG: " + e.Lines()[0]} }

// readTriggers reads the file of triggers. What reader would refuse in a request is a mistake in the file; taken are
// the names of presets that the installation has of its own. It returns nil if there is no file.
func (c *Config) readTriggers(reader *edge.Reader, taken []string) (*trigger.File, error) {
	if c.ConfigFile == "" {
		return nil, nil
	}
	text, err := readSetting("REDIAL_CONFIG", c.ConfigFile)
	if err != nil {
		return nil, err
	}
	settings := trigger.Settings{Reader: reader, Taken: taken, Env: os.LookupEnv, Now: time.Now()}
	f, err := trigger.ReadFile(text, settings)
	if mistakes, ok := errors.AsType[trigger.Mistakes](err); ok {
		return nil, &FileError{File: c.ConfigFile, Mistakes: mistakes, Unset: c.unset(text, settings, mistakes)}
	}
	return f, err
}

// unset finds the settings that are missing, by reading the file as if they were there: what is no mistake then is one
// for want of the setting.
func (c *Config) unset(text []byte, settings trigger.Settings, mistakes trigger.Mistakes) (list []Unset) {
	for _, one := range []struct {
		name, value string
		set         func(*Config)
	}{
		{"REDIAL_FROM", c.From, func(as *Config) {
			as.From = phone.Example("US")
			if len(as.AllowedRegions) == 0 { // any may be that of the number
				as.AllowedRegions = phone.Regions()
			}
		}},
		{"HOST_URL", c.HostURL, func(as *Config) { as.HostURL = "https://redial.example.com" }},
	} {
		if one.value != "" {
			continue
		}
		as := *c
		one.set(&as)
		reader := *settings.Reader
		reader.Numbers, reader.Rules, reader.HostURL = as.numbers(), as.rules(), as.HostURL
		settings := settings
		settings.Reader = edge.NewReader(reader)
		_, err := trigger.ReadFile(text, settings)
		left, _ := errors.AsType[trigger.Mistakes](err)
		if gone := less(mistakes, left); len(gone) > 0 {
			list = append(list, Unset{one.name, gone})
		}
	}
	return list
}

// less are the mistakes that are not among those that are left, unless there is another in their place.
func less(all, left trigger.Mistakes) (gone trigger.Mistakes) {
	in := func(list trigger.Mistakes, at trigger.Mistake) (n int) {
		for _, m := range list {
			if m.Line == at.Line && m.Column == at.Column {
				n++
			}
		}
		return n
	}
	for _, m := range all {
		if !slices.Contains(left, m) && in(left, m) < in(all, m) {
			gone = append(gone, m)
		}
	}
	return gone
}

// CheckedFile is what a file of triggers has.
type CheckedFile struct {
	File     string   `json:"file"`
	Hash     string   `json:"hash"`
	Triggers []string `json:"triggers"`
	People   []string `json:"people"`
	Rotas    []string `json:"rotas"`
}

// CheckTriggers reads the file of triggers as a node would. Of all other settings it looks at those alone by which a
// file is read. The error is a *ConfigError, or a *FileError with all mistakes.
func (c *Config) CheckTriggers() (CheckedFile, error) {
	c.trim()
	if c.ConfigFile == "" {
		return CheckedFile{}, wrong("REDIAL_CONFIG", "names no file")
	}
	if list := slices.Concat(c.checkNumbers(), some(c.checkHost())); len(list) > 0 {
		return CheckedFile{}, list[0]
	}
	presets, own, err := presetsOf(c.Presets)
	if err != nil {
		return CheckedFile{}, err
	}
	f, err := c.readTriggers(c.reader(presets), own)
	if err != nil {
		return CheckedFile{}, err
	}
	return CheckedFile{c.ConfigFile, f.Hash, slices.Sorted(maps.Keys(f.Triggers)), slices.Sorted(maps.Keys(f.People)),
		slices.Sorted(maps.Keys(f.Rotas))}, nil
}

// reader reads requests with these presets.
func (c *Config) reader(presets edge.Presets) *edge.Reader {
	return edge.NewReader(edge.Reader{Numbers: c.numbers(), Presets: presets, Rules: c.rules(), HostURL: c.HostURL})
}

// hashOf is the hash of a file, empty for none.
func hashOf(f *trigger.File) string {
	if f == nil {
		return ""
	}
	return f.Hash
}

// shortHash is enough of a hash to tell two files apart.
func shortHash(hash string) string { return hash[:min(12, len(hash))] }

// sameFile is what to do where nodes have different files.
const sameFile = "give all the same file, and have them read it anew (systemctl reload redial)"

// fileName names a file by its hash.
func fileName(hash string) string { return cmp.Or(shortHash(hash), "none") }
