package app

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"slices"

	"redial/internal/edge"
)

// Presets returns the built-in presets and those of a file; an empty name means no file.
func Presets(file string) (edge.Presets, error) {
	presets, _, err := presetsOf(file)
	return presets, err
}

// presetsOf is Presets with the names of those that stand in the file.
func presetsOf(file string) (presets edge.Presets, own []string, err error) {
	var text []byte
	if file != "" {
		if text, err = readSetting("REDIAL_PRESETS", file); err != nil {
			return nil, nil, err
		}
	}
	presets, err = edge.ReadPresets(text)
	if err != nil {
		return nil, nil, wrong("REDIAL_PRESETS", "is wrong in %s: %v", file, err)
	}
	var named edge.Presets
	if text != nil {
		if err := json.Unmarshal(text, &named); err != nil {
			return nil, nil, wrong("REDIAL_PRESETS", "is wrong in %s: %v", file, err)
		}
	}
	return presets, slices.Sorted(maps.Keys(named)), nil
}

// readSetting reads the file that a setting names.
func readSetting(setting, file string) ([]byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, wrong(setting, "can't be read: %v", err)
	}
	if len(bytes.TrimSpace(text)) == 0 { // a deployment that broke off leaves such a file
		return nil, wrong(setting, "is wrong in %s: the file is empty", file)
	}
	return text, nil
}
