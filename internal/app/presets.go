package app

import (
	"bytes"
	"os"

	"redial/internal/edge"
)

// Presets returns the presets that there are with those of a file, which may be none.
func Presets(file string) (edge.Presets, error) {
	var own []byte
	if file != "" {
		var err error
		if own, err = os.ReadFile(file); err != nil {
			return nil, wrong("REDIAL_PRESETS", "can't be read: %v", err)
		}
		if len(bytes.TrimSpace(own)) == 0 { // as a deployment that broke off leaves it
			return nil, wrong("REDIAL_PRESETS", "is wrong in %s: the file is empty", file)
		}
	}
	presets, err := edge.ReadPresets(own)
	if err != nil {
		return nil, wrong("REDIAL_PRESETS", "is wrong in %s: %v", file, err)
	}
	return presets, nil
}
