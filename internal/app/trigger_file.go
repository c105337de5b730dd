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
	"redial/internal/trigger"
)

// FileError is all that is wrong with the file of triggers. It is the fault of a setting.
type FileError struct {
	File     string
	Mistakes trigger.Mistakes
}

// Lines are a sentence, and the mistakes as compilers write them: FILE:LINE:COLUMN: TEXT.
func (e *FileError) Lines() []string {
	many := fmt.Sprintf("%d mistakes", len(e.Mistakes))
	if len(e.Mistakes) == 1 {
		many = "a mistake"
	}
	lines := []string{fmt.Sprintf("REDIAL_CONFIG names a file with %s", many)}
	for line := range strings.SplitSeq(e.Mistakes.Error(), "\n") {
		if !strings.HasPrefix(line, "…") { // which counts those that are left out
			line = e.File + ":" + line
		}
		lines = append(lines, line)
	}
	return lines
}

func (e *FileError) Error() string { return strings.Join(e.Lines(), "\n") }

// Unwrap makes it the fault of a setting.
func (e *FileError) Unwrap() error { return &ConfigError{e.Lines()[0]} }

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
	f, err := trigger.ReadFile(text, trigger.Settings{Reader: reader, Taken: taken, Env: os.LookupEnv, Now: time.Now()})
	if mistakes, ok := errors.AsType[trigger.Mistakes](err); ok {
		return nil, &FileError{File: c.ConfigFile, Mistakes: mistakes}
	}
	return f, err
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
