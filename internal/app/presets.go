package app

import (
	"bytes"
	"os"

	"redial/internal/edge"
)

// Presets returns the built-in presets and those of a file; an empty name means no file.
func Presets(file string) (edge.Presets, error) {
	var own []byte
	if file != "" {
		var err error
		if own, err = os.ReadFile(file); err != nil {
			return nil, wrong("REDIAL_PRESETS", "can't be read: %v", err)
		}
		if len(bytes.TrimSpace(own)) == 0 { // a deployment that broke off leaves such a file
			return nil, wrong("REDIAL_PRESETS", "is wrong in %s: the file is empty", file)
		}
	}
	presets, err := edge.ReadPresets(own)
	if err != nil {
		return nil, wrong("REDIAL_PRESETS", "is wrong in %s: %v", file, err)
	}
	return presets, nil
}
